// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @notice Identity of a model everywhere on chain: `keccak256(bytes(modelId))` of its published string, compared byte for byte.
type ModelId is bytes32;

/// @notice Lifecycle of a model. It only ever moves forward.
/// - `NONE`: unknown id.
/// - `PROPOSAL`: the token exists, nothing is minted.
/// - `REGISTERED`: the benchmark is committed; the supplier allocation may be distributed.
/// - `DEPLOYED`: the pool exists; investors can buy.
enum ModelStatus {
    NONE,
    PROPOSAL,
    REGISTERED,
    DEPLOYED
}

/// @notice What a benchmark measures. The exact procedure is the file behind the benchmark's `specHash`. New metrics are appended.
enum Metric {
    ACCURACY,
    PRECISION,
    RECALL,
    F1,
    ROC_AUC,
    MSE,
    RMSE,
    MAE,
    R2,
    PERPLEXITY,
    BLEU,
    ROUGE_L,
    HUMAN_SCORE,
    LOG_LOSS,
    BRIER,
    MCC,
    BALANCED_ACCURACY,
    AVERAGE_PRECISION,
    CUSTOM,
    MACRO_F1,
    MICRO_F1,
    WEIGHTED_F1,
    MACRO_PRECISION,
    MICRO_PRECISION,
    WEIGHTED_PRECISION,
    MACRO_RECALL,
    MICRO_RECALL,
    WEIGHTED_RECALL,
    MACRO_AUC
}

/// @notice Whether a better model has a higher or a lower score.
enum Direction {
    MAXIMISE,
    MINIMISE
}

/// @notice Parameters of a model at deployment, in the form that the published deployment scripts use.
/// @param tokensPerDeltaOne Reward for 100 bps of improvement, in wei, 100e18 … 10_000_000e18.
/// @param infrastructureAccrualBps Share of usage fees kept for infrastructure, in bps, 1000 … 10000.
/// @param initialOraclePricePerThousandUsd Price of 1000 API calls in reserve units, 0 (unset) … 1e12.
/// @param licenseHash keccak256 of the exact bytes of the licence file, not zero.
/// @param licenseURI Where the licence can be read, 1 … 256 bytes.
/// @param governor Account that may change the model's parameters within bounds, not zero.
struct InitialParams {
    uint256 tokensPerDeltaOne;
    uint16 infrastructureAccrualBps;
    uint256 initialOraclePricePerThousandUsd;
    bytes32 licenseHash;
    string licenseURI;
    address governor;
}

/// @notice The current parameters of a model; units as in {InitialParams}.
struct ModelParameters {
    uint256 tokensPerDeltaOne;
    uint256 infrastructureAccrualBps;
    uint256 pricePerThousandCalls;
    bytes32 licenseHash;
    string licenseURI;
}

/// @notice What a model is measured by. Committed once at registration; only the admin can replace it, as a whole.
/// @param specHash keccak256 of the benchmark's specification file, not zero.
/// @param evaluationDataHash Commitment to the evaluation data (labels), not zero.
/// @param modelCommitment Commitment to the baseline model's predictions; zero while there is none.
/// @param method Verification method from the admin's allow-list.
/// @param metric What is measured.
/// @param direction Whether a better score is higher or lower.
/// @param baselineScore Score of the model at registration, in bps, 0 … 10000.
/// @param targetScore Score that a candidate must reach to be paid, in bps, better than the baseline; 0 for none.
/// @param minImprovementBps Smallest improvement that is paid, in bps, 10 … 1000 and at most the daily limit.
/// @param minSampleSize Fewest examples an evaluation may rest on, at least 1.
/// @param minRuns Fewest evaluation runs, at least 1.
/// @param minLowerBoundBps Smallest lower confidence bound of the improvement, in bps, 1 … the daily limit.
struct Benchmark {
    bytes32 specHash;
    bytes32 evaluationDataHash;
    bytes32 modelCommitment;
    address method;
    Metric metric;
    Direction direction;
    uint16 baselineScore;
    uint16 targetScore;
    uint16 minImprovementBps;
    uint32 minSampleSize;
    uint16 minRuns;
    uint16 minLowerBoundBps;
}

/// @notice A model's identity and place in its lifecycle.
struct Model {
    ModelStatus status;
    address token;
    address pool;
    address owner;
    address governor;
}

/// @notice Parameters that a governor changes one by one.
enum Parameter {
    TOKENS_PER_DELTA_ONE,
    INFRASTRUCTURE_ACCRUAL,
    PRICE_PER_THOUSAND_CALLS
}

/// @notice What is needed to price and split a model's usage fee; units as in {InitialParams}.
struct FeeTerms {
    address pool;
    uint256 infrastructureAccrualBps;
    uint256 pricePerThousandCalls;
}

/// @notice Who may give a model a benchmark that uses a verification method.
/// - `NONE`: nobody.
/// - `ADMIN`: the admin, whose timelock shows the whole benchmark for two days.
/// - `REGISTRAR`: a registrar as well, at once.
enum MethodAccess {
    NONE,
    ADMIN,
    REGISTRAR
}
