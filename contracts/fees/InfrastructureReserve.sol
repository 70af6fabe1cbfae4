// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {RegistryAuthorised} from "../access/RegistryAuthorised.sol";
import {Roles} from "../access/Roles.sol";
import {IInfrastructureReserve} from "../interfaces/IInfrastructureReserve.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {IUsageFeeRouter} from "../interfaces/IUsageFeeRouter.sol";
import {HashMissing, InvalidAmount, requireCaller, ZeroAddress} from "../types/CommonErrors.sol";
import {ModelId} from "../types/ModelTypes.sol";
import {UsageFeeRouter} from "./UsageFeeRouter.sol";

/// @title InfrastructureReserve
/// @notice See {IInfrastructureReserve}.
/// @dev Custody: `balance ≥ totalOwed = Σ balanceOf(model)`. Trusts: the router, which it deploys itself, for what has arrived; a
/// model's governor for its payees; a payer for what is due when. A stolen payer key pays accrued balances to approved payees,
/// early, and may use up the hash of an invoice by a payment for another. The sum is not stored but added up on demand, because
/// rescues are rare and deposits are frequent.
contract InfrastructureReserve is IInfrastructureReserve, RegistryAuthorised, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @dev One word.
    /// @param balance What the model owns.
    /// @param isListed Whether the model is in `_models`.
    struct Account {
        uint248 balance;
        bool isListed;
    }

    /// @notice May pay invoices.
    bytes32 public constant PAYER_ROLE = Roles.PAYER;

    /// @notice Time from a payee's approval to the first payment, in seconds.
    uint256 public constant PAYEE_DELAY = 2 days;

    /// @inheritdoc IInfrastructureReserve
    IERC20 public immutable reserveToken;

    /// @inheritdoc IInfrastructureReserve
    IUsageFeeRouter public immutable feeRouter;

    mapping(ModelId model => Account) private _accounts;

    /// @dev The models that were ever credited. Each has a pool, so that only pool creators make it longer.
    ModelId[] private _models;

    /// @dev An approval holds for its governor's generation only, even if the same account governs again later.
    mapping(ModelId model => mapping(uint256 generation => mapping(address payee => uint256))) private _payableFrom;

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
        requireCaller(address(feeRouter));
        Account storage account = _accounts[model];
        (uint256 balance, bool isListed) = (account.balance, account.isListed);
        unchecked {
            balance += amount; // The router's amounts are below 2^128; 2^120 of them fit.
        }

        if (!isListed) _models.push(model);
        (account.balance, account.isListed) = (uint248(balance), true);
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
        requireCaller(address(this));
        _pay(payment);
    }

    /// @inheritdoc IInfrastructureReserve
    function approvePayee(ModelId model, address payee) external {
        (address governor, uint256 generation) = _governanceOf(model);
        requireCaller(governor);
        if (payee == address(0)) revert ZeroAddress();
        if (_payableFrom[model][generation][payee] != 0) return;

        uint256 from = block.timestamp + PAYEE_DELAY;
        _payableFrom[model][generation][payee] = from;
        emit PayeeApproved(model, payee, from);
    }

    /// @inheritdoc IInfrastructureReserve
    function revokePayee(ModelId model, address payee) external {
        (address governor, uint256 generation) = _governanceOf(model);
        if (!_callerHasRole(Roles.GUARDIAN)) requireCaller(governor);

        delete _payableFrom[model][generation][payee];
        emit PayeeRevoked(model, payee);
    }

    /// @inheritdoc IInfrastructureReserve
    function rescueSurplus(IERC20 token, address to, uint256 amount) external onlyRole(Roles.ADMIN) nonReentrant {
        if (to == address(0)) revert ZeroAddress();
        uint256 owed = token == reserveToken ? totalOwed() : 0;
        uint256 surplus = Math.saturatingSub(token.balanceOf(address(this)), owed);
        if (amount > surplus) revert InsufficientSurplus(amount, surplus);

        emit SurplusRescued(token, to, amount);

        token.safeTransfer(to, amount);
    }

    /// @inheritdoc IInfrastructureReserve
    function balanceOf(ModelId model) external view returns (uint256) {
        return _accounts[model].balance;
    }

    /// @inheritdoc IInfrastructureReserve
    function payableFrom(ModelId model, address payee) public view returns (uint256) {
        (, uint256 generation) = _governanceOf(model);
        return _payableFrom[model][generation][payee];
    }

    /// @inheritdoc IInfrastructureReserve
    function totalOwed() public view returns (uint256 owed) {
        for (uint256 i; i < _models.length; ++i) {
            owed += _accounts[_models[i]].balance;
        }
    }

    function _governanceOf(ModelId model) private view returns (address governor, uint256 generation) {
        return registry.governanceOf(model);
    }

    /// @dev The caller has checked the payer and taken the lock.
    function _pay(Payment memory payment) private {
        if (payment.amount == 0) revert InvalidAmount();
        if (payment.invoiceHash == 0) revert HashMissing("invoiceHash");
        if (isPaid[payment.invoiceHash]) revert InvoiceAlreadyPaid(payment.invoiceHash);
        uint256 from = payableFrom(payment.model, payment.payee);
        if (from == 0 || block.timestamp < from) revert PayeeNotApproved(payment.model, payment.payee, from);
        uint256 available = _accounts[payment.model].balance;
        if (payment.amount > available) revert InsufficientBalance(payment.model, payment.amount, available);

        uint256 balance = available - payment.amount;
        isPaid[payment.invoiceHash] = true;
        _accounts[payment.model].balance = uint248(balance);
        emit InvoicePaid(payment.model, payment.payee, payment.invoiceHash, payment.amount, balance);

        reserveToken.safeTransfer(payment.payee, payment.amount);
    }
}
