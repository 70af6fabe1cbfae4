// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ProtocolAccess} from "../access/ProtocolAccess.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {ZeroAddress} from "../types/CommonErrors.sol";
import {ModelId} from "../types/ModelId.sol";
import {
    Benchmark,
    Direction,
    InitialParams,
    Metric,
    Model,
    ModelParameters,
    ModelStatus
} from "../types/ModelTypes.sol";

/// @title ModelRegistry
/// @notice See {IModelRegistry}.
/// @dev Custody: none. Trusts: the TokenManager for what a model is born with, the factory for its pool, both named once by
/// {wire}. Every word is packed by who writes it when, see {Entry}.
contract ModelRegistry is IModelRegistry, ProtocolAccess {
    /// @notice May commit benchmarks of proposed models.
    bytes32 public constant REGISTRAR_ROLE = keccak256("REGISTRAR_ROLE");

    /// @notice Bounds of the reward for 100 bps, in wei.
    uint256 public constant MIN_TOKENS_PER_DELTA_ONE = 100e18;
    uint256 public constant MAX_TOKENS_PER_DELTA_ONE = 10_000_000e18;

    /// @notice Bounds of the infrastructure share of usage fees, in bps.
    uint256 public constant MIN_INFRASTRUCTURE_ACCRUAL_BPS = 10_00; // 10 %
    uint256 public constant MAX_INFRASTRUCTURE_ACCRUAL_BPS = 100_00; // 100 %

    /// @notice Highest price of 1000 API calls, in reserve units.
    uint256 public constant MAX_PRICE_PER_THOUSAND_CALLS = 1e12;

    /// @notice Longest licence URI, in bytes.
    uint256 public constant MAX_LICENSE_URI_LENGTH = 256;

    /// @notice Bounds of a benchmark's smallest paid improvement, in bps.
    uint256 public constant MIN_IMPROVEMENT_BPS = 10;
    uint256 public constant MAX_MIN_IMPROVEMENT_BPS = 1000;

    /// @notice Top of the score scale, in bps.
    uint256 public constant MAX_SCORE = 100_00;

    /// @dev One model. `token` and `status` are read together by every step of the lifecycle.
    struct Entry {
        address token;
        ModelStatus status;
        address pool;
        address owner;
        address governor;
        uint96 tokensPerDeltaOne;
        uint16 infrastructureAccrualBps;
        uint48 pricePerThousandCalls;
        uint32 benchmarkVersion;
        uint16 score;
        bytes32 licenseHash;
        string licenseURI;
        address method;
        uint32 minSampleSize;
        uint16 minRuns;
        uint16 minImprovementBps;
        uint16 minLowerBoundBps;
        Metric metric;
        Direction direction;
        bytes32 specHash;
        bytes32 evaluationDataHash;
        bytes32 modelCommitment;
    }

    address private immutable _wirer;

    /// @inheritdoc IModelRegistry
    address public tokenManager;

    /// @inheritdoc IModelRegistry
    address public factory;

    /// @inheritdoc IModelRegistry
    address public verifier;

    /// @inheritdoc IModelRegistry
    mapping(address method => bool) public isMethodAllowed;

    mapping(ModelId id => Entry) private _entries;

    /// @param adminDelay Seconds between the two steps of an admin transfer.
    /// @param admin The timelock.
    /// @param guardians First holders of `GUARDIAN_ROLE`.
    /// @param registrars First holders of `REGISTRAR_ROLE`.
    /// @param methods First verification methods on the allow-list.
    /// @param wirer The account that will call {wire}; it can do nothing else. Named here because a deterministic
    /// deployment has another sender.
    constructor(
        uint48 adminDelay,
        address admin,
        address[] memory guardians,
        address[] memory registrars,
        address[] memory methods,
        address wirer
    ) ProtocolAccess(adminDelay, admin, guardians) {
        if (wirer == address(0)) revert ZeroAddress();
        _wirer = wirer;
        _grantRoles(REGISTRAR_ROLE, registrars);
        for (uint256 i; i < methods.length; ++i) {
            _setMethodAllowed(methods[i], true);
        }
    }

    /// @inheritdoc IModelRegistry
    function wire(address tokenManager_, address factory_, address verifier_) external {
        _requireCaller(_wirer);
        if (tokenManager != address(0)) revert AlreadyWired();
        if (tokenManager_ == address(0) || factory_ == address(0) || verifier_ == address(0)) revert ZeroAddress();

        tokenManager = tokenManager_;
        factory = factory_;
        verifier = verifier_;
        emit Wired(tokenManager_, factory_, verifier_);
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
        _requireTokensPerDeltaOne(params.tokensPerDeltaOne);
        _requireInfrastructureAccrual(params.infrastructureAccrualBps);
        _requirePrice(params.initialOraclePricePerThousandUsd);
        if (params.governor == address(0)) revert ZeroAddress();

        entry.token = token;
        entry.status = ModelStatus.PROPOSAL;
        entry.owner = owner;
        entry.governor = params.governor;
        entry.tokensPerDeltaOne = uint96(params.tokensPerDeltaOne);
        entry.infrastructureAccrualBps = params.infrastructureAccrualBps;
        entry.pricePerThousandCalls = uint48(params.initialOraclePricePerThousandUsd);
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
        _requireBenchmark(benchmark);

        entry.status = ModelStatus.REGISTERED;
        entry.score = benchmark.baselineScore;
        entry.method = benchmark.method;
        entry.minSampleSize = benchmark.minSampleSize;
        entry.minRuns = benchmark.minRuns;
        entry.minImprovementBps = benchmark.minImprovementBps;
        entry.minLowerBoundBps = benchmark.minLowerBoundBps;
        entry.metric = benchmark.metric;
        entry.direction = benchmark.direction;
        entry.specHash = benchmark.specHash;
        entry.evaluationDataHash = benchmark.evaluationDataHash;
        entry.modelCommitment = benchmark.modelCommitment;
        uint256 version = ++entry.benchmarkVersion;
        emit ModelRegistered(id, version, benchmark);
    }

    /// @inheritdoc IModelRegistry
    function setPool(ModelId id, address pool) external {
        _requireCaller(factory);
        Entry storage entry = _entryIn(id, ModelStatus.REGISTERED);

        entry.status = ModelStatus.DEPLOYED;
        entry.pool = pool;
        emit ModelPoolSet(id, pool);
    }

    /// @inheritdoc IModelRegistry
    function model(ModelId id) external view returns (Model memory) {
        Entry storage entry = _entries[id];
        return
            Model({
                status: entry.status,
                token: entry.token,
                pool: entry.pool,
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
        return _entries[id].pool;
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
    function parametersOf(ModelId id) external view returns (ModelParameters memory) {
        Entry storage entry = _entries[id];
        return
            ModelParameters({
                tokensPerDeltaOne: entry.tokensPerDeltaOne,
                infrastructureAccrualBps: entry.infrastructureAccrualBps,
                pricePerThousandCalls: entry.pricePerThousandCalls,
                licenseHash: entry.licenseHash,
                licenseURI: entry.licenseURI
            });
    }

    /// @inheritdoc IModelRegistry
    function benchmarkOf(ModelId id) external view returns (Benchmark memory) {
        Entry storage entry = _entries[id];
        return
            Benchmark({
                specHash: entry.specHash,
                evaluationDataHash: entry.evaluationDataHash,
                modelCommitment: entry.modelCommitment,
                method: entry.method,
                metric: entry.metric,
                direction: entry.direction,
                baselineScore: entry.score,
                minImprovementBps: entry.minImprovementBps,
                minSampleSize: entry.minSampleSize,
                minRuns: entry.minRuns,
                minLowerBoundBps: entry.minLowerBoundBps
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

    function _setMethodAllowed(address method, bool allowed) private {
        if (method == address(0)) revert ZeroAddress();
        isMethodAllowed[method] = allowed;
        emit MethodAllowed(method, allowed);
    }

    function _setLicense(ModelId id, Entry storage entry, bytes32 licenseHash, string calldata licenseURI) private {
        uint256 length = bytes(licenseURI).length;
        if (licenseHash == 0) revert LicenseHashMissing();
        if (length == 0 || length > MAX_LICENSE_URI_LENGTH)
            revert LicenseURILengthOutOfRange(length, 1, MAX_LICENSE_URI_LENGTH);

        entry.licenseHash = licenseHash;
        entry.licenseURI = licenseURI;
        emit LicenseSet(id, licenseHash, licenseURI);
    }

    /// @dev The model, provided that it is in the status that the caller's step needs.
    function _entryIn(ModelId id, ModelStatus expected) private view returns (Entry storage entry) {
        entry = _entries[id];
        if (entry.status != expected) revert WrongModelStatus(id, entry.status, expected);
    }

    /// @dev `expected` is zero before wiring, and nobody calls from zero.
    function _requireCaller(address expected) private view {
        if (msg.sender != expected) revert UnauthorizedCaller(msg.sender, expected);
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

    function _requireTokensPerDeltaOne(uint256 value) private pure {
        if (value < MIN_TOKENS_PER_DELTA_ONE || value > MAX_TOKENS_PER_DELTA_ONE)
            revert TokensPerDeltaOneOutOfRange(value, MIN_TOKENS_PER_DELTA_ONE, MAX_TOKENS_PER_DELTA_ONE);
    }

    function _requireInfrastructureAccrual(uint256 value) private pure {
        if (value < MIN_INFRASTRUCTURE_ACCRUAL_BPS || value > MAX_INFRASTRUCTURE_ACCRUAL_BPS)
            revert InfrastructureAccrualOutOfRange(
                value,
                MIN_INFRASTRUCTURE_ACCRUAL_BPS,
                MAX_INFRASTRUCTURE_ACCRUAL_BPS
            );
    }

    function _requirePrice(uint256 value) private pure {
        if (value > MAX_PRICE_PER_THOUSAND_CALLS) revert PriceOutOfRange(value, 0, MAX_PRICE_PER_THOUSAND_CALLS);
    }
}
