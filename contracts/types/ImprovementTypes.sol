// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ModelId} from "./ModelTypes.sol";

/// @notice What was measured: a candidate against the model's present baseline on its benchmark.
/// @param model The model.
/// @param benchmarkVersion Version of its benchmark.
/// @param specHash The benchmark's specification hash.
/// @param evaluationDataHash The benchmark's evaluation data hash.
/// @param baselineScore The model's score before, in bps.
/// @param candidateScore The candidate's score, in bps, rounded to its disadvantage.
/// @param sampleSize Examples evaluated.
/// @param runs Evaluation runs.
/// @param lowerBoundBps Lower confidence bound of the improvement at the level that the benchmark states, in bps, rounded down; at most the improvement.
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

/// @notice What the registry returns for an improvement that satisfies its model's benchmark.
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

/// @notice A reward that waits. The registry keeps its hash, `keccak256(abi.encode(payout))`.
/// @param method The verification method that vouched for the improvement.
/// @param queuedAt The second in which it was recorded.
/// @param reward Wei to all payees together.
/// @param payeesHash `keccak256(abi.encode(contributorsRoot, accounts, amounts))`; the owner comes first, and the contributors of
/// a root are one account, the reward distributor.
struct Payout {
    address method;
    uint256 queuedAt;
    uint256 reward;
    bytes32 payeesHash;
}

/// @notice Payouts of one verification method that are not released.
/// @param since First second of the stop; 0 when there is none.
/// @param until First second after it; `type(uint40).max` while it is open. A payout that was queued in a stop with an end is void.
struct PayoutStop {
    uint40 since;
    uint40 until;
}
