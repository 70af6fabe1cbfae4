// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IModelImprovements} from "contracts/interfaces/IModelImprovements.sol";
import {Contributor, Evaluation, ImprovementStatement} from "contracts/types/ImprovementTypes.sol";
import {Benchmark, Direction} from "contracts/types/ModelTypes.sol";
import {DeltaOneVerifier} from "contracts/verification/DeltaOneVerifier.sol";
import {OracleAttestation} from "contracts/verification/methods/OracleAttestation.sol";
import {vm} from "../utils/Test.sol";
import {ImprovementBooks} from "./ImprovementBooks.sol";

/// @notice How often interesting states of submissions were reached.
struct Milestones {
    uint256 recorded;
    uint256 recordedByRoot;
    uint256 recordedForThief; // by attesters that are stolen
    uint256 resentRecorded; // refused over the limit, and recorded later byte for byte
    uint256 refusedUsed;
    uint256 refusedStaleEpoch;
    uint256 refusedTooFew;
    uint256 refusedTampered;
    uint256 refusedExpired;
    uint256 refusedOverLimit;
    uint256 refusedBelowTarget;
    uint256 refusedPaused;
    uint256 refusedReplaced; // sent to a verifier that is not the present one
    uint256 attestersRemoved;
    uint256 removalsRefused;
    uint256 benchmarksReplaced;
}

