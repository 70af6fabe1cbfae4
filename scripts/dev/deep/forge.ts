import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
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

type ForgeReport = Readonly<Record<string, { readonly test_results: Readonly<Record<string, ForgeVerdict>> }>>;

/** What is compiled, and with which settings and tools. */
const SOURCES = ["contracts", "test/solidity"];
const SETTINGS = "test/solidity/foundry.toml";
const FORGES = ["@foundry-rs/forge-darwin-arm64", "@foundry-rs/forge-linux-amd64"];
const TOOLS = [...FORGES, "@openzeppelin/contracts", "solc"];
const SCRIPTS = ["scripts/dev/solc.mjs", "scripts/dev/test-solidity.mjs"];
/** Only compiled for test/gate.test.ts. */
const GATE = "test/solidity/gate/";

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

/** Returns the digest of everything, apart from the part itself, that can change the outcome of a part. */
export function digestOfSources(root: string): string {
  const hash = createHash("sha256");
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Record<
    string,
    Record<string, string>
  >;
  const versions = { ...manifest["dependencies"], ...manifest["devDependencies"], ...manifest["optionalDependencies"] };
  for (const tool of TOOLS) hash.update(`${tool} ${versions[tool]}\n`);
  for (const file of [...solidityIn(root).filter((path) => !path.startsWith(GATE)), SETTINGS, ...SCRIPTS])
    hash.update(`${file}\n`).update(readFileSync(join(root, file)));
  return hash.digest("hex");
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
