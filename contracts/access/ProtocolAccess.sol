// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AccessControlDefaultAdminRules} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {Roles} from "./Roles.sol";

/// @title Access rules shared by every contract that has roles
/// @notice One admin, a timelock from the first block, changed in two steps and never to zero. What adds power goes
/// through it; what takes power away is a guardian's instant word. The deploying account is granted nothing.
abstract contract ProtocolAccess is AccessControlDefaultAdminRules {
    /// @notice May take power away at once: revoke operational roles and cause pauses that expire.
    bytes32 public constant GUARDIAN_ROLE = Roles.GUARDIAN;

    /// @notice The role cannot be revoked by a guardian.
    error RoleNotSuspendable(bytes32 role);

    /// @param adminDelay Seconds between the two steps of an admin transfer.
    /// @param admin The timelock.
    /// @param guardians First holders of `GUARDIAN_ROLE`.
    constructor(
        uint48 adminDelay,
        address admin,
        address[] memory guardians
    ) AccessControlDefaultAdminRules(adminDelay, admin) {
        _grantRoles(GUARDIAN_ROLE, guardians);
    }

    /// @notice Revokes an operational role at once. Granting it again is the role admin's.
    /// @dev Reverts `RoleNotSuspendable` for the admin's and the guardians' own role.
    /// @param role Role to revoke.
    /// @param account Its holder; nothing happens when it does not hold the role.
    function suspendRole(bytes32 role, address account) external onlyRole(GUARDIAN_ROLE) {
        if (role == DEFAULT_ADMIN_ROLE || role == GUARDIAN_ROLE) revert RoleNotSuspendable(role);
        _revokeRole(role, account);
    }

    /// @dev For constructors.
    function _grantRoles(bytes32 role, address[] memory accounts) internal {
        for (uint256 i; i < accounts.length; ++i) {
            _grantRole(role, accounts[i]);
        }
    }

    /// @dev Zero would begin to give up the admin for good; there is always one.
    function _beginDefaultAdminTransfer(address newAdmin) internal override {
        if (newAdmin == address(0)) revert AccessControlInvalidDefaultAdmin(address(0));
        super._beginDefaultAdminTransfer(newAdmin);
    }
}
