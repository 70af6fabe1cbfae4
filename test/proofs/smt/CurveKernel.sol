// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @notice The assembly of the curve's kernel neither wraps nor loses bits.
/// Assumed: `_powerOf[k]` is a power of two. Of it, only what each lemma requires is used. `kernel.ts` encloses the lines between these.
contract CurveKernelProof {
    //@ from contracts/market/BondingCurve.sol: LOG2_ERROR, EXP2_ERROR, LOG2_ERROR_UP, EXP2_ERROR_UP

    mapping(int256 => int256) private _powerOf;

    function lemma_U_ratio(int256 n, int256 m, int256 k) external view {
        require(1 <= m && m < 2 ** 112 && n < 2 ** 113 && 0 <= k && k < 113);
        require(_powerOf[0] == 1 && _powerOf[1] == 2 && 1 <= _powerOf[k] && _powerOf[k] <= 2 ** 112);
        require(m * _powerOf[k] <= n && n < 2 * m * _powerOf[k]);
        //@ assembly contracts/market/BondingCurve.sol: m := shl(k, m) … k := add(k, above)

        assert(32768 * m < 46341 * n && 46341 * n <= 65536 * m);
        assert(1 <= m && m < 2 ** 114 && 0 <= k && k <= 113);
    }

    function lemma_U_argument(int256 n, int256 m) external pure {
        require(1 <= n && n < 2 ** 113 && 1 <= m && m < 2 ** 114);
        require(32768 * m < 46341 * n && 46341 * n <= 65536 * m);
        //@ assembly contracts/market/BondingCurve.sol: let z := … let u :=

        assert(-z * 79109 <= 13573 * 2 ** 127 && z * 111877 <= 19195 * 2 ** 127);
        assert(0 <= u && u < 2 ** 250);
    }

    function lemma_U_fraction(int256 y) external view {
        require(0 <= y && y < 2 ** 156);
        int256 k;
        //@ assembly contracts/market/BondingCurve.sol: k := shr(127 … let v :=

        assert(0 <= k && k <= 2 ** 29);
        assert(-(2 ** 126) <= r && r < 2 ** 126);
        assert(0 <= v && v <= 2 ** 252);
    }

    function lemma_P8_exponentOfAnOutputIsBelow(int256 log, int256 p, int256 q) external pure {
        require(_isLogarithm(log) && _isRatio(p, q));
        int256 y = _exponent(log, p, q, -LOG2_ERROR, -EXP2_ERROR);

        assert(y == 0 || (y + EXP2_ERROR) * q <= (log - LOG2_ERROR) * p);
        assert(y >= 0);
    }

    function lemma_P8_exponentOfACostIsAbove(int256 log, int256 p, int256 q) external pure {
        require(_isLogarithm(log) && _isRatio(p, q));
        int256 y = _exponent(log, p, q, LOG2_ERROR_UP, EXP2_ERROR_UP);

        assert((y - EXP2_ERROR) * q >= (log + LOG2_ERROR) * p);
        assert(y >= 0);
    }

    /// @dev Exponents that are 1162 apart are further apart than the errors of two powers.
    function lemma_exponentOfAnOutputRises(int256 log, int256 more, int256 p, int256 q) external pure {
        require(_isLogarithm(log) && _isLogarithm(more) && more >= log && _isRatio(p, q));
        int256 y = _exponent(log, p, q, -LOG2_ERROR, -EXP2_ERROR);
        int256 next = _exponent(more, p, q, -LOG2_ERROR, -EXP2_ERROR);

        assert(next >= y);
        assert((more - log) * p < 1162 * q || y == 0 || next >= y + 1162);
    }

    /// @dev The logarithm of a purchase is not negative, up to its error.
    function lemma_exponentOfACostRises(int256 log, int256 more, int256 p, int256 q) external pure {
        require(_isLogarithm(log) && _isLogarithm(more) && more >= log && _isRatio(p, q) && log >= -LOG2_ERROR);
        int256 y = _exponent(log, p, q, LOG2_ERROR_UP, EXP2_ERROR_UP);
        int256 next = _exponent(more, p, q, LOG2_ERROR_UP, EXP2_ERROR_UP);

        assert(next >= y);
        assert((more - log) * p < 1162 * q || next >= y + 1162);
    }

    /// @dev `exact` is the logarithm of what the tokens multiply S by, rounded up. What is paid multiplies R by the power of `y` at least.
    function lemma_costBuysItsTokens(int256 exact, int256 logOfCost, int256 logOfBuy, int256 ratio) external pure {
        require(_isLogarithm(logOfCost) && _isLogarithm(logOfBuy) && _isRatio(1e6, ratio) && exact >= 0);
        require(logOfCost >= exact - LOG2_ERROR && exact <= 113 * 2 ** 127);
        int256 y = _exponent(logOfCost, 1e6, ratio, LOG2_ERROR_UP, EXP2_ERROR_UP);
        require(logOfBuy >= y - EXP2_ERROR - LOG2_ERROR);

        assert(_exponent(logOfBuy, ratio, 1e6, -LOG2_ERROR, -EXP2_ERROR) - EXP2_ERROR >= exact);
    }

    function lemma_P8_powerIsAtLeastOne(int256 y, int256 g) external view {
        require(0 <= y && y < 2 ** 156 && 2 ** 128 <= g && g < 2 ** 129);
        int256 k;
        //@ assembly contracts/market/BondingCurve.sol: k := shr(127 … let r :=
        int256 a;
        int256 b;
        //@ assembly contracts/market/BondingCurve.sol: a := add( … b := sub(

        assert(k == 0 ? a >= b : 2 * a >= b);
        assert(y != 0 || (k == 0 && a == b));
    }

    function _exponent(
        int256 log,
        int256 p,
        int256 q,
        int256 logMargin,
        int256 expMargin
    ) private pure returns (int256 y) {
        //@ assembly contracts/market/BondingCurve.sol: y := add(sdiv … y := mul(y, sgt
    }

    function _isLogarithm(int256 log) private pure returns (bool) {
        return -(2 ** 127) <= log && log <= 114 * 2 ** 127;
    }

    function _isRatio(int256 p, int256 q) private pure returns (bool) {
        return 1 <= p && p <= 1e6 && 1 <= q && q <= 1e6;
    }
}
