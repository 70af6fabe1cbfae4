// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IVerificationMethod} from "./IVerificationMethod.sol";

/// @title Oracle attestation
/// @notice Verification method: at least `threshold` of the attesters signed the statement's digest.
/// `proof = abi.encode(address[] signers, bytes[] signatures)`, signers strictly ascending. An account signs with 65 bytes
/// (r, s, v; s in the lower half), a contract answers ERC-1271.
interface IOracleAttestation is IVerificationMethod {
    /// @notice An attester was added; there are now `count`.
    event AttesterAdded(address indexed attester, uint256 count);

    /// @notice An attester was removed; there are now `count`, and statements of earlier epochs are void.
    event AttesterRemoved(address indexed attester, uint256 count, uint256 epoch);

    /// @notice Another number of attesters must sign; from zero at construction.
    event ThresholdChanged(uint256 oldThreshold, uint256 newThreshold);

    /// @notice The threshold is 0 or above the number of attesters, or would be after a removal.
    error ThresholdOutOfRange(uint256 threshold, uint256 min, uint256 max);

    /// @notice The account is an attester.
    error AlreadyAttester(address account);

    /// @notice The account is not an attester.
    error NotAttester(address account);

    /// @notice The statement names another epoch than the present one.
    error WrongEpoch(uint256 actual, uint256 expected);

    /// @notice Fewer signatures than the threshold.
    error NotEnoughSigners(uint256 actual, uint256 required);

    /// @notice Signers and signatures differ in number.
    error SignatureCountMismatch(uint256 signers, uint256 signatures);

    /// @notice A signer is not above the one before: out of order, or twice.
    error SignersNotAscending(address previous, address signer);

    /// @notice The signature is not the signer's over this digest.
    error InvalidSignature(address signer);

    /// @notice Adds an attester. Only the admin, hence after its delay. Errors: `ZeroAddress`, `AlreadyAttester`.
    function addAttester(address attester) external;

    /// @notice Removes an attester at once and starts a new epoch, so that every signature given so far is void. A guardian or
    /// the admin. Errors: `AccessControlUnauthorizedAccount`, `NotAttester`, `ThresholdOutOfRange` when fewer than the
    /// threshold would remain.
    function removeAttester(address attester) external;

    /// @notice Changes how many must sign. Only the admin, hence after its delay. Errors: `ThresholdOutOfRange`.
    function setThreshold(uint256 newThreshold) external;

    /// @notice Whether the account is an attester.
    function isAttester(address account) external view returns (bool);

    /// @notice How many attesters there are.
    function attesterCount() external view returns (uint256);

    /// @notice How many distinct attesters must sign; 1 … `attesterCount()`.
    function threshold() external view returns (uint256);

    /// @notice What a statement must name as `attesterEpoch`; starts at 1.
    function epoch() external view returns (uint256);
}
