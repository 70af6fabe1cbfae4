// SPDX-License-Identifier: MIT
// What all tasks have in common: bad input and refusals in one line, tables or JSON, progress on the error stream.

import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { getAddress, type Addressable } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { isDrafting } from "../../deploy/batch/drafting";
import { alone, orAgain } from "../../deploy/deployment";
import { persist, settle, type Persistence } from "../../deploy/pending";
import { requireProtocol, type Protocol } from "../../deploy/protocol";
import { isPassing, patientSigner } from "../../deploy/rpc";
import { fateOf, fateInWords, noting, sendingAs, type Dispatch } from "../../deploy/sends";
import type { Step } from "../../deploy/step";
import { address, Fields, publishedId, type Rule } from "../../sdk/base/fields";
import { Problem } from "../../sdk/base/problem";
import { formatReserve } from "../../sdk/base/units";
import { problemOf } from "../../sdk/client/errors";
import { ensureAllowance } from "../../sdk/client/trade";
import { toJson } from "../../sdk/schemas/json";
import { compile } from "../cli/compile";
import { askPassword } from "../cli/password";
import { readSending, sendAs, senderOf, type SendingOptions } from "../cli/sending";
import { tellFailure } from "../cli/failure";
import { lineFor, outliveReaders } from "../cli/terminal";
import { stepLines } from "../cli/views/launch";
import { writeBatches } from "./writing";

/** What a task works with. */
export interface TaskContext {
  readonly hre: HardhatRuntimeEnvironment;
  readonly protocol: Protocol;
  /** Shows a step on the error stream as soon as it is done. */
  readonly report: (step: Step) => void;
  /** The transactions that were handed to the network, in order. */
  readonly sends: readonly Dispatch[];
  /** Shows a reason for waiting on the error stream. */
  readonly onWait: (reason: string) => void;
}

/** What a task found or did, for people and for programs. */
export interface TaskResult {
  readonly lines: readonly string[];
  readonly document: Readonly<Record<string, unknown>>;
}

/** A task: reads its arguments before anything else happens, and returns the action to run. */
export type Work = (args: Arguments) => Act;

type Act = (context: TaskContext) => Promise<TaskResult>;

/** Wraps work that sends only what the chain lacks. It runs alone on its network and is repeated after passing failures. */
export function resumed(act: Act): Act {
  return (context) => patiently(context, () => act(context), {});
}

/**
 * Wraps work that must not send anything twice: like {@link resumed}, but repeated only if no unreported transaction can still be mined.
 * Only the sending account's pending transactions are awaited, see {@link settled}.
 */
export function once(act: Act): Act {
  return (context) => {
    const { hre, sends, report } = context;
    const reported = new Set<string>();
    const noted = (step: Step) => {
      if (step.sent) reported.add(step.sent.hash);
      report(step);
    };
    const requireUnsent = async (error: Error) => {
      for (const dispatch of sends) {
        if (dispatch.hash !== undefined && reported.has(dispatch.hash)) continue;
        const fate = await fateOf(hre.network.provider, dispatch);
        if (fate.kind === "never") continue;
        const reason = String(error.message.split("\n")[0]).replace(/\.$/, "");
        const what = fateInWords(dispatch, fate);
        throw new Problem(
          "UNKNOWN_OUTCOME",
          `${hre.network.name}: ${reason}; ${what}: look for it before you run the command again.`,
        );
      }
    };
    return patiently(context, () => act({ ...context, report: noted }), { accounts: [], beforeAgain: requireUnsent });
  };
}

function patiently<T>({ hre, onWait }: TaskContext, action: () => Promise<T>, persistence: Persistence): Promise<T> {
  return alone(hre, () => orAgain(hre, isPassing, () => persist(hre, onWait, action, persistence)));
}

/** The arguments of a task, named as on its command line. */
export class Arguments {
  private readonly fields: Fields;

  constructor(given: Readonly<Record<string, unknown>>) {
    const present = Object.entries(given).filter(([, value]) => value !== undefined);
    this.fields = new Fields(Object.fromEntries(present.map(([name, value]) => [optionOf(name), value])));
  }

  /** Reads which keys sign, and what gas may cost. */
  readSending(env: NodeJS.ProcessEnv): SendingOptions {
    return readSending(this.fields, env);
  }

  has(name: string): boolean {
    return this.fields.has(name);
  }

  read<T>(name: string, rule: Rule<T>, fallback?: T): T {
    return this.fields.read(name, rule, fallback);
  }

  /** Returns the one of several arguments that was given; reports a problem unless it is exactly one. */
  one(...names: readonly string[]): string {
    const found = this.among(names);
    if (found.length !== 1) this.fields.report(`give one of ${options(names)}, got ${options(found) || "none"}`);
    return found[0] ?? "";
  }

