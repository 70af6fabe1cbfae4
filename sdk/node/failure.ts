// Reports the failure of a command: one line for people, a JSON document for programs, and an exit code. No secret of the environment
// appears in any of them, whoever wrote the message.

import { inspect } from "node:util";
import { printed } from "../base/printed.ts";
import type { Problem } from "../base/problem.ts";
import { toJson } from "../schemas/json.ts";

/** The names of environment variables with secret values: keys, passwords, and addresses of nodes, which often contain a provider's key. */
const SECRET = /(KEY|PASSWORD|PASSPHRASE|SECRET|TOKEN|MNEMONIC|CREDENTIALS|URL)$|^RPC_URL/i;

/** The least length of a value that is masked. Shorter values would also match unrelated words. */
const SHORTEST_SECRET = 8;

/** Replaces the values of secret variables in a text with the variables' names. */
export function withoutSecrets(text: string, env: NodeJS.ProcessEnv): string {
  const secrets = Object.entries(env).filter((entry): entry is [string, string] => SECRET.test(entry[0]));
  return (
    secrets
      // If a variable holds several keys or nodes separated by commas, each is a secret.
      .flatMap(([name, value]) =>
        [value, ...value.split(",").map((part) => part.trim())].map((part) => [name, part] as const),
      )
      .filter(([, value]) => value.length >= SHORTEST_SECRET)
      .flatMap(([name, value]) => [value, value.replace(/^0x/i, "")].map((form) => [name, form] as const))
      .sort(([, a], [, b]) => b.length - a.length)
      .reduce((kept, [name, value]) => kept.replaceAll(value, `<${name}>`), text)
  );
}

/** How a failure is reported. */
export interface FailureTeller {
  /** The name of the command or task. */
  readonly name: string;
  readonly env: NodeJS.ProcessEnv;
  readonly isJson: boolean;
  out(text: string): void;
  err(text: string): void;
}

/** Returns the line that reports a problem. */
export function lineOf(problem: Problem, env: NodeJS.ProcessEnv): string {
  return withoutSecrets(printed(problem.message, Infinity), env);
}

/** Returns a problem as a JSON document, with the fields of `past`. */
export function failureDocument(problem: Problem, past: object, env: NodeJS.ProcessEnv): string {
  return withoutSecrets(toJson({ ...problem.toDocument(), ...past }), env);
}

/** Reports a failure before which nothing can have been sent, and returns the exit code. If `stack` is given, it replaces the message. */
export function tellProblem({ name, env, isJson, out, err }: FailureTeller, problem: Problem, stack?: unknown): 1 | 2 {
  err(stack === undefined ? `${name}: ${lineOf(problem, env)}` : withoutSecrets(inspect(stack), env));
  if (isJson) out(failureDocument(problem, {}, env));
  return problem.exitCode;
}
