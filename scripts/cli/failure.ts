// SPDX-License-Identifier: MIT
// How a command or a task that failed says so: one line for people, the same as fields for programs, and an exit code. No secret of the
// environment is in any of them, whoever wrote the message.

import type { EIP1193Provider } from "hardhat/types";
import { inspect } from "node:util";
import { sentDocuments, unsaid, type Dispatch } from "../../deploy/sends";
import type { Problem } from "../../sdk/base/problem";
import { failureDocument, lineOf, withoutSecrets, type FailureTeller } from "../../sdk/node/failure";

/** What a command had done before it failed. */
interface Past {
  readonly provider: Pick<EIP1193Provider, "request">;
  /** The transactions that it handed to the network. */
  readonly sends: readonly Dispatch[];
  /** What it has printed about them. */
  readonly said: readonly string[];
  /** What it reports about them to programs. */
  readonly document?: Readonly<Record<string, unknown>>;
}

/** Outcomes of a transaction that was sent and may still be mined. */
const OPEN = new Set<unknown>(["unknown", "waiting"]);

/**
 * Reports a failure and everything that was sent before it, and returns the exit code. If `stack` is given, it is shown instead of the
 * sentence.
 */
export async function tellFailure(
  { name, env, isJson, out, err }: FailureTeller,
  problem: Problem,
  { provider, sends, said, document }: Past,
  stack?: unknown,
): Promise<1 | 2> {
  const line = lineOf(problem, env);
  const rest = await unsaid(provider, sends, [...said, line].join("\n"));
  const before = rest === "" ? line : `${line.replace(/\.$/, "")}. Before that: ${rest}.`;
  err(stack === undefined ? `${name}: ${before}` : withoutSecrets(inspect(stack), env));
  if (stack !== undefined && rest !== "") err(`before that: ${rest}.`);
  const sent = await sentDocuments(provider, sends);
  if (isJson) out(failureDocument(problem, { ...document, ...(sent.length > 0 && { sent }) }, env));
  return sent.some(({ outcome }) => OPEN.has(outcome)) ? 2 : problem.exitCode;
}
