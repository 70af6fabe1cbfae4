// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IModelImprovements} from "../interfaces/IModelImprovements.sol";
import {GuardianPause} from "../libraries/GuardianPause.sol";
import {RewardMath} from "../libraries/RewardMath.sol";
import {HashMismatch, OutOfRange, requireCaller, requireWithin, ValueMismatch} from "../types/CommonErrors.sol";
import {Evaluation, ImprovementTerms, Payout, PayoutStop} from "../types/ImprovementTypes.sol";
import {Direction, ModelId, ModelStatus, Parameter} from "../types/ModelTypes.sol";
import {ModelGovernance} from "./ModelGovernance.sol";

/// @title ModelImprovements
/// @notice See {IModelImprovements}.
/// @dev What leaves a model's lifetime rewards is minted, waits, or is void: `taken = minted + queued + voided`.
abstract contract ModelImprovements is ModelGovernance {
    using GuardianPause for uint40;

    /// @notice Bounds of the time that a payout waits, in seconds.
    uint256 public constant MIN_PAYOUT_DELAY = 10 minutes;
    uint256 public constant MAX_PAYOUT_DELAY = 14 days;

    /// @dev What {payoutOf} answers once a payout is no longer waiting. No hash is that small.
    bytes32 private constant RELEASED = bytes32(uint256(1));
    bytes32 private constant VOIDED = bytes32(uint256(2));

    /// @dev End of a stop that has none.
    uint40 private constant OPEN = type(uint40).max;

    /// @inheritdoc IModelImprovements
    uint256 public immutable payoutDelay;

    /// @param payoutDelay_ Seconds that every payout waits.
    constructor(uint256 payoutDelay_) {
        requireWithin("payoutDelay", payoutDelay_, MIN_PAYOUT_DELAY, MAX_PAYOUT_DELAY);
        payoutDelay = payoutDelay_;
    }

    /// @inheritdoc IModelImprovements
    function recordImprovement(
        Evaluation calldata evaluation,
        bytes32 evaluationId,
        bytes32 payeesHash
    ) external returns (ImprovementTerms memory terms) {
        requireCaller(verifier);
        terms = previewImprovement(evaluation, evaluationId);

        ModelId id = evaluation.model;
        Entry storage entry = _entries[id];
        uint256 rewardsRemaining = entry.rewardsRemaining - terms.reward;
        entry.paidBps = uint16(_paidTodayBps(entry) + _improvement(entry, evaluation.candidateScore));
        entry.paidDay = _today();
        entry.rewardsRemaining = uint96(rewardsRemaining);
        entry.score = uint16(evaluation.candidateScore);
        entry.modelCommitment = evaluation.candidateCommitment;
        payoutOf[id][evaluationId] = _hash(Payout(terms.method, block.timestamp, terms.reward, payeesHash));
        emit ScoreMoved(id, evaluationId, entry.score, evaluation.candidateCommitment, rewardsRemaining, payeesHash);
    }

    /// @inheritdoc IModelImprovements
    function releasePayout(ModelId id, bytes32 evaluationId, Payout calldata payout) external returns (address) {
        requireCaller(tokenManager);
        _requireWaiting(id, evaluationId, payout);
        uint256 releasableFrom = payout.queuedAt + payoutDelay;
        if (block.timestamp < releasableFrom) revert PayoutWaits(releasableFrom);
        PayoutStop memory stop = payoutStopOf[payout.method];
        if (_isWithin(stop, payout.queuedAt)) revert PayoutIsStopped(payout.method, stop.since, stop.until);

        payoutOf[id][evaluationId] = RELEASED;
        emit PayoutReleased(id, evaluationId);
        return _entries[id].token;
    }

    /// @inheritdoc IModelImprovements
    function returnVoided(ModelId id, bytes32 evaluationId, Payout calldata payout) external {
        _requireWaiting(id, evaluationId, payout);
        PayoutStop memory stop = payoutStopOf[payout.method];
        if (stop.until == OPEN || !_isWithin(stop, payout.queuedAt)) revert PayoutNotVoid(id, evaluationId);

        Entry storage entry = _entries[id];
        uint256 rewardsRemaining = entry.rewardsRemaining + payout.reward; // as much as was taken for it
        payoutOf[id][evaluationId] = VOIDED;
        entry.rewardsRemaining = uint96(rewardsRemaining);
        emit PayoutVoided(id, evaluationId, rewardsRemaining);
    }

    /// @inheritdoc IModelImprovements
    function stopPayouts(address method, uint256 since) external onlyRole(GUARDIAN_ROLE) {
        PayoutStop memory stop = payoutStopOf[method];
        uint256 max = block.timestamp;
        if (stop.until == OPEN) max = stop.since - 1;
        requireWithin("since", since, 1, max);

        // A payout that a stop with an end covers stays covered.
        _setPayoutStop(method, stop.since == 0 ? since : Math.min(since, stop.since), OPEN);
    }

    /// @inheritdoc IModelImprovements
    function liftPayoutStop(address method) external onlyRole(DEFAULT_ADMIN_ROLE) {
        _existingStop(method);

        _setPayoutStop(method, 0, 0);
    }

    /// @inheritdoc IModelImprovements
    function voidPayouts(address method, uint256 since, uint256 until) external onlyRole(DEFAULT_ADMIN_ROLE) {
        PayoutStop memory stop = _existingStop(method);
        uint256 max = Math.min(stop.until, block.timestamp + 1);
        requireWithin("since", since, stop.since, max - 1);
        if (until <= since) revert OutOfRange("until", until, since + 1, max);

        _setPayoutStop(method, since, Math.min(until, max));
    }

    /// @inheritdoc IModelImprovements
    function setDailyLimit(ModelId id, uint256 limitBps) external onlyRole(DEFAULT_ADMIN_ROLE) {
        Entry storage entry = _known(id);
        // The least that an improvement must be: the benchmark's minimum, its lower bound's, and the way to its target.
        uint256 min = Math.max(1, Math.max(entry.terms.minImprovementBps, entry.terms.minLowerBoundBps));
        if (entry.targetScore != 0) min = Math.max(min, _improvement(entry, entry.targetScore));
        requireWithin("limitBps", limitBps, min, MAX_SCORE);

        emit DailyLimitChanged(id, entry.dailyLimitBps, limitBps);
        entry.dailyLimitBps = uint16(limitBps);
    }

    /// @inheritdoc IModelImprovements
    function pauseSubmissions(uint256 duration) external onlyRole(GUARDIAN_ROLE) {
        (uint40 until, uint40 wholeAt) = submissionsPausedUntil.extend(submissionsPauseWholeAt, duration);
        _setSubmissionsPause(until, wholeAt);
    }

    /// @inheritdoc IModelImprovements
    function resumeSubmissions() external onlyRole(DEFAULT_ADMIN_ROLE) {
        (uint40 until, uint40 wholeAt) = submissionsPausedUntil.end(submissionsPauseWholeAt);
        _setSubmissionsPause(until, wholeAt);
    }

    /// @inheritdoc IModelImprovements
    function previewImprovement(
        Evaluation calldata evaluation,
        bytes32 evaluationId
    ) public view returns (ImprovementTerms memory) {
        ModelId id = evaluation.model;
        if (payoutOf[id][evaluationId] != 0) revert EvaluationAlreadyUsed(id, evaluationId);
        Entry storage entry = _atLeast(id, ModelStatus.REGISTERED);
        uint256 reward = _reward(id, _validate(entry, evaluation));
        return ImprovementTerms(entry.terms.method, entry.token, entry.owner, reward);
    }

    /// @inheritdoc IModelImprovements
    function rewardFor(ModelId id, uint256 candidateScore) external view returns (uint256) {
        return _reward(id, _improvement(_atLeast(id, ModelStatus.REGISTERED), candidateScore));
    }

    /// @inheritdoc IModelImprovements
    function scoreOf(ModelId id) external view returns (uint256) {
        return _entries[id].score;
    }

    /// @inheritdoc IModelImprovements
    function dailyLimitOf(ModelId id) external view returns (uint256) {
        return _entries[id].dailyLimitBps;
    }

    /// @inheritdoc IModelImprovements
    function remainingTodayBps(ModelId id) public view returns (uint256) {
        Entry storage entry = _entries[id];
        return Math.saturatingSub(entry.dailyLimitBps, _paidTodayBps(entry));
    }

    /// @inheritdoc IModelImprovements
    function rewardsRemainingOf(ModelId id) external view returns (uint256) {
        return _entries[id].rewardsRemaining;
    }

    /// @dev Improvement in bps, 0 when the score is no better.
    function _improvement(Entry storage entry, uint256 score) private view returns (uint256) {
        requireWithin("candidateScore", score, 0, MAX_SCORE);
        return
            entry.terms.direction == Direction.MAXIMISE
                ? Math.saturatingSub(score, entry.score)
                : Math.saturatingSub(entry.score, score);
    }

    /// @dev What a score is measured by: one word to compare instead of two.
    function _measureHash(bytes32 specHash, bytes32 evaluationDataHash) internal pure returns (bytes32) {
        return keccak256(abi.encode(specHash, evaluationDataHash));
    }

    function _setSubmissionsPause(uint40 until, uint40 wholeAt) private {
        (submissionsPausedUntil, submissionsPauseWholeAt) = (until, wholeAt);
        emit SubmissionsPaused(until, wholeAt, msg.sender);
    }

    function _setPayoutStop(address method, uint256 since, uint256 until) private {
        payoutStopOf[method] = PayoutStop(uint40(since), uint40(until));
        emit PayoutsStopped(method, since, until, msg.sender);
    }

    function _existingStop(address method) private view returns (PayoutStop memory stop) {
        stop = payoutStopOf[method];
        if (stop.since == 0) revert PayoutsNotStopped(method);
    }

    function _requireWaiting(ModelId id, bytes32 evaluationId, Payout calldata payout) private view {
        if (payoutOf[id][evaluationId] != _hash(payout)) revert UnknownPayout(id, evaluationId);
    }

    /// @dev All that the benchmark asks of an evaluation.
    /// @return deltaBps The improvement.
    function _validate(Entry storage entry, Evaluation calldata evaluation) private view returns (uint256 deltaBps) {
        submissionsPausedUntil.requireNotPaused();
        _requireMatch(evaluation.benchmarkVersion, entry.benchmarkVersion, "benchmarkVersion");
        _requireMatch(evaluation.baselineScore, entry.score, "baselineScore");
        if (_measureHash(evaluation.specHash, evaluation.evaluationDataHash) != entry.measureHash) {
            // One of the two differs.
            _requireMatch(evaluation.specHash, entry.specHash, "specHash");
            _requireMatch(evaluation.evaluationDataHash, entry.evaluationDataHash, "evaluationDataHash");
        }
        _requireMatch(evaluation.baselineCommitment, entry.modelCommitment, "baselineCommitment");

        deltaBps = _improvement(entry, evaluation.candidateScore);
        uint256 target = entry.targetScore;
        if (target != 0 && deltaBps < _improvement(entry, target))
            revert EvaluationTooWeak("targetScore", evaluation.candidateScore, target);
        BenchmarkTerms storage terms = entry.terms;
        _requireAtLeast(deltaBps, terms.minImprovementBps, "improvement");
        _requireAtLeast(evaluation.sampleSize, terms.minSampleSize, "sampleSize");
        _requireAtLeast(evaluation.runs, terms.minRuns, "runs");
        _requireAtLeast(evaluation.lowerBoundBps, terms.minLowerBoundBps, "lowerBoundBps");
        if (evaluation.lowerBoundBps > deltaBps)
            revert OutOfRange("lowerBoundBps", evaluation.lowerBoundBps, terms.minLowerBoundBps, deltaBps);
        uint256 remaining = remainingTodayBps(evaluation.model);
        if (deltaBps > remaining) revert DailyLimitExceeded(deltaBps, remaining, entry.dailyLimitBps);
    }

    /// @dev At the present rate.
    function _reward(ModelId id, uint256 deltaBps) private view returns (uint256) {
        return RewardMath.reward(deltaBps, _valueOf(id, Parameter.TOKENS_PER_DELTA_ONE));
    }

    function _paidTodayBps(Entry storage entry) private view returns (uint256) {
        return entry.paidDay == _today() ? entry.paidBps : 0;
    }

    /// @dev UTC days since 1970.
    function _today() private view returns (uint24) {
        return uint24(block.timestamp / 1 days);
    }

    function _hash(Payout memory payout) private pure returns (bytes32) {
        return keccak256(abi.encode(payout));
    }

    function _isWithin(PayoutStop memory stop, uint256 time) private pure returns (bool) {
        return stop.since <= time && time < stop.until;
    }

    function _requireMatch(uint256 actual, uint256 expected, bytes32 field) private pure {
        if (actual != expected) revert ValueMismatch(field, actual, expected);
    }

    function _requireMatch(bytes32 actual, bytes32 expected, bytes32 field) private pure {
        if (actual != expected) revert HashMismatch(field, actual, expected);
    }

    function _requireAtLeast(uint256 actual, uint256 min, bytes32 field) private pure {
        if (actual < min) revert EvaluationTooWeak(field, actual, min);
    }
}
