// SPDX-License-Identifier: MIT
// How a command or a task that failed says so: one line for people, the same as fields for programs, and an exit code. No secret of the
// environment is in any of them, whoever wrote the message.

import type { EIP1193Provider } from "hardhat/types";
import { inspect } from "node:util";
import { sentDocuments, unsaid, type Dispatch } from "../../deploy/sends";
import { printed } from "../../sdk/base/printed";
import type { Problem } from "../../sdk/base/problem";
import { toJson } from "../../sdk/schemas/json";

/** Names of variables whose values are nobody's business: keys, passwords, and addresses of nodes, which hold keys of providers. */
const SECRET = /(KEY|PASSWORD|PASSPHRASE|SECRET|TOKEN|MNEMONIC|CREDENTIALS|URL)$|^RPC_URL/i;

/** A shorter value would be found in words that have nothing to do with it. */
const SHORTEST_SECRET = 8;

/** Takes the values of secret variables out of a text, and names the variables instead. */
export function withoutSecrets(text: string, env: NodeJS.ProcessEnv): string {
  const secrets = Object.entries(env).filter((entry): entry is [string, string] => SECRET.test(entry[0]));
  return (
    secrets
      // Of several keys or nodes, with commas between, each is one.
      .flatMap(([name, value]) =>
        [value, ...value.split(",").map((part) => part.trim())].map((part) => [name, part] as const),
      )
      .filter(([, value]) => value.length >= SHORTEST_SECRET)
      .flatMap(([name, value]) => [value, value.replace(/^0x/i, "")].map((form) => [name, form] as const))
      .sort(([, a], [, b]) => b.length - a.length)
      .reduce((kept, [name, value]) => kept.replaceAll(value, `<${name}>`), text)
  );
}

/** Where a failure is told. */
interface Teller {
  /** The command or task. */
  readonly name: string;
  readonly env: NodeJS.ProcessEnv;
  readonly isJson: boolean;
  out(text: string): void;
  err(text: string): void;
}

/** What a command had done before it failed. */
interface Past {
  readonly provider: Pick<EIP1193Provider, "request">;
  /** What it handed to the network. */
  readonly sends: readonly Dispatch[];
  /** What it has told of that. */
  readonly said: readonly string[];
  /** What it says of that to programs. */
  readonly document?: Readonly<Record<string, unknown>>;
}

/** The line of a problem. */
export function lineOf(problem: Problem, env: NodeJS.ProcessEnv): string {
  return withoutSecrets(printed(problem.message, Infinity), env);
}

/** The problem as one JSON document. */
function documentOf(problem: Problem, past: object, env: NodeJS.ProcessEnv): string {
  return withoutSecrets(toJson({ ...problem.toDocument(), ...past }), env);
}

/** Tells of a failure before which nothing can have been sent, and answers the exit code. `stack` is told instead of the sentence. */
export function tellProblem({ name, env, isJson, out, err }: Teller, problem: Problem, stack?: unknown): 1 | 2 {
  err(stack === undefined ? `${name}: ${lineOf(problem, env)}` : withoutSecrets(inspect(stack), env));
  if (isJson) out(documentOf(problem, {}, env));
  return problem.exitCode;
}

/** Outcomes of a transaction that was sent and may still be mined. */
const OPEN = new Set<unknown>(["unknown", "waiting"]);

/** Tells of a failure and of all that was sent before it, and answers the exit code. `stack` is told instead of the sentence. */
export async function tellFailure(
  { name, env, isJson, out, err }: Teller,
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
  if (isJson) out(documentOf(problem, { ...document, ...(sent.length > 0 && { sent }) }, env));
  return sent.some(({ outcome }) => OPEN.has(outcome)) ? 2 : problem.exitCode;
}
