// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IVerificationMethod} from "./IVerificationMethod.sol";

/// @title Oracle attestation
/// @notice Verification method: at least `threshold` of the attesters signed the statement's digest.
/// `proof = abi.encode(address[] signers, bytes[] signatures)`, signers strictly ascending, one signature for each. An account
/// signs with 65 bytes (r, s, v; s in the lower half). A contract answers ERC-1271 within 150,000 gas: its magic value in one
/// word, and nothing after it.
///
/// An attester signs no statement whose deadline is more than two days ahead: the chain compares the deadline with the time of
/// submission, not of signing, and a statement that waited longer could be paid at a rate that was unknown when it was signed.
///
/// {IVerificationMethod-verify} reverts here with `ValueMismatch` for another epoch or another number of signatures than of
/// signers, `NotEnoughSigners`, `NotAscending`, `NotAttester`, `InvalidSignature`.
interface IOracleAttestation is IVerificationMethod {
    /// @notice An attester was added. Signatures given so far stay valid.
    /// @param attester The attester.
    /// @param count How many attesters there are now.
    event AttesterAdded(address indexed attester, uint256 count);

    /// @notice An attester was removed. Statements of earlier epochs are void.
    /// @param attester The attester.
    /// @param count How many attesters there are now.
    /// @param epoch The epoch that a statement must name from now on.
    event AttesterRemoved(address indexed attester, uint256 count, uint256 epoch);

    /// @notice Another number of attesters must sign.
    /// @param oldThreshold The number before; 0 at construction.
    /// @param newThreshold The number now.
    event ThresholdChanged(uint256 oldThreshold, uint256 newThreshold);

    /// @notice The account is already an attester.
    /// @param account The account.
    /// @custom:fix Nothing to do.
    error AlreadyAttester(address account);

    /// @notice The account is not an attester.
    /// @param account The account.
    /// @custom:fix Leave its signature out. To remove an attester, name a present one.
    error NotAttester(address account);

    /// @notice Fewer attesters signed than are required.
    /// @param actual How many did.
    /// @param required How many must.
    /// @custom:fix Collect signatures of `required` distinct attesters.
    error NotEnoughSigners(uint256 actual, uint256 required);

    /// @notice The signature is not the signer's over this digest.
    /// @param signer The signer.
    /// @custom:fix Compare `hashStatement(statement)` with what was signed, then have it signed again. A signature does not
    /// count if the key, a field, the verifier or the chain differs, if it does not have 65 bytes, or if its s is in the
    /// upper half.
    error InvalidSignature(address signer);

    /// @notice Adds an attester. Only the admin, hence after its delay.
    /// @dev Emits `AttesterAdded`. Reverts `AccessControlUnauthorizedAccount`, `ZeroAddress`, `AlreadyAttester`.
    /// @param attester Account or contract, not zero.
    function addAttester(address attester) external;

    /// @notice Removes an attester at once and starts a new epoch, so that every signature given so far is void. A guardian or
    /// the admin. There are never fewer attesters than the threshold: to remove more, the admin lowers it first. A guardian
    /// who removes honest attesters can leave only dishonest ones; other guardians then stop the payouts of this method
    /// until the admin has appointed others.
    /// @dev Emits `AttesterRemoved`. Reverts `AccessControlUnauthorizedAccount`, `NotAttester`, `OutOfRange` for the threshold.
    /// @param attester The attester.
    function removeAttester(address attester) external;

    /// @notice Changes how many must sign. Only the admin, hence after its delay.
    /// @dev Emits `ThresholdChanged`. Reverts `AccessControlUnauthorizedAccount`, `OutOfRange`.
    /// @param newThreshold 1 … {attesterCount}.
    function setThreshold(uint256 newThreshold) external;

    /// @notice Whether the account is an attester.
    /// @param account The account.
    /// @return Whether it is.
    function isAttester(address account) external view returns (bool);

    /// @notice How many attesters there are.
    /// @return Their number, at least 1.
    function attesterCount() external view returns (uint64);

    /// @notice How many distinct attesters must sign.
    /// @return Their number, 1 … {attesterCount}.
    function threshold() external view returns (uint64);

    /// @notice What a statement must name as `attesterEpoch`.
    /// @return The epoch: 1 at first, one more with each removal.
    function epoch() external view returns (uint64);
}
