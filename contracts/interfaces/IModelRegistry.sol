// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Evaluation, ImprovementTerms} from "../types/ImprovementTypes.sol";
import {
    Benchmark,
    FeeTerms,
    InitialParams,
    Model,
    ModelParameters,
    ModelStatus,
    Parameter
} from "../types/ModelTypes.sol";
import {ModelId} from "../types/ModelId.sol";

/// @title Model registry
/// @notice The protocol's memory of its models: identity, lifecycle, parameters, benchmark and score, and the one address
/// book by which the contracts above it know each other. It calls nobody and holds no tokens.
interface IModelRegistry {
    /// @notice The address book was completed.
    event Wired(address indexed tokenManager, address indexed factory, address indexed verifier);

    /// @notice The verifier was replaced by the admin.
    event VerifierChanged(address indexed oldVerifier, address indexed newVerifier);

    /// @notice A verification method was put on, or taken off, the allow-list for new benchmarks.
    event MethodAllowed(address indexed method, bool allowed);

    /// @notice A model came to be, in status PROPOSAL. The only event that carries the published id.
    event ModelCreated(
        ModelId indexed id,
        address indexed token,
        address indexed owner,
        string modelId,
        address governor,
        uint256 tokensPerDeltaOne,
        uint256 infrastructureAccrualBps,
        uint256 pricePerThousandCalls
    );

    /// @notice A licence became the model's current one; earlier ones stay in the log.
    event LicenseSet(ModelId indexed id, bytes32 licenseHash, string licenseURI);

    /// @notice The model's benchmark was committed and its score set to the baseline; status REGISTERED, version 1.
    event ModelRegistered(ModelId indexed id, uint256 indexed version, Benchmark benchmark);

    /// @notice The admin replaced the benchmark and set the score to the new baseline.
    event BenchmarkReplaced(ModelId indexed id, uint256 indexed version, Benchmark benchmark);

    /// @notice A verified improvement moved the score to `score`; `rewardsRemaining` wei of the lifetime rewards are left.
    event ScoreMoved(ModelId indexed id, uint256 score, bytes32 modelCommitment, uint256 rewardsRemaining);

    /// @notice Improvements are paused until `until`; a time not in the future ends the pause.
    event SubmissionsPaused(uint256 until, address indexed guardian);

    /// @notice A parameter will change after `effectiveAt`, in place of any change that was pending for it.
    event ParameterChangeScheduled(
        ModelId indexed id,
        Parameter indexed parameter,
        uint256 oldValue,
        uint256 newValue,
        uint256 effectiveAt
    );

    /// @notice A parameter changed at once, and no change of it is pending any more.
    event ParameterChanged(ModelId indexed id, Parameter indexed parameter, uint256 oldValue, uint256 newValue);

    /// @notice A pending change will not take place.
    event ParameterChangeCancelled(ModelId indexed id, Parameter indexed parameter, uint256 value);

    /// @notice `governor` may accept to become the model's governor from `acceptableFrom`; zero ends a proposal.
    event GovernorProposed(ModelId indexed id, address indexed governor, uint256 acceptableFrom);

    /// @notice The proposed governor accepted.
    event GovernorChanged(ModelId indexed id, address indexed oldGovernor, address indexed newGovernor);

    /// @notice `owner` may accept to become the model's owner; zero ends a proposal.
    event OwnerProposed(ModelId indexed id, address indexed owner);

    /// @notice The proposed owner accepted.
    event OwnerChanged(ModelId indexed id, address indexed oldOwner, address indexed newOwner);

    /// @notice The admin changed how much improvement is paid per UTC day.
    event DailyLimitChanged(ModelId indexed id, uint256 oldLimitBps, uint256 newLimitBps);

    /// @notice The model's pool exists; status DEPLOYED.
    event ModelPoolSet(ModelId indexed id, address indexed pool);

    /// @notice The address book is already complete.
    error AlreadyWired();

    /// @notice The caller is not the one contract or account that may call this function.
    error UnauthorizedCaller(address caller, address expected);

