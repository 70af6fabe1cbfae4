// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {UsageFeeRouter} from "contracts/fees/UsageFeeRouter.sol";
import {HokusaiAMM} from "contracts/market/HokusaiAMM.sol";
import {PoolTerms} from "contracts/types/PoolTypes.sol";
import {ProtocolTest} from "../utils/ProtocolTest.sol";
import {vm} from "../utils/Test.sol";

/// @notice What the router says a stream will do, against what the pool then does.
contract UsageFeeRouterTest is ProtocolTest {
    uint256 private constant STREAM_DURATION = 1 days;
    uint256 private constant MAX_FEE = 1e18;

    UsageFeeRouter private _router;
    HokusaiAMM private _pool;
    address private _payer;

    function setUp() external {
        vm.warp(1_750_000_000);
        deployProtocol();
        _router = UsageFeeRouter(keys.feeRouter);
        (, _pool) = launchModel(400_000e18, 600_000e18, 20_000e18, PoolTerms(200_000, 30, 1 days, 2_000e6, 10_000));
        _payer = makeAddr("payer");
        usdc.mint(_payer, 10 * MAX_FEE);
        vm.startPrank(_payer);
        usdc.approve(address(_router), type(uint256).max);
        usdc.approve(address(_pool), type(uint256).max);
        vm.stopPrank();
    }

    function testFuzz_streamedTo_isExactAfterADeposit(
        uint256 first,
        uint256 second,
        uint256 elapsed,
        uint256 ahead
    ) external {
        _depositWithin(first, STREAM_DURATION, elapsed);
        _deposit(second);

        _assertReleases(ahead, 0);
    }

    function testFuzz_streamedTo_isAtMostOneUnitBelowAfterATrade(uint256 fee, uint256 elapsed, uint256 ahead) external {
        _depositWithin(fee, STREAM_DURATION, elapsed);
        vm.prank(_payer);
        _pool.buy(100e6, 0, _payer, block.timestamp);

        _assertReleases(ahead, 1);
    }

    function testFuzz_streamedTo_isAtMostOneUnitBelowAfterTheDeposit(
        uint256 fee,
        uint256 elapsed,
        uint256 ahead
    ) external {
        _depositWithin(fee, STREAM_DURATION, elapsed);

        _assertReleases(ahead, 1);
    }

    function test_streamedTo_isOneUnitBelowAfterTheDeposit() external {
        // Of 2 units in 24 hours, none has been released after one and one has after 12. Of the 2 that are pending after the
        // first hour, floor(2 · 11 / 23) = 0 would be after 11 of the 23 hours that are left.
        uint256 start = block.timestamp;
        vm.prank(_payer);
        _pool.depositFees(2);
        vm.warp(start + 1 hours);

        (uint256 released, ) = _router.streamedTo(modelKey(), start + 12 hours);
        uint256 reserve = _pool.reserve();
        vm.warp(start + 12 hours);

        assertEq(released, 0);
        assertEq(_pool.reserve() - reserve, 1);
    }

    function _depositWithin(uint256 fee, uint256 duration, uint256 elapsed) private {
        _deposit(fee);
        vm.warp(block.timestamp + bound(elapsed, 0, duration + 1));
    }

    function _deposit(uint256 fee) private {
        fee = bound(fee, 1, MAX_FEE);
        vm.prank(_payer);
        _pool.depositFees(fee);
    }

    /// @dev Lets `ahead` pass and compares: the pool may have released up to `more` than it was said to.
    function _assertReleases(uint256 ahead, uint256 more) private {
        ahead = bound(ahead, 0, STREAM_DURATION + 1);
        uint256 reserve = _pool.reserve();
        uint256 present = _pool.pendingStream();
        (uint256 released, uint256 pending) = _router.streamedTo(modelKey(), block.timestamp + ahead);
        assertEq(released + pending, present, "all is released or pending");

        vm.warp(block.timestamp + ahead);

        assertGe(_pool.reserve() - reserve, released, "less was released");
        assertLe(_pool.reserve() - reserve, released + more, "more was released");
        assertEq(_pool.reserve() + _pool.pendingStream(), reserve + present, "nothing is lost");
    }
}
