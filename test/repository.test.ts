import { expect } from "chai";
import { config } from "hardhat";
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";

const ROOT = resolve(__dirname, "..");
const CONTRACTS = join(ROOT, "contracts");

/** What stands at the top level besides the folders in the README's table. */
const TOP_LEVEL = [
  "docs",
  ...["hardhat.config.ts", "package.json", "package-lock.json", "tsconfig.json"],
  ...["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE"],
];

/** Domain → domains whose interfaces it may use; every domain may use the bases and itself. */
const USES: Record<string, readonly string[]> = {
  models: [],
  tokens: ["models"],
  market: ["tokens", "models"],
  verification: ["tokens", "models"],
  fees: ["market", "tokens", "models"],
};

/**
 * Folders that everybody may import, and that import nothing of ours but each other within a folder; `access` also types and
 * the interface of the registry, which is the book of roles.
 */
const BASES = ["types", "libraries", "access"];
const ROLE_BOOK = "interfaces/IModelRegistry.sol";

interface Import {
  file: string;
  symbols: string[];
  target: string;
}

const solidityFiles = readdirSync(CONTRACTS, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".sol"))
  .sort();
const source = (file: string) => readFileSync(join(CONTRACTS, file), "utf8");
const layerOf = (file: string) => file.split("/")[0] ?? "";
const production = solidityFiles.filter((file) => layerOf(file) !== "mocks");

/** The imports of our own files, with paths relative to contracts/. A file that is imported by a name of its own stands for all symbols. */
function importsOf(file: string): Import[] {
  return [...source(file).matchAll(/import\s*(?:\{([^}]*)\}|\* as \w+)\s*from\s*"(\.[^"]*)"/g)].map(
    ([, symbols = "", path = ""]) => ({
      file,
      symbols: symbols.split(",").map((symbol) => symbol.trim().split(/\s+as\s+/)[0] ?? ""),
      target: relative(CONTRACTS, resolve(CONTRACTS, dirname(file), path)),
    }),
  );
}

/** The domain that an interface belongs to: the folder of the contract that it is named after. */
function domainOf(interfaceFile: string): string | undefined {
  const contract = `${basename(interfaceFile, ".sol").slice(1)}.sol`;
  const home = production.find((file) => layerOf(file) !== "interfaces" && basename(file) === contract);
  return home && layerOf(home);
}

/** Why the import breaks the layers, or undefined if it does not. */
function violation({ file, symbols, target }: Import): string | undefined {
  const [from, to] = [layerOf(file), layerOf(target)];
  if (to === "mocks") return "production imports a mock";
  if (from === to && BASES.includes(from)) return undefined;
  if (from === "libraries" && to === "types") return undefined;
  if (from === "access" && (to === "types" || target === ROLE_BOOK)) return undefined;
  if (BASES.includes(from)) return "types, libraries and access import nothing else of ours";
  if (from === "interfaces") return ["types", "interfaces"].includes(to) ? undefined : "interfaces use types only";
  if (!(from in USES)) return `unknown folder ${from}`;
  if (BASES.includes(to)) return undefined;
  if (to === "interfaces") {
    const domain = domainOf(target);
    if (domain === undefined || domain === from || USES[from]?.includes(domain)) return undefined;
    return `${from} does not use ${domain}`;
  }
  if (from !== to) return "across folders only interfaces are imported";

  const [own, theirs] = [source(file), source(target)];
  const concrete = symbols.filter((symbol) => new RegExp(`^contract ${symbol}\\b`, "m").test(theirs));
  const unmade = concrete.find((symbol) => !new RegExp(`new ${symbol}\\b`).test(own));
  return unmade && `${unmade} is imported but not deployed here: use its interface`;
}

