// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { keccak256 } from "ethers";
import { columnOf, Examples, type Example } from "../../../sdk/evaluation/examples";
import { Keccak256 } from "../../../sdk/evaluation/keccak";
import { exp, ln, ln1p, lnFactorial } from "../../../sdk/evaluation/math";
import { PAGE, Pages } from "../../../sdk/evaluation/pages";
import { normalQuantile, studentQuantile } from "../../../sdk/evaluation/quantiles";
import { binomial, generatorOf, multinomial, uniform } from "../../../sdk/evaluation/random";
import { rougeL } from "../../../sdk/evaluation/text";
import { Texts } from "../../../sdk/evaluation/texts";
import { TokenReader } from "../../../sdk/evaluation/tokenReader";
import { TOKENISERS, type Tokeniser } from "../../../sdk/evaluation/tokenisers";
import { Words } from "../../../sdk/evaluation/words";
import { draws } from "./support";

const utf8 = (text: string) => new TextEncoder().encode(text);

describe("evaluate: primitives", () => {
  describe("Keccak-256 in pieces", () => {
    for (const size of [0, 1, 135, 136, 137, 271, 272, 5000]) {
      it(`of ${size} bytes is the hash of the whole`, () => {
        const bytes = new Uint8Array(size).map((_, place) => 7 * place);
        const hash = new Keccak256();
        for (let from = 0; from < size; from += 77) hash.add(bytes.subarray(from, from + 77));
        expect(hash.digest()).to.equal(keccak256(bytes));
      });
    }
  });

  describe("logarithms and exponentials", () => {
    it("agree with Math to the last digits", () => {
      for (const x of [1e-300, 1e-9, 0.3, 0.7071, 1, 1.5, 2, 10, 12345.678, 1e300]) {
        expect(ln(x)).to.be.closeTo(Math.log(x), 4e-16 * (1 + Math.abs(Math.log(x))));
      }
      for (const x of [-700, -20, -1, -1e-9, 0, 0.5, 1, 30, 700]) {
        expect(exp(x) / Math.exp(x)).to.be.closeTo(1, 4e-14);
      }
      for (const y of [0, 1e-12, 0.1, 0.25, 3]) expect(ln1p(y)).to.be.closeTo(Math.log1p(y), 1e-15);
    });

    it("have the right limits", () => {
      expect([ln(0), ln(-1), ln(Infinity), exp(-746), exp(710)]).to.deep.equal([-Infinity, NaN, Infinity, 0, Infinity]);
    });

    it("of factorials add up", () => {
      let sum = 0;
      for (let k = 1; k <= 200; k++) {
        sum += Math.log(k);
        expect(lnFactorial(k)).to.be.closeTo(sum, 1e-11);
      }
    });
  });

  describe("quantiles", () => {
    it("of the normal distribution are the tables', rounded up", () => {
      expect([0.05, 0.025, 0.0025, 0.001].map(normalQuantile)).to.deep.equal([
        1.644853627, 1.959963985, 2.807033769, 3.090232307,
      ]);
    });

    it("of Student's are the tables', rounded up", () => {
      const table: [number, number, number][] = [
        [0.025, 2, 4.30265273],
        [0.025, 10, 2.228138852],
        [0.025, 30, 2.042272457],
        [0.005, 5, 4.032142984],
      ];
      for (const [tail, degrees, t] of table) expect(studentQuantile(tail, degrees)).to.be.closeTo(t, 2e-9);
    });
  });

  describe("random draws", () => {
    it("lie in [0, 1), and average a half", () => {
      const random = generatorOf(3);
      const list = Array.from({ length: 10_000 }, () => uniform(random));
      expect(list.every((value) => value >= 0 && value < 1)).to.equal(true);
      expect(list.reduce((a, b) => a + b) / list.length).to.be.closeTo(0.5, 0.01);
    });

    it("of a binomial variable have its mean and variance, and are exact at its ends", () => {
      const random = generatorOf(5);
      const list = Array.from({ length: 20_000 }, () => binomial(50, 0.3, random));
      const mean = list.reduce((a, b) => a + b) / list.length;
      const variance = list.reduce((a, b) => a + (b - mean) ** 2, 0) / list.length;
      expect(mean).to.be.closeTo(15, 0.1);
      expect(variance).to.be.closeTo(10.5, 0.4);
      expect([binomial(0, 0.3, random), binomial(9, 0, random), binomial(9, 1, random)]).to.deep.equal([0, 0, 9]);
    });

    it("of cells add up to the examples", () => {
      const into = new Float64Array(3);
      multinomial([10, 20, 70], 100, generatorOf(7), into);
      expect(into.reduce((a, b) => a + b)).to.equal(100);
    });
  });

  describe("words", () => {
    it("keep each text once, whatever its size, and find those of another list", () => {
      const [words, others] = [new Words(), new Words()];
      const texts = Array.from({ length: 5000 }, (_, i) => `w${i % 4500}`);
      const long = "x".repeat(3_000_000);
      const numbers = [...texts, long].map((text) => words.add(utf8(text), 0, text.length));
      expect(words.size).to.equal(4501);
      expect(numbers.map((number) => words.text(number))).to.deep.equal([...texts, long]);
      others.add(utf8("none"), 0, 4);
      others.add(utf8("w7"), 0, 2);
      expect([words.find(others, 0), words.find(others, 1)]).to.deep.equal([undefined, 7]);
    });

    it("store texts of any length", () => {
      const texts = new Texts(new Words());
      const list = ["", " ", "a", "a  b", Array.from({ length: 70_000 }, (_, i) => `n${i}`).join(" "), "é ü\u{10000}"];
      for (const text of list) {
        const bytes = utf8(text);
        texts.add(bytes, 0, bytes.length);
      }
      expect(list.map((_, index) => texts.text(index))).to.deep.equal(list);
    });
  });

  it("pages throw a RangeError if 32 bits would no longer hold the place of a piece", () => {
    const pages = new Pages(() => new Uint8Array(0));
    for (let page = 0; page < 2 ** 14; page++) pages.reserve(PAGE);
    expect(() => pages.reserve(1)).to.throw(RangeError, "more than 16384 pages of texts");
  });

  describe("tokens of words", () => {
    const PIECES = [
      " ",
      " ",
      " ",
      "a",
      "5",
      ".",
      ",",
      "-",
      "-\n",
      "&quot;",
      "<skipped>",
      "\t",
      "\u00a0",
      "é",
      "'",
      "Σ",
    ];
    for (const tokeniser of Object.keys(TOKENISERS) as Tokeniser[]) {
      it(`are those of the whole text: ${tokeniser}`, () => {
        const draw = draws(11);
        const text = () => Array.from({ length: 1 + draw(30) }, () => PIECES[draw(PIECES.length)]).join("");
        const examples: Example[] = Array.from({ length: 80 }, (_, i) => {
          return { id: String(1000 + i), label: text(), baseline: "", candidate: "" };
        });
        const { label } = Examples.of(examples);
        const reader = new TokenReader(label.words, TOKENISERS[tokeniser]);
        const seen = new Map<number, string>();
        examples.forEach(({ label: whole }, row) => {
          const expected = TOKENISERS[tokeniser](whole);
          const numbers = [...reader.read(label, row, 0)];
          expect(numbers, JSON.stringify(whole)).to.have.length(expected.length);
          numbers.forEach((number, k) => {
            expect(seen.get(number) ?? expected[k]).to.equal(expected[k]);
            seen.set(number, expected[k] as string);
          });
        });
        expect(new Set(seen.values()).size).to.equal(seen.size);
      });
    }

    it("may be more than the buffers hold", () => {
      const list = Uint32Array.from({ length: 1000 }, (_, i) => i);
      expect(rougeL(list, list.slice(0, 700))).to.deep.equal([1400, 1700]);
      expect(rougeL(list, Uint32Array.from([5000, ...list.slice(0, 700), 5000]))).to.deep.equal([1400, 1702]);
    });
  });

  it("columns are named by model", () => {
    expect([columnOf("baseline", undefined), columnOf("candidate", "x")]).to.deep.equal(["baseline", "candidate_x"]);
  });
});
