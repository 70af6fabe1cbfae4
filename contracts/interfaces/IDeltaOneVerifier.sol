// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Improvement, ImprovementStatement} from "../types/ImprovementTypes.sol";
import {ModelId} from "../types/ModelId.sol";

/// @title DeltaOne verifier
/// @notice Pays for improvements of models. A statement that satisfies the model's benchmark, and that the model's
/// verification method accepts, moves the score and mints the reward, 70 % to the contributors, 30 % to the owner:
///
///     reward        = floor(deltaBps · tokensPerDeltaOne / 100)
///     owner         = floor(reward · 30 / 100)
///     contributor i = floor((reward − owner) · shareBps_i / 10000), the remainder to the largest share, the first of equals
///
/// An improvement is paid once: success moves the score that the next statement must start from, and uses up the
/// evaluation's id. A refused statement changes nothing and can be sent again.
interface IDeltaOneVerifier {
    /// @notice An improvement was paid. `reward` is owner's and contributors' together.
    event ImprovementRecorded(
        ModelId indexed model,
        bytes32 indexed evaluationId,
        address indexed method,
        uint256 baselineScore,
        uint256 candidateScore,
        uint256 reward,
        bytes32 contributionDataHash,
        bytes32 contributorsRoot
    );

    /// @notice A payee received `amount` of an improvement's reward. The distributor receives for the contributors of a root.
    event RewardDistributed(
        ModelId indexed model,
        bytes32 indexed evaluationId,
        address indexed account,
        uint256 amount
    );

    /// @notice The deadline has passed.
    error StatementExpired(uint256 deadline, uint256 timestamp);

    /// @notice The deadline is further ahead than a statement may live.
    error DeadlineTooFar(uint256 deadline, uint256 max);

    /// @notice The evaluation was paid.
    error EvaluationAlreadyUsed(ModelId model, bytes32 evaluationId);

    /// @notice The verification method did not accept, and gave no reason.
    error MethodRefused(address method);

    /// @notice A statement lists contributors or carries their root, not both and not neither.
    error ContributorsOrRoot(uint256 contributors, bytes32 root);

    error ContributorCountOutOfRange(uint256 count, uint256 min, uint256 max);

    /// @notice A contributor is not above the one before: out of order, twice, or zero.
    error ContributorsNotAscending(address previous, address account);

    /// @notice A contributor's share is zero.
    error ShareMissing(address account);

    /// @notice The shares do not sum to 10000.
    error SharesSumMismatch(uint256 sum, uint256 expected);

    /// @notice A payee is one of the protocol's own contracts.
    error PayeeIsProtocolContract(address account);

    /// @notice Pays for an improvement. Anyone may relay a statement.
    /// @dev Errors, in order: `StatementExpired`, `DeadlineTooFar`, `EvaluationAlreadyUsed`, the registry's `Paused` and one for
    /// each condition of the benchmark, the method's, those on contributors.
    /// @param statement The statement.
    /// @param proof What the model's verification method needs.
    /// @return reward Wei minted.
    function processImprovement(
        ImprovementStatement calldata statement,
        bytes calldata proof
    ) external returns (uint256 reward);

    /// @notice What {processImprovement} would mint now; reverts with its errors, those on contributors aside.
    function verifyAndCalculateReward(
        ImprovementStatement calldata statement,
        bytes calldata proof
    ) external view returns (uint256 reward);

    /// @notice Reward for moving the model's score to `candidateScore` at the present rate.
    /// @return ownerReward Wei to the owner.
    /// @return contributorsReward Wei to the contributors together.
    function previewReward(
        ModelId model,
        uint256 candidateScore
    ) external view returns (uint256 ownerReward, uint256 contributorsReward);

    /// @notice The statement's EIP-712 digest.
    function hashStatement(ImprovementStatement calldata statement) external view returns (bytes32);

    /// @notice Whether an evaluation was paid.
    function isUsed(ModelId model, bytes32 evaluationId) external view returns (bool);

    /// @notice Paid improvements by their evaluation ids, which the log of `ImprovementRecorded` lists.
    function improvementsOf(
        ModelId model,
        bytes32[] calldata evaluationIds
    ) external view returns (Improvement[] memory);

    /// @notice The model's current score, in bps.
    function scoreOf(ModelId model) external view returns (uint256);

    /// @notice Improvement that can still be paid for the model on this UTC day, in bps.
    function remainingTodayBps(ModelId model) external view returns (uint256);

    /// @notice DeltaOnes of an improvement, with 18 decimals: `deltaBps · 1e18 / 100`, exact.
    function calculateDeltaOnes(uint256 deltaBps) external pure returns (uint256 deltaOnesWad);
}
