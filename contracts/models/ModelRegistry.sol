// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ProtocolAccess} from "../access/ProtocolAccess.sol";
import {Roles} from "../access/Roles.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {GuardianPause} from "../libraries/GuardianPause.sol";
import {RewardMath} from "../libraries/RewardMath.sol";
import {ZeroAddress} from "../types/CommonErrors.sol";
import {Evaluation, ImprovementTerms} from "../types/ImprovementTypes.sol";
import {ModelId} from "../types/ModelId.sol";
import {Benchmark, Direction, InitialParams, Model, ModelStatus, Parameter} from "../types/ModelTypes.sol";
import {ModelGovernance} from "./ModelGovernance.sol";

/// @title ModelRegistry
/// @notice See {IModelRegistry}.
/// @dev Custody: none. Trusts: the TokenManager for what a model is born with, the factory for its pool, both named once by
/// {wire}. Every word is packed by who writes it when, see {Entry}.
contract ModelRegistry is ModelGovernance {
    using GuardianPause for uint32;

    /// @notice May commit benchmarks of proposed models.
    bytes32 public constant REGISTRAR_ROLE = keccak256("REGISTRAR_ROLE");

    /// @notice May create pools, in the factory.
    bytes32 public constant POOL_CREATOR_ROLE = Roles.POOL_CREATOR;

    /// @notice May pay invoices, in the infrastructure reserve.
    bytes32 public constant PAYER_ROLE = Roles.PAYER;

    /// @notice Bounds of a benchmark's smallest paid improvement, in bps.
    uint256 public constant MIN_IMPROVEMENT_BPS = RewardMath.MIN_IMPROVEMENT_BPS;
    uint256 public constant MAX_MIN_IMPROVEMENT_BPS = 1000;

    /// @notice Improvement that is paid per model and UTC day at most, in bps, unless the admin decides otherwise.
    uint256 public constant DEFAULT_DAILY_LIMIT_BPS = 5_00; // 5 %

    address private immutable _wirer;

    /// @inheritdoc IModelRegistry
    address public tokenManager;

    /// @inheritdoc IModelRegistry
    address public factory;

    /// @inheritdoc IModelRegistry
    /// @dev One word with the next, which an improvement reads together.
    address public verifier;

    /// @inheritdoc IModelRegistry
    uint32 public submissionsPausedUntil;

    /// @inheritdoc IModelRegistry
    mapping(address method => bool) public isMethodAllowed;

    /// @param adminDelay Seconds between the two steps of an admin transfer.
    /// @param admin The timelock.
    /// @param guardians First holders of `GUARDIAN_ROLE`.
    /// @param registrars First holders of `REGISTRAR_ROLE`.
    /// @param poolCreators First holders of `POOL_CREATOR_ROLE`.
    /// @param payers First holders of `PAYER_ROLE`.
    /// @param wirer The account that will call {wire}; it can do nothing else. Named here because a deterministic
    /// deployment has another sender.
    constructor(
        uint48 adminDelay,
        address admin,
        address[] memory guardians,
        address[] memory registrars,
        address[] memory poolCreators,
        address[] memory payers,
        address wirer
    ) ProtocolAccess(adminDelay, admin, guardians) {
        if (wirer == address(0)) revert ZeroAddress();
        _wirer = wirer;
        _grantRoles(REGISTRAR_ROLE, registrars);
        _grantRoles(POOL_CREATOR_ROLE, poolCreators);
        _grantRoles(PAYER_ROLE, payers);
    }

    /// @inheritdoc IModelRegistry
    function wire(address tokenManager_, address factory_, address verifier_, address[] calldata methods) external {
        _requireCaller(_wirer);
        if (tokenManager != address(0)) revert AlreadyWired();
        if (tokenManager_ == address(0) || factory_ == address(0) || verifier_ == address(0)) revert ZeroAddress();

        tokenManager = tokenManager_;
        factory = factory_;
        verifier = verifier_;
        emit Wired(tokenManager_, factory_, verifier_);
        for (uint256 i; i < methods.length; ++i) {
            _setMethodAllowed(methods[i], true);
        }
    }

    /// @inheritdoc IModelRegistry
    function setVerifier(address verifier_) external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (verifier_ == address(0)) revert ZeroAddress();

        emit VerifierChanged(verifier, verifier_);
        verifier = verifier_;
    }

    /// @inheritdoc IModelRegistry
    function setMethodAllowed(address method, bool allowed) external onlyRole(DEFAULT_ADMIN_ROLE) {
        _setMethodAllowed(method, allowed);
    }

    /// @inheritdoc IModelRegistry
    function createModel(
        ModelId id,
        string calldata modelId,
        address token,
        address owner,
        InitialParams calldata params
    ) external {
        _requireCaller(tokenManager);
        Entry storage entry = _entryIn(id, ModelStatus.NONE);
        _setInitialParams(entry, params);

        entry.token = token;
        entry.status = ModelStatus.PROPOSAL;
        entry.owner = owner;
        entry.dailyLimitBps = uint16(DEFAULT_DAILY_LIMIT_BPS);
        emit ModelCreated(
            id,
            token,
            owner,
            modelId,
            params.governor,
            params.tokensPerDeltaOne,
            params.infrastructureAccrualBps,
            params.initialOraclePricePerThousandUsd
        );
        _setLicense(id, entry, params.licenseHash, params.licenseURI);
    }

    /// @inheritdoc IModelRegistry
    function registerModel(ModelId id, Benchmark calldata benchmark) external onlyRole(REGISTRAR_ROLE) {
        Entry storage entry = _entryIn(id, ModelStatus.PROPOSAL);
        entry.status = ModelStatus.REGISTERED;
        emit ModelRegistered(id, _setBenchmark(entry, benchmark), benchmark);
    }

    /// @inheritdoc IModelRegistry
    function replaceBenchmark(ModelId id, Benchmark calldata benchmark) external onlyRole(DEFAULT_ADMIN_ROLE) {
        Entry storage entry = _registered(id);
        emit BenchmarkReplaced(id, _setBenchmark(entry, benchmark), benchmark);

        uint256 rate = _settle(id, entry, Parameter.TOKENS_PER_DELTA_ONE);
        _cancelPending(id, entry, Parameter.TOKENS_PER_DELTA_ONE);
        uint256 maxRate = _maxTokensPerDeltaOne(entry);
        if (rate > maxRate) _setAtOnce(id, entry, Parameter.TOKENS_PER_DELTA_ONE, rate, maxRate);
    }

    /// @inheritdoc IModelRegistry
    function setDailyLimit(ModelId id, uint256 limitBps) external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (limitBps == 0 || limitBps > MAX_SCORE) revert DailyLimitOutOfRange(limitBps, 1, MAX_SCORE);
        Entry storage entry = _registered(id);

        emit DailyLimitChanged(id, entry.dailyLimitBps, limitBps);
        entry.dailyLimitBps = uint16(limitBps);
    }

    /// @inheritdoc IModelRegistry
    function pauseSubmissions(uint256 duration) external onlyRole(GUARDIAN_ROLE) {
        _setSubmissionsPausedUntil(submissionsPausedUntil.start(duration));
    }

    /// @inheritdoc IModelRegistry
    function resumeSubmissions() external onlyRole(GUARDIAN_ROLE) {
        _setSubmissionsPausedUntil(submissionsPausedUntil.stop());
    }

    /// @inheritdoc IModelRegistry
    function recordImprovement(Evaluation calldata evaluation) external returns (ImprovementTerms memory terms) {
        _requireCaller(verifier);
        Entry storage entry = _registered(evaluation.model);
        uint256 deltaBps = _requireImprovement(entry, evaluation);
        terms = _terms(entry, deltaBps, _settle(evaluation.model, entry, Parameter.TOKENS_PER_DELTA_ONE));

        uint256 rewardsRemaining = entry.rewardsRemaining - terms.reward;
        entry.paidBps = uint16(_paidTodayBps(entry) + deltaBps);
        entry.paidDay = _today();
        entry.rewardsRemaining = uint96(rewardsRemaining);
        entry.score = uint16(evaluation.candidateScore);
        entry.modelCommitment = evaluation.candidateCommitment;
        emit ScoreMoved(evaluation.model, evaluation.candidateScore, evaluation.candidateCommitment, rewardsRemaining);
    }

    /// @inheritdoc IModelRegistry
    function setPool(ModelId id, address pool) external {
        _requireCaller(factory);
        Entry storage entry = _entryIn(id, ModelStatus.REGISTERED);

        entry.status = ModelStatus.DEPLOYED;
        entry.usage.pool = pool;
        emit ModelPoolSet(id, pool);
    }

    /// @inheritdoc IModelRegistry
    function model(ModelId id) external view returns (Model memory) {
        Entry storage entry = _entries[id];
        return
            Model({
                status: entry.status,
                token: entry.token,
                pool: entry.usage.pool,
                owner: entry.owner,
                governor: entry.governor
            });
    }

    /// @inheritdoc IModelRegistry
    function statusOf(ModelId id) external view returns (ModelStatus) {
        return _entries[id].status;
    }

    /// @inheritdoc IModelRegistry
    function tokenOf(ModelId id) external view returns (address) {
        return _entries[id].token;
    }

    /// @inheritdoc IModelRegistry
    function poolOf(ModelId id) external view returns (address) {
        return _entries[id].usage.pool;
    }

    /// @inheritdoc IModelRegistry
    function governorOf(ModelId id) external view returns (address) {
        return _entries[id].governor;
    }

    /// @inheritdoc IModelRegistry
    function ownerOf(ModelId id) external view returns (address) {
        return _entries[id].owner;
    }

    /// @inheritdoc IModelRegistry
    function benchmarkOf(ModelId id) external view returns (Benchmark memory) {
        Entry storage entry = _entries[id];
        return
            Benchmark({
                specHash: entry.specHash,
                evaluationDataHash: entry.evaluationDataHash,
                modelCommitment: entry.modelCommitment,
                method: entry.terms.method,
                metric: entry.terms.metric,
                direction: entry.terms.direction,
                baselineScore: entry.score,
                minImprovementBps: entry.terms.minImprovementBps,
                minSampleSize: entry.terms.minSampleSize,
                minRuns: entry.terms.minRuns,
                minLowerBoundBps: entry.terms.minLowerBoundBps
            });
    }

    /// @inheritdoc IModelRegistry
    function benchmarkVersionOf(ModelId id) external view returns (uint256) {
        return _entries[id].benchmarkVersion;
    }

    /// @inheritdoc IModelRegistry
    function scoreOf(ModelId id) external view returns (uint256) {
        return _entries[id].score;
    }

    /// @inheritdoc IModelRegistry
    function previewImprovement(Evaluation calldata evaluation) external view returns (ImprovementTerms memory) {
        Entry storage entry = _registered(evaluation.model);
        uint256 rate = _valueOf(evaluation.model, entry, Parameter.TOKENS_PER_DELTA_ONE);
        return _terms(entry, _requireImprovement(entry, evaluation), rate);
    }

    /// @inheritdoc IModelRegistry
    function rewardFor(ModelId id, uint256 candidateScore) external view returns (uint256) {
        Entry storage entry = _registered(id);
        uint256 rate = _valueOf(id, entry, Parameter.TOKENS_PER_DELTA_ONE);
        return RewardMath.reward(_deltaBps(entry, candidateScore), rate);
    }

    /// @inheritdoc IModelRegistry
    function dailyLimitOf(ModelId id) external view returns (uint256) {
        return _entries[id].dailyLimitBps;
    }

    /// @inheritdoc IModelRegistry
    function remainingTodayBps(ModelId id) external view returns (uint256) {
        Entry storage entry = _entries[id];
        return Math.saturatingSub(entry.dailyLimitBps, _paidTodayBps(entry));
    }

    /// @inheritdoc IModelRegistry
    function rewardsRemainingOf(ModelId id) external view returns (uint256) {
        return _entries[id].rewardsRemaining;
    }

    function _setSubmissionsPausedUntil(uint256 until) private {
        submissionsPausedUntil = uint32(until);
        emit SubmissionsPaused(until, msg.sender);
    }

    function _setBenchmark(Entry storage entry, Benchmark calldata benchmark) private returns (uint256 version) {
        _requireBenchmark(benchmark);

        entry.score = benchmark.baselineScore;
        entry.terms = BenchmarkTerms({
            method: benchmark.method,
            minSampleSize: benchmark.minSampleSize,
            minRuns: benchmark.minRuns,
            minImprovementBps: benchmark.minImprovementBps,
            minLowerBoundBps: benchmark.minLowerBoundBps,
            metric: benchmark.metric,
            direction: benchmark.direction
        });
        entry.modelCommitment = benchmark.modelCommitment;
        entry.specHash = benchmark.specHash;
        entry.evaluationDataHash = benchmark.evaluationDataHash;
        entry.measureHash = _measureHash(benchmark.specHash, benchmark.evaluationDataHash);
        version = ++entry.benchmarkVersion;
    }

    function _setMethodAllowed(address method, bool allowed) private {
        if (method == address(0)) revert ZeroAddress();
        isMethodAllowed[method] = allowed;
        emit MethodAllowed(method, allowed);
    }

    /// @dev The model, provided that it is in the status that the caller's step needs.
    function _entryIn(ModelId id, ModelStatus expected) private view returns (Entry storage entry) {
        entry = _entries[id];
        if (entry.status != expected) revert WrongModelStatus(id, entry.status, expected);
    }

    /// @dev The model, provided that it has a benchmark.
    function _registered(ModelId id) private view returns (Entry storage entry) {
        entry = _entries[id];
        if (entry.status < ModelStatus.REGISTERED) revert ModelNotRegistered(id);
    }

    /// @dev All that the benchmark asks of an evaluation.
    /// @return deltaBps The improvement.
    function _requireImprovement(
        Entry storage entry,
        Evaluation calldata evaluation
    ) private view returns (uint256 deltaBps) {
        submissionsPausedUntil.requireNotPaused();
        _requireMatch(evaluation.benchmarkVersion, entry.benchmarkVersion, "benchmarkVersion");
        _requireMatch(evaluation.baselineScore, entry.score, "baselineScore");
        if (_measureHash(evaluation.specHash, evaluation.evaluationDataHash) != entry.measureHash)
            _revertMismatch(entry, evaluation);
        _requireMatch(uint256(evaluation.baselineCommitment), uint256(entry.modelCommitment), "baselineCommitment");
        deltaBps = _deltaBps(entry, evaluation.candidateScore);
        BenchmarkTerms storage terms = entry.terms;
        _requireAtLeast(deltaBps, terms.minImprovementBps, "improvement");
        _requireAtLeast(evaluation.sampleSize, terms.minSampleSize, "sampleSize");
        _requireAtLeast(evaluation.runs, terms.minRuns, "runs");
        _requireAtLeast(evaluation.lowerBoundBps, terms.minLowerBoundBps, "lowerBoundBps");
        uint256 remaining = Math.saturatingSub(entry.dailyLimitBps, _paidTodayBps(entry));
        if (deltaBps > remaining) revert DailyLimitExceeded(deltaBps, remaining);
    }

    /// @dev Names the first of the two hashes that differs. One of them does: the caller compared both at once.
    function _revertMismatch(Entry storage entry, Evaluation calldata evaluation) private view {
        _requireMatch(uint256(evaluation.specHash), uint256(entry.specHash), "specHash");
        _requireMatch(uint256(evaluation.evaluationDataHash), uint256(entry.evaluationDataHash), "evaluationDataHash");
    }

    /// @dev Improvement in bps, 0 when the candidate is no better.
    function _deltaBps(Entry storage entry, uint256 candidateScore) private view returns (uint256) {
        if (candidateScore > MAX_SCORE) revert CandidateScoreOutOfRange(candidateScore, 0, MAX_SCORE);
        return
            entry.terms.direction == Direction.MAXIMISE
                ? Math.saturatingSub(candidateScore, entry.score)
                : Math.saturatingSub(entry.score, candidateScore);
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

    function _paidTodayBps(Entry storage entry) private view returns (uint256) {
        return entry.paidDay == _today() ? entry.paidBps : 0;
    }

    function _requireBenchmark(Benchmark calldata benchmark) private view {
        if (benchmark.specHash == 0 || benchmark.evaluationDataHash == 0) revert BenchmarkHashMissing();
        if (!isMethodAllowed[benchmark.method]) revert MethodNotAllowed(benchmark.method);
        if (benchmark.baselineScore > MAX_SCORE) revert BaselineScoreOutOfRange(benchmark.baselineScore, 0, MAX_SCORE);
        if (benchmark.minImprovementBps < MIN_IMPROVEMENT_BPS || benchmark.minImprovementBps > MAX_MIN_IMPROVEMENT_BPS)
            revert MinImprovementOutOfRange(benchmark.minImprovementBps, MIN_IMPROVEMENT_BPS, MAX_MIN_IMPROVEMENT_BPS);
        if (benchmark.minSampleSize == 0) revert MinSampleSizeOutOfRange(0, 1, type(uint32).max);
        if (benchmark.minRuns == 0) revert MinRunsOutOfRange(0, 1, type(uint16).max);
        if (benchmark.minLowerBoundBps == 0 || benchmark.minLowerBoundBps > MAX_SCORE)
            revert MinLowerBoundOutOfRange(benchmark.minLowerBoundBps, 1, MAX_SCORE);
    }

    /// @dev UTC days since 1970; they fit until the year 2149.
    function _today() private view returns (uint16) {
        return uint16(block.timestamp / 1 days);
    }

    /// @dev What a score is measured by: one word to compare instead of two.
    function _measureHash(bytes32 specHash, bytes32 evaluationDataHash) private pure returns (bytes32) {
        return keccak256(abi.encode(specHash, evaluationDataHash));
    }

    function _requireMatch(uint256 actual, uint256 expected, bytes32 field) private pure {
        if (actual != expected) revert EvaluationMismatch(field, actual, expected);
    }

    function _requireAtLeast(uint256 actual, uint256 min, bytes32 field) private pure {
        if (actual < min) revert EvaluationTooWeak(field, actual, min);
    }
}
