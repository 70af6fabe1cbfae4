import { expect } from "chai";
import { concat } from "ethers";
import hre from "hardhat";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import solc from "solc";
import { create2Address, saltOf } from "../../deploy/create2";
import { readParameters } from "../../deploy/parameters";
import type { VerificationInput } from "../../deploy/verification";
import { main } from "../../scripts/deploy";
import { runMain } from "../../scripts/dev/world/live";
import { rpc, runScript, startAnvil, until, type Node } from "../../scripts/dev/world/process";

const MODEL = resolve(__dirname, "../../deploy/models/sentiment-v2.json");

/** What is compiled again: of each kind of origin one, and none that takes the compiler long. */
const COMPILED = ["OracleAttestation", "UsageFeeRouter", "RewardDistributor", "ModelToken", "VestingWallet"];

interface Compiled {
  readonly evm: {
    readonly bytecode: { readonly object: string };
    readonly deployedBytecode: {
      readonly object: string;
      readonly immutableReferences: Readonly<Record<string, { start: number; length: number }[]>>;
    };
  };
}

const compiler = solc as { version(): string; compile(input: string): string };

/** One contract from a standard JSON input. */
function compile(input: string, contract: string): Compiled {
  const [source = "", name = ""] = contract.split(":");
  const parsed = JSON.parse(input) as { settings: object };
  const outputSelection = { [source]: { [name]: ["evm.bytecode.object", "evm.deployedBytecode"] } };
  const settings = { ...parsed.settings, outputSelection };
  const output = JSON.parse(compiler.compile(JSON.stringify({ ...parsed, settings }))) as {
    contracts: Record<string, Record<string, Compiled>>;
  };
  return output.contracts[source]![name]!;
}

/** Code without the values that constructors put into it. */
function masked(code: string, { immutableReferences }: Compiled["evm"]["deployedBytecode"]): string {
  return Object.values(immutableReferences)
    .flat()
    .reduce(
      (text, { start, length }) => text.slice(0, 2 * start) + "0".repeat(2 * length) + text.slice(2 * (start + length)),
      code,
    );
}

