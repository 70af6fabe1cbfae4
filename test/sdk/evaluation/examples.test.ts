// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { keccak256 } from "ethers";
import { Examples } from "../../../sdk/evaluation/examples";
import { hashEvaluationData, hashPredictions } from "../../../sdk/evaluation/hashes";
import { joinExamples, readExamples } from "../../../sdk/evaluation/readExamples";
import type { RefusalCode } from "../../../sdk/evaluation/refusal";
import { csvFile, expectRefusal } from "./support";

const HEADER = "id,label,baseline,candidate\n";
const TWO = `${HEADER}b,1,0.5,0.75\na,0,0.25,0.125\n`;

describe("evaluate: examples", () => {
  describe("given one file", () => {
    it("reads columns by name, in any order, and ignores others", () => {
      const text = "candidate,note,id,label,baseline\r\n0.75,x,b,1,0.5\r\n";
      const examples = readExamples(csvFile(text));
      expect([...examples]).to.deep.equal([{ id: "b", label: "1", baseline: "0.5", candidate: "0.75" }]);
      expect(examples.predictions("candidate").place(0)).to.equal("data.csv line 2, column candidate");
    });

    it("reads quoted fields, a byte order mark, empty lines and empty predictions", () => {
      const text = `\ufeff${HEADER}\n1,"He said ""yes"", twice","a,b",\n`;
      const examples = readExamples(csvFile(text));
      expect([...examples]).to.deep.equal([{ id: "1", label: 'He said "yes", twice', baseline: "a,b", candidate: "" }]);
      expect(examples.label.place(0)).to.equal("data.csv line 3, column label");
    });

    const refused: [string, string, RefusalCode, string][] = [
      ["an empty file", "", "EMPTY_FILE", "data.csv is empty, expected a header line and examples"],
      ["a file of blank lines", "\n\n", "EMPTY_FILE", "data.csv is empty, expected a header line and examples"],
      ["a header alone", HEADER, "EMPTY_FILE", "data.csv has a header but no examples, expected at least one"],
      [
        "a missing column",
        "id,label,baseline\n1,0,0.5\n",
        "MISSING_COLUMN",
        'data.csv: column "candidate" is missing, the header has id, label, baseline',
      ],
      [
        "a missing id column",
        "label,baseline,candidate\n0,0.5,0.5\n",
        "MISSING_COLUMN",
        'data.csv: column "id" is missing, the header has label, baseline, candidate',
      ],
      [
        "a column that appears twice",
        "id,label,baseline,candidate,label\n1,0,0.5,0.5,1\n",
        "MALFORMED_FILE",
        'data.csv: column "label" appears more than once in the header, expected it once',
      ],
      [
        "a row with too few fields",
        `${HEADER}1,0,0.5,0.5\n2,0,0.5\n`,
        "RAGGED_ROW",
        "data.csv line 3: 3 fields, expected 4 as the header has",
      ],
      [
        "a row with too many fields",
        `${HEADER}1,0,0.5,0.5,0.5\n`,
        "RAGGED_ROW",
        "data.csv line 2: 5 fields, expected 4 as the header has",
      ],
      ["a missing id", `${HEADER} ,0,0.5,0.5\n`, "MISSING_ID", 'data.csv line 2, column id: " ", expected an id'],
      [
        "a duplicate id",
        `${HEADER}7,0,0.5,0.5\n8,0,0.5,0.5\n7,0,0.5,0.5\n`,
        "DUPLICATE_ID",
        'data.csv line 4, column id: "7" is used before, expected each id once',
      ],
      [
        "a blank label",
        `${HEADER}7, ,0.5,0.5\n`,
        "MISSING_VALUE",
        'data.csv line 2, column label: " ", expected a label',
      ],
      [
        "a missing label",
        `${HEADER}7,,0.5,0.5\n`,
        "MISSING_VALUE",
        'data.csv line 2, column label: "", expected a label',
      ],
    ];
    for (const [what, text, code, message] of refused) {
      it(`refuses ${what}`, () => {
        expectRefusal(() => readExamples(csvFile(text)), code, message);
      });
    }

    it("refuses an open quote in one line", () => {
      expectRefusal(
        () => readExamples(csvFile(`${HEADER}"1,0,0.5,0.5\n`)),
        "MALFORMED_FILE",
        'data.csv line 2, field 1: "\\"1,0,0.5,0.5", expected a field in quotes with each quote in it doubled',
      );
    });

    it("refuses bytes that are not UTF-8", () => {
      expectRefusal(
        () => readExamples({ name: "data.csv", bytes: Uint8Array.of(0x69, 0xff) }),
        "MALFORMED_FILE",
        "data.csv line 1, byte 2: 0xff, expected UTF-8 text",
      );
    });
  });

  describe("given one file per model", () => {
    const baseline = csvFile("id,label,prediction\n1,0,0.5\n2,1,0.25\n", "a.csv");

    it("joins them by id, whatever the order of rows", () => {
      const candidate = csvFile("prediction,id,label\n0.75,2,1\n0.125,1,0\n", "b.csv");
      expect([...joinExamples(baseline, candidate)]).to.deep.equal([
        { id: "1", label: "0", baseline: "0.5", candidate: "0.125" },
        { id: "2", label: "1", baseline: "0.25", candidate: "0.75" },
      ]);
    });

    const refused: [string, string, string][] = [
      [
        "an example that only the baseline has",
        "1,0,0.5\n",
        'a.csv line 3: example "2" is not in b.csv, expected the same examples for both models',
      ],
      [
        "an example that only the candidate has",
        "1,0,0.5\n2,1,0.5\n3,1,0.5\n",
        'b.csv line 4: example "3" is not in a.csv, expected the same examples for both models',
      ],
      [
        "another label",
        "1,0,0.5\n2,0,0.5\n",
        'b.csv line 3, column label: "0", expected "1" as a.csv has for example "2"',
      ],
      [
        "a label with a further word",
        "1,0,0.5\n2,1 0,0.5\n",
        'b.csv line 3, column label: "1 0", expected "1" as a.csv has for example "2"',
      ],
    ];
    for (const [what, rows, message] of refused) {
      it(`refuses ${what}`, () => {
        const candidate = csvFile(`id,label,prediction\n${rows}`, "b.csv");
        expectRefusal(() => joinExamples(baseline, candidate), "DIFFERENT_EXAMPLES", message);
      });
    }
  });

  describe("given further columns", () => {
    const wanted = { group: "user", columns: ["latency"] };

    it("reads a pair for each column, and the group", () => {
      const text = "id,label,baseline,candidate,user,baseline_latency,candidate_latency\n1,0,0.5,0.6,u,3,4\n";
      const [example] = [...readExamples(csvFile(text), wanted)];
      expect(example).to.deep.include({ group: "u", extra: { latency: { baseline: "3", candidate: "4" } } });
    });

    it("reads one column from each model's file, and the group, which must agree", () => {
      const file = (user: string, name: string) =>
        csvFile(`id,label,prediction,user,latency\n1,0,0.5,${user},3\n`, name);
      const [example] = [...joinExamples(file("u", "a.csv"), file("u", "b.csv"), wanted)];
      expect(example).to.deep.include({ group: "u", extra: { latency: { baseline: "3", candidate: "3" } } });
      expectRefusal(
        () => joinExamples(file("u", "a.csv"), file("v", "b.csv"), wanted),
        "DIFFERENT_EXAMPLES",
        'b.csv line 2, column user: "v", expected "u" as a.csv has for example "1"',
      );
    });

    it("refuses a file without the columns", () => {
      expectRefusal(
        () => readExamples(csvFile(TWO), { columns: ["latency"] }),
        "MISSING_COLUMN",
        'data.csv: column "baseline_latency" is missing, the header has id, label, baseline, candidate',
      );
    });
  });

  describe("the place of a field", () => {
    it("is given by file, line and column, or by id", () => {
      const text = "id,label,baseline,candidate,baseline_x,candidate_x\nb,1,0,1,2,3\na,1,0,1,2,3\n";
      const read = readExamples(csvFile(text, "a.csv"), { columns: ["x"] });
      expect(read.predictions("candidate", "x").place(0)).to.equal("a.csv line 3, column candidate_x");
      expect(
        Examples.of([...read])
          .predictions("baseline", "x")
          .place(1),
      ).to.equal('example "b", column baseline_x');
    });

    it("is given by the model's own file and its columns", () => {
      const file = (rows: string, name: string) => csvFile(`id,label,prediction,latency\n${rows}`, name);
      const joined = joinExamples(file("x,1,0,3\n", "a.csv"), file("\n\nx,1,1,4\n", "b.csv"), { columns: ["latency"] });
      expect(joined.predictions("candidate").place(0)).to.equal("b.csv line 4, column prediction");
      expect(joined.predictions("baseline", "latency").place(0)).to.equal("a.csv line 2, column latency");
      expect(joined.label.place(0)).to.equal("a.csv line 2, column label");
    });

    it("does not exist for a missing column", () => {
      const examples = Examples.of([{ id: "x", label: "1", baseline: "0", candidate: "1" }]);
      expectRefusal(
        () => examples.predictions("baseline", "x"),
        "MISSING_COLUMN",
        'the examples have no column "baseline_x"',
      );
    });
  });

  describe("given a list", () => {
    it("keeps groups and further columns, and sorts by id", () => {
      const example = (id: string) => ({
        id,
        label: "a  b",
        baseline: "",
        candidate: " ",
        group: "g",
        extra: { x: { baseline: "1", candidate: "2" } },
      });
      // UTF-16 has the surrogates of the last before U+FFFD.
      const ids = ["\ufffd", "b", "\u{10000}", "a", "ab", "aa\u00e9"];
      expect([...Examples.of(ids.map(example))]).to.deep.equal([...ids].sort().map(example));
    });

    it("refuses an id that is used twice", () => {
      const example = { id: "x", label: "1", baseline: "0", candidate: "1" };
      expectRefusal(
        () => Examples.of([example, example]),
        "DUPLICATE_ID",
        'example "x" is used before, expected each id once',
      );
    });
  });

  describe("the hash of predictions", () => {
    it("covers the ids and one model's predictions, in the order of ids", () => {
      const examples = readExamples(csvFile(TWO));
      expect(hashPredictions(examples, "candidate")).to.equal(keccak256(Buffer.from('[["a","0.125"],["b","0.75"]]')));
      expect(hashPredictions(Examples.of([...examples].reverse()), "baseline")).to.equal(
        keccak256(Buffer.from('[["a","0.25"],["b","0.5"]]')),
      );
    });
  });

  describe("the evaluation data hash", () => {
    it("includes the groups if there are any", () => {
      const [first] = [...readExamples(csvFile(`${HEADER}a,0,1,1\n`))];
      expect(hashEvaluationData(Examples.of([{ ...first!, group: "g" }]))).to.equal(
        keccak256(Buffer.from('[["a","0","g"]]', "utf8")),
      );
    });

    it("is keccak256 of the sorted ids and labels as JSON", () => {
      expect(hashEvaluationData(readExamples(csvFile(TWO)))).to.equal(
        keccak256(Buffer.from('[["a","0"],["b","1"]]', "utf8")),
      );
    });

    it("is the same for other predictions, rows and columns in another order", () => {
      const other = "label,id,candidate,baseline\n0,a,9,9\n1,b,9,9\n";
      expect(hashEvaluationData(readExamples(csvFile(other)))).to.equal(hashEvaluationData(readExamples(csvFile(TWO))));
    });

    it("is the same for all line endings, even mixed ones", () => {
      const [mixed, other] = [TWO.replace("\n", "\r\n"), TWO.replaceAll("\n", "\r\n")];
      expect(mixed.split("\r\n")).to.have.length(2);
      const hashes = [TWO, mixed, other].map((text) => hashEvaluationData(readExamples(csvFile(text))));
      expect(new Set(hashes).size).to.equal(1);
    });

    it("changes with every id and label", () => {
      const variants = [TWO, TWO.replace("b,1", "b,0"), TWO.replace("b,1", "c,1"), TWO.replace("b,1", '"b,",1')];
      const hashes = variants.map((text) => hashEvaluationData(readExamples(csvFile(text))));
      expect(new Set(hashes).size).to.equal(variants.length);
    });
  });
});
