// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {OutOfRange} from "../types/CommonErrors.sol";

/// @title Guardian pause
/// @notice The one rule for every pause that a guardian may cause: it ends by itself, and its length comes out of a budget
/// of seven days, which refills by one second every six. No call pauses further ahead than seven days. The budget also refills
/// while a pause runs, so that guardians who extend it again and again keep it for at most 8.4 days at a stretch,
/// 7 / (1 − 1/6). At most 14 days of any 42 are paused (7 + 42 / 6), whoever the guardians are, and only pausing uses up the
/// budget.
/// @dev A pause is two times: `until`, the second in which it ends, and `wholeAt`, the second from which the budget is whole
/// again if nothing more is paused. The budget that is missing at a time t is (wholeAt − t) / 6.
library GuardianPause {
    /// @notice The whole budget: the longest pause that one call can cause, in seconds.
    uint256 internal constant BUDGET = 7 days;

    /// @notice Seconds in which the budget refills by one second.
    uint256 internal constant RECOVERY = 6;

    /// @notice The function is paused.
    /// @param until The second in which the pause ends.
    /// @custom:fix Wait until `until`: the pause ends by itself, and the admin may end it before. Sells, transfers, claims,
    /// releases and payments are never paused.
    error Paused(uint256 until);

    /// @notice Begins or extends a pause, to `duration` seconds from now.
    /// @dev Reverts `OutOfRange` when that is no longer than what runs already, or more than the budget allows.
    /// @param until End of the last pause.
    /// @param wholeAt When the budget is whole.
    /// @param duration Seconds from now.
    /// @return The end of the pause.
    /// @return When the budget will be whole.
    function extend(uint40 until, uint40 wholeAt, uint256 duration) internal view returns (uint40, uint40) {
        uint256 running = Math.saturatingSub(until, block.timestamp);
        uint256 missing = Math.saturatingSub(wholeAt, block.timestamp);
        unchecked {
            // Nothing is missing beyond the budget, and no time passes 2^40 before the year 36812.
            uint256 max = running + (BUDGET * RECOVERY - missing) / RECOVERY;
            if (duration <= running || duration > max) revert OutOfRange("duration", duration, running + 1, max);
            uint256 newWholeAt = block.timestamp + missing + (duration - running) * RECOVERY;
            return (uint40(block.timestamp + duration), uint40(newWholeAt));
        }
    }

    /// @notice Ends a pause now and gives back what it did not use. One that has ended stays as it is.
    /// @param until End of the pause.
    /// @param wholeAt When the budget is whole.
    /// @return The end of the pause.
    /// @return When the budget will be whole.
    function end(uint40 until, uint40 wholeAt) internal view returns (uint40, uint40) {
        uint256 running = Math.saturatingSub(until, block.timestamp);
        unchecked {
            // A running pause has put six times as much on `wholeAt`, which was not in the past.
            return (uint40(until - running), uint40(wholeAt - running * RECOVERY));
        }
    }

    /// @notice Reverts `Paused` while the pause lasts; it is over in the second `until`.
    /// @param until End of the pause.
    function requireNotPaused(uint256 until) internal view {
        if (block.timestamp < until) revert Paused(until);
    }
}
