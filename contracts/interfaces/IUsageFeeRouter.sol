// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ModelId} from "../types/ModelTypes.sol";
import {Permit} from "../types/Permit.sol";

/// @title Usage fee router
/// @notice Takes usage fees and splits them on the spot: `floor(amount · infrastructureAccrualBps / 10000)` to the
/// infrastructure reserve, the rest to the stream of the model's pool. Tokens go directly from the payer to where they
/// belong; the router keeps nothing of a deposit. What is sent to it directly is lost: no function moves it. A share of zero is
/// skipped. Amounts are reserve units.
///
/// The payer is the caller, an account or a contract, and approves the reserve token to the router. Anyone may pay for any
/// model that has a pool.
interface IUsageFeeRouter {
    /// @notice A deposit of a batch.
    /// @param model The model.
    /// @param amount Reserve units, 1 … 2^128 − 1.
    struct Deposit {
        ModelId model;
        uint256 amount;
    }

    /// @notice Usage fees were split. What was paid is the sum of both parts.
    /// @param model The model.
    /// @param payer Who paid.
    /// @param infrastructureAmount Reserve units to the infrastructure reserve.
    /// @param poolAmount Reserve units to the pool's stream.
    event FeeDeposited(ModelId indexed model, address indexed payer, uint256 infrastructureAmount, uint256 poolAmount);

    /// @notice The fee that is deposited in the same transaction is for API calls, on the payer's word: a receipt, not metering.
    /// @param model The model.
    /// @param payer Who paid.
    /// @param calls How many calls.
    /// @param amount Reserve units paid.
    event CallsPaid(ModelId indexed model, address indexed payer, uint256 calls, uint256 amount);

    /// @notice A deposit of a batch failed and cost the payer nothing; the others went on.
    /// @param model The model.
    /// @param payer Who would have paid.
    /// @param amount Reserve units that were to be paid.
    /// @param reason The error, as ABI-encoded revert data.
    event DepositFailed(ModelId indexed model, address indexed payer, uint256 amount, bytes reason);

    /// @notice The model has no price per thousand calls.
    /// @param model The model; one that is unknown has no price either.
    /// @custom:fix Ask the model's governor to set a price, or pay an amount with `depositFee`.
    error PriceNotSet(ModelId model);

    /// @notice The calls cost more than the caller's maximum.
    /// @param cost Reserve units that they cost.
    /// @param max The caller's maximum.
    /// @custom:fix Quote again with `quoteCalls`, or accept a higher maximum.
    error ExcessiveCost(uint256 cost, uint256 max);

    /// @notice Pays usage fees for a model.
    /// @dev Emits `FeeDeposited`, `Credited` of the infrastructure reserve and `FeesDeposited` of the pool. Reverts
    /// `PoolNotFound`, `InvalidAmount`, `OutOfRange` of the router, or of the pool when it has no room for its share,
    /// `UnexpectedReserveReceived` of router or pool when the reserve token keeps something, and as the reserve token does.
    /// @param model The model.
    /// @param amount Reserve units, 1 … 2^128 − 1.
    function depositFee(ModelId model, uint256 amount) external;

    /// @notice {depositFee} with an ERC-2612 permit of `amount` by the caller to the router. A permit that was used already is no
    /// obstacle while the allowance suffices. If the permit is refused and the allowance does not suffice, the reserve token
    /// refuses the transfer.
    /// @dev Emits and reverts as {depositFee} does.
    /// @param model The model.
    /// @param amount Reserve units, 1 … 2^128 − 1.
    /// @param permit The permit.
    function depositFeeWithPermit(ModelId model, uint256 amount, Permit calldata permit) external;

    /// @notice Pays for API calls at the model's price: `ceil(calls · price / 1000)`, then as {depositFee}.
    /// @dev Emits `CallsPaid`, then as {depositFee} does. Reverts `OutOfRange`, `PriceNotSet`, `ExcessiveCost`, and as
    /// {depositFee} does.
    /// @param model The model.
    /// @param calls Number of calls, 1 … 1e15.
    /// @param maxAmount Most reserve units paid.
    /// @return amount Reserve units paid.
    function payForCalls(ModelId model, uint256 calls, uint256 maxAmount) external returns (uint256 amount);

