import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { modelIdOf, Parameter } from "../../scripts/dev/world/models";
import { DAY, field, MAX_UINT256, TOKEN, USDC } from "../../scripts/dev/world/units";
import { deployRegistry, modelArguments, type RegistryContext } from "./registry.fixture";

const DELAY = 2n * DAY;
const OTHER_MODEL = "other-model";
const [RATE, ACCRUAL, PRICE] = [10_000_000n * TOKEN, 5_000n, 4n * USDC];

/** A parameter as its governor sees it: where it starts, its bounds, and which way it moves at once. */
interface Row {
  name: "tokensPerDeltaOne" | "infrastructureAccrualBps" | "pricePerThousandCalls";
  parameter: bigint;
  setter: "setTokensPerDeltaOne" | "setInfrastructureAccrual" | "setPricePerThousandCalls";
  start: bigint;
  min: bigint;
  max: bigint;
  delayed: bigint[];
  instant: bigint[];
}

const ROWS: Row[] = [
  {
    name: "tokensPerDeltaOne",
    parameter: Parameter.TOKENS_PER_DELTA_ONE,
    setter: "setTokensPerDeltaOne",
    start: RATE,
    min: 100n * TOKEN,
    max: 10_000_000n * TOKEN,
    delayed: [100n * TOKEN, 100n * TOKEN + 1n, RATE - 1n, RATE],
    instant: [],
  },
  {
    name: "infrastructureAccrualBps",
    parameter: Parameter.INFRASTRUCTURE_ACCRUAL,
    setter: "setInfrastructureAccrual",
    start: ACCRUAL,
    min: 1_000n,
    max: 10_000n,
    delayed: [ACCRUAL + 1n, 9_999n, 10_000n],
    instant: [1_000n, 1_001n, ACCRUAL - 1n, ACCRUAL],
  },
  {
    name: "pricePerThousandCalls",
    parameter: Parameter.PRICE_PER_THOUSAND_CALLS,
    setter: "setPricePerThousandCalls",
    start: PRICE,
    min: 0n,
    max: 10n ** 12n,
    delayed: [0n, 1n, PRICE - 1n],
    instant: [PRICE, PRICE + 1n, 10n ** 12n - 1n, 10n ** 12n],
  },
];

/** Two models of one governor, with room for every rate. */
async function governedModels() {
  const context = await deployRegistry();
  const { registry, tokenManager } = context;
  const params = {
    tokensPerDeltaOne: RATE,
    infrastructureAccrualBps: ACCRUAL,
    initialOraclePricePerThousandUsd: PRICE,
  };
  const created = modelArguments(context, params);
  await registry.connect(tokenManager).createModel(...created);
  await registry.connect(tokenManager).createModel(...modelArguments(context, params, OTHER_MODEL));
  return { ...context, id: created[0] };
}

