// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {BondingCurve} from "contracts/market/BondingCurve.sol";
import {HokusaiAMM} from "contracts/market/HokusaiAMM.sol";
import {ModelToken} from "contracts/tokens/ModelToken.sol";
import {PoolTerms} from "contracts/types/PoolTypes.sol";
import {vm} from "../utils/Test.sol";
import {CurveAssertions, Point, Ratio} from "../utils/CurveAssertions.sol";
import {ProtocolTest} from "../utils/ProtocolTest.sol";

/// @notice Pools of random terms, created by the factory, and what must hold for any of their trades.
contract HokusaiAMMTest is ProtocolTest, CurveAssertions {
    uint256 private constant BPS = 1e4;
    uint256 private constant TOKENS_PER_DELTA_ONE = 100_000e18;
    uint256 private constant MAX_ALLOCATION = 1e28;
    uint256 private constant FUNDS = 1e24;
    uint256 private constant STREAM_DURATION = 1 days;

    address private _trader;
    address private _payer;

    ModelToken private _token;
    HokusaiAMM private _pool;
    Ratio private _ratio;
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

    function testFuzz_attack_donationsMoveNoPrice(
        Seeds calldata seeds,
        uint128 before,
        uint128 reserveDonation,
        uint256 tokenDonation
    ) external {
        _launch(seeds);
        uint256 bought = _buy(_reserveIn(before));
        vm.assume(bought > 0);
        (Point memory start, uint256 price, uint256 fees) = (
            pointOf(_pool),
            _pool.spotPrice(),
            _pool.uncollectedFees()
        );
        tokenDonation = bound(tokenDonation, 0, bought);

        usdc.mint(address(_pool), reserveDonation);
        vm.prank(_trader);
        _token.transfer(address(_pool), tokenDonation);

        Point memory end = pointOf(_pool);
        assertEq(end.reserve, start.reserve);
        assertEq(end.supply, start.supply);
        assertEq(_pool.spotPrice(), price);
        assertEq(_pool.uncollectedFees(), fees + reserveDonation);
        assertEq(_pool.collectFees(), fees + reserveDonation);
        assertEq(usdc.balanceOf(keys.treasury), fees + reserveDonation);
    }

    function test_attack_hundredsOfDustTradesTakeNothing() external {
        _launchCommon(0);
        vm.prank(_payer);
        _pool.buy(24_500e6, 0, _payer, block.timestamp);
        uint256 balance = usdc.balanceOf(_trader);
        Point memory start = pointOf(_pool);

        // Every trade is as small as the pool accepts: each rounding is at its largest against the amount.
        for (uint256 i; i < 300; ++i) _buy(1);
        uint256 tokens = _token.balanceOf(_trader);
        for (uint256 i; i < 300; ++i) {
            uint256 dust = tokens / 200;
            if (dust <= _token.balanceOf(_trader) && _quoteSell(dust) > 0) _sell(dust);
        }
        uint256 rest = _token.balanceOf(_trader);
        if (_quoteSell(rest) > 0) _sell(rest);

        assertLe(usdc.balanceOf(_trader), balance, "P4: dust profits");
        assertNotBelowCurve(_ratio, start, pointOf(_pool));
    }

    function test_attack_dustExactOutBuysTakeNothing() external {
        _launchCommon(0);
        vm.prank(_payer);
        _pool.buy(24_500e6, 0, _payer, block.timestamp);
        uint256 balance = usdc.balanceOf(_trader);

        for (uint256 i; i < 300; ++i) {
            vm.prank(_trader);
            _pool.buyExactOut(1, 1, type(uint256).max, _trader, block.timestamp);
        }
        assertEq(balance - usdc.balanceOf(_trader), 300, "a wei of tokens costs a unit");

        assertEq(_quoteSell(300), 0);
    }

    /// @dev A flat price that hands over to a curve loses its deposits to whoever crosses the hand-over and sells back. Here no
    /// amount, before or after the deposits of others, gains.
    function testFuzz_attack_noThresholdToSteal(uint128 deposits, uint128 amount) external {
        _launchCommon(0);
        deposits = uint128(_logBound(deposits, 1, 24_500e6));
        amount = uint128(_logBound(amount, 1, 1_800e6));

        uint256 tokens = _buy(amount);
        assertLe(tokens == 0 ? 0 : _quoteSell(tokens), amount, "before any deposit");
        if (tokens > 0 && _quoteSell(tokens) > 0) _sell(tokens);

        vm.prank(_payer);
        (bool bought, ) = address(_pool).call(abi.encodeCall(_pool.buy, (deposits, 0, _payer, block.timestamp)));
        uint256 reserve = _pool.reserve();
        tokens = _buy(amount);
        if (tokens > 0 && _quoteSell(tokens) > 0) _sell(tokens);

        assertGe(_pool.reserve(), reserve, "the earlier buyers' reserve fell");
        if (bought) {
            uint256 held = _token.balanceOf(_payer);
            assertLe(_quoteSell(held), deposits);
            // All they paid comes back to them but for one unit of rounding at each trade.
            assertGe(_quoteSell(held) + 2, deposits, "the earlier buyers lost");
        }
    }

    /// @dev A pool without fees: rounding alone stands between it and the attacker.
    function _launchCommon(uint256 fee) private {
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
    function _launch(Seeds calldata seeds) private {
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
    function _reserveIn(uint256 seed) private view returns (uint256) {
        return _logBound(seed, 1, _costAtCap);
    }

    /// @dev Buys, unless that would mint nothing or pass the cap.
    function _buy(uint256 reserveIn) private returns (uint256) {
        if (_quoteBuy(reserveIn) == 0) return 0;
        vm.prank(_trader);
        return _pool.buy(reserveIn, 0, _trader, block.timestamp);
    }

    function _sell(uint256 tokens) private returns (uint256) {
        vm.prank(_trader);
        return _pool.sell(tokens, 0, _trader, block.timestamp);
    }

    function _deposit(uint256 amount) private {
        if (amount == 0) return;
        vm.prank(_payer);
        _pool.depositFees(amount);
    }

    /// @dev 0 when the buy would revert for minting nothing or passing the cap; any other revert fails the test.
    function _quoteBuy(uint256 reserveIn) private view returns (uint256) {
        uint256 net = reserveIn - _fee(reserveIn);
        Point memory point = pointOf(_pool);
        uint256 tokens = BondingCurve.buy(point.supply, point.reserve, net, _ratio.crr);
        if (tokens == 0 || tokens > _pool.remainingInvestorAllocation()) return 0;
        return _pool.quoteBuy(reserveIn);
    }

    /// @dev 0 when the sale would revert for paying nothing; any other revert fails the test.
    function _quoteSell(uint256 tokens) private view returns (uint256) {
        Point memory point = pointOf(_pool);
        uint256 gross = BondingCurve.sell(point.supply, point.reserve, tokens, _ratio.crr);
        return gross == _fee(gross) ? 0 : _pool.quoteSell(tokens);
    }

    /// @dev ceil(amount · fee / 1e4)
    function _fee(uint256 amount) private view returns (uint256) {
        uint256 product = amount * _pool.tradeFee();
        return product / BPS + (product % BPS == 0 ? 0 : 1);
    }

    /// @dev Maps `seed` into `[min, max]` so that every magnitude is as likely.
    function _logBound(uint256 seed, uint256 min, uint256 max) private pure returns (uint256) {
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
