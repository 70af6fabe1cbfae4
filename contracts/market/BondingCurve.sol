// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title The constant-reserve-ratio curve
/// @notice What a trade gives or costs at supply S, reserve R and reserve ratio w = crrPpm / 1e6:
///
///     buy           T = S((1 + D/R)^w − 1)          rounded down
///     sell          F = R(1 − (1 − T/S)^(1/w))      rounded down
///     buyExactOut   D = R((1 + T/S)^(1/w) − 1)      rounded up
///
/// Rounding: an output is never above the exact real value, an input never below it. All three grow with the exponent y of one power
/// 2^y: the proven bound of its errors is taken off y for an output and added for an input, and whatever is rounded after it goes the
/// same way. buyExactOut adds what buy can lose too, so that the cost of T buys T: `buy(S, R, buyExactOut(S, R, T, w), w) >= T`.
///
/// Domain: 1 ≤ S, R < 2^112; amounts < 2^112; 1 ≤ crrPpm ≤ 1e6. Anything else reverts with a typed error; an amount of zero gives zero.
///
/// Numbers named Q127 have 127 fractional bits, Q254 twice as many. docs/curve.md derives every bound that is quoted here.
library BondingCurve {
    uint256 internal constant PPM = 1e6; // parts per million in one
    uint256 internal constant MAX_VALUE = 2 ** 112 - 1; // largest supply, reserve or amount
    uint256 internal constant MAX_GROWN = 2 ** 127 - 1; // largest base · 2^k of a purchase: its products then fit a word

    // What _exponent and _exp2 can be off by, either way; Q127, the latter as an error in y.
    int256 internal constant LOG2_ERROR = 998;
    int256 internal constant EXP2_ERROR = 620;

    // Added to be never below, and never below by what buy takes off: 2·LOG2_ERROR in y, 2·EXP2_ERROR + 1 in y·q/p, 2 for truncations.
    int256 internal constant LOG2_ERROR_UP = LOG2_ERROR + 2 * EXP2_ERROR + 1;
    int256 internal constant EXP2_ERROR_UP = EXP2_ERROR + 2 * LOG2_ERROR + 2;

    /// @notice An argument is outside the domain: supply and reserve 1 … 2^112 − 1, amount at most that, crrPpm 1 … 1e6.
    /// @param supply S.
    /// @param reserve R + R0.
    /// @param amount What is traded.
    /// @param crrPpm The ratio, in parts per million.
    /// @custom:fix Trade less: a pool's own figures are within the domain from its creation. For a new pool, raise the virtual
    /// reserve or the ratio.
    error OutOfCurveDomain(uint256 supply, uint256 reserve, uint256 amount, uint256 crrPpm);

    /// @notice The sale is larger than the supply.
    /// @param amount Wei to sell.
    /// @param supply S.
    /// @custom:fix This cannot happen through a pool, which refuses the sale with `InsufficientReserve`.
    error AmountExceedsSupply(uint256 amount, uint256 supply);

    /// @notice A purchase would grow `base` (the supply of a buy, the reserve of an exact-out buy) to about `base · 2^doublings > max`.
    /// @param base S for a buy, R + R0 for one of an exact amount.
    /// @param doublings Times that it would double, about.
    /// @param max Most that it may become.
    /// @custom:fix Trade less. For a new pool, raise the virtual reserve or the ratio.
    error GrowthOutOfRange(uint256 base, uint256 doublings, uint256 max);

    /// @notice Tokens bought with `amount` of reserve.
    function buy(uint256 supply, uint256 reserve, uint256 amount, uint256 crrPpm) internal pure returns (uint256) {
        _requireDomain(supply, reserve, amount, crrPpm);

        // Sums, and products of two operands, fit; so does S·2^k·a, with a < 3.42·2^127. As y ≥ 0, a·2^k ≥ b.
        unchecked {
            if (crrPpm == PPM) return (supply * amount) / reserve;

            int256 y = _exponent(reserve + amount, reserve, crrPpm, PPM, -LOG2_ERROR, -EXP2_ERROR);
            (uint256 a, uint256 b, uint256 k) = _exp2(y);
            _requireGrowth(supply, k);
            return (supply * ((a << k) - b)) / b;
        }
    }

    /// @notice Reserve paid out for `amount` of tokens. The whole supply gives the whole reserve.
    function sell(uint256 supply, uint256 reserve, uint256 amount, uint256 crrPpm) internal pure returns (uint256) {
        _requireDomain(supply, reserve, amount, crrPpm);
        if (amount > supply) revert AmountExceedsSupply(amount, supply);
        if (amount == supply) return reserve;

        // Products of two operands fit; so does R·a, with a < 3.42·2^127. (b − 1 >> k) + 1 is b/2^k rounded up: as y ≥ 0, a is no less.
        unchecked {
            if (crrPpm == PPM) return (reserve * amount) / supply;

            int256 y = _exponent(supply, supply - amount, PPM, crrPpm, -LOG2_ERROR, -EXP2_ERROR);
            (uint256 a, uint256 b, uint256 k) = _exp2(y);
            return (reserve * (a - ((b - 1) >> k) - 1)) / a;
        }
    }

    /// @notice Reserve that buys at least `amount` of tokens.
    function buyExactOut(
        uint256 supply,
        uint256 reserve,
        uint256 amount,
        uint256 crrPpm
    ) internal pure returns (uint256) {
        _requireDomain(supply, reserve, amount, crrPpm);
        if (amount == 0) return 0;

        // As in buy, with supply and reserve in each other's place.
        unchecked {
            if (crrPpm == PPM) return Math.ceilDiv(reserve * amount, supply);

            int256 y = _exponent(supply + amount, supply, PPM, crrPpm, LOG2_ERROR_UP, EXP2_ERROR_UP);
            (uint256 a, uint256 b, uint256 k) = _exp2(y);
            _requireGrowth(reserve, k);
            return Math.ceilDiv(reserve * ((a << k) - b), b);
        }
    }

    /// @notice Spot price R / (w · S) of a whole token (1e18 wei) in reserve units, with 18 decimals more, rounded down.
    function spotPriceWad(uint256 supply, uint256 reserve, uint256 crrPpm) internal pure returns (uint256) {
        _requireDomain(supply, reserve, 0, crrPpm);
        // R·1e42 < 2^252, w·S < 2^132.
        unchecked {
            return (reserve * (1e18 * 1e18 * PPM)) / (crrPpm * supply);
        }
    }

    /// @dev y = (p/q)·log2(n/m) for 1 ≤ m ≤ n < 2^113, Q127: the logarithm within LOG2_ERROR either way, to which `logMargin` is added,
    /// the product truncated, then `expMargin` added. Zero if that is negative: n/m is then too close to 1 to tell.
    function _exponent(
        uint256 n,
        uint256 m,
        uint256 p,
        uint256 q,
        int256 logMargin,
        int256 expMargin
    ) internal pure returns (int256 y) {
        // With rho = n / (m·2^k) brought from [1, 2) into (1/√2, √2], exactly, log2(n/m) = k + log2(rho), log2(rho) = z / H(z²) where
        // z = (rho − 1)/(rho + 1), |z| < 0.17158, and H(u) = (ln 2 / 2) · √u / atanh √u, here as a continued fraction:
        // its odd levels lie in (0.34, 0.45), its even ones in (8.5, 9.1), so no divisor is zero and no difference negative.
        // Widths: n · 46341 < 2^129, |z| < 2^125 in Q127, u = z² < 2^250 in Q254, which divided by Q127 is Q127 again.
        assembly ("memory-safe") {
            // k = floor(log2(n/m)) by halving the number of bits, the last four by a table.
            let quotient := div(n, m)
            let k := shl(6, lt(0xffffffffffffffff, quotient))
            k := or(k, shl(5, lt(0xffffffff, shr(k, quotient))))
            k := or(k, shl(4, lt(0xffff, shr(k, quotient))))
            k := or(k, shl(3, lt(0xff, shr(k, quotient))))
            k := or(k, shl(2, lt(0xf, shr(k, quotient))))
            k := or(k, byte(shr(k, quotient), 0x0000010102020202030303030303030300000000000000000000000000000000))
            m := shl(k, m)
            let above := gt(mul(n, 46341), shl(16, m)) // n/m > 65536/46341, which is just below √2
            m := shl(above, m)
            k := add(k, above)

            let z := sdiv(shl(127, sub(n, m)), add(n, m))
            let u := mul(z, z)

            // prettier-ignore
            let log := add(shl(127, k), sdiv(shl(127, z),
                sub(0x2c5c85fdf473de6af278ece600fcbb81, div(u,
                sub(0x453fd62f8288fa466772ff8e29323930e, div(u,
                sub(0x3773a77d7190d605af1727f7ec197832, div(u,
                sub(0x47d06c5732094f6574c55fa9977ecae33, div(u,
                sub(0x382519956962a57f505c8979bb9076b1, div(u,
                sub(0x48397a201aeaa4e22a346495eb0ea413d, div(u,
                sub(0x3851761b6756c3ba26a1e26da174a529, div(u,
                sub(0x485bc7c4f9e75c6ef7f6517e0ea5d2cef, div(u,
                sub(0x3862ca3f347be250d1e6592a6996e567, div(u,
                sub(0x486b0738e0846299758eace47aa80e353, div(u,
                sub(0x386b17502943b8e9357b555c8399ff11, div(u,
                sub(0x4886d6aa8ab29bac3ae41635afdd48b3e, div(u,
                    0x35b82337b64317ae6edffbea507a48cc
                ))))))))))))))))))))))))))
            y := add(sdiv(mul(add(log, logMargin), p), q), expMargin)
            y := mul(y, sgt(y, 0))
        }
    }

    /// @dev 2^y = 2^k · a/b for y ≥ 0, Q127, within EXP2_ERROR either way, as an error in y. a and b are below 3.42 in Q127.
    function _exp2(int256 y) internal pure returns (uint256 a, uint256 b, uint256 k) {
        // With y = k + r, |r| ≤ 1/2: 2^r = (G + r)/(G − r), G(v) = r / tanh(r · ln 2 / 2), v = r², here as a continued fraction of
        // positive levels. Widths: v ≤ 2^252 in Q254, which divided by Q127 is Q127 again; G lies in [2.88, 2.92], so a and b are positive.
        assembly ("memory-safe") {
            k := shr(127, add(y, shl(126, 1)))
            let r := sub(y, shl(127, k))
            let v := mul(r, r)

            // prettier-ignore
            let g :=
                add(0x171547652b82fe1777d0ffda0d23a89ef, div(v,
                add(0x453fd62f8288fa466772ff8e2803742ac, div(v,
                add(0x736a64f9d98ef6755714ff75eb72d069d, div(v,
                add(0xa194f3c43094f2a446c434360ab3f4218, div(v,
                add(0xcfbf828e879aeed60224845710401c4ba, div(v,
                add(0xfdea1158dea16a289f090752e202aff9e, div(v,
                add(0x12c14a023482ea00955b47af17c35cb4b4, div(v,
                add(0x15a3f3105f292409a0d4f5257cf231f733, div(v,
                    0x18893c44795eb9598b8a7ba9815b94c57d
                ))))))))))))))))
            a := add(g, r)
            b := sub(g, r)
        }
    }

    function _requireDomain(uint256 supply, uint256 reserve, uint256 amount, uint256 crrPpm) private pure {
        // A product of two that are in range does not wrap; a ratio of zero does, and is out of range too.
        unchecked {
            if ((supply | reserve | amount) > MAX_VALUE || supply * reserve == 0 || crrPpm - 1 >= PPM)
                revert OutOfCurveDomain(supply, reserve, amount, crrPpm);
        }
    }

    function _requireGrowth(uint256 base, uint256 k) private pure {
        if (base > MAX_GROWN >> k) revert GrowthOutOfRange(base, k, MAX_GROWN);
    }
}
