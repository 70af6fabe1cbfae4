// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @notice Stands for a token where a proof does not depend on whose it is.
struct AnyToken {
    uint256 supply;
    uint256 balance;
}

using AnyTokens for AnyToken global;

library AnyTokens {
    function totalSupply(AnyToken storage token) internal view returns (uint256) {
        return token.supply;
    }

    function balanceOf(AnyToken storage token, address) internal view returns (uint256) {
        return token.balance;
    }
}
