import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compareSurvivors, type MutantAnswer } from "../../scripts/dev/mutation/answers";
import type { Mutant } from "../../scripts/dev/mutation/mutants";

const MUTANT: Mutant = {
  file: "contracts/Pool.sol",
  line: 7,
  within: "Pool.sell",
  kind: "comparison",
  original: "if (amount > most) revert TooMuch();",
  mutated: "if (amount >= most) revert TooMuch();",
  start: 100,
  end: 101,
  replacement: ">=",
  declaration: 3,
};
const { file, within, original, mutated } = MUTANT;
const ANSWER: MutantAnswer = { file, within, original, mutated, reason: "The most is never reached." };
const ELSEWHERE: Mutant = { ...MUTANT, line: 9, start: 200, end: 201 };

describe("answers to surviving mutants @uninstrumented", () => {
  describe("given a mutant that survived", () => {
    it("match it by its text, whatever its line is", () => {
      const mutants = { all: [ELSEWHERE], survived: [ELSEWHERE], killed: [] };

      expect(compareSurvivors([ANSWER], mutants)).to.deep.equal({ unanswered: [], superfluous: [] });
    });

    it("are missing if there is none, or if it has no reason", () => {
      const mutants = { all: [MUTANT], survived: [MUTANT], killed: [] };

      expect(compareSurvivors([], mutants).unanswered).to.deep.equal([MUTANT]);
      expect(compareSurvivors([{ ...ANSWER, reason: " " }], mutants).unanswered).to.deep.equal([MUTANT]);
    });

    it("are needed if one of two identical mutants survives", () => {
      const mutants = { all: [MUTANT, ELSEWHERE], survived: [ELSEWHERE], killed: [MUTANT] };

      expect(compareSurvivors([ANSWER], mutants)).to.deep.equal({ unanswered: [], superfluous: [] });
    });
  });

  describe("given a mutant that did not survive", () => {
    it("are not judged if their mutant was not in the sample", () => {
      const mutants = { all: [MUTANT], survived: [], killed: [] };

      expect(compareSurvivors([ANSWER], mutants)).to.deep.equal({ unanswered: [], superfluous: [] });
    });

    it("are superfluous once a test kills the mutant or the code no longer has it", () => {
      const superfluous = [ANSWER];

      expect(compareSurvivors([ANSWER], { all: [MUTANT], survived: [], killed: [MUTANT] })).to.deep.equal({
        unanswered: [],
        superfluous,
      });
      expect(compareSurvivors([ANSWER], { all: [], survived: [], killed: [] })).to.deep.equal({
        unanswered: [],
        superfluous,
      });
    });
  });

  it("are unique and give a reason in answers.json", () => {
    const answers = JSON.parse(readFileSync(join(__dirname, "answers.json"), "utf8")) as MutantAnswer[];
    const names = answers.map((answer) => [answer.file, answer.within, answer.original, answer.mutated].join("\n"));

    expect(names).to.deep.equal([...new Set(names)]);
    expect(answers.filter(({ reason }) => reason.length < 20)).to.deep.equal([]);
  });
});
