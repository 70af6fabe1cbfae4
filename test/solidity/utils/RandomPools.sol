// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {BondingCurve} from "contracts/market/BondingCurve.sol";
import {HokusaiAMM} from "contracts/market/HokusaiAMM.sol";
import {ModelToken} from "contracts/tokens/ModelToken.sol";
import {PoolTerms} from "contracts/types/PoolTypes.sol";
import {vm} from "../utils/Test.sol";
import {CurveAssertions, Point, Ratio} from "../utils/CurveAssertions.sol";
import {ProtocolTest} from "../utils/ProtocolTest.sol";

/// @title Pools of random terms
/// @notice Created by the factory, with a trader and a payer of fees.
abstract contract RandomPools is ProtocolTest, CurveAssertions {
    uint256 private constant BPS = 1e4;
    uint256 private constant TOKENS_PER_DELTA_ONE = 100_000e18;
    uint256 private constant MAX_ALLOCATION = 1e28;
    uint256 private constant FUNDS = 1e24;
    uint256 internal constant STREAM_DURATION = 1 days;

    address internal _trader;
    address internal _payer;

    ModelToken internal _token;
    HokusaiAMM internal _pool;
    Ratio internal _ratio;
    uint256 private _costAtCap;

    /// @notice What the terms of a random pool are drawn from.
    struct Seeds {
        uint8 ratio;
        uint16 fee;
        uint128 virtualReserve;
        uint128 price;
        uint128 cost;
        uint128 supplier;
    }

    function setUp() external {
        deployProtocol();
        _trader = makeAddr("trader");
        _payer = makeAddr("payer");
    }

    /// @dev A pool without fees: rounding alone stands between it and the attacker.
    function _launchCommon(uint256 fee) internal {
        (_token, _pool) = launchModel(
            400_000e18,
            800_000e18,
            TOKENS_PER_DELTA_ONE,
            PoolTerms({crr: 200_000, tradeFee: fee, ibrDuration: 0, virtualReserve: 2_000e6, initialPrice: 10_000})
        );
        _ratio = pickRatio(4);
        _fund();
    }

    /// @dev A pool of any terms that the factory accepts, with the ratio's curve exactly computable.
    function _launch(Seeds calldata seeds) internal {
        _ratio = pickRatio(seeds.ratio);
        uint256 virtualReserve = _logBound(seeds.virtualReserve, 100e6, 1e13);
        // S0 = R0·1e24 / (crr·price), in 1e18 … 1e28.
        uint256 perPrice = (virtualReserve * 1e24) / _ratio.crr;
        uint256 price = _logBound(seeds.price, perPrice / 1e28 + 1, _least(perPrice / 1e18, 1e12));
        uint256 virtualSupply = (virtualReserve * 1e24) / (_ratio.crr * price);

        uint256 cost = _logBound(seeds.cost, 1e7, 5e14);
        uint256 investors = _least(
            _least(BondingCurve.buy(virtualSupply, virtualReserve, cost, _ratio.crr), 1000 * virtualSupply),
            MAX_ALLOCATION
        );
        uint256 suppliers = _logBound(seeds.supplier, virtualSupply / 1000 + 1, MAX_ALLOCATION);
        _costAtCap = BondingCurve.buyExactOut(virtualSupply, virtualReserve, investors, _ratio.crr);
        vm.assume(_costAtCap >= 1e6 && _costAtCap <= 1e15);

        (_token, _pool) = launchModel(
            suppliers,
            investors,
            TOKENS_PER_DELTA_ONE,
            PoolTerms({
                crr: _ratio.crr,
                tradeFee: seeds.fee % 1001,
                ibrDuration: 0,
                virtualReserve: virtualReserve,
                initialPrice: price
            })
        );
        _fund();
    }

    function _fund() private {
        address[2] memory accounts = [_trader, _payer];
        for (uint256 i; i < accounts.length; ++i) {
            usdc.mint(accounts[i], FUNDS);
            vm.prank(accounts[i]);
            usdc.approve(address(_pool), type(uint256).max);
        }
    }

    /// @dev An amount up to what buys the cap on the untouched pool.
    function _reserveIn(uint256 seed) internal view returns (uint256) {
        return _logBound(seed, 1, _costAtCap);
    }

    /// @dev Buys, unless that would mint nothing or pass the cap.
    function _buy(uint256 reserveIn) internal returns (uint256) {
        if (_quoteBuy(reserveIn) == 0) return 0;
        vm.prank(_trader);
        return _pool.buy(reserveIn, 0, _trader, block.timestamp);
    }

    function _sell(uint256 tokens) internal returns (uint256) {
        vm.prank(_trader);
        return _pool.sell(tokens, 0, _trader, block.timestamp);
    }

    function _deposit(uint256 amount) internal {
        if (amount == 0) return;
        vm.prank(_payer);
        _pool.depositFees(amount);
    }

    /// @dev 0 when the buy would revert for minting nothing or passing the cap; any other revert fails the test.
    function _quoteBuy(uint256 reserveIn) internal view returns (uint256) {
        uint256 net = reserveIn - _fee(reserveIn);
        Point memory point = pointOf(_pool);
        uint256 tokens = BondingCurve.buy(point.supply, point.reserve, net, _ratio.crr);
        if (tokens == 0 || tokens > _pool.remainingInvestorAllocation()) return 0;
        return _pool.quoteBuy(reserveIn);
    }

    /// @dev 0 when the sale would revert for paying nothing; any other revert fails the test.
    function _quoteSell(uint256 tokens) internal view returns (uint256) {
        Point memory point = pointOf(_pool);
        uint256 gross = BondingCurve.sell(point.supply, point.reserve, tokens, _ratio.crr);
        return gross == _fee(gross) ? 0 : _pool.quoteSell(tokens);
    }

    /// @dev ceil(amount · fee / 1e4)
    function _fee(uint256 amount) internal view returns (uint256) {
        uint256 product = amount * _pool.tradeFee();
        return product / BPS + (product % BPS == 0 ? 0 : 1);
    }

    /// @dev Maps `seed` into `[min, max]` so that every magnitude is as likely.
    function _logBound(uint256 seed, uint256 min, uint256 max) internal pure returns (uint256) {
        uint256 low = _bits(min);
        uint256 high = _bits(max);
        uint256 bits = low + (seed % (high - low + 1));
        uint256 value = bound(uint256(keccak256(abi.encode(seed))), 2 ** (bits - 1), 2 ** bits - 1);
        return
            value < min
                ? min
                : value > max
                    ? max
                    : value;
    }

    function _bits(uint256 value) private pure returns (uint256 bits) {
        for (; value > 0; value >>= 1) ++bits;
    }

    function _least(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }
}
