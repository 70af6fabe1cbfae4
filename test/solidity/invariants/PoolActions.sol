// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IHokusaiAMM} from "contracts/interfaces/IHokusaiAMM.sol";
import {ModelId} from "contracts/types/ModelTypes.sol";
import {Point} from "../utils/CurveAssertions.sol";
import {Keys} from "../utils/ProtocolTest.sol";
import {vm} from "../utils/Test.sol";
import {PoolBooks} from "./PoolBooks.sol";

/// @title PoolActions
/// @notice What can be done with a pool, by anybody who may. Each action is booked, and checked by itself against what it must
/// do to balances and to the curve.
abstract contract PoolActions is PoolBooks {
    Keys internal _keys;

    constructor(Keys memory keys) {
        _keys = keys;
    }

    /// @dev P7: the trade does what its quote says, or fails as it says.
    function _trade(
        address trader,
        bytes memory quote,
        bytes memory trade
    ) internal returns (bool done, bytes memory result) {
        bytes memory quoted;
        bool expected;
        (expected, quoted) = _quote(quote);
        vm.prank(trader);
        (done, result) = address(_m.pool).call(trade);
        assertEq(done, expected, "P7: only one of quote and trade is refused");
        assertEq(result, quoted, "P7: quote and trade differ");
        if (!done) {
            bytes4 reason = bytes4(result);
            if (reason == bytes4(keccak256("InvestorAllocationExceeded(uint256,uint256)"))) ++reached.capRefused;
            if (reason == bytes4(keccak256("Paused(uint256)"))) ++reached.refusedByPause;
        }
    }

    function _buy(address buyer, uint256 amount) internal returns (uint256 tokens) {
        Point memory start = pointOf(_m.pool);
        uint256 held = _m.token.balanceOf(buyer);
        uint256 funds = _m.usdc.balanceOf(buyer);
        (bool done, bytes memory result) = _trade(
            buyer,
            abi.encodeCall(_m.pool.quoteBuy, (amount)),
            abi.encodeCall(_m.pool.buy, (amount, 0, buyer, clock))
        );
        if (!done) return 0;

        tokens = abi.decode(result, (uint256));
        assertEq(_m.token.balanceOf(buyer) - held, tokens, "buyer's tokens");
        assertEq(funds - _m.usdc.balanceOf(buyer), amount, "buyer's reserve");
        _bookBuy(start, amount, tokens);
        assertBuyTight(_ratio, start, pointOf(_m.pool));
    }

    function _buyExactOut(address buyer, uint256 wanted) internal {
        Point memory start = pointOf(_m.pool);
        uint256 remaining = _m.token.remainingInvestorAllocation();
        uint256 held = _m.token.balanceOf(buyer);
        uint256 funds = _m.usdc.balanceOf(buyer);
        (bool done, bytes memory result) = _trade(
            buyer,
            abi.encodeCall(_m.pool.quoteBuyExactOut, (wanted)),
            abi.encodeCall(_m.pool.buyExactOut, (wanted, 0, type(uint256).max, buyer, clock))
        );
        if (!done) return;

        (uint256 tokens, uint256 paid) = abi.decode(result, (uint256, uint256));
        assertEq(tokens, Math.min(wanted, remaining), "exact output");
        assertEq(_m.token.balanceOf(buyer) - held, tokens, "buyer's tokens");
        assertEq(funds - _m.usdc.balanceOf(buyer), paid, "buyer's reserve");
        _bookBuy(start, paid, tokens);
        assertReserveTight(_ratio, start, pointOf(_m.pool));
        if (tokens == remaining) ++reached.capFilled;
    }

    /// @dev B1: with a limit some bps above or below the quote's price for all that is wanted.
    function _buyExactOutWithin(address buyer, uint256 wanted, uint256 limitBps) internal {
        (bool quoted, bytes memory quote) = _quote(abi.encodeCall(_m.pool.quoteBuyExactOut, (wanted)));
        if (!quoted) return;
        (uint256 tokens, uint256 cost) = abi.decode(quote, (uint256, uint256));
        uint256 limit = Math.mulDiv(cost * limitBps, wanted, tokens * BPS);
        Point memory start = pointOf(_m.pool);
        uint256 funds = _m.usdc.balanceOf(buyer);

        bytes memory trade = abi.encodeCall(_m.pool.buyExactOut, (wanted, 0, limit, buyer, clock));
        vm.prank(buyer);
        (bool done, bytes memory result) = address(_m.pool).call(trade);

        assertEq(done, cost * wanted <= limit * tokens, "B1: the limit is a price");
        if (!done) {
            limit = Math.mulDiv(limit, tokens, wanted);
            assertEq(result, abi.encodeWithSelector(IHokusaiAMM.ExcessiveInput.selector, cost, limit));
            ++reached.refusedByLimit;
            return;
        }
        assertEq(result, quote, "P7: quote and trade differ");
        assertEq(funds - _m.usdc.balanceOf(buyer), cost, "B1: paid");
        _bookBuy(start, cost, tokens);
        if (tokens < wanted) ++reached.filledInPart;
    }

    function _sell(address seller, uint256 tokens) internal returns (uint256 received) {
        Point memory start = pointOf(_m.pool);
        uint256 held = _m.token.balanceOf(seller);
        uint256 funds = _m.usdc.balanceOf(seller);
        (bool done, bytes memory result) = _trade(
            seller,
            abi.encodeCall(_m.pool.quoteSell, (tokens)),
            abi.encodeCall(_m.pool.sell, (tokens, 0, seller, clock))
        );
        if (!done) return 0;

        received = abi.decode(result, (uint256));
        assertEq(held - _m.token.balanceOf(seller), tokens, "seller's tokens");
        assertEq(_m.usdc.balanceOf(seller) - funds, received, "seller's reserve");
        _bookSell(start, tokens, received);
    }

    function _deposit(address payer, uint256 amount) internal {
        Point memory start = pointOf(_m.pool);
        vm.prank(payer);
        _m.pool.depositFees(amount);
        _bookDeposit(amount);
        assertEq(pointOf(_m.pool).reserve, start.reserve, "P12: a deposit moved R at once");
    }

    function _donate(address payer, uint256 amount) internal {
        Point memory start = pointOf(_m.pool);
        vm.prank(payer);
        _m.usdc.transfer(address(_m.pool), amount);
        totals.donated += amount;
        _assertUnmoved(start);
    }

    function _donateTokens(address giver, uint256 tokens) internal {
        Point memory start = pointOf(_m.pool);
        tokens = Math.min(tokens, _m.token.balanceOf(giver));
        vm.prank(giver);
        _m.token.transfer(address(_m.pool), tokens);
        _assertUnmoved(start);
    }

    function _collect() internal {
        address treasury = _m.factory.treasury();
        if (_m.usdc.isBlacklisted(treasury)) return;
        Point memory start = pointOf(_m.pool);
        uint256 balance = _m.usdc.balanceOf(treasury);
        uint256 amount = _m.pool.collectFees();
        assertEq(_m.usdc.balanceOf(treasury) - balance, amount, "the treasury's balance");
        totals.collected += amount;
        _assertUnmoved(start);
    }

    function _mintSupplier() internal {
        if (_m.token.isSupplierMinted()) return;
        Point memory start = pointOf(_m.pool);
        vm.prank(_keys.distributor);
        _m.tokenManager.distributeModelSupplierAllocation(_m.modelId);
        _assertUnmoved(start);
    }

    function _mintRewards(address to, uint256 tokens) internal {
        Point memory start = pointOf(_m.pool);
        (address[] memory accounts, uint256[] memory amounts) = (new address[](1), new uint256[](1));
        accounts[0] = to;
        amounts[0] = tokens % ((_m.token.rewardAllocation() - _m.token.rewardsMinted()) / 50 + 1);
        vm.prank(address(_m.tokenManager));
        _m.token.mintRewards(accounts, amounts);
        _assertUnmoved(start);
    }

    function _quote(bytes memory quote) internal view returns (bool, bytes memory) {
        return address(_m.pool).staticcall(quote);
    }

    function _modelKey() internal view returns (ModelId) {
        return ModelId.wrap(keccak256(bytes(_m.modelId)));
    }
}
