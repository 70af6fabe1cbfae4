// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Guardian pause
/// @notice The one rule for every pause a guardian may cause: it ends by itself, and it cannot be chained.
/// A pause is one timestamp, the second at which it ends (0 = never paused).
library GuardianPause {
    /// @notice Longest pause, in seconds.
    uint256 internal constant MAX_DURATION = 14 days;

    /// @notice Shortest time from the end of one pause to the start of the next, in seconds.
    uint256 internal constant COOLDOWN = 28 days;

    /// @notice The duration of a pause is 0 or above 14 days.
    error PauseDurationOutOfRange(uint256 duration, uint256 min, uint256 max);

    /// @notice The last pause ended too recently, or has not ended.
    error PauseCoolingDown(uint256 availableAt);

    /// @notice What was asked for is paused.
    error Paused(uint256 until);

    /// @notice The end of a pause that starts now.
    /// @param until End of the last pause.
    /// @param duration Length of the new one in seconds, 1 … 14 days.
    function start(uint256 until, uint256 duration) internal view returns (uint256) {
        if (duration == 0 || duration > MAX_DURATION) revert PauseDurationOutOfRange(duration, 1, MAX_DURATION);
        if (until != 0 && block.timestamp < until + COOLDOWN) revert PauseCoolingDown(until + COOLDOWN);
        return block.timestamp + duration;
    }

    /// @notice The end of a pause that is cut short now; an ended or absent one stays as it is.
    function stop(uint256 until) internal view returns (uint256) {
        return block.timestamp < until ? block.timestamp : until;
    }

    /// @notice Reverts `Paused` while the pause lasts; it is over in the second `until`.
    function requireNotPaused(uint256 until) internal view {
        if (block.timestamp < until) revert Paused(until);
    }
}
