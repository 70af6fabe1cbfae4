import { getAddress, isHexString, parseUnits, toUtf8Bytes, ZeroHash, type BigNumberish } from "ethers";
import { printed } from "./printed.ts";
import { problemOfAll, type ProblemCode, type ProblemFacts } from "./problem.ts";

/** The values that a field may have. `none` stands in for a refused value until {@link Fields.refuse} throws. */
export interface Rule<T> {
  readonly expected: string;
  readonly none: T;
  /** Returns the value, or undefined if it breaks the rule. */
  readonly read: (value: unknown) => T | undefined;
}

/** Marks a value in a file that has yet to be filled in. */
export const PLACEHOLDER = "REQUIRED";

/** One thing that is wrong with an object. */
interface Finding extends ProblemFacts {
  readonly message: string;
}

/** Reads an object field by field and collects everything that is wrong with it, so that all of it is reported at once. */
export class Fields {
  private readonly known = new Set<string>();
  private readonly children: Fields[] = [];
  private readonly fields: Record<string, unknown>;
  private readonly problems: Finding[] = [];
  private readonly open: string[] = [];

  /** Whether this is not an object, or belongs to something that is not one. Its missing fields are then not reported. */
  private readonly isVoid: boolean;

  constructor(
    value: unknown,
    readonly path = "",
    isPartOfVoid = false,
  ) {
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    this.fields = isObject ? (value as Record<string, unknown>) : {};
    this.isVoid = isPartOfVoid || !isObject;
    if (!isObject) this.refuseValue(path.slice(0, -1) || "the file", value, "an object");
  }

  has(key: string): boolean {
    return Object.hasOwn(this.fields, key);
  }

  /** Reads a field that is required unless a default is given. */
  read<T>(key: string, rule: Rule<T>, fallback?: T): T {
    this.known.add(key);
    if (!this.has(key)) {
      if (fallback !== undefined) return fallback;
      if (!this.isVoid) this.report(`${this.path}${key} is missing, expected ${rule.expected}`, rule);
      return rule.none;
    }
    const given = this.fields[key];
    const value = rule.read(given);
    if (value !== undefined) return value;
    if ([given].flat().includes(PLACEHOLDER)) this.open.push(`${this.path}${key}`);
    else this.refuseValue(`${this.path}${key}`, given, rule.expected);
    return rule.none;
  }

  /** Reads a field that is an object. A missing field is read as an empty object. */
  child(key: string): Fields {
    this.known.add(key);
    const child = new Fields(this.has(key) ? this.fields[key] : {}, `${this.path}${key}.`, this.isVoid);
    this.children.push(child);
    return child;
  }

  /** Reads a field that is a list of objects. */
  list(key: string): Fields[] {
    const values = this.read(key, LIST);
    const entries = values.map((value, index) => new Fields(value, `${this.path}${key}[${index}].`));
    this.children.push(...entries);
    return entries;
  }

  /** Adds a problem that no rule for a single field can find. */
  report(message: string, { expected }: { readonly expected?: string } = {}): void {
    this.problems.push({ message, ...(expected !== undefined && { expected }) });
  }

  /** Throws one {@link Problem} that names everything found, including unknown fields. Does nothing if nothing is wrong. */
  refuse(file: string, code: ProblemCode = this.path.startsWith("--") ? "BAD_OPTION" : "BAD_FILE"): void {
    const open = this.everythingOpen();
    const found = [
      ...(open.length > 0 ? [{ message: `to be filled in: ${open.join(", ")}` }] : []),
      ...this.everything(),
    ];
    const [first, ...others] = found.map((finding) => ({ code, ...finding }));
    if (first === undefined) return;
    throw problemOfAll([first, ...others], code, `${file}: ${found.map(({ message }) => message).join("; ")}.`);
  }

  private refuseValue(name: string, value: unknown, expected: string): void {
    const given = show(value);
    this.problems.push({ message: `${name} is ${given}, expected ${expected}`, given, expected });
  }

  private everythingOpen(): string[] {
    return [...this.open, ...this.children.flatMap((child) => child.everythingOpen())];
  }

