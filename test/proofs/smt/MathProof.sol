// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Panic} from "@openzeppelin/contracts/utils/Panic.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Math} from "./Math.sol";

/// @notice OpenZeppelin's functions are what the other proofs take them for.
contract MathProof {
    //@ from node_modules/@openzeppelin/contracts/utils/math/Math.sol: saturatingSub, trySub, ceilDiv

    function lemma_saturatingSub(uint256 a, uint256 b) external pure {
        assert(saturatingSub(a, b) == Math.saturatingSub(a, b));
    }

    function lemma_ceilDiv(uint256 a, uint256 b) external pure {
        require(b != 0);
        assert(ceilDiv(a, b) == Math.ceilDiv(a, b));
    }
}
