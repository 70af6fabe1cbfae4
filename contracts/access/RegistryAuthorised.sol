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

    /// @dev Reverts as OpenZeppelin's modifier of this name does.
    modifier onlyRole(bytes32 role) {
        _checkRole(role);
        _;
    }

    /// @param registry_ The models' registry.
    constructor(IModelRegistry registry_) {
        if (address(registry_) == address(0)) revert ZeroAddress();
        registry = registry_;
    }

    function _checkRole(bytes32 role) internal view {
        if (!_callerHasRole(role)) revert IAccessControl.AccessControlUnauthorizedAccount(msg.sender, role);
    }

    function _callerHasRole(bytes32 role) internal view returns (bool) {
        return IAccessControl(address(registry)).hasRole(role, msg.sender);
    }
}
