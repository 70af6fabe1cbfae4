// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ProtocolAccess} from "../access/ProtocolAccess.sol";
import {IInfrastructureReserve} from "../interfaces/IInfrastructureReserve.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {InvalidAmount, ZeroAddress} from "../types/CommonErrors.sol";
import {ModelId} from "../types/ModelId.sol";

/// @title InfrastructureReserve
/// @notice See {IInfrastructureReserve}.
/// @dev Custody: `balance ≥ totalOwed = Σ balanceOf(model)`. Trusts: a model's governor for its payees, a payer for what is due
/// when. A stolen payer key pays accrued balances to approved payees, early.
contract InfrastructureReserve is IInfrastructureReserve, ProtocolAccess, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @notice May pay invoices.
    bytes32 public constant PAYER_ROLE = keccak256("PAYER_ROLE");

    /// @notice Time from a payee's approval to the first payment, in seconds.
    uint256 public constant PAYEE_DELAY = 2 days;

    /// @notice The models' registry.
    IModelRegistry public immutable registry;

    /// @inheritdoc IInfrastructureReserve
    IERC20 public immutable reserveToken;

    /// @inheritdoc IInfrastructureReserve
    uint256 public totalOwed;

    /// @inheritdoc IInfrastructureReserve
    mapping(ModelId model => uint256) public balanceOf;

    /// @inheritdoc IInfrastructureReserve
    mapping(ModelId model => mapping(address payee => uint256)) public payableFrom;

    /// @inheritdoc IInfrastructureReserve
    mapping(bytes32 invoiceHash => bool) public isPaid;

    /// @param adminDelay Seconds between the two steps of an admin transfer.
    /// @param admin The timelock.
    /// @param guardians First holders of `GUARDIAN_ROLE`.
    /// @param payers First holders of `PAYER_ROLE`.
    /// @param registry_ The models' registry.
    /// @param reserveToken_ The reserve token.
    constructor(
        uint48 adminDelay,
        address admin,
        address[] memory guardians,
        address[] memory payers,
        IModelRegistry registry_,
        IERC20 reserveToken_
    ) ProtocolAccess(adminDelay, admin, guardians) {
        if (address(registry_) == address(0) || address(reserveToken_) == address(0)) revert ZeroAddress();
        registry = registry_;
        reserveToken = reserveToken_;
        _grantRoles(PAYER_ROLE, payers);
    }

    /// @inheritdoc IInfrastructureReserve
    function credit(ModelId model, uint256 amount) external nonReentrant {
        if (amount == 0) revert InvalidAmount();
        uint256 owed = totalOwed;
        uint256 surplus = reserveToken.balanceOf(address(this)) - owed;
        if (amount > surplus) revert InsufficientSurplus(amount, surplus);

        uint256 balance = balanceOf[model] + amount;
        totalOwed = owed + amount;
        balanceOf[model] = balance;
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
        if (!hasRole(GUARDIAN_ROLE, msg.sender)) _requireGovernor(model);

        delete payableFrom[model][payee];
        emit PayeeRevoked(model, payee);
    }

    /// @inheritdoc IInfrastructureReserve
    function rescueSurplus(
        IERC20 token,
        address to,
        uint256 amount
    ) external onlyRole(DEFAULT_ADMIN_ROLE) nonReentrant {
        if (to == address(0)) revert ZeroAddress();
        uint256 surplus = token.balanceOf(address(this)) - (token == reserveToken ? totalOwed : 0);
        if (amount > surplus) revert InsufficientSurplus(amount, surplus);

        emit SurplusRescued(token, to, amount);
        token.safeTransfer(to, amount);
    }

    function _pay(Payment memory payment) private {
        if (payment.amount == 0) revert InvalidAmount();
        if (payment.invoiceHash == 0) revert InvoiceMissing();
        if (isPaid[payment.invoiceHash]) revert InvoiceAlreadyPaid(payment.invoiceHash);
        uint256 from = payableFrom[payment.model][payment.payee];
        if (from == 0 || block.timestamp < from) revert PayeeNotApproved(payment.model, payment.payee, from);
        uint256 available = balanceOf[payment.model];
        if (payment.amount > available) revert InsufficientBalance(payment.model, payment.amount, available);

        uint256 balance = available - payment.amount;
        isPaid[payment.invoiceHash] = true;
        balanceOf[payment.model] = balance;
        totalOwed -= payment.amount;
        emit InvoicePaid(payment.model, payment.payee, payment.invoiceHash, payment.amount, balance);

        reserveToken.safeTransfer(payment.payee, payment.amount);
    }

    function _requireGovernor(ModelId model) private view {
        address governor = registry.governorOf(model);
        if (msg.sender != governor) revert OnlyGovernor(msg.sender, governor);
    }
}
