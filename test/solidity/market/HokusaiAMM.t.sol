// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {BondingCurve} from "contracts/market/BondingCurve.sol";
import {vm} from "../utils/Test.sol";
import {Point} from "../utils/CurveAssertions.sol";
import {RandomPools} from "../utils/RandomPools.sol";

/// @notice What must hold for any trade of a pool of any terms.
contract HokusaiAMMTest is RandomPools {
    function testFuzz_P3_P6_P7_P8_buy(Seeds calldata seeds, uint128 before, uint128 amount) external {
        _launch(seeds);
        _buy(_reserveIn(before));
        amount = uint128(_reserveIn(amount));
        (Point memory start, uint256 quote) = (pointOf(_pool), _quoteBuy(amount));
        vm.assume(quote > 0);

        uint256 balance = usdc.balanceOf(_trader);
        uint256 tokensOut = _buy(amount);

        Point memory end = pointOf(_pool);
        assertEq(tokensOut, quote, "P7");
        assertEq(end.supply, start.supply + tokensOut, "P2: S");
        assertEq(end.reserve, start.reserve + amount - _fee(amount), "P2: R");
        assertEq(balance - usdc.balanceOf(_trader), amount, "paid");
        assertNotBelowCurve(_ratio, start, end);
        assertBuyTight(_ratio, start, end);
        assertPriceRose(_ratio, start, end);
    }

    function testFuzz_P3_P6_P7_P8_buyExactOut(Seeds calldata seeds, uint128 before, uint256 tokens) external {
        _launch(seeds);
        _buy(_reserveIn(before));
        vm.assume(_pool.remainingInvestorAllocation() > 0);
        tokens = _logBound(tokens, 1, _pool.remainingInvestorAllocation());
        Point memory start = pointOf(_pool);
        (uint256 quotedTokens, uint256 quotedReserve) = _pool.quoteBuyExactOut(tokens);

        vm.prank(_trader);
        (uint256 minted, uint256 paid) = _pool.buyExactOut(tokens, tokens, quotedReserve, _trader, block.timestamp);

        Point memory end = pointOf(_pool);
        assertEq(minted, quotedTokens, "P7: tokens");
        assertEq(paid, quotedReserve, "P7: reserve");
        assertEq(minted, tokens, "minted");
        assertEq(end.reserve, start.reserve + paid - _fee(paid), "P2: R");
        assertNotBelowCurve(_ratio, start, end);
        assertReserveTight(_ratio, start, end);
        assertPriceRose(_ratio, start, end);
    }

    function testFuzz_P3_P6_P7_P8_sell(Seeds calldata seeds, uint128 before, uint256 tokens) external {
        _launch(seeds);
        uint256 bought = _buy(_reserveIn(before));
        vm.assume(bought > 0);
        tokens = _logBound(tokens, 1, bought);
        Point memory start = pointOf(_pool);
        uint256 quote = _quoteSell(tokens);
        vm.assume(quote > 0);

        uint256 reserveOut = _sell(tokens);

        Point memory end = pointOf(_pool);
        uint256 gross = start.reserve - end.reserve;
        assertEq(reserveOut, quote, "P7");
        assertEq(end.supply, start.supply - tokens, "P2: S");
        assertEq(reserveOut, gross - _fee(gross), "P2: R");
        assertNotBelowCurve(_ratio, start, end);
        assertReserveTight(_ratio, start, end);
        assertPriceFell(start, end);
    }

    function testFuzz_P4_buyAndSellBackNeverProfits(
        Seeds calldata seeds,
        uint128 before,
        uint128 deposit,
        uint128 amount
    ) external {
        _launch(seeds);
        _buy(_reserveIn(before));
        _deposit(deposit % 1e12);
        vm.warp(block.timestamp + (deposit % 2 days));
        amount = uint128(_reserveIn(amount));

        uint256 tokens = _buy(amount);

        assertLe(tokens == 0 ? 0 : _quoteSell(tokens), amount, "P4");
    }

    function testFuzz_P4_buyExactOutAndSellBackNeverProfits(
        Seeds calldata seeds,
        uint128 before,
        uint256 tokens
    ) external {
        _launch(seeds);
        _buy(_reserveIn(before));
        vm.assume(_pool.remainingInvestorAllocation() > 0);
        tokens = _logBound(tokens, 1, _pool.remainingInvestorAllocation());

        vm.prank(_trader);
        (, uint256 paid) = _pool.buyExactOut(tokens, tokens, type(uint256).max, _trader, block.timestamp);

        assertLe(_quoteSell(tokens), paid, "P4");
    }

    function testFuzz_P5_splittingABuyNeverHelps(
        Seeds calldata seeds,
        uint128 before,
        uint128 amount,
        uint128[4] calldata cuts
    ) external {
        _launch(seeds);
        _buy(_reserveIn(before));
        amount = uint128(_reserveIn(amount));
        uint256 whole = _quoteBuy(amount);
        vm.assume(whole > 0); // the cap refuses a whole whose parts may partly fit

        uint256 inParts;
        uint256 left = amount;
        for (uint256 i; i < cuts.length && left > 0; ++i) {
            uint256 part = i + 1 == cuts.length ? left : bound(cuts[i], 1, left);
            inParts += _buy(part);
            left -= part;
        }

        assertLe(inParts, whole, "P5");
    }

    function testFuzz_P5_splittingASaleNeverHelps(
        Seeds calldata seeds,
        uint128 before,
        uint256 tokens,
        uint128[4] calldata cuts
    ) external {
        _launch(seeds);
        uint256 bought = _buy(_reserveIn(before));
        vm.assume(bought > 0);
        tokens = _logBound(tokens, 1, bought);
        uint256 whole = _quoteSell(tokens);

        uint256 inParts;
        uint256 left = tokens;
        for (uint256 i; i < cuts.length && left > 0; ++i) {
            uint256 part = i + 1 == cuts.length ? left : bound(cuts[i], 1, left);
            if (_quoteSell(part) > 0) inParts += _sell(part);
            left -= part;
        }

        assertLe(inParts, whole, "P5");
    }

    function testFuzz_P5_exactOutNeverBuysCheaper(Seeds calldata seeds, uint128 before, uint256 tokens) external {
        _launch(seeds);
        _buy(_reserveIn(before));
        vm.assume(_pool.remainingInvestorAllocation() > 1);
        tokens = _logBound(tokens, 1, _pool.remainingInvestorAllocation() - 1);

        (, uint256 cost) = _pool.quoteBuyExactOut(tokens);

        assertGe(
            BondingCurve.buy(_pool.curveSupply(), pointOf(_pool).reserve, cost - _fee(cost), _ratio.crr),
            tokens,
            "P5"
        );
    }

    /// @dev Whatever the order, R pays for every token that the pool issued.
    function testFuzz_allPoolIssuedTokensCanBeSold(
        Seeds calldata seeds,
        uint128[6] calldata amounts,
        uint128[5] calldata parts
    ) external {
        _launch(seeds);
        for (uint256 i; i < amounts.length; ++i) _buy(_reserveIn(amounts[i]));

        for (uint256 i; i < parts.length; ++i) {
            uint256 balance = _token.balanceOf(_trader);
            if (balance == 0) break;
            uint256 part = bound(parts[i], 1, balance);
            if (_quoteSell(part) > 0) _sell(part);
        }
        uint256 rest = _token.balanceOf(_trader);
        if (rest > 0 && _quoteSell(rest) > 0) _sell(rest);

        // What stays is dust that pays nothing.
        rest = _token.balanceOf(_trader);
        assertEq(rest == 0 ? 0 : _quoteSell(rest), 0);
        assertEq(_token.totalSupply(), rest);
        assertEq(_pool.curveSupply(), _pool.virtualSupply() + rest);
    }

    function testFuzz_maxSellIsPaid(Seeds calldata seeds, uint128 before, uint128 deposit) external {
        _launch(seeds);
        _buy(_reserveIn(before));
        _deposit(deposit % 1e13);
        vm.warp(block.timestamp + STREAM_DURATION);
        uint256 max = _pool.maxSell();
        vm.assume(max > 0);
        vm.prank(keys.distributor);
        tokenManager.distributeModelSupplierAllocation(MODEL);
        uint256 reserve = _pool.reserve();

        uint256 gross = BondingCurve.sell(_pool.curveSupply(), pointOf(_pool).reserve, max, _ratio.crr);

        assertLe(gross, reserve, "maxSell asks more than R");
        if (gross > _fee(gross) && _token.balanceOf(keys.supplier) >= max) {
            vm.prank(keys.supplier);
            assertEq(_pool.sell(max, 0, keys.supplier, block.timestamp), gross - _fee(gross));
            assertEq(_pool.reserve(), reserve - gross);
        }
    }

    function testFuzz_P2_streamReleasesLinearly(
        Seeds calldata seeds,
        uint128 amount,
        uint32 elapsed,
        uint128 second
    ) external {
        _launch(seeds);
        amount = uint128(_logBound(amount, 1, 1e15));
        second = uint128(_logBound(second, 1, 1e15));
        elapsed = uint32(bound(elapsed, 0, 2 days));
        uint256 start = block.timestamp;
        _deposit(amount);
        assertEq(_pool.pendingStream(), amount);

        vm.warp(start + elapsed);

        uint256 released = elapsed >= STREAM_DURATION ? amount : (uint256(amount) * elapsed) / STREAM_DURATION;
        assertEq(_pool.reserve(), released);
        assertEq(_pool.pendingStream(), amount - released);
        assertEq(_pool.streamEnd(), elapsed >= STREAM_DURATION ? 0 : start + STREAM_DURATION);

        _deposit(second);

        uint256 pending = amount - released;
        uint256 remaining = elapsed >= STREAM_DURATION ? 0 : STREAM_DURATION - elapsed;
        uint256 left = (pending * remaining + uint256(second) * STREAM_DURATION) / (pending + second);
        assertEq(_pool.reserve(), released);
        assertEq(_pool.pendingStream(), pending + second);
        assertEq(_pool.streamEnd(), block.timestamp + left);
    }

    function testFuzz_P12_buyDepositSellNeverProfits(
        Seeds calldata seeds,
        uint128 before,
        uint128 amount,
        uint128 deposit
    ) external {
        _launch(seeds);
        _buy(_reserveIn(before));
        amount = uint128(_reserveIn(amount));
        uint256 tokens = _buy(amount);
        vm.assume(tokens > 0);

        _deposit(_logBound(deposit, 1, 1e15));

        // Even when somebody else pays the deposit.
        assertLe(_quoteSell(tokens), amount, "P12");
    }
}