    /// @notice {payForCalls} with an ERC-2612 permit of `maxAmount` by the caller to the router; see {depositFeeWithPermit}.
    /// @dev Emits and reverts as {payForCalls} does.
    /// @param model The model.
    /// @param calls Number of calls, 1 … 1e15.
    /// @param maxAmount Most reserve units paid.
    /// @param permit The permit.
    /// @return amount Reserve units paid.
    function payForCallsWithPermit(
        ModelId model,
        uint256 calls,
        uint256 maxAmount,
        Permit calldata permit
    ) external returns (uint256 amount);

    /// @notice Pays for several models; a deposit that fails does not stop the others and costs nothing.
    /// @dev Emits for each as {depositFee} does, or `DepositFailed`.
    /// @param deposits What is paid for which model, in this order.
    /// @return deposited Whether each was paid.
    function depositFees(Deposit[] calldata deposits) external returns (bool[] memory deposited);

    /// @notice {depositFees} with an ERC-2612 permit of `total` by the caller to the router; see {depositFeeWithPermit}.
    /// @dev Emits as {depositFees} does.
    /// @param deposits What is paid for which model, in this order.
    /// @param total Reserve units that the permit approves; what exceeds them fails unless it was approved before.
    /// @param permit The permit.
    /// @return deposited Whether each was paid.
    function depositFeesWithPermit(
        Deposit[] calldata deposits,
        uint256 total,
        Permit calldata permit
    ) external returns (bool[] memory deposited);

    /// @notice One deposit of a batch. Only this contract itself.
    /// @dev Emits as {depositFee} does. Reverts `UnauthorizedCaller`, and as {depositFee} does.
    /// @param payer Who pays: the caller of the batch.
    /// @param model The model.
    /// @param amount Reserve units, 1 … 2^128 − 1.
    function depositFromBatch(address payer, ModelId model, uint256 amount) external;

    /// @notice What {payForCalls} would cost now. It also answers for a model without a pool, for which {payForCalls} reverts
    /// `PoolNotFound`.
    /// @dev Reverts `OutOfRange`, `PriceNotSet`.
    /// @param model The model.
    /// @param calls Number of calls, 1 … 1e15.
    /// @return amount Reserve units.
    function quoteCalls(ModelId model, uint256 calls) external view returns (uint256 amount);

    /// @notice How a deposit would be split now.
    /// @dev Reverts `PoolNotFound`, `InvalidAmount`, `OutOfRange`.
    /// @param model The model.
    /// @param amount Reserve units, 1 … 2^128 − 1.
    /// @return infrastructureAmount Reserve units to the infrastructure reserve.
    /// @return poolAmount Reserve units to the pool's stream.
    function quoteSplit(
        ModelId model,
        uint256 amount
    ) external view returns (uint256 infrastructureAmount, uint256 poolAmount);

    /// @notice How much of what streams into the pool now will have reached its reserve by `timestamp`, if no more fees
    /// arrive: `released = floor(pendingStream · (timestamp − now) / (streamEnd − now))`, all of it from `streamEnd` on.
    /// @dev Exact in the block of a deposit. Later, the pool rounds from the last deposit on, and may have released one unit
    /// more, never less. Reverts `OutOfRange` for a time that has passed, `PoolNotFound`.
    /// @param model The model.
    /// @param timestamp Now or later, in seconds.
    /// @return released Reserve units that reach the reserve from now to `timestamp`.
    /// @return pending Reserve units that still stream at `timestamp`.
    function streamedTo(ModelId model, uint256 timestamp) external view returns (uint256 released, uint256 pending);

    /// @notice The reserve token.
    /// @return Its address.
    function reserveToken() external view returns (IERC20);
}
