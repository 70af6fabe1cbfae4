// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {GuardianPause} from "contracts/libraries/GuardianPause.sol";
import {OutOfRange} from "contracts/types/CommonErrors.sol";
import {Test, vm} from "../utils/Test.sol";

contract GuardianPauseHarness {
    using GuardianPause for uint40;

    uint40 public until;
    uint40 public wholeAt;

    function pause(uint256 duration) external {
        (until, wholeAt) = until.extend(wholeAt, duration);
    }

    function resume() external {
        (until, wholeAt) = until.end(wholeAt);
    }

    function act() external view {
        until.requireNotPaused();
    }
}

contract GuardianPauseTest is Test {
    uint256 private constant NOW = 1_750_000_000;
    uint256 private constant STEPS = 60;

    // The rule in the words of its promise: at most 14 days in any 42, from a budget of 7.
    uint256 private constant BUDGET = 7 days;
    uint256 private constant WINDOW = 42 days;
    uint256 private constant MOST_IN_WINDOW = 14 days;

    /// @dev Sixths of a paused second: a second gives one, a paused second takes six.
    uint256 private constant FULL = 6 * BUDGET;

    GuardianPauseHarness private _harness = new GuardianPauseHarness();

    // The model: what is left of the budget at a time, and every pause that there was.
    uint256 private _level = FULL;
    uint256 private _levelAt = NOW;
    uint256[] private _from;
    uint256[] private _to;

    function setUp() external {
        vm.warp(NOW);
    }

    function testFuzz_durationsOutOfRangeAreRefused(uint256 duration) external {
        if (duration >= 1 && duration <= BUDGET) duration = BUDGET + duration;
        _expectOutOfRange(duration, 1, BUDGET);
        _harness.pause(duration);
    }

    function testFuzz_aPauseLastsItsDuration(uint256 duration, uint256 elapsed) external {
        duration = bound(duration, 1, BUDGET);
        _harness.pause(duration);
        assertEq(_harness.until(), NOW + duration);
        assertEq(_harness.wholeAt(), NOW + 6 * duration);

        vm.warp(NOW + bound(elapsed, 0, duration - 1));
        vm.expectRevert(abi.encodeWithSelector(GuardianPause.Paused.selector, NOW + duration));
        _harness.act();
        vm.warp(NOW + duration);
        _harness.act();
    }

    function testFuzz_endingEarlyGivesBackWhatIsLeft(uint256 duration, uint256 elapsed) external {
        duration = bound(duration, 1, BUDGET);
        elapsed = bound(elapsed, 0, 2 * BUDGET);
        _harness.pause(duration);
        vm.warp(NOW + elapsed);

        _harness.resume();

        uint256 lasted = Math.min(duration, elapsed);
        assertEq(_harness.until(), NOW + lasted);
        assertEq(_harness.wholeAt(), NOW + 6 * lasted);
        _harness.act();
    }

    /// @dev T: at no time that 40 bits hold does anything wrap.
    function testFuzz_T_anyTimeUpTo40Bits(uint256 start, uint256 first, uint256 elapsed) external {
        start = bound(start, 1, type(uint40).max - 2 * WINDOW);
        first = bound(first, 1, BUDGET);
        elapsed = bound(elapsed, 0, WINDOW);
        vm.warp(start);
        _harness.pause(first);
        vm.warp(start + elapsed);

        uint256 running = first - Math.min(first, elapsed);
        uint256 missing = Math.max(6 * first, elapsed) - elapsed;
        uint256 max = running + (FULL - missing) / 6;
        if (max == running) return;
        _harness.pause(max);
        assertEq(_harness.until(), start + elapsed + max);
        assertEq(_harness.wholeAt(), start + elapsed + missing + 6 * (max - running));
    }

    /// @dev G1: two guardians, of whom one takes whatever there is, and an admin who ends some pauses early.
    function testFuzz_G1_atMostFourteenDaysInAnyFortyTwo(uint256 seed) external {
        for (uint256 step; step < STEPS; ++step) {
            seed = uint256(keccak256(abi.encode(seed)));
            _pass(seed);
            uint256 running = _running();
            uint256 max = running + _level / 6;

            if (seed % 10 == 9) {
                _harness.resume();
                _endModel(running);
            } else if (max == running) {
                _expectOutOfRange(max + 1, running + 1, max);
                _harness.pause(max + 1);
            } else {
                bool isHostile = seed % 2 == 0;
                uint256 duration = isHostile ? max : bound(seed >> 8, running + 1, max);
                _expectOutOfRange(max + 1, running + 1, max);
                _harness.pause(max + 1);
                _harness.pause(duration);
                _extendModel(running, duration);
            }

            assertEq(_harness.until(), _to.length == 0 ? 0 : _to[_to.length - 1], "until");
            if (_level < FULL) assertEq(_harness.wholeAt(), block.timestamp + FULL - _level, "wholeAt");
            else assertLe(_harness.wholeAt(), block.timestamp, "whole");
        }
        for (uint256 i; i < _to.length; ++i) assertLe(_pausedInWindow(_to[i]), MOST_IN_WINDOW, "G1");
    }

    /// @dev G1: the bound is met, not only kept: seven days at once, and each sixth as it comes back.
    function test_G1_fourteenDaysAreReached() external {
        uint256 end = NOW + WINDOW;
        while (block.timestamp < end) {
            uint256 running = _running();
            uint256 max = running + _level / 6;
            if (max > running) {
                _harness.pause(max);
                _extendModel(running, max);
            }
            _passTo(block.timestamp + 6 hours);
        }
        assertGt(_pausedInWindow(end), MOST_IN_WINDOW - 1 days);
        assertLe(_pausedInWindow(end), MOST_IN_WINDOW);
    }

    /// @dev G1: the budget is spent only by time that was paused.
    function testFuzz_G1_aHostileGuardianDisarmsNobody(uint256 duration, uint256 elapsed) external {
        duration = bound(duration, 1, BUDGET);
        _harness.pause(duration);
        vm.warp(NOW + bound(elapsed, 0, duration));
        _harness.resume();
        uint256 lasted = block.timestamp - NOW;

        uint256 left = (FULL - (6 * lasted - lasted)) / 6;
        _expectOutOfRange(left + 1, 1, left);
        _harness.pause(left + 1);
        _harness.pause(left);
        assertGe(left, BUDGET - lasted);
    }

    function _pass(uint256 seed) private {
        uint256 most =
            seed % 3 == 0
                ? 1 hours
                : seed % 3 == 1
                    ? 2 days
                    : 14 days;
        _passTo(block.timestamp + bound(seed >> 16, 1, most));
    }

    function _passTo(uint256 time) private {
        _level = Math.min(FULL, _level + time - _levelAt);
        _levelAt = time;
        vm.warp(time);
    }

    function _extendModel(uint256 running, uint256 duration) private {
        _level -= 6 * (duration - running);
        if (running == 0) {
            _from.push(block.timestamp);
            _to.push(0);
        }
        _to[_to.length - 1] = block.timestamp + duration;
    }

    function _endModel(uint256 running) private {
        if (running == 0) return;
        _level += 6 * running;
        _to[_to.length - 1] = block.timestamp;
    }

    function _expectOutOfRange(uint256 value, uint256 min, uint256 max) private {
        vm.expectRevert(abi.encodeWithSelector(OutOfRange.selector, bytes32("duration"), value, min, max));
    }

    function _running() private view returns (uint256) {
        return _to.length == 0 ? 0 : _to[_to.length - 1] - Math.min(_to[_to.length - 1], block.timestamp);
    }

    function _pausedInWindow(uint256 end) private view returns (uint256 paused) {
        for (uint256 i; i < _to.length; ++i) {
            uint256 from = Math.max(_from[i], end - WINDOW);
            uint256 to = Math.min(_to[i], end);
            if (to > from) paused += to - from;
        }
    }
}
