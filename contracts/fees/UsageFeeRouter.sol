// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IHokusaiAMM} from "../interfaces/IHokusaiAMM.sol";
import {IInfrastructureReserve} from "../interfaces/IInfrastructureReserve.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {IUsageFeeRouter} from "../interfaces/IUsageFeeRouter.sol";
import * as Errors from "../types/CommonErrors.sol";
import {FeeTerms, ModelId} from "../types/ModelTypes.sol";
import {Permit, Permits} from "../types/Permit.sol";

/// @title UsageFeeRouter
/// @notice See {IUsageFeeRouter}.
/// @dev Custody: none; what is sent here directly is lost. Trusts: the registry for pool, split and price.
///
/// The reserve token must charge nothing on transfers. What reaches the infrastructure reserve is measured, because it is owed
/// to the model there. What reaches the pool is measured where it is the larger share, which takes 1,950 gas: a token whose
/// charge grows with the amount, however it is rounded, keeps nothing of the smaller share when it kept nothing of the larger.
/// Where the pool's share is not the larger, the pool alone makes sure that it holds what it owes. Known limit: a token that
/// charges pools and nobody else could then be paid out of the trade fees that wait in the pool.
contract UsageFeeRouter is IUsageFeeRouter, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;
    using Permits for Permit;

    /// @notice Most calls that one payment may be for.
    uint256 public constant MAX_CALLS = 1e15;

    /// @notice Largest fee, in reserve units: more than any reserve token has.
    uint256 public constant MAX_AMOUNT = type(uint128).max;

    uint256 private constant BPS = 100_00; // 100 %
    uint256 private constant CALLS_PER_PRICE = 1000;

    /// @notice The models' registry.
    IModelRegistry public immutable registry;

    /// @notice Receives the infrastructure share.
    IInfrastructureReserve public immutable infrastructureReserve;

    /// @inheritdoc IUsageFeeRouter
    IERC20 public immutable reserveToken;

    /// @dev Deployed by the infrastructure reserve, which has checked the arguments.
    /// @param registry_ The models' registry.
    /// @param infrastructureReserve_ Receives the infrastructure share.
    /// @param reserveToken_ The reserve token.
    constructor(IModelRegistry registry_, IInfrastructureReserve infrastructureReserve_, IERC20 reserveToken_) {
        registry = registry_;
        infrastructureReserve = infrastructureReserve_;
        reserveToken = reserveToken_;
    }

    /// @inheritdoc IUsageFeeRouter
    function depositFee(ModelId model, uint256 amount) public nonReentrant {
        _deposit(registry.feeTermsOf(model), msg.sender, model, amount);
    }

    /// @inheritdoc IUsageFeeRouter
    function depositFeeWithPermit(ModelId model, uint256 amount, Permit calldata permit) external {
        permit.tryUse(address(reserveToken), amount);
        depositFee(model, amount);
    }

    /// @inheritdoc IUsageFeeRouter
    function payForCalls(ModelId model, uint256 calls, uint256 maxAmount) public nonReentrant returns (uint256 amount) {
        FeeTerms memory terms = registry.feeTermsOf(model);
        amount = _cost(terms, model, calls);
        if (amount > maxAmount) revert ExcessiveCost(amount, maxAmount);

        emit CallsPaid(model, msg.sender, calls, amount);
        _deposit(terms, msg.sender, model, amount);
    }

    /// @inheritdoc IUsageFeeRouter
    function payForCallsWithPermit(
        ModelId model,
        uint256 calls,
        uint256 maxAmount,
        Permit calldata permit
    ) external returns (uint256) {
        permit.tryUse(address(reserveToken), maxAmount);
        return payForCalls(model, calls, maxAmount);
    }

    /// @inheritdoc IUsageFeeRouter
    function depositFees(Deposit[] calldata deposits) public nonReentrant returns (bool[] memory deposited) {
        deposited = new bool[](deposits.length);
        for (uint256 i; i < deposits.length; ++i) {
            Deposit calldata deposit = deposits[i];
            (ModelId model, uint256 amount) = (deposit.model, deposit.amount);
            try this.depositFromBatch(msg.sender, model, amount) {
                deposited[i] = true;
            } catch (bytes memory reason) {
                emit DepositFailed(model, msg.sender, amount, reason);
            }
        }
    }

    /// @inheritdoc IUsageFeeRouter
    function depositFeesWithPermit(
        Deposit[] calldata deposits,
        uint256 total,
        Permit calldata permit
    ) external returns (bool[] memory) {
        permit.tryUse(address(reserveToken), total);
        return depositFees(deposits);
    }

    /// @inheritdoc IUsageFeeRouter
    function depositFromBatch(address payer, ModelId model, uint256 amount) external {
        Errors.requireCaller(address(this));
        _deposit(registry.feeTermsOf(model), payer, model, amount);
    }

    /// @inheritdoc IUsageFeeRouter
    function quoteCalls(ModelId model, uint256 calls) external view returns (uint256) {
        return _cost(registry.feeTermsOf(model), model, calls);
    }

    /// @inheritdoc IUsageFeeRouter
    function quoteSplit(ModelId model, uint256 amount) external view returns (uint256, uint256) {
        return _split(registry.feeTermsOf(model), model, amount);
    }

    /// @inheritdoc IUsageFeeRouter
    function streamedTo(ModelId model, uint256 timestamp) external view returns (uint256 released, uint256 pending) {
        Errors.requireWithin("timestamp", timestamp, block.timestamp, type(uint256).max);
        IHokusaiAMM pool = IHokusaiAMM(registry.poolOf(model));
        if (address(pool) == address(0)) revert Errors.PoolNotFound(model);

        pending = pool.pendingStream();
        uint256 end = pool.streamEnd();
        released = timestamp < end ? (pending * (timestamp - block.timestamp)) / (end - block.timestamp) : pending;
        pending -= released;
    }

    function _deposit(FeeTerms memory terms, address payer, ModelId model, uint256 amount) private {
        (uint256 infrastructureAmount, uint256 poolAmount) = _split(terms, model, amount);
        emit FeeDeposited(model, payer, infrastructureAmount, poolAmount);

        if (infrastructureAmount != 0) {
            _transferWhole(payer, address(infrastructureReserve), infrastructureAmount);
            infrastructureReserve.credit(model, infrastructureAmount);
        }
        if (poolAmount != 0) {
            if (poolAmount > infrastructureAmount) _transferWhole(payer, terms.pool, poolAmount);
            else reserveToken.safeTransferFrom(payer, terms.pool, poolAmount);
            IHokusaiAMM(terms.pool).depositFees(poolAmount);
        }
    }

    /// @dev Reverts unless all of the amount arrives, and no more.
    function _transferWhole(address payer, address receiver, uint256 amount) private {
        uint256 before = reserveToken.balanceOf(receiver);
        reserveToken.safeTransferFrom(payer, receiver, amount);
        uint256 received;
        unchecked {
            received = reserveToken.balanceOf(receiver) - before; // If it fell, the difference is not the amount either.
        }
        if (received != amount) revert Errors.UnexpectedReserveReceived(received, amount);
    }

    function _cost(FeeTerms memory terms, ModelId model, uint256 calls) private pure returns (uint256) {
        Errors.requireWithin("calls", calls, 1, MAX_CALLS);
        if (terms.pricePerThousandCalls == 0) revert PriceNotSet(model);
        return Math.ceilDiv(calls * terms.pricePerThousandCalls, CALLS_PER_PRICE);
    }

    function _split(FeeTerms memory terms, ModelId model, uint256 amount) private pure returns (uint256, uint256) {
        if (terms.pool == address(0)) revert Errors.PoolNotFound(model);
        if (amount == 0) revert Errors.InvalidAmount();
        if (amount > MAX_AMOUNT) revert Errors.OutOfRange("amount", amount, 1, MAX_AMOUNT);
        unchecked {
            uint256 infrastructureAmount = (amount * terms.infrastructureAccrualBps) / BPS; // at most the amount
            return (infrastructureAmount, amount - infrastructureAmount);
        }
    }
}
