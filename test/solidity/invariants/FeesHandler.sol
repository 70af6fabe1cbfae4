// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {InfrastructureReserve} from "contracts/fees/InfrastructureReserve.sol";
import {UsageFeeRouter} from "contracts/fees/UsageFeeRouter.sol";
import {IInfrastructureReserve} from "contracts/interfaces/IInfrastructureReserve.sol";
import {IUsageFeeRouter} from "contracts/interfaces/IUsageFeeRouter.sol";
import {HokusaiAMM} from "contracts/market/HokusaiAMM.sol";
import {HostileReserveTokenMock} from "contracts/mocks/HostileReserveTokenMock.sol";
import {ModelRegistry} from "contracts/models/ModelRegistry.sol";
import {ModelId} from "contracts/types/ModelId.sol";
import {Keys} from "../utils/ProtocolTest.sol";
import {Assertions, vm} from "../utils/Test.sol";

/// @notice What the handler acts on.
struct FeeSystem {
    ModelRegistry registry;
    UsageFeeRouter router;
    InfrastructureReserve infrastructure;
    HostileReserveTokenMock usdc;
    ModelId[] models;
    HokusaiAMM[] pools;
}

/// @notice How often interesting states were reached.
struct FeeMilestones {
    uint256 deposits;
    uint256 callsPaid;
    uint256 batchesWithBadItems;
    uint256 invoicesPaid;
    uint256 invoicesRefused;
    uint256 rescues;
    uint256 sharesChanged;
    uint256 refusedTransfers;
    uint256 abuses;
}

