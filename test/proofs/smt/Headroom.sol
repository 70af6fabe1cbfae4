// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import "contracts/libraries/RewardMath.sol";

/// @notice V4: the lifetime rewards never refuse an improvement, and a rate that is allowed stays allowed, the present one and a scheduled one.
/// Assumed: the widths of the registry's fields; that a product grows with its factors.
contract HeadroomProof {
    //@ from contracts/models/ModelGovernance.sol: MAX_TOKENS_PER_DELTA_ONE

    struct Entry {
        uint96 rewardsRemaining;
    }

    function lemma_V4_anAllowedRateStaysAllowed(
        uint88 rate,
        uint88 scheduled,
        uint96 remaining,
        uint16 headroom,
        uint16 delta
    ) external pure {
        require(headroom <= 10_000 && delta <= headroom && delta != 0 && scheduled <= MAX_TOKENS_PER_DELTA_ONE);
        require(rate <= _max(remaining, headroom) && scheduled <= _max(remaining, headroom));
        require(uint256(rate) * delta <= uint256(rate) * headroom);
        require(
            scheduled <= rate
                ? uint256(scheduled) * (headroom - delta) <= uint256(rate) * (headroom - delta)
                : uint256(scheduled) * delta >= uint256(rate) * delta
        );
        uint256 reward = RewardMath.reward(delta, rate);

        assert(reward <= remaining);
        assert(scheduled <= _max(remaining - reward, headroom - delta));
    }

    function _max(uint256 remaining, uint256 headroomBps) private pure returns (uint256) {
        Entry memory entry = Entry(uint96(remaining));
        //@ lines contracts/models/ModelGovernance.sol: if (headroomBps == 0) … return (entry.rewardsRemaining
    }
}
