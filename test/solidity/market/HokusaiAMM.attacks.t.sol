// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {vm} from "../utils/Test.sol";
import {Point} from "../utils/CurveAssertions.sol";
import {RandomPools} from "../utils/RandomPools.sol";

/// @notice Donations, dust and thresholds, by whoever trades with a pool.
contract HokusaiAMMAttacksTest is RandomPools {
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
}
