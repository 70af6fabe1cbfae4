// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IModelImprovements} from "../interfaces/IModelImprovements.sol";
import {GuardianPause} from "../libraries/GuardianPause.sol";
import {RewardMath} from "../libraries/RewardMath.sol";
import {HashMismatch, OutOfRange, requireWithin, ValueMismatch} from "../types/CommonErrors.sol";
import {Evaluation, ImprovementTerms, Payout, PayoutStop} from "../types/ImprovementTypes.sol";
import {ModelId} from "../types/ModelId.sol";
import {Direction, Parameter} from "../types/ModelTypes.sol";
import {ModelGovernance} from "./ModelGovernance.sol";

/// @title ModelImprovements
/// @notice See {IModelImprovements}.
/// @dev What leaves a model's lifetime rewards is minted, waits, or is void: `taken = minted + queued + voided`.
abstract contract ModelImprovements is ModelGovernance {
    /// @notice Bounds of the time that a payout waits, in seconds.
    uint256 public constant MIN_PAYOUT_DELAY = 10 minutes;
    uint256 public constant MAX_PAYOUT_DELAY = 14 days;

    /// @dev What {payoutOf} answers once a payout waits no longer. No hash is as small.
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
        _requireCaller(verifier);
        ModelId id = evaluation.model;
        _requireUnused(id, evaluationId);
        Entry storage entry = _registered(id);
        uint256 deltaBps = _requireImprovement(entry, evaluation);
        terms = _terms(entry, deltaBps, _settle(id, entry, Parameter.TOKENS_PER_DELTA_ONE));

        uint256 rewardsRemaining = entry.rewardsRemaining - terms.reward;
        entry.paidBps = uint16(_paidTodayBps(entry) + deltaBps);
        entry.paidDay = _today();
        entry.rewardsRemaining = uint96(rewardsRemaining);
        entry.score = uint16(evaluation.candidateScore);
        entry.modelCommitment = evaluation.candidateCommitment;
        _payouts[id][evaluationId] = _hash(Payout(terms.method, block.timestamp, terms.reward, payeesHash));
        emit ScoreMoved(
            id,
            evaluationId,
            evaluation.candidateScore,
            evaluation.candidateCommitment,
            rewardsRemaining,
            payeesHash
        );
    }

    /// @inheritdoc IModelImprovements
    function releasePayout(ModelId id, bytes32 evaluationId, Payout calldata payout) external returns (address) {
        _requireCaller(tokenManager);
        _requireWaiting(id, evaluationId, payout);
        uint256 releasableFrom = payout.queuedAt + payoutDelay;
        if (block.timestamp < releasableFrom) revert PayoutWaits(releasableFrom);
        PayoutStop memory stop = _payoutStops[payout.method];
        if (_isWithin(stop, payout.queuedAt)) revert PayoutIsStopped(payout.method, stop.since, stop.until);

        _payouts[id][evaluationId] = RELEASED;
        emit PayoutReleased(id, evaluationId);
        return _entries[id].token;
    }

    /// @inheritdoc IModelImprovements
    function returnVoided(ModelId id, bytes32 evaluationId, Payout calldata payout) external {
        _requireWaiting(id, evaluationId, payout);
        PayoutStop memory stop = _payoutStops[payout.method];
        if (stop.until == OPEN || !_isWithin(stop, payout.queuedAt)) revert PayoutNotVoid(id, evaluationId);

        Entry storage entry = _entries[id];
        uint256 rewardsRemaining = entry.rewardsRemaining + payout.reward; // as much as was taken for it
        _payouts[id][evaluationId] = VOIDED;
        entry.rewardsRemaining = uint96(rewardsRemaining);
        emit PayoutVoided(id, evaluationId, rewardsRemaining);
    }

    /// @inheritdoc IModelImprovements
    function stopPayouts(address method, uint256 since) external onlyRole(GUARDIAN_ROLE) {
        PayoutStop memory stop = _payoutStops[method];
        uint256 max = block.timestamp;
        if (stop.until == OPEN) max = stop.since - 1;
        requireWithin("since", since, 1, max);

        // What a stop with an end holds stays held.
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
        uint256 min = Math.max(1, _leastImprovement(entry));
        requireWithin("limitBps", limitBps, min, MAX_SCORE);

        emit DailyLimitChanged(id, entry.dailyLimitBps, limitBps);
        entry.dailyLimitBps = uint16(limitBps);
    }

    /// @inheritdoc IModelImprovements
    function pauseSubmissions(uint256 duration) external onlyRole(GUARDIAN_ROLE) {
        (uint40 until, uint40 wholeAt) = (_submissionsPausedUntil, _submissionsPauseWholeAt);
        (until, wholeAt) = GuardianPause.extend(until, wholeAt, duration);
        _setSubmissionsPause(until, wholeAt);
    }

    /// @inheritdoc IModelImprovements
    function resumeSubmissions() external onlyRole(DEFAULT_ADMIN_ROLE) {
        (uint40 until, uint40 wholeAt) = (_submissionsPausedUntil, _submissionsPauseWholeAt);
        (until, wholeAt) = GuardianPause.end(until, wholeAt);
        _setSubmissionsPause(until, wholeAt);
    }

    /// @inheritdoc IModelImprovements
    function previewImprovement(
        Evaluation calldata evaluation,
        bytes32 evaluationId
    ) external view returns (ImprovementTerms memory) {
        ModelId id = evaluation.model;
        _requireUnused(id, evaluationId);
        Entry storage entry = _registered(id);
        uint256 deltaBps = _requireImprovement(entry, evaluation);
        return _terms(entry, deltaBps, _valueOf(id, entry, Parameter.TOKENS_PER_DELTA_ONE));
    }

    /// @inheritdoc IModelImprovements
    function rewardFor(ModelId id, uint256 candidateScore) external view returns (uint256) {
        Entry storage entry = _registered(id);
        uint256 rate = _valueOf(id, entry, Parameter.TOKENS_PER_DELTA_ONE);
        return RewardMath.reward(_deltaBps(entry, candidateScore), rate);
    }

    /// @inheritdoc IModelImprovements
    function payoutOf(ModelId id, bytes32 evaluationId) external view returns (bytes32) {
        return _payouts[id][evaluationId];
    }

    /// @inheritdoc IModelImprovements
    function payoutStopOf(address method) external view returns (PayoutStop memory) {
        return _payoutStops[method];
    }

    /// @inheritdoc IModelImprovements
    function submissionsPausedUntil() external view returns (uint40) {
        return _submissionsPausedUntil;
    }

    /// @inheritdoc IModelImprovements
    function submissionsPauseWholeAt() external view returns (uint40) {
        return _submissionsPauseWholeAt;
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
    function remainingTodayBps(ModelId id) external view returns (uint256) {
        return _remainingTodayBps(_entries[id]);
    }

    /// @inheritdoc IModelImprovements
    function rewardsRemainingOf(ModelId id) external view returns (uint256) {
        return _entries[id].rewardsRemaining;
    }

    /// @dev The least that an improvement must be to be recorded: the benchmark's minimum, and the way to its target.
    function _leastImprovement(Entry storage entry) internal view returns (uint256) {
        uint256 target = entry.targetScore;
        return Math.max(entry.terms.minImprovementBps, target == 0 ? 0 : _improvement(entry, target));
    }

    /// @dev Improvement in bps, 0 when the score is no better.
    function _improvement(Entry storage entry, uint256 score) internal view returns (uint256) {
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
        (_submissionsPausedUntil, _submissionsPauseWholeAt) = (until, wholeAt);
        emit SubmissionsPaused(until, wholeAt, msg.sender);
    }

    function _setPayoutStop(address method, uint256 since, uint256 until) private {
        _payoutStops[method] = PayoutStop(uint40(since), uint40(until));
        emit PayoutsStopped(method, since, until, msg.sender);
    }

    function _existingStop(address method) private view returns (PayoutStop memory stop) {
        stop = _payoutStops[method];
        if (stop.since == 0) revert PayoutsNotStopped(method);
    }

    function _requireUnused(ModelId id, bytes32 evaluationId) private view {
        if (_payouts[id][evaluationId] != 0) revert EvaluationAlreadyUsed(id, evaluationId);
    }

    function _requireWaiting(ModelId id, bytes32 evaluationId, Payout calldata payout) private view {
        if (_payouts[id][evaluationId] != _hash(payout)) revert UnknownPayout(id, evaluationId);
    }

    /// @dev All that the benchmark asks of an evaluation.
    /// @return deltaBps The improvement.
    function _requireImprovement(
        Entry storage entry,
        Evaluation calldata evaluation
    ) private view returns (uint256 deltaBps) {
        GuardianPause.requireNotPaused(_submissionsPausedUntil);
        _requireMatch(evaluation.benchmarkVersion, entry.benchmarkVersion, "benchmarkVersion");
        _requireMatch(evaluation.baselineScore, entry.score, "baselineScore");
        if (_measureHash(evaluation.specHash, evaluation.evaluationDataHash) != entry.measureHash) {
            // One of the two differs.
            _requireMatch(evaluation.specHash, entry.specHash, "specHash");
            _requireMatch(evaluation.evaluationDataHash, entry.evaluationDataHash, "evaluationDataHash");
        }
        _requireMatch(evaluation.baselineCommitment, entry.modelCommitment, "baselineCommitment");

        deltaBps = _deltaBps(entry, evaluation.candidateScore);
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
        uint256 remaining = _remainingTodayBps(entry);
        if (deltaBps > remaining) revert DailyLimitExceeded(deltaBps, remaining, entry.dailyLimitBps);
    }

    function _deltaBps(Entry storage entry, uint256 candidateScore) private view returns (uint256) {
        requireWithin("candidateScore", candidateScore, 0, MAX_SCORE);
        return _improvement(entry, candidateScore);
    }

    function _terms(
        Entry storage entry,
        uint256 deltaBps,
        uint256 rate
    ) private view returns (ImprovementTerms memory) {
        return
            ImprovementTerms({
                method: entry.terms.method,
                token: entry.token,
                owner: entry.owner,
                reward: RewardMath.reward(deltaBps, rate)
            });
    }

    function _remainingTodayBps(Entry storage entry) private view returns (uint256) {
        return Math.saturatingSub(entry.dailyLimitBps, _paidTodayBps(entry));
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
