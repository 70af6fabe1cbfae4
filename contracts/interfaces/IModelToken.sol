// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";

/// @title Model token
/// @notice The ERC-20 of one model: 18 decimals, ERC-2612 permit, immutable, without owner, pause, hooks or public mint or
/// burn. It keeps its three buckets within their caps itself, whatever the other contracts do:
///
/// | bucket   | cap                           | minted                                     | by               |
/// |----------|-------------------------------|--------------------------------------------|------------------|
/// | supplier | `supplierAllocation()`        | once, in full, to `supplierRecipient()`    | the TokenManager |
/// | investor | `investorAllocation()`, net   | by buys; sells to the pool free it again   | the pool         |
/// | reward   | `rewardAllocation()`, lifetime| by verified improvements; never refilled   | the TokenManager |
///
/// All amounts are in wei.
interface IModelToken is IERC20Metadata, IERC20Permit {
    /// @notice The model's pool was set, for ever.
    /// @param pool The pool.
    event PoolSet(address indexed pool);

    /// @notice The supplier allocation was minted.
    /// @param recipient Its receiver.
    /// @param amount Wei.
    event SupplierMinted(address indexed recipient, uint256 amount);

    /// @notice The pool is already set.
    /// @param pool The pool.
    /// @custom:fix Nothing to do: a token has the same pool for ever.
    error PoolAlreadySet(address pool);

    /// @notice The supplier allocation is already minted.
    /// @custom:fix Nothing to do: it is minted once. The event `SupplierMinted` has the recipient.
    error SupplierAlreadyMinted();

    /// @notice More investor tokens were asked for than the cap leaves.
    /// @param requested Wei asked for.
    /// @param remaining Wei left.
    /// @custom:fix Buy at most `remaining`; `buyExactOut` takes what is left without failing. Sells make room again.
    error InvestorAllocationExceeded(uint256 requested, uint256 remaining);

    /// @notice More reward tokens were asked for than the lifetime cap leaves.
    /// @param requested Wei asked for.
    /// @param remaining Wei left.
    /// @custom:fix This cannot happen to a payout that the registry releases, because its reward was taken from the lifetime
    /// rewards when it was recorded.
    error RewardAllocationExceeded(uint256 requested, uint256 remaining);

    /// @notice Sets the pool. Only the TokenManager, once.
    /// @dev Emits `PoolSet`. Reverts `UnauthorizedCaller`, `ZeroAddress`, `PoolAlreadySet`.
    /// @param pool The pool, not zero.
    function setPool(address pool) external;

    /// @notice Mints the supplier allocation to its recipient. Only the TokenManager, once.
    /// @dev Emits `SupplierMinted` and `Transfer`. Reverts `UnauthorizedCaller`, `SupplierAlreadyMinted`.
    function mintSupplierAllocation() external;

    /// @notice Mints rewards. Only the TokenManager, which logs who is paid for what.
    /// @dev Emits one `Transfer` per account. Reverts `UnauthorizedCaller`, `ValueMismatch` when the lists differ in length,
    /// `RewardAllocationExceeded`, and `ERC20InvalidReceiver` for a zero account.
    /// @param accounts Receivers, not zero.
    /// @param amounts Wei, one amount per receiver.
    function mintRewards(address[] calldata accounts, uint256[] calldata amounts) external;

    /// @notice Mints investor tokens. Only the pool.
    /// @dev Emits `Transfer`. Reverts `UnauthorizedCaller`, `InvestorAllocationExceeded`, and `ERC20InvalidReceiver` for zero.
    /// @param to Receiver, not zero.
    /// @param amount Wei.
    function mint(address to, uint256 amount) external;

    /// @notice Burns tokens that their holder sells to the pool. Only the pool, which burns only its caller's tokens; that is why
    /// selling needs no approval.
    /// @dev Emits `Transfer`. Reverts `UnauthorizedCaller`, `ERC20InsufficientBalance`.
    /// @param holder Whose tokens are burned.
    /// @param amount Wei.
    function burn(address holder, uint256 amount) external;

    /// @notice The TokenManager that deployed the token.
    /// @return Its address.
    function tokenManager() external view returns (address);

    /// @notice The model's pool.
    /// @return Its address; zero before it exists.
    function pool() external view returns (address);

    /// @notice Receiver of the supplier allocation.
    /// @return Its address.
    function supplierRecipient() external view returns (address);

    /// @notice What is minted once for the supplier.
    /// @return Wei.
    function supplierAllocation() external view returns (uint256);

    /// @notice Most that the pool may have issued net of sales.
    /// @return Wei.
    function investorAllocation() external view returns (uint256);

    /// @notice Most that can ever be minted as rewards.
    /// @return Wei.
    function rewardAllocation() external view returns (uint256);

    /// @notice Launch cap: supplier and investor allocation.
    /// @return Wei.
    function maxSupply() external view returns (uint256);

    /// @notice Whether the supplier allocation was minted.
    /// @return True once it was.
    function isSupplierMinted() external view returns (bool);

    /// @notice Rewards minted so far; this sum never falls.
    /// @return Wei.
    function rewardsMinted() external view returns (uint256);

    /// @notice What the pool may still mint.
    /// @return Wei; more than `investorAllocation()` when holders have sold the pool more than it issued.
    function remainingInvestorAllocation() external view returns (uint256);
}
