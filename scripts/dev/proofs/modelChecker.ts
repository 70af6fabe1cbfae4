import solc from "solc";
import { spawnSync } from "node:child_process";
import { withoutBits } from "./bits";
import { spliced, statementAt, withPlainMinus, withPlainReverts, type ReadSource } from "./splice";

const ASSERTIONS = ["assert"];
const ARITHMETIC = ["assert", "overflow", "underflow", "divByZero"];

const LEMMA = /^    function lemma_(\w+)\(/gm;

interface Place {
  readonly file?: string;
  readonly start: number;
}

interface Remark {
  readonly severity: string;
  readonly message: string;
  readonly formattedMessage: string;
  readonly sourceLocation?: Place;
  readonly secondarySourceLocations?: readonly Place[];
}

/** Code that the model checker cannot read, and its equivalent in Solidity. Each pattern must be found. */
const READABLE: Readonly<Record<string, readonly [RegExp, string]>> = {
  "math/SafeCast.sol": [/assembly \("memory-safe"\) \{\s*u := iszero\(iszero\(b\)\)\s*\}/, "u = b ? 1 : 0;"],
  "utils/Panic.sol": [/assembly \("memory-safe"\) \{[^}]*\}/, "code; revert();"],
};

/** Returns the names of a specification's lemmas in their order. */
export function lemmasOf(specification: string): string[] {
  return [...specification.matchAll(LEMMA)].map(({ 1: name = "" }) => name);
}

/**
 * Asks solc's bounded model checker whether the assertions of `lemma_…` of a specification hold, whatever its arguments and the
 * contract's state are. `z3` must be on the PATH. For lemmas whose names begin with `U_`, `unchecked` is left out, and no sum, difference,
 * product or quotient of the specification may overflow.
 * @param path The specification, from the root of the repository.
 * @param seconds The time limit of a query; a query that takes longer is not proved.
 */
export function isProved(path: string, lemma: string, read: ReadSource, seconds: number): boolean {
  const isOfArithmetic = lemma.startsWith("U_");
  const code = withPlainMinus(withPlainReverts(spliced(read(path), read)));
  const source = withOneLemma(isOfArithmetic ? code.replace(/\bunchecked \{/g, "{") : code, lemma);
  const assertions = source.split("assert(").length - 1;
  const contract = /^contract (\w+)/m.exec(source)?.[1] ?? "";

  let isRefuted = false;
  const { errors = [] } = JSON.parse(
    solc.compile(JSON.stringify(input(path, source, contract, isOfArithmetic ? ARITHMETIC : ASSERTIONS, seconds)), {
      import: (imported: string) => ({ contents: readable(imported, read) }),
      smtSolver: (query: string) => {
        if (isRefuted) return { contents: "unknown\n" };
        const { stdout, error } = spawnSync("z3", ["-smt2", "-in", `-T:${seconds}`], {
          input: withoutBits(query),
          encoding: "utf8",
        });
        if (error) throw error;
        // Unless this is `unsat`, the lemma is not proved. Queries about arithmetic may be about a function by itself, so they go on.
        isRefuted = !isOfArithmetic && !stdout.startsWith("unsat");
        return { contents: /^(sat|unsat)/.test(stdout) ? stdout : "unknown\n" };
      },
    }),
  ) as { errors?: Remark[] };
  const broken = errors.find(({ severity }) => severity === "error");
  if (broken) throw new Error(broken.formattedMessage);

  const at = source.indexOf(`    function lemma_${lemma}(`);
  const start = Buffer.byteLength(source.slice(0, at));
  const end = start + Buffer.byteLength(statementAt(source, at));
  const isOfLemma = ({ sourceLocation, secondarySourceLocations: calls = [] }: Remark) =>
    [...calls, sourceLocation].some((place) => place?.file === path && place.start >= start && place.start < end);
  const safe = errors.filter(
    (remark) => /Assertion violation check is safe!$/.test(remark.message) && isOfLemma(remark),
  );
  // The model checker also checks every function by itself, with any arguments; that does not count. Undecided results name no calls.
  const isUnsafe = errors.some(
    (remark) =>
      (/ happens here\.$/.test(remark.message) && isOfLemma(remark)) || / might happen here\.$/.test(remark.message),
  );
  return assertions > 0 && safe.length === assertions && !isUnsafe;
}

/** Returns the source with this lemma first, without the other lemmas and the functions that only they call. */
function withOneLemma(source: string, lemma: string): string {
  let rest = lemmasOf(source).reduce((text, name) => (name === lemma ? text : without(text, `lemma_${name}`)), source);
  // The model checker reports an overflow only where it finds it first.
  const text = statementAt(rest, rest.indexOf(`    function lemma_${lemma}(`));
  rest = rest.replace(text, text.replace(/[^\n]/g, "")).replace(/^contract \w+ \{\n/m, (line) => `${line}${text}\n`);
  for (;;) {
    const unused = [...rest.matchAll(/^    function (\w+)\(/gm)]
      .map(({ 1: name = "" }) => name)
      .find((name) => name !== `lemma_${lemma}` && [...rest.matchAll(new RegExp(`\\b${name}\\b`, "g"))].length === 1);
    if (unused === undefined) return rest;
    rest = without(rest, unused);
  }
}

function without(source: string, name: string): string {
  const text = statementAt(source, source.indexOf(`    function ${name}(`));
  return source.replace(text, text.replace(/[^\n]/g, ""));
}

function readable(path: string, read: ReadSource): string {
  const source = withPlainReverts(read(path.startsWith("@") ? `node_modules/${path}` : path));
  for (const [name, [opaque, clear]] of Object.entries(READABLE)) {
    if (!path.endsWith(name)) continue;
    if (!opaque.test(source)) throw new Error(`${path}: what the model checker cannot read has changed.`);
    return source.replace(opaque, clear);
  }
  return source;
}

function input(path: string, content: string, contract: string, targets: readonly string[], seconds: number) {
  return {
    language: "Solidity",
    sources: { [path]: { content } },
    settings: {
      evmVersion: "cancun",
      outputSelection: { "*": { "*": ["abi"] } },
      modelChecker: {
        contracts: { [path]: [contract] },
        engine: "bmc",
        targets,
        timeout: seconds * 1000,
        showProvedSafe: true,
        showUnproved: true,
        solvers: ["smtlib2"],
      },
    },
  };
}
