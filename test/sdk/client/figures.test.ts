import { expect } from "chai";
import { ErrorFragment, Interface, parseEther } from "ethers";
import hre, { artifacts } from "hardhat";
import { ERROR_GUIDE } from "../../../sdk/client/errorGuide";
import { inUnits, TRADES, UNITS } from "../../../sdk/client/figures";

const [FROM, TO] = [`0x${"1".repeat(40)}`, `0x${"2".repeat(40)}`] as const;

/** A call of a pool that nobody has deployed, and so of a token without a symbol. */
const callOf = (selector: string) => ({ from: FROM, to: TO, data: `${selector}${"00".repeat(32)}` });
const selectorOf = (wanted: string) => [...TRADES].find(([, side]) => side === wanted)![0];

describe("sdk/client/figures", () => {
  it("has a unit for every number of every error", () => {
    const numbers = ERROR_GUIDE.filter(({ signature }) => !signature.startsWith("Error(")).flatMap(({ signature }) => {
      const { name, inputs } = ErrorFragment.from(`error ${signature}`);
      return inputs.filter(({ type }) => /^u?int/.test(type)).map((input) => `${name}.${input.name}`);
    });
    const known = Object.entries(UNITS).flatMap(([name, units]) => Object.keys(units).map((key) => `${name}.${key}`));

    expect(known.sort()).to.deep.equal([...new Set(numbers)].sort());
  });

  it("knows every trade of a pool", async () => {
    const { abi } = await artifacts.readArtifact("HokusaiAMM");
    const trades = Object.values(new Interface(abi).fragments).flatMap((fragment) => {
      if (fragment.type !== "function") return [];
      const { name, selector, stateMutability } = fragment as unknown as Record<string, string>;
      const side = /^(buy|sell)/.exec(name!)?.[1];
      return side && stateMutability !== "view" ? [[selector, side]] : [];
    });

    expect([...TRADES].sort()).to.deep.equal(trades.sort());
  });

  const ether = String(parseEther("1.5"));
  const cases: [
    what: string,
    error: string,
    args: Record<string, string>,
    data: string,
    shown: Record<string, string>,
  ][] = [
    ["a time in UTC", "SellsNotOpen", { opensAt: "1767225600" }, "0x", { opensAt: "2026-01-01 00:00:00 UTC" }],
    ["a time of zero as never", "PayeeNotApproved", { payableFrom: "0" }, "0x", { payableFrom: "never" }],
    [
      "a stop without end",
      "PayoutIsStopped",
      { since: "1767225600", until: String(2n ** 40n - 1n) },
      "0x",
      { since: "2026-01-01 00:00:00 UTC", until: "without end" },
    ],
    [
      "durations in hours",
      "TimelockInsufficientDelay",
      { delay: "5400", minDelay: "172800" },
      "0x",
      { delay: "1.5 hours", minDelay: "48 hours" },
    ],
    ["a reserve in USDC", "InsufficientReserve", { requested: "2500000" }, "0x", { requested: "2.5 USDC" }],
    ["a balance in ether", "InsufficientBalance", { balance: ether }, "0x", { balance: "1.5 ether" }],
    [
      "the output of a buy in tokens",
      "InsufficientOutput",
      { output: ether },
      selectorOf("buy"),
      { output: "1.5 tokens" },
    ],
    [
      "the output of a sale in USDC",
      "InsufficientOutput",
      { output: "2500000" },
      selectorOf("sell"),
      { output: "2.5 USDC" },
    ],
    [
      "the input of a buy in USDC",
      "ERC20InsufficientBalance",
      { needed: "2500000" },
      selectorOf("buy"),
      { needed: "2.5 USDC" },
    ],
    [
      "the input of a sale in tokens",
      "ERC20InsufficientBalance",
      { needed: ether },
      selectorOf("sell"),
      { needed: "1.5 tokens" },
    ],
    ["a number without a unit as it is", "DailyLimitExceeded", { deltaBps: "1200" }, "0x", { deltaBps: "1200" }],
    [
      "the ends of an interval as they are",
      "InvalidInterval",
      { from: "0", to: ether },
      "0x",
      { from: "0", to: ether },
    ],
    ["an address as it is", "PayoutIsStopped", { method: FROM }, "0x", { method: FROM }],
  ];
  for (const [what, error, args, data, shown] of cases) {
    it(`shows ${what}`, async () => {
      expect(await inUnits(hre, callOf(data), error, args)).to.deep.equal(shown);
    });
  }

  it("shows an amount as it is if nobody knows what was traded", async () => {
    expect(await inUnits(hre, undefined, "InsufficientOutput", { output: "7" })).to.deep.equal({ output: "7" });
    expect(await inUnits(hre, undefined, "ERC20InsufficientBalance", { needed: "7" })).to.deep.equal({ needed: "7" });
  });
});
