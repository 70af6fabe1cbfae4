// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ModelId} from "../types/ModelTypes.sol";
import {IUsageFeeRouter} from "./IUsageFeeRouter.sol";

/// @title Infrastructure reserve
/// @notice Keeps each model's infrastructure share of usage fees apart, and pays the model's bills from it. One model's money
/// never pays another's bill. Amounts are reserve units.
///
/// A model's governor approves payees, two days ahead; a payer decides which invoice is paid when. An approval ends with the
/// generation of the governor who gave it: after a handover, nobody is approved.
interface IInfrastructureReserve {
    /// @notice A bill to pay.
    /// @param model Model whose balance pays.
    /// @param payee Receiver, approved by the model's governor.
    /// @param amount Reserve units, positive.
    /// @param invoiceHash keccak256 of the invoice, not zero. It should name the model: a hash is paid once, for whichever model.
    struct Payment {
        ModelId model;
        address payee;
        uint256 amount;
        bytes32 invoiceHash;
    }

    /// @notice A model's balance grew.
    /// @param model The model.
    /// @param amount Reserve units that arrived.
    /// @param balance What the model owns now.
    event Credited(ModelId indexed model, uint256 amount, uint256 balance);

    /// @notice An invoice was paid.
    /// @param model Model whose balance paid.
    /// @param payee Receiver.
    /// @param invoiceHash keccak256 of the invoice.
    /// @param amount Reserve units paid.
    /// @param balance What the model owns now.
    event InvoicePaid(
        ModelId indexed model,
        address indexed payee,
        bytes32 indexed invoiceHash,
        uint256 amount,
        uint256 balance
    );

    /// @notice A payment of a batch failed; the others went on.
    /// @param model Model whose balance would have paid.
    /// @param invoiceHash keccak256 of the invoice, which stays unpaid by this payment.
    /// @param reason The error, as ABI-encoded revert data.
    event PaymentFailed(ModelId indexed model, bytes32 indexed invoiceHash, bytes reason);

    /// @notice The model's governor approved a payee. The approval belongs to the governor's generation and ends with it.
    /// @param model The model.
    /// @param payee The payee.
    /// @param payableFrom First second in which it can be paid.
    event PayeeApproved(ModelId indexed model, address indexed payee, uint256 payableFrom);

    /// @notice A payee is not approved any more.
    /// @param model The model.
    /// @param payee The payee.
    event PayeeRevoked(ModelId indexed model, address indexed payee);

    /// @notice Tokens that no model owns left the contract.
    /// @param token Their ERC-20.
    /// @param to Receiver.
    /// @param amount How many, in the token's own units.
    event SurplusRescued(IERC20 indexed token, address indexed to, uint256 amount);

    /// @notice The model's present governor has not approved the payee, or not long enough ago.
    /// @param model The model.
    /// @param payee The payee.
    /// @param payableFrom First second in which it can be paid; 0 when it is not approved.
    /// @custom:fix Have the model's present governor approve the payee, then pay from `payableFrom`. A handover ends all
    /// earlier approvals.
    error PayeeNotApproved(ModelId model, address payee, uint256 payableFrom);

    /// @notice The invoice was paid already, from this model's balance or another's.
    /// @param invoiceHash keccak256 of the invoice.
    /// @custom:fix Look at the event `InvoicePaid`. If it was paid for another model, the hash was used for that model's bill:
    /// issue the invoice again with the model's name in it, so that it has another hash.
    error InvoiceAlreadyPaid(bytes32 invoiceHash);

    /// @notice The model's balance does not cover the payment.
    /// @param model The model.
    /// @param requested Reserve units to pay.
    /// @param available What the model owns.
    /// @custom:fix Pay at most `available`; one model's money never pays another's bill.
    error InsufficientBalance(ModelId model, uint256 requested, uint256 available);

    /// @notice More would be rescued than the contract holds beyond what models own.
    /// @param requested Amount to rescue, in the token's own units.
    /// @param available What no model owns.
    /// @custom:fix Rescue at most `available`.
    error InsufficientSurplus(uint256 requested, uint256 available);

