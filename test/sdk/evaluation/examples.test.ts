// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { keccak256 } from "ethers";
import { hashEvaluationData, joinExamples, readExamples } from "../../../sdk/evaluation/examples";
import type { RefusalCode } from "../../../sdk/evaluation/refusal";
import { csvFile, expectRefusal } from "./support";

const HEADER = "id,label,baseline,candidate\n";
const TWO = `${HEADER}b,1,0.5,0.75\na,0,0.25,0.125\n`;

describe("evaluate: examples", () => {
  describe("given one file", () => {
    it("reads columns by name, in any order, with others beside them", () => {
      const text = "candidate,note,id,label,baseline\r\n0.75,x,b,1,0.5\r\n";
      expect(readExamples(csvFile(text))).to.deep.equal([{ id: "b", label: "1", baseline: "0.5", candidate: "0.75" }]);
    });

    it("reads quoted fields, a byte order mark, empty lines and empty predictions", () => {
      const text = `\ufeff${HEADER}\n1,"He said ""yes"", twice","a,b",\n`;
      expect(readExamples(csvFile(text))).to.deep.equal([
        { id: "1", label: 'He said "yes", twice', baseline: "a,b", candidate: "" },
      ]);
    });

    const refused: [string, string, RefusalCode, string][] = [
      ["an empty file", "", "EMPTY_FILE", "data.csv is empty, expected a header line and examples"],
      ["a file of blank lines", "\n\n", "EMPTY_FILE", "data.csv is empty, expected a header line and examples"],
      ["a header alone", HEADER, "EMPTY_FILE", "data.csv holds a header but no example"],
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
        "a column that stands twice",
        "id,label,baseline,candidate,label\n1,0,0.5,0.5,1\n",
        "MALFORMED_CSV",
        'data.csv: column "label" stands more than once in the header',
      ],
      [
        "a row with too few fields",
        `${HEADER}1,0,0.5,0.5\n2,0,0.5\n`,
        "RAGGED_ROW",
        "data.csv line 3: the row has another number of fields than the header",
      ],
      [
        "a row with too many fields",
        `${HEADER}1,0,0.5,0.5,0.5\n`,
        "RAGGED_ROW",
        "data.csv line 2: the row has another number of fields than the header",
      ],
      ["a missing id", `${HEADER} ,0,0.5,0.5\n`, "MISSING_ID", "data.csv line 2: the id is missing"],
      [
        "a duplicate id",
        `${HEADER}7,0,0.5,0.5\n8,0,0.5,0.5\n7,0,0.5,0.5\n`,
        "DUPLICATE_ID",
        'data.csv line 4: id "7" is used before, expected each id once',
      ],
      ["a blank label", `${HEADER}7, ,0.5,0.5\n`, "MISSING_VALUE", 'data.csv line 2: example "7" has no label'],
      ["a missing label", `${HEADER}7,,0.5,0.5\n`, "MISSING_VALUE", 'data.csv line 2: example "7" has no label'],
    ];
    for (const [what, text, code, message] of refused) {
      it(`refuses ${what}`, () => {
        expectRefusal(() => readExamples(csvFile(text)), code, message);
      });
    }

    it("refuses an open quote in one line", () => {
      expectRefusal(
        () => readExamples(csvFile(`${HEADER}"1,0,0.5,0.5\n`)),
        "MALFORMED_CSV",
        "data.csv: Quote Not Closed: the parsing is finished with an opening quote at line 2",
      );
    });

    it("refuses bytes that are not UTF-8", () => {
      expectRefusal(
        () => readExamples({ name: "data.csv", bytes: Uint8Array.of(0x69, 0xff) }),
        "MALFORMED_CSV",
        "data.csv is not UTF-8 text",
      );
    });
  });

  describe("given one file per model", () => {
    const baseline = csvFile("id,label,prediction\n1,0,0.5\n2,1,0.25\n", "a.csv");

    it("joins them by id, whatever the order of rows", () => {
      const candidate = csvFile("prediction,id,label\n0.75,2,1\n0.125,1,0\n", "b.csv");
      expect(joinExamples(baseline, candidate)).to.deep.equal([
        { id: "1", label: "0", baseline: "0.5", candidate: "0.125" },
        { id: "2", label: "1", baseline: "0.25", candidate: "0.75" },
      ]);
    });

    const refused: [string, string, string][] = [
      [
        "an example of the baseline's only",
        "1,0,0.5\n",
        'example "2" is in a.csv but not in b.csv, expected the same examples for both models',
      ],
      [
        "an example of the candidate's only",
        "1,0,0.5\n2,1,0.5\n3,1,0.5\n",
        'example "3" is in b.csv but not in a.csv, expected the same examples for both models',
      ],
      [
        "another label",
        "1,0,0.5\n2,0,0.5\n",
        'example "2": label "1" in a.csv but "0" in b.csv, expected the same evaluation set for both models',
      ],
    ];
    for (const [what, rows, message] of refused) {
      it(`refuses ${what}`, () => {
        const candidate = csvFile(`id,label,prediction\n${rows}`, "b.csv");
        expectRefusal(() => joinExamples(baseline, candidate), "DIFFERENT_EXAMPLES", message);
      });
    }
  });

  describe("the evaluation data hash", () => {
    it("is keccak256 of the sorted ids and labels as JSON", () => {
      expect(hashEvaluationData(readExamples(csvFile(TWO)))).to.equal(
        keccak256(Buffer.from('[["a","0"],["b","1"]]', "utf8")),
      );
    });

    it("is the same for other predictions, rows and columns in another order", () => {
      const other = "label,id,candidate,baseline\n0,a,9,9\n1,b,9,9\n";
      expect(hashEvaluationData(readExamples(csvFile(other)))).to.equal(hashEvaluationData(readExamples(csvFile(TWO))));
    });

    it("changes with each id and label", () => {
      const variants = [TWO, TWO.replace("b,1", "b,0"), TWO.replace("b,1", "c,1"), TWO.replace("b,1", '"b,",1')];
      const hashes = variants.map((text) => hashEvaluationData(readExamples(csvFile(text))));
      expect(new Set(hashes).size).to.equal(variants.length);
    });
  });
});
