// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Math} from "./Math.sol";

/// @notice P8: what the curve makes of the kernel's power is its formula, rounded against the trader, and neither wraps nor loses bits.
/// Each branch stands alone: after an early return, the model checker may take a divisor of the other branch for one that is not zero.
/// Assumed: what `CurveKernel.sol` and `kernel.ts` prove of the kernel, as `_exp2` here requires it.
contract CurveResultsProof {
    //@ from contracts/market/BondingCurve.sol: PPM, MAX_VALUE, MAX_GROWN, LOG2_ERROR, EXP2_ERROR
    //@ from contracts/market/BondingCurve.sol: LOG2_ERROR_UP, EXP2_ERROR_UP, _requireDomain, _requireGrowth, spotPriceWad

    uint256 private _n;
    uint256 private _m;
    uint256 private _p;
    uint256 private _q;
    int256 private _logMargin;
    int256 private _expMargin;
    int256 private _y;
    uint256 private _a;
    uint256 private _b;
    uint256 private _k;

    function lemma_P8_onlyWithinTheDomain(
        uint256 supply,
        uint256 reserve,
        uint256 amount,
        uint256 ratio
    ) external pure {
        _requireDomain(supply, reserve, amount, ratio);

        assert(_isInDomain(supply, reserve, amount, ratio));
    }

    function lemma_U_curveBuy(uint256 supply, uint256 reserve, uint256 amount, uint256 ratio) external {
        require(_isInDomain(supply, reserve, amount, ratio));
        _linearBuy(supply, reserve, amount, ratio);
        _powerBuy(supply, reserve, amount, ratio);

        assert((_a << _k) >> _k == _a);
    }

    function lemma_P8_linearBuyIsRoundedDown(uint256 supply, uint256 reserve, uint256 amount) external {
        require(_isInDomain(supply, reserve, amount, PPM));
        uint256 tokens = _linearBuy(supply, reserve, amount, PPM);

        assert(tokens * reserve <= supply * amount && supply * amount < (tokens + 1) * reserve);
    }

    function lemma_P8_buyIsRoundedDown(uint256 supply, uint256 reserve, uint256 amount, uint256 ratio) external {
        require(_isInDomain(supply, reserve, amount, ratio));
        uint256 tokens = _powerBuy(supply, reserve, amount, ratio);
        uint256 exact = supply * ((_a << _k) - _b);

        assert(tokens * _b <= exact && exact < (tokens + 1) * _b);
    }

    function lemma_P8_buyAsksForItsPower(uint256 supply, uint256 reserve, uint256 amount, uint256 ratio) external {
        require(_isInDomain(supply, reserve, amount, ratio));
        _powerBuy(supply, reserve, amount, ratio);

        assert(_n == reserve + amount && _m == reserve && _p == ratio && _q == PPM);
        assert(_logMargin == -LOG2_ERROR && _expMargin == -EXP2_ERROR);
    }

    function lemma_U_curveSell(uint256 supply, uint256 reserve, uint256 amount, uint256 ratio) external {
        require(_isInDomain(supply, reserve, amount, ratio) && amount < supply);
        assert(_linearSell(supply, reserve, amount, ratio) <= reserve);
        assert(_powerSell(supply, reserve, amount, ratio) <= reserve);
    }

    function lemma_P8_linearSaleIsRoundedDown(uint256 supply, uint256 reserve, uint256 amount) external {
        require(_isInDomain(supply, reserve, amount, PPM) && amount < supply);
        uint256 paid = _linearSell(supply, reserve, amount, PPM);

        assert(paid * supply <= reserve * amount && reserve * amount < (paid + 1) * supply);
    }

    function lemma_P8_saleIsRoundedDown(uint256 supply, uint256 reserve, uint256 amount, uint256 ratio) external {
        require(_isInDomain(supply, reserve, amount, ratio) && amount < supply);
        uint256 paid = _powerSell(supply, reserve, amount, ratio);
        uint256 part = ((_b - 1) >> _k) + 1;
        uint256 exact = reserve * (_a - part);

        assert(paid * _a <= exact && exact < (paid + 1) * _a);
        assert(1 <= part && (_k >= 256 || _b <= part << _k));
    }

    function lemma_P8_saleAsksForItsPower(uint256 supply, uint256 reserve, uint256 amount, uint256 ratio) external {
        require(_isInDomain(supply, reserve, amount, ratio) && amount < supply);
        _powerSell(supply, reserve, amount, ratio);

        assert(_n == supply && _m == supply - amount && _p == PPM && _q == ratio);
        assert(_logMargin == -LOG2_ERROR && _expMargin == -EXP2_ERROR);
    }

    function lemma_P8_saleOfAllPaysAll(uint256 supply, uint256 reserve, uint256 amount, uint256 ratio) external {
        require(_isInDomain(supply, reserve, amount, ratio) && amount >= supply);
        assert(_wholeSale(supply, reserve, amount) == reserve && amount == supply);
    }

    function lemma_U_curveBuyExactOut(uint256 supply, uint256 reserve, uint256 amount, uint256 ratio) external {
        require(_isInDomain(supply, reserve, amount, ratio));
        _linearCost(supply, reserve, amount, ratio);
        _powerCost(supply, reserve, amount, ratio);

        assert((_a << _k) >> _k == _a);
    }

    function lemma_P8_linearCostIsRoundedUp(uint256 supply, uint256 reserve, uint256 amount) external {
        require(_isInDomain(supply, reserve, amount, PPM));
        uint256 cost = _linearCost(supply, reserve, amount, PPM);

        assert(reserve * amount <= cost * supply && cost * supply < reserve * amount + supply);
    }

    function lemma_P8_costIsRoundedUp(uint256 supply, uint256 reserve, uint256 amount, uint256 ratio) external {
        require(_isInDomain(supply, reserve, amount, ratio) && amount != 0);
        uint256 cost = _powerCost(supply, reserve, amount, ratio);
        uint256 exact = reserve * ((_a << _k) - _b);

        assert(exact <= cost * _b && cost * _b < exact + _b);
    }

    function lemma_P8_costAsksForItsPower(uint256 supply, uint256 reserve, uint256 amount, uint256 ratio) external {
        require(_isInDomain(supply, reserve, amount, ratio) && amount != 0);
        _powerCost(supply, reserve, amount, ratio);

        assert(_n == supply + amount && _m == supply && _p == PPM && _q == ratio);
        assert(_logMargin == LOG2_ERROR_UP && _expMargin == EXP2_ERROR_UP);
    }

    function lemma_U_spotPrice(uint256 supply, uint256 reserve, uint256 ratio) external pure {
        require(_isInDomain(supply, reserve, 0, ratio));
        uint256 price = spotPriceWad(supply, reserve, ratio);

        assert(price * ratio * supply <= reserve * 1e42 && reserve * 1e42 < (price + 1) * ratio * supply);
    }

    function _linearBuy(
        uint256 supply,
        uint256 reserve,
        uint256 amount,
        uint256 crrPpm
    ) private pure returns (uint256) {
        unchecked {
            //@ lines contracts/market/BondingCurve.sol: if (crrPpm == PPM) return (supply … if (crrPpm == PPM) return (supply
        }
    }

    function _powerBuy(uint256 supply, uint256 reserve, uint256 amount, uint256 crrPpm) private returns (uint256) {
        unchecked {
            //@ lines contracts/market/BondingCurve.sol: int256 y = _exponent(reserve + amount … return (supply * ((a
        }
    }

    function _linearSell(
        uint256 supply,
        uint256 reserve,
        uint256 amount,
        uint256 crrPpm
    ) private pure returns (uint256) {
        unchecked {
            //@ lines contracts/market/BondingCurve.sol: if (crrPpm == PPM) return (reserve … if (crrPpm == PPM) return (reserve
        }
    }

    function _powerSell(uint256 supply, uint256 reserve, uint256 amount, uint256 crrPpm) private returns (uint256) {
        unchecked {
            //@ lines contracts/market/BondingCurve.sol: int256 y = _exponent(supply, supply … return (reserve * (a
        }
    }

    function _wholeSale(uint256 supply, uint256 reserve, uint256 amount) private pure returns (uint256) {
        //@ lines contracts/market/BondingCurve.sol: if (amount > supply) … if (amount == supply)
    }

    function _linearCost(
        uint256 supply,
        uint256 reserve,
        uint256 amount,
        uint256 crrPpm
    ) private pure returns (uint256) {
        unchecked {
            //@ lines contracts/market/BondingCurve.sol: if (crrPpm == PPM) return Math … if (crrPpm == PPM) return Math
        }
    }

    function _powerCost(uint256 supply, uint256 reserve, uint256 amount, uint256 crrPpm) private returns (uint256) {
        unchecked {
            //@ lines contracts/market/BondingCurve.sol: int256 y = _exponent(supply + amount … return Math.ceilDiv(reserve * ((a
        }
    }

    function _isInDomain(uint256 supply, uint256 reserve, uint256 amount, uint256 ratio) private pure returns (bool) {
        return
            1 <= supply &&
            supply < 2 ** 112 &&
            1 <= reserve &&
            reserve < 2 ** 112 &&
            amount < 2 ** 112 &&
            1 <= ratio &&
            ratio <= 1e6;
    }

    function _exponent(
        uint256 n,
        uint256 m,
        uint256 p,
        uint256 q,
        int256 logMargin,
        int256 expMargin
    ) private returns (int256) {
        (_n, _m, _p, _q, _logMargin, _expMargin) = (n, m, p, q, logMargin, expMargin);
        return _y;
    }

    function _exp2(int256 y) private view returns (uint256, uint256, uint256) {
        require(y == _y && 2 ** 128 <= _a && _a < 2 ** 129 && 2 ** 128 <= _b && _b < 2 ** 129);
        require(_k == 0 ? _a >= _b : 2 * _a >= _b);
        return (_a, _b, _k);
    }
}