/// @title ImprovementActions
/// @notice Attesters, honest and stolen, relayers, the guardian, the admin, the governor and time, as they bring a model's score on. Each
/// submission is foretold from the books, and V5 checked at it.
abstract contract ImprovementActions is ImprovementBooks {
    uint256 private constant KEYS = 5;
    uint256 private constant MIN_RATE = 100e18;
    uint256 private constant MAX_RATE = 10_000_000e18;

    Milestones private _milestones;

    address[] private _signers; // ascending
    mapping(address signer => uint256) private _privateKeys;
    uint256 internal _nextId;

    bytes private _waiting; // a statement that was refused over the daily limit
    bytes private _waitingProof;
    address private _waitingVerifier;
    bytes private _last; // one that was recorded
    bytes private _lastProof;

    constructor(string[] memory names) {
        for (uint256 i; i < names.length; ++i) {
            (address account, uint256 key) = makeAccount(names[i]);
            _privateKeys[account] = key;
            uint256 at = _signers.length;
            _signers.push(account);
            for (; at > 0 && _signers[at - 1] > account; --at) _signers[at] = _signers[at - 1];
            _signers[at] = account;
        }
    }

    /// @notice V2: a statement with `signers` of the present attesters, who are too few at times.
    function submit(uint256 delta, uint256 signers, uint256 weights) external atClock {
        (bool possible, ImprovementStatement memory s) = _statement(delta, weights);
        if (!possible) return;
        (bytes memory proof, uint256 count) = _prove(s, signers % (_oracle().attesterCount() + 1));
        if (!_isHonest()) return _submitToReplaced(s, proof);
        (bool done, bytes memory reason) = _submit(s, proof);
        if (clock < _v.registry.submissionsPausedUntil()) {
            assertFalse(done, "recorded while paused");
            ++_milestones.refusedPaused;
        } else if (_deltaBps(s) > _remainingToday()) {
            assertFalse(done, "V4: recorded over the daily limit");
            assertEq(reason, _overLimit(_deltaBps(s)));
            ++_milestones.refusedOverLimit;
            if (count >= _oracle().threshold()) _keep(s, proof);
        } else if (count < _oracle().threshold()) {
            assertFalse(done, "V2: too few attesters");
            ++_milestones.refusedTooFew;
        } else {
            assertTrue(done, "V4: a valid improvement was refused");
            _book(s, proof);
        }
    }

    /// @notice V4: a statement that was over the limit, byte for byte.
    function resend() external atClock {
        if (_waiting.length == 0 || !_isHonest()) return;
        ImprovementStatement memory s = abi.decode(_waiting, (ImprovementStatement));
        Benchmark memory b = _benchmark();
        bool isValid =
            clock >= _v.registry.submissionsPausedUntil() &&
                clock <= s.deadline &&
                _waitingVerifier == _v.registry.verifier() &&
                s.evaluation.baselineScore == b.baselineScore &&
                s.evaluation.benchmarkVersion == _v.registry.benchmarkVersionOf(_v.model) &&
                s.evaluation.baselineCommitment == b.modelCommitment &&
                s.attesterEpoch == _oracle().epoch() &&
                _deltaBps(s) <= _remainingToday();
        bytes memory proof = _waitingProof;
        isValid = isValid && _signersOf(proof) >= _oracle().threshold();
        (bool done, ) = _submit(s, proof);
        assertEq(done, isValid, "a statement sent again");
        if (!done) {
            if (clock > s.deadline) ++_milestones.refusedExpired;
            return;
        }
        delete _waiting;
        _book(s, proof);
        ++_milestones.resentRecorded;
    }

    /// @notice V1: what was recorded, once more; with the present baseline too, freshly signed.
    function replay(bool fresh) external atClock {
        if (_last.length == 0 || !_isHonest()) return;
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
        assertFalse(done, "V1: an evaluation was recorded twice");
        ++_milestones.refusedUsed;
    }

    /// @notice X: a candidate that does not reach the target.
    function submitBelowTarget(uint256 delta) external atClock {
        Benchmark memory b = _benchmark();
        uint256 distance = _distance(b);
        (bool possible, ImprovementStatement memory s) = _statement(0, 0);
        if (!possible || distance < 2 || !_isHonest()) return;
        delta = bound(delta, 1, distance - 1);
        s.evaluation.candidateScore =
            b.direction == Direction.MAXIMISE ? b.baselineScore + delta : b.baselineScore - delta;
        (bytes memory proof, ) = _prove(s, KEYS);
        (bool done, ) = _submit(s, proof);
        assertFalse(done, "X: recorded below the target");
        ++_milestones.refusedBelowTarget;
    }

    /// @notice V2: a field is not the one that was signed.
    function tamper(uint256 delta, uint256 field) external atClock {
        (bool possible, ImprovementStatement memory s) = _statement(delta, field);
        if (!possible || !_isHonest()) return;
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
        assertFalse(done, "V2: recorded what was not signed");
        ++_milestones.refusedTampered;
    }

    /// @notice V2: signed before the last removal.
    function submitStale(uint256 delta) external atClock {
        (bool possible, ImprovementStatement memory s) = _statement(delta, 0);
        if (!possible || s.attesterEpoch == 1 || !_isHonest()) return;
        --s.attesterEpoch;
        (bytes memory proof, ) = _prove(s, KEYS);
        (bool done, ) = _submit(s, proof);
        assertFalse(done, "V2: recorded for a stale epoch");
        ++_milestones.refusedStaleEpoch;
    }

    /// @notice V6: a removal that would leave too few reverts.
    function removeAttester(uint256 seed, bool byGuardian) external atClock {
        address attester = _signers[seed % KEYS];
        OracleAttestation oracle = _oracle();
        bool isRemovable = oracle.isAttester(attester) && oracle.threshold() < oracle.attesterCount();
        vm.prank(byGuardian ? _keys.guardian : _keys.admin);
        try oracle.removeAttester(attester) {
            assertTrue(isRemovable, "V6: removed below the threshold");
            ++_milestones.attestersRemoved;
        } catch {
            assertFalse(isRemovable, "an attester could not be removed");
            ++_milestones.removalsRefused;
        }
    }

    function addAttester(uint256 seed) external atClock {
        address attester = _signers[seed % KEYS];
        OracleAttestation oracle = _oracle();
        if (oracle.isAttester(attester)) return;
        vm.prank(_keys.admin);
        oracle.addAttester(attester);
    }

    function setThreshold(uint256 threshold) external atClock {
        threshold = bound(threshold, 0, KEYS + 1);
        OracleAttestation oracle = _oracle();
        bool isAllowed = threshold > 0 && threshold <= oracle.attesterCount();
        vm.prank(_keys.admin);
        try oracle.setThreshold(threshold) {
            assertTrue(isAllowed, "V6: a threshold out of range");
        } catch {
            assertFalse(isAllowed, "a threshold was refused");
        }
    }

    function setDailyLimit(uint256 limit) external atClock {
        uint256 distance = _distance(_benchmark());
        limit = bound(limit, distance > 100 ? distance : 100, 2000);
        vm.prank(_keys.admin);
        _v.registry.setDailyLimit(_v.model, limit);
    }

    function setRate(uint256 rate) external atClock {
        vm.prank(_keys.governor);
        try _v.registry.setTokensPerDeltaOne(_v.model, bound(rate, MIN_RATE, MAX_RATE)) {} catch {}
    }

    /// @notice Another baseline, direction, target and method.
    function replaceBenchmark(uint256 score, uint256 target, bool maximise, bool twin) external atClock {
        Benchmark memory b = _benchmark();
        b.baselineScore = uint16(bound(score, 0, SCALE));
        b.direction = maximise ? Direction.MAXIMISE : Direction.MINIMISE;
        b.method = address(twin ? _v.twin : _v.oracle);
        uint256 room = _headroom(b);
        uint256 limit = _v.registry.dailyLimitOf(_v.model);
        if (room > limit) room = limit;
        uint256 distance = bound(target, 0, room);
        b.targetScore = uint16(maximise ? b.baselineScore + distance : b.baselineScore - distance);
        if (distance == 0) b.targetScore = 0;
        vm.prank(_keys.admin);
        _v.registry.replaceBenchmark(_v.model, b);
        bookedScore = b.baselineScore;
        ++_milestones.benchmarksReplaced;
    }

    function pause(uint256 duration) external atClock {
        vm.prank(_keys.guardian);
        try _v.registry.pauseSubmissions(bound(duration, 1, 1 days)) {} catch {}
    }

    function wait(uint256 duration) external {
        clock += bound(duration, 1, 3 days);
    }

    function getMilestones() external view returns (Milestones memory) {
        return _milestones;
    }

    /// @dev V5: what is refused changes nothing.
    function _submit(
        ImprovementStatement memory s,
        bytes memory proof
    ) private returns (bool done, bytes memory result) {
        DeltaOneVerifier verifier = _verifier();
        bytes32 before = _state(s.evaluationId);
        (bool previewed, bytes memory preview) = address(verifier).staticcall(
            abi.encodeCall(verifier.verifyAndCalculateReward, (s, proof))
        );
        (done, result) = address(verifier).call(abi.encodeCall(verifier.processImprovement, (s, proof)));
        assertEq(done, previewed, "the preview and the submission differ");
        assertEq(result, preview, "the preview and the submission differ");
        if (!done) assertEq(_state(s.evaluationId), before, "V5: a refused submission changed something");
    }

    function _submitToReplaced(ImprovementStatement memory s, bytes memory proof) private {
        (bool done, ) = address(_v.verifier).call(abi.encodeCall(_v.verifier.processImprovement, (s, proof)));
        assertFalse(done, "V1: a verifier that was replaced recorded");
        ++_milestones.refusedReplaced;
    }

    function _book(ImprovementStatement memory s, bytes memory proof) private {
        _bookStatement(s, _attestersBehind(s, proof), _oracle().threshold());
        _last = abi.encode(s);
        _lastProof = proof;
        ++_milestones.recorded;
        if (s.contributorsRoot != 0) ++_milestones.recordedByRoot;
        else if (s.contributors[1].account == _v.thief) ++_milestones.recordedForThief;
    }

    function _keep(ImprovementStatement memory s, bytes memory proof) private {
        _waiting = abi.encode(s);
        _waitingProof = proof;
        _waitingVerifier = _v.registry.verifier();
    }

    /// @dev A statement that the benchmark pays for, but for the daily limit; impossible when the scale is used up.
    function _statement(
        uint256 delta,
        uint256 weights
    ) internal returns (bool possible, ImprovementStatement memory s) {
        (possible, s.evaluation) = _evaluation(delta, weights);
        if (!possible) return (false, s);
        s.evaluationId = bytes32(++_nextId);
        s.contributionDataHash = bytes32(weights);
        s.attesterEpoch = _oracle().epoch();
        s.deadline = clock + 1 days + (weights % (1 days + 1));
        if (weights % 3 == 0) {
            s.contributorsRoot = keccak256(abi.encode(weights, "root"));
        } else {
            uint16 first = uint16(1 + (weights % 9_999));
            s.contributors = new Contributor[](2);
            s.contributors[0] = Contributor(FIRST, first);
            s.contributors[1] = Contributor(weights % 3 == 1 ? SECOND : _v.thief, 10_000 - first);
        }
    }

    function _evaluation(uint256 delta, uint256 seed) internal view returns (bool, Evaluation memory e) {
        Benchmark memory b = _benchmark();
        delta = _boundDelta(b, delta);
        if (delta == 0) return (false, e);
        e = Evaluation({
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
            candidateCommitment: keccak256(abi.encode(seed))
        });
        return (true, e);
    }

    /// @dev An improvement that the benchmark pays for, if the scale holds one.
    function _boundDelta(Benchmark memory b, uint256 delta) private pure returns (uint256) {
        (uint256 headroom, uint256 least) = (_headroom(b), _distance(b));
        if (least < b.minImprovementBps) least = b.minImprovementBps;
        if (headroom < least) return 0;
        uint256 most = headroom > 1200 ? 1200 : headroom;
        return bound(delta, least, most < least ? least : most);
    }

    function _overLimit(uint256 delta) private view returns (bytes memory) {
        uint256 limit = _v.registry.dailyLimitOf(_v.model);
        bytes4 selector = IModelImprovements.DailyLimitExceeded.selector;
        return abi.encodeWithSelector(selector, delta, _remainingToday(), limit);
    }

    /// @dev Whether the present verifier is one that asks the model's method.
    function _isHonest() internal view returns (bool) {
        return _v.registry.verifier() != _v.thief;
    }

    function _verifier() private view returns (DeltaOneVerifier) {
        return _isHonest() ? DeltaOneVerifier(_v.registry.verifier()) : _v.verifier;
    }

    function _oracle() internal view returns (OracleAttestation) {
        return OracleAttestation(_benchmark().method);
    }

    /// @dev Signatures of at most `most` present attesters.
    function _prove(ImprovementStatement memory s, uint256 most) private view returns (bytes memory, uint256 count) {
        uint256 available = _oracle().attesterCount();
        count = most < available ? most : available;
        address[] memory accounts = new address[](count);
        bytes[] memory signatures = new bytes[](count);
        bytes32 digest = _verifier().hashStatement(s);
        uint256 found;
        for (uint256 i; found < count; ++i) {
            if (!_oracle().isAttester(_signers[i])) continue;
            (uint8 v, bytes32 r, bytes32 sig) = vm.sign(_privateKeys[_signers[i]], digest);
            (accounts[found], signatures[found]) = (_signers[i], abi.encodePacked(r, sig, v));
            ++found;
        }
        return (abi.encode(accounts, signatures), count);
    }

    /// @dev Each signer counts once, however often it signed.
    function _attestersBehind(ImprovementStatement memory s, bytes memory proof) private view returns (uint256 count) {
        (, bytes[] memory signatures) = abi.decode(proof, (address[], bytes[]));
        bytes32 digest = _verifier().hashStatement(s);
        for (uint256 i; i < KEYS; ++i) {
            bool signed;
            for (uint256 j; j < signatures.length; ++j) {
                signed = signed || _recover(digest, signatures[j]) == _signers[i];
            }
            if (signed && _oracle().isAttester(_signers[i])) ++count;
        }
    }

    function _state(bytes32 evaluationId) private view returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    _benchmark(),
                    _v.registry.parametersOf(_v.model),
                    _v.registry.remainingTodayBps(_v.model),
                    _v.registry.rewardsRemainingOf(_v.model),
                    _v.registry.payoutOf(_v.model, evaluationId),
                    _v.token.totalSupply(),
                    _oracle().epoch()
                )
            );
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
