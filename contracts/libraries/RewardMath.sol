// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Reward arithmetic
/// @notice The one place of the reward formulas. Every division rounds down; what it leaves goes to a named receiver, so that
/// the parts sum to the reward exactly. Amounts are wei.
library RewardMath {
    /// @notice A DeltaOne is 100 bps of improvement.
    uint256 internal constant BPS_PER_DELTA_ONE = 100;

    /// @notice Lifetime rewards of a model in DeltaOnes: the score scale of 10,000 bps holds 100.
    uint256 internal constant LIFETIME_DELTA_ONES = 100;

    uint256 internal constant BPS = 100_00; // 100 %

    /// @notice Smallest improvement that is ever paid, in bps.
    uint256 internal constant MIN_IMPROVEMENT_BPS = 10;

    /// @notice The owner's share of a reward, in bps; the rest is the contributors'.
    uint256 internal constant OWNER_SHARE_BPS = 30_00; // 30 %

    /// @notice floor(deltaBps · tokensPerDeltaOne / 100). DeltaOnes are never rounded on their own.
    function reward(uint256 deltaBps, uint256 tokensPerDeltaOne) internal pure returns (uint256) {
        return (deltaBps * tokensPerDeltaOne) / BPS_PER_DELTA_ONE;
    }

    /// @notice The owner's part of a {reward}.
    function ownerShare(uint256 reward_) internal pure returns (uint256) {
        unchecked {
            return (reward_ * OWNER_SHARE_BPS) / BPS; // a reward is at most 1e27: 100 DeltaOnes at 10 million tokens
        }
    }

    /// @notice One contributor's part of the contributors' share of a {reward}, before the remainder.
    function contributorShare(uint256 total, uint256 shareBps) internal pure returns (uint256) {
        unchecked {
            return (total * shareBps) / BPS; // at most 1e27 · 2^16
        }
    }
}
