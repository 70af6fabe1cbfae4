// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @notice Everything that distinguishes one pool's market from another's, fixed for ever at creation.
/// @param crr Constant reserve ratio in parts per million, 50_000 … 1_000_000.
/// @param tradeFee Fee on every trade in bps, 0 … 1000.
/// @param ibrDuration Length of the buy-only window after creation in seconds, 0 … 30 days.
/// @param virtualReserve Virtual part of the reserve in reserve units, 100e6 … 1e18.
/// @param initialPrice Spot price before the first trade, in reserve units per whole token, 1 … 1e12.
struct PoolTerms {
    uint256 crr;
    uint256 tradeFee;
    uint256 ibrDuration;
    uint256 virtualReserve;
    uint256 initialPrice;
}
