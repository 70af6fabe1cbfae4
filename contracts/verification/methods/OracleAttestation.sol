// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {RegistryAuthorised} from "../../access/RegistryAuthorised.sol";
import {Roles} from "../../access/Roles.sol";
import {IModelRegistry} from "../../interfaces/IModelRegistry.sol";
import {IOracleAttestation} from "../../interfaces/IOracleAttestation.sol";
import {IVerificationMethod} from "../../interfaces/IVerificationMethod.sol";
import {NotAscending, requireWithin, ValueMismatch, ZeroAddress} from "../../types/CommonErrors.sol";
import {Evaluation} from "../../types/ImprovementTypes.sol";

/// @title OracleAttestation
/// @notice See {IOracleAttestation}.
/// @dev Trusts: `threshold` attesters, within the limits that the registry puts on every improvement. Whoever removes an
/// attester voids all signatures given so far: honest attesters sign again, the removed one cannot.
contract OracleAttestation is IOracleAttestation, RegistryAuthorised {
    /// @notice Gas that an ERC-1271 attester may use to answer.
    uint256 public constant ERC1271_GAS = 150_000;

    /// @inheritdoc IOracleAttestation
    mapping(address account => bool) public isAttester;

    // A word, which a verification reads once.

    /// @inheritdoc IOracleAttestation
    uint64 public threshold;

    /// @inheritdoc IOracleAttestation
    uint64 public attesterCount;

    /// @inheritdoc IOracleAttestation
    uint64 public epoch;

    /// @param registry_ The models' registry, for its roles.
    /// @param attesters First attesters, distinct and not zero.
    /// @param required How many of them must sign, 1 … their number.
    constructor(IModelRegistry registry_, address[] memory attesters, uint256 required) RegistryAuthorised(registry_) {
        for (uint256 i; i < attesters.length; ++i) {
            _addAttester(attesters[i]);
        }
        _setThreshold(required);
        epoch = 1;
    }

    /// @inheritdoc IOracleAttestation
    function addAttester(address attester) external onlyRole(Roles.ADMIN) {
        _addAttester(attester);
    }

    /// @inheritdoc IOracleAttestation
    function removeAttester(address attester) external {
        if (!_callerHasRole(Roles.GUARDIAN)) _checkRole(Roles.ADMIN);
        if (!isAttester[attester]) revert NotAttester(attester);
        requireWithin("threshold", threshold, 1, attesterCount - 1);

        isAttester[attester] = false;
        emit AttesterRemoved(attester, --attesterCount, ++epoch);
    }

    /// @inheritdoc IOracleAttestation
    function setThreshold(uint256 newThreshold) external onlyRole(Roles.ADMIN) {
        _setThreshold(newThreshold);
    }

    /// @inheritdoc IVerificationMethod
    function verify(
        Evaluation calldata,
        uint256 attesterEpoch,
        bytes32 digest,
        bytes calldata proof
    ) external view returns (bytes4) {
        uint256 required = threshold;
        if (attesterEpoch != epoch) revert ValueMismatch("attesterEpoch", attesterEpoch, epoch);
        (address[] memory signers, bytes[] memory signatures) = abi.decode(proof, (address[], bytes[]));
        if (signatures.length != signers.length) revert ValueMismatch("signatures", signatures.length, signers.length);
        if (signers.length < required) revert NotEnoughSigners(signers.length, required);

        address previous;
        for (uint256 i; i < signers.length; ++i) {
            address signer = signers[i];
            if (signer <= previous) revert NotAscending(previous, signer);
            if (!isAttester[signer]) revert NotAttester(signer);
            if (!_isValidSignature(signer, digest, signatures[i])) revert InvalidSignature(signer);
            previous = signer;
        }
        return IVerificationMethod.verify.selector;
    }

    function _addAttester(address attester) private {
        if (attester == address(0)) revert ZeroAddress();
        if (isAttester[attester]) revert AlreadyAttester(attester);

        isAttester[attester] = true;
        emit AttesterAdded(attester, ++attesterCount);
    }

    function _setThreshold(uint256 newThreshold) private {
        requireWithin("threshold", newThreshold, 1, attesterCount);

        emit ThresholdChanged(threshold, newThreshold);
        threshold = uint64(newThreshold);
    }

    /// @dev A key's own signature is tried first: most attesters are keys, and one that delegates its code still has its key.
    function _isValidSignature(address signer, bytes32 digest, bytes memory signature) private view returns (bool) {
        (address recovered, ECDSA.RecoverError error, ) = ECDSA.tryRecover(digest, signature);
        if (error == ECDSA.RecoverError.NoError && recovered == signer) return true;
        return signer.code.length != 0 && _answersMagic(signer, digest, signature);
    }

    /// @dev Whether a contract answers ERC-1271's magic value, and nothing else. Of its answer only the first word is copied,
    /// or a long one would cost whoever submits the statement more than {ERC1271_GAS}.
    function _answersMagic(address signer, bytes32 digest, bytes memory signature) private view returns (bool answers) {
        bytes memory question = abi.encodeCall(IERC1271.isValidSignature, (digest, signature));
        bytes32 magic = IERC1271.isValidSignature.selector;
        // Reads allocated memory and writes to scratch space: an answer of 32 bytes is all that stands there then.
        assembly ("memory-safe") {
            answers := staticcall(ERC1271_GAS, signer, add(question, 0x20), mload(question), 0, 0x20)
            answers := and(answers, and(eq(returndatasize(), 0x20), eq(mload(0), magic)))
        }
    }
}
