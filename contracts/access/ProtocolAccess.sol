// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AccessControlDefaultAdminRules} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {Roles} from "./Roles.sol";

/// @title Access rules shared by every contract that has roles
/// @notice One admin, changed in two steps and never to zero. The deployment makes it a timelock from the first block; that an
/// admin has code, or a delay of its own, is not checked here. It grants and revokes every role that has no other admin;
/// guardians take operational roles away at once. The deploying account is granted nothing.
abstract contract ProtocolAccess is AccessControlDefaultAdminRules {
    /// @notice May take power away at once: revoke operational roles and cause pauses that expire.
    bytes32 public constant GUARDIAN_ROLE = Roles.GUARDIAN;

    /// @notice A guardian cannot revoke this role: it is the admin's or the guardians' own.
    /// @param role The role.
    /// @custom:fix Only the admin takes these roles away: schedule it in the timelock.
    error RoleNotSuspendable(bytes32 role);

    /// @dev Emits `RoleGranted`. Reverts `AccessControlInvalidDefaultAdmin` for zero.
    /// @param delay Seconds between the two steps of an admin transfer.
    /// @param admin The timelock.
    /// @param guardians First holders of `GUARDIAN_ROLE`.
    constructor(uint48 delay, address admin, address[] memory guardians) AccessControlDefaultAdminRules(delay, admin) {
        _grantRoles(GUARDIAN_ROLE, guardians);
    }

    /// @notice Revokes an operational role at once. Only a guardian.
    ///
    /// The role's admin may grant it again. Where that is the protocol's admin, it takes the admin's delay. `DEPLOYER_ROLE` is
    /// granted by operators, without any delay: an operator can give it back in the same block, and the admin cannot. Whoever
    /// suspends a deployer for good suspends the operators that would give the role back.
    /// @dev Emits `RoleRevoked` if the account held the role. Reverts `AccessControlUnauthorizedAccount`, `RoleNotSuspendable`.
    /// @param role Role to revoke.
    /// @param account Its holder; nothing happens when it does not hold the role.
    function suspendRole(bytes32 role, address account) external onlyRole(GUARDIAN_ROLE) {
        if (role == DEFAULT_ADMIN_ROLE || role == GUARDIAN_ROLE) revert RoleNotSuspendable(role);
        _revokeRole(role, account);
    }

    /// @dev For constructors. Emits `RoleGranted` for each account that does not hold the role yet.
    /// @param role The role.
    /// @param accounts Its first holders.
    function _grantRoles(bytes32 role, address[] memory accounts) internal {
        for (uint256 i; i < accounts.length; ++i) {
            _grantRole(role, accounts[i]);
        }
    }

    /// @dev A transfer to zero would give up the admin for good, and there must always be one. Reverts
    /// `AccessControlInvalidDefaultAdmin`.
    /// @param newAdmin Who may accept.
    function _beginDefaultAdminTransfer(address newAdmin) internal override {
        if (newAdmin == address(0)) revert AccessControlInvalidDefaultAdmin(address(0));
        super._beginDefaultAdminTransfer(newAdmin);
    }
}
