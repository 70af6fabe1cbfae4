import { expect } from "chai";
import { readRows } from "../../../sdk/proofs/openings";
import { readCsv } from "../../../sdk/schemas/csv";
import { expectProblem } from "../statements/support";

const FILE = "rows.csv";

const fieldsOf = (text: string, wanted: string[], optional?: string[]) =>
  readCsv(FILE, text, wanted, optional).map(({ line, fields }) => [line, ...fields.entries()]);

describe("CSV", () => {
  it("has columns in any order, and lines that end in either way after a byte order mark", () => {
    expect(fieldsOf('\ufeffb,a,c\r\n1,"x, ""y""",\n\n2, z ,3\r\n', ["a", "b"])).to.deep.equal([
      [2, ["a", 'x, "y"'], ["b", "1"]],
      [4, ["a", " z "], ["b", "2"]],
    ]);
  });

  it("has an optional column only if the file has it", () => {
    expect(fieldsOf("a\n1\n", ["a"], ["b"])).to.deep.equal([[2, ["a", "1"]]]);
    expect(fieldsOf("a,b\n1,2\n", ["a"], ["b"])).to.deep.equal([[2, ["a", "1"], ["b", "2"]]]);
  });

  const refused: [what: string, content: string, message: string][] = [
    ["it lacks a column", "b\n1\n", `${FILE}: column "a" is missing, the header has b.`],
    [
      "it has a column twice",
      "a,a\n1,2\n",
      `${FILE}: column "a" appears more than once in the header, expected it once.`,
    ],
    ["a row is too short", "a,b\n1,2\n3\n", `${FILE} line 3: 1 fields, expected 2 as the header has.`],
    [
      "a quote is never closed",
      'a\n"1\n',
      `${FILE} line 2, field 1: "\\"1", expected a field in quotes with each quote in it doubled.`,
    ],
  ];
  for (const [what, content, message] of refused) {
    it(`is refused if ${what}`, () => expectProblem(() => readCsv(FILE, content, ["a"]), message));
  }

  it("is refused if it has an optional column twice", () =>
    expectProblem(
      () => readCsv(FILE, "a,b,b\n1,2,3\n", ["a"], ["b"]),
      `${FILE}: column "b" appears more than once in the header, expected it once.`,
    ));
});

describe("Rows of a column", () => {
  const ROWS = "id,label\r\nx,1\ny,0\r\n";

  it("are zeros and ones, whatever the line endings", () => {
    expect(readRows(FILE, ROWS, "label")).to.deep.equal(readRows(FILE, ROWS.replaceAll("\r", ""), "label"));
    expect(readRows(FILE, ROWS, "label").bits).to.deep.equal([1, 0]);
  });

  it("are identified by their ids and the order of these", () => {
    const { ids } = readRows(FILE, ROWS, "label");

    expect(readRows(FILE, "id,label\nx,0\ny,1\n", "label").ids).to.equal(ids);
    expect(readRows(FILE, "id,label\ny,0\nx,1\n", "label").ids).not.to.equal(ids);
    expect(readRows(FILE, "label\n1\n", "label")).to.deep.equal({ bits: [1] });
  });

  it("count as 1 from the threshold on, without rounding", () => {
    const scores = "score\n0.5\n0.49999999999999999999\n0.50000000000000000001\n5e-1\n-1\n";

    expect(readRows(FILE, scores, "score", "0.5").bits).to.deep.equal([1, 0, 1, 1, 0]);
  });

  for (const value of ["1.0", " 1", "0x1", "", "true"]) {
    it(`refuse ${JSON.stringify(value)} where 0 or 1 is expected`, () =>
      expectProblem(
        () => readRows(FILE, `id,label\nx,${value}\n`, "label"),
        `${FILE} line 2, column label: ${JSON.stringify(value)}, expected 0 or 1; for scores, say from where on they are a 1 with commit --threshold.`,
      ));
  }

  for (const value of [" 1", "0x1", "", "high", "Infinity"]) {
    it(`refuse ${JSON.stringify(value)} where a score is expected`, () =>
      expectProblem(
        () => readRows(FILE, `id,score\nx,${value}\n`, "score", "0.5"),
        `${FILE} line 2, column score: ${JSON.stringify(value)}, expected a number.`,
      ));
  }

  it("refuse an id that appears twice", () =>
    expectProblem(
      () => readRows(FILE, "id,label\nx,1\nx,0\n", "label"),
      `${FILE} line 3, column id: "x", expected each id once.`,
    ));

  it("refuse a row without an id", () =>
    expectProblem(() => readRows(FILE, "id,label\n,1\n", "label"), `${FILE} line 2, column id: "", expected an id.`));
});
