// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ModelToken} from "contracts/tokens/ModelToken.sol";
import {RewardDistributor} from "contracts/tokens/RewardDistributor.sol";
import {Benchmark, MethodAccess} from "contracts/types/ModelTypes.sol";
import {PoolTerms} from "contracts/types/PoolTypes.sol";
import {DeltaOneVerifier} from "contracts/verification/DeltaOneVerifier.sol";
import {OracleAttestation} from "contracts/verification/methods/OracleAttestation.sol";
import {ProtocolTest} from "../utils/ProtocolTest.sol";
import {vm} from "../utils/Test.sol";
import {Milestones} from "./ImprovementActions.sol";
import {BookedPayout, BookedStop, PayoutState, Verification, Vouching} from "./ImprovementBooks.sol";
import {ImprovementsHandler, PayoutMilestones} from "./ImprovementsHandler.sol";

/// @title The invariants of improvements and their payouts, by the numbers under which they are promised
/// @notice V5, and of V2 and X what is refused, speak of submissions: {ImprovementsHandler} asserts them at each of its own, where a failure
/// fails every invariant.
contract ImprovementsInvariantsTest is ProtocolTest {
    uint256 private constant SCALE = 100_00;
    uint256 private constant STEPS = 2500;
    bytes32 private constant RELEASED = bytes32(uint256(1));
    bytes32 private constant VOIDED = bytes32(uint256(2));

    Verification private _v;
    ModelToken private _token;
    ImprovementsHandler private _handler;

    function setUp() external {
        vm.warp(1_750_000_000);
        deployProtocol();
        (_token, ) = launchModel(400_000e18, 600_000e18, 20_000e18, PoolTerms(200_000, 30, 1 days, 2_000e6, 10_000));

        string[] memory names = new string[](5);
        address[] memory attesters = new address[](3);
        for (uint256 i; i < names.length; ++i) {
            names[i] = string.concat("attester", vm.toString(i));
            if (i < attesters.length) attesters[i] = makeAddr(names[i]);
        }
        _v = Verification({
            registry: registry,
            tokenManager: tokenManager,
            distributor: RewardDistributor(address(tokenManager.distributor())),
            verifier: new DeltaOneVerifier(registry, tokenManager, address(factory)),
            successor: new DeltaOneVerifier(registry, tokenManager, address(factory)),
            thief: makeAddr("thief"),
            oracle: new OracleAttestation(registry, attesters, 2),
            twin: new OracleAttestation(registry, attesters, 2),
            token: _token,
            model: modelKey()
        });
        Benchmark memory benchmark = buildBenchmark();
        benchmark.method = address(_v.oracle);
        vm.startPrank(keys.admin);
        registry.setVerifier(address(_v.verifier));
        registry.setMethodAccess(address(_v.oracle), MethodAccess.REGISTRAR);
        registry.setMethodAccess(address(_v.twin), MethodAccess.ADMIN);
        registry.replaceBenchmark(modelKey(), benchmark);
        vm.stopPrank();

        _handler = new ImprovementsHandler(_v, keys, names);
        targetContract(address(_handler));
        _weighActions();
    }

    /// @dev Whoever is or was verifier.
    function invariant_R1_nothingIsMintedByAnImprovementYoungerThanTheDelay() external view {
        uint256 delay = registry.payoutDelay();
        for (uint256 i; i < _handler.evaluationCount(); ++i) {
            bytes32 id = _handler.evaluationIds(i);
            BookedPayout memory p = _handler.payoutOf(id);
            if (p.state == PayoutState.RELEASED) assertGe(p.releasedAt, p.queuedAt + delay);
            else assertNotEq(registry.payoutOf(modelKey(), id), RELEASED);
        }
        assertEq(_token.rewardsMinted(), _handler.minted());
        assertEq(_token.totalSupply(), _handler.minted());
    }

    /// @dev Every payout that waits is asked for, by somebody who has nothing to do with it.
    function invariant_R2_whatIsHeldMintsNothingAndAllElseCanBeReleased() external {
        vm.warp(_handler.clock());
        for (uint256 i; i < _handler.evaluationCount(); ++i) {
            bytes32 id = _handler.evaluationIds(i);
            BookedPayout memory p = _handler.payoutOf(id);
            bytes32 state = registry.payoutOf(modelKey(), id);
            if (p.state == PayoutState.WAITING) assertEq(state, _handler.hashOf(id));
            else assertEq(state, p.state == PayoutState.RELEASED ? RELEASED : VOIDED);

            uint256 snapshot = vm.snapshotState();
            uint256 supply = _token.totalSupply();
            (bool released, ) = address(tokenManager).call(_handler.releaseCall(id));
            assertEq(released, _handler.isReleasable(id));
            assertEq(_token.totalSupply() - supply, released ? p.reward : 0);
            vm.revertToState(snapshot);
        }
        _assertStop(address(_v.oracle));
        _assertStop(address(_v.twin));
    }

    function invariant_R3_whatWasTakenIsMintedWaitsOrIsVoid() external view {
        uint256 taken = _token.rewardAllocation() - registry.rewardsRemainingOf(modelKey());
        assertEq(taken, _handler.minted() + _handler.waiting());
    }

    function invariant_V1_anEvaluationIsRecordedAtMostOnce() external view {
        for (uint256 i; i < _handler.evaluationCount(); ++i) {
            bytes32 id = _handler.evaluationIds(i);
            assertEq(_handler.timesRecorded(id), 1);
            assertTrue(_v.verifier.isUsed(modelKey(), id));
            assertTrue(_v.successor.isUsed(modelKey(), id));
        }
    }

    /// @dev But for a malicious verifier, who asks no method.
    function invariant_V2_recordingImpliesEnoughAttestersInTimeAgainstTheScore() external view {
        for (uint256 i; i < _handler.evaluationCount(); ++i) {
            bytes32 id = _handler.evaluationIds(i);
            if (_handler.payoutOf(id).verifier == _v.thief) continue;
            Vouching memory vouching = _handler.vouchingOf(id);
            assertGe(vouching.attesters, vouching.threshold);
            assertGt(vouching.threshold, 0);
            assertEq(vouching.baselineScore, vouching.bookedScore);
            assertLe(vouching.recordedAt, vouching.deadline);
        }
        assertEq(registry.scoreOf(modelKey()), _handler.bookedScore());
    }

    /// @dev Of what waits, the hash in the registry is the proof: R2.
    function invariant_V3_payeesReceiveTheRewardExactly() external view {
        address[5] memory payees = [
            keys.supplier,
            address(0x1000_0001),
            address(0x1000_0002),
            _v.thief,
            address(_v.distributor)
        ];
        uint256 sum;
        for (uint256 i; i < payees.length; ++i) {
            assertEq(_token.balanceOf(payees[i]), _handler.paidTo(payees[i]));
            sum += _token.balanceOf(payees[i]);
        }
        assertEq(sum, _handler.minted());
    }

    function invariant_V4_dailyLimitAndHeadroom() external {
        vm.warp(_handler.clock());
        uint256 limit = registry.dailyLimitOf(modelKey());
        uint256 recorded = _handler.paidBpsOn(_handler.today());
        assertEq(registry.remainingTodayBps(modelKey()), recorded > limit ? 0 : limit - recorded);

        Benchmark memory b = registry.benchmarkOf(modelKey());
        uint256 headroom = uint256(b.direction) == 0 ? SCALE - b.baselineScore : b.baselineScore;
        uint256 rate = registry.parametersOf(modelKey()).tokensPerDeltaOne;
        assertLe(headroom * rate, 100 * registry.rewardsRemainingOf(modelKey()));
    }

    function invariant_V6_thresholdIsWithinTheAttesters() external view {
        OracleAttestation[2] memory oracles = [_v.oracle, _v.twin];
        for (uint256 i; i < oracles.length; ++i) {
            assertGe(oracles[i].threshold(), 1);
            assertLe(oracles[i].threshold(), oracles[i].attesterCount());
        }
    }

    /// @dev The books of what was minted only grow.
    function invariant_S4_rewardsNeverFallNorPassTheirAllocation() external view {
        assertLe(_token.rewardsMinted(), _token.rewardAllocation());
        assertEq(_token.rewardsMinted(), _handler.minted());
    }

    /// @dev Forge calls it at the end of each walk.
    function afterInvariant() external {
        writeReached("Milestones", abi.encode(_handler.getMilestones()));
        writeReached("PayoutMilestones", abi.encode(_handler.getPayoutMilestones()));
    }

    /// @dev The states that make the invariants worth something, in a walk of its own: every one is reached.
    function test_handlerReachesEveryInterestingState() external {
        uint256 seed = 7;
        for (uint256 i; i < STEPS; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            if (seed % 2 == 0) _submitOrDecide(seed >> 8);
            else _payOrStop(seed >> 8);
        }

        Milestones memory m = _handler.getMilestones();
        assertGt(m.recorded, 20, "too few were recorded");
        assertGt(m.recordedByRoot, 0, "no root was recorded");
        assertGt(m.recordedForThief, 0, "nothing was recorded by stolen attesters");
        assertGt(m.resentRecorded, 0, "nothing was recorded when sent again");
        assertGt(m.refusedUsed, 0, "nothing was replayed");
        assertGt(m.refusedStaleEpoch, 0, "no stale epoch");
        assertGt(m.refusedTooFew, 0, "never too few signers");
        assertGt(m.refusedTampered, 0, "nothing was tampered with");
        assertGt(m.refusedExpired, 0, "nothing expired");
        assertGt(m.refusedOverLimit, 0, "the daily limit was never passed");
        assertGt(m.refusedBelowTarget, 0, "nothing was below the target");
        assertGt(m.refusedPaused, 0, "nothing was refused by a pause");
        assertGt(m.refusedReplaced, 0, "nothing was sent to a verifier that was replaced");
        assertGt(m.attestersRemoved, 0, "no attester was removed");
        assertGt(m.removalsRefused, 0, "no removal was refused");
        assertGt(m.benchmarksReplaced, 0, "no benchmark was replaced");
        _assertPayoutMilestones(_handler.getPayoutMilestones());
    }

    /// @dev Forge draws evenly from what is targeted: what payouts come from and end with is targeted several times, because little is
    /// recorded otherwise between two pauses, or between two verifiers or benchmarks.
    function _weighActions() private {
        _weigh(_handler.submit.selector, 8);
        _weigh(_handler.release.selector, 6);
        _weigh(_handler.wait.selector, 5);
        _weigh(_handler.resend.selector, 4);
        _weigh(_handler.giveBack.selector, 4);
        _weigh(_handler.close.selector, 3);
        _weigh(_handler.steal.selector, 2);
        _weigh(_handler.stop.selector, 2);
        bytes4[14] memory once = [
            _handler.replay.selector,
            _handler.submitBelowTarget.selector,
            _handler.tamper.selector,
            _handler.submitStale.selector,
            _handler.removeAttester.selector,
            _handler.addAttester.selector,
            _handler.setThreshold.selector,
            _handler.setDailyLimit.selector,
            _handler.setRate.selector,
            _handler.replaceBenchmark.selector,
            _handler.pause.selector,
            _handler.replaceVerifier.selector,
            _handler.requeue.selector,
            _handler.releaseForged.selector
        ];
        for (uint256 i; i < once.length; ++i) _weigh(once[i], 1);
        _weigh(_handler.lift.selector, 1);
    }

    function _weigh(bytes4 action, uint256 times) private {
        bytes4[] memory actions = new bytes4[](times);
        for (uint256 i; i < times; ++i) actions[i] = action;
        targetSelector(address(_handler), actions);
    }

    function _assertPayoutMilestones(PayoutMilestones memory m) private pure {
        assertGt(m.verifiersReplaced, 2, "verifiers were not replaced twice");
        assertGt(m.queuedByThief, 0, "a malicious verifier queued nothing");
        assertGt(m.queuedWithFlaw, 2, "a malicious verifier queued nothing that cannot be released");
        assertGt(m.requeueRefused, 0, "a malicious verifier queued nothing again");
        assertGt(m.released, 20, "too few were released");
        assertGt(m.releasedByRoot, 0, "no root was released");
        assertGt(m.releasedAfterReplacement, 0, "nothing was released after its verifier was replaced");
        assertGt(m.releasedToThief, 0, "nobody stopped too late");
        assertGt(m.refusedYoung, 0, "nothing was too young");
        assertGt(m.refusedStopped, 0, "nothing was stopped");
        assertGt(m.refusedVoid, 0, "nothing was void");
        assertGt(m.refusedOver, 0, "nothing was asked for twice");
        assertGt(m.refusedFlawed, 0, "nothing was refused for its payees");
        assertGt(m.refusedForged, 0, "nothing was forged");
        assertGt(m.stopped, 0, "no stop");
        assertGt(m.movedBack, 0, "no stop moved back");
        assertGt(m.reopened, 0, "no stop was opened again");
        assertGt(m.stopsRefused, 0, "no stop was refused");
        assertGt(m.lifted, 0, "no stop was lifted");
        assertGt(m.closed, 1, "no stop was closed");
        assertGt(m.closesRefused, 0, "no close was refused");
        assertGt(m.returned, 0, "nothing was returned");
        assertGt(m.returnsRefused, 0, "no return was refused");
        assertGt(m.heldAfterMethodSwitch, 0, "nothing was held of a method that the model left");
    }

    function _assertStop(address method) private view {
        BookedStop memory stop = _handler.stopOf(method);
        (uint40 since, uint40 until) = registry.payoutStopOf(method);
        assertEq(since, stop.since);
        assertEq(until, stop.until);
    }

    function _submitOrDecide(uint256 seed) private {
        ImprovementsHandler h = _handler;
        uint256 kind = seed % 20;
        (uint256 a, uint256 b) = (seed >> 8, seed >> 128);
        if (kind < 6) h.submit(a, b, a);
        else if (kind < 8) _submitAndResend(a, b);
        else if (kind == 8) h.replay(a % 2 == 0);
        else if (kind == 9) h.tamper(a, b);
        else if (kind == 10) h.submitStale(a);
        else if (kind == 11) h.removeAttester(a, b % 2 == 0);
        else if (kind == 12) h.addAttester(a);
        else if (kind == 13) h.setThreshold(a);
        else if (kind == 14) h.setDailyLimit(a);
        else if (kind == 15) h.setRate(a);
        else if (kind == 16 && a % 4 == 0) _replaceBenchmark(a, b);
        else if (kind == 17 && a % 4 == 0) h.pause(a);
        else h.wait(a);
    }

    /// @dev The day after, before the score moves.
    function _submitAndResend(uint256 a, uint256 b) private {
        _handler.submit(a, b, a);
        _handler.wait(1 days);
        _handler.resend();
    }

    /// @dev A target is ahead only until the first improvement.
    function _replaceBenchmark(uint256 a, uint256 b) private {
        _handler.replaceBenchmark(b, a >> 8, a % 8 == 0, b % 4 == 0);
        _handler.submitBelowTarget(a);
    }

    /// @dev What is void is a handful of many payouts, for a while.
    function _closeAndReturn(uint256 a, uint256 b) private {
        _handler.close(a, b, a >> 64);
        for (uint256 i; i < 8; ++i) _handler.giveBack(a >> (8 * i), address(uint160(b | 1)));
    }

    function _payOrStop(uint256 seed) private {
        ImprovementsHandler h = _handler;
        uint256 kind = seed % 20;
        (uint256 a, uint256 b) = (seed >> 8, seed >> 128);
        if (kind < 9) h.release(a, address(uint160(b | 1)));
        else if (kind == 9) h.releaseForged(a, b);
        else if (kind < 12) h.steal(a, b);
        else if (kind == 12) h.requeue(a);
        else if (kind == 13) h.replaceVerifier(a);
        else if (kind < 16) h.stop(a, b);
        else if (kind == 16) h.lift(a);
        else if (kind == 17) _closeAndReturn(a, b);
        else if (kind == 18) h.giveBack(a, address(uint160(b | 1)));
        else h.wait(a);
    }
}
