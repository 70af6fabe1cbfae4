/** A fault in production code with which the named lemma is no longer proved. */
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
const OPENZEPPELIN_ERC20 = "node_modules/@openzeppelin/contracts/token/ERC20/ERC20.sol";
const REWARD_MATH = "contracts/libraries/RewardMath.sol";
const ROUTER = "contracts/fees/UsageFeeRouter.sol";
const POOL_STATE = "contracts/market/PoolState.sol";
const AMM = "contracts/market/HokusaiAMM.sol";
const CURVE = "contracts/market/BondingCurve.sol";

/** One mutant for each lemma. */
export const PROOF_MUTANTS: readonly ProofMutant[] = [
  ...inFile(
    OPENZEPPELIN_MATH,
    "MathProof",
    ["saturatingSub", "uint256 c = a - b;", "uint256 c = a - b - 1;"],
    ["ceilDiv", "((a - 1) / b + 1)", "(a / b + 1)"],
  ),
  ...inFile(
    "contracts/tokens/ModelToken.sol",
    "Token",
    [
      "S1_capsBoundTheSupply",
      "return word.mintCap() - investorAllocation",
      "return word.mintCap() / 2 - investorAllocation",
    ],
    ["S3_mintSupplierAllocation", "_capWord.withSupplierMinted().withMinted(amount)", "_capWord.withMinted(amount)"],
    ["S4_mintRewards", "if (total > remaining) revert", "if (total > remaining + 1) revert"],
    ["S4_oneMoreReward", "total += amount;", "total += amount + 1;"],
    [
      "S5_mint",
      "uint256 remaining = word.mintCap() - totalSupply();",
      "uint256 remaining = word.mintCap() - totalSupply() + 1;",
    ],
    ["S5_burn", "requireCaller(pool());", "requireCaller(tokenManager);"],
  ),
  ...inFile(
    "contracts/types/CapWord.sol",
    "Token",
    ["S2_newToken", "investorAllocation << MINT_CAP_OFFSET", "(investorAllocation + 1) << MINT_CAP_OFFSET"],
    ["S6_setPool", "| uint160(pool_)", "| (uint160(pool_) / 2)"],
  ),
  ...inFile(
    OPENZEPPELIN_ERC20,
    "Token",
    ["S2_supplyIsTheSumOfBalances", "_balances[from] = fromBalance - value;", "_balances[from] = fromBalance;"],
    ["S6_transferKeepsTheSupply", "_balances[to] += value;", "_totalSupply += value;"],
  ),
  ...inFile(
    "contracts/libraries/GuardianPause.sol",
    "Pause",
    ["G1_pause", "block.timestamp + missing +", "block.timestamp +"],
    ["G1_resume", "wholeAt - running * RECOVERY", "wholeAt - running * (RECOVERY + 1)"],
    ["G1_atMost14DaysOf42", "BUDGET = 7 days", "BUDGET = 8 days"],
    ["U_pauseExtends", "(BUDGET * RECOVERY - missing)", "(BUDGET - missing)"],
    ["U_pauseEnds", "wholeAt - running * RECOVERY", "wholeAt - running * (RECOVERY + 1)"],
  ),
  ...inFile(ROUTER, "FeeSplit", [
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
  ...inFile(
    POOL_STATE,
    "Stream",
    ["P1_releasesAtMostWhatIsPending", "/ (end - start);", "/ (end - start - 1);"],
    ["P1_releasedNeverFalls", "reserve_ -= amount - (amount", "reserve_ -= (amount"],
    ["P2_nothingIsReleasedAtOnce", "(block.timestamp - start)", "(block.timestamp - start + 1)"],
    ["U_market", "(block.timestamp - start)", "(start - block.timestamp)"],
    ["U_pendingStream", "return held - reserve_;", "return reserve_ - held;"],
  ),
  ...inFile(
    AMM,
    "Deposit",
    ["P2_depositKeepsTheReserve", "uint256 total = pending + amount;", "uint256 total = pending + amount + 1;"],
    ["P12_depositEndsAtTheAverage", "pending * remaining + amount", "pending * remaining + 2 * amount"],
    ["U_addToStream", "uint256 pending = held - reserve_;", "uint256 pending = reserve_ - held;"],
  ),
  ...inFile(
    POOL_STATE,
    "Unchecked",
    ["S5_netIssueIsTheDifference", "int256(_curveSupply - virtualSupply)", "int256(virtualSupply - _curveSupply)"],
    ["S2_unbackedSupplyIsTheRest", "(issued > 0 ?", "(issued < 0 ?"],
    ["U_curveReserve", "return reserve_ + virtualReserve;", "return reserve_ - virtualReserve;"],
  ),
  ...inFile(
    AMM,
    "Unchecked",
    ["U_buyInput", "Math.ceilDiv(net * BPS,", "Math.ceilDiv(net * BPS * BPS * BPS * BPS,"],
    ["U_lessFee", "amount - (amount * tradeFee", "amount - (amount * BPS * tradeFee"],
    ["U_requireRoom", "uint256 room = MAX_HELD - held;", "uint256 room = MAX_HELD - held - 1;"],
    ["U_buy", "_fill(supply + tokensOut, held + net", "_fill(supply + tokensOut, held + reserveIn + 1"],
    ["U_buyExactOut", "_fill(supply + tokensMinted, held + net", "_fill(supply + tokensMinted, held + reserveIn + 1"],
    ["U_sell", "(supply - tokensIn, reserve_ - gross)", "(supply - tokensIn, gross - reserve_)"],
    ["P1_poolPullsExactly", "received = _balance() - before;", "received = _balance();"],
  ),
  ...inFile(
    ROUTER,
    "Unchecked",
    ["F1_routerTransfersExactly", "reserveToken.balanceOf(receiver) - before;", "reserveToken.balanceOf(receiver);"],
    ["U_infrastructureShare", "amount - infrastructureAmount);", "infrastructureAmount - amount);"],
  ),
  ...inFile("contracts/fees/InfrastructureReserve.sol", "Unchecked", [
    "U_credit",
    "balance += amount;",
    "balance += amount * amount;",
  ]),
  ...inFile(
    REWARD_MATH,
    "Unchecked",
    ["U_ownerShare", "(reward_ * OWNER_SHARE_BPS)", "(reward_ - OWNER_SHARE_BPS)"],
    ["U_contributorShare", "(total * shareBps)", "(total - shareBps)"],
  ),
  ...inFile("contracts/tokens/TokenManager.sol", "Unchecked", [
    "U_rewardAllocation",
    "LIFETIME_DELTA_ONES * initialParams.tokensPerDeltaOne",
    "LIFETIME_DELTA_ONES - initialParams.tokensPerDeltaOne",
  ]),
  ...inFile("contracts/models/ModelGovernance.sol", "Headroom", [
    "V4_anAllowedRateStaysAllowed",
    "(entry.rewardsRemaining * RewardMath.BPS_PER_DELTA_ONE) / headroomBps",
    "(entry.rewardsRemaining * RewardMath.BPS_PER_DELTA_ONE) / headroomBps + 1",
  ]),
  ...inFile(
    "contracts/models/ModelImprovements.sol",
    "Payouts",
    ["R3_record", "entry.rewardsRemaining - terms.reward;", "entry.rewardsRemaining - terms.reward / 2;"],
    ["R1_release", "if (block.timestamp < releasableFrom)", "if (block.timestamp + 1 < releasableFrom)"],
    ["R3_returnVoided", "entry.rewardsRemaining + payout.reward;", "entry.rewardsRemaining + payout.reward + 1;"],
  ),
  ...inFile(
    "contracts/tokens/TokenManager.sol",
    "Release",
    ["R3_nothingIsCountedYet", "        uint256 reward;", "        uint256 reward; reward = 1;"],
    ["R3_oneMoreIsReleased", "reward += amounts[i];", "reward += amounts[i] / 2;"],
    [
      "R3_mintsOnlyTheRecordedReward",
      "Payout(method, queuedAt, reward, payeesHash)",
      "Payout(method, queuedAt, reward + 1, payeesHash)",
    ],
  ),
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
    REWARD_MATH,
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
  ...inFile(
    CURVE,
    "widths",
    ["U_bitsOfQuotient", "lt(0xffff, shr(k, quotient))", "lt(0xfffff, shr(k, quotient))"],
    ["U_logarithm", "let log := add(shl(127, k), sdiv(shl(127, z),", "let log := add(shl(127, k), sdiv(shl(131, z),"],
    ["U_power", "b := sub(g, r)", "b := sub(r, g)"],
  ),
  ...inFile(
    CURVE,
    "CurveKernel",
    ["U_ratio", "gt(mul(n, 46341), shl(16, m))", "gt(mul(n, 46341), shl(17, m))"],
    ["U_argument", "sdiv(shl(127, sub(n, m)), add(n, m))", "sdiv(shl(128, sub(n, m)), add(n, m))"],
    ["U_fraction", "k := shr(127, add(y, shl(126, 1)))", "k := shr(127, add(y, shl(125, 1)))"],
    ["P8_exponentOfAnOutputIsBelow", "mul(add(log, logMargin), p)", "mul(sub(log, logMargin), p)"],
    ["P8_exponentOfACostIsAbove", "= LOG2_ERROR + 2 * EXP2_ERROR + 1;", "= LOG2_ERROR - 1;"],
    ["exponentOfAnOutputRises", "y := mul(y, sgt(y, 0))", "y := mul(y, sgt(0, y))"],
    ["exponentOfACostRises", "sdiv(mul(add(log, logMargin), p), q)", "sdiv(mul(add(log, logMargin), q), p)"],
    ["costBuysItsTokens", "= EXP2_ERROR + 2 * LOG2_ERROR + 2;", "= EXP2_ERROR + 2 * LOG2_ERROR - 2;"],
    ["P8_powerIsAtLeastOne", "b := sub(g, r)", "b := sub(g, add(r, 1))"],
  ),
  ...inFile(
    CURVE,
    "CurveResults",
    ["P8_onlyWithinTheDomain", "crrPpm - 1 >= PPM", "crrPpm > PPM"],
    ["U_curveBuy", "_requireGrowth(supply, k);", "_requireGrowth(1, k);"],
    ["P8_linearBuyIsRoundedDown", "return (supply * amount) / reserve;", "return (supply * amount) / reserve + 1;"],
    ["P8_buyIsRoundedDown", "return (supply * ((a << k) - b)) / b;", "return (supply * ((a << k) - b)) / b + 1;"],
    ["P8_buyAsksForItsPower", "crrPpm, PPM, -LOG2_ERROR, -EXP2_ERROR", "crrPpm, PPM, LOG2_ERROR, -EXP2_ERROR"],
    ["U_curveSell", "(a - ((b - 1) >> k) - 1)", "(a - ((b - 1) << k) - 1)"],
    ["P8_linearSaleIsRoundedDown", "return (reserve * amount) / supply;", "return (reserve * amount) / (supply - 1);"],
    ["P8_saleIsRoundedDown", "(a - ((b - 1) >> k) - 1)", "(a - ((b - 1) >> k))"],
    ["P8_saleAsksForItsPower", "supply - amount, PPM, crrPpm,", "supply - amount, crrPpm, PPM,"],
    ["P8_saleOfAllPaysAll", "if (amount == supply) return reserve;", "if (amount == supply) return reserve - 1;"],
    ["U_curveBuyExactOut", "_requireGrowth(reserve, k);", "_requireGrowth(1, k);"],
    [
      "P8_linearCostIsRoundedUp",
      "Math.ceilDiv(reserve * amount, supply)",
      "Math.ceilDiv(reserve * amount, supply + 1)",
    ],
    ["P8_costIsRoundedUp", "ceilDiv(reserve * ((a << k) - b), b)", "ceilDiv(reserve * ((a << k) - b), b + 1)"],
    ["P8_costAsksForItsPower", "LOG2_ERROR_UP, EXP2_ERROR_UP)", "LOG2_ERROR, EXP2_ERROR_UP)"],
    ["U_spotPrice", "(reserve * (1e18 * 1e18 * PPM))", "(reserve * (1e18 * 1e18 * PPM * PPM))"],
  ),
];
