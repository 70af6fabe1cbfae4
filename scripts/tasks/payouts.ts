// SPDX-License-Identifier: MIT
// Tasks for rewards that wait: who releases them, and who stops them, declares them void or lets them go.

import { id } from "ethers";
import type { Hybrid } from "../../.build/typechain";
import { actAsAdmin } from "../../deploy/admin";
import { blocksOf } from "../../deploy/journal";
import { requireToken } from "../../deploy/launch";
import { chainTime, passTime } from "../../deploy/localTime";
import { signerWithRole } from "../../deploy/roles";
import { address, hash, pattern, publishedId, type Rule } from "../../sdk/base/fields";
import { printed } from "../../sdk/base/printed";
import { Problem } from "../../sdk/base/problem";
import { formatTime, formatTokens, roundTokens } from "../../sdk/base/units";
import { contractAt } from "../../sdk/client/access";
import { confirm } from "../../sdk/client/confirm";
import { readPayouts, releaseCall, returnCall, type Payout } from "../../sdk/client/payouts";
import { readEvents } from "../../sdk/rpc/logs";
import { OPEN_STOP, type StopState, voidRemarks } from "../../sdk/state/payouts";
import { digits } from "../cli/command";
import { table } from "../cli/terminal";
import {
  once,
  readId,
  readSender,
  settled,
  signerOf,
  type Arguments,
  type TaskContext,
  type TaskResult,
  type Work,
} from "./run";

/** An evaluation id, or a name whose hash is the id. */
const EVALUATION: Rule<string> = {
  expected: "an evaluation id, or the name of an evaluation",
  none: "",
  read: (value) => {
    const name = publishedId.read(value);
    return hash.read(value) ?? (name === undefined ? undefined : id(name));
  },
};

const SECOND = digits(1, 2 ** 40 - 1);

/** The first second of a stop that covers every waiting payout. */
const EVERYTHING = 1;

const UNITS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;
const DURATION = pattern(/^[1-9]\d{0,8}[smhd]?$/, "a time such as 3600, 90m, 12h or 2d");

/** Lists every payout of a model. */
export const listPayouts: Work = (args) => {
  const modelId = readId(args);
  args.refuse();
  return async (context) => {
    const symbol = printed(await (await requireToken(context, modelId)).symbol());
    const payouts = await payoutsOf(context, modelId);
    return {
      lines:
        payouts.length === 0
          ? [`${modelId} has had no improvement.`]
          : payouts.flatMap((payout, index) => [...(index > 0 ? [""] : []), ...linesOf(payout, symbol)]),
      document: { model: { id: modelId, symbol }, payouts },
    };
  };
};

/** Mints a reward whose payout is due. */
export const releasePayout: Work = (args) => {
  const [modelId, evaluationId, from] = readPayoutArguments(args);
  return once(async (context) => {
    const { hre, protocol, report } = context;
    const payout = await payoutOf(context, modelId, evaluationId);
    const now = await chainTime(hre);
    requireStatus(payout, "due", {
      waits: `its time is ${formatTime(payout.releasableFrom)} at the earliest, the chain's time is ${formatTime(now)}: wait until then`,
      stopped: `payouts of ${payout.method} are stopped: the admin lifts the stop or makes it final`,
      void: "it is void: payout:return puts its reward back into the model's lifetime rewards",
      released: "it was released before",
      returned: "its reward was put back into the model's lifetime rewards",
    });
    const sender = await signerOf(context, from);
    const releasing = protocol.tokenManager.connect(sender).releasePayout(...releaseCall(payout));
    const sent = await confirm("release reward", releasing);
    const symbol = printed(await (await requireToken(context, modelId)).symbol());
    const outcome = `${formatTokens(payout.reward)} ${symbol} minted`;
    report({ name: sent.name, sent, outcome });
    const released = await payoutOf(context, modelId, evaluationId);
    return { lines: linesOf(released, symbol), document: { model: { id: modelId, symbol }, payout: released } };
  });
};

