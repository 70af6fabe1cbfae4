import { expect } from "chai";
import { parseUnits, toQuantity, Wallet } from "ethers";
import hre from "hardhat";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deployTo } from "../../deploy/deployment";
import { fundsProblems, needsOf, type Costed } from "../../deploy/funds";
import { planDeployment } from "../../deploy/plan";
import { environmentFor } from "../../deploy/rehearsal";
import { sendingAs } from "../../deploy/sends";
import { openAccounts } from "../../sdk/node/keys";
import { readModelFile } from "../../sdk/node/modelFile";
import { KEYS, parametersOf, withDeployments } from "../../scripts/dev/world/live";
import { rpc, startAnvil, type Node } from "../../scripts/dev/world/process";

const MODEL = join(__dirname, "../../deploy/models/sentiment-v2.json");
const ORACLE = "0x420000000000000000000000000000000000000F";
const [ARB_SYS, NODE_INTERFACE] = [
  "0x0000000000000000000000000000000000000064",
  "0x00000000000000000000000000000000000000C8",
];
const BASE_FEE = parseUnits("30", "gwei");

/** Code that answers every call with a number in the first of three words. */
const answering = (value: number) => `0x61${value.toString(16).padStart(4, "0")}60005260606000f3`;

describe("funds for gas", () => {
  const [sender, other] = [Wallet.createRandom().address, Wallet.createRandom().address];
  const steps: Costed[] = [
    { from: sender, gasLimit: 100n, unsigned: "0x02c0", isDone: false },
    { from: sender, gasLimit: 20n, unsigned: "0x02c0", isDone: false },
    { gasLimit: 1_000n, unsigned: "0x02c0", isDone: true },
  ];
  const prices = { gasPrice: 5n, maxFeePerGas: 7n };
  const needs = () => needsOf(hre, steps, prices);

  afterEach(async () => {
    for (const address of [ORACLE, ARB_SYS, NODE_INTERFACE])
      await hre.network.provider.send("hardhat_setCode", [address, "0x"]);
  });

  it("multiply gas limit and highest price of the transactions that are still to be sent", async () => {
    expect(await needs()).to.deep.equal(new Map([[sender, 120n * 7n]]));
  });

  it("include twice the current cost of publication on a rollup of the OP stack", async () => {
    await hre.network.provider.send("hardhat_setCode", [ORACLE, answering(1_000)]);
    expect(await needs()).to.deep.equal(new Map([[sender, 120n * 7n + 4n * 1_000n]]));
  });

  it("include twice the gas of publication on Arbitrum", async () => {
    await hre.network.provider.send("hardhat_setCode", [ARB_SYS, "0xfe"]);
    await hre.network.provider.send("hardhat_setCode", [NODE_INTERFACE, answering(50)]);
    expect(await needs()).to.deep.equal(new Map([[sender, 120n * 7n + 4n * 50n * 7n]]));
  });

  it("are reported as too small only for accounts that lack them", async () => {
    await hre.network.provider.send("hardhat_setBalance", [sender, toQuantity(840n)]);
    expect(await fundsProblems(hre, await needs())).to.deep.equal([]);
    const lacking = await fundsProblems(hre, new Map([...(await needs()), [other, 1n]]));
    expect(lacking.map(({ code, message }) => [code, message])).to.deep.equal([
      ["NO_FUNDS", `${other} has 0.0 ether on hardhat, expected at least 0.000000000000000001 for gas: send it some`],
    ]);
  });

  describe("given accounts with exactly the planned funds @uninstrumented", () => {
    let node: Node;
    let deployments: string;

    beforeEach(async () => {
      node = await startAnvil(["--base-fee", String(BASE_FEE)]);
      deployments = mkdtempSync(join(tmpdir(), "funds-"));
    });

    afterEach(async () => {
      await node.stop();
      rmSync(deployments, { recursive: true });
    });

    const setBalance = (address: string, wei: bigint) => rpc(node.url, "anvil_setBalance", [address, toQuantity(wei)]);

    for (const [what, baseFee] of [
      ["falls", undefined],
      ["doubles", 2n * BASE_FEE],
    ] as const) {
      it(`suffice to the end if the base fee ${what} meanwhile`, async () => {
        const env = environmentFor(hre, "localhost", { url: node.url });
        const { deployer, backend } = KEYS;
        const secrets = { env: { KEYS: `${deployer.privateKey},${backend.privateKey}` }, askPassword: async () => "" };
        const keys = [0, 1].map((place) => ({ kind: "environment", variable: "KEYS", place }) as const);
        const accounts = await openAccounts({ isLocal: true }, keys, secrets);
        const governor = backend.address;
        const recipient = { kind: "vesting", beneficiary: governor } as const;
        const declared = {
          parameters: parametersOf(),
          parametersFile: "parameters.json5",
          files: [{ ...(await readModelFile(MODEL, true)), governor, recipient }],
        };
        const raise = async () => {
          if (baseFee !== undefined) await rpc(node.url, "anvil_setNextBlockBaseFeePerGas", [toQuantity(baseFee)]);
        };
        const progress = {
          onPlan: () => undefined,
          onSent: raise,
          onProtocol: () => undefined,
          onStep: raise,
          onWait: () => undefined,
        };
        const deployment = await withDeployments(deployments, () =>
          sendingAs({ accounts: async () => accounts }, async () => {
            for (const { address } of [deployer, backend]) await setBalance(address, 10n ** 24n);
            const plan = await planDeployment(env, declared);
            for (const [address, need] of plan.needs) await setBalance(address, need);
            return deployTo(env, declared, progress);
          }),
        );
        expect(deployment.models).to.have.length(1);
      });
    }
  });
});
