// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IVerificationMethod} from "../../interfaces/IVerificationMethod.sol";
import {MethodRefused, NotAscending, requireWithin, ValueMismatch} from "../../types/CommonErrors.sol";
import {Evaluation} from "../../types/ImprovementTypes.sol";

/// @title Hybrid
/// @notice Verification method: every listed method must accept the same statement. `proof = abi.encode(bytes[] proofs)`, one
/// for each method in the order of the list.
/// @dev Trusts: its methods, each of which can refuse and none of which can accept alone. It does not know whether the admin's
/// allow-list has them. A method may be a hybrid itself: its proof is then an encoded list again, in the place of one proof.
/// One that lists itself accepts nothing, because no proof contains itself. Payouts of a hybrid are stopped by its own address,
/// not by those of its methods: whoever stops a method looks for the hybrids that contain it, nested ones too.
///
/// A statement names one epoch, which every method receives. At most one of them may have epochs, as {OracleAttestation} has,
/// nested ones counted, unless somebody keeps their epochs equal: while they differ, the hybrid accepts nothing.
contract Hybrid is IVerificationMethod {
    /// @dev One method alone needs no hybrid.
    uint256 private constant MIN_METHODS = 2;

    address[] private _methods;

    /// @dev Reverts `OutOfRange` for fewer than two methods, `NotAscending`.
    /// @param methods_ At least two, strictly ascending, not zero.
    constructor(address[] memory methods_) {
        requireWithin("methods", methods_.length, MIN_METHODS, type(uint256).max);
        address previous;
        for (uint256 i; i < methods_.length; ++i) {
            if (methods_[i] <= previous) revert NotAscending(previous, methods_[i]);
            previous = methods_[i];
        }
        _methods = methods_;
    }

    /// @inheritdoc IVerificationMethod
    /// @dev Reverts `ValueMismatch` for another number of proofs than of methods, `MethodRefused` when a method answers anything
    /// but its selector, and as each method does.
    function verify(
        Evaluation calldata evaluation,
        uint256 attesterEpoch,
        bytes32 digest,
        bytes calldata proof
    ) external view returns (bytes4) {
        bytes[] memory proofs = abi.decode(proof, (bytes[]));
        uint256 count = _methods.length;
        if (proofs.length != count) revert ValueMismatch("proofs", proofs.length, count);

        for (uint256 i; i < count; ++i) {
            IVerificationMethod method = IVerificationMethod(_methods[i]);
            if (method.verify(evaluation, attesterEpoch, digest, proofs[i]) != IVerificationMethod.verify.selector)
                revert MethodRefused(address(method));
        }
        return IVerificationMethod.verify.selector;
    }

    /// @notice The listed methods, in the order of their proofs.
    /// @return Their addresses.
    function methods() external view returns (address[] memory) {
        return _methods;
    }
}
