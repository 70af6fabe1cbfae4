// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Evaluation, ImprovementTerms, Payout} from "../types/ImprovementTypes.sol";
import {ModelId} from "../types/ModelTypes.sol";

/// @title Improvements and their payouts
/// @notice How a model's score moves, and how the reward for it waits. Part of {IModelRegistry}.
///
/// An improvement that the verifier records moves the score at once and takes its reward from the model's lifetime rewards, but
/// mints nothing. The payout waits for {payoutDelay} in public; then anyone releases it through the TokenManager. Meanwhile a
/// guardian can stop the payouts of a verification method that was deceived, and the admin lifts the stop or makes it final:
///
///     recorded ──► waits ──► released                      payoutOf: its hash, then RELEASED
///                    └─────► stopped ──► void ──► returned                           VOIDED
///
/// The registry keeps the payouts itself: a verifier that was replaced, or one that comes later, has no say in them.
interface IModelImprovements {
    /// @notice An improvement moved the score, and its reward waits from now on.
    /// @param id The model.
    /// @param evaluationId The evaluation.
    /// @param score The score after, in bps.
    /// @param modelCommitment Commitment to the predictions that reached it.
    /// @param rewardsRemaining What is left of the lifetime rewards, in wei; the reward is what it fell by.
    /// @param payeesHash See {Payout}.
    event ScoreMoved(
        ModelId indexed id,
        bytes32 indexed evaluationId,
        uint256 score,
        bytes32 modelCommitment,
        uint256 rewardsRemaining,
        bytes32 payeesHash
    );

    /// @notice A payout was released; the TokenManager mints it in the same transaction.
    /// @param id The model.
    /// @param evaluationId The evaluation.
    event PayoutReleased(ModelId indexed id, bytes32 indexed evaluationId);

    /// @notice The reward of a payout that was void went back to the lifetime rewards.
    /// @param id The model.
    /// @param evaluationId The evaluation.
    /// @param rewardsRemaining What is left of the lifetime rewards now, in wei.
    event PayoutVoided(ModelId indexed id, bytes32 indexed evaluationId, uint256 rewardsRemaining);

    /// @notice The stop of a method's payouts was set, changed or lifted.
    /// @param method The verification method.
    /// @param since First second of the stop: payouts that were queued from then on.
    /// @param until First second after the stop; `type(uint40).max` while it is open; 0 when the stop was lifted.
    /// @param account Who decided it.
    event PayoutsStopped(address indexed method, uint256 since, uint256 until, address indexed account);

    /// @notice Improvements are paused; a time that is not in the future means that they are not.
    /// @param until The second in which the pause ends.
    /// @param wholeAt When the guardians' budget for this pause is whole again.
    /// @param account Who decided it.
    event SubmissionsPaused(uint256 until, uint256 wholeAt, address indexed account);

    /// @notice The daily limit of a model changed.
    /// @param id The model.
    /// @param oldLimitBps The limit before, in bps per UTC day.
    /// @param newLimitBps The limit now.
    event DailyLimitChanged(ModelId indexed id, uint256 oldLimitBps, uint256 newLimitBps);

    /// @notice A figure of the evaluation does not meet the benchmark.
    /// @param field Name of the figure in ASCII.
    /// @param actual What was stated.
    /// @param required What the benchmark asks for.
    /// @custom:fix Evaluate a better candidate, or on more examples: the benchmark's minima and its target do not move.
    error EvaluationTooWeak(bytes32 field, uint256 actual, uint256 required);

    /// @notice The evaluation was recorded before.
    /// @param id The model.
    /// @param evaluationId The evaluation.
    /// @custom:fix Nothing to do: an evaluation is recorded once, under whichever verifier. Another evaluation needs another
    /// id.
    error EvaluationAlreadyUsed(ModelId id, bytes32 evaluationId);

    /// @notice The improvement is more than what the model's daily limit leaves for this UTC day.
    /// @param deltaBps The improvement, in bps.
    /// @param remainingBps What is left today. If `deltaBps` is within `limitBps`, it can be sent again from 00:00 UTC.
    /// @param limitBps The limit itself, which only the admin can change, with {setDailyLimit}.
    /// @custom:fix If `deltaBps` is within `limitBps`, send the same statement again from 00:00 UTC, before its deadline.
    /// Otherwise only the admin can help, with `setDailyLimit`.
    error DailyLimitExceeded(uint256 deltaBps, uint256 remainingBps, uint256 limitBps);

