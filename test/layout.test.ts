import { expect } from "chai";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import ts from "typescript";

const ROOT = resolve(__dirname, "..");

/** Folder → folders that its TypeScript may import, besides itself. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  sdk: [],
  ignition: [],
  deploy: ["sdk", "ignition"],
  operator: ["deploy", "sdk"],
  scripts: ["operator", "deploy", "sdk", "ignition"],
  platform: ["scripts", "operator", "deploy", "sdk"],
  test: ["scripts", "operator", "deploy", "sdk", "ignition"],
};

/** What an entry point of a command is called; every other exported name means one thing. */
const ENTRY_POINT = "main";

/** Lines of a file of the library: one idea each. */
const LONGEST = 300;

/** Lines of a file of tests: one subject each. */
const LONGEST_TEST = 450;

/** What a file of tests is, by the end of its name: a suite that a command runs, or a helper. Models and tools have names of their own. */
const SUITES = ["test", "walk", "browser", "mlflow", "packages", "postgres"];
const HELPERS = ["behavior", "fixture", "support"];

/** Folders of what only developers run. */
const FOR_DEVELOPERS = ["scripts/dev/", "test/", "platform/test/", "platform/bench/"];

/** Folders of the library that need Node. */
const NEEDS_NODE = ["sdk/node/", "sdk/bin/"];

/** What the library must do without elsewhere: a browser has none of it. */
const NODE_PACKAGE = /^(node:|hardhat\b|@nomicfoundation\/)/;
const NODE_GLOBAL = /^(process|console|Buffer|require|module|__dirname|__filename|setImmediate)$/;

interface Source {
  /** Paths of imported files of ours, from the root. */
  readonly imports: readonly string[];
  readonly packages: readonly string[];
  readonly exports: readonly string[];
  /** Names that are used as values and that only Node has. */
  readonly globals: readonly string[];
}

const sources = new Map(
  Object.keys(ARROWS)
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
        .filter((file) => /\.tsx?$/.test(file) && !file.startsWith("node_modules"))
        .map((file) => join(folder, file)),
    )
    .sort()
    .map((file): [string, Source] => [file, read(file)]),
);

/** The world of tests and benchmarks speaks the contracts' language: its functions are named like the transactions that they send. */
const WORLD = "scripts/dev/world/";
const production = [...sources].filter(
  ([file]) => !["test/", "platform/test/", WORLD].some((folder) => file.startsWith(folder)),
);

const tests = ["test", "platform/test"].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => /\.(ts|sol)$/.test(file))
    .map((file) => join(folder, file)),
);

/** The end of a file's name that says what it is, where it has one. */
function kindOf(file: string): string | undefined {
  const [, kind] = /(?:^|\.)(\w+)\.ts$/.exec(basename(file)) ?? [];
  return kind !== undefined && (basename(file).split(".").length > 2 || HELPERS.includes(kind)) ? kind : undefined;
}

