import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { type BaseContract, type ContractTransactionResponse, ZeroHash } from "ethers";
import { Random } from "../helpers/random";
import { DAY, field, HOUR } from "../../scripts/dev/world/units";

/** Longest pause out of a whole budget. */
export const PAUSE_BUDGET = 7n * DAY;

const RECOVERY = 6n;
const WINDOW = 42n * DAY;
const MOST_IN_WINDOW = 14n * DAY;
const STEPS = 60;
const SECOND_OF_2106 = 2n ** 32n;
const YEAR_2149 = 5_648_832_000n; // 2149-01-02

/** A pause that a guardian may cause, in a protocol that is ready for what it stops. */
export interface Pausable {
  /** Contract whose ABI has the pause's errors. */
  contract: BaseContract;
  /** Two holders of the guardian's role; what one does binds the other. */
  guardians: readonly [HardhatEthersSigner, HardhatEthersSigner];
  admin: HardhatEthersSigner;
  pause: (sender: HardhatEthersSigner, duration: bigint) => Promise<ContractTransactionResponse>;
  resume: (sender: HardhatEthersSigner) => Promise<ContractTransactionResponse>;
  /** End of the last pause, and when the budget is whole again. */
  state: () => Promise<{ until: bigint; wholeAt: bigint }>;
  /** Expects the event that tells the change. */
  expectPaused: (
    transaction: Promise<ContractTransactionResponse>,
    expected: { until: bigint; wholeAt: bigint; account: HardhatEthersSigner },
  ) => Promise<void>;
  /** What is stopped; succeeds once when not paused. */
  act: () => Promise<ContractTransactionResponse>;
}

/** The budget as a bucket of sixths of a paused second, into which one flows back every second. */
class Budget {
  private static readonly FULL = PAUSE_BUDGET * RECOVERY;
  private level = Budget.FULL;
  private until = 0n;
  private at = 0n;
  /** Every time that was paused, in order. */
  readonly paused: { from: bigint; to: bigint }[] = [];

  /** The longest duration that a guardian may ask for at a time, and how long the present pause still lasts. */
  limits(now: bigint) {
    this.advance(now);
    const running = this.until > now ? this.until - now : 0n;
    return { running, max: running + this.level / RECOVERY };
  }

  pause(now: bigint, duration: bigint) {
    const { running } = this.limits(now);
    this.level -= (duration - running) * RECOVERY;
    this.until = now + duration;
    if (running > 0n) this.paused.at(-1)!.to = this.until;
    else this.paused.push({ from: now, to: this.until });
  }

  resume(now: bigint) {
    const { running } = this.limits(now);
    this.level += running * RECOVERY;
    this.until -= running;
    if (running > 0n) this.paused.at(-1)!.to = now;
  }

  state(now: bigint) {
    this.advance(now);
    return { until: this.until, wholeAt: now + Budget.FULL - this.level };
  }

  /** Most that is paused in any window that ends with a pause: no other window has more. */
  mostInAnyWindow(): bigint {
    const inWindow = (end: bigint) =>
      this.paused
        .map(({ from, to }) => (to < end ? to : end) - (from > end - WINDOW ? from : end - WINDOW))
        .reduce((sum, length) => (length > 0n ? sum + length : sum), 0n);
    return this.paused.map(({ to }) => inWindow(to)).reduce((most, length) => (length > most ? length : most), 0n);
  }

  private advance(now: bigint) {
    const level = this.level + now - this.at;
    this.level = level < Budget.FULL ? level : Budget.FULL;
    this.at = now;
  }
}

/**
 * The rules of `GuardianPause`: a pause ends by itself and comes out of a budget that comes back slowly; guardians pause and
 * extend, and only the admin ends a pause early.
 */
