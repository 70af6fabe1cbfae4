import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { digestOf } from "../mutation/results";
import { countersIn, sumReached } from "./counters";
import { commandOf, isInvariant, type DeepPart, type DeepTest } from "./plan";
import type { DeepResult } from "./results";

/** The outcome of a part. */
export type DeepOutcome = { readonly passed: DeepResult } | { readonly failed: string };

/** The part of forge's report on a test that is used here. */
interface ForgeVerdict {
  readonly status: string;
  readonly reason: string | null;
  readonly kind: { readonly Fuzz?: { readonly runs: number }; readonly Invariant?: { readonly calls: number } };
}

interface ForgeArtifact {
  readonly bytecode: { readonly object: string };
}

interface Manifest {
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

type ForgeReport = Readonly<Record<string, { readonly test_results: Readonly<Record<string, ForgeVerdict>> }>>;

const SOURCES = ["contracts", "test/solidity"];
const OUT = ".build/forge/out";
const FORGES = ["@foundry-rs/forge-darwin-arm64", "@foundry-rs/forge-linux-amd64"];
/** What decides, beside the code, which inputs a part has. */
const SETTINGS = ["test/solidity/foundry.toml", "scripts/dev/test-solidity.mjs"];

/** Runs forge as `npm run test:solidity` does, with one process for each part. */
export class Forge {
  readonly #structs: ReadonlyMap<string, readonly string[]>;

  /** @param env Variables that are added to the environment of the processes. */
  constructor(
    private readonly root: string,
    private readonly env: Readonly<Record<string, string>> = {},
  ) {
    this.#structs = countersIn(solidityIn(root).map((file) => readFileSync(join(root, file), "utf8")));
  }

  /** Compiles, and returns every test of every contract. */
  async tests(): Promise<DeepTest[]> {
    const { output, errors } = await this.#forge(["--list", "--json"], {});
    const files = parsed<Record<string, Record<string, string[]>>>(output);
    if (!files) throw new Error(`forge lists no tests: ${errors || output}`);
    return Object.values(files)
      .flatMap(Object.entries<string[]>)
      .flatMap(([contract, names]) => names.map((name) => ({ contract, name })));
  }

  async run(part: DeepPart): Promise<DeepOutcome> {
    const { contract, name, seed, runs, depth } = part;
    const reached = join(".build/deep", `${contract}-${name}-${seed}`);
    const file = join(this.root, reached);
    mkdirSync(join(this.root, ".build/deep"), { recursive: true });
    rmSync(file, { force: true });
    const amount: Record<string, string> = isInvariant(part)
      ? { INVARIANT_RUNS: String(runs), INVARIANT_DEPTH: String(depth) }
      : { FUZZ_RUNS: String(runs) };
    const start = performance.now();
    const { output, errors } = await this.#forge(
      ["--json", "--threads", "1", "--match-contract", `^${contract}$`, "--match-test", `^${name}\\b`],
      { ...amount, FUZZ_SEED: String(seed), REACHED_FILE: reached },
    );
    const seconds = (performance.now() - start) / 1000;
    const lines = existsSync(file) ? readFileSync(file, "utf8") : "";
    rmSync(file, { force: true });

    const verdicts = Object.values(parsed<ForgeReport>(output) ?? {}).flatMap((suite) =>
      Object.values(suite.test_results),
    );
    const [verdict] = verdicts;
    if (verdict?.status !== "Success" || verdicts.length > 1)
      return { failed: `${verdict?.reason ?? (errors || output)}\n  ${commandOf(part)}` };
    const done = verdict.kind.Fuzz?.runs ?? verdict.kind.Invariant?.calls ?? 0;
    const planned = runs * depth;
    if (done !== planned) return { failed: `${done} of ${planned} were done.\n  ${commandOf(part)}` };
    return { passed: { reached: sumReached(lines, this.#structs, runs), seconds, done } };
  }

  #forge(args: readonly string[], env: Readonly<Record<string, string>>): Promise<{ output: string; errors: string }> {
    return new Promise((done, fail) => {
      const child = spawn(process.execPath, ["scripts/dev/test-solidity.mjs", ...args], {
        cwd: this.root,
        stdio: ["ignore", "pipe", "pipe"],
        env: { ...process.env, ...this.env, ...env },
      });
      let [output, errors] = ["", ""];
      child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
      child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
      child.once("error", fail);
      child.once("close", () => done({ output, errors }));
    });
  }
}

/**
 * Returns for each contract the digest of everything, apart from the part itself, that can change the outcome of its parts: the bytecode
 * that forge has compiled, which contains what it tests, the settings, and the version of forge. Comments do not count.
 */
export function digestsOfBuild(root: string, contracts: readonly string[]): ReadonlyMap<string, string> {
  const { optionalDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;
  const common = [
    ...FORGES.map((forge) => `${forge} ${optionalDependencies[forge]}`),
    ...SETTINGS.flatMap((file) => [file, readFileSync(join(root, file), "utf8")]),
  ];
  const artifacts = readdirSync(join(root, OUT), { recursive: true, encoding: "utf8" });
  const digests = [...new Set(contracts)].map((contract): [string, string] => {
    const found = artifacts.filter((file) => basename(file) === `${contract}.json`);
    if (found.length !== 1) throw new Error(`forge has compiled ${found.length} contracts ${contract}, expected one.`);
    const { bytecode } = JSON.parse(readFileSync(join(root, OUT, found[0] as string), "utf8")) as ForgeArtifact;
    return [contract, digestOf(...common, bytecode.object)];
  });
  return new Map(digests);
}

function solidityIn(root: string): string[] {
  return SOURCES.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".sol"))
      .map((file) => join(folder, file)),
  ).sort();
}

function parsed<T>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}