/// @title FeesHandler
/// @notice Payers of fees, governors, the payer of invoices, the admin, an attacker and a reserve token with moods, acting on several
/// models. It keeps its own books, written from the specification.
contract FeesHandler is Assertions {
    uint256 private constant BPS = 1e4;
    uint256 private constant FUNDS = 1e30;
    uint256 private constant MAX_FEE = 1e13;

    FeeMilestones public reached;

    /// @notice The time of the chain: forge forgets a handler's `warp`.
    uint256 public clock;

    /// @notice What each model must own in the infrastructure reserve, and have in its pool.
    uint256[] public owed;
    uint256[] public streamed;

    /// @notice All fees that were paid, and all that left the infrastructure reserve for invoices.
    uint256 public paidIn;
    uint256 public paidOut;

    FeeSystem private _s;
    Keys private _keys;
    address private _customer;
    address private _attacker;
    address private _payee;
    uint256 private _invoices;
    uint256 private _donated;

    modifier atClock() {
        vm.warp(clock);
        _;
        assertEq(_s.usdc.balanceOf(address(_s.router)), 0, "F2: the router holds tokens");
    }

    constructor(FeeSystem memory system, Keys memory keys) {
        _s.registry = system.registry;
        _s.router = system.router;
        _s.infrastructure = system.infrastructure;
        _s.usdc = system.usdc;
        _keys = keys;
        clock = block.timestamp;
        _customer = address(uint160(uint256(keccak256("customer"))));
        _attacker = address(uint160(uint256(keccak256("attacker"))));
        _payee = address(uint160(uint256(keccak256("payee"))));
        for (uint256 i; i < system.models.length; ++i) {
            _s.models.push(system.models[i]);
            _s.pools.push(system.pools[i]);
            owed.push();
            streamed.push();
            vm.prank(keys.governor);
            system.infrastructure.approvePayee(system.models[i], _payee);
        }
        address[2] memory funded = [_customer, _attacker];
        for (uint256 i; i < funded.length; ++i) {
            system.usdc.mint(funded[i], FUNDS);
            vm.prank(funded[i]);
            system.usdc.approve(address(system.router), type(uint256).max);
        }
        clock += 2 days;
    }

    function getReached() external view returns (FeeMilestones memory) {
        return reached;
    }

    function wait(uint256 time) external {
        clock += _bound(time, 1, 2 days);
    }

    function deposit(uint256 model, uint256 amount) external atClock {
        model %= _s.models.length;
        amount = _logBound(amount);
        vm.prank(_customer);
        _s.router.depositFee(_s.models[model], amount);
        _book(model, amount);
        ++reached.deposits;
    }

    function payForCalls(uint256 model, uint256 calls) external atClock {
        model %= _s.models.length;
        calls = _bound(calls, 1, 1e9);
        uint256 price = _s.registry.parametersOf(_s.models[model]).pricePerThousandCalls;
        vm.prank(_customer);
        uint256 cost = _s.router.payForCalls(_s.models[model], calls, type(uint256).max);
        assertGe(cost * 1000, calls * price, "calls: below the price");
        assertLt((cost - 1) * 1000, calls * price, "calls: a unit too much");
        _book(model, cost);
        ++reached.callsPaid;
    }

    /// @dev Items of nothing and of an unknown model, at any place, between good ones.
    function depositBatch(uint256 seed, uint256 amount) external atClock {
        IUsageFeeRouter.Deposit[] memory deposits = new IUsageFeeRouter.Deposit[](4);
        for (uint256 i; i < deposits.length; ++i) {
            uint256 word = uint256(keccak256(abi.encode(seed, i)));
            deposits[i].model = word % 5 == 0 ? ModelId.wrap(bytes32(word)) : _s.models[i % _s.models.length];
            deposits[i].amount = word % 7 == 0 ? 0 : _logBound(uint256(keccak256(abi.encode(amount, i))));
        }
        vm.prank(_customer);
        bool[] memory deposited = _s.router.depositFees(deposits);
        bool hasBad;
        for (uint256 i; i < deposits.length; ++i) {
            uint256 word = uint256(keccak256(abi.encode(seed, i)));
            assertEq(deposited[i], word % 5 != 0 && word % 7 != 0, "batch: result");
            if (deposited[i]) _book(i % _s.models.length, deposits[i].amount);
            else hasBad = true;
        }
        if (hasBad) ++reached.batchesWithBadItems;
    }

    function setAccrual(uint256 model, uint256 bps) external atClock {
        model %= _s.models.length;
        vm.prank(_keys.governor);
        _s.registry.setInfrastructureAccrual(_s.models[model], _bound(bps, 1000, 10_000));
        ++reached.sharesChanged;
    }

    /// @dev F3: up to twice what the model owns, whatever the others do.
    function payInvoice(uint256 model, uint256 amount) external atClock {
        model %= _s.models.length;
        amount = _bound(amount, 1, 2 * owed[model] + 1);
        IInfrastructureReserve.Payment[] memory payments = new IInfrastructureReserve.Payment[](1);
        payments[0] = IInfrastructureReserve.Payment(_s.models[model], _payee, amount, bytes32(++_invoices));
        uint256 balance = _s.usdc.balanceOf(_payee);
        vm.prank(_keys.payer);
        bool paid = _s.infrastructure.payMany(payments)[0];
        assertEq(paid, amount <= owed[model], "F3: an invoice was paid, or not, against the model's own balance");
        assertEq(_s.usdc.balanceOf(_payee), balance + (paid ? amount : 0), "invoice: amount");
        if (paid) {
            owed[model] -= amount;
            paidOut += amount;
            ++reached.invoicesPaid;
        } else {
            ++reached.invoicesRefused;
        }
    }

    function donate(uint256 amount) external atClock {
        amount = _logBound(amount);
        vm.prank(_attacker);
        _s.usdc.transfer(address(_s.infrastructure), amount);
        _donated += amount;
    }

    /// @dev All that no model owns can be rescued, and not a unit more.
    function rescue() external atClock {
        vm.startPrank(_keys.admin);
        (bool isTooMuch, ) = address(_s.infrastructure).call(
            abi.encodeCall(_s.infrastructure.rescueSurplus, (_s.usdc, _keys.admin, _donated + 1))
        );
        assertFalse(isTooMuch, "F3: owed money was rescued");
        _s.infrastructure.rescueSurplus(_s.usdc, _keys.admin, _donated);
        vm.stopPrank();
        if (_donated > 0) ++reached.rescues;
        _donated = 0;
    }

    /// @dev A reserve token that keeps some of what is sent: nothing moves.
    function depositShort(uint256 model, uint256 amount, uint256 arrivingBps) external atClock {
        model %= _s.models.length;
        amount = _bound(amount, 1e6, MAX_FEE);
        _s.usdc.setArrivingBps(_bound(arrivingBps, 0, BPS - 1));
        vm.prank(_customer);
        (bool accepted, ) = address(_s.router).call(abi.encodeCall(_s.router.depositFee, (_s.models[model], amount)));
        _s.usdc.setArrivingBps(BPS);
        assertFalse(accepted, "F1: a short deposit was credited");
        ++reached.refusedTransfers;
    }

    /// @dev What anybody may try against the books.
    function abuse(uint256 model, uint256 amount) external atClock {
        ModelId id = _s.models[model % _s.models.length];
        vm.startPrank(_attacker);
        _expectRefused(address(_s.infrastructure), abi.encodeCall(_s.infrastructure.credit, (id, amount)));
        _expectRefused(
            address(_s.infrastructure),
            abi.encodeCall(_s.infrastructure.pay, (id, _attacker, 1, bytes32(amount)))
        );
        _expectRefused(address(_s.router), abi.encodeCall(_s.router.depositFromBatch, (_customer, id, 1)));
        vm.stopPrank();
        ++reached.abuses;
    }

    function _expectRefused(address target, bytes memory data) private {
        (bool accepted, ) = target.call(data);
        assertFalse(accepted, "an attacker was let through");
    }

    /// @dev F1: the split of the specification, at the share of the moment.
    function _book(uint256 model, uint256 amount) private {
        uint256 bps = _s.registry.parametersOf(_s.models[model]).infrastructureAccrualBps;
        uint256 infrastructure = (amount * bps) / BPS;
        owed[model] += infrastructure;
        streamed[model] += amount - infrastructure;
        paidIn += amount;
    }

    /// @dev Every number of digits up to the largest fee is equally likely.
    function _logBound(uint256 seed) private pure returns (uint256) {
        uint256 ceiling = 10 ** (1 + (seed % 13));
        return 1 + ((seed >> 8) % ceiling);
    }

    function _bound(uint256 value, uint256 min, uint256 max) private pure returns (uint256) {
        return min + (value % (max - min + 1));
    }
}