    /// @notice There is no waiting payout with these terms for this evaluation.
    /// @param id The model.
    /// @param evaluationId The evaluation.
    /// @custom:fix Take every figure from the event `PayoutQueued` and the time of its block. `payoutOf` tells whether it
    /// waits, was released (1) or returned (2).
    error UnknownPayout(ModelId id, bytes32 evaluationId);

    /// @notice The payout has not waited long enough.
    /// @param releasableFrom First second in which it can be released.
    /// @custom:fix Release it from `releasableFrom`.
    error PayoutWaits(uint256 releasableFrom);

    /// @notice The payout is stopped, or void.
    /// @param method Its verification method.
    /// @param since First second of the method's stop.
    /// @param until First second after it; `type(uint40).max` while it is open.
    /// @custom:fix Wait for the admin: it lifts the stop or makes its payouts void. A void payout goes back to the model with
    /// `returnVoided`.
    error PayoutIsStopped(address method, uint256 since, uint256 until);

    /// @notice The payout is not void: it was queued outside the method's stop, or the stop is open.
    /// @param id The model.
    /// @param evaluationId The evaluation.
    /// @custom:fix Release it instead, once its time has come and its method's stop does not hold it.
    error PayoutNotVoid(ModelId id, bytes32 evaluationId);

    /// @notice The method's payouts are not stopped.
    /// @param method The verification method.
    /// @custom:fix Nothing to lift or to void; a guardian stops payouts with `stopPayouts`.
    error PayoutsNotStopped(address method);

    /// @notice Moves the score of a model to the candidate's, if the evaluation satisfies the benchmark, and lets the reward
    /// wait. Only the verifier, who answers for the evaluation's truth and for the payees.
    /// @dev Emits `ScoreMoved`. Reverts `UnauthorizedCaller`, and as {previewImprovement} does.
    /// @param evaluation What was measured.
    /// @param evaluationId Unique per model, under every verifier.
    /// @param payeesHash See {Payout}.
    /// @return What the improvement is worth, to whom, and by which method.
    function recordImprovement(
        Evaluation calldata evaluation,
        bytes32 evaluationId,
        bytes32 payeesHash
    ) external returns (ImprovementTerms memory);

    /// @notice Marks a payout as released. Only the TokenManager, which mints it.
    /// @dev Emits `PayoutReleased`. Reverts `UnauthorizedCaller`, `UnknownPayout`, `PayoutWaits`, `PayoutIsStopped`.
    /// @param id The model.
    /// @param evaluationId The evaluation.
    /// @param payout The payout, as it was queued.
    /// @return token The model's ERC-20.
    function releasePayout(ModelId id, bytes32 evaluationId, Payout calldata payout) external returns (address token);

    /// @notice Puts the reward of a void payout back into the model's lifetime rewards. Anyone may call it.
    /// @dev Emits `PayoutVoided`. Reverts `UnknownPayout`, `PayoutNotVoid`.
    /// @param id The model.
    /// @param evaluationId The evaluation.
    /// @param payout The payout, as it was queued.
    function returnVoided(ModelId id, bytes32 evaluationId, Payout calldata payout) external;

    /// @notice Stops the payouts of a method that were queued from `since` on, later ones included, until the admin decides.
    /// A method has one stop: while there is one, its beginning can only be moved back, and if it had an end it is open
    /// again. Only `GUARDIAN_ROLE`.
    /// @dev Emits `PayoutsStopped`. Reverts `AccessControlUnauthorizedAccount`, `OutOfRange`. A hybrid has payouts of its own.
    /// @param method The verification method.
    /// @param since First second of the stop, at least 1; at most now, or the second before the present stop's beginning.
    function stopPayouts(address method, uint256 since) external;

    /// @notice Lifts a stop: its payouts can be released again, even those that it made void, as long as nobody has returned
    /// them. Only the admin, hence after its delay.
    /// @dev Emits `PayoutsStopped`. Reverts `AccessControlUnauthorizedAccount`, `PayoutsNotStopped`.
    /// @param method The verification method.
    function liftPayoutStop(address method) external;

    /// @notice Gives a stop its final bounds: payouts that were queued within them are void, all others can be released again.
    /// Only the admin, hence after its delay.
    /// @dev Emits `PayoutsStopped`. Reverts `AccessControlUnauthorizedAccount`, `PayoutsNotStopped`, `OutOfRange`. An `until` above
    /// the error's `max` is not refused but lowered to it.
    /// @param method The verification method.
    /// @param since First second of the stop, within the present one and not in the future.
    /// @param until First second after it, above `since`. It never reaches beyond the present stop, nor beyond the present
    /// block: a later time means everything that was queued by then. A void payout outside the new bounds can be released
    /// again, unless it was returned; so can payouts from before `since` that a guardian stopped after the admin had chosen
    /// it.
    function voidPayouts(address method, uint256 since, uint256 until) external;

