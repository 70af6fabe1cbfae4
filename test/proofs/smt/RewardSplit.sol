// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {RewardMath} from "contracts/libraries/RewardMath.sol";
import * as Errors from "contracts/types/CommonErrors.sol";

/// @notice V3: owner and contributors receive the reward exactly, for 1 to 64 contributors: by induction over the contributors, with
/// `paid` for the sum of their amounts.
/// Assumed: a reward is at most 1e27, which the bounds of a rate imply.
contract RewardSplitProof {
    uint256 private constant MAX_REWARD = 1e27;
    uint256 private constant MAX_CONTRIBUTORS = 64;

    struct State {
        uint256 total;
        uint256 remainder;
        uint256 sumOfShares;
        uint256 paid;
        uint256 count;
    }

    function _holds(State memory state) private pure returns (bool) {
        if (state.total > MAX_REWARD || state.count > MAX_CONTRIBUTORS || state.paid > 2 ** 128) return false;
        unchecked {
            if (state.remainder != state.total - state.paid) return false;
        }
        return
            state.sumOfShares <= state.count * type(uint16).max &&
            state.paid * RewardMath.BPS <= state.total * state.sumOfShares &&
            state.total * state.sumOfShares <= state.paid * RewardMath.BPS + (RewardMath.BPS - 1) * state.count;
    }

    function lemma_V3_ownerAndRestAreTheReward(uint256 reward) external pure {
        require(reward <= MAX_REWARD);
        uint256 owner = RewardMath.ownerShare(reward);

        assert(owner <= reward && owner * RewardMath.BPS <= reward * RewardMath.OWNER_SHARE_BPS);
        assert((owner + 1) * RewardMath.BPS > reward * RewardMath.OWNER_SHARE_BPS);
    }

    function lemma_V3_nobodyIsPaidYet(uint256 total_) external pure {
        require(total_ <= MAX_REWARD);
        uint256 total = total_;
        //@ lines contracts/verification/DeltaOneVerifier.sol: uint256 sumOfShares; … uint256 remainder
        State memory state = State(total, remainder, sumOfShares, 0, 0);

        assert(_holds(state));
    }

    function lemma_V3_oneMoreIsPaid(State memory state, uint16 share_) external pure {
        require(_holds(state) && state.count < MAX_CONTRIBUTORS);
        (uint256 total, uint256 remainder, uint256 sumOfShares) = (state.total, state.remainder, state.sumOfShares);
        uint256 share = share_;
        uint256[] memory amounts = new uint256[](1);
        uint256 i;
        unchecked {
            //@ lines contracts/verification/DeltaOneVerifier.sol: uint256 amount = RewardMath … uint256 amount = RewardMath
            //@ lines contracts/verification/DeltaOneVerifier.sol: amounts[i] = amount; … remainder -=
        }
        (state.remainder, state.sumOfShares) = (remainder, sumOfShares);
        (state.paid, state.count) = (state.paid + amounts[0], state.count + 1);

        assert(_holds(state));
    }

    function lemma_V3_theRemainderIsTheRest(State memory state, uint256 largestAmount) external pure {
        require(_holds(state) && largestAmount <= state.paid);
        (uint256 remainder, uint256 sumOfShares) = (state.remainder, state.sumOfShares);
        uint256[] memory amounts = new uint256[](1);
        uint256 largest;
        amounts[0] = largestAmount;
        //@ lines contracts/verification/DeltaOneVerifier.sol: if (sumOfShares … amounts[largest] += remainder;

        assert(remainder < MAX_CONTRIBUTORS);
        assert(state.paid - largestAmount + amounts[0] == state.total);
    }
}
