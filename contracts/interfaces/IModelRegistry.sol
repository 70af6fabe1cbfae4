// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Benchmark, InitialParams, MethodAccess, Model, ModelId, ModelStatus} from "../types/ModelTypes.sol";
import {IModelGovernance} from "./IModelGovernance.sol";
import {IModelImprovements} from "./IModelImprovements.sol";

/// @title Model registry
/// @notice Keeps what the protocol knows about its models: identity, lifecycle, parameters, benchmark, score and waiting
/// payouts. It is also the only address book, through which the contracts above it find each other. It calls no other
/// contract and holds no tokens.
interface IModelRegistry is IModelGovernance, IModelImprovements {
    /// @notice The address book was completed.
    /// @param tokenManager Deploys and mints tokens.
    /// @param factory Creates pools.
    /// @param verifier Vouches for improvements.
    event Wired(address indexed tokenManager, address indexed factory, address indexed verifier);

    /// @notice The verifier was replaced by the admin.
    /// @param oldVerifier The verifier before.
    /// @param newVerifier The verifier now.
    event VerifierChanged(address indexed oldVerifier, address indexed newVerifier);

    /// @notice Access to a verification method changed: who may give a model a benchmark that uses it.
    /// @param method The verification method.
    /// @param access Who may.
    event MethodAllowed(address indexed method, MethodAccess access);

    /// @notice A model was created, in status PROPOSAL. The only event that carries the published id.
    /// @param id Key of `modelId`.
    /// @param token The model's ERC-20.
    /// @param owner Receives the owner's share of rewards.
    /// @param modelId The published id.
    /// @param governor Changes the model's parameters.
    /// @param tokensPerDeltaOne Reward for 100 bps, in wei.
    /// @param infrastructureAccrualBps Share of usage fees for infrastructure, in bps.
    /// @param pricePerThousandCalls Price of 1000 API calls, in reserve units.
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

    /// @notice The model's benchmark was committed and its score set to the baseline; status REGISTERED.
    /// @param id The model.
    /// @param version Version of the benchmark, 1.
    /// @param benchmark The benchmark.
    event ModelRegistered(ModelId indexed id, uint256 indexed version, Benchmark benchmark);

    /// @notice The admin replaced the benchmark and set the score to the new baseline.
    /// @param id The model.
    /// @param version Version of the benchmark, from 2.
    /// @param benchmark The benchmark.
    event BenchmarkReplaced(ModelId indexed id, uint256 indexed version, Benchmark benchmark);

    /// @notice The model's pool exists; status DEPLOYED.
    /// @param id The model.
    /// @param pool The pool.
    event ModelPoolSet(ModelId indexed id, address indexed pool);

    /// @notice The address book is already complete.
    /// @custom:fix Nothing to do: the address book is written once. A verifier is replaced by the admin with `setVerifier`.
    error AlreadyWired();

    /// @notice The caller may not give a model a benchmark that uses this verification method.
    /// @param method The verification method.
    /// @param access Who may.
    /// @custom:fix Name a method that is open to the caller; `methodAccessOf` tells: 0 nobody, 1 the admin, 2 registrars as
    /// well. The admin can open others after its delay, or register the model itself.
    error MethodNotAllowed(address method, MethodAccess access);

    /// @notice Completes the address book, once, and lets registrars use the first verification methods. Until then, nothing
    /// can be done in the protocol. Only the `wirer` that was named at construction.
    /// @dev Emits `Wired` and `MethodAllowed`. Reverts `UnauthorizedCaller`, `AlreadyWired`, `ZeroAddress`.
    /// @param tokenManager Deploys and mints tokens.
    /// @param factory Creates pools.
    /// @param verifier Vouches for improvements.
    /// @param methods Verification methods for registrars.
    function wire(address tokenManager, address factory, address verifier, address[] calldata methods) external;

    /// @notice Replaces the verifier. The former verifier has no say over payouts that are waiting. Only the admin, hence after
    /// its delay.
    /// @dev Emits `VerifierChanged`. Reverts `AccessControlUnauthorizedAccount`, `ZeroAddress`.
    /// @param verifier The verifier from now on.
    function setVerifier(address verifier) external;

