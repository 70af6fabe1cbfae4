// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ModelIds} from "contracts/types/ModelId.sol";
import {ModelId} from "contracts/types/ModelTypes.sol";
import {Test, vm} from "../utils/Test.sol";

contract ModelIdsHarness {
    using ModelIds for string;

    function toModelId(string calldata modelId) external pure returns (ModelId) {
        return modelId.toModelId();
    }

    function toNewModelId(string calldata modelId) external pure returns (ModelId) {
        return modelId.toNewModelId();
    }
}

contract ModelIdTest is Test {
    bytes private constant ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    uint256 private constant MAX_LENGTH = 64;

    ModelIdsHarness private _harness = new ModelIdsHarness();

    function testFuzz_keyIsTheHash(bytes calldata id) external view {
        assertEq(ModelId.unwrap(_harness.toModelId(string(id))), keccak256(id));
    }

    function testFuzz_idsOfTheAlphabetAreAccepted(bytes32 a, bytes32 b, uint256 length) external view {
        bytes memory id = _idOf(a, b, bound(length, 1, MAX_LENGTH));
        assertEq(ModelId.unwrap(_harness.toNewModelId(string(id))), keccak256(id));
    }

    function testFuzz_oneStrangeCharacterIsRefused(
        bytes32 a,
        bytes32 b,
        uint256 length,
        uint256 at,
        bytes1 other
    ) external {
        bytes memory id = _idOf(a, b, bound(length, 1, MAX_LENGTH));
        vm.assume(!_isInAlphabet(other));
        id[at % id.length] = other;
        vm.expectRevert(abi.encodeWithSelector(ModelIds.InvalidModelId.selector, id));
        _harness.toNewModelId(string(id));
    }

    function testFuzz_longerIdsAreRefused(bytes32 a, bytes32 b, uint256 length) external {
        bytes memory id = bytes.concat(_idOf(a, b, MAX_LENGTH), _idOf(b, a, bound(length, 1, MAX_LENGTH)));
        vm.expectRevert(abi.encodeWithSelector(ModelIds.InvalidModelId.selector, id));
        _harness.toNewModelId(string(id));
    }

    /// @dev Letters of the alphabet, drawn by the bytes of two words.
    function _idOf(bytes32 a, bytes32 b, uint256 length) private pure returns (bytes memory id) {
        bytes memory letters = ALPHABET;
        id = new bytes(length);
        for (uint256 i; i < length; ++i) {
            id[i] = letters[uint8(i < 32 ? a[i] : b[i - 32]) % letters.length];
        }
    }

    function _isInAlphabet(bytes1 character) private pure returns (bool) {
        bytes memory letters = ALPHABET;
        for (uint256 i; i < letters.length; ++i) {
            if (letters[i] == character) return true;
        }
        return false;
    }
}