  /** Reports a problem if more than one of several arguments was given. */
  atMostOne(...names: readonly string[]): void {
    const found = this.among(names);
    if (found.length > 1) this.fields.report(`give at most one of ${options(names)}, got ${options(found)}`);
  }

  /** Throws one problem that names everything found. */
  refuse(): void {
    this.fields.refuse("arguments", "BAD_OPTION");
  }

  /** The arguments that were given; they no longer count as unknown. */
  private among(names: readonly string[]): string[] {
    return names.filter((name) => this.has(name) && this.read(name, ANYTHING) !== undefined);
  }
}

const ANYTHING: Rule<unknown> = { expected: "anything", none: undefined, read: (value) => value };

const options = (names: readonly string[]) => names.map((name) => `--${name}`).join(", ");

/** Converts a name such as `slippageBps` to its form on the command line. */
export const optionOf = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** Reads the argument `id`. */
export function readId(args: Arguments): string {
  return args.read("id", publishedId);
}

/** Runs a task. The result goes to standard output; a failure gives one line on the error stream and an exit code of 1 or 2. */
export async function runTask(
  hre: HardhatRuntimeEnvironment,
  name: string,
  { json, batch, ...args }: Record<string, unknown>,
  load: () => Promise<Work>,
  isSending: boolean,
): Promise<void> {
  outliveReaders();
  const sends: Dispatch[] = [];
  const steps: Step[] = [];
  const said: string[] = [];
  const tell = (line: string) => {
    said.push(line);
    console.error(lineFor(process.stderr, line));
  };
  const done = () => steps.flatMap((step) => (step.sent ? [{ ...step.sent, name: step.name }] : []));
  try {
    await compile(hre);
    const given = new Arguments(args);
    const sending = isSending ? given.readSending(process.env) : undefined;
    const work = (await load())(given);
    const protocol = await requireProtocol(hre);
    const { chainId, name: network } = protocol.network;
    const report = (step: Step) => {
      steps.push(step);
      if (!json) stepLines(step).forEach(tell);
    };
    const onWait = (reason: string) => tell(`${name}: waiting: ${reason}`);
    const streams = { env: process.env, askPassword, err: (notice: string) => tell(`${name}: ${notice}`) };
    const context = { hre, protocol, sends, report, onWait };
    const act = () => noting(sends, () => work(context));
    const taken = () => (batch === undefined ? act() : writeBatches(context, name, batch, act));
    // A task that only reads or drafts needs no key.
    const isKeyless = sending === undefined || batch !== undefined;
    const { lines, document } = await (isKeyless
      ? sendingAs({ accounts: async () => [] }, taken)
      : sendAs(hre, sending, streams, taken));
    console.log(
      json
        ? toJson({ network: { name: network, chainId }, ...document, steps: done() })
        : lineFor(process.stdout, lines.join("\n")),
    );
  } catch (error) {
    const teller = {
      name,
      env: process.env,
      isJson: json === true,
      out: (text: string) => console.log(text),
      err: (text: string) => console.error(lineFor(process.stderr, text)),
    };
    const known = [...said, ...done().map(({ hash }) => hash)];
    const past = { provider: hre.network.provider, sends, said: known, document: { steps: done() } };
    process.exitCode = await tellFailure(teller, await problemOf(hre, error), past);
    if (hre.hardhatArguments.showStackTraces) throw error;
  }
}

/** Reads the argument `from`. */
export function readSender(args: Arguments): string | undefined {
  return args.has("from") ? args.read("from", address) : undefined;
}

/** The signer of the named account, by default of the environment's first. */
export async function signerOf(context: TaskContext, from: string | undefined): Promise<HardhatEthersSigner> {
  const { hre, protocol } = context;
  if (from === undefined) return settled(context, await senderOf(hre));
  const signer = (await hre.ethers.getSigners()).find((entry) => entry.address === getAddress(from));
  if (signer) return settled(context, signer);
  throw new Problem(
    "BAD_KEY",
    `from is ${from}, whose key is not one of ${protocol.network.name}'s: set PRIVATE_KEY, or name a key with --keystore.`,
  );
}

/**
 * A signer of the account once the account has no pending transactions. Those of other accounts are not awaited, and while drafting none
 * are.
 */
export async function settled({ hre, onWait }: TaskContext, signer: HardhatEthersSigner): Promise<HardhatEthersSigner> {
  if (isDrafting()) return signer;
  await settle(hre, signer.address, onWait);
  return patientSigner(signer);
}

/** Approves exactly this amount of the sender's reserve tokens for a contract, unless the allowance suffices. */
export async function approve(
  { protocol, report }: TaskContext,
  sender: HardhatEthersSigner,
  spender: Addressable,
  amount: bigint,
): Promise<void> {
  const sent = await ensureAllowance(protocol.reserveToken, sender, await spender.getAddress(), amount);
  if (sent === undefined) return;
  report({ name: sent.name, sent, outcome: `${formatReserve(amount)} USDC to ${await spender.getAddress()}` });
}
