// What a reader is told when something fails: what happened, and what to do next.

import { Problem, type ProblemCode } from "../../../../sdk/base/problem.ts";
import { problemOf } from "../../../../sdk/client/errors.ts";
import type { Access } from "../../../../sdk/client/access.ts";

/** Explanations for the error codes of wallets (EIP-1193, EIP-3085) and ethers. */
const WALLET_WORDS: Readonly<Record<string, string>> = {
  ACTION_REJECTED: "You refused it in your wallet. Nothing was sent: try again when you like.",
  "4001": "You refused it in your wallet. Nothing was sent: try again when you like.",
  "4100": "Your wallet has not given this page the account. Connect it again.",
  "4900": "Your wallet is not connected to any chain. Open it and check its connection.",
  "4901": "Your wallet is not connected to this chain. Switch it there.",
  "4902": "Your wallet does not know this chain. Add it in the wallet, then try again.",
  "-32002": "Your wallet is still waiting for you: open it and answer its question.",
  INSUFFICIENT_FUNDS: "The account has too little ether to pay for gas. Send it some, then try again.",
  TRANSACTION_REPLACED:
    "Your wallet replaced the transaction by another with the same nonce. Look there at what became of it.",
};

const WAYS_ON: Partial<Record<ProblemCode, string>> = {
  NODE_FAILED: "What is shown may be old; the page tries again by itself.",
  UNKNOWN_OUTCOME: "Look for the transaction in your wallet before you send it again.",
  CONFLICT: "Look in your wallet which transaction took its place.",
};

/** Explains any thrown value in one or two sentences. */
export async function wordsOf(access: Access | undefined, error: unknown): Promise<string> {
  for (const code of codesIn(error)) {
    const words = WALLET_WORDS[code];
    if (words !== undefined) return words;
  }
  if (/insufficient funds/i.test(String(Object(error).message)) && !(error instanceof Problem))
    return WALLET_WORDS["INSUFFICIENT_FUNDS"] as string;
  if (error instanceof Problem) return withWayOn(error.message, error.code);
  if (access === undefined) return sentence(String(Object(error).message ?? error));
  const { code, message } = await problemOf(access, error);
  return withWayOn(code === "NODE_FAILED" ? "the node of this page does not answer" : message, code);
}

function withWayOn(message: string, code: ProblemCode): string {
  const wayOn = WAYS_ON[code];
  return wayOn === undefined ? sentence(message) : `${sentence(message)} ${wayOn}`;
}

/** A library message as a sentence for the page. */
function sentence(text: string): string {
  const begun = text.slice(0, 1).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}

/** The codes of an error and of the errors that it wraps. */
function codesIn(error: unknown, depth = 0): string[] {
  if (typeof error !== "object" || error === null || depth > 4) return [];
  const { code, error: inner, info, cause } = error as Record<string, unknown>;
  return [
    ...(code === undefined ? [] : [String(code)]),
    ...[inner, info, cause].flatMap((each) => codesIn(each, depth + 1)),
  ];
}
