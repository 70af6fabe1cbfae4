// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IVerificationMethod} from "../../../interfaces/IVerificationMethod.sol";
import {requireWithin, ValueMismatch} from "../../../types/CommonErrors.sol";
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
/// contract per circuit and confidence level: key, capacity and quantile are its own. The epoch is in the digest and means
/// nothing here.
///
/// The lower bound holds at the level of {quantileE9} for one attempt. Whoever may try k candidates on the same rows will show
/// the best of them, so a benchmark that wants an error of α over all of them must ask for α / k.
///
/// A proof says nothing about how the predictions were made: its maker holds the labels. In a {Hybrid}, less depends on the
/// attesters' word. Alone, a proof suits only benchmarks whose label holder is trusted not to leak.
contract ZkProof is IVerificationMethod, Groth16 {
    /// @notice Runs that a proof covers.
    uint256 public constant RUNS = 1;

    uint256 private constant BPS = 100_00; // 100 %

    /// @dev Fixed point of the quantile.
    uint256 private constant Z_UNIT = 1e9;

    uint256 private constant MIN_QUANTILE = 1 * Z_UNIT; // an error of 15.9 %
    uint256 private constant MAX_QUANTILE = 6 * Z_UNIT; // an error of 1e-9

    /// @notice Quantile z of the normal distribution at the level of the lower bound, on one side, times 1e9. The bound is false
    /// with probability 1 − Φ(z): 1.959963985 stands for one attempt at 2.5 %, 2.807033769 for ten that err at 2.5 % together,
    /// that is at 0.25 % each.
    uint256 public immutable quantileE9;

    /// @dev z² in bps², by Z_UNIT².
    uint256 private immutable _quantileSquared;

    /// @notice The proof is not valid for this statement.
    /// @custom:fix Prove the statement as it is submitted; whatever changes in it needs a new proof. The circuit must be the
    /// one of this method's key.
    error ProofInvalid();

    /// @notice The stated score is not above the baseline's.
    /// @param baselineScore The baseline's, in bps.
    /// @param candidateScore The stated one, in bps.
    /// @custom:fix Use another method for scores to minimise.
    error ScoreNotHigher(uint256 baselineScore, uint256 candidateScore);

    /// @notice The stated score is more than the candidate's accuracy.
    /// @param stated What was stated, in bps.
    /// @param proven What the counts prove, in bps, rounded down.
    /// @custom:fix State at most `proven`.
    error ScoreAboveProven(uint256 stated, uint256 proven);

    /// @notice The stated improvement is more than the proven one.
    /// @param stated What was stated, in bps.
    /// @param proven What the counts prove, in bps, rounded down.
    /// @custom:fix State a candidate score of at most the model's score and `proven`.
    error ImprovementAboveProven(uint256 stated, uint256 proven);

    /// @notice The stated lower bound is more than what follows from the counts.
    /// @param stated What was stated, in bps.
    /// @param proven What follows from the counts, in bps, rounded down.
    /// @custom:fix State at most `proven`; if that is below the benchmark's minimum, more rows are needed.
    error LowerBoundAboveProven(uint256 stated, uint256 proven);

    /// @dev Reverts `OutOfRange` for the quantile, and as {Groth16} does for a key that is not safe.
    /// @param key The circuit's verification key, see {Groth16}.
    /// @param quantileE9_ See {quantileE9}, rounded up, 1e9 … 6e9.
    constructor(VerifyingKey memory key, uint256 quantileE9_) Groth16(key) {
        requireWithin("quantileE9", quantileE9_, MIN_QUANTILE, MAX_QUANTILE);
        quantileE9 = quantileE9_;
        _quantileSquared = (quantileE9_ * BPS) ** 2;
    }

    /// @inheritdoc IVerificationMethod
    /// @dev Reverts `ValueMismatch` for other runs than one, `OutOfRange` for a sample size that no proof can hold,
    /// `InputOutOfField` for a commitment that is none, `ProofInvalid`, `ScoreNotHigher`, `ScoreAboveProven`,
    /// `ImprovementAboveProven`, `LowerBoundAboveProven`.
    function verify(
        Evaluation calldata evaluation,
        uint256,
        bytes32 digest,
        bytes calldata proof
    ) external view returns (bytes4) {
        if (evaluation.runs != RUNS) revert ValueMismatch("runs", evaluation.runs, RUNS);
        uint256 n = evaluation.sampleSize;
        // A larger one would be taken for other counts.
        requireWithin("sampleSize", n, 1, type(uint32).max);
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

    /// @notice Score, improvement and its lower confidence bound, on one side, that counts prove.
    /// @dev Per row the difference of the two models is 1, 0 or −1, so that its variance, times n, is D − Δ²/n.
    /// @param counts Counts as a proof reveals them: disagreements at least the difference of the right ones, at most n.
    /// @param n Rows, 1 … 2^32 − 1.
    /// @return score The candidate's accuracy in bps, rounded down.
    /// @return improvementBps By how much it exceeds the baseline's, in bps, rounded down; 0 when it does not.
    /// @return lowerBoundBps Lower bound of the improvement at the level of {quantileE9}, in bps, rounded down; 0 when it is below.
    function provenBy(
        Counts memory counts,
        uint256 n
    ) public view returns (uint256 score, uint256 improvementBps, uint256 lowerBoundBps) {
        score = (counts.candidateCorrect * BPS) / n;
        if (counts.candidateCorrect <= counts.baselineCorrect) return (score, 0, 0);

        uint256 delta = counts.candidateCorrect - counts.baselineCorrect;
        improvementBps = (delta * BPS) / n;

        uint256 spread = counts.disagreements * n - delta * delta; // n² · variance
        uint256 margin = Math.sqrt(Math.ceilDiv(_quantileSquared * spread, n), Math.Rounding.Ceil);
        lowerBoundBps = Math.saturatingSub(delta * BPS * Z_UNIT, margin) / (n * Z_UNIT);
    }

    function _requireProven(Evaluation calldata evaluation, Counts memory counts, uint256 n) private view {
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
