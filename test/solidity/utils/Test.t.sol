// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Test, vm} from "./Test.sol";

contract TestTest is Test {
    function testFuzz_boundStaysInside(uint256 value, uint256 min, uint256 max) external pure {
        (min, max) = min < max ? (min, max) : (max, min);

        uint256 bounded = bound(value, min, max);

        assertGe(bounded, min);
        assertLe(bounded, max);
        if (value >= min && value <= max) assertEq(bounded, value);
    }

    function test_boundReachesBothEnds() external pure {
        assertEq(bound(type(uint256).max, 3, 3), 3);
        assertEq(bound(4, 1, 2), 1);
        assertEq(bound(5, 1, 2), 2);
        assertEq(bound(type(uint256).max, 0, type(uint256).max), type(uint256).max);
    }

    function test_accountSignsForItsAddress() external {
        (address account, uint256 privateKey) = makeAccount("alice");
        bytes32 digest = keccak256("digest");

        (uint8 v, bytes32 r, bytes32 s) = vm.sign(privateKey, digest);

        assertEq(ecrecover(digest, v, r, s), account);
        assertEq(makeAddr("alice"), account);
        assertNotEq(makeAddr("bob"), account);
    }
}
