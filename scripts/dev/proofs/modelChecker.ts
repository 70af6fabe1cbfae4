import solc from "solc";
import { spawnSync } from "node:child_process";
import { spliced, withPlainReverts, type ReadSource } from "./splice";

/** What the model checker made of one function of a specification. */
export interface LemmaVerdict {
  readonly name: string;
  readonly isProved: boolean;
}

interface Remark {
  readonly severity: string;
  readonly message: string;
  readonly formattedMessage: string;
  readonly sourceLocation?: { readonly file: string; readonly start: number };
}

/** What the model checker cannot read, and the same in Solidity; each must be found. */
const READABLE: Readonly<Record<string, readonly [RegExp, string]>> = {
  "math/SafeCast.sol": [/assembly \("memory-safe"\) \{\s*u := iszero\(iszero\(b\)\)\s*\}/, "u = b ? 1 : 0;"],
  "utils/Panic.sol": [/assembly \("memory-safe"\) \{[^}]*\}/, "code; revert();"],
};

/**
 * Asks solc's bounded model checker whether the assertions of each `lemma_…` of a specification hold, whatever its arguments and the
 * contract's state are. `z3` must be on the PATH.
 * @param path The specification, from the root of the repository.
 * @param seconds Most that a query may take; what takes longer is not proved.
 */
export function checkModel(path: string, read: ReadSource, seconds: number): LemmaVerdict[] {
  const source = withPlainReverts(spliced(read(path), read));
  const lemmas = [...source.matchAll(/^    function lemma_(\w+)\(/gm)].map(({ 1: name = "", index }, at, all) => {
    const text = source.slice(index, all[at + 1]?.index);
    const start = Buffer.byteLength(source.slice(0, index));
    return { name, start, end: start + Buffer.byteLength(text), assertions: text.split("assert(").length - 1 };
  });
  const contract = /^contract (\w+)/m.exec(source)?.[1] ?? "";

  const { errors = [] } = JSON.parse(
    solc.compile(JSON.stringify(input(path, source, contract, seconds)), {
      import: (imported: string) => ({ contents: readable(imported, read) }),
      smtSolver: (query: string) => {
        const { stdout, error } = spawnSync("z3", ["-smt2", "-in", `-T:${seconds}`], {
          input: query,
          encoding: "utf8",
        });
        if (error) throw error;
        return { contents: /^(sat|unsat)/.test(stdout) ? stdout : "unknown\n" };
      },
    }),
  ) as { errors?: Remark[] };
  const broken = errors.find(({ severity }) => severity === "error");
  if (broken) throw new Error(broken.formattedMessage);

  return lemmas.map(({ name, start, end, assertions }) => {
    const own = errors.filter(({ sourceLocation: at }) => at?.file === path && at.start >= start && at.start < end);
    const safe = own.filter(({ message }) => message.includes("Assertion violation check is safe"));
    const unsafe = own.filter(({ message }) => /Assertion violation (happens|might happen)/.test(message));
    return { name, isProved: assertions > 0 && safe.length === assertions && unsafe.length === 0 };
  });
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

function input(path: string, content: string, contract: string, seconds: number) {
  return {
    language: "Solidity",
    sources: { [path]: { content } },
    settings: {
      evmVersion: "cancun",
      outputSelection: { "*": { "*": ["abi"] } },
      modelChecker: {
        contracts: { [path]: [contract] },
        engine: "bmc",
        targets: ["assert"],
        timeout: seconds * 1000,
        showProvedSafe: true,
        showUnproved: true,
        solvers: ["smtlib2"],
      },
    },
  };
}
