// SPDX-License-Identifier: MIT
// What the doctor must say of rewards that wait, are stopped or void, in each of their states.

import { id, toBeHex, ZeroHash } from "ethers";
import { developmentKey } from "../../../sdk/base/accounts";
import {
  encodeProof,
  STATEMENT_TYPES,
  statementDomain,
  type ImprovementStatement,
} from "../../../sdk/schemas/statement";
import { payoutHashOf } from "../../../sdk/state/payouts";
import { hashPayees } from "../../../scripts/dev/world/payouts";
import { DAY } from "../../../scripts/dev/world/units";
import {
  account,
  addressOf,
  call,
  create,
  entryOf,
  holderOf,
  MODEL,
  now,
  OTHER,
  pass,
  send,
  slotOf,
  store,
  STRANGER,
  time,
  timelockOf,
  type Redeclare,
  type World,
} from "./support";

interface RewardCase {
  readonly name: string;
  readonly prepare: (
    world: World,
  ) => Promise<{ readonly notable?: string[]; readonly wrong?: string[]; readonly redeclare?: Redeclare }>;
}

interface Queued {
  readonly evaluationId: string;
  readonly queuedAt: bigint;
  readonly accounts: readonly [string, string];
  readonly amounts: readonly [bigint, bigint];
  readonly due: string;
}

const COMPROMISED = "no event explains this: stop using the contract and see SECURITY.md";
const CHECK = "R2 rewards that wait are those that the events tell";
const STOPS = "stops of payouts";
const [ATTESTERS, RELAYER] = [[9, 10], 8];
const REWARD = 1_000n * 10n ** 18n;
const PAYEES = "700 to ";

const method = (world: World) => addressOf(world, "OracleAttestation");
const byGuardian = (world: World, name: string, args: readonly unknown[]) =>
  send(world, holderOf(world, "GUARDIAN_ROLE"), "ModelRegistry", name, args);
const byAdmin = (world: World, name: string, args: readonly unknown[]) =>
  send(world, timelockOf(world), "ModelRegistry", name, args);

/** An improvement of 100 bps by two attesters, whose reward of 1,000 tokens waits: 300 for the owner, 700 for one contributor. */
async function queue(world: World, evaluation = "doctor"): Promise<Queued> {
  const { key } = world.model;
  const read = async (name: string, args: readonly unknown[]) => call(world, "ModelRegistry", name, args);
  const benchmark = (await read("benchmarkOf", [key]))[0] as Record<string, bigint> & Record<string, string>;
  const statement: ImprovementStatement = {
    evaluation: {
      model: key,
      benchmarkVersion: (await read("benchmarkVersionOf", [key]))[0] as bigint,
      specHash: benchmark["specHash"] as unknown as string,
      evaluationDataHash: benchmark["evaluationDataHash"] as unknown as string,
      baselineScore: benchmark["baselineScore"]!,
      candidateScore: benchmark["baselineScore"]! + 100n,
      sampleSize: benchmark["minSampleSize"]!,
      runs: benchmark["minRuns"]!,
      lowerBoundBps: benchmark["minLowerBoundBps"]!,
      baselineCommitment: benchmark["modelCommitment"] as unknown as string,
      candidateCommitment: toBeHex(1n, 32),
    },
    evaluationId: id(evaluation),
    contributionDataHash: id("data"),
    contributors: [{ account: OTHER, shareBps: 10_000n }],
    contributorsRoot: ZeroHash,
    attesterEpoch: 1n,
    deadline: (await now(world)) + DAY,
  };
  const verifier = addressOf(world, "DeltaOneVerifier");
  const domain = statementDomain(31_337n, verifier);
  const attestations = await Promise.all(
    ATTESTERS.map(developmentKey).map(async (attester) => ({
      signer: attester.address,
      signature: await attester.signTypedData(domain, STATEMENT_TYPES, {
        ...statement,
        contributors: [...statement.contributors],
      }),
    })),
  );
  const relayer = await account(world, RELAYER);
  await send(world, relayer, "DeltaOneVerifier", "processImprovement", [statement, encodeProof(attestations)]);
  const queuedAt = await now(world);
  const [owner] = await read("ownerOf", [key]);
  const delay = BigInt(world.declared.parameters.Models.payoutDelay);
  return {
    evaluationId: statement.evaluationId,
    queuedAt,
    accounts: [owner as string, OTHER],
    amounts: [(REWARD * 3n) / 10n, (REWARD * 7n) / 10n],
    due: time(queuedAt + delay),
  };
}

