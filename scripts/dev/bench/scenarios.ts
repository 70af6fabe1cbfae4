// What `npm run bench` measures. Each scenario starts from a fresh copy of its fixture; docs/benchmarks.md describes them.

import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import type { Signer } from "ethers";
import hre, { ethers } from "hardhat";
import { saltOf } from "../../../deploy/create2";
import { networkOf } from "../../../deploy/network";
import { readParameters } from "../../../deploy/parameters";
import { deployProtocol } from "../../../deploy/protocol";
import { LocalReserve } from "../../../ignition/modules/LocalReserve";
import { claimGas, contributors, improvementByFiveGas, improvementGas, releaseGas } from "./improvements";
import { DEADLINE, gasOf, launch, openMarket, payFees, type BenchMarket, type FeePayer } from "./world";
import { provenImprovementGas, verificationGas } from "./zk";

/** One figure of the benchmark. */
export interface Scenario {
  name: string;
  /** The figure that must not be exceeded, if one was set. */
  target?: bigint;
  /** The scenario whose figure is subtracted before comparing with the target, if the target bounds a difference. */
  targetAbove?: string;
  measure(): Promise<bigint>;
}

const PAID = 100n * 10n ** 6n;
const SOLD = 1_000n * 10n ** 18n;
const STREAMED = 1_000n * 10n ** 6n;

const CALLS = 100_000n;
const STREAM_DURATION = 86_400n;

/** Lower bounds close to the trade's result, so that calldata costs as much as a careful user's. */
const MIN_TOKENS_OUT = 9_123_456_789_012_345_678n;
const MIN_RESERVE_OUT = 9_123_456n;

/** A measurement in the market of {@link openMarket}. */
const inMarket = (measure: (market: BenchMarket) => Promise<bigint>) => async () =>
  measure(await loadFixture(openMarket));

const buy = ({ pool }: BenchMarket, buyer: Signer) =>
  gasOf(pool.connect(buyer).buy(PAID, MIN_TOKENS_OUT, buyer, DEADLINE));

/** The gas of launching another model on a protocol that has launched one before. */
const launchGas = async ({ protocol }: BenchMarket) => (await launch(protocol, "sentiment-v2")).gas;

/** A measurement by somebody who has paid fees before, for the model of {@link openMarket} and 19 others. */
const withFees = (measure: (payer: FeePayer) => Promise<bigint>) => async () => measure(await loadFixture(payFees));

const deposit = ({ router, model }: FeePayer) => gasOf(router.depositFee(model, PAID));

