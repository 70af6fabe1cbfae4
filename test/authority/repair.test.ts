import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import type { BaseContract } from "ethers";
import { ethers } from "hardhat";
import { attest, benchmarkWith, buildStatement, DAILY_LIMIT, submit } from "../../scripts/dev/world/improvements";
import { expectReleased, queuedBy, toPayout, type QueuedPayout, VOIDED } from "../../scripts/dev/world/payouts";
import { DAY, TOKEN } from "../../scripts/dev/world/units";
import { protocolInUse, type World } from "./authority.fixture";

type Call = readonly [contract: BaseContract, name: string, args: readonly unknown[]];

/** A model that was improved honestly before its attesters were stolen, who then forged two improvements. */
async function robbedModel() {
  const world = await protocolInUse();
  const { registry, keys, oracleAttestation, model } = world;
  await registry.connect(keys.governor).setTokensPerDeltaOne(model.id, 3_000n * TOKEN);
  await time.increase(3n * DAY);
  const improveTo = async (deltaBps: bigint) => {
    const candidateScore = (await registry.scoreOf(model.id)) + deltaBps;
    const statement = await buildStatement(world, model, { evaluation: { candidateScore } });
    return queuedBy(world, await submit(world, statement, await attest(world, statement)));
  };
  const honest = await improveTo(100n);
  await time.increase(DAY);
  const before = { left: await registry.rewardsRemainingOf(model.id), score: await registry.scoreOf(model.id) };
  const forged: QueuedPayout[] = [];
  for (let day = 0; day < 2; day++) {
    forged.push(await improveTo(DAILY_LIMIT));
    await time.increase(DAY);
  }
  await registry.connect(keys.guardian).stopPayouts(oracleAttestation, forged[0]!.queuedAt);
  await oracleAttestation.connect(keys.guardian).removeAttester(world.attesters[0]!);
  return { world, honest, forged, before };
}

describe("repairing a model after its attesters' keys were stolen", () => {
  let world: World;
  let honest: QueuedPayout;
  let forged: QueuedPayout[];
  let before: { left: bigint; score: bigint };

  beforeEach(async () => {
    ({ world, honest, forged, before } = await loadFixture(robbedModel));
  });

  const rateOf = async () => (await world.registry.parametersOf(world.model.id)).tokensPerDeltaOne;

  /** What the admin does, each by itself. */
  async function steps() {
    const { registry, oracleAttestation, model, attesters, bob, carol } = world;
    const benchmark = await benchmarkWith(world, { baselineScore: before.score, specHash: ethers.id("repaired") });
    const calls = {
      close: [[registry, "voidPayouts", [oracleAttestation.target, forged[0]!.queuedAt, 2n ** 40n]]],
      return: forged.map((payout) => [registry, "returnVoided", [model.id, payout.evaluationId, toPayout(payout)]]),
      replace: [[registry, "replaceBenchmark", [model.id, benchmark]]],
      attesters: [
        [oracleAttestation, "addAttester", [bob.address]],
        [oracleAttestation, "addAttester", [carol.address]],
        [oracleAttestation, "removeAttester", [attesters[1]!.address]],
      ],
    } satisfies Record<string, unknown>;
    return calls as unknown as Record<keyof typeof calls, Call[]>;
  }

  /** One operation of the timelock. */
  async function decide(calls: readonly Call[]) {
    const { timelock, keys } = world;
    const operation = [
      calls.map(([contract]) => contract.target as string),
      calls.map(() => 0n),
      calls.map(([contract, name, args]) => contract.interface.encodeFunctionData(name, args)),
      ethers.ZeroHash,
      ethers.id("repair"),
    ] as const;
    await timelock.connect(keys.multisig).scheduleBatch(...operation, 2n * DAY);
    await time.increase(2n * DAY);
    return timelock.connect(keys.multisig).executeBatch(...operation);
  }

  it("R2, R3: takes back the forged rewards and scores in one operation, and still pays the honest improvement", async () => {
    const { registry, oracleAttestation, model } = world;
    const rate = await rateOf();
    const { close, return: giveBack, replace, attesters } = await steps();
    await decide([...close, ...giveBack, ...replace, ...attesters]);

    expect(await registry.rewardsRemainingOf(model.id)).to.equal(before.left);
    expect(await registry.scoreOf(model.id)).to.equal(before.score);
    expect(await rateOf()).to.equal(rate);
    for (const { evaluationId } of forged) expect(await registry.payoutOf(model.id, evaluationId)).to.equal(VOIDED);
    for (const thief of world.attesters.slice(0, 2)) expect(await oracleAttestation.isAttester(thief)).to.equal(false);
    await expectReleased(world, model.token, honest);
  });

  it("lowers the reward rate for good if the benchmark is replaced before the rewards are returned", async () => {
    const { registry, model } = world;
    const rate = await rateOf();
    const { close, return: giveBack, replace, attesters } = await steps();
    await decide([...close, ...replace, ...giveBack, ...attesters]);

    expect(await registry.rewardsRemainingOf(model.id)).to.equal(before.left);
    expect(await rateOf()).to.be.lessThan(rate);
  });
});