    /// @notice Changes how much improvement is recorded per UTC day. Only the admin, hence after its delay.
    /// @dev Emits `DailyLimitChanged`. Reverts `AccessControlUnauthorizedAccount`, `WrongModelStatus` for an unknown id,
    /// `OutOfRange`.
    /// @param id The model.
    /// @param limitBps At least what the benchmark's smallest improvement, its smallest lower bound and the distance to its
    /// target need, at most 10000.
    function setDailyLimit(ModelId id, uint256 limitBps) external;

    /// @notice Stops improvements of all models for a time, or extends the stop. Only `GUARDIAN_ROLE`.
    /// @dev Emits `SubmissionsPaused`. Reverts `AccessControlUnauthorizedAccount`, `OutOfRange`. The budget is that of
    /// {GuardianPause}: seven days, which refill by one second every six.
    /// @param duration Seconds from now.
    function pauseSubmissions(uint256 duration) external;

    /// @notice Ends a pause of improvements, and gives back what it did not use. Only the admin.
    /// @dev Emits `SubmissionsPaused`. Reverts `AccessControlUnauthorizedAccount`.
    function resumeSubmissions() external;

    /// @notice What {recordImprovement} would return now.
    /// @dev Reverts `EvaluationAlreadyUsed`, `WrongModelStatus`, `Paused`, `ValueMismatch`, `HashMismatch`, `OutOfRange`,
    /// `EvaluationTooWeak`, `DailyLimitExceeded`.
    /// @param evaluation What was measured.
    /// @param evaluationId Unique per model.
    /// @return What the improvement is worth, to whom, and by which method.
    function previewImprovement(
        Evaluation calldata evaluation,
        bytes32 evaluationId
    ) external view returns (ImprovementTerms memory);

    /// @notice Reward for moving the score to `candidateScore` at the present rate; 0 when that is no improvement.
    /// @dev Reverts `WrongModelStatus`, `OutOfRange`.
    /// @param id The model.
    /// @param candidateScore Bps, 0 … 10000.
    /// @return Wei, owner and contributors together.
    function rewardFor(ModelId id, uint256 candidateScore) external view returns (uint256);

    /// @notice Time from an improvement to the first second in which its payout can be released.
    /// @return Seconds, 10 minutes … 14 days.
    function payoutDelay() external view returns (uint256);

    /// @notice What became of an evaluation.
    /// @param id The model.
    /// @param evaluationId The evaluation.
    /// @return 0 when it was never recorded, the hash of its {Payout} while it waits, 1 when that was released, 2 when it
    /// was void and has been returned.
    function payoutOf(ModelId id, bytes32 evaluationId) external view returns (bytes32);

    /// @notice The stop of a method's payouts; all zero when there is none.
    /// @param method The verification method.
    /// @return since First second of the stop.
    /// @return until First second after it; `type(uint40).max` while it is open.
    function payoutStopOf(address method) external view returns (uint40 since, uint40 until);

    /// @notice When improvements are open again; a time that is not in the future means that they are.
    /// @return The second in which the pause ends; 0 when there was none.
    function submissionsPausedUntil() external view returns (uint40);

    /// @notice When the guardians' budget for pauses of improvements is whole again, see {GuardianPause}.
    /// @return A second; one that is not in the future means that nothing is missing.
    function submissionsPauseWholeAt() external view returns (uint40);

    /// @notice The model's current score; 0 before registration.
    /// @param id The model.
    /// @return Bps.
    function scoreOf(ModelId id) external view returns (uint256);

    /// @notice Improvement that is recorded per UTC day at most; 0 for an unknown id.
    /// @param id The model.
    /// @return Bps.
    function dailyLimitOf(ModelId id) external view returns (uint256);

    /// @notice Improvement that can still be recorded on this UTC day.
    /// @param id The model.
    /// @return Bps.
    function remainingTodayBps(ModelId id) external view returns (uint256);

    /// @notice What is left of the model's lifetime rewards. Waiting rewards have already been taken from it.
    /// @param id The model.
    /// @return Wei.
    function rewardsRemainingOf(ModelId id) external view returns (uint256);
}
