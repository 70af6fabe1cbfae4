// How a command that failed says so: one line for people, the same as fields for programs, and an exit code. No secret of the environment
// is in any of them, whoever wrote the message.

import { inspect } from "node:util";
import { printed } from "../base/printed.ts";
import type { Problem } from "../base/problem.ts";
import { toJson } from "../schemas/json.ts";

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
export interface FailureTeller {
  /** The command or task. */
  readonly name: string;
  readonly env: NodeJS.ProcessEnv;
  readonly isJson: boolean;
  out(text: string): void;
  err(text: string): void;
}

/** The line of a problem. */
export function lineOf(problem: Problem, env: NodeJS.ProcessEnv): string {
  return withoutSecrets(printed(problem.message, Infinity), env);
}

/** The problem as one JSON document. */
export function failureDocument(problem: Problem, past: object, env: NodeJS.ProcessEnv): string {
  return withoutSecrets(toJson({ ...problem.toDocument(), ...past }), env);
}

/** Tells of a failure before which nothing can have been sent, and answers the exit code. `stack` is told instead of the sentence. */
export function tellProblem({ name, env, isJson, out, err }: FailureTeller, problem: Problem, stack?: unknown): 1 | 2 {
  err(stack === undefined ? `${name}: ${lineOf(problem, env)}` : withoutSecrets(inspect(stack), env));
  if (isJson) out(failureDocument(problem, {}, env));
  return problem.exitCode;
}
