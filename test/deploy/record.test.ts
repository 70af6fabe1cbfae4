import { expect } from "chai";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { Problem } from "../../sdk/base/problem";
import { entryOf, readRecord } from "../../deploy/record";

const NETWORK = { chainId: 84_532 };

describe("record of a deployment", () => {
  const environment = process.env.DEPLOYMENTS;
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "record-"));
    process.env.DEPLOYMENTS = folder;
  });

  after(() => {
    rmSync(folder, { recursive: true });
    if (environment === undefined) delete process.env.DEPLOYMENTS;
    else process.env.DEPLOYMENTS = environment;
  });

  it("may be absent", () => {
    expect(readRecord(NETWORK)).to.equal(undefined);
  });

  it("has entries of any name, and no inherited ones", () => {
    const models = JSON.parse('{ "__proto__": 1, "toString": 2 }') as Record<string, number>;
    const found = ["__proto__", "toString", "constructor", "hasOwnProperty"].map((name) => entryOf(models, name));
    expect(found).to.deep.equal([1, 2, undefined, undefined]);
    expect(entryOf({}, "__proto__")).to.equal(undefined);
    expect(entryOf(undefined, "constructor")).to.equal(undefined);
  });

  it("is refused by its name if it is not JSON", () => {
    const file = join(folder, `${NETWORK.chainId}.json`);
    for (const [text, reason] of [
      ["", "is empty, expected JSON."],
      ["<<<<<<< HEAD", "is not JSON: "],
    ] as const) {
      writeFileSync(file, text);
      expect(() => readRecord(NETWORK)).to.throw(Problem, `${relative(process.cwd(), file)} ${reason}`);
    }
  });
});
