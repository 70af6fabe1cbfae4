import { expect } from "chai";
import { dataSlice, getAddress, id, Wallet } from "ethers";
import hre from "hardhat";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { CREATE_X } from "../../deploy/create2";
import type { Parameters } from "../../deploy/parameters";
import { planDeployment } from "../../deploy/plan";
import { deployProtocol } from "../../deploy/protocol";
import { developmentKey } from "../../sdk/base/accounts";
import { readModelFile } from "../../sdk/node/modelFile";
import type { ModelFile } from "../../sdk/schemas/model";
import { environmentOn, fund, KEYS, parametersOf, type Keys } from "../../scripts/dev/world/live";
import { rpc, startAnvil, type Node } from "../../scripts/dev/world/process";

const MODEL = resolve(__dirname, "../../deploy/models/sentiment-v2.json");
const OTHER_CHAIN = 84_532;

describe("first deployment to a network @uninstrumented", () => {
  const environment = process.env.DEPLOYMENTS;
  let folder: string;
  let local: Node;
  let other: Node;
  let here: HardhatRuntimeEnvironment;
  let there: HardhatRuntimeEnvironment;
  let reserveToken: string;
  let file: ModelFile;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "refusals-"));
    process.env.DEPLOYMENTS = folder;
    await deployProtocol(hre); // puts CreateX on the chain in this process
    const createX = await hre.ethers.provider.getCode(CREATE_X);
    [local, other] = await Promise.all([startAnvil(), startAnvil(["--chain-id", String(OTHER_CHAIN)])]);
    [here, there] = [environmentOn(local, "localhost"), environmentOn(other, "base-sepolia")];
    reserveToken = Wallet.createRandom().address;
    const { deployedBytecode } = await hre.artifacts.readArtifact("ReserveTokenMock");
    for (const { url } of [local, other]) {
      await rpc(url, "anvil_setCode", [CREATE_X, createX]);
      await rpc(url, "anvil_setCode", [reserveToken, deployedBytecode]);
      await fund({ url });
    }
    const governor = KEYS.backend.address;
    file = { ...(await readModelFile(MODEL, true)), governor, recipient: { kind: "vesting", beneficiary: governor } };
  });

  after(async () => {
    await Promise.all([local.stop(), other.stop()]);
    rmSync(folder, { recursive: true });
    if (environment === undefined) delete process.env.DEPLOYMENTS;
    else process.env.DEPLOYMENTS = environment;
  });

  const declare = (parameters: Parameters = parametersOf(KEYS, reserveToken), files = [file]) => ({
    parameters,
    parametersFile: "parameters.json5",
    files,
  });

  const refusal = (env: HardhatRuntimeEnvironment, declared = declare(), confirmedChain?: number) =>
    planDeployment(env, { ...declared, ...(confirmedChain !== undefined && { confirmedChain }) }).then(
      () => "none",
      (error: Error) => error.message,
    );

  /** The same with an account for each power, and two signatures for an improvement. */
  const safe = (declared: Parameters): Parameters => {
    const account = (name: string) => getAddress(dataSlice(id(name), 12));
    return {
      ...declared,
      $global: { ...declared.$global, guardians: [account("guardian")] },
      Governance: { proposers: [account("multisig")], executors: [account("multisig")] },
      Methods: { attesters: ["one", "two", "three"].map(account), threshold: 2 },
      Market: { treasury: account("multisig") },
    };
  };

  describe("given a mistake that is found before the first transaction", () => {
    const strangers: Keys = {
      deployer: new Wallet(`0x${"1".repeat(64)}`),
      backend: new Wallet(`0x${"2".repeat(64)}`),
    };

    it("refuses a chain with another id, and mainnet without --confirm-chain", async () => {
      expect(await refusal(environmentOn(other, "mainnet"), declare(safe(parametersOf(KEYS, reserveToken))))).to.equal(
        "mainnet is a network where value is at stake: confirm its id with --confirm-chain 1; " +
          `the RPC address of mainnet answers for chain ${OTHER_CHAIN}, expected 1. Nothing was sent.`,
      );
      expect(
        await refusal(environmentOn(other, "mainnet"), declare(safe(parametersOf(KEYS, reserveToken))), 1),
      ).to.equal(`the RPC address of mainnet answers for chain ${OTHER_CHAIN}, expected 1. Nothing was sent.`);
      expect(await refusal(there, declare(), 1)).to.equal(
        `--confirm-chain is 1, expected ${OTHER_CHAIN}, the id of base-sepolia. Nothing was sent.`,
      );
    });

    it("refuses a payout delay below two days where tokens have value", async () => {
      const declared = safe(parametersOf(KEYS, reserveToken));
      const waiting = (payoutDelay: number) => declare({ ...declared, Models: { ...declared.Models, payoutDelay } });
      for (const [name, chainId] of [
        ["mainnet", 1],
        ["base", 8_453],
      ] as const) {
        const elsewhere = `the RPC address of ${name} answers for chain ${OTHER_CHAIN}, expected ${chainId}. Nothing was sent.`;
        const env = environmentOn(other, name);
        expect(await refusal(env, waiting(172_799), chainId)).to.equal(
          `Models.payoutDelay is 172799, expected at least 172800 on ${name}; ${elsewhere}`,
        );
        expect(await refusal(env, waiting(172_800), chainId)).to.equal(elsewhere);
      }
      expect(await refusal(there, waiting(600))).to.not.contain("payoutDelay");
    });

    it("refuses a development key on a public chain", async () => {
      const { deployer } = KEYS;
      const backend = new Wallet(developmentKey(0).privateKey);
      expect(await refusal(environmentOn(other, "base-sepolia", { deployer, backend }))).to.equal(
        `the key is that of ${backend.address}, a development account whose key everybody knows. Nothing was sent.`,
      );
    });

    it("refuses a circuit's development key on a public chain", async () => {
      const proven = (method: "ZkProof" | "Hybrid"): ModelFile => ({
        ...file,
        benchmark: { ...file.benchmark, method, capacity: 1_024 },
      });
      expect(await refusal(there, declare(parametersOf(KEYS, reserveToken), [file, proven("ZkProof")]))).to.equal(
        "the key of the circuit for 1024 rows is a development key, made from numbers that everybody knows: " +
          "record one from a ceremony before you use base-sepolia, see docs/zk.md. Nothing was sent.",
      );
      expect(await refusal(there, declare(parametersOf(KEYS, reserveToken), [proven("Hybrid")]))).to.contain(
        "is a development key",
      );
    });

    it("refuses keys that are neither the deployer's nor have the roles", async () => {
      const message = await refusal(environmentOn(local, "localhost", strangers), {
        ...declare({
          ...parametersOf(KEYS, reserveToken),
          $global: { ...parametersOf(KEYS, reserveToken).$global, adminDelay: 1 },
        }),
      });
      const { deployer, backend } = strangers;
      expect(message).to.contain(
        `the key is that of ${deployer.address}, ${backend.address}, expected that of the declared deployer ${KEYS.deployer.address}; `,
      );
      for (const role of ["DEPLOYER_ROLE on TokenManager", "DISTRIBUTOR_ROLE on TokenManager"]) {
        expect(message).to.contain(`AccessControl: account ${deployer.address} is missing role ${role}`);
      }
      for (const role of ["REGISTRAR_ROLE", "POOL_CREATOR_ROLE"]) {
        expect(message).to.contain(
          `AccessControl: account ${deployer.address} is missing role ${role} on ModelRegistry`,
        );
      }
    });

    it("refuses accounts that cannot pay for gas", async () => {
      const message = await refusal(
        environmentOn(local, "localhost", strangers),
        declare(parametersOf(strangers, reserveToken)),
      );
      for (const { address } of Object.values(strangers) as Wallet[]) {
        expect(message).to.match(
          new RegExp(`${address} has 0\\.0 ether on localhost, expected at least \\d+\\.\\d+ for gas: send it some`),
        );
      }
    });

    it("refuses unsafe parameters where tokens have value, naming each, and warns about them on a test network", async () => {
      const { $global, Methods, Models, ...others } = parametersOf(KEYS, reserveToken);
      const unsafe: Parameters = {
        ...others,
        $global: { ...$global, deployer: KEYS.backend.address, adminDelay: 1 },
        Models: { ...Models, payoutDelay: 600 },
        Methods: { ...Methods, threshold: 1 },
      };
      const points = [
        "$global.adminDelay is 1, expected at least 172800",
        "Models.payoutDelay is 600, expected at least 172800",
        "Methods.threshold is 1, expected at least 2",
        `${KEYS.backend.address} is the deploying key, the multisig behind the timelock, guardian, attester, the backend at once, expected an account for each`,
      ];
      const on = (network: string) => points.map((point) => `${point} on ${network}`);
      const elsewhere = `the RPC address of base answers for chain ${OTHER_CHAIN}, expected 8453`;
      expect(await refusal(environmentOn(other, "base"), declare(unsafe), 8_453)).to.equal(
        `${[...on("base"), elsewhere].join("; ")}. Nothing was sent.`,
      );

      const { backend } = KEYS;
      const unsafeStill = parametersOf(KEYS, reserveToken);
      const { warnings } = await planDeployment(there, declare(unsafeStill));
      expect(warnings).to.deep.equal([
        "Methods.threshold is 1, expected at least 2 on base-sepolia",
        `${backend.address} is the multisig behind the timelock, guardian, attester, the backend at once, expected an account for each on base-sepolia`,
        `the proposer ${backend.address} is a plain account, expected a multisig on base-sepolia`,
      ]);
      expect((await planDeployment(here, declare(unsafeStill))).warnings).to.deep.equal([]);
    });

    it("refuses a reserve token that does not have 6 decimals", async () => {
      const address = Wallet.createRandom().address;
      const { deployedBytecode } = await hre.artifacts.readArtifact("ModelToken");
      await rpc(local.url, "anvil_setCode", [address, deployedBytecode]);
      expect(await refusal(here, declare(parametersOf(KEYS, address)))).to.equal(
        `$global.reserveToken ${address} has 18 decimals, expected 6. Nothing was sent.`,
      );
    });
  });
});
