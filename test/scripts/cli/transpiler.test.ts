import { expect } from "chai";
import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

/** What ts-node asks of a transpiler. */
interface Transpiler {
  transpile(code: string, options: { fileName: string }): { outputText: string; sourceMapText: string };
}

const load = createRequire(__filename);
const KEPT = resolve(__dirname, "../../../.build/transpiled");

describe("transpiler @uninstrumented", () => {
  const { create } = load("../../../scripts/cli/transpiler.cjs") as { create: () => Transpiler };
  const { transpile } = create();
  const fileName = "/project/named.ts";
  let id: string;

  const codeOf = (value: number) => `export const value: number = ${value}; // ${id}`;
  /** The files that keep what came out of this test's code. */
  const kept = () =>
    readdirSync(KEPT)
      .filter((name) => name.endsWith(".json"))
      .map((name) => join(KEPT, name))
      .filter((path) => readFileSync(path, "utf8").includes(id));

  beforeEach(() => {
    id = randomUUID();
  });
  afterEach(() => kept().forEach((path) => rmSync(path)));

  it("strips types, and maps to the name of the file", () => {
    const { outputText, sourceMapText } = transpile(codeOf(1), { fileName });
    expect(outputText).to.include("value = 1").and.not.to.include("number");
    expect((JSON.parse(sourceMapText) as { sources: string[] }).sources).to.deep.equal([fileName]);
  });

  it("reuses a result only for the same content of the same file", () => {
    const first = transpile(codeOf(1), { fileName });
    const [path, ...others] = kept() as [string];
    expect(others).to.deep.equal([]);
    expect(JSON.parse(readFileSync(path, "utf8"))).to.deep.equal(first);
    const other = { ...first, outputText: `kept: ${id}` };
    writeFileSync(path, JSON.stringify(other));
    expect(transpile(codeOf(1), { fileName })).to.deep.equal(other);

    expect(transpile(codeOf(2), { fileName }).outputText).to.include("value = 2");
    expect(transpile(codeOf(1), { fileName: "/project/other.ts" }).outputText).to.include("value = 1");
    expect(kept()).to.have.length(3);
  });

  it("replaces a damaged result", () => {
    const first = transpile(codeOf(1), { fileName });
    const [path] = kept() as [string];
    writeFileSync(path, `{ "${id}`);
    expect(transpile(codeOf(1), { fileName })).to.deep.equal(first);
    expect(JSON.parse(readFileSync(path, "utf8"))).to.deep.equal(first);
  });
});
