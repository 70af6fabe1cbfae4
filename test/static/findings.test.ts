import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compareFindings, type Answer, type StaticFinding } from "../../scripts/dev/static/findings";

const FINDING: StaticFinding = {
  detector: "incorrect-equality",
  description:
    "Pool.sell(uint256) (contracts/Pool.sol#10-20) uses a dangerous strict equality:\n\t- out == 0 (contracts/Pool.sol#12)\n",
};
const ANSWER: Answer = {
  detector: "incorrect-equality",
  finding: "Pool.sell(uint256) uses a dangerous strict equality: - out == 0",
  reason: "Zero is refused.",
};
const { detector, finding } = ANSWER;

describe("findings of static analysis @uninstrumented", () => {
  it("match answers by their text, whatever their lines are", () => {
    expect(compareFindings([FINDING, FINDING], [ANSWER])).to.deep.equal({ unanswered: [], superfluous: [] });
  });

  it("are unanswered if there is no answer", () => {
    expect(compareFindings([FINDING], [])).to.deep.equal({ unanswered: [{ detector, finding }], superfluous: [] });
  });

  it("are unanswered if the answer gives no reason", () => {
    const { unanswered } = compareFindings([FINDING], [{ ...ANSWER, reason: " " }]);

    expect(unanswered).to.deep.equal([{ detector, finding }]);
  });

  it("are unanswered if the answer names another detector or another expression", () => {
    const others = [
      { ...ANSWER, detector: "locked-ether" },
      { ...ANSWER, finding: finding.replace("out == 0", "out == 1") },
    ];

    expect(compareFindings([FINDING], others)).to.deep.equal({
      unanswered: [{ detector, finding }],
      superfluous: others,
    });
  });

  it("make an answer superfluous if they are gone", () => {
    expect(compareFindings([], [ANSWER])).to.deep.equal({ unanswered: [], superfluous: [ANSWER] });
  });

  it("have sorted and unique answers with reasons in answers.json", () => {
    const answers = JSON.parse(readFileSync(join(__dirname, "answers.json"), "utf8")) as Answer[];
    const keys = answers.map((answer) => `${answer.detector} ${answer.finding}`);

    expect(keys).to.deep.equal([...new Set(keys)].sort());
    expect(answers.filter(({ reason }) => reason.length < 20)).to.deep.equal([]);
  });
});