describe("repository @uninstrumented", () => {
  it("has at the top level the folders in the README's table, the docs and the known files, and nothing else", () => {
    const readme = readFileSync(join(ROOT, "README.md"), "utf8");
    const [, table = ""] = /\n\| folder .*\n\|[- |]+\|\n((?:\|.*\n)+)/.exec(readme) ?? [];
    const folders = [...table.matchAll(/^\| `(\w+)\/` /gm)].map(([, name]) => name!);
    const names = readdirSync(ROOT).filter((name) => !name.startsWith(".") && name !== "node_modules");

    expect(names.sort()).to.deep.equal([...folders, ...TOP_LEVEL].sort());
  });

  it("keeps the layers of contracts: imports go down, and across folders only to interfaces", () => {
    const broken = production
      .flatMap(importsOf)
      .map((entry) => ({ entry, reason: violation(entry) }))
      .filter(({ reason }) => reason !== undefined)
      .map(({ entry, reason }) => `${entry.file} → ${entry.target}: ${reason}`);

    expect(broken).to.deep.equal([]);
  });

  it("recognises each kind of broken layer", () => {
    const example = (file: string, target: string): Import => ({ file, target, symbols: [basename(target, ".sol")] });

    expect(violation(example("market/A.sol", "mocks/B.sol"))).to.equal("production imports a mock");
    expect(violation(example("types/A.sol", "interfaces/IB.sol"))).to.equal(
      "types, libraries and access import nothing else of ours",
    );
    expect(violation(example("access/A.sol", "interfaces/IB.sol"))).to.equal(
      "types, libraries and access import nothing else of ours",
    );
    expect(violation(example("interfaces/IA.sol", "market/B.sol"))).to.equal("interfaces use types only");
    expect(violation(example("market/A.sol", "tokens/B.sol"))).to.equal("across folders only interfaces are imported");
    expect(violation(example("elsewhere/A.sol", "types/B.sol"))).to.equal("unknown folder elsewhere");
    expect(violation(example("market/A.sol", "types/B.sol"))).to.equal(undefined);
    expect(violation(example("libraries/A.sol", "types/B.sol"))).to.equal(undefined);
    expect(violation(example("types/A.sol", "libraries/B.sol"))).to.equal(
      "types, libraries and access import nothing else of ours",
    );
  });

  it("begins every Solidity file with licence and compiler version, and names imported symbols except the shared errors and what proofs copy", () => {
    const tests = readdirSync(join(ROOT, "test"), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".sol"))
      .map((file) => join("../test", file));
    const careless = [...solidityFiles, ...tests].filter((file) => {
      const text = source(file);
      // Code that is copied into a specification uses names that the specification does not show.
      const isOfProof = file.startsWith("../test/proofs/");
      const imports = (!isOfProof && text.match(/^import\b.*$/gm)) || [];
      return (
        !text.startsWith("// SPDX-License-Identifier: MIT\npragma solidity 0.8.30;\n") ||
        imports.some((line) => !/^import (\{|\* as Errors from ".*\/CommonErrors\.sol";$)/.test(line))
      );
    });

    expect(careless).to.deep.equal([]);
  });

  it("compiles Solidity tests with the settings of the deployment", () => {
    const settings = config.solidity.compilers[0]?.settings;
    const foundry = readFileSync(join(ROOT, "test/solidity/foundry.toml"), "utf8");
    const setting = (name: string) => new RegExp(`^${name} = (.*)$`, "m").exec(foundry)?.[1];

    expect({
      evmVersion: setting("evm_version"),
      optimizer: setting("optimizer"),
      runs: setting("optimizer_runs"),
      viaIR: setting("via_ir"),
      bytecodeHash: setting("bytecode_hash"),
    }).to.deep.equal({
      evmVersion: JSON.stringify(settings.evmVersion),
      optimizer: String(settings.optimizer.enabled),
      runs: String(settings.optimizer.runs),
      viaIR: String(Boolean(settings.viaIR)),
      bytecodeHash: JSON.stringify(settings.metadata.bytecodeHash),
    });
  });

  it("runs every step of .ci/run in the CI workflow", () => {
    const script = readFileSync(join(ROOT, ".ci/run"), "utf8");
    const workflow = readFileSync(join(ROOT, ".github/workflows/ci.yml"), "utf8");
    const steps = [...script.matchAll(/^(?:suite|check) "([^"]+)"/gm)].map(([, name]) => name);
    const [, matrix = ""] = /^ +step:\n((?: +- .+\n)+)/m.exec(workflow) ?? [];

    expect(steps).to.include("tests");
    expect([...matrix.matchAll(/- (.+)/g)].map(([, name]) => name)).to.deep.equal(steps);
    expect(workflow).to.contain('run: .ci/run "${{ matrix.step }}"');
    expect([...new Set([...workflow.matchAll(/uses: (.+)/g)].map(([, action]) => action))]).to.deep.equal([
      "actions/checkout@v4",
      "actions/setup-node@v4",
    ]);
  });

  it("runs the tests on every version of Node that the README names", () => {
    const workflow = readFileSync(join(ROOT, ".github/workflows/ci.yml"), "utf8");
    const [, first = ""] = /^ +node: \[(\d+)\]$/m.exec(workflow) ?? [];
    const others = [...workflow.matchAll(/^ +- \{ step: tests, node: (\d+) \}$/gm)].map(([, version]) => version);
    const [, named = ""] = /Node (\d+(?:, \d+)* or \d+)/.exec(readFileSync(join(ROOT, "README.md"), "utf8")) ?? [];

    expect([first, ...others]).to.deep.equal(named.split(/, | or /));
    expect(workflow).to.contain("node-version: ${{ matrix.node }}");
  });

  it("runs half an hour of the deep tests every night, but not on pushes", () => {
    const workflow = readFileSync(join(ROOT, ".github/workflows/ci.yml"), "utf8");
    const [, steps = "", deep = ""] = workflow.split(/^ {2}(?:step|deep):\n/m);

    expect(workflow).to.match(/^ {2}schedule:\n {4}- cron: "\d+ \d+ \* \* \*"$/m);
    expect(steps).to.contain("if: github.event_name != 'schedule'\n");
    expect(deep).to.contain("if: github.event_name == 'schedule'\n");
    expect(deep).to.contain("run: npm run test:deep -- --minutes 30 --seed ${{ github.run_number }}\n");
  });

  for (const folder of [".", "platform", ".ci", ".ci/mutants"]) {
    it(`locks every dependency of ${folder} by version and checksum, without a download address`, () => {
      const manifest = JSON.parse(readFileSync(join(ROOT, folder, "package.json"), "utf8"));
      const { packages } = JSON.parse(readFileSync(join(ROOT, folder, "package-lock.json"), "utf8")) as {
        packages: Record<string, { integrity?: string; resolved?: string; inBundle?: boolean }>;
      };
      const loose = Object.entries(packages).filter(
        ([path, { integrity, resolved, inBundle }]) => path !== "" && (resolved || !(integrity || inBundle)),
      );

      expect(loose).to.deep.equal([]);
      const { dependencies, devDependencies, optionalDependencies } = manifest;
      for (const version of Object.values({ ...dependencies, ...devDependencies, ...optionalDependencies })) {
        expect(version).to.match(/^\d+\.\d+\.\d+$/);
      }
    });
  }
});
