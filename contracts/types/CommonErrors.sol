// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @notice An address that must be set is zero.
error ZeroAddress();

/// @notice An amount that must be positive is zero, or above its largest allowed value.
error InvalidAmount();