/** Returns a void reward to the model's lifetime rewards. */
export const returnPayout: Work = (args) => {
  const [modelId, evaluationId, from] = readPayoutArguments(args);
  return once(async (context) => {
    const { protocol, report } = context;
    const payout = await payoutOf(context, modelId, evaluationId);
    requireStatus(payout, "void", { stopped: `its stop is open: the admin makes it final first, by payout:void` });
    const sender = await signerOf(context, from);
    const sent = await confirm(
      "return void reward",
      protocol.registry.connect(sender).returnVoided(...returnCall(payout)),
    );
    const symbol = printed(await (await requireToken(context, modelId)).symbol());
    const left = await protocol.registry.rewardsRemainingOf(payout.model);
    const outcome = `${formatTokens(payout.reward)} ${symbol} returned, ${formatTokens(left)} left`;
    report({ name: sent.name, sent, outcome });
    return {
      lines: [`${modelId}: ${outcome}`],
      document: { model: { id: modelId, symbol }, payout, rewardsRemaining: left },
    };
  });
};

/** Stops the payouts of a method, as a guardian. */
export const stopPayouts: Work = (args) => {
  const method = args.read("method", address);
  const since = args.read("since", SECOND, EVERYTHING);
  args.refuse();
  return once(async (context) => {
    const { hre, protocol, report } = context;
    const { registry } = protocol;
    const before = await registry.payoutStopOf(method);
    if (before.until === OPEN_STOP && before.since <= BigInt(since))
      throw new Problem("ALREADY_DONE", `${method}: ${stopInWords(before)} already; nothing was sent.`);
    const guardian = await settled(context, await signerWithRole(hre, protocol, "registry", "GUARDIAN_ROLE"));
    const sent = await confirm("stop payouts", registry.connect(guardian).stopPayouts(method, since));
    const stop = await registry.payoutStopOf(method);
    report({ name: sent.name, sent, outcome: stopInWords(stop) });
    const hybrids = await hybridsOf(context, method);
    return {
      lines: [
        `${method}: ${stopInWords(stop)}`,
        ...hybrids.map((hybrid) => `The hybrid ${hybrid} contains it and is not stopped: stop it by its own address.`),
      ],
      document: { method, stop: { since: stop.since, until: stop.until }, hybrids },
    };
  });
};

/** Lifts a stop, as the admin. */
export const liftPayoutStop: Work = (args) => {
  const method = args.read("method", address);
  args.refuse();
  return byAdmin(method, "payout:lift", "lift payout stop", ({ protocol: { registry } }) => ({
    data: registry.interface.encodeFunctionData("liftPayoutStop", [method]),
    remarks: [],
  }));
};

/** Makes a stop final, as the admin: payouts that were queued within its bounds become void. */
export const voidPayouts: Work = (args) => {
  const method = args.read("method", address);
  const since = args.has("since") ? args.read("since", SECOND) : undefined;
  const until = args.read("until", SECOND, Number(OPEN_STOP));
  args.refuse();
  return byAdmin(method, "payout:void", "void payouts", ({ protocol: { registry } }, stop) => {
    const from = since === undefined ? stop.since : BigInt(since);
    return {
      data: registry.interface.encodeFunctionData("voidPayouts", [method, from, until]),
      remarks: voidRemarks(stop, from, BigInt(until)),
    };
  });
};

/** Lets time pass on a local chain. */
export const letTimePass: Work = (args) => {
  const duration = args.read("duration", DURATION);
  args.refuse();
  return async ({ hre }) => {
    const unit = UNITS[duration.at(-1) as keyof typeof UNITS] as number | undefined;
    await passTime(hre, Number.parseInt(duration, 10) * (unit ?? UNITS.s));
    const now = await chainTime(hre);
    return { lines: [`It is ${formatTime(now)} on ${hre.network.name}.`], document: { timestamp: now } };
  };
};