const line = ({ evaluationId, accounts }: Queued, status: string, next: string) =>
  `${CHECK}: payout ${evaluationId} of ${MODEL}: 1,000 tokens ${status}: 300 to ${accounts[0]}, ${PAYEES}${accounts[1]}; ${next}`;

const terms = (world: World, { queuedAt, accounts, amounts }: Queued) => ({
  method: method(world),
  queuedAt,
  reward: REWARD,
  payeesHash: hashPayees(ZeroHash, accounts, amounts),
});

const DECIDES = "the admin decides, by payout:lift or payout:void with --batch <file>";

const waiting: RewardCase[] = [
  {
    name: "shows who is paid how much, and when",
    prepare: async (world) => {
      const payout = await queue(world);
      const next = `a guardian can stop payouts of ${method(world)}`;
      return { notable: [line(payout, `wait until ${payout.due}`, next)] };
    },
  },
  {
    name: "shows that anyone can release it once it is due",
    prepare: async (world) => {
      const payout = await queue(world);
      await pass(world, 2n * DAY);
      return { notable: [line(payout, `due since ${payout.due}`, "anyone can run payout:release")] };
    },
  },
  {
    name: "shows nothing once it was released",
    prepare: async (world) => {
      const { evaluationId, queuedAt, accounts, amounts } = await queue(world);
      await pass(world, 2n * DAY);
      const args = [world.model.key, evaluationId, method(world), queuedAt, ZeroHash, accounts, amounts];
      await send(world, await account(world, RELAYER), "TokenManager", "releasePayout", args);
      return {};
    },
  },
  {
    name: "shows one whose verifier was replaced since",
    prepare: async (world) => {
      const payout = await queue(world);
      await byAdmin(world, "setVerifier", [STRANGER]);
      await byAdmin(world, "setVerifier", [addressOf(world, "DeltaOneVerifier")]);
      const next = `a guardian can stop payouts of ${method(world)}`;
      return { notable: [line(payout, `wait until ${payout.due}`, next)] };
    },
  },
  {
    name: "reports one that the registry keeps with other terms",
    prepare: async (world) => {
      const payout = await queue(world);
      const { evaluationId, queuedAt, accounts, amounts, due } = payout;
      const { slot } = slotOf("ModelRegistry", "payoutOf");
      const place = entryOf(entryOf(slot, world.model.key), evaluationId);
      await store(world, addressOf(world, "ModelRegistry"), place, BigInt(id("other")));
      const hash = payoutHashOf({
        ...{ model: world.model.key, evaluationId, queuedAt, method: method(world), reward: REWARD },
        ...{ baselineScore: 0n, candidateScore: 0n, contributorsRoot: ZeroHash, accounts, amounts },
      });
      return {
        wrong: [`${CHECK}: payout ${evaluationId} of ${MODEL} is ${id("other")}, declared ${hash}: ${COMPROMISED}`],
        notable: [line(payout, `wait until ${due}`, `a guardian can stop payouts of ${method(world)}`)],
      };
    },
  },
  {
    name: "shows one whose payees no event names",
    prepare: async (world) => {
      await byAdmin(world, "setVerifier", [STRANGER]);
      const benchmark = (await call(world, "ModelRegistry", "benchmarkOf", [world.model.key]))[0] as Record<
        string,
        bigint
      >;
      const evaluation = {
        model: world.model.key,
        benchmarkVersion: 1n,
        ...{ specHash: benchmark["specHash"], evaluationDataHash: benchmark["evaluationDataHash"] },
        ...{ baselineScore: benchmark["baselineScore"], candidateScore: benchmark["baselineScore"]! + 100n },
        ...{ sampleSize: benchmark["minSampleSize"], runs: benchmark["minRuns"] },
        lowerBoundBps: benchmark["minLowerBoundBps"],
        ...{ baselineCommitment: benchmark["modelCommitment"], candidateCommitment: toBeHex(1n, 32) },
      };
      await send(world, STRANGER, "ModelRegistry", "recordImprovement", [evaluation, id("silent"), id("payees")]);
      await byAdmin(world, "setVerifier", [addressOf(world, "DeltaOneVerifier")]);
      return {
        notable: [
          `${CHECK}: payout ${id("silent")} of ${MODEL}: 1,000 tokens to payees that no event tells; whoever knows them can release it`,
        ],
      };
    },
  },
];

