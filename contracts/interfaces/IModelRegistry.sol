// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Benchmark, InitialParams, Model, ModelParameters, ModelStatus} from "../types/ModelTypes.sol";
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

    /// @notice A benchmark was committed and the model's score set to its baseline.
    event ModelRegistered(ModelId indexed id, uint256 indexed version, Benchmark benchmark);

    /// @notice The model's pool exists; status DEPLOYED.
    event ModelPoolSet(ModelId indexed id, address indexed pool);

    /// @notice The address book is already complete.
    error AlreadyWired();

    /// @notice The caller is not the one contract or account that may call this function.
    error UnauthorizedCaller(address caller, address expected);

    /// @notice The model is not in the status that the step needs.
    error WrongModelStatus(ModelId id, ModelStatus actual, ModelStatus expected);

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

    /// @notice Completes the address book, once. Before that, nothing in the protocol can be done.
    /// @dev Only the `wirer` named at construction. Errors: `UnauthorizedCaller`, `AlreadyWired`, `ZeroAddress`.
    function wire(address tokenManager, address factory, address verifier) external;

    /// @notice Replaces the verifier. Only the admin, hence after its delay. Errors: `ZeroAddress`.
    function setVerifier(address verifier) external;

    /// @notice Puts a verification method on the allow-list, or takes it off. Only the admin, hence after its delay.
    /// Models that already use the method keep it. Errors: `ZeroAddress`.
    function setMethodAllowed(address method, bool allowed) external;

    /// @notice Creates a model in status PROPOSAL. Only the TokenManager, which vouches for id, token and owner.
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

    /// @notice Records the pool of a registered model. Only the factory. Errors: `WrongModelStatus`.
    function setPool(ModelId id, address pool) external;

    /// @notice Contract that deploys tokens and mints supplier allocations and rewards; zero before wiring.
    function tokenManager() external view returns (address);

    /// @notice Contract that creates pools; zero before wiring.
    function factory() external view returns (address);

    /// @notice Contract on whose word scores move and rewards are minted; zero before wiring.
    function verifier() external view returns (address);

    /// @notice Whether new benchmarks may use a verification method.
    function isMethodAllowed(address method) external view returns (bool);

    /// @notice Identity and lifecycle; all zero for an unknown id.
    function model(ModelId id) external view returns (Model memory);

    function statusOf(ModelId id) external view returns (ModelStatus);

    /// @notice The model's ERC-20; zero for an unknown id.
    function tokenOf(ModelId id) external view returns (address);

    /// @notice The model's pool; zero before it exists.
    function poolOf(ModelId id) external view returns (address);

    function governorOf(ModelId id) external view returns (address);

    function ownerOf(ModelId id) external view returns (address);

    function parametersOf(ModelId id) external view returns (ModelParameters memory);

    /// @notice The benchmark as it was committed; `baselineScore` and `modelCommitment` are those of the commitment's time.
    function benchmarkOf(ModelId id) external view returns (Benchmark memory);

    /// @notice Version of the benchmark; 0 before registration.
    function benchmarkVersionOf(ModelId id) external view returns (uint256);

    /// @notice The model's current score in bps; 0 before registration.
    function scoreOf(ModelId id) external view returns (uint256);
}