    /// @notice The model is not in the status that the step needs.
    error WrongModelStatus(ModelId id, ModelStatus actual, ModelStatus expected);

    /// @notice No model with this id is registered.
    error ModelNotRegistered(ModelId id);

    /// @notice A field of the evaluation is not what the registry has. `field` is its name in ASCII.
    error EvaluationMismatch(bytes32 field, uint256 actual, uint256 expected);

    /// @notice A figure of the evaluation is below what the benchmark asks. `field` is its name in ASCII.
    error EvaluationTooWeak(bytes32 field, uint256 actual, uint256 min);

    /// @notice The improvement is more than the model's limit leaves for this UTC day. It can be sent again on another day.
    error DailyLimitExceeded(uint256 deltaBps, uint256 remainingBps);

    /// @notice The lifetime rewards that are left would not pay for the rest of the score scale at this rate.
    error HeadroomExceeded(uint256 tokensPerDeltaOne, uint256 max);

    /// @notice No change of this parameter is pending.
    error NoPendingChange(ModelId id, Parameter parameter);

    /// @notice A proposed governor may accept later.
    error GovernorNotAcceptable(uint256 acceptableFrom);

    error CandidateScoreOutOfRange(uint256 value, uint256 min, uint256 max);
    error DailyLimitOutOfRange(uint256 value, uint256 min, uint256 max);
    error TokensPerDeltaOneOutOfRange(uint256 value, uint256 min, uint256 max);
    error InfrastructureAccrualOutOfRange(uint256 value, uint256 min, uint256 max);
    error PriceOutOfRange(uint256 value, uint256 min, uint256 max);
    error LicenseURILengthOutOfRange(uint256 length, uint256 min, uint256 max);

    /// @notice The licence hash is zero.
    error LicenseHashMissing();

    /// @notice The benchmark's specification hash or evaluation data hash is zero.
    error BenchmarkHashMissing();

    /// @notice The verification method is not on the admin's allow-list.
    error MethodNotAllowed(address method);

    error BaselineScoreOutOfRange(uint256 value, uint256 min, uint256 max);
    error MinImprovementOutOfRange(uint256 value, uint256 min, uint256 max);
    error MinSampleSizeOutOfRange(uint256 value, uint256 min, uint256 max);
    error MinRunsOutOfRange(uint256 value, uint256 min, uint256 max);
    error MinLowerBoundOutOfRange(uint256 value, uint256 min, uint256 max);

    /// @notice Completes the address book, once, and puts the first verification methods on the allow-list. Before that,
    /// nothing in the protocol can be done.
    /// @dev Only the `wirer` named at construction. Errors: `UnauthorizedCaller`, `AlreadyWired`, `ZeroAddress`.
    function wire(address tokenManager, address factory, address verifier, address[] calldata methods) external;

    /// @notice Replaces the verifier. Only the admin, hence after its delay. Errors: `ZeroAddress`.
    function setVerifier(address verifier) external;

    /// @notice Puts a verification method on the allow-list, or takes it off. Only the admin, hence after its delay.
    /// Models that already use the method keep it. Errors: `ZeroAddress`.
    function setMethodAllowed(address method, bool allowed) external;

    /// @notice Creates a model in status PROPOSAL. Only the TokenManager, which vouches for id, token and owner.
    /// @dev Errors: `UnauthorizedCaller`, `WrongModelStatus`, `ZeroAddress` for the governor, one for each bound.
    /// @param id Key of `modelId`.
    /// @param modelId Published id, for the log.
    /// @param token The model's ERC-20.
    /// @param owner The model's owner, who receives the owner's share of rewards.
    /// @param params Initial parameters; each out of its bounds reverts with its own error.
    function createModel(
        ModelId id,
        string calldata modelId,
        address token,
        address owner,
        InitialParams calldata params
    ) external;

    /// @notice Commits the benchmark of a proposed model. Only `REGISTRAR_ROLE`, who cannot change it afterwards.
    /// @dev Errors: `WrongModelStatus`, `BenchmarkHashMissing`, `MethodNotAllowed`, and one for each bound.
    function registerModel(ModelId id, Benchmark calldata benchmark) external;

