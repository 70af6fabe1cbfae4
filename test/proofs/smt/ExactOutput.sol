// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Math} from "./Math.sol";

/// @notice B1: a buy that is filled in part pays at most that part of its limit.
/// Assumed: a limit and a cost below 2^128; OpenZeppelin's `mulDiv` is the rounded-down quotient, as it stands here for products that
/// fit a word.
contract ExactOutputProof {
    error ExcessiveInput(uint256 reserveIn, uint256 max);

    function lemma_B1_neverAboveTheLimitsPrice(
        uint256 maxReserveIn,
        uint256 tokensMinted,
        uint256 tokensOut,
        uint256 reserveIn
    ) external pure {
        require(
            maxReserveIn < 2 ** 128 &&
                reserveIn < 2 ** 128 &&
                tokensOut < 2 ** 104 &&
                tokensMinted <= tokensOut &&
                tokensOut != 0
        );
        uint256 limit = maxReserveIn;
        //@ lines contracts/market/HokusaiAMM.sol: maxReserveIn = Math.mulDiv … if (reserveIn > maxReserveIn)

        assert(reserveIn * tokensOut <= limit * tokensMinted);
        assert(reserveIn <= limit);
    }
}
