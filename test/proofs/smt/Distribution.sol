// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IRewardDistributor} from "contracts/interfaces/IRewardDistributor.sol";

/// @notice V3: intervals of a distribution telescope, and what remains of it never underflows.
/// Assumed: a total below 2^96, as a reward is at most 1e27; a Merkle proof may show anything.
contract DistributionProof {
    //@ from contracts/tokens/RewardDistributor.sol: WHOLE

    error InvalidInterval(uint256 from, uint256 to);
    error DistributionExhausted(uint256 amount, uint256 remaining);

    struct Interval {
        uint256 total;
        uint256 from;
        uint256 to;
    }

    /// @dev What a claim pays, and what remains after it.
    function _pay(Interval memory c, uint256 remaining) private pure returns (uint256 amount, uint256) {
        //@ lines contracts/tokens/RewardDistributor.sol: if (c.from >= c.to … if (c.from >= c.to
        //@ lines contracts/tokens/RewardDistributor.sol: amount = (c.total … remaining -=
        return (amount, remaining);
    }

    function _amountOf(uint256 total, uint256 from, uint256 to) private pure returns (uint256 amount) {
        (amount, ) = _pay(Interval(total, from, to), type(uint256).max);
    }

    function lemma_V3_paysNoMoreThanRemains(Interval memory c, uint256 remaining) external pure {
        require(c.total < 2 ** 96);
        (uint256 amount, uint256 left) = _pay(c, remaining);

        assert(left <= remaining && amount == remaining - left);
    }

    function lemma_V3_neighboursAreWorthTheirUnion(uint256 total, uint256 a, uint256 b, uint256 c) external pure {
        require(total < 2 ** 96);

        assert(_amountOf(total, a, b) + _amountOf(total, b, c) == _amountOf(total, a, c));
    }

    function lemma_V3_theWholeIsTheTotal(uint256 total) external pure {
        require(total < 2 ** 96);

        assert(_amountOf(total, 0, WHOLE) == total);
    }

    function lemma_V3_anIntervalIsWorthItsShareToAUnit(uint256 total, uint256 from, uint256 to) external pure {
        require(total < 2 ** 96);
        uint256 amount = _amountOf(total, from, to);

        assert(amount * WHOLE < total * (to - from) + WHOLE && amount * WHOLE + WHOLE > total * (to - from));
    }
}