const stopped: RewardCase[] = [
  {
    name: "shows what is stopped, and who decides",
    prepare: async (world) => {
      const payout = await queue(world);
      const { queuedAt, due } = payout;
      await byGuardian(world, "stopPayouts", [method(world), queuedAt]);
      return {
        notable: [
          line(payout, `stopped, due ${due}`, DECIDES),
          `${STOPS}: payouts of ${method(world)}: stopped, queued from ${time(queuedAt)} on; ${DECIDES}`,
        ],
      };
    },
  },
  {
    name: "shows hybrids that contain the stopped method, and are not stopped",
    prepare: async (world) => {
      const ascending = [method(world), STRANGER].sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
      const hybrid = await create(world, "Hybrid", [ascending]);
      await byAdmin(world, "setMethodAccess", [hybrid, 2n]);
      await byAdmin(world, "setMethodAccess", [hybrid, 0n]);
      const since = await now(world);
      await byGuardian(world, "stopPayouts", [method(world), since]);
      return {
        notable: [
          `${STOPS}: payouts of ${method(world)}: stopped, queued from ${time(since)} on; contained in ${hybrid}, not stopped by it; ${DECIDES}`,
        ],
      };
    },
  },
  {
    name: "shows what is void, and that anyone can return it",
    prepare: async (world) => {
      const payout = await queue(world);
      const { queuedAt } = payout;
      await byGuardian(world, "stopPayouts", [method(world), queuedAt]);
      await byAdmin(world, "voidPayouts", [method(world), queuedAt, queuedAt + 1n]);
      return {
        notable: [
          line(payout, "void", "anyone can run payout:return"),
          `${STOPS}: payouts of ${method(world)}: void, queued from ${time(queuedAt)} to ${time(queuedAt + 1n)}; the admin can lift it, by payout:lift --batch <file>`,
        ],
      };
    },
  },
  {
    name: "R3: accepts a void reward that was returned to the model",
    prepare: async (world) => {
      const payout = await queue(world);
      const { queuedAt, evaluationId } = payout;
      await byGuardian(world, "stopPayouts", [method(world), queuedAt]);
      await byAdmin(world, "voidPayouts", [method(world), queuedAt, queuedAt + 1n]);
      const relayer = await account(world, RELAYER);
      const args = [world.model.key, evaluationId, terms(world, payout)];
      await send(world, relayer, "ModelRegistry", "returnVoided", args);
      await byAdmin(world, "liftPayoutStop", [method(world)]);
      return {};
    },
  },
  {
    name: "reports a stop without an event",
    prepare: async (world) => {
      const { slot } = slotOf("ModelRegistry", "payoutStopOf");
      const place = entryOf(slot, method(world));
      await store(world, addressOf(world, "ModelRegistry"), place, (2n << 40n) | 1n);
      return {
        wrong: [`${STOPS}: payoutStopOf(${method(world)}) is 1 to 2, declared 0 to 0: ${COMPROMISED}`],
      };
    },
  },
];

/** Rewards in every state, by the state. */
export const REWARDS = {
  "given a reward that waits": waiting,
  "given a method whose payouts are stopped": stopped,
} as const;