    /// @notice Adds reserve tokens to a model's balance. Only the usage fee router, which has seen them arrive.
    /// @dev Emits `Credited`. Reverts `UnauthorizedCaller`.
    /// @param model The model.
    /// @param amount Reserve units that arrived, below 2^128.
    function credit(ModelId model, uint256 amount) external;

    /// @notice Pays an invoice from the model's balance. Only `PAYER_ROLE`.
    /// @dev Emits `InvoicePaid`. Reverts `AccessControlUnauthorizedAccount`, `InvalidAmount`, `HashMissing`,
    /// `InvoiceAlreadyPaid`, `PayeeNotApproved`, `InsufficientBalance`, and as the reserve token does.
    /// @param model Model whose balance pays.
    /// @param payee Receiver, approved by the model's governor.
    /// @param amount Reserve units, positive.
    /// @param invoiceHash See {Payment}.
    function pay(ModelId model, address payee, uint256 amount, bytes32 invoiceHash) external;

    /// @notice Pays several invoices; one that fails does not stop the others. Only `PAYER_ROLE`.
    /// @dev Emits `InvoicePaid` or `PaymentFailed` for each. Reverts `AccessControlUnauthorizedAccount`.
    /// @param payments The bills, paid in this order.
    /// @return paid Whether each was paid.
    function payMany(Payment[] calldata payments) external returns (bool[] memory paid);

    /// @notice One payment of {payMany}. Only this contract itself.
    /// @dev Emits `InvoicePaid`. Reverts `UnauthorizedCaller`, and as {pay} does.
    /// @param payment The bill.
    function payFromBatch(Payment calldata payment) external;

    /// @notice Approves a payee, who can be paid two days later. A payee whom the same governor has already approved keeps its
    /// time. Only the model's governor.
    /// @dev Emits `PayeeApproved`, unless the payee is approved already. Reverts `UnauthorizedCaller`, `ZeroAddress`.
    /// @param model The model.
    /// @param payee The payee.
    function approvePayee(ModelId model, address payee) external;

    /// @notice Ends a payee's approval at once. The model's governor or a guardian.
    /// @dev Emits `PayeeRevoked`, even if the payee was not approved. Reverts `UnauthorizedCaller`.
    /// @param model The model.
    /// @param payee The payee.
    function revokePayee(ModelId model, address payee) external;

    /// @notice Sends tokens that no model owns to an account: of the reserve token what exceeds {totalOwed}, of others all. Only
    /// the admin, hence after its delay.
    /// @dev Emits `SurplusRescued`. Reverts `AccessControlUnauthorizedAccount`, `ZeroAddress`, `InsufficientSurplus`, and as the
    /// token does.
    /// @param token The ERC-20.
    /// @param to Receiver, not zero.
    /// @param amount How many, in the token's own units.
    function rescueSurplus(IERC20 token, address to, uint256 amount) external;

    /// @notice The reserve token.
    /// @return Its address.
    function reserveToken() external view returns (IERC20);

    /// @notice The usage fee router, which this contract has deployed.
    /// @return Its address.
    function feeRouter() external view returns (IUsageFeeRouter);

    /// @notice What a model owns here.
    /// @param model The model.
    /// @return Reserve units; 0 for an unknown id.
    function balanceOf(ModelId model) external view returns (uint256);

    /// @notice What all models own here together. It is added up on demand, for about 4,300 gas per model that ever received
    /// a fee.
    /// @return owed Reserve units.
    function totalOwed() external view returns (uint256 owed);

    /// @notice When a payee whom the model's present governor approved can be paid.
    /// @param model The model.
    /// @param payee The payee.
    /// @return First second in which it can; 0 when it is not approved.
    function payableFrom(ModelId model, address payee) external view returns (uint256);

    /// @notice Whether an invoice was paid, for whichever model.
    /// @param invoiceHash keccak256 of the invoice.
    /// @return Whether it was.
    function isPaid(bytes32 invoiceHash) external view returns (bool);
}
