import { expect } from "chai";
import type { Parameters } from "../../deploy/parameters";
import { plainProposers, unsafePoints } from "../../deploy/safety";

const account = (index: number) => `0x${index.toString(16).padStart(40, "0")}`;

/** Fit for tokens of value. */
const SAFE: Parameters = {
  $global: { deployer: account(1), adminDelay: 172_800, guardians: [account(2)], reserveToken: account(3) },
  Governance: { proposers: [account(4)], executors: [account(4)] },
  Models: { registrars: [account(5)], poolCreators: [account(5)], payers: [account(6)], payoutDelay: 172_800 },
  Methods: { attesters: [account(7), account(8)], threshold: 2 },
  Tokens: { operators: [account(5)], deployers: [account(5)], distributors: [account(5)] },
  Market: { treasury: account(4) },
};

const DELEGATED = `0xef0100${"1".repeat(40)}`;

describe("safety of parameters", () => {
  it("accepts long delays, two signatures, and an account for each power except those of the backend", () => {
    expect(unsafePoints(SAFE)).to.deep.equal([]);
  });

  const { $global, Models, Methods, Governance, Market } = SAFE;
  const unsafe: [string, Partial<Parameters>, string, string][] = [
    ["a short delay of the admin", { $global: { ...$global, adminDelay: 172_799 } }, "$global.adminDelay", "172799"],
    ["a short delay of payouts", { Models: { ...Models, payoutDelay: 172_799 } }, "Models.payoutDelay", "172799"],
    ["one signature for an improvement", { Methods: { ...Methods, threshold: 1 } }, "Methods.threshold", "1"],
    [
      "a guardian that proposes too",
      { Governance: { ...Governance, proposers: [account(2)] } },
      account(2),
      "the multisig behind the timelock, guardian at once",
    ],
    [
      "a deploying key that vouches for improvements",
      { Methods: { attesters: [account(1), account(8)], threshold: 2 } },
      account(1),
      "the deploying key, attester at once",
    ],
    [
      "a treasury that is a key of the backend",
      { Market: { ...Market, treasury: account(6) } },
      account(6),
      "the multisig behind the timelock, the backend at once",
    ],
  ];
  for (const [what, change, name, actual] of unsafe) {
    it(`reports ${what}`, () => {
      expect(unsafePoints({ ...SAFE, ...change }).map((point) => [point.what, point.actual])).to.deep.equal([
        [name, actual],
      ]);
    });
  }

  it("reports proposers that are plain accounts, with delegated code too, but not contracts", async () => {
    const proposers = [account(4), account(5), account(6)];
    const codes: Record<string, string> = { [account(4)]: "0x6001", [account(5)]: "0x", [account(6)]: DELEGATED };
    const found = await plainProposers({ ...SAFE, Governance: { ...Governance, proposers } }, async (at) => codes[at]!);
    expect(found.map(({ what }) => what)).to.deep.equal([`the proposer ${account(5)}`, `the proposer ${account(6)}`]);
  });
});
