// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IVerificationMethod} from "../../interfaces/IVerificationMethod.sol";
import {Evaluation} from "../../types/ImprovementTypes.sol";

/// @title Hybrid
/// @notice Verification method: every listed method must accept the same statement. `proof = abi.encode(bytes[] proofs)`, one
/// for each method in the order of the list.
contract Hybrid is IVerificationMethod {
    address[] private _methods;

    /// @notice Fewer than two methods are listed.
    error TooFewMethods(uint256 count, uint256 min);

    /// @notice A method is not above the one before: out of order, twice, or zero.
    error MethodsNotAscending(address previous, address method);

    /// @notice Not one proof for each method.
    error ProofCountMismatch(uint256 proofs, uint256 methods);

    /// @notice A method did not accept, and gave no reason.
    error MethodRefused(address method);

    /// @param methods_ At least two, strictly ascending.
    constructor(address[] memory methods_) {
        if (methods_.length < 2) revert TooFewMethods(methods_.length, 2);
        address previous;
        for (uint256 i; i < methods_.length; ++i) {
            if (methods_[i] <= previous) revert MethodsNotAscending(previous, methods_[i]);
            previous = methods_[i];
        }
        _methods = methods_;
    }

    /// @inheritdoc IVerificationMethod
    function verify(
        Evaluation calldata evaluation,
        uint256 attesterEpoch,
        bytes32 digest,
        bytes calldata proof
    ) external view returns (bytes4) {
        bytes[] memory proofs = abi.decode(proof, (bytes[]));
        uint256 count = _methods.length;
        if (proofs.length != count) revert ProofCountMismatch(proofs.length, count);

        for (uint256 i; i < count; ++i) {
            IVerificationMethod method = IVerificationMethod(_methods[i]);
            if (method.verify(evaluation, attesterEpoch, digest, proofs[i]) != IVerificationMethod.verify.selector)
                revert MethodRefused(address(method));
        }
        return IVerificationMethod.verify.selector;
    }

    /// @notice The listed methods.
    function methods() external view returns (address[] memory) {
        return _methods;
    }
}
