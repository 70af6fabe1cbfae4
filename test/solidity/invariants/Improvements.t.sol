// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ModelToken} from "contracts/tokens/ModelToken.sol";
import {Benchmark, Direction} from "contracts/types/ModelTypes.sol";
import {PoolTerms} from "contracts/types/PoolTypes.sol";
import {DeltaOneVerifier} from "contracts/verification/DeltaOneVerifier.sol";
import {OracleAttestation} from "contracts/verification/methods/OracleAttestation.sol";
import {ProtocolTest} from "../utils/ProtocolTest.sol";
import {vm} from "../utils/Test.sol";
import {ImprovementsHandler, Milestones, Verification, Vouching} from "./ImprovementsHandler.sol";

/// @title The invariants of improvements, by the numbers under which they are promised
/// @notice V5, and of V2 what is refused, speak of submissions: {ImprovementsHandler} asserts them at each of its own, where a failure
/// fails every invariant.
contract ImprovementsInvariantsTest is ProtocolTest {
    uint256 private constant SCALE = 100_00;

    ModelToken private _token;
    OracleAttestation private _oracle;
    DeltaOneVerifier private _verifier;
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
        _oracle = new OracleAttestation(registry, attesters, 2);
        _verifier = new DeltaOneVerifier(registry, tokenManager, address(factory));

        Benchmark memory benchmark = buildBenchmark();
        benchmark.method = address(_oracle);
        vm.startPrank(keys.admin);
        registry.setVerifier(address(_verifier));
        registry.setMethodAllowed(address(_oracle), true);
        registry.replaceBenchmark(modelKey(), benchmark);
        vm.stopPrank();

        _handler = new ImprovementsHandler(
            Verification({registry: registry, verifier: _verifier, oracle: _oracle, token: _token, model: modelKey()}),
            keys,
            names
        );
        targetContract(address(_handler));
    }

    function invariant_V1_anEvaluationPaysAtMostOnce() external view {
        for (uint256 i; i < _handler.evaluationCount(); ++i) {
            bytes32 id = _handler.evaluationIds(i);
            assertEq(_handler.timesPaid(id), 1);
            assertTrue(_verifier.isUsed(modelKey(), id));
        }
    }

    /// @dev That there is no payment but those of the books is V3.
    function invariant_V2_paymentImpliesEnoughAttestersInTimeAgainstTheScore() external view {
        for (uint256 i; i < _handler.evaluationCount(); ++i) {
            Vouching memory vouching = _handler.vouchingOf(_handler.evaluationIds(i));
            assertGe(vouching.attesters, vouching.threshold);
            assertEq(vouching.baselineScore, vouching.bookedScore);
            assertLe(vouching.paidAt, vouching.deadline);
        }
        assertEq(registry.scoreOf(modelKey()), _handler.bookedScore());
    }

    function invariant_V3_ownerAndContributorsAreTheRewardExactly() external view {
        uint256 contributors =
            _token.balanceOf(address(0x1000_0001)) +
                _token.balanceOf(address(0x1000_0002)) +
                _token.balanceOf(address(_verifier.distributor()));
        assertEq(_token.balanceOf(keys.supplier), _handler.ownerPaid());
        assertEq(contributors, _handler.rewardsPaid() - _handler.ownerPaid());
        assertEq(_token.totalSupply(), _handler.rewardsPaid());
    }

    function invariant_V4_dailyLimitAndHeadroom() external {
        vm.warp(_handler.clock());
        uint256 limit = registry.dailyLimitOf(modelKey());
        uint256 paid = _handler.paidBpsOn(_handler.today());
        assertEq(registry.remainingTodayBps(modelKey()), paid > limit ? 0 : limit - paid);

        Benchmark memory b = registry.benchmarkOf(modelKey());
        uint256 headroom = b.direction == Direction.MAXIMISE ? SCALE - b.baselineScore : b.baselineScore;
        uint256 rate = registry.parametersOf(modelKey()).tokensPerDeltaOne;
        assertLe(headroom * rate, 100 * (_token.rewardAllocation() - _token.rewardsMinted()));
    }

    function invariant_V6_thresholdIsWithinTheAttesters() external view {
        assertGe(_oracle.threshold(), 1);
        assertLe(_oracle.threshold(), _oracle.attesterCount());
    }

    /// @dev The books only grow.
    function invariant_S4_rewardsNeverFallNorPassTheirAllocation() external view {
        uint256 minted = _token.rewardsMinted();
        assertLe(minted, _token.rewardAllocation());
        assertEq(minted, _handler.rewardsPaid());
        assertEq(registry.rewardsRemainingOf(modelKey()), _token.rewardAllocation() - minted);
    }

    /// @dev The states that make the invariants worth something, in a walk of its own: every one is reached.
    function test_handlerReachesEveryInterestingState() external {
        uint256 seed = 7;
        for (uint256 i; i < 800; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            _act(seed);
        }

        Milestones memory m = _handler.getMilestones();
        assertGt(m.paid, 20, "too few were paid");
        assertGt(m.paidByRoot, 0, "no root was paid");
        assertGt(m.resentPaid, 0, "nothing was paid when sent again");
        assertGt(m.refusedUsed, 0, "nothing was replayed");
        assertGt(m.refusedStaleEpoch, 0, "no stale epoch");
        assertGt(m.refusedTooFew, 0, "never too few signers");
        assertGt(m.refusedTampered, 0, "nothing was tampered with");
        assertGt(m.refusedExpired, 0, "nothing expired");
        assertGt(m.refusedOverLimit, 0, "the daily limit was never passed");
        assertGt(m.refusedPaused, 0, "nothing was refused by a pause");
        assertGt(m.attestersRemoved, 0, "no attester was removed");
        assertGt(m.removalsRefused, 0, "no removal was refused");
        assertGt(m.benchmarksReplaced, 0, "no benchmark was replaced");
    }

    function _act(uint256 seed) private {
        ImprovementsHandler h = _handler;
        uint256 kind = seed % 20;
        (uint256 a, uint256 b) = (seed >> 8, seed >> 128);
        if (kind < 6) h.submit(a, b, a);
        else if (kind < 8) h.resend();
        else if (kind == 8) h.replay(a % 2 == 0);
        else if (kind == 9) h.tamper(a, b);
        else if (kind == 10) h.submitStale(a);
        else if (kind == 11) h.removeAttester(a, b % 2 == 0);
        else if (kind == 12) h.addAttester(a);
        else if (kind == 13) h.setThreshold(a);
        else if (kind == 14) h.setDailyLimit(a);
        else if (kind == 15) h.setRate(a);
        else if (kind == 16 && a % 4 == 0) h.replaceBenchmark(b, a % 8 == 0);
        else if (kind == 17 && a % 4 == 0) h.pause(a);
        else h.wait(a);
    }
}
