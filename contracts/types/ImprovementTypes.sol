// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ModelId} from "./ModelId.sol";

/// @notice What was measured: a candidate against the model's present baseline on its benchmark.
/// @param model The model.
/// @param benchmarkVersion Version of its benchmark.
/// @param specHash The benchmark's specification hash.
/// @param evaluationDataHash The benchmark's evaluation data hash.
/// @param baselineScore The model's score before, in bps.
/// @param candidateScore The candidate's score, in bps, rounded to its disadvantage.
/// @param sampleSize Examples evaluated.
/// @param runs Evaluation runs.
/// @param lowerBoundBps Lower confidence bound of the improvement (one-sided, 97.5 %), in bps, rounded down.
/// @param baselineCommitment Commitment to the baseline's predictions, as the registry has it.
/// @param candidateCommitment Commitment to the candidate's predictions, which becomes the next baseline's.
struct Evaluation {
    ModelId model;
    uint256 benchmarkVersion;
    bytes32 specHash;
    bytes32 evaluationDataHash;
    uint256 baselineScore;
    uint256 candidateScore;
    uint256 sampleSize;
    uint256 runs;
    uint256 lowerBoundBps;
    bytes32 baselineCommitment;
    bytes32 candidateCommitment;
}

/// @notice One contributor's part of the contributors' share.
/// @param account Receiver.
/// @param shareBps Part of the contributors' share in bps, 1 … 10000.
struct Contributor {
    address account;
    uint16 shareBps;
}

/// @notice What attesters sign and proofs are bound to (EIP-712).
/// @param evaluation What was measured.
/// @param evaluationId Unique per model: an evaluation pays once.
/// @param contributionDataHash Commitment to the contributed data.
/// @param contributors 1 … 64 entries in strictly ascending order of account, shares summing to 10000; or none.
/// @param contributorsRoot Merkle root of the contributors when there are more; zero when they are listed.
/// @param attesterEpoch Epoch of the attesters; 0 for a proof without attesters.
/// @param deadline Last second at which the statement may be submitted, at most 2 days ahead.
struct ImprovementStatement {
    Evaluation evaluation;
    bytes32 evaluationId;
    bytes32 contributionDataHash;
    Contributor[] contributors;
    bytes32 contributorsRoot;
    uint256 attesterEpoch;
    uint256 deadline;
}

/// @notice What the registry answers to an improvement that satisfies its model's benchmark.
/// @param method The model's verification method, which must accept the statement.
/// @param token The model's ERC-20.
/// @param owner The model's owner.
/// @param reward Reward in wei, owner and contributors together.
struct ImprovementTerms {
    address method;
    address token;
    address owner;
    uint256 reward;
}

/// @notice An improvement that was paid.
/// @param baselineScore Score before, in bps.
/// @param candidateScore Score after, in bps.
/// @param timestamp When it was paid; 0 for an evaluation that was not.
/// @param method The verification method that vouched for it.
struct Improvement {
    uint16 baselineScore;
    uint16 candidateScore;
    uint64 timestamp;
    address method;
}
