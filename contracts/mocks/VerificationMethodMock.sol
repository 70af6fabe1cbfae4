// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IVerificationMethod} from "../interfaces/IVerificationMethod.sol";
import {Evaluation} from "../types/ImprovementTypes.sol";

/// @title A verification method that accepts the proofs that equal its own, in its own way.
contract VerificationMethodMock is IVerificationMethod {
    /// @notice What it answers to a proof that it accepts.
    bytes4 public answer = IVerificationMethod.verify.selector;

    error ProofRefused(bytes proof);

    function setAnswer(bytes4 answer_) external {
        answer = answer_;
    }

    /// @dev Accepts `abi.encode(evaluation, attesterEpoch, digest)`: what it is told is what was proven.
    function verify(
        Evaluation calldata evaluation,
        uint256 attesterEpoch,
        bytes32 digest,
        bytes calldata proof
    ) external view returns (bytes4) {
        if (keccak256(proof) != keccak256(abi.encode(evaluation, attesterEpoch, digest))) revert ProofRefused(proof);
        return answer;
    }
}
