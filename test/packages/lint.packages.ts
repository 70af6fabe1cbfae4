// What tools and readers say of the packages.

import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { CI_TOOLS, documented, documentedFiles, packed, ROOT, run } from "./support";

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, unknown>>;
}

const readManifest = (path: string) => JSON.parse(readFileSync(join(ROOT, path), "utf8")) as Manifest;

describe("published packages @uninstrumented", () => {
  for (const name of ["protocol", "sdk"] as const) {
    it(`pass publint and attw: ${name}`, async () => {
      const tarball = (await packed())[name];
      // Below a warning is only that `browser` could be a condition of exports: the field serves bundlers as well.
      const level = ["--strict", "--level", "warning"];
      const publint = await run(ROOT, process.execPath, [join(CI_TOOLS, "publint/src/cli.js"), tarball, ...level]);
      const attw = await run(ROOT, process.execPath, [
        join(CI_TOOLS, "@arethetypeswrong/cli/dist/index.js"),
        ...[tarball, "--profile", "esm-only"],
      ]);

      expect(publint.code, publint.stdout).to.equal(0);
      expect(publint.stdout).to.contain("All good!");
      expect(attw.code, attw.stdout).to.equal(0);
    });
  }

  it("have a README that names the repository's documents, and links to none that is not in the package", async () => {
    await packed();
    const documents = ["tracking.md", "hokusai.md", "zk.md"];
    for (const name of ["protocol", "sdk"]) {
      const readme = readFileSync(join(ROOT, ".build/packages", name, "README.md"), "utf8");
      expect(readme.match(/\]\((?!https?:|#)[^)]*\)/g), name).to.equal(null);
      for (const document of documents) expect(readme, name).to.contain(`\`docs/${document}\` in the repository`);
    }
  });

  it("depend on the versions that the repository tests", () => {
    const tested = readManifest("package.json").devDependencies ?? {};
    const { dependencies = {}, peerDependencies = {} } = readManifest("sdk/package.json");
    const expected = Object.fromEntries(Object.keys(dependencies).map((name) => [name, tested[name]]));

    expect(dependencies).to.deep.equal(expected);
    expect(peerDependencies).to.deep.equal({ ethers: `^${tested["ethers"]}` });
  });

  it("document every function and class of the library", async () => {
    await packed();
    const entries = Object.keys(readManifest("sdk/package.json").exports)
      .filter((name) => !name.endsWith(".json"))
      .map((name) => join(ROOT, ".build/packages/sdk/sdk", name, "index.d.ts"));
    const program = ts.createProgram(entries, { module: ts.ModuleKind.NodeNext, skipLibCheck: true, types: ["node"] });
    const checker = program.getTypeChecker();
    const silent = entries.flatMap((entry) => {
      const module = checker.getSymbolAtLocation(program.getSourceFile(entry)!)!;
      return checker
        .getExportsOfModule(module)
        .map((symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol))
        .filter(({ flags }) => flags & (ts.SymbolFlags.Function | ts.SymbolFlags.Class))
        .filter((symbol) => symbol.getDocumentationComment(checker).length === 0)
        .map(({ name }) => name);
    });

    expect(entries).to.have.length(13);
    expect(silent).to.deep.equal([]);
  });

  it("need at most 24 lines for each example in docs/integrating.md", () => {
    expect(documentedFiles).to.deep.equal([
      ...["trade.ts", "trade.cjs", "page.ts"],
      ...["Buyer.sol", "hardhat.config.cjs", "buy.cjs", "foundry.toml", "Buy.s.sol"],
    ]);
    for (const file of documentedFiles) expect(documented(file!).split("\n").length, file).to.be.at.most(24);
  });
});
