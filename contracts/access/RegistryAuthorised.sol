// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {ZeroAddress} from "../types/CommonErrors.sol";

/// @title Access rules of contracts that have no roles of their own
/// @notice Whoever holds a role in the registry holds it here, and nobody else.
/// @dev Trusts: the registry, which has the rules of {ProtocolAccess}. It is asked at every call, so that a role that was
/// revoked there is gone here in the same transaction.
abstract contract RegistryAuthorised {
    /// @notice The models' registry, and the book of roles.
    IModelRegistry public immutable registry;

    /// @dev Reverts as OpenZeppelin's modifier of this name does: `AccessControlUnauthorizedAccount`.
    /// @param role The role that the caller must hold.
    modifier onlyRole(bytes32 role) {
        _checkRole(role);
        _;
    }

    /// @dev Reverts `ZeroAddress`.
    /// @param registry_ The models' registry.
    constructor(IModelRegistry registry_) {
        if (address(registry_) == address(0)) revert ZeroAddress();
        registry = registry_;
    }

    /// @dev Reverts `AccessControlUnauthorizedAccount` unless the caller holds the role.
    /// @param role The role.
    function _checkRole(bytes32 role) internal view {
        if (!_callerHasRole(role)) revert IAccessControl.AccessControlUnauthorizedAccount(msg.sender, role);
    }

    /// @dev Whether the caller holds the role: the account or contract that calls, whoever signed the transaction.
    /// @param role The role.
    /// @return Whether it does.
    function _callerHasRole(bytes32 role) internal view returns (bool) {
        return IAccessControl(address(registry)).hasRole(role, msg.sender);
    }
}