describe("ModelRegistry parameters", () => {
  let context: RegistryContext & { id: string };

  beforeEach(async () => {
    context = await loadFixture(governedModels);
  });

  const set = ({ setter }: Row, value: bigint, id = context.id) =>
    context.registry.connect(context.governor)[setter](id, value);

  const cancel = ({ parameter }: Row, sender: HardhatEthersSigner) =>
    context.registry.connect(sender).cancelChange(context.id, parameter);

  const pendingOf = ({ parameter }: Row, id = context.id) => context.registry.pendingChangeOf(id, parameter);

  const valueOf = async ({ name }: Row, id = context.id) => (await context.registry.parametersOf(id))[name];

  /** Lets the next transaction happen a second after now, and tells when. */
  async function nextSecond() {
    const at = BigInt(await time.latest()) + 1n;
    await time.setNextBlockTimestamp(at);
    return at;
  }

  /** Schedules a change; the last second of the old value. */
  async function schedule(row: Row, value: bigint) {
    const at = await nextSecond();
    await set(row, value);
    return at + DELAY;
  }

  /** The change of this value does not take place, though its time passes. */
  async function expectNever(row: Row, effectiveAt: bigint, value: bigint) {
    expect(await pendingOf(row)).to.deep.equal([0n, 0n]);
    await time.increaseTo(effectiveAt + 1n);
    expect(await valueOf(row)).to.equal(value);
  }

  for (const row of ROWS) {
    const { name, parameter, start, min, max, delayed, instant } = row;

    describe(name, () => {
      for (const value of [...(min > 0n ? [0n, min - 1n] : []), max + 1n, MAX_UINT256]) {
        it(`refuses ${value}, which is out of bounds`, async () => {
          await expect(set(row, value))
            .to.be.revertedWithCustomError(context.registry, "OutOfRange")
            .withArgs(field(name), value, min, max);
          expect(await pendingOf(row)).to.deep.equal([0n, 0n]);
          expect(await valueOf(row)).to.equal(start);
        });
      }

      it("refuses a change for an unknown model", async () => {
        const { registry, governor } = context;
        await expect(set(row, delayed[0]!, modelIdOf("unknown")))
          .to.be.revertedWithCustomError(registry, "UnauthorizedCaller")
          .withArgs(governor, ethers.ZeroAddress);
      });

      describe("given no pending change", () => {
        it("reports none", async () => {
          expect(await pendingOf(row)).to.deep.equal([0n, 0n]);
        });

        for (const value of delayed) {
          it(`changes from ${start} to ${value} after two days, without another call`, async () => {
            const { registry, id } = context;
            const effectiveAt = (await nextSecond()) + DELAY;
            await expect(set(row, value))
              .to.emit(registry, "ParameterChangeScheduled")
              .withArgs(id, parameter, start, value, effectiveAt);
            expect(await pendingOf(row)).to.deep.equal([value, effectiveAt]);
            expect(await valueOf(row)).to.equal(start);

            await time.increaseTo(effectiveAt);
            expect(await pendingOf(row)).to.deep.equal([value, effectiveAt]);
            expect(await valueOf(row)).to.equal(start);

            await time.increaseTo(effectiveAt + 1n);
            expect(await pendingOf(row)).to.deep.equal([0n, 0n]);
            expect(await valueOf(row)).to.equal(value);
          });
        }

        for (const value of instant) {
          it(`changes from ${start} to ${value} at once`, async () => {
            const { registry, id } = context;
            const transaction = set(row, value);
            await expect(transaction).to.emit(registry, "ParameterChanged").withArgs(id, parameter, start, value);
            await expect(transaction).to.not.emit(registry, "ParameterChangeScheduled");
            expect(await valueOf(row)).to.equal(value);
            expect(await pendingOf(row)).to.deep.equal([0n, 0n]);
          });
        }

        it("refuses a cancellation", async () => {
          const { registry, governor, guardian, id } = context;
          for (const sender of [governor, guardian]) {
            await expect(cancel(row, sender))
              .to.be.revertedWithCustomError(registry, "NoPendingChange")
              .withArgs(id, parameter);
          }
        });
      });

      describe("given a pending change", () => {
        const [first, second] = [delayed[0]!, delayed[1]!];

        it("lets the next change replace it, which waits the whole delay", async () => {
          const replaced = await schedule(row, first);
          await time.increase(DAY);
          const effectiveAt = (await nextSecond()) + DELAY;
          await expect(set(row, second))
            .to.emit(context.registry, "ParameterChangeScheduled")
            .withArgs(context.id, parameter, start, second, effectiveAt);
          await time.increaseTo(replaced + 1n);
          expect(await valueOf(row)).to.equal(start);
          expect(await pendingOf(row)).to.deep.equal([second, effectiveAt]);
          await time.increaseTo(effectiveAt + 1n);
          expect(await valueOf(row)).to.equal(second);
        });

        for (const value of instant.slice(0, 1)) {
          it("drops it if the next change takes effect at once", async () => {
            const effectiveAt = await schedule(row, first);
            await expect(set(row, value))
              .to.emit(context.registry, "ParameterChanged")
              .withArgs(context.id, parameter, start, value);
            await expectNever(row, effectiveAt, value);
          });
        }

        for (const key of ["governor", "guardian"] as const) {
          it(`lets the ${key} cancel it, once`, async () => {
            const { registry, id } = context;
            const effectiveAt = await schedule(row, first);
            const transaction = cancel(row, context[key]);
            await expect(transaction).to.emit(registry, "ParameterChangeCancelled").withArgs(id, parameter, first);
            await expect(transaction).to.not.emit(registry, "ParameterChanged");
            await expect(cancel(row, context[key]))
              .to.be.revertedWithCustomError(registry, "NoPendingChange")
              .withArgs(id, parameter);
            await expectNever(row, effectiveAt, start);
          });
        }

        it("can still be cancelled in its last second", async () => {
          const effectiveAt = await schedule(row, first);
          await time.setNextBlockTimestamp(effectiveAt);
          await expect(cancel(row, context.guardian))
            .to.emit(context.registry, "ParameterChangeCancelled")
            .withArgs(context.id, parameter, first);
          await expectNever(row, effectiveAt, start);
        });

        it("affects neither another parameter nor another model", async () => {
          const effectiveAt = await schedule(row, first);
          const others = ROWS.filter((other) => other !== row);
          for (const other of others) {
            expect(await pendingOf(other)).to.deep.equal([0n, 0n]);
            await schedule(other, other.delayed[0]!);
          }
          expect(await pendingOf(row)).to.deep.equal([first, effectiveAt]);
          await cancel(row, context.governor);
          for (const other of others) expect((await pendingOf(other))[0]).to.equal(other.delayed[0]);

          const otherId = modelIdOf(OTHER_MODEL);
          expect(await pendingOf(row, otherId)).to.deep.equal([0n, 0n]);
          await time.increaseTo(effectiveAt + 10n);
          expect(await valueOf(row, otherId)).to.equal(start);
          for (const other of others) expect(await valueOf(other)).to.equal(other.delayed[0]);
        });
      });

      describe("given a change that is due", () => {
        it("refuses to cancel it", async () => {
          const { registry, governor, guardian, id } = context;
          const effectiveAt = await schedule(row, delayed[0]!);
          for (const [sender, at] of [
            [governor, effectiveAt + 1n],
            [guardian, effectiveAt + DAY],
          ] as const) {
            await time.setNextBlockTimestamp(at);
            await expect(cancel(row, sender))
              .to.be.revertedWithCustomError(registry, "NoPendingChange")
              .withArgs(id, parameter);
          }
          expect(await valueOf(row)).to.equal(delayed[0]);
        });

        it("takes it as the starting point of the next change", async () => {
          const { registry, id } = context;
          // From one end of the bounds to the other.
          const far = delayed.includes(min) ? min : max;
          const back = far === min ? min + 1n : max - 1n;
          await time.increaseTo((await schedule(row, far)) + 1n);
          const at = await nextSecond();
          const transaction = set(row, back);
          if (name === "tokensPerDeltaOne") {
            await expect(transaction)
              .to.emit(registry, "ParameterChangeScheduled")
              .withArgs(id, parameter, far, back, at + DELAY);
            expect(await valueOf(row)).to.equal(far);
          } else {
            await expect(transaction).to.emit(registry, "ParameterChanged").withArgs(id, parameter, far, back);
            expect(await valueOf(row)).to.equal(back);
          }
        });
      });
    });
  }

  it("sets a first price at once, whatever it is", async () => {
    const [, , price] = ROWS as [Row, Row, Row];
    await time.increaseTo((await schedule(price, 0n)) + 1n);
    expect(await valueOf(price)).to.equal(0);
    await expect(set(price, 1n))
      .to.emit(context.registry, "ParameterChanged")
      .withArgs(context.id, price.parameter, 0n, 1n);
    expect(await valueOf(price)).to.equal(1);
  });

  it("feeTermsOf returns the values that are in force", async () => {
    const { registry, id } = context;
    const [, accrual, price] = ROWS as [Row, Row, Row];
    await schedule(accrual, 6_000n);
    const effectiveAt = await schedule(price, USDC);
    const terms = async () => (await registry.feeTermsOf(id)).slice(1);
    await time.increaseTo(effectiveAt);
    expect(await terms()).to.deep.equal([6_000n, PRICE]); // the share was scheduled a second before
    await time.increaseTo(effectiveAt + 1n);
    expect(await terms()).to.deep.equal([6_000n, USDC]);
  });

  it("finds nothing to cancel for an unknown model, and lets only a guardian try", async () => {
    const { registry, guardian, governor } = context;
    const unknown = modelIdOf("unknown");
    for (const { parameter } of ROWS) {
      await expect(registry.connect(guardian).cancelChange(unknown, parameter))
        .to.be.revertedWithCustomError(registry, "NoPendingChange")
        .withArgs(unknown, parameter);
      await expect(registry.connect(governor).cancelChange(unknown, parameter))
        .to.be.revertedWithCustomError(registry, "UnauthorizedCaller")
        .withArgs(governor, ethers.ZeroAddress);
    }
  });
});
