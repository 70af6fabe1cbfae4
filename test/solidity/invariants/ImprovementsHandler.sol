// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ModelRegistry} from "contracts/models/ModelRegistry.sol";
import {ModelToken} from "contracts/tokens/ModelToken.sol";
import {Contributor, Evaluation, ImprovementStatement} from "contracts/types/ImprovementTypes.sol";
import {ModelId} from "contracts/types/ModelId.sol";
import {Benchmark, Direction} from "contracts/types/ModelTypes.sol";
import {DeltaOneVerifier} from "contracts/verification/DeltaOneVerifier.sol";
import {OracleAttestation} from "contracts/verification/methods/OracleAttestation.sol";
import {Keys} from "../utils/ProtocolTest.sol";
import {Assertions, vm} from "../utils/Test.sol";

/// @notice What the handler acts on.
struct Verification {
    ModelRegistry registry;
    DeltaOneVerifier verifier;
    OracleAttestation oracle;
    ModelToken token;
    ModelId model;
}

/// @notice How often interesting states were reached.
struct Milestones {
    uint256 paid;
    uint256 paidByRoot;
    uint256 resentPaid; // refused over the limit, and paid later byte for byte
    uint256 refusedUsed;
    uint256 refusedStaleEpoch;
    uint256 refusedTooFew;
    uint256 refusedTampered;
    uint256 refusedExpired;
    uint256 refusedOverLimit;
    uint256 refusedPaused;
    uint256 attestersRemoved;
    uint256 removalsRefused;
    uint256 benchmarksReplaced;
}

/// @notice What stood behind a payment, found out without the verifier and its method.
struct Vouching {
    uint256 attesters; // present ones who signed exactly this statement
    uint256 threshold;
    uint256 baselineScore; // as stated
    uint256 bookedScore; // before
    uint256 deadline;
    uint256 paidAt;
}

