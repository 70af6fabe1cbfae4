import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { AbiCoder, type BaseContract, type ContractTransactionResponse, ZeroHash } from "ethers";
import { ethers } from "hardhat";
import { attest, buildStatement, DAILY_LIMIT, rewardOf, submit, toCall } from "../../scripts/dev/world/improvements";
import { buildBenchmark, buildEvaluation, MethodAccess, modelIdOf } from "../../scripts/dev/world/models";
import { hashPayees, type QueuedPayout } from "../../scripts/dev/world/payouts";
import { ADMIN_DELAY } from "../../scripts/dev/world/units";
import { PROPOSED, type World } from "./authority.fixture";

export const MINIMUM = 10n;
export const INVOICE = ethers.id("a bill of another model");

export type Attempt = (world: World) => Promise<unknown>;

/** What a key can do at worst, and what it cannot, as attempts of that key. */
export interface Row {
  readonly can: Readonly<Record<string, Attempt>>;
  readonly cannot: Readonly<Record<string, Attempt>>;
}

export const refused = (call: Promise<unknown>, contract: BaseContract, error: string, ...args: unknown[]) =>
  expect(call)
    .to.be.revertedWithCustomError(contract, error)
    .withArgs(...args);

/** The multisig announces a call, waits for the timelock, and executes it. */
export async function decide(
  world: World,
  ...call: readonly [contract: BaseContract, name: string, args: readonly unknown[]]
): Promise<ContractTransactionResponse> {
  await announce(world, ...call);
  await time.increase(ADMIN_DELAY);
  return execute(world, ...call);
}

export const operationOf = (contract: BaseContract, name: string, args: readonly unknown[]) =>
  [
    contract.target as string,
    0n,
    contract.interface.encodeFunctionData(name, args),
    ZeroHash,
    ethers.id(name),
  ] as const;

export const announce = ({ timelock, keys }: World, ...call: Parameters<typeof operationOf>) =>
  timelock.connect(keys.multisig).schedule(...operationOf(...call), ADMIN_DELAY);

export const execute = ({ timelock, keys }: World, ...call: Parameters<typeof operationOf>) =>
  timelock.connect(keys.multisig).execute(...operationOf(...call));

/** A statement that as many attesters as must sign have signed, whatever is true. */
export async function forge(world: World, deltaBps: bigint): Promise<ContractTransactionResponse> {
  const score = await world.registry.scoreOf(world.model.id);
  const statement = await buildStatement(world, world.model, { evaluation: { candidateScore: score + deltaBps } });
  return submit(world, statement, await attest(world, statement));
}

/** The attacker, who is the verifier, records an improvement that pays nobody else. */
export async function queueForItself(world: World, deltaBps: bigint): Promise<QueuedPayout> {
  const { registry, keys, model } = world;
  const benchmark = await registry.benchmarkOf(model.id);
  const score = await registry.scoreOf(model.id);
  const evaluation = buildEvaluation(model.id, benchmark, { candidateScore: score + deltaBps });
  const { reward } = rewardOf(deltaBps, (await registry.parametersOf(model.id)).tokensPerDeltaOne);
  const [accounts, amounts] = [[keys.attacker.address], [reward]];
  const evaluationId = ethers.id(`forged ${score}`);
  await registry
    .connect(keys.attacker)
    .recordImprovement(evaluation, evaluationId, hashPayees(ZeroHash, accounts, amounts));
  const queuedAt = BigInt(await time.latest());
  const common = { model: model.id, evaluationId, method: String(benchmark.method), queuedAt, reward };
  return { ...common, contributorsRoot: ZeroHash, accounts, amounts };
}

/** The admin makes the attacker the verifier as soon as it can, two days after it announced it; a payout is queued one second later. */
export async function queueAsNewVerifier(world: World): Promise<{ announced: bigint; queued: QueuedPayout }> {
  const call = [world.registry, "setVerifier", [world.keys.attacker.address]] as const;
  await announce(world, ...call);
  const announced = BigInt(await time.latest());
  await time.setNextBlockTimestamp(announced + ADMIN_DELAY);
  await execute(world, ...call);
  await time.setNextBlockTimestamp(announced + ADMIN_DELAY + 1n);
  return { announced, queued: await queueForItself(world, DAILY_LIMIT) };
}

/** A world whose verifier the admin replaced by the attacker. */
export async function withHostileVerifier(world: World): Promise<void> {
  await world.registry.connect(world.keys.admin).setVerifier(world.keys.attacker);
}

/** A registered model with a method that needs no attester, and a statement that whoever has the labels proves. */
export async function provenModel(world: World) {
  const { registry, keys, model } = world;
  const method = await ethers.deployContract("VerificationMethodMock");
  await registry.connect(keys.admin).setMethodAccess(method, MethodAccess.ADMIN);
  const id = modelIdOf(PROPOSED);
  await registry.connect(keys.admin).registerModel(id, buildBenchmark(String(method.target)));
  const prove = async (deltaBps: bigint, of = id) => {
    const score = await registry.scoreOf(of);
    const statement = await buildStatement(world, { id: of }, { evaluation: { candidateScore: score + deltaBps } });
    const digest = await world.verifier.hashStatement(toCall(statement));
    const [evaluationType] = method.interface.getFunction("verify").inputs;
    const proof = AbiCoder.defaultAbiCoder().encode(
      [evaluationType!, "uint256", "bytes32"],
      [Object.values(statement.evaluation), statement.attesterEpoch, digest],
    );
    return submit(world, statement, proof);
  };
  return { id, method, model, prove };
}
