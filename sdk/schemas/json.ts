import { printed, printedJson } from "../base/printed.ts";
import { Problem } from "../base/problem.ts";

/** A value from JSON text; `name` is what messages call it. */
export function readJson(name: string, text: string): unknown {
  if (text.trim() === "") throw new Problem("BAD_FILE", `${name} is empty, expected JSON.`);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Problem("BAD_FILE", `${name} is not JSON: ${printed((error as Error).message)}.`);
  }
}

/** JSON for files and pipes; amounts are strings of the smallest unit. */
export function toJson(value: unknown): string {
  return printedJson(
    JSON.stringify(value, (_, entry: unknown) => (typeof entry === "bigint" ? entry.toString() : entry), 2),
  );
}