/** What the content of a file of tests says that it is: one that describes something is a suite, one that exports rules is behaviour. */
function hasKind(file: string, text: string): boolean {
  const kind = kindOf(file);
  if (kind !== undefined && ![...SUITES, ...HELPERS].includes(kind)) return false;
  const isSuite = /^(?:for \(.*\n {2})?describe\(/m.test(text);
  const isBehavior = /^export function should[A-Z]/m.test(text);
  return isSuite === SUITES.includes(kind ?? "") && isBehavior === (kind === "behavior");
}

function linesOf(file: string): number {
  return readFileSync(join(ROOT, file), "utf8").trimEnd().split("\n").length;
}

function folderOf(file: string): string {
  return file.split("/")[0] ?? "";
}

function read(file: string, text = readFileSync(join(ROOT, file), "utf8")): Source {
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const named: string[] = [];
  const globals: string[] = [];
  const visit = (node: ts.Node): void => {
    const target = importedBy(node);
    if (target !== undefined) named.push(target);
    if (ts.isIdentifier(node) && NODE_GLOBAL.test(node.text) && isValue(node)) globals.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  const isOurs = (name: string) => name.startsWith(".") && !name.includes("/.build/");
  return {
    imports: named.filter(isOurs).map((name) => resolveFrom(file, name)),
    packages: named.filter((name) => !name.startsWith(".")),
    exports: tree.statements.flatMap(exportedBy),
    globals: [...new Set(globals)],
  };
}

/** What a node imports, statically, dynamically or as a type. */
function importedBy(node: ts.Node): string | undefined {
  const literal =
    ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
      ? node.moduleSpecifier
      : ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
        ? node.arguments[0]
        : ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)
          ? node.argument.literal
          : undefined;
  return literal && ts.isStringLiteral(literal) ? literal.text : undefined;
}

/** Whether a name stands for a value, and not for a member, a type or something that is declared here. */
function isValue(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isShorthandPropertyAssignment(parent)) return true;
  if (ts.isTypeNode(parent) || ts.isQualifiedName(parent)) return false;
  const { name, propertyName } = parent as ts.Node & { readonly name?: ts.Node; readonly propertyName?: ts.Node };
  return node !== name && node !== propertyName;
}

function exportedBy(statement: ts.Statement): string[] {
  const isExported =
    ts.canHaveModifiers(statement) &&
    ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
  if (!isExported) return [];
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.map(({ name }) => name.getText());
  const { name } = statement as ts.Statement & { readonly name?: ts.Identifier };
  return name ? [name.text] : [];
}

function resolveFrom(file: string, name: string): string {
  const path = resolve(ROOT, dirname(file), name);
  const found = [path, `${path}.ts`, join(path, "index.ts")].find((each) => /\.\w+$/.test(each) && existsSync(each));
  return relative(ROOT, found ?? path);
}

/** Whether a file of the one folder may import one of the other. */
function isArrow(from: string, to: string): boolean {
  return from === to || (ARROWS[from] ?? []).includes(to);
}

/** Groups of files each of which imports the others, be it by a detour. */
function circlesAmong(importsOf: ReadonlyMap<string, readonly string[]>): string[] {
  const reached = new Map([...importsOf.keys()].map((file) => [file, reachableFrom(file)]));
  function reachableFrom(start: string): ReadonlySet<string> {
    const found = new Set<string>();
    const open = [...(importsOf.get(start) ?? [])];
    for (let file = open.pop(); file !== undefined; file = open.pop()) {
      if (found.has(file)) continue;
      found.add(file);
      open.push(...(importsOf.get(file) ?? []));
    }
    return found;
  }
  const circles = [...reached]
    .filter(([file, others]) => others.has(file))
    .map(([file, others]) => [...others].filter((other) => reached.get(other)?.has(file)).sort());
  return [...new Set(circles.map((circle) => circle.join(", ")))];
}

describe("layout of the TypeScript @uninstrumented", () => {
  it("allows imports only along the arrows platform, scripts, operator, deploy, sdk, and none of tests", () => {
    const broken = [...sources].flatMap(([file, { imports }]) =>
      [...new Set(imports)]
        .filter((target) => folderOf(target) in ARROWS && !isArrow(folderOf(file), folderOf(target)))
        .map((target) => `${file} → ${target}`),
    );

    expect(broken.sort()).to.deep.equal([]);
  });

  it("keeps code for developers apart from other code", () => {
    const isForDevelopers = (file: string) => FOR_DEVELOPERS.some((folder) => file.startsWith(folder));
    const broken = [...sources].flatMap(([file, { imports }]) =>
      isForDevelopers(file) ? [] : imports.filter(isForDevelopers).map((target) => `${file} → ${target}`),
    );

    expect(broken).to.deep.equal([]);
  });

  it("has no circular imports", () => {
    const circles = circlesAmong(new Map([...sources].map(([file, { imports }]) => [file, imports])));

    expect(circles).to.deep.equal([]);
  });

  it("exports each name from one file", () => {
    const homes = new Map<string, string[]>();
    for (const [file, { exports }] of production) {
      for (const name of exports) homes.set(name, [...(homes.get(name) ?? []), file]);
    }
    const double = [...homes]
      .filter(([name, files]) => name !== ENTRY_POINT && files.length > 1)
      .map(([name, files]) => `${name}: ${files.join(", ")}`);

    expect(double.sort()).to.deep.equal([]);
  });

  it("limits the length of files in the library", () => {
    const lengths = production
      .filter(([file]) => folderOf(file) === "sdk")
      .map(([file]) => [file, linesOf(file)] as const);

    expect(lengths.filter(([, length]) => length > LONGEST)).to.deep.equal([]);
  });

  it("limits the length of test files to 450 lines", () => {
    const lengths = tests.map((file) => [file, linesOf(file)] as const);

    expect(lengths).not.to.have.lengthOf(0);
    expect(lengths.filter(([, length]) => length > LONGEST_TEST)).to.deep.equal([]);
  });

  it("gives each kind of suite and helper one suffix", () => {
    const unclear = tests
      .filter((file) => file.endsWith(".ts"))
      .filter((file) => !hasKind(file, readFileSync(join(ROOT, file), "utf8")));

    expect(unclear).to.deep.equal([]);
  });

  it("keeps Hardhat out of the library, and Node out of all but its folders for Node", () => {
    const library = production.filter(([file]) => folderOf(file) === "sdk");
    const bound = library.flatMap(([file, { packages, globals }]) => {
      const needed = [...packages.filter((name) => NODE_PACKAGE.test(name)), ...globals];
      const isAllowed = (name: string) =>
        NEEDS_NODE.some((folder) => file.startsWith(folder)) && !/^(hardhat|@nomicfoundation)/.test(name);
      return [...new Set(needed)].filter((name) => !isAllowed(name)).map((name) => `${file}: ${name}`);
    });

    expect(bound.sort()).to.deep.equal([]);
  });

  it("recognises each kind of broken arrow", () => {
    expect(isArrow("sdk", "deploy")).to.equal(false);
    expect(isArrow("deploy", "operator")).to.equal(false);
    expect(isArrow("operator", "scripts")).to.equal(false);
    expect(isArrow("scripts", "test")).to.equal(false);
    expect(isArrow("elsewhere", "sdk")).to.equal(false);
    expect(isArrow("operator", "sdk")).to.equal(true);
  });

  it("recognises each use of what only Node has", () => {
    const globalsOf = (text: string) => read("sdk/A.ts", text).globals;
    for (const text of [
      ...["process.exit();", "f(process);", "process[key];", "const { env } = process;", "const home = process ?? {};"],
      ...["const all = [...process];", "const all = { ...process };", "const text = `${process}`;"],
      ...["const all = { process };", "const all = { a: process };", "function f(a = process) {}", "() => process;"],
    ])
      expect(globalsOf(text), text).to.deep.equal(["process"]);
    for (const text of [
      ...[
        "chain.process;",
        "const all = { process: 1 };",
        "interface A { process: string }",
        "type A = typeof process;",
      ],
      ...["let a: process.Env;", "const { process: a } = b;"],
    ])
      expect(globalsOf(text), text).to.deep.equal([]);
  });

  it("recognises a test file with a wrong suffix or none", () => {
    const [suite, rules, neither] = ['describe("A", () => {});', "export function shouldHold(): void {}", "export {};"];

    expect(hasKind("test/A.test.ts", suite)).to.equal(true);
    expect(hasKind("test/A.buy.test.ts", suite)).to.equal(true);
    expect(hasKind("test/A.behavior.ts", rules)).to.equal(true);
    for (const name of ["support.ts", "A.support.ts", "A.fixture.ts", "model.ts"])
      expect(hasKind(`test/${name}`, neither)).to.equal(true);
    expect(hasKind("test/A.fixtures.ts", neither)).to.equal(false);
    expect(hasKind("test/A.ts", suite)).to.equal(false);
    expect(hasKind("test/A.support.ts", rules)).to.equal(false);
    expect(hasKind("test/A.behavior.ts", neither)).to.equal(false);
    expect(hasKind("test/A.test.ts", neither)).to.equal(false);
  });

  it("recognises circular imports, direct or indirect", () => {
    const files = (imports: Record<string, string[]>) => new Map(Object.entries(imports));

    expect(circlesAmong(files({ a: ["b"], b: ["c"], c: ["b"] }))).to.deep.equal(["b, c"]);
    expect(circlesAmong(files({ a: ["b"], b: ["c"], c: ["d"], d: ["a"] }))).to.deep.equal(["a, b, c, d"]);
    expect(circlesAmong(files({ a: ["b", "c"], b: ["c"], c: [] }))).to.deep.equal([]);
  });
});
