import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import type { BaseContract, ContractTransactionResponse } from "ethers";
import { DAY } from "./units";

const MAX_DURATION = 14n * DAY;
const COOLDOWN = 28n * DAY;

/** A pause that a guardian may cause, in a protocol that is ready for what it stops. */
export interface Pausable {
  /** Contract whose ABI has the pause's errors. */
  contract: BaseContract;
  pause: (duration: bigint) => Promise<ContractTransactionResponse>;
  resume: () => Promise<ContractTransactionResponse>;
  until: () => Promise<bigint>;
  /** Expects the event that tells the pause's new end. */
  expectPaused: (transaction: Promise<ContractTransactionResponse>, until: bigint) => Promise<void>;
  /** What is stopped; succeeds once when not paused. */
  act: () => Promise<ContractTransactionResponse>;
}

/** The rules of `GuardianPause`: a pause is bounded, ends by itself, and cannot be chained. */
export function shouldBehaveLikeGuardianPause(fixture: () => Promise<Pausable>): void {
  let pausable: Pausable;

  /** Lets the next transaction happen a second after now, and tells when. */
  async function nextSecond(): Promise<bigint> {
    const at = BigInt(await time.latest()) + 1n;
    await time.setNextBlockTimestamp(at);
    return at;
  }

  /** A pause of the longest duration that starts now; its end. */
  async function pauseForLongest(): Promise<bigint> {
    await pausable.pause(MAX_DURATION);
    return BigInt(await time.latest()) + MAX_DURATION;
  }

  beforeEach(async () => {
    pausable = await loadFixture(fixture);
  });

  describe("given no pause yet", () => {
    it("tells 0", async () => {
      expect(await pausable.until()).to.equal(0);
    });

    for (const duration of [0n, MAX_DURATION + 1n]) {
      it(`refuses a pause of ${duration} seconds`, async () => {
        await expect(pausable.pause(duration))
          .to.be.revertedWithCustomError(pausable.contract, "PauseDurationOutOfRange")
          .withArgs(duration, 1, MAX_DURATION);
        expect(await pausable.until()).to.equal(0);
      });
    }

    for (const duration of [1n, MAX_DURATION]) {
      it(`accepts a pause of ${duration} seconds`, async () => {
        const until = (await nextSecond()) + duration;
        await pausable.expectPaused(pausable.pause(duration), until);
        expect(await pausable.until()).to.equal(until);
      });
    }

    it("stays open when resumed", async () => {
      await pausable.expectPaused(pausable.resume(), 0n);
      await pausable.act();
      expect(await pausable.until()).to.equal(0);
    });
  });

  describe("given a pause", () => {
    it("stops until the last second before its end", async () => {
      const until = await pauseForLongest();
      await time.setNextBlockTimestamp(until - 1n);
      await expect(pausable.act()).to.be.revertedWithCustomError(pausable.contract, "Paused").withArgs(until);
    });

    it("is over in the second of its end", async () => {
      await time.setNextBlockTimestamp(await pauseForLongest());
      await expect(pausable.act()).to.not.be.reverted;
    });

    it("cannot be extended while it lasts", async () => {
      const until = await pauseForLongest();
      await expect(pausable.pause(1n))
        .to.be.revertedWithCustomError(pausable.contract, "PauseCoolingDown")
        .withArgs(until + COOLDOWN);
    });

    it("ends at once when resumed", async () => {
      await pauseForLongest();
      const now = await nextSecond();
      await pausable.expectPaused(pausable.resume(), now);
      expect(await pausable.until()).to.equal(now);
      await expect(pausable.act()).to.not.be.reverted;
    });

    it("keeps its end when resumed after it", async () => {
      const until = await pauseForLongest();
      await time.setNextBlockTimestamp(until + 1n);
      await pausable.expectPaused(pausable.resume(), until);
      expect(await pausable.until()).to.equal(until);
    });
  });

  describe("given a pause that ended", () => {
    it("refuses another a second before the cooldown is over", async () => {
      const until = await pauseForLongest();
      await time.setNextBlockTimestamp(until + COOLDOWN - 1n);
      await expect(pausable.pause(1n))
        .to.be.revertedWithCustomError(pausable.contract, "PauseCoolingDown")
        .withArgs(until + COOLDOWN);
    });

    it("accepts another when the cooldown is over", async () => {
      const until = await pauseForLongest();
      await time.setNextBlockTimestamp(until + COOLDOWN);
      await pausable.expectPaused(pausable.pause(1n), until + COOLDOWN + 1n);
    });

    it("counts the cooldown from an early end", async () => {
      await pauseForLongest();
      const now = await nextSecond();
      await pausable.resume();
      await time.setNextBlockTimestamp(now + COOLDOWN - 1n);
      await expect(pausable.pause(1n))
        .to.be.revertedWithCustomError(pausable.contract, "PauseCoolingDown")
        .withArgs(now + COOLDOWN);
      await time.setNextBlockTimestamp(now + COOLDOWN);
      await expect(pausable.pause(1n)).to.not.be.reverted;
    });
  });
}
