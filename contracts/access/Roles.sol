// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Roles
/// @notice Ids of the roles that more than one contract knows.
library Roles {
    bytes32 internal constant GUARDIAN = keccak256("GUARDIAN_ROLE");
    bytes32 internal constant POOL_CREATOR = keccak256("POOL_CREATOR_ROLE");
    bytes32 internal constant PAYER = keccak256("PAYER_ROLE");

    /// @dev OpenZeppelin's `DEFAULT_ADMIN_ROLE`.
    bytes32 internal constant ADMIN = 0x00;
}
