// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @notice Identity of a model everywhere on chain: `keccak256(bytes(modelId))` of its published string, compared byte for byte.
type ModelId is bytes32;
