// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {BondingCurve} from "contracts/market/BondingCurve.sol";
import {BondingCurveHarness} from "contracts/mocks/BondingCurveHarness.sol";
import {Test, vm} from "../utils/Test.sol";

/// @notice What must hold between several trades on one curve. The precision of a single one is checked against independent models elsewhere.
contract BondingCurveTest is Test {
    uint256 private constant MAX_VALUE = 2 ** 112 - 1;
    uint256 private constant PPM = 1e6;
    uint256 private constant MIN_POOL_CRR = 50_000; // 5 %
    uint256 private constant MAX_GROWTH_BITS = 10; // a trade multiplies its side of the curve by 2^10 at most
    uint256 private constant SQRT2_WAD = 1_414213562373095048;

    struct Curve {
        uint256 supply;
        uint256 reserve;
        uint256 crrPpm;
    }

    struct Parts {
        uint8 count;
        uint256[4] sizes;
    }

    BondingCurveHarness private harness = new BondingCurveHarness();

    function testFuzz_P4_buyThenSellNeverProfits(Curve memory curve, uint256 amount) external pure {
        _inDomain(curve);
        uint256 paid = _purchase(curve, amount);

        uint256 tokens = _buy(curve, paid);
        uint256 received = _sell(curve, tokens);

        assertLe(received, paid);
    }

    function testFuzz_P4_sellThenBuyNeverGains(Curve memory curve, uint256 amount) external pure {
        _inDomain(curve);
        uint256 sold = bound(amount, 0, curve.supply - 1);

        uint256 received = _sell(curve, sold);
        uint256 tokens = _buy(curve, received);

        assertLe(tokens, sold);
    }

    function testFuzz_P4_buyExactOutThenSellNeverProfits(Curve memory curve, uint256 amount) external pure {
        _inDomain(curve);
        uint256 tokens = _purchasable(curve, amount);

        uint256 paid = _buyExactOut(curve, tokens);
        uint256 received = _sell(curve, tokens);

        assertLe(received, paid);
    }

    function testFuzz_P4_sellThenBuyExactOutNeverProfits(Curve memory curve, uint256 amount) external pure {
        _inDomain(curve);
        // Whoever sells more, or at a smaller ratio, may only buy back at more than the domain holds.
        curve.crrPpm = bound(curve.crrPpm, MIN_POOL_CRR, PPM);
        uint256 sold = bound(amount, 0, curve.supply / 2);

        uint256 received = _sell(curve, sold);
        uint256 paid = _buyExactOut(curve, sold);

        assertGe(paid, received);
    }

    function testFuzz_P8_costOfTokensBuysThem(Curve memory curve, uint256 amount) external pure {
        _inDomain(curve);
        uint256 tokens = _purchasable(curve, amount);

        uint256 cost = BondingCurve.buyExactOut(curve.supply, curve.reserve, tokens, curve.crrPpm);

        assertGe(BondingCurve.buy(curve.supply, curve.reserve, cost, curve.crrPpm), tokens);
    }

    /// @dev Where the cost's rounding to a unit helps least, and its margin must cover what buy takes off.
    function testFuzz_P8_costOfTokensBuysThemAtTheLargestReserves(Curve memory curve, uint256 amount) external pure {
        _inDomain(curve);
        curve.reserve = bound(amount, MAX_VALUE / 8, MAX_VALUE / 2);
        uint256 most = BondingCurve.buy(curve.supply, curve.reserve, MAX_VALUE / 2, curve.crrPpm);
        uint256 tokens = bound(amount >> 128, 0, most);

        uint256 cost = BondingCurve.buyExactOut(curve.supply, curve.reserve, tokens, curve.crrPpm);

        assertGe(BondingCurve.buy(curve.supply, curve.reserve, cost, curve.crrPpm), tokens);
    }

    function testFuzz_P5_buyInPartsThenSellNeverProfits(
        Curve memory curve,
        uint256 amount,
        Parts memory parts
    ) external pure {
        _inDomain(curve);
        uint256 paid = _purchase(curve, amount);
        uint256[] memory sizes = _split(paid, parts);

        uint256 tokens;
        for (uint256 i = 0; i < sizes.length; i++) tokens += _buy(curve, sizes[i]);
        uint256 received = _sell(curve, tokens);

        assertLe(received, paid);
    }

    function testFuzz_P5_buyThenSellInPartsNeverProfits(
        Curve memory curve,
        uint256 amount,
        Parts memory parts
    ) external pure {
        _inDomain(curve);
        uint256 paid = _purchase(curve, amount);
        uint256[] memory sizes = _split(_buy(curve, paid), parts);

        uint256 received;
        for (uint256 i = 0; i < sizes.length; i++) received += _sell(curve, sizes[i]);

        assertLe(received, paid);
    }

    /// @dev The parts give no more than the exact value of the whole, which the whole misses by less than two units.
    function testFuzz_P5_partsOfABuyGiveNoMoreThanTheWhole(
        Curve memory curve,
        uint256 amount,
        Parts memory parts
    ) external pure {
        _inPool(curve);
        uint256[] memory sizes = _split(_purchase(curve, amount), parts);
        uint256 whole = BondingCurve.buy(curve.supply, curve.reserve, _sum(sizes), curve.crrPpm);

        uint256 tokens;
        for (uint256 i = 0; i < sizes.length; i++) tokens += _buy(curve, sizes[i]);

        assertLe(tokens, whole + 1);
    }

    function testFuzz_P5_partsOfASaleGiveNoMoreThanTheWhole(
        Curve memory curve,
        uint256 amount,
        Parts memory parts
    ) external pure {
        _inPool(curve);
        uint256[] memory sizes = _split(bound(amount, 0, curve.supply - 1), parts);
        uint256 whole = BondingCurve.sell(curve.supply, curve.reserve, _sum(sizes), curve.crrPpm);

        uint256 received;
        for (uint256 i = 0; i < sizes.length; i++) received += _sell(curve, sizes[i]);

        assertLe(received, whole + 1);
    }

    function testFuzz_P5_partsOfAnExactOutBuyCostNoLessThanTheWhole(
        Curve memory curve,
        uint256 amount,
        Parts memory parts
    ) external pure {
        _inPool(curve);
        uint256[] memory sizes = _split(_purchasable(curve, amount), parts);
        uint256 whole = BondingCurve.buyExactOut(curve.supply, curve.reserve, _sum(sizes), curve.crrPpm);

        uint256 paid;
        for (uint256 i = 0; i < sizes.length; i++) paid += _buyExactOut(curve, sizes[i]);

        assertGe(paid + 1, whole);
    }

    function testFuzz_P6_moreGivesNoLess(Curve memory curve, uint256 amount, uint256 more) external pure {
        _inPool(curve);
        uint256 paid = _purchase(curve, amount);
        _assertMonotone(curve, paid, _purchase(curve, more));
        _assertMonotone(curve, paid, paid + 1);
    }

    /// @dev Ratios of 2^j and 2^j·√2, where the logarithm changes its range, and their neighbours.
    function testFuzz_P6_moreGivesNoLessWhereTheLogarithmChangesRange(
        Curve memory curve,
        uint256 bits,
        uint256 distance
    ) external pure {
        _inPool(curve);
        uint256 ratioWad = (bits % 2 == 0 ? 1e18 : SQRT2_WAD) << bound(bits >> 1, 0, MAX_GROWTH_BITS - 1);
        _assertMonotoneAround(curve, (curve.reserve * ratioWad) / 1e18 - curve.reserve, distance);
    }

    /// @dev Purchases that multiply the supply by 2^(k + 1/2), where the power changes its range, and their neighbours.
    function testFuzz_P6_moreGivesNoLessWhereThePowerChangesRange(
        Curve memory curve,
        uint256 bits,
        uint256 distance
    ) external pure {
        _inPool(curve);
        uint256 mostBits = (2 * MAX_GROWTH_BITS * curve.crrPpm - PPM) / (2 * PPM); // k + 1/2 ≤ w · MAX_GROWTH_BITS
        uint256 tokens = (curve.supply * (SQRT2_WAD << bound(bits, 0, mostBits))) / 1e18 - curve.supply;
        _assertMonotoneAround(
            curve,
            BondingCurve.buyExactOut(curve.supply, curve.reserve, tokens, curve.crrPpm),
            distance
        );
    }

    /// @dev In the whole domain, up to the largest numbers: one unit more of n never lowers the exponent.
    function testFuzz_P6_exponentNeverFalls(
        uint256 n,
        uint256 m,
        uint256 crrPpm,
        bool isAtEdge,
        uint256 bits
    ) external pure {
        m = _logBound(m, 1, MAX_VALUE);
        n = bound(n, m, 2 * MAX_VALUE - 1);
        crrPpm = bound(crrPpm, 1, PPM);
        if (isAtEdge) {
            m = bound(m, 1, 2 ** 100); // a ratio of 65536/46341 · 2^j, as close as n can come, from below
            n = ((m << bound(bits, 0, 11)) * 65536) / 46341;
        }

        assertLe(_exponent(n, m, crrPpm, PPM), _exponent(n + 1, m, crrPpm, PPM));
        assertLe(_exponent(n, m, PPM, crrPpm), _exponent(n + 1, m, PPM, crrPpm));
    }

    function testFuzz_P1_saleLeavesReserveUnlessAllIsSold(Curve memory curve, uint256 amount) external pure {
        _inDomain(curve);
        uint256 sold = bound(amount, 0, curve.supply - 1);

        assertLt(BondingCurve.sell(curve.supply, curve.reserve, sold, curve.crrPpm), curve.reserve);
        assertEq(BondingCurve.sell(curve.supply, curve.reserve, curve.supply, curve.crrPpm), curve.reserve);
    }

    function testFuzz_refusesWhatIsOutsideTheDomain(Curve memory curve, uint256 amount, uint256 outside) external {
        _inDomain(curve);
        amount = bound(amount, 0, MAX_VALUE);
        uint256 large = bound(outside, MAX_VALUE + 1, type(uint256).max);
        uint256 above = bound(outside, PPM + 1, type(uint256).max);
        uint256 tooMany = bound(outside, curve.supply + 1, MAX_VALUE + 1);

        _expectRefusals(large, curve.reserve, amount, curve.crrPpm);
        _expectRefusals(curve.supply, large, amount, curve.crrPpm);
        _expectRefusals(curve.supply, curve.reserve, large, curve.crrPpm);
        _expectRefusals(curve.supply, curve.reserve, amount, above);

        vm.expectRevert(
            tooMany > MAX_VALUE
                ? abi.encodeWithSelector(
                    BondingCurve.OutOfCurveDomain.selector,
                    curve.supply,
                    curve.reserve,
                    tooMany,
                    curve.crrPpm
                )
                : abi.encodeWithSelector(BondingCurve.AmountExceedsSupply.selector, tooMany, curve.supply)
        );
        harness.sell(curve.supply, curve.reserve, tooMany, curve.crrPpm);
    }

    function _expectRefusals(uint256 supply, uint256 reserve, uint256 amount, uint256 crrPpm) private {
        bytes memory reason = abi.encodeWithSelector(
            BondingCurve.OutOfCurveDomain.selector,
            supply,
            reserve,
            amount,
            crrPpm
        );
        vm.expectRevert(reason);
        harness.buy(supply, reserve, amount, crrPpm);
        vm.expectRevert(reason);
        harness.sell(supply, reserve, amount, crrPpm);
        vm.expectRevert(reason);
        harness.buyExactOut(supply, reserve, amount, crrPpm);
    }

    function _assertMonotoneAround(Curve memory curve, uint256 amount, uint256 distance) private pure {
        distance = _logBound(distance, 1, curve.reserve);
        if (amount > distance) _assertMonotone(curve, amount - distance, amount);
        if (amount > 0) _assertMonotone(curve, amount - 1, amount);
        _assertMonotone(curve, amount, amount + 1);
        _assertMonotone(curve, amount, amount + distance);
    }

    /// @dev Of two purchases the larger gives no less; so do the sales of what they gave, and the costs of that.
    function _assertMonotone(Curve memory curve, uint256 one, uint256 other) private pure {
        (uint256 less, uint256 more) = one < other ? (one, other) : (other, one);
        (less, more) = (
            BondingCurve.buy(curve.supply, curve.reserve, less, curve.crrPpm),
            BondingCurve.buy(curve.supply, curve.reserve, more, curve.crrPpm)
        );
        assertLe(less, more, "buy");
        assertLe(
            BondingCurve.buyExactOut(curve.supply, curve.reserve, less, curve.crrPpm),
            BondingCurve.buyExactOut(curve.supply, curve.reserve, more, curve.crrPpm),
            "buyExactOut"
        );
        assertLe(
            BondingCurve.sell(curve.supply + more, curve.reserve, less, curve.crrPpm),
            BondingCurve.sell(curve.supply + more, curve.reserve, more, curve.crrPpm),
            "sell"
        );
    }

    function _buy(Curve memory curve, uint256 amount) private pure returns (uint256 tokens) {
        tokens = BondingCurve.buy(curve.supply, curve.reserve, amount, curve.crrPpm);
        curve.supply += tokens;
        curve.reserve += amount;
    }

    function _sell(Curve memory curve, uint256 amount) private pure returns (uint256 received) {
        received = BondingCurve.sell(curve.supply, curve.reserve, amount, curve.crrPpm);
        curve.supply -= amount;
        curve.reserve -= received;
    }

    function _buyExactOut(Curve memory curve, uint256 tokens) private pure returns (uint256 paid) {
        paid = BondingCurve.buyExactOut(curve.supply, curve.reserve, tokens, curve.crrPpm);
        curve.supply += tokens;
        curve.reserve += paid;
    }

    function _exponent(uint256 n, uint256 m, uint256 p, uint256 q) private pure returns (int256) {
        return BondingCurve._exponent(n, m, p, q, -BondingCurve.LOG2_ERROR, -BondingCurve.EXP2_ERROR);
    }

    /// @dev Any curve that a trade of 2^MAX_GROWTH_BITS times its size leaves inside the domain.
    function _inDomain(Curve memory curve) private pure {
        curve.supply = _logBound(curve.supply, 1, MAX_VALUE >> (MAX_GROWTH_BITS + 1));
        curve.reserve = _logBound(curve.reserve, 1, MAX_VALUE >> (MAX_GROWTH_BITS + 1));
        curve.crrPpm = curve.crrPpm % 2 == 0 ? bound(curve.crrPpm, 1, PPM) : _logBound(curve.crrPpm, 1, PPM);
    }

    /// @dev A curve as pools have it.
    function _inPool(Curve memory curve) private pure {
        curve.supply = _logBound(curve.supply, 1e18, 1e30);
        curve.reserve = _logBound(curve.reserve, 1e6, 1e18);
        curve.crrPpm = bound(curve.crrPpm, MIN_POOL_CRR, PPM);
    }

    /// @dev An amount of reserve, of any size.
    function _purchase(Curve memory curve, uint256 seed) private pure returns (uint256) {
        return _logBound(seed, 1, (curve.reserve << MAX_GROWTH_BITS) - curve.reserve);
    }

    /// @dev An amount of tokens, of any size, that the largest purchase gives.
    function _purchasable(Curve memory curve, uint256 seed) private pure returns (uint256) {
        uint256 most = BondingCurve.buy(curve.supply, curve.reserve, _purchase(curve, type(uint256).max), curve.crrPpm);
        return most == 0 ? 0 : _logBound(seed, 1, most);
    }

    /// @dev Two to five parts of an amount.
    function _split(uint256 amount, Parts memory parts) private pure returns (uint256[] memory sizes) {
        sizes = new uint256[](bound(parts.count, 2, 5));
        for (uint256 i = 0; i < sizes.length - 1; i++) {
            sizes[i] = bound(parts.sizes[i], 0, amount);
            amount -= sizes[i];
        }
        sizes[sizes.length - 1] = amount;
    }

    function _sum(uint256[] memory sizes) private pure returns (uint256 sum) {
        for (uint256 i = 0; i < sizes.length; i++) sum += sizes[i];
    }

    /// @dev Maps `seed` into [min, max], every number of bits being equally likely; the largest seed gives max.
    function _logBound(uint256 seed, uint256 min, uint256 max) private pure returns (uint256) {
        uint256 bits = bound(seed % 256, _bitLength(min), _bitLength(max));
        uint256 most = seed == type(uint256).max ? max : bound(seed >> 8, 1 << (bits - 1), (1 << bits) - 1);
        return
            most < min
                ? min
                : most > max
                    ? max
                    : most;
    }

    function _bitLength(uint256 value) private pure returns (uint256 bits) {
        for (; value != 0; value >>= 1) bits++;
    }
}
