// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IVerificationMethod} from "../../../interfaces/IVerificationMethod.sol";
import {Evaluation} from "../../../types/ImprovementTypes.sol";
import {Groth16, VerifyingKey} from "./Groth16.sol";

/// @notice What a proof reveals about the committed rows.
/// @param baselineCorrect Right predictions of the baseline.
/// @param candidateCorrect Right predictions of the candidate.
/// @param disagreements Rows in which the two predictions differ.
struct Counts {
    uint32 baselineCorrect;
    uint32 candidateCorrect;
    uint32 disagreements;
}

/// @title ZkProof
/// @notice Verification method: a proof that the committed labels and predictions have these counts, from which score,
/// improvement and its lower confidence bound are computed here. `proof = abi.encode(Counts counts, uint256[8] points)`.
/// @dev For benchmarks of accuracy, to maximise, whose evaluationDataHash is the commitment to the labels, in one run. One
/// contract per circuit: key and capacity are its own. The epoch is in the digest and means nothing here.
///
/// A proof says nothing about how the predictions were made: its maker holds the labels. Beside attesters, in a {Hybrid}, it
/// takes their word for less; alone it is for benchmarks whose label holder is trusted not to leak.
contract ZkProof is IVerificationMethod, Groth16 {
    /// @notice Runs that a proof covers.
    uint256 public constant RUNS = 1;

    uint256 private constant BPS = 100_00; // 100 %

    /// @dev Fixed point of what follows.
    uint256 private constant Z_UNIT = 1e9;

    /// @dev Quantile of the normal distribution for 97.5 % on one side, 1.95996398454…, rounded up, in bps; squared.
    uint256 private constant Z_SQUARED = (1_959_963_985 * 100_00) ** 2;

    /// @notice A proof covers one run.
    error RunsMismatch(uint256 runs, uint256 expected);

    /// @notice The sample size is not a count that a proof can hold.
    error SampleSizeOutOfRange(uint256 sampleSize, uint256 min, uint256 max);

    /// @notice The proof is not valid for this statement.
    error ProofInvalid();

    /// @notice The stated score is not above the baseline's.
    error ScoreNotHigher(uint256 baselineScore, uint256 candidateScore);

    /// @notice The stated score is more than the candidate's accuracy, in bps, rounded down.
    error ScoreAboveProven(uint256 stated, uint256 proven);

    /// @notice The stated improvement is more than the proven one, in bps, rounded down.
    error ImprovementAboveProven(uint256 stated, uint256 proven);

    /// @notice The stated lower bound is more than what follows from the counts, in bps, rounded down.
    error LowerBoundAboveProven(uint256 stated, uint256 proven);

    /// @param key The circuit's verification key, see {Groth16}.
    constructor(VerifyingKey memory key) Groth16(key) {}

    /// @inheritdoc IVerificationMethod
    function verify(
        Evaluation calldata evaluation,
        uint256,
        bytes32 digest,
        bytes calldata proof
    ) external view returns (bytes4) {
        if (evaluation.runs != RUNS) revert RunsMismatch(evaluation.runs, RUNS);
        uint256 n = evaluation.sampleSize;
        // A larger one would be taken for other counts.
        if (n == 0 || n > type(uint32).max) revert SampleSizeOutOfRange(n, 1, type(uint32).max);
        (Counts memory counts, uint256[8] memory points) = abi.decode(proof, (Counts, uint256[8]));

        uint256[5] memory inputs = [
            uint256(evaluation.evaluationDataHash),
            uint256(evaluation.baselineCommitment),
            uint256(evaluation.candidateCommitment),
            n |
                (uint256(counts.baselineCorrect) << 32) |
                (uint256(counts.candidateCorrect) << 64) |
                (uint256(counts.disagreements) << 96),
            uint256(digest) % FIELD
        ];
        if (!_isValid(points, inputs)) revert ProofInvalid();

        _requireProven(evaluation, counts, n);
        return IVerificationMethod.verify.selector;
    }

    /// @notice Score, improvement and lower confidence bound (one-sided, 97.5 %) that counts prove, in bps, rounded down; an
    /// improvement or bound below zero is zero.
    /// @dev Per row the difference of the two models is 1, 0 or −1, so that its variance, times n, is D − Δ²/n.
    /// @param counts Counts as a proof reveals them: disagreements at least the difference of the right ones, at most n.
    /// @param n Rows, at least 1.
    function provenBy(
        Counts memory counts,
        uint256 n
    ) public pure returns (uint256 score, uint256 improvementBps, uint256 lowerBoundBps) {
        score = (counts.candidateCorrect * BPS) / n;
        if (counts.candidateCorrect <= counts.baselineCorrect) return (score, 0, 0);

        uint256 delta = counts.candidateCorrect - counts.baselineCorrect;
        improvementBps = (delta * BPS) / n;

        uint256 spread = counts.disagreements * n - delta * delta; // n² · variance
        uint256 margin = Math.sqrt(Math.ceilDiv(Z_SQUARED * spread, n), Math.Rounding.Ceil);
        lowerBoundBps = Math.saturatingSub(delta * BPS * Z_UNIT, margin) / (n * Z_UNIT);
    }

    function _requireProven(Evaluation calldata evaluation, Counts memory counts, uint256 n) private pure {
        (uint256 score, uint256 improvementBps, uint256 lowerBoundBps) = provenBy(counts, n);
        uint256 baselineScore = evaluation.baselineScore;
        uint256 candidateScore = evaluation.candidateScore;
        if (candidateScore <= baselineScore) revert ScoreNotHigher(baselineScore, candidateScore);
        if (candidateScore > score) revert ScoreAboveProven(candidateScore, score);
        uint256 deltaBps = candidateScore - baselineScore;
        if (deltaBps > improvementBps) revert ImprovementAboveProven(deltaBps, improvementBps);
        if (evaluation.lowerBoundBps > lowerBoundBps)
            revert LowerBoundAboveProven(evaluation.lowerBoundBps, lowerBoundBps);
    }
}