    /// @notice Decides who may give a model a benchmark that uses a verification method. Models that use it keep it. Only the
    /// admin, hence after its delay.
    /// @dev Emits `MethodAllowed`. Reverts `AccessControlUnauthorizedAccount`, `ZeroAddress`.
    /// @param method The verification method.
    /// @param access Who may. A method that needs no attester is best left to the admin: whoever holds the labels of such a
    /// benchmark can prove any score.
    function setMethodAccess(address method, MethodAccess access) external;

    /// @notice Creates a model in status PROPOSAL. Only the TokenManager, which vouches for id, token and owner.
    /// @dev Emits `ModelCreated` and `LicenseSet`. Reverts `UnauthorizedCaller`, `WrongModelStatus`, `ZeroAddress` for the
    /// governor, `OutOfRange`, `HashMissing`.
    /// @param id Key of `modelId`.
    /// @param modelId Published id, for the log.
    /// @param token The model's ERC-20.
    /// @param owner The model's owner.
    /// @param params Initial parameters.
    function createModel(
        ModelId id,
        string calldata modelId,
        address token,
        address owner,
        InitialParams calldata params
    ) external;

    /// @notice Commits the benchmark of a proposed model. Only `REGISTRAR_ROLE`, with a method that is open to registrars, or
    /// the admin, with any that is allowed. Afterwards it can only be replaced, with {replaceBenchmark}.
    /// @dev Emits `ModelRegistered`. Reverts `AccessControlUnauthorizedAccount`, `WrongModelStatus`, `HashMissing`,
    /// `MethodNotAllowed`, `OutOfRange`.
    /// @param id The model.
    /// @param benchmark The benchmark.
    function registerModel(ModelId id, Benchmark calldata benchmark) external;

    /// @notice Replaces a wrong or poisoned benchmark as a whole: a new version, for which no earlier statement is valid.
    /// What was minted stays minted, and payouts that wait stay payable. If the lifetime rewards that are left would not pay
    /// for all of the new scale, the rate is lowered to what they can pay. Only the admin, hence after its delay.
    /// @dev Emits `BenchmarkReplaced`, and `ParameterChanged` or `ParameterChangeCancelled` for the rate. Reverts
    /// `AccessControlUnauthorizedAccount`, `WrongModelStatus` before registration, `HashMissing`, `MethodNotAllowed`,
    /// `OutOfRange`.
    /// @param id The model.
    /// @param benchmark The benchmark.
    function replaceBenchmark(ModelId id, Benchmark calldata benchmark) external;

    /// @notice Records the pool of a registered model. Only the factory.
    /// @dev Emits `ModelPoolSet`. Reverts `UnauthorizedCaller`, `WrongModelStatus`.
    /// @param id The model.
    /// @param pool The pool.
    function setPool(ModelId id, address pool) external;

    /// @notice Contract that deploys tokens and mints supplier allocations and rewards.
    /// @return Its address; zero before wiring.
    function tokenManager() external view returns (address);

    /// @notice Contract that creates pools.
    /// @return Its address; zero before wiring.
    function factory() external view returns (address);

    /// @notice Contract that moves scores and queues rewards.
    /// @return Its address; zero before wiring.
    function verifier() external view returns (address);

    /// @notice Who may give a model a benchmark that uses a verification method.
    /// @param method The verification method.
    /// @return Who may.
    function methodAccessOf(address method) external view returns (MethodAccess);

    /// @notice Identity and lifecycle.
    /// @param id The model.
    /// @return The model; all zero for an unknown id.
    function model(ModelId id) external view returns (Model memory);

    /// @notice Where the model is in its lifecycle.
    /// @param id The model.
    /// @return Its status; `NONE` for an unknown id.
    function statusOf(ModelId id) external view returns (ModelStatus);

    /// @notice The model's ERC-20.
    /// @param id The model.
    /// @return Its address; zero for an unknown id.
    function tokenOf(ModelId id) external view returns (address);

    /// @notice The model's pool.
    /// @param id The model.
    /// @return Its address; zero before it exists.
    function poolOf(ModelId id) external view returns (address);

    /// @notice The benchmark. Its `baselineScore` and `modelCommitment` are the present ones, which the next improvement must
    /// start from.
    /// @param id The model.
    /// @return The benchmark; all zero before registration.
    function benchmarkOf(ModelId id) external view returns (Benchmark memory);

    /// @notice Version of the benchmark.
    /// @param id The model.
    /// @return 0 before registration, then one more with each benchmark.
    function benchmarkVersionOf(ModelId id) external view returns (uint256);
}
