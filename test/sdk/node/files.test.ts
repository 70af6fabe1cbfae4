// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { mkdirSync } from "node:fs";
import { readText, writeWhole } from "../../../sdk/node/files";
import { toJson } from "../../../sdk/schemas/json";
import { expectProblem, useFolder } from "../statements/support";

describe("Files that the tools write", () => {
  const folder = useFolder();

  it("are written as a whole, and replace what was there", () => {
    const path = folder.path("result.json");
    writeWhole(path, "first");
    writeWhole(path, "second");
    expect(folder.read("result.json")).to.equal("second");
    expect(folder.names()).to.deep.equal(["result.json"]);
  });

  it("leave nothing half-written behind if they cannot take their place", () => {
    mkdirSync(folder.path("taken"));
    expect(() => writeWhole(folder.path("taken"), "text")).to.throw(/^.*taken cannot be written: EISDIR[^\n]*\.$/);
    expect(folder.names()).to.deep.equal(["taken"]);
  });

  it("are refused in a folder that does not exist", () => {
    expect(() => writeWhole(folder.path("none/result.json"), "text")).to.throw(
      /result\.json cannot be written: ENOENT/,
    );
    expect(folder.names()).to.deep.equal([]);
  });

  it("are not read from a folder", async () => {
    await expectProblem(() => readText(folder.path(".")), `there is no file ${folder.path(".")}.`);
  });

  it("contain amounts as strings", () => {
    expect(JSON.parse(toJson({ amount: 10n ** 30n, count: 1 }))).to.deep.equal({
      amount: `1${"0".repeat(30)}`,
      count: 1,
    });
  });
});