/** Every figure, in the order of the table. */
export const SCENARIOS: readonly Scenario[] = [
  { name: "buy.repeat", target: 71_300n, measure: inMarket((market) => buy(market, market.protocol.alice)) },
  { name: "buy.first", target: 88_450n, measure: inMarket((market) => buy(market, market.protocol.bob)) },
  {
    name: "buy.streaming",
    target: 2_300n,
    targetAbove: "buy.repeat",
    measure: inMarket(async (market) => {
      await market.pool.connect(market.protocol.bob).depositFees(STREAMED);
      return buy(market, market.protocol.alice);
    }),
  },
  {
    name: "sell.partial",
    target: 66_450n,
    measure: inMarket(({ pool, protocol: { alice } }) =>
      gasOf(pool.connect(alice).sell(SOLD, MIN_RESERVE_OUT, alice, DEADLINE)),
    ),
  },
  {
    name: "token.transfer",
    target: 34_600n,
    measure: inMarket(({ token, protocol: { alice, supplier } }) =>
      gasOf(token.connect(alice).transfer(supplier, SOLD)),
    ),
  },
  { name: "token.deploy", target: 1_500_000n, measure: inMarket(async (market) => (await launchGas(market)).deploy) },
  { name: "model.register", measure: inMarket(async (market) => (await launchGas(market)).register) },
  { name: "supplier.distribute", measure: inMarket(async (market) => (await launchGas(market)).distribute) },
  {
    name: "pool.create",
    target: 1_850_000n,
    measure: inMarket(async (market) => (await launchGas(market)).createPool),
  },
  {
    name: "launch.total",
    target: 3_550_000n,
    measure: inMarket(async (market) => Object.values(await launchGas(market)).reduce((sum, gas) => sum + gas)),
  },
  { name: "fee.deposit", target: 88_700n, measure: withFees(deposit) },
  {
    name: "fee.deposit.ended",
    target: 89_000n,
    measure: withFees(async (payer) => {
      await time.increase(STREAM_DURATION + 1n);
      return deposit(payer);
    }),
  },
  {
    name: "fee.batch20",
    target: 51_000n,
    measure: withFees(async ({ router, deposits }) => {
      await router.depositFees(deposits);
      return (await gasOf(router.depositFees(deposits))) / BigInt(deposits.length);
    }),
  },
  {
    name: "fee.calls",
    target: 92_000n,
    measure: withFees(({ router, model }) => gasOf(router.payForCalls(model, CALLS, PAID))),
  },
  { name: "improve.1of1", target: 120_000n, measure: () => improvementGas(contributors(1)) },
  { name: "improve.3of5", measure: improvementByFiveGas },
  { name: "improve.10holders", target: 150_000n, measure: () => improvementGas(contributors(10)) },
  { name: "improve.further.holder", measure: () => furtherContributorGas("holders") },
  { name: "improve.further.new", measure: () => furtherContributorGas("new") },
  { name: "improve.merkle10k", target: 118_000n, measure: () => improvementGas("root") },
  { name: "release.1", target: 83_000n, measure: () => releaseGas(contributors(1)) },
  { name: "release.10", target: 186_000n, measure: () => releaseGas(contributors(10)) },
  { name: "release.new10", measure: () => releaseGas(contributors(10, "new")) },
  { name: "release.root", target: 113_000n, measure: () => releaseGas("root") },
  { name: "claim.first", target: 100_500n, measure: () => claimGas("first") },
  { name: "claim.next", target: 83_500n, measure: () => claimGas("next") },
  { name: "zk.verify", target: 220_000n, measure: verificationGas },
  { name: "improve.zk", target: 340_000n, measure: provenImprovementGas },
  { name: "protocol.deploy", target: 20_000_000n, measure: deploymentGas },
  { name: "curve.buy.max", target: 1_300n, measure: () => mostCurveGas(CurveSide.Buy) },
  { name: "curve.sell.max", target: 1_300n, measure: () => mostCurveGas(CurveSide.Sell) },
];

/** What each of nine more listed contributors adds. */
async function furtherContributorGas(kind: "holders" | "new"): Promise<bigint> {
  const [one, ten] = [await improvementGas(contributors(1, kind)), await improvementGas(contributors(10, kind))];
  return (ten - one) / 9n;
}

/** All transactions with which `npm run deploy` brings the protocol to a chain that has a reserve token. */
async function deploymentGas(): Promise<bigint> {
  const parameters = await readParameters(networkOf(hre));
  let gas = 0n;
  await deployProtocol(hre, {
    parameters,
    salt: saltOf(parameters.$global.deployer),
    onSent: ({ name, gasUsed }) => (gas += name.startsWith(LocalReserve.id) ? 0n : gasUsed),
  });
  return gas;
}

/** In the order of the harness. */
enum CurveSide {
  Buy,
  Sell,
}

/** The most gas that the curve's arithmetic takes on a grid over its domain: tiny to huge trades at every kind of ratio. */
async function mostCurveGas(side: CurveSide): Promise<bigint> {
  const harness = await ethers.deployContract("BondingCurveHarness");
  const [supply, reserve] = [10n ** 24n, 10n ** 12n];
  const whole = side === CurveSide.Buy ? reserve : supply;
  const points = [1n, 50_000n, 200_000n, 333_333n, 500_000n, 999_999n, 1_000_000n].flatMap((crrPpm) =>
    [0n, 1n, whole / 1_000_000n, whole / 1_000n, whole / 10n, whole / 3n, whole / 2n, whole - 1n, whole].map(
      (amount) => ({
        side,
        supply,
        reserve,
        amount,
        crrPpm,
      }),
    ),
  );
  const { gasUsed } = await harness.compute(points);
  return gasUsed.reduce((most, gas) => (gas > most ? gas : most));
}
