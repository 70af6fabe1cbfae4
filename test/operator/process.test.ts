// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { Contract, encryptKeystoreJsonSync, id, JsonRpcProvider, parseEther, Wallet } from "ethers";
import hre from "hardhat";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { DUTY_ACCOUNTS } from "../../operator/embedded";
import { holderOf } from "../../deploy/lock";
import { developmentKey } from "../../sdk/base/accounts";
import { main } from "../../scripts/operator";
import { startFaultyRpc, type FaultyRpc } from "../../scripts/dev/world/faultyRpc";
import { startOperator, type Entry, type OperatorProcess } from "../../scripts/dev/world/operatorProcess";
import { runMain } from "../../scripts/dev/world/live";
import { startAnvil, until, type Node } from "../../scripts/dev/world/process";
import { expectRefusal, run, useFolder } from "../sdk/statements/support";

const MODEL = resolve(__dirname, "../../deploy/models/sentiment-v2.json");
const TOKEN = "operator-token-of-32-characters-and-more";
const PASSWORD = "correct horse battery staple";
const ACCESS_KEY = "access-key-in-the-address";

describe("npm run operator @uninstrumented", () => {
  let node: Node;
  let rpc: FaultyRpc;
  let folder: string;
  let embedded: OperatorProcess;
  let started: Entry;
  const outputs: string[] = [];

  const keep = async (operator: OperatorProcess, signal: "SIGTERM" | "SIGINT") => {
    const code = await operator.end(signal);
    outputs.push(operator.output());
    return code;
  };

  before(async () => {
    node = await startAnvil();
    rpc = await startFaultyRpc(node.url);
    folder = mkdtempSync(join(tmpdir(), "operator-"));
    embedded = startOperator([], { ...node.env, OPERATOR_FOLDER: folder, OPERATOR_PORT: "0" });
    started = await embedded.until(({ event }) => event === "started");
  });

  after(async () => {
    await rpc.stop();
    await node.stop();
    rmSync(folder, { recursive: true });
  });

  const post = async (path: string, body: unknown) => {
    const response = await fetch(`${String(started["url"])}${path}`, { method: "POST", body: JSON.stringify(body) });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  /** The token and the registration of a model of deploy/models, by the development accounts. */
  async function register(): Promise<void> {
    const provider = new JsonRpcProvider(node.url, 31_337, { staticNetwork: true, cacheTimeout: -1 });
    try {
      const { readModelFile } = await import("../../sdk/node/modelFile");
      const file = await readModelFile(MODEL, true);
      const at = async (name: string, address: string, index: number) =>
        new Contract(address, (await hre.artifacts.readArtifact(name)).abi, developmentKey(index).connect(provider));
      const registry = await at("ModelRegistry", String(started["registry"]), 5);
      const tokenManager = await at("TokenManager", (await registry.getFunction("tokenManager")()) as string, 0);
      const [allowed] = await registry.queryFilter("MethodAllowed", 0);
      const method = registry.interface.parseLog(allowed!)!.args[0] as string;

      const beneficiary = file.recipient.kind === "vesting" ? file.recipient.beneficiary : "";
      const { abi, bytecode } = await hre.artifacts.readArtifact("VestingWallet");
      const wallets = new hre.ethers.ContractFactory(abi, bytecode, developmentKey(8).connect(provider));
      const wallet = await (await wallets.deploy(beneficiary, 4_000_000_000n, 365 * 86_400)).waitForDeployment();
      const { modelId, name, symbol, supplierAllocation, investorAllocation, benchmark } = file;
      const token = await tokenManager.getFunction("deployTokenWithAllocations")(
        ...[modelId, name, symbol, supplierAllocation, await wallet.getAddress(), investorAllocation],
        {
          tokensPerDeltaOne: file.tokensPerDeltaOne,
          infrastructureAccrualBps: file.infrastructureAccrualBps,
          initialOraclePricePerThousandUsd: file.pricePerThousandCalls,
          licenseHash: file.licenseHash,
          licenseURI: file.licenseURI,
          governor: file.governor,
        },
      );
      await token.wait();
      await (await registry.getFunction("registerModel")(id(modelId), { ...benchmark, method })).wait();
    } finally {
      provider.destroy();
    }
  }

  it("refuses to start without a configuration while another run works on the network", async () => {
    const lock = join(node.env.DEPLOYMENTS!, "chain-31337.lock");
    writeFileSync(lock, JSON.stringify(holderOf(process.ppid)));
    const { code, stderr } = await runMain(main, [], { ...node.env, OPERATOR_FOLDER: folder });
    rmSync(lock);
    expect(code).to.equal(1);
    expect(stderr).to.contain(`operator: another run, process ${process.ppid}, has been working on this network since`);
  });

  it("launches a model, accepts and pays records, reports its health and stops when told, with no configuration on a local node", async () => {
    await register();
    const isDone = (duty: string) => (entry: Entry) => entry.event === "done" && entry["duty"] === duty;
    await embedded.until(isDone("distribute"));
    await embedded.until(isDone("pools"));

    const records = [
      { id: "may-1", model: "sentiment-v2", amount: "12.5" },
      { id: "may-2", model: "sentiment-v2", amount: "3" },
    ];
    expect(await post("/fees", records)).to.deep.equal({
      status: 202,
      body: { accepted: ["may-1.json", "may-2.json"] },
    });
    expect((await post("/fees", records)).status).to.equal(202);
    await embedded.until(isDone("fees"), 2);
    expect((await post("/fees", { id: "may-3", model: "sentiment-v2" })).body).to.deep.equal({
      error: "the record: the record has none of calls and amount, expected one.",
    });
    expect((await post("/bundles", {})).status).to.equal(400);

    for (const path of ["live", "ready"]) {
      const answer = await fetch(`${String(started["url"])}/${path}`);
      expect(await answer.json(), path).to.deep.include({ status: "ok", problems: [] });
    }
    const metrics = await (await fetch(`${String(started["url"])}/metrics`)).text();
    expect(metrics).to.contain('hokusai_operator_actions_total{duty="pools",result="done"} 1\n');
    expect(metrics).to.contain('hokusai_operator_actions_total{duty="fees",result="done"} 2\n');

    expect(await keep(embedded, "SIGTERM")).to.equal(0);
    expect(embedded.log.at(-1)?.event).to.equal("stopped");
  });

  it("runs with keys from a keystore, the environment and a module, waits while the chain does not answer, and shows no secret", async () => {
    const remote = new Wallet(`0x${"5e".repeat(32)}`);
    const provider = new JsonRpcProvider(node.url, 31_337, { staticNetwork: true });
    await provider.send("anvil_setBalance", [remote.address, `0x${parseEther("1").toString(16)}`]);
    provider.destroy();
    const [distributor, poolCreator] = [DUTY_ACCOUNTS.distribute, DUTY_ACCOUNTS.pools].map(developmentKey);
    const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
    write("key.json", encryptKeystoreJsonSync(new Wallet(poolCreator!.privateKey), PASSWORD, { scrypt: { N: 2 } }));
    write("password", PASSWORD);
    write(
      "operator.json",
      JSON.stringify({
        registry: started["registry"],
        confirmations: 1,
        maxFeePerGas: "500",
        pollMilliseconds: 100,
        duties: {
          distribute: { key: { environment: "DISTRIBUTOR_KEY" } },
          pools: { key: { keystore: "key.json", passwordFile: "password" } },
          submit: { key: { remote: resolve(__dirname, "../helpers/remoteKey.ts") }, folder: "inbox" },
        },
        http: { host: "0.0.0.0", port: 0 },
      }),
    );
    const operator = startOperator(["--network", "localhost", "--config", join(folder, "operator.json")], {
      ...node.env,
      RPC_URL_LOCALHOST: `${rpc.url}/?key=${ACCESS_KEY}`,
      DISTRIBUTOR_KEY: distributor!.privateKey,
      OPERATOR_TOKEN: TOKEN,
    });
    const { url } = (await operator.until(({ event }) => event === "started")) as unknown as { url: string };
    expect(
      operator.log.filter(({ event }) => event === "duty").map(({ duty, account }) => [duty, account]),
    ).to.deep.equal([
      ["distribute", distributor!.address],
      ["pools", poolCreator!.address],
      ["submit", remote.address],
    ]);
    const bundles = `${url.replace("0.0.0.0", "127.0.0.1")}/bundles`;
    expect((await fetch(bundles, { method: "POST", body: "{}" })).status).to.equal(401);
    const headers = { authorization: `Bearer ${TOKEN}` };
    expect((await fetch(bundles, { method: "POST", body: "{}", headers })).status).to.equal(400);

    rpc.policy = ({ count }) => (count % 2 ? { kind: "status", status: 429 } : { kind: "drop" });
    await operator.until(({ event }) => event === "chain does not answer");
    rpc.policy = () => ({ kind: "pass" });
    await operator.until(({ event }) => event === "chain answers again");
    let hanging = 0;
    rpc.policy = () => {
      hanging++;
      return { kind: "hang" };
    };
    await until(() => hanging > 0);
    expect(await keep(operator, "SIGINT")).to.equal(0);

    const said = outputs.join("\n");
    expect(said).to.contain("started");
    const secrets = [...Array(20).keys()].map((index) => developmentKey(index).privateKey.slice(2));
    for (const secret of [...secrets, remote.privateKey.slice(2), PASSWORD, TOKEN, ACCESS_KEY]) {
      expect(said.toLowerCase().includes(secret.toLowerCase()), "a secret is shown").to.equal(false);
    }
  });

  it("answers health checks but refuses posts while the chain does not answer at the start", async () => {
    const content = {
      registry: started["registry"],
      maxFeePerGas: "500",
      duties: { submit: { key: { development: 7 }, folder: "inbox" } },
      http: { port: 0 },
    };
    writeFileSync(join(folder, "away.json"), JSON.stringify(content));
    rpc.policy = () => ({ kind: "status", status: 503 });
    const operator = startOperator(["--network", "localhost", "--config", join(folder, "away.json")], {
      ...node.env,
      RPC_URL_LOCALHOST: rpc.url,
    });
    const { url } = (await operator.until(({ event }) => event === "listening")) as unknown as { url: string };
    const statusOf = async (path: string, init?: RequestInit) => (await fetch(`${url}${path}`, init)).status;

    expect(await statusOf("/live")).to.equal(200);
    expect(await statusOf("/ready")).to.equal(503);
    expect(await statusOf("/bundles", { method: "POST", body: "{}" })).to.equal(503);
    rpc.policy = () => ({ kind: "pass" });
    await operator.until(({ event }) => event === "started");
    expect(await statusOf("/live")).to.equal(200);
    expect(await statusOf("/bundles", { method: "POST", body: "{}" })).to.equal(400);
    expect(await operator.end("SIGTERM")).to.equal(0);
  });

  describe("when it is called with wrong arguments", () => {
    const config = useFolder();
    const start = async (content: object, env: NodeJS.ProcessEnv = {}) =>
      run(main, ["--network", "hardhat", "--config", config.write("operator.json", JSON.stringify(content))], { env });

    it("refuses a network without an address", async () => {
      const duties = { pools: { key: { development: 7 } } };
      const registry = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
      expectRefusal(
        await start({ registry, maxFeePerGas: "100", duties }),
        "operator: hardhat lives in this process: choose localhost or a public network.",
      );
    });

    it("refuses a configuration without duties, registry and highest fee", async () => {
      const path = config.path("operator.json");
      expectRefusal(
        await start({}),
        `operator: ${path}: duties names none, expected at least one of distribute, pools, submit, release, fees, admit, register; registry is missing, expected an address, not zero, in lower case or with its checksum; maxFeePerGas is missing, expected gwei as a decimal string from "0.001" to "100000".`,
      );
    });

    it("refuses an unknown option", async () => {
      const { code, err } = await run(main, ["--nonsense"]);
      expect(code).to.equal(1);
      expect(err).to.contain("operator: Unknown option '--nonsense'");
    });

    it("prints its usage", async () => {
      const { code, out } = await run(main, ["--help"]);
      expect(code).to.equal(0);
      expect(out).to.contain("npm run --silent operator");
    });
  });
});
