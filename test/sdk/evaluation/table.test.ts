// SPDX-License-Identifier: MIT
import { expect } from "chai";
import type { RefusalCode } from "../../../sdk/evaluation/refusal";
import { readTable, type TableRow } from "../../../sdk/evaluation/table";
import { csvFile, expectRefusal } from "./support";

/** A row whose fields were taken out of the buffer. */
const rowFrom = ({ line, bytes, starts, ends }: TableRow) => ({
  line,
  values: Array.from(starts, (start, k) => Buffer.from(bytes.subarray(start, ends[k])).toString("utf8")),
});
const read = (text: string, names = ["a", "b"], separator?: string) =>
  Array.from(readTable({ ...csvFile(text), ...(separator && { separator }) }, names), rowFrom);
const valuesOf = (...args: Parameters<typeof read>) => read(...args).map(({ values }) => values);

describe("evaluate: tables", () => {
  describe("of CSV", () => {
    it("keep a line break, a return and a quote within quotes, and their line numbers", () => {
      expect(read('a,b\r\n"x\r\ny","say ""z"""\r\n1,2\r\n')).to.deep.equal([
        { line: 2, values: ["x\r\ny", 'say "z"'] },
        { line: 4, values: ["1", "2"] },
      ]);
    });

    it("may have any separator", () => {
      expect(valuesOf('a\tb\n1,5\t"2\t3"\n', ["b", "a"], "\t")).to.deep.equal([["2\t3", "1,5"]]);
      expect(valuesOf("a;b\n1;2", ["a"], ";")).to.deep.equal([["1"]]);
    });

    it("may have a separator of several bytes", () => {
      expect(valuesOf("a\u00a6b\n1\u00a62", ["b"], "\u00a6")).to.deep.equal([["2"]]);
      expect(valuesOf('a\u00a6b\n"1"\u00a6\u00a5', ["a", "b"], "\u00a6")).to.deep.equal([["1", "\u00a5"]]);
    });

    it("may be larger than the buffer, and so may their fields", () => {
      const long = "x".repeat(3_000_000);
      expect(valuesOf(`a,b\n1,${long}\n2,"${long}\n""${long}"\n3,4\n`)).to.deep.equal([
        ["1", long],
        ["2", `${long}\n"${long}`],
        ["3", "4"],
      ]);
    });

    it("are the same however the bytes are split", () => {
      const bytes = Buffer.from('a,b\n"ä\n€",😀\nlast,row');
      for (const size of [1, 2, 3, 7, 100]) {
        const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
          bytes.subarray(i * size, (i + 1) * size),
        );
        const rows = Array.from(readTable({ name: "x", bytes: pieces }, ["a", "b"]), rowFrom);
        expect(rows.map(({ values }) => values)).to.deep.equal([
          ["ä\n€", "😀"],
          ["last", "row"],
        ]);
      }
    });

    const refused: [string, string, string][] = [
      [
        "a quote inside a field",
        'a,b\n1,x"y\n',
        'data.csv line 2, field 2: "x\\"y", expected a field in quotes with each quote in it doubled',
      ],
      [
        "text after a quote",
        'a,b\n1,"x"y\n',
        'data.csv line 2, field 2: "\\"x\\"y", expected a field in quotes with each quote in it doubled',
      ],
      [
        "a control character in a header, escaped",
        "a,\u001b[2J\n1,2\n",
        'data.csv: column "b" is missing, the header has a, "\\u001b[2J"',
      ],
    ];
    for (const [what, text, message] of refused) {
      it(`refuse ${what}`, () => {
        expectRefusal(() => read(text), what.includes("header") ? "MISSING_COLUMN" : "MALFORMED_FILE", message);
      });
    }

    it("refuse a byte that is not UTF-8, and name its place, however many lines come before", () => {
      const lines = Buffer.from("a\n\u20ac\n".repeat(3));
      const bytes = Buffer.concat([lines, Uint8Array.of(0x62, 0x80, 0x0a, 0x31)]);
      const pieces = [...bytes].map((byte) => Uint8Array.of(byte));
      for (const given of [bytes, pieces]) {
        expectRefusal(
          () => [...readTable({ name: "x", bytes: given }, ["a"])],
          "MALFORMED_FILE",
          "x line 7, byte 2: 0x80, expected UTF-8 text",
        );
      }
    });

    it("refuse a character that the next piece does not complete", () => {
      expectRefusal(
        () => [...readTable({ name: "x", bytes: [Uint8Array.of(0x61, 0xe2), Buffer.from("b\n1\n")] }, ["a"])],
        "MALFORMED_FILE",
        "x line 1, byte 3: 0x62, expected UTF-8 text",
      );
    });

    it("refuse an end in the middle of a character", () => {
      expectRefusal(
        () => [...readTable({ name: "x", bytes: [Uint8Array.of(0x61, 0xe2)] }, ["a"])],
        "MALFORMED_FILE",
        "x line 1, byte 2: 0xe2, expected UTF-8 text",
      );
    });
  });

  describe("of JSON Lines", () => {
    it("read texts, numbers, booleans, null and lists of numbers", () => {
      const text = '{"a":"x","b":0.25}\n\n{"b":true,"a":null}\n{"a":[0.1,0.9],"b":1e-7}';
      expect(read(text)).to.deep.equal([
        { line: 1, values: ["x", "0.25"] },
        { line: 3, values: ["", "true"] },
        { line: 4, values: ["0.1 0.9", "1e-7"] },
      ]);
    });

    const refused: [string, string, RefusalCode, string][] = [
      [
        "text that is not JSON",
        '{"a":1,"b":2}\n{"a":\n',
        "MALFORMED_FILE",
        'data.csv line 2: "{\\"a\\":", expected a JSON object',
      ],
      [
        "a line that is not an object",
        '{"a":1,"b":2}\n[1]\n',
        "MALFORMED_FILE",
        'data.csv line 2: "[1]", expected a JSON object',
      ],
      ["a missing field", '{"a":1}\n', "MISSING_COLUMN", 'data.csv line 1: "b" is missing, expected it in every line'],
      [
        "an object in a field",
        '{"a":1,"b":{"c":2}}\n',
        "MALFORMED_FILE",
        'data.csv line 1, column b: {"c":2}, expected a text, a number, true, false or a list of numbers',
      ],
      [
        "a list of texts",
        '{"a":1,"b":["x"]}\n',
        "MALFORMED_FILE",
        'data.csv line 1, column b: ["x"], expected a text, a number, true, false or a list of numbers',
      ],
    ];
    for (const [what, text, code, message] of refused) {
      it(`refuse ${what}`, () => {
        expectRefusal(() => read(text), code, message);
      });
    }
  });
});
