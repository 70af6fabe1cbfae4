// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Products
/// @notice Compares products of powers exactly, however large. Factors are below 2^128.
library Products {
    /// @notice Whether `x^m · y^n ≤ u^m · v^n`.
    function isAtMost(uint256 x, uint256 y, uint256 u, uint256 v, uint256 m, uint256 n) internal pure returns (bool) {
        uint256[] memory left = _product(x, m, y, n);
        uint256[] memory right = _product(u, m, v, n);
        for (uint256 i = left.length; i > 0; --i) {
            if (left[i - 1] != right[i - 1]) return left[i - 1] < right[i - 1];
        }
        return true;
    }

    /// @dev `a^m · b^n` in limbs of 128 bits, the lowest first.
    function _product(uint256 a, uint256 m, uint256 b, uint256 n) private pure returns (uint256[] memory limbs) {
        require(a < 2 ** 128 && b < 2 ** 128, "Products: factor out of range");
        limbs = new uint256[](m + n + 1);
        limbs[0] = 1;
        for (uint256 i; i < m; ++i) _multiply(limbs, a);
        for (uint256 i; i < n; ++i) _multiply(limbs, b);
    }

    function _multiply(uint256[] memory limbs, uint256 factor) private pure {
        uint256 carry;
        for (uint256 i; i < limbs.length; ++i) {
            // Below (2^128 − 1)² + 2^128 − 1 < 2^256.
            uint256 sum = limbs[i] * factor + carry;
            limbs[i] = sum & type(uint128).max;
            carry = sum >> 128;
        }
    }
}
