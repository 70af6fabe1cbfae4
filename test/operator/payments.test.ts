// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { concat, getAddress, id, type Interface } from "ethers";
import hre from "hardhat";
import type { UsageFeeRouter } from "../../.build/typechain";
import type { Follower, LogSubject } from "../../operator/chain/follower";
import type { Fact } from "../../operator/chain/checkpoint";
import type { ChainView } from "../../operator/chain/head";
import { FeePayments } from "../../operator/duties/payments";
import { Unsettled, type PatientProvider } from "../../operator/rpc";
import { Telemetry } from "../../operator/telemetry";

const [ACCOUNT, OTHER, ROUTER] = ["ab", "bc", "cd"].map((pair) => getAddress(`0x${pair.repeat(20)}`)) as [
  string,
  string,
  string,
];

/** A log of the router, or of whatever contract is named. */
interface Emitted {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
}

/** A transaction as the node tells it. */
interface Sent {
  readonly from?: string;
  readonly to?: string;
  readonly nonce?: number;
  readonly data?: string;
  readonly block?: number;
  readonly logs?: readonly Emitted[];
}

describe("operator: the payments of the fee account", () => {
  let router: Interface;
  let told: Record<string, unknown>[];
  let transactions: Map<string, Sent>;
  let looked: string[];
  let kept: Fact[];
  let subject: LogSubject<Fact>;
  let payments: FeePayments;

  before(async () => {
    router = (await hre.ethers.getContractFactory("UsageFeeRouter")).interface as unknown as Interface;
  });
  beforeEach(() => {
    told = [];
    looked = [];
    kept = [];
    transactions = new Map();
    const provider = {
      getTransaction(hash: string) {
        looked.push(hash);
        const sent = transactions.get(hash);
        return Promise.resolve(sent ? { from: ACCOUNT, to: ROUTER, nonce: 0, data: "0x", ...sent } : null);
      },
      getTransactionReceipt(hash: string) {
        const sent = transactions.get(hash);
        return Promise.resolve(
          sent ? { blockNumber: 7, ...(sent.block && { blockNumber: sent.block }), logs: sent.logs ?? [] } : null,
        );
      },
      blockAt(number: number) {
        const prefetchedTransactions = [...transactions]
          .filter(([, { block }]) => block === number)
          .map(([hash, sent]) => ({ hash, from: ACCOUNT, nonce: 0, ...sent }));
        return Promise.resolve({ prefetchedTransactions });
      },
    };
    const follower = {
      follow(given: LogSubject<Fact>) {
        subject = given;
        return (fact: Fact) => {
          kept.push(fact);
          given.apply(fact);
        };
      },
    };
    payments = new FeePayments(
      provider as unknown as PatientProvider,
      { target: ROUTER, interface: router } as unknown as UsageFeeRouter,
      ACCOUNT,
      follower as unknown as Follower,
      new Telemetry((line) => told.push(JSON.parse(line) as Record<string, unknown>)),
    );
  });

  const emitted = (name: string, values: unknown[], address = ROUTER): Emitted => ({
    address,
    ...router.encodeEventLog(name, values),
  });
  const deposited = (model: string, amount: bigint, payer = ACCOUNT, address = ROUTER) =>
    emitted("FeeDeposited", [id(model), payer, amount - 1n, 1n], address);
  const failed = (model: string, amount: bigint) => emitted("DepositFailed", [id(model), ACCOUNT, amount, "0x"]);
  const depositFees = (deposits: [string, bigint][], records: string[], rest = "0x") =>
    concat([
      router.encodeFunctionData("depositFees", [deposits.map(([model, amount]) => ({ model: id(model), amount }))]),
      ...records.map(id),
      rest,
    ]);
  /** The node shows a log of a deposit in a transaction. */
  const show = (hash: string, log: Emitted, block = 7) => {
    const fact = subject.read({ ...log, blockNumber: block, transactionHash: hash } as never);
    if (fact) subject.apply(fact);
    return fact;
  };
  const read = async (hash: string, sent: Sent) => {
    transactions.set(hash, sent);
    show(hash, deposited("m", 5n), sent.block);
    await payments.advance();
  };

  it("are followed by the account's name in the events of the router", () => {
    expect(subject.name).to.equal(`payments of ${ACCOUNT}`);
    expect(subject.addresses).to.deep.equal([ROUTER]);
    expect(subject.events).to.deep.equal([id("FeeDeposited(bytes32,address,uint256,uint256)")]);
  });

  it("are read from each transaction once, and not from deposits of others", async () => {
    transactions.set("0x1", { logs: [deposited("m", 5n)] });
    expect(show("0x2", deposited("m", 5n, OTHER))).to.equal(undefined);
    expect(show("0x1", deposited("m", 5n))).to.deep.equal({ kind: "deposit", block: 7, transaction: "0x1" });
    expect(show("0x1", deposited("n", 5n))).to.equal(undefined);
    await payments.advance();
    await payments.advance();
    expect(looked).to.deep.equal(["0x1"]);
    expect(payments.spentFrom(0)).to.equal(5n);
  });

  it("are of the records whose deposits succeeded, in the order of the call", async () => {
    const deposits: [string, bigint][] = [
      ["m", 10n],
      ["n", 20n],
      ["m", 30n],
    ];
    const logs = [
      deposited("m", 10n),
      failed("n", 20n),
      emitted("CallsPaid", [id("m"), ACCOUNT, 1n, 1n]),
      deposited("m", 30n),
    ];
    await read("0x1", { nonce: 4, data: depositFees(deposits, ["a", "b", "c"]), logs, block: 9 });
    const paid = { transaction: "0x1", block: 9, nonce: 4, model: id("m") };
    expect(payments.of(id("a"))).to.deep.equal({ ...paid, amount: 10n });
    expect(payments.of(id("b"))).to.equal(undefined);
    expect(payments.of(id("c"))).to.deep.equal({ ...paid, amount: 30n });
    expect(payments.spentFrom(0)).to.equal(40n);
  });

  it("do not count events of other contracts as results of the router", async () => {
    const logs = [deposited("m", 99n, ACCOUNT, OTHER), failed("m", 10n), deposited("m", 20n)];
    const data = depositFees(
      [
        ["m", 10n],
        ["m", 20n],
      ],
      ["a", "b"],
    );
    await read("0x1", { data, logs });
    expect(payments.of(id("a"))).to.equal(undefined);
    expect(payments.of(id("b"))?.amount).to.equal(20n);
    expect(payments.spentFrom(0)).to.equal(20n);
  });

  it("are of all records of a call that pays for calls, without an amount", async () => {
    const call = router.encodeFunctionData("payForCalls", [id("m"), 3n, 9n]);
    await read("0x1", { nonce: 2, data: concat([call, id("a"), id("b"), "0x1234"]), logs: [deposited("m", 9n)] });
    const paid = { transaction: "0x1", block: 7, nonce: 2, model: id("m") };
    expect(payments.of(id("a"))).to.deep.equal(paid);
    expect(payments.of(id("b"))).to.deep.equal(paid);
    expect(payments.of(concat(["0x1234", "0x".padEnd(62, "0")]))).to.equal(undefined);
  });

  const unpaid: [string, () => Sent][] = [
    ["a transaction of somebody else", () => ({ from: OTHER, nonce: 3 })],
    ["a call of another contract", () => ({ to: OTHER })],
    ["a call that emitted nothing", () => ({ logs: [] })],
    ["a call that is not the router's", () => ({ data: concat(["0x12345678", id("a")]) })],
    [
      "another call of the router",
      () => ({ data: concat([router.encodeFunctionData("depositFee", [id("m"), 5n]), id("a")]) }),
    ],
    ["a call without ids", () => ({ data: depositFees([["m", 5n]], []) })],
  ];
  for (const [what, sent] of unpaid) {
    it(`are of no record in ${what}`, async () => {
      await read("0x1", { data: depositFees([["m", 5n]], ["a"]), logs: [deposited("m", 5n)], ...sent() });
      expect(payments.of(id("a"))).to.equal(undefined);
      const nonce = sent().from === OTHER ? -1 : 0;
      const spent = sent().logs ? "0" : "5";
      expect(kept).to.deep.equal([{ kind: "transaction", block: 7, transaction: "0x1", nonce, records: [], spent }]);
    });
  }

  it("are counted from a block on, whoever sent them", async () => {
    await read("0x1", { block: 3, logs: [deposited("m", 1n)] });
    await read("0x2", { block: 4, from: OTHER, to: OTHER, logs: [deposited("m", 10n), deposited("m", 500n, OTHER)] });
    await read("0x3", { block: 5, logs: [deposited("m", 100n)] });
    expect([0, 3, 4, 5, 6].map((block) => payments.spentFrom(block))).to.deep.equal([111n, 111n, 110n, 100n, 0n]);
  });

  it("are forgotten when the follower says so", async () => {
    await read("0x1", { data: depositFees([["m", 5n]], ["a"]), logs: [deposited("m", 5n)] });
    show("0x2", deposited("m", 5n));
    subject.clear();
    expect(payments.of(id("a"))).to.equal(undefined);
    expect(payments.spentFrom(0)).to.equal(0n);
    looked.length = 0;
    await payments.advance();
    expect(looked).to.deep.equal([]);
  });

  it("cannot be read while the node lacks the transaction", async () => {
    show("0x1", deposited("m", 5n));
    const error: unknown = await payments.advance().catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(Unsettled);
    expect((error as Error).message).to.match(/^the node has had logs of 0x1, and has not got the transaction: /);
  });

  describe("given what a reorganisation has undone", () => {
    const fact = { kind: "transaction", block: 9, transaction: "0x1", nonce: 4, spent: "5" };
    const records = [
      [id("a"), id("m"), "5"],
      [id("b"), id("m"), null],
    ];

    it("are logged with the number of records, the nonce, the block and the transaction", () => {
      subject.undone([{ ...fact, records } as Fact]);
      expect(told).to.have.lengthOf(1);
      expect({ ...told[0], time: "" }).to.deep.equal({
        time: "",
        level: "warn",
        event: "undone",
        duty: "fees",
        what: "payment",
        records: 2,
        nonce: 4,
        block: 9,
        hash: "0x1",
      });
    });

    it("are not logged if they are deposits, paid no record or wait to be read again", () => {
      subject.undone([{ kind: "deposit", block: 9, transaction: "0x1" } as Fact, { ...fact, records: [] } as Fact]);
      show("0x1", deposited("m", 5n));
      subject.undone([{ ...fact, records } as Fact]);
      expect(told).to.deep.equal([]);
    });
  });

  describe("given nonces that were used", () => {
    /** The account's count of nonces at a block, and the blocks that were asked for. */
    function counting() {
      const asked: number[] = [];
      const countAt = (block: number) => {
        asked.push(block);
        const used = [...transactions.values()].filter(({ from, block: at = 0 }) => from !== OTHER && at <= block);
        return Promise.resolve(used.length);
      };
      return { asked, countAt };
    }
    const view = (confirmed: number) => ({ confirmed }) as ChainView;

    it("are found in the block that used each nonce, those that are known left out", async () => {
      const { countAt } = counting();
      await read("0x0", { nonce: 0, block: 105, logs: [] });
      transactions.set("0xf", { from: OTHER, nonce: 1, block: 120, logs: [] });
      for (const [nonce, block] of [
        [1, 120],
        [2, 137],
        [3, 160],
      ] as const)
        transactions.set(`0x${nonce}`, {
          nonce,
          block,
          data: depositFees([["m", 5n]], [`r${nonce}`]),
          logs: [deposited("m", 5n)],
        });
      looked.length = 0;
      await payments.complete(view(160), 4, countAt);
      expect(looked).to.deep.equal(["0x1", "0x2", "0x3"]);
      expect([1, 2, 3].map((nonce) => payments.of(id(`r${nonce}`))?.block)).to.deep.equal([120, 137, 160]);
      looked.length = 0;
      await payments.complete(view(160), 4, countAt);
      expect(looked).to.deep.equal([]);
    });

    it("are looked for in the last 64 blocks only", async () => {
      const { asked, countAt } = counting();
      transactions.set("0x0", { nonce: 0, block: 96 });
      transactions.set("0x1", { nonce: 1, block: 97 });
      await payments.complete(view(160), 2, countAt);
      expect(looked).to.deep.equal(["0x1"]);
      expect(asked[0]).to.equal(96);
      expect(Math.min(...asked)).to.equal(96);
    });

    it("are looked for from the first block on while the chain is short", async () => {
      const { asked, countAt } = counting();
      transactions.set("0x0", { nonce: 0, block: 1 });
      await payments.complete(view(10), 1, countAt);
      expect(looked).to.deep.equal(["0x0"]);
      expect(asked[0]).to.equal(0);
    });

    it("are reported as unknown if the block shows no transaction of the account with the nonce", async () => {
      const { countAt } = counting();
      transactions.set("0x0", { nonce: 5, block: 8 });
      const error: unknown = await payments.complete(view(10), 1, countAt).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(Unsettled);
      expect((error as Error).message).to.equal(
        `the node does not tell what has used nonce 0 of ${ACCOUNT}: a node behind the address lags, or the chain is being reorganised`,
      );
    });
  });
});
