// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ProtocolAccess} from "../access/ProtocolAccess.sol";
import {Roles} from "../access/Roles.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {RewardMath} from "../libraries/RewardMath.sol";
import {HashMissing, requireCaller, requireWithin, WrongModelStatus, ZeroAddress} from "../types/CommonErrors.sol";
import {Benchmark, Direction, InitialParams, MethodAccess, Model, ModelId, ModelStatus} from "../types/ModelTypes.sol";
import {ModelImprovements} from "./ModelImprovements.sol";

/// @title ModelRegistry
/// @notice See {IModelRegistry}.
/// @dev Custody: none. Trusts: the TokenManager for a model's initial values and for minting what is released, and the factory
/// for a model's pool, both named once by {wire}; the verifier for the truth of an improvement, which waits before it is paid.
contract ModelRegistry is ModelImprovements {
    /// @notice May commit benchmarks of proposed models.
    bytes32 public constant REGISTRAR_ROLE = keccak256("REGISTRAR_ROLE");

    /// @notice May create pools, in the factory.
    bytes32 public constant POOL_CREATOR_ROLE = Roles.POOL_CREATOR;

    /// @notice May pay invoices, in the infrastructure reserve.
    bytes32 public constant PAYER_ROLE = Roles.PAYER;

    /// @notice Most that a benchmark's smallest paid improvement may be, in bps.
    uint256 public constant MAX_MIN_IMPROVEMENT_BPS = 1000;

    /// @notice Improvement that is paid per model and UTC day at most, in bps, unless the admin decides otherwise.
    uint256 public constant DEFAULT_DAILY_LIMIT_BPS = 10_00; // 10 %

    address private immutable _wirer;

    /// @param adminDelay Seconds between the two steps of an admin transfer.
    /// @param admin The timelock.
    /// @param guardians First holders of `GUARDIAN_ROLE`.
    /// @param registrars First holders of `REGISTRAR_ROLE`.
    /// @param poolCreators First holders of `POOL_CREATOR_ROLE`.
    /// @param payers First holders of `PAYER_ROLE`.
    /// @param wirer The account that will call {wire}; it can do nothing else. Named here because a deterministic
    /// deployment has another sender.
    /// @param payoutDelay_ Seconds that every payout waits, 10 minutes … 14 days.
    constructor(
        uint48 adminDelay,
        address admin,
        address[] memory guardians,
        address[] memory registrars,
        address[] memory poolCreators,
        address[] memory payers,
        address wirer,
        uint256 payoutDelay_
    ) ProtocolAccess(adminDelay, admin, guardians) ModelImprovements(payoutDelay_) {
        if (wirer == address(0)) revert ZeroAddress();
        _wirer = wirer;
        _grantRoles(REGISTRAR_ROLE, registrars);
        _grantRoles(POOL_CREATOR_ROLE, poolCreators);
        _grantRoles(PAYER_ROLE, payers);
    }

    /// @inheritdoc IModelRegistry
    function wire(address tokenManager_, address factory_, address verifier_, address[] calldata methods) external {
        requireCaller(_wirer);
        if (tokenManager != address(0)) revert AlreadyWired();
        if (tokenManager_ == address(0) || factory_ == address(0) || verifier_ == address(0)) revert ZeroAddress();

        tokenManager = tokenManager_;
        factory = factory_;
        verifier = verifier_;
        emit Wired(tokenManager_, factory_, verifier_);
        for (uint256 i; i < methods.length; ++i) {
            _setMethodAccess(methods[i], MethodAccess.REGISTRAR);
        }
    }

    /// @inheritdoc IModelRegistry
    function setVerifier(address verifier_) external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (verifier_ == address(0)) revert ZeroAddress();

        emit VerifierChanged(verifier, verifier_);
        verifier = verifier_;
    }

    /// @inheritdoc IModelRegistry
    function setMethodAccess(address method, MethodAccess access) external onlyRole(DEFAULT_ADMIN_ROLE) {
        _setMethodAccess(method, access);
    }

    /// @inheritdoc IModelRegistry
    function createModel(
        ModelId id,
        string calldata modelId,
        address token,
        address owner,
        InitialParams calldata params
    ) external {
        requireCaller(tokenManager);
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
        _setLicense(id, params.licenseHash, params.licenseURI);
    }

    /// @inheritdoc IModelRegistry
    function registerModel(ModelId id, Benchmark calldata benchmark) external {
        bool isAdmin = hasRole(DEFAULT_ADMIN_ROLE, msg.sender);
        if (!isAdmin) _checkRole(REGISTRAR_ROLE);
        _entryIn(id, ModelStatus.PROPOSAL).status = ModelStatus.REGISTERED;
        uint256 version = _setBenchmark(id, benchmark, isAdmin ? MethodAccess.ADMIN : MethodAccess.REGISTRAR);
        emit ModelRegistered(id, version, benchmark);
    }

    /// @inheritdoc IModelRegistry
    function replaceBenchmark(ModelId id, Benchmark calldata benchmark) external onlyRole(DEFAULT_ADMIN_ROLE) {
        _atLeast(id, ModelStatus.REGISTERED);
        emit BenchmarkReplaced(id, _setBenchmark(id, benchmark, MethodAccess.ADMIN), benchmark);
        _limitRate(id);
    }

    /// @inheritdoc IModelRegistry
    function setPool(ModelId id, address pool) external {
        requireCaller(factory);
        Entry storage entry = _entryIn(id, ModelStatus.REGISTERED);

        entry.status = ModelStatus.DEPLOYED;
        entry.usage.pool = pool;
        emit ModelPoolSet(id, pool);
    }

    /// @inheritdoc IModelRegistry
    function model(ModelId id) external view returns (Model memory) {
        Entry storage entry = _entries[id];
        return Model(entry.status, entry.token, entry.usage.pool, entry.owner, entry.governor);
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
                targetScore: entry.targetScore,
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

    function _setBenchmark(ModelId id, Benchmark calldata benchmark, MethodAccess required) private returns (uint256) {
        Entry storage entry = _entries[id];
        MethodAccess access = methodAccessOf[benchmark.method];
        if (access < required) revert MethodNotAllowed(benchmark.method, access);
        _requireBenchmark(benchmark, entry.dailyLimitBps);

        entry.score = benchmark.baselineScore;
        entry.targetScore = benchmark.targetScore;
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
        return ++entry.benchmarkVersion;
    }

    function _setMethodAccess(address method, MethodAccess access) private {
        if (method == address(0)) revert ZeroAddress();
        methodAccessOf[method] = access;
        emit MethodAllowed(method, access);
    }

    /// @dev The model, provided that it is in the status that the caller's step needs.
    function _entryIn(ModelId id, ModelStatus required) private view returns (Entry storage entry) {
        entry = _entries[id];
        if (entry.status != required) revert WrongModelStatus(id, entry.status, required);
    }

    /// @dev A benchmark whose least improvement is more than the daily limit could never pay.
    function _requireBenchmark(Benchmark calldata benchmark, uint256 limitBps) private pure {
        if (benchmark.specHash == 0) revert HashMissing("specHash");
        if (benchmark.evaluationDataHash == 0) revert HashMissing("evaluationDataHash");
        uint256 baseline = benchmark.baselineScore;
        requireWithin("baselineScore", baseline, 0, MAX_SCORE);
        uint256 max = Math.min(MAX_MIN_IMPROVEMENT_BPS, limitBps);
        requireWithin("minImprovementBps", benchmark.minImprovementBps, RewardMath.MIN_IMPROVEMENT_BPS, max);
        requireWithin("minSampleSize", benchmark.minSampleSize, 1, type(uint32).max);
        requireWithin("minRuns", benchmark.minRuns, 1, type(uint16).max);
        requireWithin("minLowerBoundBps", benchmark.minLowerBoundBps, 1, limitBps);
        if (benchmark.targetScore == 0) return;
        (uint256 least, uint256 most) = benchmark.direction == Direction.MAXIMISE
            ? (baseline + 1, Math.min(baseline + limitBps, MAX_SCORE))
            : (Math.max(Math.saturatingSub(baseline, limitBps), 1), Math.saturatingSub(baseline, 1));
        requireWithin("targetScore", benchmark.targetScore, least, most);
    }
}