  private everything(): Finding[] {
    const unknown = Object.keys(this.fields)
      .filter((key) => !this.known.has(key))
      .map((key): Finding => {
        const [given, expected] = [printed(key), `one of ${[...this.known].join(", ")}`];
        return { message: `${this.path}${given} is unknown, expected ${expected}`, given, expected };
      });
    return [...this.problems, ...unknown, ...this.children.flatMap((child) => child.everything())];
  }
}

const LIST: Rule<unknown[]> = {
  expected: "a list",
  none: [],
  read: (value) => (Array.isArray(value) ? value : undefined),
};

/** A string of `min` to `max` bytes in UTF-8. */
export function text(min: number, max: number): Rule<string> {
  return {
    expected: `text of ${min} to ${max} bytes`,
    none: "",
    read: (value) => {
      if (typeof value !== "string") return undefined;
      const { length } = toUtf8Bytes(value);
      return length >= min && length <= max ? value : undefined;
    },
  };
}

/** A string that matches a regular expression. */
export function pattern(form: RegExp, expected: string): Rule<string> {
  return { expected, none: "", read: (value) => (typeof value === "string" && form.test(value) ? value : undefined) };
}

/** The published id of a model or the name of an evaluation. */
export const publishedId = pattern(/^[A-Za-z0-9._-]{1,64}$/, "1 to 64 characters of A-Z a-z 0-9 . _ -");

/** One of the given words. */
export function oneOf<T extends string>(...words: readonly [T, ...T[]]): Rule<T> {
  return { expected: words.join(", "), none: words[0], read: (value) => words.find((word) => word === value) };
}

/** A JSON number that is an integer from `min` to `max`. */
export function integer(min: number, max: number): Rule<number> {
  return {
    expected: `an integer from ${min} to ${max}`,
    none: min,
    read: (value) =>
      typeof value === "number" && Number.isInteger(value) && value >= min && value <= max ? value : undefined,
  };
}

/** An amount of whole tokens as a decimal string, converted to the token's smallest units. The bounds are in whole tokens too. */
export function amount(decimals: number, min: string, max: string): Rule<bigint> {
  const [low, high] = [parseUnits(min, decimals), parseUnits(max, decimals)];
  return {
    expected: `a decimal string from ${min} to ${max}, of at most ${decimals} decimals`,
    none: low,
    read: (value) => {
      if (typeof value !== "string" || !/^\d{1,40}(\.\d+)?$/.test(value)) return undefined;
      if ((value.split(".")[1] ?? "").length > decimals) return undefined;
      const units = parseUnits(value, decimals);
      return units >= low && units <= high ? units : undefined;
    },
  };
}

/** 32 bytes that are not all zero. */
export const hash: Rule<string> = {
  expected: "32 bytes as 0x and 64 hexadecimal digits, not zero",
  none: "",
  read: (value) => (isHexString(value, 32) && !isZero(value) ? value.toLowerCase() : undefined),
};

/** 32 bytes; zero stands for "none". */
export const word: Rule<string> = {
  expected: "32 bytes as 0x and 64 hexadecimal digits",
  none: ZeroHash,
  read: (value) => (isHexString(value, 32) ? value.toLowerCase() : undefined),
};

/** The address of an account or contract, not zero. A checksum, if there is one, must be right. */
export const address: Rule<string> = {
  expected: "an address, not zero, in lower case or with its checksum",
  none: "",
  read: readAddress,
};

/** One or more addresses without repetition. */
export const addresses: Rule<string[]> = {
  expected: "a list of different addresses",
  none: [],
  read: (value) => {
    if (!Array.isArray(value) || value.length === 0) return undefined;
    const all = value.map(readAddress).filter((entry) => entry !== undefined);
    return new Set(all).size === value.length ? all : undefined;
  },
};

function readAddress(value: unknown): string | undefined {
  if (!isHexString(value, 20) || isZero(value)) return undefined;
  try {
    return getAddress(value);
  } catch {
    return undefined;
  }
}

function isZero(value: BigNumberish): boolean {
  return BigInt(value) === 0n;
}

function show(value: unknown): string {
  const shown = printed(JSON.stringify(value) ?? String(value), Infinity);
  return shown.length > 80 ? `${shown.slice(0, 80)}…` : shown;
}
