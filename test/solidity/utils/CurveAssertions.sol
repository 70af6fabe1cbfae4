// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {HokusaiAMM} from "contracts/market/HokusaiAMM.sol";
import {Assertions} from "./Test.sol";
import {Products} from "./Products.sol";

/// @notice A reserve ratio w = n/m whose small numerator and denominator let the curve be checked without any rounding.
struct Ratio {
    uint256 crr;
    uint256 m;
    uint256 n;
}

/// @notice A point of the curve: effective reserve R + R0, and supply S.
struct Point {
    uint256 reserve;
    uint256 supply;
}

/// @title CurveAssertions
/// @notice What a trade may do to (R + R0)^n / S^m, in exact integers.
abstract contract CurveAssertions is Assertions {
    function pickRatio(uint256 seed) internal pure returns (Ratio memory) {
        uint24[3][12] memory ratios = [
            [uint24(50_000), 20, 1],
            [uint24(80_000), 25, 2],
            [uint24(100_000), 10, 1],
            [uint24(150_000), 20, 3],
            [uint24(200_000), 5, 1],
            [uint24(250_000), 4, 1],
            [uint24(300_000), 10, 3],
            [uint24(400_000), 5, 2],
            [uint24(500_000), 2, 1],
            [uint24(600_000), 5, 3],
            [uint24(800_000), 5, 4],
            [uint24(1_000_000), 1, 1]
        ];
        uint24[3] memory picked = ratios[seed % ratios.length];
        return Ratio({crr: picked[0], m: picked[1], n: picked[2]});
    }

    function pointOf(HokusaiAMM pool) internal view returns (Point memory) {
        return Point({reserve: pool.reserve() + pool.virtualReserve(), supply: pool.curveSupply()});
    }

    /// @notice P3 and P8: the trade left the pool at or above the exact curve.
    function assertNotBelowCurve(Ratio memory w, Point memory start, Point memory end) internal pure {
        assertTrue(
            Products.isAtMost(end.supply, start.reserve, start.supply, end.reserve, w.m, w.n),
            "P3: (R + R0) / S^(1/w) fell"
        );
    }

    /// @notice A buy gave at most one wei less than the curve's floor.
    function assertBuyTight(Ratio memory w, Point memory start, Point memory end) internal pure {
        assertFalse(
            Products.isAtMost(end.supply + 2, start.reserve, start.supply, end.reserve, w.m, w.n),
            "buy: too little"
        );
    }

    /// @notice A sale gave, or an exact-output buy took, at most one reserve unit to the pool's advantage beyond rounding.
    function assertReserveTight(Ratio memory w, Point memory start, Point memory end) internal pure {
        assertFalse(
            Products.isAtMost(end.supply, start.reserve, start.supply, end.reserve - 2, w.m, w.n),
            "reserve: too much kept"
        );
    }

    /// @notice P6: the price (R + R0) / (w · S) rose by a buy, strictly below 100 %.
    function assertPriceRose(Ratio memory w, Point memory start, Point memory end) internal pure {
        uint256 left = end.reserve * start.supply;
        uint256 right = start.reserve * end.supply;
        if (w.m == w.n) assertGe(left, right, "P6: price fell by a buy");
        else assertGt(left, right, "P6: price did not rise by a buy");
    }

    /// @notice P6: the price fell by a sale, but for the unit that rounding leaves in the pool.
    function assertPriceFell(Point memory start, Point memory end) internal pure {
        assertLe((end.reserve - 1) * start.supply, start.reserve * end.supply, "P6: price rose by a sale");
    }
}
