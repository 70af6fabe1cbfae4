// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import * as Errors from "contracts/types/CommonErrors.sol";
import {FeeTerms, ModelId} from "contracts/types/ModelTypes.sol";

/// @notice F1: both parts of a fee are the fee, for every amount and every share that a model may have.
contract FeeSplitProof {
    //@ from contracts/fees/UsageFeeRouter.sol: MAX_AMOUNT, BPS, _split

    function lemma_F1_partsAreTheFee(FeeTerms memory terms, ModelId model, uint256 amount) external pure {
        require(terms.infrastructureAccrualBps <= BPS);
        (uint256 infrastructureAmount, uint256 poolAmount) = _split(terms, model, amount);

        assert(infrastructureAmount <= amount && infrastructureAmount + poolAmount == amount);
        assert(infrastructureAmount * BPS <= amount * terms.infrastructureAccrualBps);
        assert((infrastructureAmount + 1) * BPS > amount * terms.infrastructureAccrualBps);
    }
}