export function shouldBehaveLikeGuardianPause(fixture: () => Promise<Pausable>): void {
  let pausable: Pausable;
  let guardian: HardhatEthersSigner;

  /** Lets the next transaction happen some seconds after now, and tells when. */
  async function next(seconds = 1n): Promise<bigint> {
    const at = BigInt(await time.latest()) + seconds;
    await time.setNextBlockTimestamp(at);
    return at;
  }

  /** A pause that starts in the next second; when. */
  async function pauseFor(duration: bigint): Promise<bigint> {
    const at = await next();
    await pausable.pause(guardian, duration);
    return at;
  }

  async function expectRefused(duration: bigint, running: bigint, max: bigint) {
    await expect(pausable.pause(guardian, duration))
      .to.be.revertedWithCustomError(pausable.contract, "OutOfRange")
      .withArgs(field("duration"), duration, running + 1n, max);
  }

  beforeEach(async () => {
    pausable = await loadFixture(fixture);
    [guardian] = pausable.guardians;
  });

  // Gives the chain its time back, for fixtures that others make later.
  after(() => loadFixture(fixture));

  describe("given no pause yet", () => {
    it("stops nothing, and has its whole budget", async () => {
      expect(await pausable.state()).to.deep.equal({ until: 0n, wholeAt: 0n });
      await expect(pausable.act()).to.not.be.reverted;
    });

    for (const duration of [0n, PAUSE_BUDGET + 1n]) {
      it(`refuses a pause of ${duration} seconds`, async () => {
        await expectRefused(duration, 0n, PAUSE_BUDGET);
        expect(await pausable.state()).to.deep.equal({ until: 0n, wholeAt: 0n });
      });
    }

    for (const duration of [1n, PAUSE_BUDGET]) {
      it(`accepts a pause of ${duration} seconds, whose budget takes six times as long to recover`, async () => {
        const at = await next();
        const expected = { until: at + duration, wholeAt: at + duration * RECOVERY };
        await pausable.expectPaused(pausable.pause(guardian, duration), { ...expected, account: guardian });
        expect(await pausable.state()).to.deep.equal(expected);
      });
    }

    it("changes nothing when the admin resumes", async () => {
      const { admin } = pausable;
      await pausable.expectPaused(pausable.resume(admin), { until: 0n, wholeAt: 0n, account: admin });
      await expect(pausable.act()).to.not.be.reverted;
    });
  });

  describe("given a pause", () => {
    const DURATION = 2n * DAY;

    it("stops until the last second before its end", async () => {
      const until = (await pauseFor(DURATION)) + DURATION;
      await time.setNextBlockTimestamp(until - 1n);
      await expect(pausable.act()).to.be.revertedWithCustomError(pausable.contract, "Paused").withArgs(until);
    });

    it("stops nothing in the second of its end", async () => {
      await time.setNextBlockTimestamp((await pauseFor(DURATION)) + DURATION);
      await expect(pausable.act()).to.not.be.reverted;
    });

    it("costs only what is added when it is extended", async () => {
      const { wholeAt } = { wholeAt: (await pauseFor(DURATION)) + DURATION * RECOVERY };
      const { until } = await pausable.state();
      const at = await next(HOUR);
      const extended = until - at + HOUR;
      const expected = { until: at + extended, wholeAt: wholeAt + HOUR * RECOVERY };
      const [, other] = pausable.guardians;
      await pausable.expectPaused(pausable.pause(other, extended), { ...expected, account: other });
      expect(await pausable.state()).to.deep.equal(expected);
    });

    it("can be neither shortened nor repeated by a guardian", async () => {
      await pauseFor(DURATION);
      await next(HOUR);
      const running = DURATION - HOUR;
      const missing = DURATION * RECOVERY - HOUR;
      const max = running + (PAUSE_BUDGET * RECOVERY - missing) / RECOVERY;
      await expectRefused(1n, running, max);
      await next();
      await expectRefused(running - 1n, running - 1n, max - 1n);
    });

    it("can be extended by the rest of the budget, and not by a second more", async () => {
      await pauseFor(DURATION);
      const at = await next();
      const max = DURATION - 1n + (PAUSE_BUDGET * RECOVERY - (DURATION * RECOVERY - 1n)) / RECOVERY;
      await expectRefused(max + 1n, DURATION - 1n, max);
      await time.setNextBlockTimestamp(at + 1n);
      await pausable.pause(guardian, max - 1n);
      expect((await pausable.state()).until).to.equal(at + max);
    });

    it("ends at once when the admin resumes, and gives back what it did not use", async () => {
      const { admin } = pausable;
      await pauseFor(DURATION);
      const at = await next(HOUR);
      const expected = { until: at, wholeAt: at - HOUR + HOUR * RECOVERY };
      await pausable.expectPaused(pausable.resume(admin), { ...expected, account: admin });
      expect(await pausable.state()).to.deep.equal(expected);
      await expect(pausable.act()).to.not.be.reverted;
    });

    it("G1: cannot be ended early by a guardian", async () => {
      const until = (await pauseFor(DURATION)) + DURATION;
      for (const sender of pausable.guardians) {
        await expect(pausable.resume(sender))
          .to.be.revertedWithCustomError(pausable.contract, "AccessControlUnauthorizedAccount")
          .withArgs(sender, ZeroHash);
      }
      expect((await pausable.state()).until).to.equal(until);
    });

    it("keeps its end if the admin resumes later", async () => {
      const { admin } = pausable;
      const at = await pauseFor(DURATION);
      await time.setNextBlockTimestamp(at + DURATION + 1n);
      const expected = { until: at + DURATION, wholeAt: at + DURATION * RECOVERY };
      await pausable.expectPaused(pausable.resume(admin), { ...expected, account: admin });
    });
  });

  describe("given a pause that used up the budget", () => {
    it("allows only as much as has recovered meanwhile", async () => {
      const at = await pauseFor(PAUSE_BUDGET);
      await time.setNextBlockTimestamp(at + PAUSE_BUDGET);
      const left = PAUSE_BUDGET / RECOVERY;
      await expectRefused(left + 1n, 0n, left);
    });

    it("recovers the whole budget in five times its length after the end", async () => {
      const at = await pauseFor(PAUSE_BUDGET);
      await time.setNextBlockTimestamp(at + PAUSE_BUDGET * RECOVERY - 1n);
      await expectRefused(PAUSE_BUDGET, 0n, PAUSE_BUDGET - 1n);
      await time.setNextBlockTimestamp(at + PAUSE_BUDGET * RECOVERY);
      await pausable.pause(guardian, PAUSE_BUDGET);
      expect((await pausable.state()).until).to.equal(at + PAUSE_BUDGET * (RECOVERY + 1n));
    });
  });

  it("G1: lets a hostile guardian hinder an honest one only by pausing", async () => {
    const [honest, hostile] = pausable.guardians;
    const at = await next();
    await pausable.pause(hostile, 1n);
    await time.setNextBlockTimestamp(at + RECOVERY);
    await pausable.pause(honest, PAUSE_BUDGET);
    expect((await pausable.state()).until).to.equal(at + RECOVERY + PAUSE_BUDGET);
  });

  it(`G1: pauses at most 14 days in any 42, in ${STEPS} steps of two guardians and the admin`, async () => {
    const random = new Random("two guardians");
    const { guardians, admin } = pausable;
    const budget = new Budget();
    for (let step = 0; step < STEPS; step++) {
      const now = await next(random.logBetween(1n, 5n * DAY));
      const { running, max } = budget.limits(now);
      if (step % 10 === 9) {
        await pausable.resume(admin);
        budget.resume(now);
      } else if (max === running) {
        await expectRefused(running, running, max);
        continue;
      } else {
        // The hostile guardian takes all that there is; the other what it needs.
        const hostile = random.between(0n, 1n) === 1n;
        const duration = hostile ? max : random.between(running + 1n, max);
        await pausable.pause(guardians[hostile ? 1 : 0], duration);
        budget.pause(now, duration);
      }
      expect(await pausable.state()).to.deep.equal(budget.state(now));
    }
    expect(budget.mostInAnyWindow()).to.be.greaterThan(PAUSE_BUDGET).and.at.most(MOST_IN_WINDOW);
  });

  for (const [date, start] of [
    ["2106, when 32 bits of seconds end", SECOND_OF_2106 - DAY / 2n],
    ["2149", YEAR_2149],
  ] as const) {
    it(`T: pauses in ${date}`, async () => {
      await time.setNextBlockTimestamp(start);
      await pausable.pause(guardian, DAY);
      const expected = { until: start + DAY, wholeAt: start + DAY * RECOVERY };
      expect(await pausable.state()).to.deep.equal(expected);
      await time.setNextBlockTimestamp(start + DAY - 1n);
      await expect(pausable.act())
        .to.be.revertedWithCustomError(pausable.contract, "Paused")
        .withArgs(start + DAY);
      await time.setNextBlockTimestamp(start + DAY);
      await expect(pausable.act()).to.not.be.reverted;
    });
  }
}