    /// @notice Replaces a wrong or poisoned benchmark as a whole: a new version, to which no earlier statement belongs. What was
    /// minted stays minted. If the lifetime rewards that are left would not pay for all of the new scale, the rate is lowered
    /// to what they can pay. Only the admin, hence after its delay.
    /// @dev Errors: `ModelNotRegistered`, and those of {registerModel} on the benchmark.
    function replaceBenchmark(ModelId id, Benchmark calldata benchmark) external;

    /// @notice Changes how much improvement is paid per UTC day. Only the admin, hence after its delay.
    /// @dev Errors: `DailyLimitOutOfRange`, `ModelNotRegistered`.
    /// @param limitBps 1 … 10000.
    function setDailyLimit(ModelId id, uint256 limitBps) external;

    /// @notice Stops improvements of all models, for at most 14 days and not again within 28 of their end. Only
    /// `GUARDIAN_ROLE`. Errors: `PauseDurationOutOfRange`, `PauseCoolingDown`.
    /// @param duration Seconds, 1 … 14 days.
    function pauseSubmissions(uint256 duration) external;

    /// @notice Ends a pause of improvements early. Only `GUARDIAN_ROLE`.
    function resumeSubmissions() external;

    /// @notice Changes the reward for 100 bps, up or down, after two days. Only the model's governor.
    /// @dev Errors: `UnauthorizedCaller`, `TokensPerDeltaOneOutOfRange`, `HeadroomExceeded`.
    /// @param value Wei, 100e18 … 10_000_000e18, and no more than the rest of the lifetime rewards pays for.
    function setTokensPerDeltaOne(ModelId id, uint256 value) external;

    /// @notice Changes the infrastructure share of usage fees: lower at once, higher after two days. Only the model's governor.
    /// @dev Errors: `UnauthorizedCaller`, `InfrastructureAccrualOutOfRange`.
    /// @param value Bps, 1000 … 10000.
    function setInfrastructureAccrual(ModelId id, uint256 value) external;

    /// @notice Changes the price of 1000 API calls: higher, or for the first time, at once; lower after two days. Only the
    /// model's governor.
    /// @dev Errors: `UnauthorizedCaller`, `PriceOutOfRange`.
    /// @param value Reserve units, 0 … 1e12.
    function setPricePerThousandCalls(ModelId id, uint256 value) external;

    /// @notice Cancels the pending change of a parameter. The model's governor or a guardian.
    /// @dev Errors: `UnauthorizedCaller`, `NoPendingChange`.
    function cancelChange(ModelId id, Parameter parameter) external;

    /// @notice Sets a new licence; the earlier ones stay in the log. Only the model's governor.
    /// @dev Errors: `UnauthorizedCaller`, `LicenseHashMissing`, `LicenseURILengthOutOfRange`.
    function setLicense(ModelId id, bytes32 licenseHash, string calldata licenseURI) external;

    /// @notice Proposes a new governor, who must accept. By the governor: at once. By the admin, for a lost governor: seven
    /// days later, unless the governor proposes otherwise; zero ends a proposal. Only these two.
    /// @dev Errors: `WrongModelStatus` for an unknown id, `AccessControlUnauthorizedAccount`.
    function proposeGovernor(ModelId id, address governor) external;

    /// @notice Accepts to be the governor. Only the proposed one. Errors: `UnauthorizedCaller`, `GovernorNotAcceptable`.
    function acceptGovernor(ModelId id) external;

    /// @notice Proposes a new owner, who must accept; zero ends a proposal. Only the owner. Errors: `UnauthorizedCaller`.
    function proposeOwner(ModelId id, address owner) external;

    /// @notice Accepts to be the owner, who receives the owner's share of rewards. Only the proposed one.
    /// Errors: `UnauthorizedCaller`.
    function acceptOwner(ModelId id) external;

