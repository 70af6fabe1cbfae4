// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {RegistryAuthorised} from "../access/RegistryAuthorised.sol";
import {Roles} from "../access/Roles.sol";
import {IInfrastructureReserve} from "../interfaces/IInfrastructureReserve.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {IUsageFeeRouter} from "../interfaces/IUsageFeeRouter.sol";
import {InvalidAmount, ZeroAddress} from "../types/CommonErrors.sol";
import {ModelId} from "../types/ModelId.sol";
import {UsageFeeRouter} from "./UsageFeeRouter.sol";

/// @title InfrastructureReserve
/// @notice See {IInfrastructureReserve}.
/// @dev Custody: `balance ≥ totalOwed = Σ balanceOf(model)`. Trusts: the router, which it deploys itself, for what has arrived;
/// a model's governor for its payees; a payer for what is due when. A stolen payer key pays accrued balances to approved payees,
/// early. The sum is not kept but added up when somebody asks: that is for a rescue, a deposit is for every day.
contract InfrastructureReserve is IInfrastructureReserve, RegistryAuthorised, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @notice May pay invoices.
    bytes32 public constant PAYER_ROLE = Roles.PAYER;

    /// @notice Time from a payee's approval to the first payment, in seconds.
    uint256 public constant PAYEE_DELAY = 2 days;

    /// @inheritdoc IInfrastructureReserve
    IERC20 public immutable reserveToken;

    /// @inheritdoc IInfrastructureReserve
    IUsageFeeRouter public immutable feeRouter;

    /// @dev What a model owns, times two, plus one: 0 is a model that was never credited. No token has 2^255 units.
    mapping(ModelId model => uint256) private _accounts;

    /// @dev The models that were ever credited. Each has a pool, so that only pool creators make it longer.
    ModelId[] private _models;

    /// @inheritdoc IInfrastructureReserve
    mapping(ModelId model => mapping(address payee => uint256)) public payableFrom;

    /// @inheritdoc IInfrastructureReserve
    mapping(bytes32 invoiceHash => bool) public isPaid;

    /// @param registry_ The models' registry.
    /// @param reserveToken_ The reserve token.
    constructor(IModelRegistry registry_, IERC20 reserveToken_) RegistryAuthorised(registry_) {
        if (address(reserveToken_) == address(0)) revert ZeroAddress();
        reserveToken = reserveToken_;
        feeRouter = new UsageFeeRouter(registry_, this, reserveToken_);
    }

    /// @inheritdoc IInfrastructureReserve
    function credit(ModelId model, uint256 amount) external {
        if (msg.sender != address(feeRouter)) revert OnlyFeeRouter(msg.sender);
        uint256 account = _accounts[model];
        uint256 balance;
        unchecked {
            balance = (account >> 1) + amount; // The router has seen as many tokens arrive.
        }

        if (account == 0) _models.push(model);
        _accounts[model] = (balance << 1) | 1;
        emit Credited(model, amount, balance);
    }

    /// @inheritdoc IInfrastructureReserve
    function pay(
        ModelId model,
        address payee,
        uint256 amount,
        bytes32 invoiceHash
    ) external onlyRole(PAYER_ROLE) nonReentrant {
        _pay(Payment(model, payee, amount, invoiceHash));
    }

    /// @inheritdoc IInfrastructureReserve
    function payMany(
        Payment[] calldata payments
    ) external onlyRole(PAYER_ROLE) nonReentrant returns (bool[] memory paid) {
        paid = new bool[](payments.length);
        for (uint256 i; i < payments.length; ++i) {
            try this.payFromBatch(payments[i]) {
                paid[i] = true;
            } catch (bytes memory reason) {
                emit PaymentFailed(payments[i].model, payments[i].invoiceHash, reason);
            }
        }
    }

    /// @inheritdoc IInfrastructureReserve
    function payFromBatch(Payment calldata payment) external {
        if (msg.sender != address(this)) revert OnlySelf(msg.sender);
        _pay(payment);
    }

    /// @inheritdoc IInfrastructureReserve
    function approvePayee(ModelId model, address payee) external {
        _requireGovernor(model);
        if (payee == address(0)) revert ZeroAddress();
        if (payableFrom[model][payee] != 0) return;

        uint256 from = block.timestamp + PAYEE_DELAY;
        payableFrom[model][payee] = from;
        emit PayeeApproved(model, payee, from);
    }

    /// @inheritdoc IInfrastructureReserve
    function revokePayee(ModelId model, address payee) external {
        if (!_callerHasRole(Roles.GUARDIAN)) _requireGovernor(model);

        delete payableFrom[model][payee];
        emit PayeeRevoked(model, payee);
    }

    /// @inheritdoc IInfrastructureReserve
    function rescueSurplus(IERC20 token, address to, uint256 amount) external onlyRole(Roles.ADMIN) nonReentrant {
        if (to == address(0)) revert ZeroAddress();
        uint256 surplus = token.balanceOf(address(this)) - (token == reserveToken ? totalOwed() : 0);
        if (amount > surplus) revert InsufficientSurplus(amount, surplus);

        emit SurplusRescued(token, to, amount);
        token.safeTransfer(to, amount);
    }

    /// @inheritdoc IInfrastructureReserve
    function balanceOf(ModelId model) external view returns (uint256) {
        return _accounts[model] >> 1;
    }

    /// @inheritdoc IInfrastructureReserve
    function totalOwed() public view returns (uint256 owed) {
        for (uint256 i; i < _models.length; ++i) {
            owed += _accounts[_models[i]] >> 1;
        }
    }

    function _pay(Payment memory payment) private {
        if (payment.amount == 0) revert InvalidAmount();
        if (payment.invoiceHash == 0) revert InvoiceMissing();
        if (isPaid[payment.invoiceHash]) revert InvoiceAlreadyPaid(payment.invoiceHash);
        uint256 from = payableFrom[payment.model][payment.payee];
        if (from == 0 || block.timestamp < from) revert PayeeNotApproved(payment.model, payment.payee, from);
        uint256 available = _accounts[payment.model] >> 1;
        if (payment.amount > available) revert InsufficientBalance(payment.model, payment.amount, available);

        uint256 balance = available - payment.amount;
        isPaid[payment.invoiceHash] = true;
        _accounts[payment.model] = (balance << 1) | 1;
        emit InvoicePaid(payment.model, payment.payee, payment.invoiceHash, payment.amount, balance);

        reserveToken.safeTransfer(payment.payee, payment.amount);
    }

    function _requireGovernor(ModelId model) private view {
        address governor = registry.governorOf(model);
        if (msg.sender != governor) revert OnlyGovernor(msg.sender, governor);
    }
}
