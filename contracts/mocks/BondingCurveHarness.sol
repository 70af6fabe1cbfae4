// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {BondingCurve} from "../market/BondingCurve.sol";

/// @notice Opens the curve's arithmetic to tests: single calls, batches, its inner functions, and the gas of the arithmetic alone.
contract BondingCurveHarness {
    enum Side {
        Buy,
        Sell,
        BuyExactOut
    }

    /// @notice Arguments of the exponent (p/q)·log2(n/m).
    struct Power {
        uint256 n;
        uint256 m;
        uint256 p;
        uint256 q;
    }

    struct Point {
        Side side;
        uint256 supply;
        uint256 reserve;
        uint256 amount;
        uint256 crrPpm;
    }

    uint256 public constant MAX_VALUE = BondingCurve.MAX_VALUE;
    uint256 public constant MAX_GROWN = BondingCurve.MAX_GROWN;
    int256 public constant LOG2_ERROR = BondingCurve.LOG2_ERROR;
    int256 public constant EXP2_ERROR = BondingCurve.EXP2_ERROR;
    int256 public constant LOG2_ERROR_UP = BondingCurve.LOG2_ERROR_UP;
    int256 public constant EXP2_ERROR_UP = BondingCurve.EXP2_ERROR_UP;

    function buy(uint256 supply, uint256 reserve, uint256 amount, uint256 crrPpm) external pure returns (uint256) {
        return BondingCurve.buy(supply, reserve, amount, crrPpm);
    }

    function sell(uint256 supply, uint256 reserve, uint256 amount, uint256 crrPpm) external pure returns (uint256) {
        return BondingCurve.sell(supply, reserve, amount, crrPpm);
    }

    function buyExactOut(
        uint256 supply,
        uint256 reserve,
        uint256 amount,
        uint256 crrPpm
    ) external pure returns (uint256) {
        return BondingCurve.buyExactOut(supply, reserve, amount, crrPpm);
    }

    function spotPriceWad(uint256 supply, uint256 reserve, uint256 crrPpm) external pure returns (uint256) {
        return BondingCurve.spotPriceWad(supply, reserve, crrPpm);
    }

    /// @notice Results of many points and the gas of each one's arithmetic, the call of the library function included.
    function compute(
        Point[] calldata points
    ) external view returns (uint256[] memory results, uint256[] memory gasUsed) {
        results = new uint256[](points.length);
        gasUsed = new uint256[](points.length);
        for (uint256 i = 0; i < points.length; i++) (results[i], gasUsed[i]) = _compute(points[i]);
    }

    /// @notice The exponents of many powers, with the margins given.
    function exponents(
        Power[] calldata powers,
        int256 logMargin,
        int256 expMargin
    ) external pure returns (int256[] memory ys) {
        ys = new int256[](powers.length);
        for (uint256 i = 0; i < powers.length; i++) {
            ys[i] = BondingCurve._exponent(powers[i].n, powers[i].m, powers[i].p, powers[i].q, logMargin, expMargin);
        }
    }

    /// @notice 2^y = 2^k · a/b of many exponents.
    function exp2(
        int256[] calldata ys
    ) external pure returns (uint256[] memory a, uint256[] memory b, uint256[] memory k) {
        a = new uint256[](ys.length);
        b = new uint256[](ys.length);
        k = new uint256[](ys.length);
        for (uint256 i = 0; i < ys.length; i++) (a[i], b[i], k[i]) = BondingCurve._exp2(ys[i]);
    }

    function _compute(Point memory point) private view returns (uint256 result, uint256 gasUsed) {
        (uint256 supply, uint256 reserve, uint256 amount, uint256 crrPpm) = (
            point.supply,
            point.reserve,
            point.amount,
            point.crrPpm
        );
        if (point.side == Side.Buy) {
            gasUsed = gasleft();
            result = BondingCurve.buy(supply, reserve, amount, crrPpm);
            gasUsed -= gasleft();
        } else if (point.side == Side.Sell) {
            gasUsed = gasleft();
            result = BondingCurve.sell(supply, reserve, amount, crrPpm);
            gasUsed -= gasleft();
        } else {
            gasUsed = gasleft();
            result = BondingCurve.buyExactOut(supply, reserve, amount, crrPpm);
            gasUsed -= gasleft();
        }
    }
}