/** A call that the admin makes on the registry: sent on a local chain; elsewhere it can only be drafted. */
function byAdmin(
  method: string,
  command: string,
  name: string,
  encode: (context: TaskContext, stop: StopState) => { data: string; remarks: readonly string[] },
) {
  return once(async (context): Promise<TaskResult> => {
    const { hre, protocol, report } = context;
    const { registry } = protocol;
    const before = await registry.payoutStopOf(method);
    if (before.since === 0n)
      throw new Problem("ALREADY_DONE", `payouts of ${method} are not stopped: there is nothing to decide.`);
    const { data, remarks } = encode(context, before);
    const call = { target: await registry.getAddress(), data };
    const told = remarks.map((remark) => `Note: ${remark}.`);
    const outcome = async () => stopInWords(await registry.payoutStopOf(method));
    await actAsAdmin(
      hre,
      protocol,
      [call],
      [name, ...remarks].join("; "),
      { command, schedule: `schedule ${name}`, execute: name, outcome },
      report,
    );
    const stop = await registry.payoutStopOf(method);
    return {
      lines: [...told, `${method}: ${stopInWords(stop)}`],
      document: { method, stop: { since: stop.since, until: stop.until }, remarks },
    };
  });
}

function stopInWords({ since, until }: { since: bigint; until: bigint }): string {
  if (since === 0n) return "payouts are not stopped";
  const from = since === BigInt(EVERYTHING) ? "all payouts" : `payouts queued from ${formatTime(since)} on`;
  return until === OPEN_STOP ? `${from} are stopped` : `${from}, before ${formatTime(until)}, are void`;
}

/** Hybrids that contain a method at any depth, among the methods that models may or might use. */
async function hybridsOf({ hre, protocol: { registry } }: TaskContext, method: string): Promise<string[]> {
  const events = await readEvents(await blocksOf(hre), registry, registry.filters.MethodAllowed());
  const candidates = [...new Set(events.map(({ args }) => args.method))];
  const contains = async (candidate: string): Promise<boolean> => {
    const hybrid = await contractAt<Hybrid>(hre, "Hybrid", candidate);
    const parts: string[] = await hybrid.methods().catch(() => []);
    if (parts.includes(method)) return true;
    for (const part of parts) if (part !== candidate && (await contains(part))) return true;
    return false;
  };
  const found: string[] = [];
  for (const candidate of candidates) if (candidate !== method && (await contains(candidate))) found.push(candidate);
  return found;
}

function readPayoutArguments(args: Arguments): [modelId: string, evaluationId: string, from: string | undefined] {
  const modelId = readId(args);
  const evaluationId = args.read("evaluation", EVALUATION);
  const from = readSender(args);
  args.refuse();
  return [modelId, evaluationId, from];
}

async function payoutsOf({ hre, protocol }: TaskContext, modelId: string): Promise<Payout[]> {
  return readPayouts(hre, protocol.registry, await blocksOf(hre), id(modelId));
}

async function payoutOf(context: TaskContext, modelId: string, evaluationId: string): Promise<Payout> {
  const payouts = await payoutsOf(context, modelId);
  const payout = payouts.find((entry) => entry.evaluationId === evaluationId);
  if (payout) return payout;
  throw new Problem(
    "NOT_DEPLOYED",
    `${modelId} has no evaluation ${evaluationId}: payout:list shows those that it has.`,
  );
}

/** The code of the problem that is reported if a payout's status does not allow an action. */
const CODES = {
  waits: "NOT_YET",
  due: "CONFLICT",
  stopped: "NOT_YET",
  void: "EXPIRED",
  released: "ALREADY_DONE",
  returned: "ALREADY_DONE",
} as const;

function requireStatus(payout: Payout, wanted: Payout["status"], reasons: Partial<Record<Payout["status"], string>>) {
  const { status, evaluationId } = payout;
  if (status === wanted) return;
  const reason = reasons[status] ?? `its status is ${status}, expected ${wanted}`;
  throw new Problem(CODES[status], `the payout of ${evaluationId}: ${reason}; nothing was sent.`);
}

function linesOf(payout: Payout, symbol: string): string[] {
  const { evaluationId, status, method, baselineScore, candidateScore, queuedAt, releasableFrom } = payout;
  return table(
    [evaluationId, symbol],
    [
      ["status", status],
      ["score", `${baselineScore} → ${candidateScore}`],
      ["queued", formatTime(queuedAt)],
      ["released from", formatTime(releasableFrom)],
      ["method", method],
      ["reward", formatTokens(roundTokens(payout.reward))],
      ...payout.accounts.map((account, index) => [account, formatTokens(roundTokens(payout.amounts[index] as bigint))]),
    ],
  );
}
