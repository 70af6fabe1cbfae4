// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { mkdirSync } from "node:fs";
import { readText, writeWhole } from "../../../sdk/node/files";
import { toJson } from "../../../sdk/schemas/json";
import { expectProblem, useFolder } from "../statements/support";

describe("files of the tools", () => {
  const folder = useFolder();

  it("are written as a whole, over what was there", () => {
    const path = folder.path("result.json");
    writeWhole(path, "first");
    writeWhole(path, "second");
    expect(folder.read("result.json")).to.equal("second");
    expect(folder.names()).to.deep.equal(["result.json"]);
  });

  it("leave nothing half-written: what cannot take its place is gone", () => {
    mkdirSync(folder.path("taken"));
    expect(() => writeWhole(folder.path("taken"), "text")).to.throw(/^.*taken cannot be written: EISDIR[^\n]*\.$/);
    expect(folder.names()).to.deep.equal(["taken"]);
  });

  it("cannot be written into a folder that is not there", () => {
    expect(() => writeWhole(folder.path("none/result.json"), "text")).to.throw(
      /result\.json cannot be written: ENOENT/,
    );
    expect(folder.names()).to.deep.equal([]);
  });

  it("are not folders", async () => {
    await expectProblem(() => readText(folder.path(".")), `there is no file ${folder.path(".")}.`);
  });

  it("have amounts as strings", () => {
    expect(JSON.parse(toJson({ amount: 10n ** 30n, count: 1 }))).to.deep.equal({
      amount: `1${"0".repeat(30)}`,
      count: 1,
    });
  });
});
