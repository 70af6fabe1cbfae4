import { expect } from "chai";
import { type EventFragment, Interface, Result } from "ethers";
import hre, { ethers } from "hardhat";
import { CREATE_X } from "../../deploy/create2";
import { type Answer, answersAt } from "./answers";
import { ACTS, birth, type Life } from "./life";
import { TOKEN } from "../../scripts/dev/world/units";
import type { Log } from "./events";
import { replay } from "./replay";
import type { Genesis } from "./state";

/** Why the logs tell nothing of a view. */
const FIXED = "an argument of the constructor, or follows from one: no event tells it, and it never changes";
const QUESTION = "answers a question about its arguments from state that is compared";
const ROUNDED =
  "follows from state that is compared, by the curve's arithmetic and its rounding, which have tests of their own";
const PERMITS =
  "counts permits, whose event is that of an approval; it says which signatures are void, and decides nothing else";

/** Views that are not compared; constants, all in capitals, aside. */
const UNTOLD: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ModelRegistry: {
    ...{ payoutDelay: FIXED, previewImprovement: QUESTION },
    ...{ supportsInterface: QUESTION, defaultAdminDelayIncreaseWait: FIXED },
  },
  TokenManager: { registry: FIXED, supportsInterface: QUESTION, defaultAdminDelayIncreaseWait: FIXED },
  ModelToken: {
    ...{ name: FIXED, symbol: FIXED, decimals: FIXED, eip712Domain: FIXED },
    nonces: PERMITS,
  },
  HokusaiAMMFactory: {
    ...{ registry: FIXED, reserveToken: FIXED, feeRouter: FIXED, defaultTerms: QUESTION, hashTerms: QUESTION },
  },
  HokusaiAMM: {
    reserveToken: FIXED,
    quoteBuy: ROUNDED,
    quoteBuyExactOut: ROUNDED,
    quoteSell: ROUNDED,
    maxSell: ROUNDED,
  },
  UsageFeeRouter: {
    ...{ registry: FIXED, reserveToken: FIXED, infrastructureReserve: FIXED },
    ...{ quoteCalls: QUESTION, quoteSplit: QUESTION, streamedTo: QUESTION },
  },
  InfrastructureReserve: {
    ...{ registry: FIXED, reserveToken: FIXED, feeRouter: FIXED },
  },
  OracleAttestation: { registry: FIXED, verify: QUESTION },
  Hybrid: { verify: QUESTION, methods: FIXED },
  ZkProof: { verify: QUESTION, provenBy: QUESTION, keyHash: FIXED, quantileE9: FIXED },
  DeltaOneVerifier: {
    ...{ registry: FIXED, eip712Domain: FIXED },
    ...{ verifyAndCalculateReward: QUESTION, hashStatement: QUESTION, calculateDeltaOnes: QUESTION },
  },
  RewardDistributor: { hashDistribution: QUESTION },
  TimelockController: { hashOperation: QUESTION, hashOperationBatch: QUESTION, supportsInterface: QUESTION },
};

/** Events of which the replay needs none: others of the same transaction, or of a token, tell what changes. */
const RECEIPTS = [
  ...["CallSalt", "CallsPaid", "DepositFailed", "FeeDeposited", "FeesCollected", "PaymentFailed", "PayoutQueued"],
  ...["RewardDistributed", "SupplierAllocationDistributed", "SurplusRescued"],
];

const isConstant = (view: string) => view === view.toUpperCase();

/** Names of the views in a contract's ABI. */
async function viewsOf(contract: string): Promise<string[]> {
  const { abi } = await hre.artifacts.readArtifact(contract);
  const entries = abi as { type: string; name?: string; stateMutability?: string }[];
  return entries
    .filter(({ type, stateMutability }) => type === "function" && ["view", "pure"].includes(stateMutability ?? ""))
    .map(({ name }) => name as string);
}

/** Every event of every contract that can be part of a deployment. */
async function allEvents(): Promise<Interface> {
  const artifacts = await Promise.all(
    [...Object.keys(UNTOLD), "ReserveTokenMock"].map((name) => hre.artifacts.readArtifact(name)),
  );
  const events = artifacts.flatMap(({ abi }) => abi.filter(({ type }: { type: string }) => type === "event"));
  return new Interface([...new Map(events.map((event) => [JSON.stringify(event), event])).values()]);
}

/** All logs from a block on, decoded, in their order. */
async function logsSince(fromBlock: number): Promise<Log[]> {
  const events = await allEvents();
  const everybodys = await ethers.provider.getLogs({ fromBlock });
  const logs = everybodys.filter(({ address }) => address !== CREATE_X); // it tells what it deploys; no contract of ours does
  const timestamps = new Map<number, bigint>();
  for (const { blockNumber } of logs) {
    if (timestamps.has(blockNumber)) continue;
    timestamps.set(blockNumber, BigInt((await ethers.provider.getBlock(blockNumber))!.timestamp));
  }
  return logs.map((log) => {
    const decoded = events.parseLog(log);
    if (!decoded) throw new Error(`a log of ${log.address} that no ABI knows: ${log.topics[0]}`);
    return {
      emitter: log.address,
      name: decoded.name,
      args: decoded.args.toObject(true),
      timestamp: timestamps.get(log.blockNumber)!,
    };
  });
}

