import { printed, printedJson } from "../base/printed.ts";
import { Problem } from "../base/problem.ts";

const BYTE_ORDER_MARK = "\ufeff";

/** The reason why a text cannot be read. */
export interface JsonFault {
  /** The line and column, from 1. */
  readonly where: string;
  readonly what: string;
  /** Whether the text is valid JSON that parsers interpret differently. */
  readonly isJson: boolean;
}

/** Parses JSON text and throws a {@link Problem} `BAD_FILE` with line and column. Messages call the text `name`. See {@link parseJson}. */
export function readJson(name: string, text: string, mayNameProto = false): unknown {
  if (text.trim() === "") throw new Problem("BAD_FILE", `${name} is empty, expected JSON.`);
  const refuse = ({ where, what, isJson }: JsonFault) => {
    const fault = isJson ? `${name}: ${where}: ${what}` : `${name} is not JSON: ${where}: ${what}`;
    return new Problem("BAD_FILE", `${fault}.`);
  };
  return parseJson(text, refuse, mayNameProto);
}

/**
 * Parses JSON text, which may begin with a byte order mark. Besides invalid JSON, this refuses what parsers interpret differently:
 * duplicate
 * keys, the key `__proto__`, and nesting deeper than 64 levels. With `mayNameProto`, `__proto__` is allowed, and the caller must look up
 * own
 * properties only.
 */
export function parseJson(content: string, refuse: (fault: JsonFault) => Error, mayNameProto = false): unknown {
  const text = content.startsWith(BYTE_ORDER_MARK) ? content.slice(1) : content;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const { message } = error as SyntaxError;
    const place = Number(/position (\d+)/.exec(message)?.[1] ?? text.length);
    const what = printed(message.replace(/ \(line \d+ column \d+\)$/, ""));
    throw refuse({ where: positionIn(text, place), what, isJson: false });
  }
  const fault = faultOfKeys(text, mayNameProto);
  if (fault) throw refuse(fault);
  return value;
}

/** The deepest nesting of objects and lists. Our files come nowhere near it, and recursive readers have a limited stack. */
const DEEPEST = 64;

/** Strings, and the punctuation of objects and lists. */
const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\],:]/gs;

/** Returns the first refused key or the first excessive nesting in valid JSON. */
function faultOfKeys(text: string, mayNameProto: boolean): JsonFault | undefined {
  const open: (Set<string> | undefined)[] = [];
  let last: RegExpExecArray | undefined;
  for (const token of text.matchAll(TOKENS)) {
    const [sign] = token;
    if (sign === "{") open.push(new Set());
    else if (sign === "[") open.push(undefined);
    else if (sign === "}" || sign === "]") open.pop();
    else if (sign === ":" && last) {
      const key = JSON.parse(last[0]) as string;
      const keys = open.at(-1) as Set<string>;
      const isProto = key === "__proto__" && !mayNameProto;
      const fault = isProto ? "is not allowed, expected another name" : "stands before, expected each key once";
      if (isProto || keys.has(key)) {
        return { where: positionIn(text, last.index), what: `the key ${printed(last[0])} ${fault}`, isJson: true };
      }
      keys.add(key);
    }
    if (open.length > DEEPEST) {
      const what = `is the level ${open.length} of objects and lists within each other, expected at most ${DEEPEST}`;
      return { where: positionIn(text, token.index), what, isJson: true };
    }
    last = token;
  }
  return undefined;
}

function positionIn(text: string, place: number): string {
  const before = text.slice(0, place).split("\n");
  return `line ${before.length}, column ${(before.at(-1) as string).length + 1}`;
}

/** Formats JSON for files and pipes. Amounts are strings in smallest units. */
export function toJson(value: unknown): string {
  return printedJson(
    JSON.stringify(value, (_, entry: unknown) => (typeof entry === "bigint" ? entry.toString() : entry), 2),
  );
}
