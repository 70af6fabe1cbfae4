/** A fault in production code that turns the named lemma red. */
export interface ProofMutant {
  readonly specification: string;
  readonly lemma: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const inFile = (file: string, specification: string, ...faults: readonly [lemma: string, from: string, to: string][]) =>
  faults.map(([lemma, from, to]): ProofMutant => ({ specification, lemma, file, from, to }));

const OPENZEPPELIN_MATH = "node_modules/@openzeppelin/contracts/utils/math/Math.sol";
const AMM = "contracts/market/HokusaiAMM.sol";

/** One for each lemma. */
export const PROOF_MUTANTS: readonly ProofMutant[] = [
  ...inFile(
    OPENZEPPELIN_MATH,
    "MathProof",
    ["saturatingSub", "uint256 c = a - b;", "uint256 c = a - b - 1;"],
    ["ceilDiv", "((a - 1) / b + 1)", "(a / b + 1)"],
  ),
  ...inFile("contracts/fees/UsageFeeRouter.sol", "FeeSplit", [
    "F1_partsAreTheFee",
    "amount - infrastructureAmount);",
    "amount - infrastructureAmount + 1);",
  ]),
  ...inFile(
    AMM,
    "TradeFee",
    ["P8_feeIsRoundedUp", "(amount * tradeFee + BPS - 1) / BPS", "(amount * tradeFee) / BPS"],
    ["P7_exactOutputPaysTheFeeOfABuy", "Math.ceilDiv(net * BPS, BPS - tradeFee)", "Math.ceilDiv(net * BPS, BPS)"],
  ),
  ...inFile("contracts/market/PoolState.sol", "Stream", [
    "P1_releasesAtMostWhatIsPending",
    "/ (end - start);",
    "/ (end - start - 1);",
  ]),
  ...inFile(AMM, "ExactOutput", [
    "B1_neverAboveTheLimitsPrice",
    "Math.mulDiv(maxReserveIn, tokensMinted, tokensOut)",
    "Math.mulDiv(maxReserveIn, tokensMinted, tokensOut) + 1",
  ]),
  ...inFile(
    "contracts/tokens/RewardDistributor.sol",
    "Distribution",
    ["V3_paysNoMoreThanRemains", "remaining -= amount;", "remaining -= amount / 2;"],
    ["V3_neighboursAreWorthTheirUnion", "- (c.total * c.from) / WHOLE", "- (c.total * (c.from + 1)) / WHOLE"],
    ["V3_theWholeIsTheTotal", "(c.total * c.to) / WHOLE", "(c.total * c.to) / (WHOLE + 1)"],
    ["V3_anIntervalIsWorthItsShareToAUnit", "(c.total * c.to) / WHOLE", "(c.total * c.to) / WHOLE + 1"],
  ),
  ...inFile(
    "contracts/libraries/RewardMath.sol",
    "RewardSplit",
    ["V3_ownerAndRestAreTheReward", "(reward_ * OWNER_SHARE_BPS) / BPS", "(reward_ * OWNER_SHARE_BPS) / BPS + 1"],
    ["V3_oneMoreIsPaid", "(total * shareBps) / BPS", "(total * shareBps) / BPS + 1"],
  ),
  ...inFile(
    "contracts/verification/DeltaOneVerifier.sol",
    "RewardSplit",
    ["V3_nobodyIsPaidYet", "uint256 remainder = total;", "uint256 remainder = total + 1;"],
    ["V3_theRemainderIsTheRest", "if (sumOfShares != RewardMath.BPS)", "if (sumOfShares < RewardMath.BPS)"],
  ),
];
