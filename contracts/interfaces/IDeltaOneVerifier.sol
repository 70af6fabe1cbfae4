// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ImprovementStatement} from "../types/ImprovementTypes.sol";
import {ModelId} from "../types/ModelTypes.sol";

/// @title DeltaOne verifier
/// @notice Accepts improvements of models. A statement that satisfies the model's benchmark, and that the model's verification
/// method accepts, moves the score and lets the reward wait, 70 % for the contributors, 30 % for the owner:
///
///     reward        = floor(deltaBps · tokensPerDeltaOne / 100)
///     owner         = floor(reward · 30 / 100)
///     contributor i = floor((reward − owner) · shareBps_i / 10000), the remainder to the largest share, the first of equals
///
/// A DeltaOne is 100 bps of improvement. Nothing is minted here: after the registry's `payoutDelay` anyone releases the payout
/// through the TokenManager. An improvement is paid once: success moves the score that the next statement must start from, and
/// uses up the evaluation's id. A refused statement changes nothing and can be sent again.
interface IDeltaOneVerifier {
    /// @notice An improvement was recorded, and its reward waits: this event and the time of its block contain all arguments of
    /// {ITokenManager-releasePayout}.
    /// @param model The model.
    /// @param evaluationId The evaluation.
    /// @param method The verification method that vouched for it.
    /// @param baselineScore The score before, in bps.
    /// @param candidateScore The score after, in bps.
    /// @param reward Wei to all payees together.
    /// @param contributionDataHash Commitment to the contributed data.
    /// @param contributorsRoot Merkle root of the contributors; zero when they are listed.
    /// @param accounts The payees, the owner first. The reward distributor receives for the contributors of a root.
    /// @param amounts What each will receive, in wei.
    event PayoutQueued(
        ModelId indexed model,
        bytes32 indexed evaluationId,
        address indexed method,
        uint256 baselineScore,
        uint256 candidateScore,
        uint256 reward,
        bytes32 contributionDataHash,
        bytes32 contributorsRoot,
        address[] accounts,
        uint256[] amounts
    );

    /// @notice A statement must either list contributors or carry their root; this one does both or neither.
    /// @param contributors How many it lists.
    /// @param root The root that it carries.
    /// @custom:fix List up to 64 contributors, or give the Merkle root of more.
    error ContributorsOrRoot(uint256 contributors, bytes32 root);

    /// @notice Records an improvement. Anyone may relay a statement.
    /// @dev Emits `PayoutQueued` and the registry's `ScoreMoved`. Reverts, in order, `DeadlineExpired`, `OutOfRange` for a deadline
    /// too far ahead, as {IModelRegistry-previewImprovement} does, as the method does or `MethodRefused`, `ContributorsOrRoot`,
    /// `OutOfRange`, `NotAscending`, `ProtocolContract` and `ValueMismatch` for contributors, and `UnauthorizedCaller` of the
    /// registry when this is not its present verifier.
    /// @param statement The statement.
    /// @param proof What the model's verification method needs.
    /// @return reward Wei that wait.
    function processImprovement(
        ImprovementStatement calldata statement,
        bytes calldata proof
    ) external returns (uint256 reward);

    /// @notice What {processImprovement} would return now, provided that this is the registry's present verifier: one that was
    /// replaced still answers.
    /// @dev Reverts as {processImprovement} does, except `UnauthorizedCaller`.
    /// @param statement The statement.
    /// @param proof What the model's verification method needs.
    /// @return reward Wei that would wait.
    function verifyAndCalculateReward(
        ImprovementStatement calldata statement,
        bytes calldata proof
    ) external view returns (uint256 reward);

    /// @notice Reward for moving the model's score to `candidateScore` at the present rate.
    /// @dev Reverts `WrongModelStatus`, `OutOfRange`.
    /// @param model The model.
    /// @param candidateScore Bps, 0 … 10000.
    /// @return ownerReward Wei to the owner.
    /// @return contributorsReward Wei to the contributors together.
    function previewReward(
        ModelId model,
        uint256 candidateScore
    ) external view returns (uint256 ownerReward, uint256 contributorsReward);

    /// @notice The statement's EIP-712 digest.
    /// @param statement The statement.
    /// @return The digest, which binds chain, verifier and every field.
    function hashStatement(ImprovementStatement calldata statement) external view returns (bytes32);

    /// @notice Whether an evaluation was recorded, under this verifier or another.
    /// @param model The model.
    /// @param evaluationId The evaluation.
    /// @return Whether it was.
    function isUsed(ModelId model, bytes32 evaluationId) external view returns (bool);

    /// @notice Improvement that can still be recorded for the model on this UTC day.
    /// @param model The model.
    /// @return Bps.
    function remainingTodayBps(ModelId model) external view returns (uint256);

    /// @notice DeltaOnes of an improvement: `deltaBps · 1e18 / 100`, exact.
    /// @dev Reverts with `Panic(0x11)` above 2^256 / 1e18.
    /// @param deltaBps Bps.
    /// @return deltaOnesWad DeltaOnes with 18 decimals.
    function calculateDeltaOnes(uint256 deltaBps) external pure returns (uint256 deltaOnesWad);
}
