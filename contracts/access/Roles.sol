// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Roles
/// @notice Ids of the roles that more than one contract knows. The contracts publish them under the names that are hashed.
library Roles {
    /// @notice Takes power away at once: suspends roles, pauses, stops payouts, removes attesters, revokes payees.
    bytes32 internal constant GUARDIAN = keccak256("GUARDIAN_ROLE");

    /// @notice Creates the pools of registered models.
    bytes32 internal constant POOL_CREATOR = keccak256("POOL_CREATOR_ROLE");

    /// @notice Pays invoices from the infrastructure reserve.
    bytes32 internal constant PAYER = keccak256("PAYER_ROLE");

    /// @notice Grants the other roles and changes what only adds power. It is OpenZeppelin's `DEFAULT_ADMIN_ROLE`.
    bytes32 internal constant ADMIN = 0x00;
}
