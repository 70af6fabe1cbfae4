// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { readContributors, shareOut } from "../../../sdk/schemas/contributorsFile";
import { buildContributors, expectProblem, toCsv } from "../statements/support";

const [FIRST, SECOND] = buildContributors(2).map(({ account }) => account) as [string, string];
const FILE = "people.csv";

const rows = (...lines: string[]) => ["account,weight", ...lines].join("\n");
const BPS = 10_000n;

describe("Contributors' file", () => {
  it("is CSV with columns in any order, others ignored", () => {
    const text = `\uFEFFweight, name ,account\r\n7,Ann,${FIRST.toLowerCase()}\n\n3,Bob,${SECOND}\n`;
    expect(readContributors(FILE, text)).to.deep.equal([
      { account: FIRST, weight: 7n },
      { account: SECOND, weight: 3n },
    ]);
  });

  it("is a JSON list with weights as numbers or digits", () => {
    const text = JSON.stringify([
      { account: FIRST, weight: 7 },
      { account: SECOND, weight: "123456789012345678901234567890" },
    ]);
    expect(readContributors("people.json", text)).to.deep.equal([
      { account: FIRST, weight: 7n },
      { account: SECOND, weight: 123456789012345678901234567890n },
    ]);
  });

  describe("is refused in one line when it", () => {
    const account = "expected an address, not zero, in lower case or with its checksum.";
    const weight = "expected a positive integer of at most 30 digits.";
    const refused: [string, string, string][] = [
      ["is empty", "", `${FILE} is empty, expected a header line and examples.`],
      ["names nobody", rows(), `${FILE} names no contributor, expected at least one.`],
      ["is an empty list", "[]", `${FILE} names no contributor, expected at least one.`],
      ["lacks a column", "account,share\n", `${FILE}: column "weight" is missing, the header has account, share.`],
      ["has a ragged row", rows(FIRST), `${FILE} line 2: 1 fields, expected 2 as the header has.`],
      ["has an invalid address", rows("0x12,1"), `${FILE} line 2: account is "0x12", ${account}`],
      ["has a zero address", rows(`${ZeroAddress},1`), `${FILE} line 2: account is "${ZeroAddress}", ${account}`],
      [
        "has a wrong checksum",
        rows(swapCase(FIRST)),
        `${FILE} line 2: account is "${swapCase(FIRST).slice(0, 42)}", ${account}`,
      ],
      ["has a zero weight", rows(`${FIRST},0`), `${FILE} line 2: weight is "0", ${weight}`],
      ["has a negative weight", rows(`${FIRST},-1`), `${FILE} line 2: weight is "-1", ${weight}`],
      ["has a fraction", rows(`${FIRST},1`, `${SECOND},0.5`), `${FILE} line 3: weight is "0.5", ${weight}`],
      [
        "has a long weight",
        rows(`${FIRST},${"1".repeat(31)}`),
        `${FILE} line 2: weight is "${"1".repeat(31)}", ${weight}`,
      ],
      ["has a weight with white space", rows(`${FIRST}, 1`), `${FILE} line 2: weight is " 1", ${weight}`],
      ["has a weight with decimals", rows(`${FIRST},1.0`), `${FILE} line 2: weight is "1.0", ${weight}`],
      ["has a hexadecimal weight", rows(`${FIRST},0x1`), `${FILE} line 2: weight is "0x1", ${weight}`],
      [
        "has two columns of one name",
        `account,weight,weight\n${FIRST},1,2\n`,
        `${FILE}: column "weight" appears more than once in the header, expected it once.`,
      ],
      [
        "has a key twice in JSON",
        `[{"account":"${FIRST}","weight":1,"weight":2}]`,
        `${FILE}: line 1, column 69: the key "weight" stands before, expected each key once.`,
      ],
      ["has no weight", rows(`${FIRST},`), `${FILE} line 2: weight is "", ${weight}`],
      [
        "names somebody twice",
        rows(`${FIRST},1`, `${FIRST.toLowerCase()},2`),
        `${FILE} line 3: ${FIRST} appears twice, expected each account once with its summed weight.`,
      ],
      ["is an object", "{}", `${FILE} is an object, expected a list of contributors.`],
      ["lists something other than objects", "[null]", `${FILE} entry 1: account is undefined, ${account}`],
      ["has a fraction in JSON", `[{"account":"${FIRST}","weight":1.5}]`, `${FILE} entry 1: weight is 1.5, ${weight}`],
    ];
    for (const [what, text, message] of refused) {
      it(what, () => expectProblem(() => readContributors(FILE, text), message));
    }

    it("is broken JSON", () => {
      expect(() => readContributors(FILE, "[1,")).to.throw(/^people\.csv is not JSON: .+\.$/);
    });

    it("has an open quote", () => {
      expect(() => readContributors(FILE, rows('"0x'))).to.throw(
        /^people\.csv line 2, field 1: .+, expected a field in quotes/,
      );
    });
  });
});

