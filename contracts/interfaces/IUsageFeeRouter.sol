// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ModelId} from "../types/ModelId.sol";
import {Permit} from "../types/Permit.sol";

/// @title Usage fee router
/// @notice Takes usage fees and splits them on the spot: `floor(amount · infrastructureAccrualBps / 10000)` to the
/// infrastructure reserve, the rest to the stream of the model's pool. Tokens go from the payer to their place directly; the
/// router never holds any. A share of zero is skipped. Amounts are reserve units.
interface IUsageFeeRouter {
    /// @notice A deposit of a batch.
    struct Deposit {
        ModelId model;
        uint256 amount;
    }

    /// @notice Usage fees were split; `infrastructure + pool = amount`.
    event FeeDeposited(ModelId indexed model, address indexed payer, uint256 infrastructureAmount, uint256 poolAmount);

    /// @notice The fee was for `calls` calls, on the payer's word: a receipt, not metering.
    event CallsPaid(ModelId indexed model, address indexed payer, uint256 calls, uint256 amount);

    /// @notice A deposit of a batch failed with `reason`; the others went on.
    event DepositFailed(ModelId indexed model, address indexed payer, uint256 amount, bytes reason);

    /// @notice The model has no pool.
    error PoolNotFound(ModelId model);

    /// @notice The model has no price per thousand calls.
    error PriceNotSet(ModelId model);

    error CallsOutOfRange(uint256 calls, uint256 min, uint256 max);

    /// @notice The calls cost more than the caller's maximum.
    error ExcessiveCost(uint256 cost, uint256 max);

    /// @notice The infrastructure reserve received less, or more, of the reserve token than was sent.
    error UnexpectedReserveReceived(uint256 received, uint256 expected);

    /// @notice The time asked about has passed.
    error TimestampPassed(uint256 timestamp, uint256 present);

    /// @notice Only this contract itself calls this function.
    error OnlySelf(address caller);

    /// @notice Pays `amount` of usage fees, 1 … 2^128 − 1, for a model. Errors: `InvalidAmount`, `PoolNotFound`,
    /// `UnexpectedReserveReceived` of router and pool, those of the reserve token.
    function depositFee(ModelId model, uint256 amount) external;

    /// @notice {depositFee} with an ERC-2612 permit of `amount` to the router. A permit that was used already is no obstacle
    /// while the allowance suffices. Errors: those of {depositFee}.
    function depositFeeWithPermit(ModelId model, uint256 amount, Permit calldata permit) external;

    /// @notice Pays for API calls at the model's price: `ceil(calls · price / 1000)`, then as {depositFee}.
    /// @dev Errors: `CallsOutOfRange`, `PriceNotSet`, `ExcessiveCost`, and those of {depositFee}.
    /// @param model The model.
    /// @param calls Number of calls, 1 … 1e15.
    /// @param maxAmount Most reserve units paid.
    /// @return amount Reserve units paid.
    function payForCalls(ModelId model, uint256 calls, uint256 maxAmount) external returns (uint256 amount);

    /// @notice {payForCalls} with an ERC-2612 permit of `maxAmount` to the router; see {depositFeeWithPermit}.
    function payForCallsWithPermit(
        ModelId model,
        uint256 calls,
        uint256 maxAmount,
        Permit calldata permit
    ) external returns (uint256 amount);

    /// @notice Pays for several models; a deposit that fails does not stop the others and costs nothing.
    /// @return deposited Whether each was paid.
    function depositFees(Deposit[] calldata deposits) external returns (bool[] memory deposited);

    /// @notice {depositFees} with an ERC-2612 permit of `total` to the router; see {depositFeeWithPermit}.
    function depositFeesWithPermit(
        Deposit[] calldata deposits,
        uint256 total,
        Permit calldata permit
    ) external returns (bool[] memory deposited);

    /// @notice One deposit of a batch. Only this contract itself. Errors: `OnlySelf`, and those of {depositFee}.
    function depositFromBatch(address payer, ModelId model, uint256 amount) external;

    /// @notice What {payForCalls} would cost now. Errors: `CallsOutOfRange`, `PriceNotSet`.
    function quoteCalls(ModelId model, uint256 calls) external view returns (uint256 amount);

    /// @notice How a deposit would be split now. Errors: `InvalidAmount`, `PoolNotFound`.
    function quoteSplit(
        ModelId model,
        uint256 amount
    ) external view returns (uint256 infrastructureAmount, uint256 poolAmount);

    /// @notice How much of what streams into the pool now will have reached its reserve by `timestamp`, if no fees come:
    /// `released = floor(pendingStream · (timestamp − now) / (streamEnd − now))`, all of it from `streamEnd` on.
    /// @dev Exact for a stream that was settled in this block, by a deposit or a trade. Otherwise the pool rounds from its last
    /// settlement, and may have released one unit more, never less. Each settlement before `timestamp` can hold back one unit.
    /// Errors: `TimestampPassed`, `PoolNotFound`.
    /// @param timestamp Now or later.
    /// @return released Reserve units that reach the reserve from now to `timestamp`.
    /// @return pending Reserve units that still stream at `timestamp`.
    function streamedTo(ModelId model, uint256 timestamp) external view returns (uint256 released, uint256 pending);

    /// @notice The reserve token.
    function reserveToken() external view returns (IERC20);
}