function genesisOf({ addresses, parameters }: Life): Genesis {
  return { addresses: addresses as Genesis["addresses"], adminDelay: BigInt(parameters.$global.adminDelay) };
}

/** Numbers as bigint and tuples as arrays, all the way down. */
function plain(value: unknown): unknown {
  if (value instanceof Result || Array.isArray(value)) return [...value].map(plain);
  return typeof value === "number" ? BigInt(value) : value;
}

const interfaces = new Map<string, Interface>();

async function ask(contract: string, address: string, view: string, args: readonly unknown[]): Promise<unknown> {
  const abi = interfaces.get(contract) ?? new Interface((await hre.artifacts.readArtifact(contract)).abi);
  interfaces.set(contract, abi);
  const data = await ethers.provider.call({ to: address, data: abi.encodeFunctionData(view, args) });
  const answer = abi.decodeFunctionResult(view, data);
  return plain(answer.length === 1 ? answer[0] : answer);
}

/** The state by the logs alone, which every view confirms. */
async function expectRebuilt(life: Life) {
  const logs = await logsSince(life.firstBlock);
  const now = BigInt((await ethers.provider.getBlock("latest"))!.timestamp);
  const answers = answersAt(replay(logs, genesisOf(life)), now);
  for (const { contract, address, view, args, value } of answers) {
    expect(await ask(contract, address, view, args), `${contract}.${view}(${args.join(", ")})`).to.deep.equal(
      plain(value),
    );
  }
  return { length: logs.length, now, answers };
}

function textOf(answers: readonly Answer[]): string {
  return JSON.stringify(answers, (_, value: unknown) => (typeof value === "bigint" ? value.toString() : value));
}

/** All answers that these logs make, or why they make none. */
function answersOrProblem(logs: readonly Log[], genesis: Genesis, now: bigint): string {
  try {
    return textOf(answersAt(replay(logs, genesis), now));
  } catch (problem) {
    return String(problem);
  }
}

/** What the views that no log tells of answer, as far as they can be asked without arguments. */
async function askUntold(answers: readonly Answer[]): Promise<Map<string, unknown>> {
  const contracts = new Map(answers.map(({ address, contract }) => [address, contract]));
  const found = new Map<string, unknown>();
  for (const [address, contract] of contracts) {
    const views = (await viewsOf(contract)).filter((view) => isConstant(view) || UNTOLD[contract]![view] === FIXED);
    for (const view of views) found.set(`${contract} ${address} ${view}`, await ask(contract, address, view, []));
  }
  return found;
}

describe("A4: replaying the logs rebuilds the state", () => {
  let life: Life;
  let answers: Answer[];
  const fixed = new Map<string, unknown>();
  const moments: { length: number; now: bigint; answers: string }[] = [];

  /** Compares, and holds what is said never to change against what it was. */
  const compare = async () => {
    const { length, now, ...rebuilt } = await expectRebuilt(life);
    answers = rebuilt.answers;
    moments.push({ length, now, answers: textOf(answers) });
    for (const [view, answer] of await askUntold(answers)) {
      if (fixed.has(view)) expect(answer, view).to.deep.equal(fixed.get(view));
      fixed.set(view, answer);
    }
  };

  before(async () => {
    life = await birth();
  });

  it("after a deployment with three models", compare);

  for (const [name, act] of ACTS) {
    it(`after ${name}`, async () => {
      await act(life);
      await compare();
    });
  }

  // ERC-20 leaves it open, and the library has no event for it.
  it("except for what spenders have used of a limited allowance", async () => {
    const { model, alice, bob } = life;
    const [approved, used] = [3n * TOKEN, TOKEN];
    await model.token.connect(alice).approve(bob, approved);
    await compare();
    await model.token.connect(bob).transferFrom(alice, bob, used);
    const state = replay(await logsSince(life.firstBlock), genesisOf(life));
    const told = state.tokens.get(await model.token.getAddress())!.allowances.get(`${alice.address} ${bob.address}`);
    expect(told).to.equal(approved);
    expect(await model.token.allowance(alice, bob)).to.equal(approved - used);
    await model.token.connect(alice).approve(bob, approved); // whatever sets it anew ends the difference
    await compare();
  });

  it("from all declared events, of which only the receipts could be left out", async () => {
    const logs = await logsSince(life.firstBlock);
    const emitted = new Set(logs.map(({ name }) => name));
    const declared = (await allEvents()).fragments.map((event) => (event as EventFragment).name);
    expect(declared.filter((name) => !emitted.has(name))).to.deep.equal(["EIP712DomainChanged"]);
    const redundant = [...emitted].filter((name) =>
      moments.every(({ length, now, answers: all }) => {
        const others = logs.slice(0, length).filter((log) => log.name !== name);
        return answersOrProblem(others, genesisOf(life), now) === all;
      }),
    );
    expect(redundant.sort()).to.deep.equal(RECEIPTS);
  });

  it("for every view of every contract, apart from those listed with a reason", async () => {
    for (const contract of Object.keys(UNTOLD)) {
      const compared = new Set(answers.filter((answer) => answer.contract === contract).map(({ view }) => view));
      const listed = Object.keys(UNTOLD[contract]!);
      const views = (await viewsOf(contract)).filter((view) => !isConstant(view));
      expect([...compared, ...listed].sort(), contract).to.deep.equal([...new Set(views)].sort());
    }
  });
});
