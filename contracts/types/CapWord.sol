// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @notice What a model token's investor mint depends on, in one word: pool (160 bits, the lowest) · whether the supplier
/// allocation was minted (1) · the mint cap (95), which is what the total supply may be after an investor mint.
type CapWord is uint256;

using CapWords for CapWord global;

/// @title Cap words
/// @dev The three allocations of a token sum to less than 2^95, and the mint cap is at most their sum.
library CapWords {
    uint256 private constant SUPPLIER_MINTED = 1 << 160;
    uint256 private constant MINT_CAP_OFFSET = 161;

    /// @notice The word of a token without a pool of which nothing was minted.
    /// @param investorAllocation Wei.
    function initial(uint256 investorAllocation) internal pure returns (CapWord) {
        return CapWord.wrap(investorAllocation << MINT_CAP_OFFSET);
    }

    /// @notice The model's pool; zero before it exists.
    function pool(CapWord word) internal pure returns (address) {
        return address(uint160(CapWord.unwrap(word)));
    }

    /// @notice Whether the supplier allocation was minted.
    function isSupplierMinted(CapWord word) internal pure returns (bool) {
        return CapWord.unwrap(word) & SUPPLIER_MINTED != 0;
    }

    /// @notice What the total supply may be after an investor mint, in wei.
    function mintCap(CapWord word) internal pure returns (uint256) {
        return CapWord.unwrap(word) >> MINT_CAP_OFFSET;
    }

    /// @notice The word once the pool is set; it has none yet.
    function withPool(CapWord word, address pool_) internal pure returns (CapWord) {
        return CapWord.wrap(CapWord.unwrap(word) | uint160(pool_));
    }

    /// @notice The word once the supplier allocation is minted.
    function withSupplierMinted(CapWord word) internal pure returns (CapWord) {
        return CapWord.wrap(CapWord.unwrap(word) | SUPPLIER_MINTED);
    }

    /// @notice The word once `amount` wei were minted that are not the investors'.
    function withMinted(CapWord word, uint256 amount) internal pure returns (CapWord) {
        return CapWord.wrap(CapWord.unwrap(word) + (amount << MINT_CAP_OFFSET));
    }
}
