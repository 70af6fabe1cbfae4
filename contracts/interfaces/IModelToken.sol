// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";

/// @title Model token
/// @notice The ERC-20 of one model: 18 decimals, ERC-2612 permit, immutable, without owner, pause, hooks or public mint or
/// burn. It holds its three buckets within their caps itself, whatever the other contracts do:
///
/// | bucket   | cap                           | minted                                     | by               |
/// |----------|-------------------------------|--------------------------------------------|------------------|
/// | supplier | `supplierAllocation()`        | once, in full, to `supplierRecipient()`    | the TokenManager |
/// | investor | `investorAllocation()`, net   | by buys; sells to the pool free it again   | the pool         |
/// | reward   | `rewardAllocation()`, lifetime| by verified improvements; never refilled   | the TokenManager |
///
/// All amounts are wei.
interface IModelToken is IERC20Metadata, IERC20Permit {
    /// @notice The model's pool was set, for ever.
    event PoolSet(address indexed pool);

    /// @notice The supplier allocation was minted.
    event SupplierMinted(address indexed recipient, uint256 amount);

    /// @notice The caller is not the TokenManager.
    error OnlyTokenManager(address caller);

    /// @notice The caller is not the model's pool.
    error OnlyPool(address caller);

    /// @notice The pool was set before.
    error PoolAlreadySet(address pool);

    /// @notice The supplier allocation was minted before.
    error SupplierAlreadyMinted();

    /// @notice More investor tokens were asked for than the cap leaves.
    error InvestorAllocationExceeded(uint256 requested, uint256 remaining);

    /// @notice More reward tokens were asked for than the lifetime cap leaves.
    error RewardAllocationExceeded(uint256 requested, uint256 remaining);

    /// @notice The two arrays of a reward mint differ in length.
    error LengthMismatch(uint256 accounts, uint256 amounts);

    /// @notice Sets the pool. Only the TokenManager, once. Errors: `OnlyTokenManager`, `PoolAlreadySet`, `ZeroAddress`.
    function setPool(address pool) external;

    /// @notice Mints the supplier allocation to its recipient. Only the TokenManager, once.
    /// Errors: `OnlyTokenManager`, `SupplierAlreadyMinted`.
    function mintSupplierAllocation() external;

    /// @notice Mints rewards. Only the TokenManager, whose callers log who was paid for what; there is no event of its own beside
    /// the transfers. Errors: `OnlyTokenManager`, `LengthMismatch`, `RewardAllocationExceeded`.
    /// @param accounts Receivers, not zero.
    /// @param amounts One per receiver.
    function mintRewards(address[] calldata accounts, uint256[] calldata amounts) external;

    /// @notice Mints investor tokens. Only the pool. Errors: `OnlyPool`, `InvestorAllocationExceeded`.
    function mint(address to, uint256 amount) external;

    /// @notice Burns tokens that `holder` sells to the pool. Only the pool, which burns nobody's but its caller's, so that
    /// selling needs no approval. Errors: `OnlyPool`, `ERC20InsufficientBalance`.
    function burn(address holder, uint256 amount) external;

    /// @notice The TokenManager that deployed the token.
    function tokenManager() external view returns (address);

    /// @notice The model's pool; zero before it exists.
    function pool() external view returns (address);

    /// @notice Receiver of the supplier allocation.
    function supplierRecipient() external view returns (address);

    /// @notice What is minted once for the supplier.
    function supplierAllocation() external view returns (uint256);

    /// @notice Most that the pool may have issued net of sales.
    function investorAllocation() external view returns (uint256);

    /// @notice Most rewards that are ever minted.
    function rewardAllocation() external view returns (uint256);

    /// @notice Launch cap: supplier and investor allocation.
    function maxSupply() external view returns (uint256);

    /// @notice Whether the supplier allocation was minted.
    function isSupplierMinted() external view returns (bool);

    /// @notice Rewards minted so far; never falls.
    function rewardsMinted() external view returns (uint256);

    /// @notice What the pool may still mint. Above `investorAllocation()` when holders sold the pool tokens it never issued.
    function remainingInvestorAllocation() external view returns (uint256);
}