    /// @notice Moves the score of a model to the candidate's, if the evaluation satisfies the benchmark. Only the verifier,
    /// who answers for the evaluation's truth.
    /// @dev Errors: `UnauthorizedCaller`, `ModelNotRegistered`, `Paused`, `EvaluationMismatch`, `CandidateScoreOutOfRange`,
    /// `EvaluationTooWeak`, `DailyLimitExceeded`.
    /// @return What is to be paid, to whom, and on which method's word.
    function recordImprovement(Evaluation calldata evaluation) external returns (ImprovementTerms memory);

    /// @notice Records the pool of a registered model. Only the factory. Errors: `UnauthorizedCaller`, `WrongModelStatus`.
    function setPool(ModelId id, address pool) external;

    /// @notice Contract that deploys tokens and mints supplier allocations and rewards; zero before wiring.
    function tokenManager() external view returns (address);

    /// @notice Contract that creates pools; zero before wiring.
    function factory() external view returns (address);

    /// @notice Contract on whose word scores move and rewards are minted; zero before wiring.
    function verifier() external view returns (address);

    /// @notice When improvements are open again; a time not in the future means that they are open.
    function submissionsPausedUntil() external view returns (uint32);

    /// @notice Whether new benchmarks may use a verification method.
    function isMethodAllowed(address method) external view returns (bool);

    /// @notice Identity and lifecycle; all zero for an unknown id.
    function model(ModelId id) external view returns (Model memory);

    /// @notice Where the model is in its lifecycle; `NONE` for an unknown id.
    function statusOf(ModelId id) external view returns (ModelStatus);

    /// @notice The model's ERC-20; zero for an unknown id.
    function tokenOf(ModelId id) external view returns (address);

    /// @notice The model's pool; zero before it exists.
    function poolOf(ModelId id) external view returns (address);

    /// @notice The model's governor; zero for an unknown id.
    function governorOf(ModelId id) external view returns (address);

    /// @notice The model's owner; zero for an unknown id.
    function ownerOf(ModelId id) external view returns (address);

    /// @notice The model's parameters now: changes that are due are in them.
    function parametersOf(ModelId id) external view returns (ModelParameters memory);

    /// @notice What a usage fee needs to know; all zero for an unknown id.
    function feeTermsOf(ModelId id) external view returns (FeeTerms memory);

    /// @notice A parameter's pending change; all zero when there is none.
    /// @return value The new value.
    /// @return effectiveAt It applies in every block after this second.
    function pendingChangeOf(
        ModelId id,
        Parameter parameter
    ) external view returns (uint256 value, uint256 effectiveAt);

    /// @notice The proposed governor and when it may accept; all zero when there is none.
    function pendingGovernorOf(ModelId id) external view returns (address governor, uint256 acceptableFrom);

    /// @notice The proposed owner; zero when there is none.
    function pendingOwnerOf(ModelId id) external view returns (address);

    /// @notice The benchmark; its `baselineScore` and `modelCommitment` are the present ones, which the next improvement must
    /// start from.
    function benchmarkOf(ModelId id) external view returns (Benchmark memory);

    /// @notice Version of the benchmark; 0 before registration.
    function benchmarkVersionOf(ModelId id) external view returns (uint256);

    /// @notice The model's current score in bps; 0 before registration.
    function scoreOf(ModelId id) external view returns (uint256);

    /// @notice What {recordImprovement} would answer now, with its errors.
    function previewImprovement(Evaluation calldata evaluation) external view returns (ImprovementTerms memory);

    /// @notice Reward in wei for moving the score to `candidateScore` at the present rate; 0 when that is no improvement.
    /// @dev Errors: `ModelNotRegistered`, `CandidateScoreOutOfRange`.
    function rewardFor(ModelId id, uint256 candidateScore) external view returns (uint256);

    /// @notice Improvement that is paid per UTC day at most, in bps; 0 for an unknown id.
    function dailyLimitOf(ModelId id) external view returns (uint256);

    /// @notice Improvement that can still be paid on this UTC day, in bps.
    function remainingTodayBps(ModelId id) external view returns (uint256);

    /// @notice What is left of the model's lifetime rewards, in wei.
    function rewardsRemainingOf(ModelId id) external view returns (uint256);
}
