// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Test} from "../utils/Test.sol";

struct CountingReached {
    uint256 called;
    uint256 never;
}

contract CountingHandler {
    CountingReached private _reached;

    function act() external {
        ++_reached.called;
    }

    function getReached() external view returns (CountingReached memory) {
        return _reached;
    }
}

contract CountingTest is Test {
    CountingHandler private _handler = new CountingHandler();

    function setUp() external {
        targetContract(address(_handler));
    }

    function testFuzz_passes(uint256 x) external pure {
        assertLe(x / 2, x);
    }

    function invariant_passes() external view {
        assertEq(_handler.getReached().never, 0);
    }

    /// @dev Forge calls it at the end of each walk.
    function afterInvariant() external {
        writeReached("CountingReached", abi.encode(_handler.getReached()));
    }
}
