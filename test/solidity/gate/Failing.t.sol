// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Test} from "../utils/Test.sol";

contract Handler is Test {
    uint256 private _calls;

    function act() external {
        _calls++;
        fail("in a handler");
    }
}

contract FailingTest is Test {
    Handler private _handler = new Handler();

    function setUp() external {
        targetContract(address(_handler));
    }

    function test_fails() external pure {
        assertEq(uint256(1), uint256(2), "on purpose");
    }

    function testFuzz_fails(uint256 x) external pure {
        assertLt(x, 1000);
    }

    function invariant_handlerFails() external view {
        assertTrue(address(_handler) != address(0));
    }
}
