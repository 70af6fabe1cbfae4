import { expect } from "chai";
import {
  Contract,
  encryptKeystoreJsonSync,
  id,
  JsonRpcProvider,
  keccak256,
  parseUnits,
  Wallet,
  ZeroAddress,
  type Signer,
} from "ethers";
import hre from "hardhat";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Problem } from "../../sdk/base/problem";
import { deployProtocol } from "../../deploy/protocol";
import { environmentFor } from "../../deploy/rehearsal";
import { explainRefusal, main, readSettings, TOKEN_MANAGER_ABI } from "../../scripts/deploy-model-token";
import { startFaultyRpc } from "../../scripts/dev/world/faultyRpc";
import { runMain, withDeployments } from "../../scripts/dev/world/live";
import { freePort, rpc, runScript, startAnvil, type Node } from "../../scripts/dev/world/process";
import { TOKEN } from "../../scripts/dev/world/units";
import { useFolder } from "../sdk/statements/support";

// Well-known keys of Hardhat's development accounts 0 and 2.
const DEVELOPER_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
const OTHER_KEY = "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a";

const OPERATOR = 4;
const GOVERNOR = "0xFABB0ac9d68B0B445fB7357272Ff202C5651694a";
const SUPPLIER = "0x1CBd3b2770909D4e10f157cABC84C7264073C9Ec";
const LICENCE = resolve(__dirname, "../../deploy/models/licenses/sentiment-v2.txt");
const OWN_SCRIPT = "scripts/deploy-model-token.ts";
const PUBLISHED_SCRIPT = "docs/examples/deploy-token.mjs";

const TOKEN_MANAGER = [...TOKEN_MANAGER_ABI, "function grantRole(bytes32 role, address account)"];