describe("npm run deploy @uninstrumented", () => {
  let node: Node;

  before(async () => {
    node = await startAnvil();
  });

  after(() => node.stop());

  const deploy = (...args: string[]) => runMain(main, args, node.env);

  it("shows the plan and sends nothing with --plan", async () => {
    const { code, stdout, stderr } = await deploy("--network", "localhost", "--model", MODEL, "--plan");

    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
    expect(stdout).to.match(/Plan for localhost, chain 31337, at [\d.]+ gwei\n/);
    for (const step of ["TimelockController", "ModelRegistry\\.wire", "create pool of sentiment-v2", "total to send"]) {
      expect(stdout).to.match(new RegExp(` ${step} +[\\d,]+ +0\\.\\d+`));
    }
    expect(stdout).to.match(/\n14 transactions from 0x/);
    expect(await rpc(node.url, "eth_blockNumber")).to.equal("0x0");
  });

  it("prints with --json what was planned, sent and recorded, in one document", async () => {
    const args = ["--network", "localhost", "--model", MODEL, "--json"];
    const { code, stdout, stderr } = await runScript("scripts/deploy.ts", args, node.env);

    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
    const document = JSON.parse(stdout) as {
      network: { name: string; chainId: number };
      plan: { steps: { name: string; gas: string }[]; gas: string; cost: string; gasPrice: string };
      sent: { name: string; hash: string; gasUsed: string }[];
      record: { contracts: Record<string, { address: string }> };
    };
    expect(document.network).to.deep.equal({ name: "localhost", chainId: 31_337 });
    expect(document.sent.map(({ name }) => name)).to.have.members(document.plan.steps.map(({ name }) => name));
    expect(BigInt(document.plan.cost)).to.equal(BigInt(document.plan.gas) * BigInt(document.plan.gasPrice));
    const file = join(node.env["DEPLOYMENTS"] as string, "31337.json");
    expect(document.record).to.deep.equal(JSON.parse(readFileSync(file, "utf8")));
    const readme = readFileSync(resolve(__dirname, "../../README.md"), "utf8");
    expect(readme).to.contain(`"ReserveTokenMock", "${document.record.contracts["ReserveTokenMock"]?.address}"`);
  });

  it("writes with --verification the input from which code and addresses can be reproduced", async () => {
    const folder = mkdtempSync(join(tmpdir(), "verification-"));
    const { code, stderr } = await deploy("--network", "localhost", "--verification", folder);
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
    const read = (name: string) => readFileSync(join(folder, name), "utf8");
    const verifications = JSON.parse(read("contracts.json")) as VerificationInput[];

    const { deployer } = (await readParameters({ name: "localhost", isLocal: true })).$global;
    const named = verifications.map((entry) => ({ ...entry, name: entry.contract.split(":")[1] as string }));
    expect(readdirSync(folder)).to.have.members([
      "contracts.json",
      ...new Set(verifications.map(({ input }) => input)),
    ]);
    for (const { name, address, contract, input, compilerVersion, constructorArguments } of named) {
      expect(compilerVersion).to.equal(`v${compiler.version().replace(/\.Emscripten.*/, "")}`);
      const { bytecode } = await hre.artifacts.readArtifact(contract);
      if (name === "TokenManager") {
        const initCode = concat([bytecode, `0x${constructorArguments}`]);
        expect(create2Address(deployer, saltOf(deployer), initCode)).to.equal(address);
      }
      if (!COMPILED.includes(name)) continue;
      const { evm } = compile(read(input), contract);
      const code = ((await rpc(node.url, "eth_getCode", [address, "latest"])) as string).slice(2);
      expect(masked(code, evm.deployedBytecode), name).to.equal(
        masked(evm.deployedBytecode.object, evm.deployedBytecode),
      );
      expect(`0x${evm.bytecode.object}`, name).to.equal(bytecode);
    }
    expect(named.map(({ name }) => name)).to.include.members(COMPILED);
    rmSync(folder, { recursive: true });
  });

  it("lists with --unstick what it has replaced, or says that no transaction waits", async () => {
    expect(await deploy("--network", "localhost", "--unstick")).to.deep.equal({
      code: 0,
      stdout: "No transaction waits.\n",
      stderr: "",
    });

    const account = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
    await rpc(node.url, "evm_setAutomine", [false]);
    const stuck = await rpc(node.url, "eth_sendTransaction", [{ from: account, to: account }]);
    const isReplaced = async () => (await rpc(node.url, "eth_getTransactionByHash", [stuck])) === null;
    const [{ code, stdout, stderr }] = await Promise.all([
      deploy("--network", "localhost", "--unstick", "--json"),
      until(isReplaced).then(() => rpc(node.url, "anvil_mine", ["0x1"])),
    ]);
    await rpc(node.url, "evm_setAutomine", [true]);

    expect(code).to.equal(0);
    expect(stderr).to.match(new RegExp(`^nonce \\d+ of ${account}, 1 to replace\n$`));
    const { replaced } = JSON.parse(stdout) as { replaced: string[] };
    expect(replaced).to.have.length(1);
    expect(replaced[0]).to.match(new RegExp(`^${account}: nonce \\d+ by 0x[0-9a-f]{64}, at [\\d.]+ gwei$`));
  });

  for (const [name, args, message] of [
    ["a missing network", [], "deploy: options: --network is missing, expected a network of hardhat.config.ts.\n"],
    [
      "the chain in its own process",
      ["--network", "hardhat"],
      "deploy: the chain of hardhat ends with this command: name another with --network.\n",
    ],
    [
      "an invalid chain id",
      ["--network", "localhost", "--confirm-chain", "one"],
      'deploy: options: --confirm-chain is "one", expected an integer from 1 to 9007199254740991.\n',
    ],
    [
      "a missing model file",
      ["--network", "localhost", "--model", "absent.json"],
      "deploy: there is no file absent.json\n",
    ],
  ] as const) {
    it(`refuses ${name} in one line`, async () => {
      expect(await deploy(...args)).to.deep.equal({ code: 1, stdout: "", stderr: message });
    });
  }
});
