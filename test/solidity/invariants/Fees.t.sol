// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {UsageFeeRouter} from "contracts/fees/UsageFeeRouter.sol";
import {HokusaiAMM} from "contracts/market/HokusaiAMM.sol";
import {ModelId} from "contracts/types/ModelTypes.sol";
import {PoolTerms} from "contracts/types/PoolTypes.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ProtocolTest} from "../utils/ProtocolTest.sol";
import {vm} from "../utils/Test.sol";
import {FeeMilestones, FeesHandler, FeeSystem} from "./FeesHandler.sol";

/// @title The invariants of usage fees, by the numbers under which they are promised
contract FeesInvariantsTest is ProtocolTest {
    uint256 private constant MODELS = 3;

    UsageFeeRouter private _router;
    HokusaiAMM[] private _pools;
    ModelId[] private _models;
    FeesHandler private _handler;

    function setUp() external {
        vm.warp(1_750_000_000);
        deployProtocol();
        _router = UsageFeeRouter(keys.feeRouter);
        for (uint256 i; i < MODELS; ++i) {
            string memory modelId = string.concat("model-", vm.toString(i));
            (, HokusaiAMM pool) = launchModel(
                modelId,
                400_000e18,
                600_000e18,
                20_000e18,
                PoolTerms(200_000, 30, 1 days, 2_000e6, 10_000)
            );
            _pools.push(pool);
            _models.push(modelKey(modelId));
            vm.prank(keys.governor);
            registry.setPricePerThousandCalls(modelKey(modelId), 1e6 + i);
        }
        _handler = new FeesHandler(
            FeeSystem({
                registry: registry,
                router: _router,
                infrastructure: infrastructureReserve,
                usdc: usdc,
                models: _models,
                pools: _pools
            }),
            keys
        );
        targetContract(address(_handler));
    }

    function invariant_F1_infrastructureAndPoolAreTheDeposits() external {
        vm.warp(_handler.clock());
        uint256 sum = _handler.paidOut();
        for (uint256 i; i < MODELS; ++i) {
            assertEq(_pools[i].reserve() + _pools[i].pendingStream(), _handler.streamed(i), "F1: pool");
            assertEq(_pools[i].uncollectedFees(), _handler.waiting(i), "F1: a fee arrived beside the stream");
            sum += _handler.streamed(i) + infrastructureReserve.balanceOf(_models[i]);
        }
        assertEq(sum, _handler.paidIn(), "F1: sum");
    }

    function invariant_F2_theRouterHoldsNothing() external view {
        assertEq(usdc.balanceOf(address(_router)), 0);
    }

    function invariant_F3_theReserveHoldsWhatEachModelIsOwed() external view {
        uint256 sum;
        for (uint256 i; i < MODELS; ++i) {
            uint256 balance = infrastructureReserve.balanceOf(_models[i]);
            assertEq(balance, _handler.owed(i), "F3: one model's money");
            sum += balance;
        }
        assertEq(infrastructureReserve.totalOwed(), sum, "F3: total");
        assertGe(usdc.balanceOf(address(infrastructureReserve)), sum, "F3: cover");
    }

    function invariant_H1_nothingOfAFormerGovernorTakesEffect() external view {
        _handler.assertGoverned();
    }

    /// @dev Forge calls it at the end of each walk.
    function afterInvariant() external {
        writeReached("FeeMilestones", abi.encode(_handler.getReached()));
    }

    function testFuzz_F1_splitIsExact(uint256 amount, uint256 bps) external {
        amount = bound(amount, 1, type(uint128).max);
        bps = bound(bps, 1000, 10_000);
        vm.prank(keys.governor);
        registry.setInfrastructureAccrual(_models[0], bps);
        vm.warp(block.timestamp + 2 days + 1);

        (uint256 infrastructure, uint256 pool) = _router.quoteSplit(_models[0], amount);

        assertEq(infrastructure + pool, amount);
        assertEq(infrastructure, Math.mulDiv(amount, bps, 10_000));
    }

    function testFuzz_callsAreRoundedUp(uint256 calls, uint256 price) external {
        calls = bound(calls, 1, 1e15);
        price = bound(price, 1e6, 1e12); // the present price is 1e6, and higher ones hold at once
        vm.prank(keys.governor);
        registry.setPricePerThousandCalls(_models[0], price);

        assertEq(_router.quoteCalls(_models[0], calls), (calls * price + 999) / 1000);
    }

    /// @dev Every kind of action reaches what it is for; the sequence is fixed, so that this cannot depend on a seed.
    function test_handlerReachesInterestingStates() external {
        _handler.donate(5);
        for (uint256 i; i < 40; ++i) {
            uint256 seed = uint256(keccak256(abi.encode(i)));
            _handler.setAccrual(seed, seed);
            _handler.deposit(seed, seed);
            _handler.depositBatch(seed, seed);
            _handler.payForCalls(seed, seed);
            _handler.approve(seed, seed >> 8);
            if (i % 4 == 0) _handler.donateToPool(seed, seed >> 88);
            _handler.payInvoice(seed, seed >> 16, seed >> 24);
            _handler.depositKept(seed, seed >> 32, seed >> 40, i);
            if (i % 3 == 0) _handler.handOver(seed, seed >> 56);
            if (i % 8 == 0) _handler.recover(seed, seed >> 64, seed >> 72);
            if (i % 8 == 4) _handler.revoke(seed, seed >> 80, i % 16 == 4);
            _handler.abuse(seed, seed);
            _handler.rescue();
            _handler.wait(seed);
        }
        // An infrastructure share of 90 %, for the known limit.
        _handler.setAccrual(0, 8000);
        _handler.wait(2 days - 1);
        _handler.wait(2 days - 1);
        _handler.donateToPool(0, _seedOf(1e6));
        _handler.depositKept(0, _seedOf(1e6), 100, 2);
        FeeMilestones memory r = _handler.getReached();
        assertGt(r.deposits, 0, "deposits");
        assertGt(r.callsPaid, 0, "calls");
        assertGt(r.batchesWithBadItems, 0, "bad items");
        assertGt(r.invoicesPaid, 0, "paid");
        assertGt(r.invoicesRefused, 0, "refused");
        assertGt(r.rescues, 0, "rescues");
        assertGt(r.sharesChanged, 0, "shares");
        assertGt(r.refusedTransfers, 0, "short transfers");
        assertGt(r.wholeTransfers, 0, "whole transfers");
        assertGt(r.coveredTransfers, 0, "transfers out of what waits in a pool");
        assertGt(r.abuses, 0, "abuses");
        assertGt(r.approvals, 0, "approvals");
        assertGt(r.handovers, 0, "handovers");
        assertGt(r.recoveries, 0, "recoveries");
        assertGt(r.comebacks, 0, "governors that came back");
        assertGt(r.staleApprovals, 0, "approvals of former governors");
    }

    /// @dev A seed from which the handler makes this amount, plus one.
    function _seedOf(uint256 amount) private pure returns (uint256 seed) {
        seed = amount << 8;
        while (seed % 13 < 12) ++seed;
    }
}
