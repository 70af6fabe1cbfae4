// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ModelId} from "./ModelTypes.sol";

/// @title Model ids
/// @notice The one place where a published id string becomes a {ModelId}.
library ModelIds {
    /// @notice Longest published id, in bytes.
    uint256 internal constant MAX_LENGTH = 64;

    /// @dev Bit c is set when the ASCII character c may stand in an id: `[A-Za-z0-9._-]`.
    uint256 private constant ALLOWED =
        (((1 << 10) - 1) << 0x30) | // 0-9
            (((1 << 26) - 1) << 0x41) | // A-Z
            (((1 << 26) - 1) << 0x61) | // a-z
            (1 << 0x2d) | // -
            (1 << 0x2e) | // .
            (1 << 0x5f); // _

    /// @notice The id is empty, longer than 64 bytes, or has a character outside `[A-Za-z0-9._-]`.
    /// @param modelId The id.
    /// @custom:fix Choose another id, such as `sentiment-v2`. Spaces and letters outside ASCII are refused.
    error InvalidModelId(string modelId);

    /// @notice Key of a published id, whether or not it was ever valid: an invalid one has no model behind it.
    function toModelId(string calldata modelId) internal pure returns (ModelId) {
        return ModelId.wrap(keccak256(bytes(modelId)));
    }

    /// @notice Key of a published id that is about to be taken; reverts `InvalidModelId` for an id that may not be.
    function toNewModelId(string calldata modelId) internal pure returns (ModelId) {
        bytes calldata characters = bytes(modelId);
        uint256 length = characters.length;
        bool valid = length != 0 && length <= MAX_LENGTH;
        for (uint256 i; valid && i < length; ++i) {
            valid = (ALLOWED >> uint8(characters[i])) & 1 == 1;
        }
        if (!valid) revert InvalidModelId(modelId);
        return toModelId(modelId);
    }
}
