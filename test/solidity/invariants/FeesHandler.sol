// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {InfrastructureReserve} from "contracts/fees/InfrastructureReserve.sol";
import {UsageFeeRouter} from "contracts/fees/UsageFeeRouter.sol";
import {IInfrastructureReserve} from "contracts/interfaces/IInfrastructureReserve.sol";
import {IUsageFeeRouter} from "contracts/interfaces/IUsageFeeRouter.sol";
import {HokusaiAMM} from "contracts/market/HokusaiAMM.sol";
import {HostileReserveTokenMock} from "contracts/mocks/HostileReserveTokenMock.sol";
import {ModelRegistry} from "contracts/models/ModelRegistry.sol";
import {ModelId} from "contracts/types/ModelTypes.sol";
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
    uint256 wholeTransfers;
    uint256 coveredTransfers;
    uint256 abuses;
    uint256 approvals;
    uint256 handovers;
    uint256 recoveries;
    uint256 comebacks;
    uint256 staleApprovals;
}

/// @title FeesHandler
/// @notice Payers of fees, governors who hand over, the payer of invoices, the admin, an attacker and a reserve token with moods,
/// acting on several models. It keeps its own books, written from the specification.
contract FeesHandler is Assertions {
    uint256 private constant BPS = 1e4;
    uint256 private constant FUNDS = 1e30;
    uint256 private constant MAX_FEE = 1e13;
    uint256 private constant PAYEE_DELAY = 2 days;
    uint256 private constant RECOVERY_DELAY = 7 days;

    FeeMilestones private _reached;

    /// @notice The time of the chain: forge forgets a handler's `warp`.
    uint256 public clock;

    /// @notice What each model must own in the infrastructure reserve, and have in its pool.
    uint256[] public owed;
    uint256[] public streamed;

    /// @notice What waits in each pool beside the market, as trade fees do.
    uint256[] public waiting;

    /// @notice All fees that were paid, and all that left the infrastructure reserve for invoices.
    uint256 public paidIn;
    uint256 public paidOut;

    FeeSystem private _s;
    Keys private _keys;
    address private _customer;
    address private _attacker;
    address[2] private _payees;
    address[3] private _governors;

    /// @dev Whose turn it is to govern each model, in `_governors`; which of them have governed it and no longer do.
    uint256[] private _governorOf;
    mapping(uint256 model => mapping(uint256 governor => bool)) private _hasGoverned;

    /// @dev What the present governor has approved, and whether a former one's approval would be due.
    mapping(uint256 model => mapping(uint256 payee => uint256)) private _payableFrom;
    mapping(uint256 model => mapping(uint256 payee => bool)) private _hasStaleApproval;
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
        _customer = _account("customer");
        _attacker = _account("attacker");
        _payees = [_account("payee 1"), _account("payee 2")];
        _governors = [keys.governor, _account("governor 2"), _account("governor 3")];
        for (uint256 i; i < system.models.length; ++i) {
            _s.models.push(system.models[i]);
            _s.pools.push(system.pools[i]);
            owed.push();
            streamed.push();
            waiting.push();
            _governorOf.push();
            vm.prank(keys.governor);
            system.infrastructure.approvePayee(system.models[i], _payees[0]);
            _payableFrom[i][0] = block.timestamp + PAYEE_DELAY;
        }
        address[2] memory funded = [_customer, _attacker];
        for (uint256 i; i < funded.length; ++i) {
            system.usdc.mint(funded[i], FUNDS);
            vm.prank(funded[i]);
            system.usdc.approve(address(system.router), type(uint256).max);
        }
        clock += PAYEE_DELAY;
    }

    function getReached() external view returns (FeeMilestones memory) {
        return _reached;
    }

    /// @notice H1: the registry and the reserve know what the present governor decided, and nothing of a former one.
    function assertGoverned() external view {
        for (uint256 i; i < _s.models.length; ++i) {
            assertEq(_s.registry.governorOf(_s.models[i]), _governors[_governorOf[i]], "H1: governor");
            for (uint256 k; k < _payees.length; ++k) {
                uint256 from = _s.infrastructure.payableFrom(_s.models[i], _payees[k]);
                assertEq(from, _payableFrom[i][k], "H1: an approval that is not the present governor's");
            }
        }
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
        ++_reached.deposits;
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
        ++_reached.callsPaid;
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
        if (hasBad) ++_reached.batchesWithBadItems;
    }

    function setAccrual(uint256 model, uint256 bps) external atClock {
        model %= _s.models.length;
        vm.prank(_governors[_governorOf[model]]);
        _s.registry.setInfrastructureAccrual(_s.models[model], _bound(bps, 1000, 10_000));
        ++_reached.sharesChanged;
    }

    function approve(uint256 model, uint256 payee) external atClock {
        (model, payee) = (model % _s.models.length, payee % _payees.length);
        vm.prank(_governors[_governorOf[model]]);
        _s.infrastructure.approvePayee(_s.models[model], _payees[payee]);
        if (_payableFrom[model][payee] == 0) _payableFrom[model][payee] = clock + PAYEE_DELAY;
        ++_reached.approvals;
    }

    function revoke(uint256 model, uint256 payee, bool byGuardian) external atClock {
        (model, payee) = (model % _s.models.length, payee % _payees.length);
        vm.prank(byGuardian ? _keys.guardian : _governors[_governorOf[model]]);
        _s.infrastructure.revokePayee(_s.models[model], _payees[payee]);
        _payableFrom[model][payee] = 0;
    }

    /// @dev To another governor, the same one included, and often back.
    function handOver(uint256 model, uint256 next) external atClock {
        (model, next) = (model % _s.models.length, next % _governors.length);
        vm.prank(_governors[_governorOf[model]]);
        _s.registry.proposeGovernor(_s.models[model], _governors[next]);
        _accept(model, next);
        ++_reached.handovers;
    }

    /// @dev By the admin, while whoever has the governor's key approves a payee that could be paid at once.
    function recover(uint256 model, uint256 next, uint256 payee) external atClock {
        (model, next, payee) = (model % _s.models.length, next % _governors.length, payee % _payees.length);
        vm.prank(_keys.admin);
        _s.registry.proposeGovernor(_s.models[model], _governors[next]);
        clock += RECOVERY_DELAY - PAYEE_DELAY;
        vm.warp(clock);
        vm.prank(_governors[_governorOf[model]]);
        _s.infrastructure.approvePayee(_s.models[model], _payees[payee]);
        if (_payableFrom[model][payee] == 0) _payableFrom[model][payee] = clock + PAYEE_DELAY;
        clock += PAYEE_DELAY;
        vm.warp(clock);
        _accept(model, next);
        ++_reached.recoveries;
    }

    /// @dev F3, H1: up to twice what the model owns, whatever the others do, to whom its present governor approved in time.
    function payInvoice(uint256 model, uint256 payee, uint256 amount) external atClock {
        (model, payee) = (model % _s.models.length, payee % _payees.length);
        amount = _bound(amount, 1, 2 * owed[model] + 1);
        IInfrastructureReserve.Payment[] memory payments = new IInfrastructureReserve.Payment[](1);
        payments[0] = IInfrastructureReserve.Payment(_s.models[model], _payees[payee], amount, bytes32(++_invoices));
        uint256 balance = _s.usdc.balanceOf(_payees[payee]);
        vm.prank(_keys.payer);
        bool paid = _s.infrastructure.payMany(payments)[0];
        uint256 from = _payableFrom[model][payee];
        bool isApproved = from != 0 && clock >= from;
        assertEq(paid, isApproved && amount <= owed[model], "F3, H1: an invoice was paid, or not, against the books");
        assertEq(_s.usdc.balanceOf(_payees[payee]), balance + (paid ? amount : 0), "invoice: amount");
        if (paid) {
            owed[model] -= amount;
            paidOut += amount;
            ++_reached.invoicesPaid;
        } else {
            ++_reached.invoicesRefused;
            if (from == 0 && _hasStaleApproval[model][payee] && amount <= owed[model]) ++_reached.staleApprovals;
        }
    }

    function donate(uint256 amount) external atClock {
        amount = _logBound(amount);
        vm.prank(_attacker);
        _s.usdc.transfer(address(_s.infrastructure), amount);
        _donated += amount;
    }

    function donateToPool(uint256 model, uint256 amount) external atClock {
        model %= _s.models.length;
        amount = _logBound(amount);
        vm.prank(_attacker);
        _s.usdc.transfer(address(_s.pools[model]), amount);
        waiting[model] += amount;
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
        if (_donated > 0) ++_reached.rescues;
        _donated = 0;
    }

    /// @dev F1: a reserve token that keeps a share, rounded down, or a unit or none of what everybody, the infrastructure reserve
    /// or the pool receives. A deposit of which it would keep something moves nothing; the others are whole. The known limit: one
    /// that charges the pool alone is paid out of what waits there, where the pool's is not the larger part.
    function depositKept(uint256 model, uint256 amount, uint256 feeBps, uint256 mood) external atClock {
        model %= _s.models.length;
        amount = _logBound(amount);
        feeBps = _bound(feeBps, 0, 300);
        uint256 fixedFee = mood % 7 == 0 ? 1 : 0;
        _s.usdc.setFees(feeBps, fixedFee, _charged(model, mood));
        vm.prank(_customer);
        (bool accepted, ) = address(_s.router).call(abi.encodeCall(_s.router.depositFee, (_s.models[model], amount)));
        _s.usdc.setFees(0, 0, address(0));

        uint256 kept = _kept(model, amount, feeBps, fixedFee, mood);
        bool isCovered = mood % 3 == 2 && amount <= 2 * _infrastructureShare(model, amount) && kept <= waiting[model];
        assertEq(accepted, kept == 0 || isCovered, "F1: a short deposit was credited, or a whole one was not");
        if (accepted) {
            _book(model, amount);
            waiting[model] -= kept;
            if (kept == 0) ++_reached.wholeTransfers;
            else ++_reached.coveredTransfers;
        } else {
            ++_reached.refusedTransfers;
        }
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
        _expectRefused(address(_s.infrastructure), abi.encodeCall(_s.infrastructure.approvePayee, (id, _attacker)));
        _expectRefused(address(_s.infrastructure), abi.encodeCall(_s.infrastructure.revokePayee, (id, _payees[0])));
        vm.stopPrank();
        ++_reached.abuses;
    }

    function _expectRefused(address target, bytes memory data) private {
        (bool accepted, ) = target.call(data);
        assertFalse(accepted, "an attacker was let through");
    }

    /// @dev H1: nothing that the former governor approved is left.
    function _accept(uint256 model, uint256 next) private {
        vm.prank(_governors[next]);
        _s.registry.acceptGovernor(_s.models[model]);
        if (_hasGoverned[model][next]) ++_reached.comebacks;
        _hasGoverned[model][_governorOf[model]] = true;
        _governorOf[model] = next;
        for (uint256 k; k < _payees.length; ++k) {
            if (_payableFrom[model][k] != 0) _hasStaleApproval[model][k] = true;
            _payableFrom[model][k] = 0;
        }
    }

    function _book(uint256 model, uint256 amount) private {
        uint256 infrastructure = _infrastructureShare(model, amount);
        owed[model] += infrastructure;
        streamed[model] += amount - infrastructure;
        paidIn += amount;
    }

    /// @dev F1: the split of the specification, at the share of the moment.
    function _infrastructureShare(uint256 model, uint256 amount) private view returns (uint256) {
        return (amount * _s.registry.parametersOf(_s.models[model]).infrastructureAccrualBps) / BPS;
    }

    /// @dev Whom the reserve token charges: everybody, the infrastructure reserve or the pool.
    function _charged(uint256 model, uint256 mood) private view returns (address) {
        if (mood % 3 == 0) return address(0);
        return mood % 3 == 1 ? address(_s.infrastructure) : address(_s.pools[model]);
    }

    /// @dev What it keeps of both parts of a deposit. A part of nothing is not sent.
    function _kept(
        uint256 model,
        uint256 amount,
        uint256 feeBps,
        uint256 fixedFee,
        uint256 mood
    ) private view returns (uint256 kept) {
        uint256 infrastructure = _infrastructureShare(model, amount);
        uint256 pool = amount - infrastructure;
        if (mood % 3 != 2 && infrastructure > 0) kept += (infrastructure * feeBps) / BPS + fixedFee;
        if (mood % 3 != 1 && pool > 0) kept += (pool * feeBps) / BPS + fixedFee;
    }

    function _account(string memory name) private pure returns (address) {
        return address(uint160(uint256(keccak256(bytes(name)))));
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
