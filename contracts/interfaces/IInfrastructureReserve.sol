// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ModelId} from "../types/ModelId.sol";
import {IUsageFeeRouter} from "./IUsageFeeRouter.sol";

/// @title Infrastructure reserve
/// @notice Keeps each model's infrastructure share of usage fees apart, and pays the model's bills from it. One model's money
/// never pays another's bill; an invoice pays once. Amounts are reserve units.
interface IInfrastructureReserve {
    /// @notice A bill to pay.
    /// @param model Model whose balance pays.
    /// @param payee Receiver, approved by the model's governor.
    /// @param amount Reserve units, positive.
    /// @param invoiceHash keccak256 of the invoice, not zero.
    struct Payment {
        ModelId model;
        address payee;
        uint256 amount;
        bytes32 invoiceHash;
    }

    /// @notice A model's balance grew by `amount` to `balance`.
    event Credited(ModelId indexed model, uint256 amount, uint256 balance);

    /// @notice An invoice was paid; the model's balance is now `balance`.
    event InvoicePaid(
        ModelId indexed model,
        address indexed payee,
        bytes32 indexed invoiceHash,
        uint256 amount,
        uint256 balance
    );

    /// @notice A payment of a batch failed with `reason`; the others went on.
    event PaymentFailed(ModelId indexed model, bytes32 indexed invoiceHash, bytes reason);

    /// @notice The governor approved a payee, who can be paid from `payableFrom`.
    event PayeeApproved(ModelId indexed model, address indexed payee, uint256 payableFrom);

    /// @notice A payee's approval ended.
    event PayeeRevoked(ModelId indexed model, address indexed payee);

    /// @notice Tokens that no model owns left the contract.
    event SurplusRescued(IERC20 indexed token, address indexed to, uint256 amount);

    /// @notice The caller is neither the model's governor nor, where one may act, a guardian.
    error OnlyGovernor(address caller, address governor);

    /// @notice The caller is not the usage fee router.
    error OnlyFeeRouter(address caller);

    /// @notice Only this contract itself calls this function.
    error OnlySelf(address caller);

    /// @notice The governor has not approved the payee, or not long enough ago.
    error PayeeNotApproved(ModelId model, address payee, uint256 payableFrom);

    /// @notice The invoice hash is zero.
    error InvoiceMissing();

    /// @notice The invoice was paid.
    error InvoiceAlreadyPaid(bytes32 invoiceHash);

    /// @notice The model's balance does not cover the payment.
    error InsufficientBalance(ModelId model, uint256 requested, uint256 available);

    /// @notice More is rescued than the contract holds beyond what it owes.
    error InsufficientSurplus(uint256 requested, uint256 available);

    /// @notice Adds reserve tokens that have just arrived to a model's balance. Only the usage fee router, which has seen that
    /// they did. Errors: `OnlyFeeRouter`.
    function credit(ModelId model, uint256 amount) external;

    /// @notice Pays an invoice from the model's balance. Only `PAYER_ROLE`.
    /// @dev Errors: `InvalidAmount`, `InvoiceMissing`, `InvoiceAlreadyPaid`, `PayeeNotApproved`, `InsufficientBalance`.
    function pay(ModelId model, address payee, uint256 amount, bytes32 invoiceHash) external;

    /// @notice Pays several invoices; one that fails does not stop the others. Only `PAYER_ROLE`.
    /// @return paid Whether each was paid.
    function payMany(Payment[] calldata payments) external returns (bool[] memory paid);

    /// @notice One payment of {payMany}. Only this contract itself. Errors: `OnlySelf`, and those of {pay}.
    function payFromBatch(Payment calldata payment) external;

    /// @notice Approves a payee, from two days ahead. Only the model's governor. A payee that is approved already keeps its
    /// time. Errors: `OnlyGovernor`, `ZeroAddress`.
    function approvePayee(ModelId model, address payee) external;

    /// @notice Ends a payee's approval at once. The model's governor or a guardian. Errors: `OnlyGovernor`.
    function revokePayee(ModelId model, address payee) external;

    /// @notice Sends tokens that no model owns to `to`. Only the admin. Errors: `ZeroAddress`, `InsufficientSurplus`.
    function rescueSurplus(IERC20 token, address to, uint256 amount) external;

    /// @notice The reserve token.
    function reserveToken() external view returns (IERC20);

    /// @notice The usage fee router, whose deployment is part of this contract's.
    function feeRouter() external view returns (IUsageFeeRouter);

    /// @notice What a model owns here.
    function balanceOf(ModelId model) external view returns (uint256);

    /// @notice What all models own here together, added up: about 4,300 gas for each model that ever received a fee.
    function totalOwed() external view returns (uint256);

    /// @notice When a payee can be paid; 0 when it is not approved.
    function payableFrom(ModelId model, address payee) external view returns (uint256);

    /// @notice Whether an invoice was paid.
    function isPaid(bytes32 invoiceHash) external view returns (bool);
}
