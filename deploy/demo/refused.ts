import { Problem } from "../../sdk/base/problem";
import type { Access } from "../../sdk/client/access";
import { decodeRevert, type Revert } from "../../sdk/client/errors";
import type { Report } from "../step";

/** A call that must fail, and why it failed. */
export interface Refused extends Revert {
  readonly attempt: string;
}

/** Returns why a call was refused; throws if it succeeded. */
export async function refusalOfAttempt(
  access: Access,
  report: Report,
  name: string,
  attempt: string,
  call: Promise<unknown>,
): Promise<Refused> {
  const answer: unknown = await call.catch((thrown: unknown) => thrown);
  const revert = await decodeRevert(access, answer);
  if (revert === undefined) throw new Problem("CONFLICT", `${attempt}: expected a refusal, got ${String(answer)}`);
  report({ name, outcome: `refused: ${revert.message}` });
  return { attempt, ...revert };
}
