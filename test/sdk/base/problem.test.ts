import { expect } from "chai";
import { Fields, integer } from "../../../sdk/base/fields";
import { Problem, together } from "../../../sdk/base/problem";

async function thrownBy(action: () => unknown): Promise<Problem> {
  try {
    await action();
  } catch (error) {
    return error as Problem;
  }
  throw new Error("nothing was thrown");
}

describe("Problem", () => {
  it("escapes the given value, and converts to a document", () => {
    const problem = new Problem("BAD_FILE", "a is \u001b[2J, expected 1: write 1.", {
      given: "\u001b[2J",
      expected: "1",
      remedy: "write 1",
    });

    expect(problem.toDocument()).to.deep.equal({
      error: "a is \\u{1b}[2J, expected 1: write 1.",
      code: "BAD_FILE",
      given: "\\u{1b}[2J",
      expected: "1",
      remedy: "write 1",
    });
  });

  for (const [code, exitCode] of [
    ["BAD_OPTION", 1],
    ["REVERTED", 1],
    ["NODE_FAILED", 2],
    ["UNKNOWN_OUTCOME", 2],
    ["INTERNAL", 2],
  ] as const) {
    it(`ends a process with ${exitCode} if its code is ${code}`, () => {
      expect(new Problem(code, "").exitCode).to.equal(exitCode);
    });
  }

  describe("when fields are refused", () => {
    it("has the facts of the only one", async () => {
      const fields = new Fields({ runs: "x" });
      fields.read("runs", integer(1, 9));
      const problem = await thrownBy(() => fields.refuse("spec.json"));

      expect(problem.toDocument()).to.deep.equal({
        error: 'spec.json: runs is "x", expected an integer from 1 to 9.',
        code: "BAD_FILE",
        given: '"x"',
        expected: "an integer from 1 to 9",
      });
    });

    it("has a reason for each of several", async () => {
      const fields = new Fields({ runs: "x", more: 1 });
      fields.read("runs", integer(1, 9));
      fields.read("size", integer(1, 9));
      const problem = await thrownBy(() => fields.refuse("spec.json"));

      expect(problem.given).to.equal(undefined);
      expect(problem.reasons).to.deep.equal([
        {
          code: "BAD_FILE",
          message: 'runs is "x", expected an integer from 1 to 9',
          given: '"x"',
          expected: "an integer from 1 to 9",
        },
        {
          code: "BAD_FILE",
          message: "size is missing, expected an integer from 1 to 9",
          expected: "an integer from 1 to 9",
        },
        {
          code: "BAD_FILE",
          message: "more is unknown, expected one of runs, size",
          given: "more",
          expected: "one of runs, size",
        },
      ]);
    });

    it("has the code BAD_OPTION if the fields are options", async () => {
      const fields = new Fields({ more: true }, "--");

      expect((await thrownBy(() => fields.refuse("options"))).code).to.equal("BAD_OPTION");
    });
  });

  describe("when several problems are collected", () => {
    const one = new Problem("NO_FILE", "there is no file a.", { given: "a" });
    const two = new Problem("BAD_FILE", "b is empty.");

    it("is the only one as it was thrown", async () => {
      expect(await thrownBy(() => together(Promise.reject(one), Promise.resolve(1)))).to.equal(one);
    });

    it("has the code of the first, the sentences of all, and a reason for each", async () => {
      const problem = await thrownBy(() => together(Promise.reject(one), Promise.reject(two)));

      expect(problem.toDocument()).to.deep.equal({
        error: "there is no file a. b is empty.",
        code: "NO_FILE",
        reasons: [
          { code: "NO_FILE", message: "there is no file a.", given: "a" },
          { code: "BAD_FILE", message: "b is empty." },
        ],
      });
    });

    it("gives way to any other error", async () => {
      const other = new Error("away");

      expect(await thrownBy(() => together(Promise.reject(one), Promise.reject(other)))).to.equal(other);
    });
  });
});