describe("published deployment script @uninstrumented", () => {
  let node: Node;
  let provider: JsonRpcProvider;
  let settings: Record<string, string>;
  let snapshot: unknown;

  before(async () => {
    node = await startAnvil();
    const env = environmentFor(hre, "localhost", { url: node.url });
    const { addresses } = await withDeployments(node.env.DEPLOYMENTS, () => deployProtocol(env));
    provider = new JsonRpcProvider(node.url, undefined, { cacheTimeout: -1 });
    settings = {
      RPC_URL: node.url,
      PRIVATE_KEY: DEVELOPER_KEY,
      TOKEN_MANAGER_ADDRESS: addresses.TokenManager!,
      GOVERNOR_ADDRESS: GOVERNOR,
      MODEL_SUPPLIER_RECIPIENT: SUPPLIER,
    };
    snapshot = await rpc(node.url, "evm_snapshot");
  });

  afterEach(async () => {
    await rpc(node.url, "evm_revert", [snapshot]);
    snapshot = await rpc(node.url, "evm_snapshot");
  });

  after(async () => {
    provider.destroy();
    await node.stop();
  });

  const tokenManager = (signer?: Signer) =>
    new Contract(settings.TOKEN_MANAGER_ADDRESS!, TOKEN_MANAGER, signer ?? provider);
  const tokenOf = async () => String(await tokenManager().getFunction("tokenOf")("sentiment-v2"));

  async function expectRefusal(change: Record<string, string>, message: string, code = 1) {
    const outcome = await runMain(main, [], { ...settings, ...change });
    expect(outcome).to.deep.equal({ code, stdout: "", stderr: `deploy-model-token: ${message}\n` });
    expect(await tokenOf()).to.equal(ZeroAddress);
  }

  it("deploys unchanged, once, and prints the contract's own reason the second time", async () => {
    const first = await runScript(PUBLISHED_SCRIPT, [], settings);
    const second = await runScript(PUBLISHED_SCRIPT, [], settings);

    expect(first.stdout).to.match(/^deployed in 0x[0-9a-f]{64}\n$/);
    expect(await tokenOf()).not.to.equal(ZeroAddress);
    expect(second).to.deep.equal({ code: 1, stdout: "", stderr: "Token already deployed for this model\n" });
  });

  it("is shipped with checks, shows what it does, and names the token of a taken id", async () => {
    const { code, stdout, stderr } = await runScript(OWN_SCRIPT, [], settings);
    const token = await tokenOf();

    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
    expect(stdout).to.match(/^chain {9}31337\nfrom {10}0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266, \d+\.\d+ ether\n/);
    expect(stdout).to.contain(`licence hash  ${keccak256(readFileSync(LICENCE))}\n`);
    expect(stdout).to.match(new RegExp(`transaction {3}0x[0-9a-f]{64}\\ngas used {6}\\d+\\ntoken {9}${token}\\n$`));
    const again = await runMain(main, [], settings);
    expect(again.code).to.equal(1);
    expect(again.stderr).to.equal(
      `deploy-model-token: Token already deployed for this model: sentiment-v2 has the token ${token}; choose another id.\n`,
    );
  });

  describe("given an encrypted keystore and a first node that does not answer", () => {
    const folder = useFolder();
    const { address, privateKey } = new Wallet(DEVELOPER_KEY);
    const keystore = () =>
      folder.write("key.json", encryptKeystoreJsonSync({ address, privateKey }, "secret", { scrypt: { N: 2 } }));
    const run = async (change: Record<string, string>) => {
      const nodes = `http://user:hidden@127.0.0.1:${await freePort()}/key,${node.url}`;
      return runScript(OWN_SCRIPT, [], {
        ...settings,
        PRIVATE_KEY: "",
        RPC_URL: nodes,
        KEYSTORE: keystore(),
        ...change,
      });
    };

    it("signs through the next node, below the ceiling, and tells which account signs", async () => {
      const { code, stdout, stderr } = await run({ KEYSTORE_PASSWORD: "secret", MAX_FEE: "3" });
      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
      expect(stdout).to.contain(`signing as ${address}, by the keystore ${folder.path("key.json")}\n`);
      const [, hash] = /transaction {3}(0x[0-9a-f]{64})/.exec(stdout)!;
      expect((await provider.getTransaction(hash!))!.maxFeePerGas! <= parseUnits("3", "gwei")).to.equal(true);
    });

    it("sends nothing if the password is wrong", async () => {
      const wrong = await run({ KEYSTORE_PASSWORD: "wrong" });
      expect(wrong.code).to.equal(1);
      expect(wrong.stderr).to.equal(
        `deploy-model-token: ${folder.path("key.json")} cannot be decrypted: the password is wrong.\n`,
      );
      expect(wrong.stderr + wrong.stdout).to.not.contain("hidden");
      expect(await tokenOf()).to.equal(ZeroAddress);
    });

    it("refuses all nodes if one of them is of another chain", async () => {
      const other = await startFaultyRpc(node.url, ({ method }) =>
        method === "eth_chainId" ? { kind: "answer", result: "0x1" } : { kind: "pass" },
      );
      try {
        const { code, stderr } = await run({ KEYSTORE_PASSWORD: "secret", RPC_URL: `${node.url},${other.url}` });
        expect(code).to.equal(1);
        expect(stderr).to.equal(
          `deploy-model-token: the node ${new URL(other.url).host} answers for chain 1, expected 31337: correct its address.\n`,
        );
      } finally {
        await other.stop();
      }
    });
  });

  it("names the transaction if its receipt cannot be read", async () => {
    const endpoint = await startFaultyRpc(node.url, ({ method }) =>
      method === "eth_getTransactionReceipt"
        ? { kind: "error", error: { code: -32_601, message: "the method does not exist" } }
        : { kind: "pass" },
    );
    try {
      const { code, stderr } = await runMain(main, [], { ...settings, RPC_URL: endpoint.url });
      const { hash } = (await provider.getBlock("latest", true))!.getPrefetchedTransaction(0);
      expect(code).to.not.equal(0);
      expect(stderr).to.contain(hash);
    } finally {
      await endpoint.stop();
    }
  });

  it("refuses an account without the role, in the words of the table", () =>
    expectRefusal(
      { PRIVATE_KEY: OTHER_KEY },
      "AccessControl: account 0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC is missing role DEPLOYER_ROLE on TokenManager; an operator can grant it.",
    ));

  it("refuses an account that cannot pay for gas", async () => {
    const poor = Wallet.createRandom();
    const operator = await provider.getSigner(OPERATOR);
    await (await tokenManager(operator).getFunction("grantRole")(id("DEPLOYER_ROLE"), poor.address)).wait();

    const { code, stderr } = await runMain(main, [], { ...settings, PRIVATE_KEY: poor.privateKey });
    expect(code).to.equal(1);
    expect(stderr).to.match(
      new RegExp(
        `^deploy-model-token: ${poor.address} has 0\\.0 ether, expected at least 0\\.\\d+ for gas: send it some\\.\\n$`,
      ),
    );
  });

  it("refuses a chain other than the confirmed one", () =>
    expectRefusal({ CHAIN_ID: "1" }, "the chain at RPC_URL has id 31337, expected 1: confirm it with CHAIN_ID."));

  it("refuses an address without a contract", () =>
    expectRefusal(
      { TOKEN_MANAGER_ADDRESS: GOVERNOR },
      `TOKEN_MANAGER_ADDRESS is ${GOVERNOR}, where chain 31337 has no contract.`,
    ));

  it("reports a node that does not answer", async () =>
    expectRefusal(
      { RPC_URL: `http://127.0.0.1:${await freePort()}` },
      "RPC_URL does not answer: start the node or correct the address.",
      2,
    ));

  it("names every missing or wrong setting in one message, and never shows the key", async () => {
    const { code, stderr } = await runMain(main, [], { PRIVATE_KEY: "secret", GOVERNOR_ADDRESS: ZeroAddress });

    expect(code).to.equal(1);
    expect(stderr).to.equal(
      "deploy-model-token: RPC_URL is missing, expected the network's RPC address; " +
        "PRIVATE_KEY is not a key, expected 64 hexadecimal digits; " +
        "TOKEN_MANAGER_ADDRESS is missing, expected the TokenManager's address; " +
        `GOVERNOR_ADDRESS is ${ZeroAddress}, expected the address of the model's governor, not zero; ` +
        "MODEL_SUPPLIER_RECIPIENT is missing, expected the address that receives the supplier allocation, not zero: " +
        "set it in the environment.\n",
    );
  });

  it("does not show a malformed RPC address, which may hold a key, and accepts only digits as the chain id", () => {
    const read = (change: object) => () => readSettings({ ...settings, ...change });
    expect(read({ RPC_URL: "rpc.example.org/v2/secret" })).to.throw(
      Problem,
      /^RPC_URL is not an address, expected the network's RPC address: set it in the environment\.$/,
    );
    for (const chainId of ["0x7a69", "one", "0", "1e5", "1".repeat(16)]) {
      expect(read({ CHAIN_ID: chainId }), chainId).to.throw(
        Problem,
        `CHAIN_ID is ${chainId}, expected the chain's id in digits: set it in the environment.`,
      );
    }
  });

  it("takes the local chain's id unless another is confirmed", () => {
    expect(readSettings(settings).chainId).to.equal("31337");
    expect(readSettings({ ...settings, CHAIN_ID: "11155111" }).chainId).to.equal("11155111");
  });

  describe("given a refusal by the contract", () => {
    const valid = {
      supplier: TOKEN,
      investor: TOKEN,
      recipient: SUPPLIER,
      governor: GOVERNOR,
      rate: 100n * TOKEN,
      bps: 5000n,
    };

    /** What the script says of a deployment that the contract refuses. */
    async function explain(change: Partial<typeof valid>, sender = 0) {
      const { supplier, investor, recipient, governor, rate, bps } = { ...valid, ...change };
      const params = [rate, bps, 0n, id("licence"), "ipfs://licence", governor];
      const contract = tokenManager(await provider.getSigner(sender));
      const deploy = contract.getFunction("deployTokenWithAllocations");
      const outcome: unknown = await deploy
        .staticCall("another-model", "Another", "ANO", supplier, recipient, investor, params)
        .catch((error: unknown) => error);
      return explainRefusal(outcome);
    }

    it("explains zero allocations", async () => {
      const answer = "InvalidAmount: an allocation is zero; both the supplier's and the investors' must be positive.";
      expect(await explain({ supplier: 0n })).to.equal(answer);
      expect(await explain({ investor: 0n })).to.equal(answer);
    });

    it("explains a zero recipient or governor", async () => {
      const answer = "ZeroAddress: MODEL_SUPPLIER_RECIPIENT or GOVERNOR_ADDRESS is zero; both must be accounts.";
      expect(await explain({ recipient: ZeroAddress })).to.equal(answer);
      expect(await explain({ governor: ZeroAddress })).to.equal(answer);
    });

    it("explains a reward outside its range", async () => {
      expect(await explain({ rate: 100n * TOKEN - 1n })).to.equal(
        "OutOfRange: the reward for a DeltaOne, in wei, is 99999999999999999999, expected 100000000000000000000 to 10000000000000000000000000.",
      );
    });

    it("explains an infrastructure share outside its range", async () => {
      expect(await explain({ bps: 10_001n })).to.equal(
        "OutOfRange: the infrastructure share, in bps, is 10001, expected 1000 to 10000.",
      );
    });

    it("explains a missing role", async () => {
      expect(await explain({}, 2)).to.equal(
        "AccessControl: account 0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC is missing role DEPLOYER_ROLE on TokenManager; an operator can grant it.",
      );
    });

    it("explains a taken id", async () => {
      const contract = tokenManager(await provider.getSigner(0));
      const params = [100n * TOKEN, 5000n, 0n, id("licence"), "ipfs://licence", GOVERNOR];
      const args = ["sentiment-v2", "Sentiment Model", "SENT", TOKEN, SUPPLIER, TOKEN, params];
      await (await contract.getFunction("deployTokenWithAllocations")(...args)).wait();
      const error: unknown = await contract
        .getFunction("deployTokenWithAllocations")
        .staticCall(...args)
        .catch((thrown: unknown) => thrown);
      expect(explainRefusal(error)).to.equal(
        "Token already deployed for this model: sentiment-v2 is taken; choose another id.",
      );
    });

    it("names the argument whose allocation is outside its range", async () => {
      expect(await explain({ supplier: 10n ** 28n + 1n })).to.equal(
        "OutOfRange: modelSupplierAllocation is 10000000000000000000000000001, expected 1 to 10000000000000000000000000000.",
      );
    });

    it("refers to the list of errors for any other error", async () => {
      expect(await explain({ recipient: settings.TOKEN_MANAGER_ADDRESS! })).to.match(
        /^the TokenManager refuses: 0x[0-9a-f]+; docs\/errors\.md explains every error\.$/,
      );
    });
  });
});
