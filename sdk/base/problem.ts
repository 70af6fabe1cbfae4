import { printed } from "./printed.ts";

/**
 * The codes of everything that can go wrong. They never change, because programs depend on them; docs/problems.md lists them.
 * A revert keeps the name of its error beside `REVERTED`, and a refused evaluation keeps its reasons beside `EVALUATION_REFUSED`.
 */
export const PROBLEMS = {
  BAD_OPTION: "An option, an argument or a setting of the environment is missing, unknown or not allowed here.",
  BAD_FILE: "The content of a file does not have the format that is expected.",
  NO_FILE: "A file or folder does not exist, or cannot be read or written.",
  BAD_KEY: "A key or its password is missing, damaged or wrong, or the key is one that everybody knows.",
  CONFLICT: "Two things that must agree do not: files with one another, or a file with the chain.",
  WRONG_CHAIN: "The node, or the file, belongs to another chain than the intended one.",
  NOT_DEPLOYED: "The contract, model or record that is needed does not exist on the chain.",
  NOT_ALLOWED: "The account, or whoever asks, does not have the right to do this.",
  NO_FUNDS: "The account does not have enough of what it must pay.",
  NOT_YET: "Something must happen first: time must pass, another step must be taken, or more attestations are needed.",
  EXPIRED: "The time for it has passed: make it again.",
  ALREADY_DONE: "It was done before and is not done twice.",
  BUSY: "Something else is using what is needed: another run, a transaction, a port.",
  REVERTED: "The chain refuses, or refused, a call of a contract.",
  EVALUATION_REFUSED: "The evaluation cannot become a statement; its reasons say why.",
  NODE_FAILED: "The node does not answer, or does not answer what it was asked.",
  UNKNOWN_OUTCOME: "Something was sent, and it could not be learned what became of it.",
  INTERNAL: "A fault in this software: please report it.",
} as const;

export type ProblemCode = keyof typeof PROBLEMS;

/** The codes after which it is unknown whether something is true, or whether it was done. */
const UNKNOWABLE: ReadonlySet<ProblemCode> = new Set(["NODE_FAILED", "UNKNOWN_OUTCOME", "INTERNAL"]);

/** What is known about a problem besides its message. */
export interface ProblemFacts {
  /** The refused value. It is foreign text and therefore escaped. */
  readonly given?: string;
  readonly expected?: string;
  readonly remedy?: string;
}

/** One of several things that are wrong at once. */
export interface ProblemReason<Code extends string = string> extends ProblemFacts {
  readonly code: Code;
  readonly message: string;
}

/** A contract's error with its arguments as the chain returns them: amounts in smallest units, times in seconds. */
export interface ProblemRevert {
  readonly name: string;
  readonly args: Readonly<Record<string, string>>;
}

interface ProblemDetails extends ProblemFacts {
  readonly reasons?: readonly ProblemReason[];
  readonly revert?: ProblemRevert;
}

/** An error that the user can put right. The message is one line: what is wrong, the value, what is expected, how to fix it. */
export class Problem extends Error {
  readonly given?: string;
  readonly expected?: string;
  readonly remedy?: string;
  /** Everything that is wrong, if there are several reasons or if they have codes of their own. */
  readonly reasons?: readonly ProblemReason[];
  readonly revert?: ProblemRevert;

  constructor(
    readonly code: ProblemCode,
    message: string,
    { given, expected, remedy, reasons, revert }: ProblemDetails = {},
  ) {
    super(message);
    this.name = "Problem";
    if (given !== undefined) this.given = printed(given);
    if (expected !== undefined) this.expected = expected;
    if (remedy !== undefined) this.remedy = remedy;
    if (reasons !== undefined) this.reasons = reasons;
    if (revert !== undefined) this.revert = revert;
  }

  /** The exit code of a process: 1 if something was refused, 2 if it is unknown whether something is true or was done. */
  get exitCode(): 1 | 2 {
    return UNKNOWABLE.has(this.code) ? 2 : 1;
  }

  /** Returns the problem as an object, for programs. */
  toDocument(): Readonly<Record<string, unknown>> {
    const { message, code, given, expected, remedy, reasons, revert } = this;
    const fields = { error: printed(message, Infinity), code, given, expected, remedy, reasons, revert };
    return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  }
}

/** Combines several problems found at once into one. A single problem keeps its own facts. */
export function problemOfAll(
  reasons: readonly [ProblemReason, ...ProblemReason[]],
  code: ProblemCode,
  message: string,
): Problem {
  const [{ given, expected, remedy }, ...others] = reasons;
  if (others.length > 0) return new Problem(code, message, { reasons });
  return new Problem(code, message, {
    ...(given !== undefined && { given }),
    ...(expected !== undefined && { expected }),
    ...(remedy !== undefined && { remedy }),
  });
}

/**
 * Waits for all promises. If any reject with a {@link Problem}, throws all of these as one; any other error takes precedence and is
 * thrown unchanged.
 */
export async function together<T extends readonly unknown[]>(
  ...all: { readonly [Index in keyof T]: Promise<T[Index]> }
): Promise<T> {
  const failures = (await Promise.allSettled(all)).flatMap((result): unknown[] =>
    result.status === "rejected" ? [result.reason] : [],
  );
  const other = failures.find((reason) => !(reason instanceof Problem));
  if (other !== undefined) throw other;
  const [first, ...others] = failures as Problem[];
  if (first !== undefined && others.length === 0) throw first;
  if (first !== undefined) {
    const reasons = [first, ...others].flatMap((problem): readonly ProblemReason[] => problem.reasons ?? [problem]);
    throw new Problem(first.code, [first, ...others].map(({ message }) => message).join(" "), {
      reasons: reasons.map(reasonOf),
    });
  }
  return (await Promise.all(all)) as unknown as T;
}

function reasonOf({ code, message, given, expected, remedy }: ProblemReason): ProblemReason {
  return {
    code,
    message,
    ...(given !== undefined && { given }),
    ...(expected !== undefined && { expected }),
    ...(remedy !== undefined && { remedy }),
  };
}
