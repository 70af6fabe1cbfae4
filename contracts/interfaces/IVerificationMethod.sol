// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Evaluation} from "../types/ImprovementTypes.sol";

/// @title Verification method
/// @notice Decides whether a statement is vouched for. The verifier knows nothing else about a method; the admin's
/// allow-list names the methods.
interface IVerificationMethod {
    /// @notice Accepts a statement, or reverts with the reason. Anyone may call it; only a call by the verifier leads to a
    /// payout.
    /// @dev When the verifier calls, the registry has already checked that the evaluation matches the model's present benchmark,
    /// score and baseline commitment, so a method may take its public inputs from the evaluation. The score has not moved yet.
    /// Emits nothing, because it may not write. Reverts as the method says.
    /// @param evaluation What the statement says was measured.
    /// @param attesterEpoch The epoch that the statement names; 0 for a proof without attesters.
    /// @param digest The statement's EIP-712 digest, which binds chain, verifier and every field.
    /// @param proof Whatever the method needs.
    /// @return This function's selector. Any other answer is a refusal.
    function verify(
        Evaluation calldata evaluation,
        uint256 attesterEpoch,
        bytes32 digest,
        bytes calldata proof
    ) external view returns (bytes4);
}