describe("Shares", () => {
  const sharesOf = (...weights: bigint[]) => {
    const accounts = buildContributors(weights.length).sort((a, b) => (BigInt(a.account) < BigInt(b.account) ? -1 : 1));
    return shareOut(accounts.map(({ account }, i) => ({ account, weight: weights[i] ?? 0n }))).map(
      ({ shareBps }) => shareBps,
    );
  };

  it("sum to 10000 by the largest remainder, the first of equal ones first", () => {
    expect(sharesOf(1n)).to.deep.equal([BPS]);
    expect(sharesOf(7n, 3n)).to.deep.equal([7_000n, 3_000n]);
    expect(sharesOf(1n, 1n, 1n)).to.deep.equal([3_334n, 3_333n, 3_333n]);
    expect(sharesOf(1n, 2n)).to.deep.equal([3_333n, 6_667n]);
    expect(sharesOf(1n, 1n, 1n, 1n, 1n, 1n, 1n)).to.deep.equal([
      1_429n,
      1_429n,
      1_429n,
      1_429n,
      1_428n,
      1_428n,
      1_428n,
    ]);
  });

  it("are exact for every number of contributors that a statement lists, in ascending order of account", () => {
    for (let count = 1; count <= 64; count++) {
      const shares = shareOut(buildContributors(count));
      expect(shares.reduce((sum, { shareBps }) => sum + shareBps, 0n)).to.equal(BPS);
      const accounts = shares.map(({ account }) => BigInt(account));
      expect(accounts).to.deep.equal([...accounts].sort((a, b) => (a < b ? -1 : 1)));
      const sum = BigInt((count * (count + 1)) / 2);
      const weights = new Map(buildContributors(count).map(({ account, weight }) => [account, weight]));
      for (const { account, shareBps } of shares) {
        const floor = ((weights.get(account) ?? 0n) * BPS) / sum;
        expect([floor, floor + 1n]).to.include(shareBps);
      }
    }
  });

  it("accept a weight of one in ten thousand, and refuse a smaller one", async () => {
    expect(sharesOf(9_999n, 1n)).to.deep.equal([9_999n, 1n]);
    expect(sharesOf(19_998n, 2n)).to.deep.equal([9_999n, 1n]);
    const [large, small] = buildContributors(2).sort((a, b) => (BigInt(a.account) < BigInt(b.account) ? -1 : 1));
    const contributors = [
      { account: large!.account, weight: 99_999n },
      { account: small!.account, weight: 1n },
    ];
    await expectProblem(
      () => shareOut(contributors),
      `the weight of contributor ${small!.account} is 1 of 100000, expected at least 1 of 10000: leave it out or raise it.`,
    );
    expect(() => readContributors(FILE, toCsv(contributors))).not.to.throw();
  });
});

/** The address with one letter in the wrong case, and a weight. */
function swapCase(address: string): string {
  const index = [...address].findIndex((letter, i) => i > 1 && /[a-fA-F]/.test(letter));
  const letter = address.charAt(index);
  const other = letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase();
  return `${address.slice(0, index)}${other}${address.slice(index + 1)},1`;
}
