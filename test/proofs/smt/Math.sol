// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @notice OpenZeppelin's functions in words that solvers read fast. MathProof shows that the first two are the same; `mulDiv` is the
/// rounded-down quotient only while the product fits a word.
library Math {
    function saturatingSub(uint256 a, uint256 b) internal pure returns (uint256) {
        return a > b ? a - b : 0;
    }

    function ceilDiv(uint256 a, uint256 b) internal pure returns (uint256) {
        require(b != 0);
        return a == 0 ? 0 : (a - 1) / b + 1;
    }

    function mulDiv(uint256 x, uint256 y, uint256 denominator) internal pure returns (uint256) {
        return (x * y) / denominator;
    }
}