/// @title ImprovementsHandler
/// @notice Attesters, relayers, the guardian, the admin, the governor and time, acting on one model. It keeps its own books, written from
/// the specification, and checks each submission by itself; the invariants compare the books with the chain.
contract ImprovementsHandler is Assertions {
    uint256 private constant KEYS = 5;
    uint256 private constant SCALE = 100_00;
    uint256 private constant MIN_RATE = 100e18;
    uint256 private constant MAX_RATE = 10_000_000e18;

    Milestones public milestones;

    /// @notice The time of the chain: forge forgets a handler's `warp`.
    uint256 public clock;

    /// @notice What was paid, by the formulas.
    uint256 public rewardsPaid;
    uint256 public ownerPaid;
    mapping(uint256 day => uint256) public paidBpsOn;
    mapping(bytes32 evaluationId => uint256) public timesPaid;
    bytes32[] public evaluationIds;

    /// @notice The model's score, as benchmarks and payments have set it.
    uint256 public bookedScore;

    mapping(bytes32 evaluationId => Vouching) private _vouchings;
    Verification private _v;
    Keys private _keys;
    address[] private _signers; // ascending
    mapping(address signer => uint256) private _privateKeys;
    uint256 private _nextId;

    bytes private _waiting; // a statement that was refused over the daily limit
    bytes private _waitingProof;
    bool private _isWaiting;
    bytes private _last; // one that was paid
    bytes private _lastProof;
    bool private _hasLast;

    modifier atClock() {
        vm.warp(clock);
        _;
    }

    constructor(Verification memory v, Keys memory keys, string[] memory names) {
        _v = v;
        _keys = keys;
        clock = block.timestamp;
        bookedScore = v.registry.scoreOf(v.model);
        for (uint256 i; i < names.length; ++i) {
            (address account, uint256 key) = makeAccount(names[i]);
            _privateKeys[account] = key;
            uint256 at = _signers.length;
            _signers.push(account);
            for (; at > 0 && _signers[at - 1] > account; --at) _signers[at] = _signers[at - 1];
            _signers[at] = account;
        }
    }

    /// @notice V2: an honest statement with `signers` of the present attesters, who are too few at times.
    function submit(uint256 delta, uint256 signers, uint256 weights) external atClock {
        (bool possible, ImprovementStatement memory s) = _statement(delta, weights);
        if (!possible) return;
        (bytes memory proof, uint256 count) = _prove(s, signers % (_v.oracle.attesterCount() + 1));
        (bool done, bytes memory reason) = _submit(s, proof);
        bool isPaused = clock < _v.registry.submissionsPausedUntil();
        if (isPaused) {
            assertFalse(done, "paid while paused");
            ++milestones.refusedPaused;
        } else if (_deltaBps(s) > _remainingToday()) {
            assertFalse(done, "V4: paid over the daily limit");
            assertEq(bytes32(bytes4(reason)), bytes32(bytes4(keccak256("DailyLimitExceeded(uint256,uint256)"))));
            ++milestones.refusedOverLimit;
            if (count >= _v.oracle.threshold()) _keep(s, proof);
        } else if (count < _v.oracle.threshold()) {
            assertFalse(done, "V2: too few attesters");
            ++milestones.refusedTooFew;
        } else {
            assertTrue(done, "V4: a valid improvement was refused");
            _book(s, proof);
        }
    }

    /// @notice V4: a statement that was over the limit, byte for byte.
    function resend() external atClock {
        if (!_isWaiting) return;
        ImprovementStatement memory s = abi.decode(_waiting, (ImprovementStatement));
        bool isValid =
            clock >= _v.registry.submissionsPausedUntil() &&
                clock <= s.deadline &&
                s.evaluation.baselineScore == _v.registry.scoreOf(s.evaluation.model) &&
                s.evaluation.benchmarkVersion == _v.registry.benchmarkVersionOf(_v.model) &&
                s.evaluation.baselineCommitment == _v.registry.benchmarkOf(_v.model).modelCommitment &&
                s.attesterEpoch == _v.oracle.epoch() &&
                _deltaBps(s) <= _remainingToday();
        bytes memory proof = _waitingProof;
        isValid = isValid && _signersOf(proof) >= _v.oracle.threshold();
        (bool done, ) = _submit(s, proof);
        assertEq(done, isValid, "a statement sent again");
        if (!done) {
            if (clock > s.deadline) ++milestones.refusedExpired;
            return;
        }
        _isWaiting = false;
        _book(s, proof);
        ++milestones.resentPaid;
    }

    /// @notice V1: what was paid, once more; with the present baseline too, freshly signed.
    function replay(bool fresh) external atClock {
        if (!_hasLast) return;
        ImprovementStatement memory s = abi.decode(_last, (ImprovementStatement));
        bytes memory proof = _lastProof;
        if (fresh) {
            (bool possible, ImprovementStatement memory next) = _statement(10, 0);
            if (!possible) return;
            next.evaluationId = s.evaluationId;
            s = next;
            (proof, ) = _prove(s, KEYS);
        }
        (bool done, ) = _submit(s, proof);
        assertFalse(done, "V1: an evaluation was paid twice");
        ++milestones.refusedUsed;
    }

    /// @notice V2: a field is not the one that was signed.
    function tamper(uint256 delta, uint256 field) external atClock {
        (bool possible, ImprovementStatement memory s) = _statement(delta, field);
        if (!possible) return;
        (bytes memory proof, ) = _prove(s, KEYS);
        field %= 7;
        if (field == 0) s.evaluation.candidateScore ^= 1;
        else if (field == 1) s.evaluation.candidateCommitment = ~s.evaluation.candidateCommitment;
        else if (field == 2) s.evaluation.sampleSize += 1;
        else if (field == 3) s.evaluationId = ~s.evaluationId;
        else if (field == 4) s.contributionDataHash = ~s.contributionDataHash;
        else if (field == 5) s.deadline -= 1;
        else if (s.contributors.length > 0) s.contributors[0].account = address(uint160(s.contributors[0].account) - 1);
        else s.contributorsRoot = ~s.contributorsRoot;
        (bool done, ) = _submit(s, proof);
        assertFalse(done, "V2: paid for what was not signed");
        ++milestones.refusedTampered;
    }

    /// @notice V2: signed before the last removal.
    function submitStale(uint256 delta) external atClock {
        (bool possible, ImprovementStatement memory s) = _statement(delta, 0);
        if (!possible || s.attesterEpoch == 1) return;
        --s.attesterEpoch;
        (bytes memory proof, ) = _prove(s, KEYS);
        (bool done, ) = _submit(s, proof);
        assertFalse(done, "V2: paid for a stale epoch");
        ++milestones.refusedStaleEpoch;
    }

    /// @notice V6: a removal that would leave too few reverts.
    function removeAttester(uint256 seed, bool byGuardian) external atClock {
        address attester = _signers[seed % KEYS];
        bool isRemovable = _v.oracle.isAttester(attester) && _v.oracle.threshold() < _v.oracle.attesterCount();
        vm.prank(byGuardian ? _keys.guardian : _keys.admin);
        try _v.oracle.removeAttester(attester) {
            assertTrue(isRemovable, "V6: removed below the threshold");
            ++milestones.attestersRemoved;
        } catch {
            assertFalse(isRemovable, "an attester could not be removed");
            ++milestones.removalsRefused;
        }
    }

    function addAttester(uint256 seed) external atClock {
        address attester = _signers[seed % KEYS];
        if (_v.oracle.isAttester(attester)) return;
        vm.prank(_keys.admin);
        _v.oracle.addAttester(attester);
    }

    function setThreshold(uint256 threshold) external atClock {
        threshold = bound(threshold, 0, KEYS + 1);
        bool isAllowed = threshold > 0 && threshold <= _v.oracle.attesterCount();
        vm.prank(_keys.admin);
        try _v.oracle.setThreshold(threshold) {
            assertTrue(isAllowed, "V6: a threshold out of range");
        } catch {
            assertFalse(isAllowed, "a threshold was refused");
        }
    }

    function setDailyLimit(uint256 limit) external atClock {
        vm.prank(_keys.admin);
        _v.registry.setDailyLimit(_v.model, bound(limit, 100, 2000));
    }

    function setRate(uint256 rate) external atClock {
        vm.prank(_keys.governor);
        try _v.registry.setTokensPerDeltaOne(_v.model, bound(rate, MIN_RATE, MAX_RATE)) {} catch {}
    }

    function replaceBenchmark(uint256 score, bool maximise) external atClock {
        Benchmark memory benchmark = _v.registry.benchmarkOf(_v.model);
        benchmark.baselineScore = uint16(bound(score, 0, SCALE));
        benchmark.direction = maximise ? Direction.MAXIMISE : Direction.MINIMISE;
        vm.prank(_keys.admin);
        _v.registry.replaceBenchmark(_v.model, benchmark);
        bookedScore = benchmark.baselineScore;
        ++milestones.benchmarksReplaced;
    }

    function pause(uint256 duration) external atClock {
        vm.prank(_keys.guardian);
        try _v.registry.pauseSubmissions(bound(duration, 1, 1 days)) {} catch {}
    }

    function wait(uint256 duration) external {
        clock += bound(duration, 1, 3 days);
    }

    function getMilestones() external view returns (Milestones memory) {
        return milestones;
    }

    function evaluationCount() external view returns (uint256) {
        return evaluationIds.length;
    }

    function vouchingOf(bytes32 evaluationId) external view returns (Vouching memory) {
        return _vouchings[evaluationId];
    }

    function today() external view returns (uint256) {
        return clock / 1 days;
    }

    /// @dev V5: what is refused changes nothing.
    function _submit(
        ImprovementStatement memory s,
        bytes memory proof
    ) private returns (bool done, bytes memory result) {
        bytes32 before = _state(s.evaluationId);
        (bool previewed, bytes memory preview) = address(_v.verifier).staticcall(
            abi.encodeCall(_v.verifier.verifyAndCalculateReward, (s, proof))
        );
        (done, result) = address(_v.verifier).call(abi.encodeCall(_v.verifier.processImprovement, (s, proof)));
        assertEq(done, previewed, "the preview and the submission differ");
        assertEq(result, preview, "the preview and the submission differ");
        if (!done) assertEq(_state(s.evaluationId), before, "V5: a refused submission changed something");
    }

    function _book(ImprovementStatement memory s, bytes memory proof) private {
        uint256 delta = _deltaBps(s);
        uint256 supply = _v.token.totalSupply();
        uint256 reward = supply - rewardsPaid;
        // Exactly the formula, at the rate that was in force.
        assertEq(reward, (delta * _v.registry.parametersOf(_v.model).tokensPerDeltaOne) / 100, "reward");
        rewardsPaid += reward;
        ownerPaid += (reward * 30) / 100;
        paidBpsOn[clock / 1 days] += delta;
        if (timesPaid[s.evaluationId]++ == 0) evaluationIds.push(s.evaluationId);
        _vouchings[s.evaluationId] = Vouching({
            attesters: _attestersBehind(s, proof),
            threshold: _v.oracle.threshold(),
            baselineScore: s.evaluation.baselineScore,
            bookedScore: bookedScore,
            deadline: s.deadline,
            paidAt: clock
        });
        bookedScore = s.evaluation.candidateScore;
        _last = abi.encode(s);
        _lastProof = proof;
        _hasLast = true;
        ++milestones.paid;
        if (s.contributorsRoot != 0) ++milestones.paidByRoot;
    }

    function _keep(ImprovementStatement memory s, bytes memory proof) private {
        _waiting = abi.encode(s);
        _waitingProof = proof;
        _isWaiting = true;
    }

    /// @dev A statement that the benchmark pays for, but for the daily limit; impossible when the scale is used up.
    function _statement(uint256 delta, uint256 weights) private returns (bool possible, ImprovementStatement memory s) {
        Benchmark memory b = _v.registry.benchmarkOf(_v.model);
        uint256 headroom = b.direction == Direction.MAXIMISE ? SCALE - b.baselineScore : b.baselineScore;
        if (headroom < b.minImprovementBps) return (false, s);
        delta = bound(delta, b.minImprovementBps, headroom > 600 ? 600 : headroom);
        s.evaluation = Evaluation({
            model: _v.model,
            benchmarkVersion: _v.registry.benchmarkVersionOf(_v.model),
            specHash: b.specHash,
            evaluationDataHash: b.evaluationDataHash,
            baselineScore: b.baselineScore,
            candidateScore: b.direction == Direction.MAXIMISE ? b.baselineScore + delta : b.baselineScore - delta,
            sampleSize: b.minSampleSize,
            runs: b.minRuns,
            lowerBoundBps: b.minLowerBoundBps,
            baselineCommitment: b.modelCommitment,
            candidateCommitment: keccak256(abi.encode(weights))
        });
        s.evaluationId = bytes32(++_nextId);
        s.contributionDataHash = bytes32(weights);
        s.attesterEpoch = _v.oracle.epoch();
        s.deadline = clock + 1 days + (weights % (1 days + 1));
        if (weights % 3 == 0) {
            s.contributorsRoot = keccak256(abi.encode(weights, "root"));
        } else {
            uint16 first = uint16(1 + (weights % 9_999));
            s.contributors = new Contributor[](2);
            s.contributors[0] = Contributor(address(0x1000_0001), first);
            s.contributors[1] = Contributor(address(0x1000_0002), 10_000 - first);
        }
        return (true, s);
    }

    /// @dev Signatures of at most `most` present attesters.
    function _prove(ImprovementStatement memory s, uint256 most) private view returns (bytes memory, uint256 count) {
        uint256 available = _v.oracle.attesterCount();
        count = most < available ? most : available;
        address[] memory accounts = new address[](count);
        bytes[] memory signatures = new bytes[](count);
        bytes32 digest = _v.verifier.hashStatement(s);
        uint256 found;
        for (uint256 i; found < count; ++i) {
            if (!_v.oracle.isAttester(_signers[i])) continue;
            (uint8 v, bytes32 r, bytes32 sig) = vm.sign(_privateKeys[_signers[i]], digest);
            (accounts[found], signatures[found]) = (_signers[i], abi.encodePacked(r, sig, v));
            ++found;
        }
        return (abi.encode(accounts, signatures), count);
    }

    /// @dev Each signer counts once, however often it signed.
    function _attestersBehind(ImprovementStatement memory s, bytes memory proof) private view returns (uint256 count) {
        (, bytes[] memory signatures) = abi.decode(proof, (address[], bytes[]));
        bytes32 digest = _v.verifier.hashStatement(s);
        for (uint256 i; i < KEYS; ++i) {
            bool signed;
            for (uint256 j; j < signatures.length; ++j) {
                signed = signed || _recover(digest, signatures[j]) == _signers[i];
            }
            if (signed && _v.oracle.isAttester(_signers[i])) ++count;
        }
    }

    function _remainingToday() private view returns (uint256) {
        uint256 limit = _v.registry.dailyLimitOf(_v.model);
        uint256 paid = paidBpsOn[clock / 1 days];
        return paid > limit ? 0 : limit - paid;
    }

    function _state(bytes32 evaluationId) private view returns (bytes32) {
        ModelRegistry r = _v.registry;
        return
            keccak256(
                abi.encode(
                    r.benchmarkOf(_v.model),
                    r.parametersOf(_v.model),
                    r.remainingTodayBps(_v.model),
                    r.rewardsRemainingOf(_v.model),
                    _v.token.totalSupply(),
                    _v.token.rewardsMinted(),
                    _v.token.balanceOf(_keys.supplier),
                    _v.verifier.isUsed(_v.model, evaluationId),
                    _v.oracle.epoch()
                )
            );
    }

    function _deltaBps(ImprovementStatement memory s) private pure returns (uint256) {
        (uint256 a, uint256 b) = (s.evaluation.baselineScore, s.evaluation.candidateScore);
        return a > b ? a - b : b - a;
    }

    /// @dev Of r, s and v, one after the other.
    function _recover(bytes32 digest, bytes memory signature) private pure returns (address) {
        (bytes32 r, bytes32 s, uint8 v) = (bytes32(0), bytes32(0), uint8(signature[64]));
        assembly ("memory-safe") {
            r := mload(add(signature, 0x20))
            s := mload(add(signature, 0x40))
        }
        return ecrecover(digest, v, r, s);
    }

    function _signersOf(bytes memory proof) private pure returns (uint256) {
        (address[] memory accounts, ) = abi.decode(proof, (address[], bytes[]));
        return accounts.length;
    }
}
