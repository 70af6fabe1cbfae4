// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {GuardianPause} from "contracts/libraries/GuardianPause.sol";
import {Test, vm} from "../utils/Test.sol";

contract GuardianPauseHarness {
    using GuardianPause for uint256;

    uint256 public until;

    function pause(uint256 duration) external {
        until = until.start(duration);
    }

    function resume() external {
        until = until.stop();
    }

    function act() external view {
        until.requireNotPaused();
    }
}

contract GuardianPauseTest is Test {
    uint256 private constant MAX_DURATION = 14 days;
    uint256 private constant COOLDOWN = 28 days;
    uint256 private constant NOW = 1_750_000_000;
    uint256 private constant CENTURY = 36_525 days;

    GuardianPauseHarness private _harness = new GuardianPauseHarness();

    function setUp() external {
        vm.warp(NOW);
    }

    function testFuzz_durationsOutOfRangeAreRefused(uint256 duration) external {
        if (duration >= 1 && duration <= MAX_DURATION) duration = 0;
        vm.expectRevert(
            abi.encodeWithSelector(GuardianPause.PauseDurationOutOfRange.selector, duration, 1, MAX_DURATION)
        );
        _harness.pause(duration);
    }

    function testFuzz_aPauseLastsItsDuration(uint256 duration, uint256 elapsed) external {
        duration = bound(duration, 1, MAX_DURATION);
        _harness.pause(duration);
        assertEq(_harness.until(), NOW + duration);

        vm.warp(NOW + bound(elapsed, 0, duration - 1));
        vm.expectRevert(abi.encodeWithSelector(GuardianPause.Paused.selector, NOW + duration));
        _harness.act();
        vm.warp(NOW + duration);
        _harness.act();
    }

    function testFuzz_pausesAreAMonthApart(uint256 duration, uint256 resumedAfter, uint256 triedAfter) external {
        duration = bound(duration, 1, MAX_DURATION);
        _harness.pause(duration);
        vm.warp(NOW + bound(resumedAfter, 0, 2 * MAX_DURATION));
        _harness.resume();
        uint256 end = block.timestamp < NOW + duration ? block.timestamp : NOW + duration;
        assertEq(_harness.until(), end);
        _harness.act();

        vm.warp(bound(triedAfter, block.timestamp, end + COOLDOWN - 1));
        vm.expectRevert(abi.encodeWithSelector(GuardianPause.PauseCoolingDown.selector, end + COOLDOWN));
        _harness.pause(duration);
        vm.warp(end + COOLDOWN);
        _harness.pause(duration);
        assertEq(_harness.until(), end + COOLDOWN + duration);
    }

    /// @dev However a guardian goes on, at least two thirds of all time stay open.
    function testFuzz_pausesTakeAtMostAThirdOfTheTime(uint256 seed) external {
        uint256 paused;
        uint256 now_ = NOW;
        while (now_ < NOW + CENTURY / 10) {
            seed = uint256(keccak256(abi.encode(seed)));
            now_ += bound(seed, 1, COOLDOWN);
            vm.warp(now_);
            try _harness.pause(MAX_DURATION) {
                paused += MAX_DURATION;
            } catch {}
        }
        assertLe(paused, (now_ - NOW) / 3 + MAX_DURATION);
    }
}
