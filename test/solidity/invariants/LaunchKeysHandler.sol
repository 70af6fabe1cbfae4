// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {HokusaiAMMFactory} from "contracts/market/HokusaiAMMFactory.sol";
import {ModelRegistry} from "contracts/models/ModelRegistry.sol";
import {TokenManager} from "contracts/tokens/TokenManager.sol";
import {Contributor, Evaluation, ImprovementStatement, Payout} from "contracts/types/ImprovementTypes.sol";
import {Benchmark, InitialParams, MethodAccess, ModelId} from "contracts/types/ModelTypes.sol";
import {DeltaOneVerifier} from "contracts/verification/DeltaOneVerifier.sol";
import {Keys} from "../utils/ProtocolTest.sol";
import {Assertions, vm} from "../utils/Test.sol";

/// @notice What the handler acts on. The methods are the admin's, the registrars' and one that nobody allowed.
struct Launches {
    ModelRegistry registry;
    TokenManager tokenManager;
    HokusaiAMMFactory factory;
    DeltaOneVerifier verifier;
    address[3] methods;
}

/// @notice How often interesting states were reached.
struct LaunchKeysReached {
    uint256 deployed;
    uint256 registered;
    uint256 methodsRefused;
    uint256 distributed;
    uint256 pools;
    uint256 submissionsRefused;
    uint256 doorsShut;
}

/// @title LaunchKeysHandler
/// @notice Whoever holds the keys of launches, all of them, as they try to invent an improvement of a model of their own: they own and
/// govern it, and its attesters are not theirs.
contract LaunchKeysHandler is Assertions {
    string[5] private _modelIds = ["invented-0", "invented-1", "invented-2", "invented-3", "invented-4"];

    /// @notice The time of the chain: forge forgets a handler's `warp`.
    uint256 public clock;

    Launches private _l;
    Benchmark private _benchmark;
    LaunchKeysReached private _reached;
    address private _outsider;
    address[5] private _senders;
    uint256 private _nextId;

    modifier atClock() {
        vm.warp(clock);
        _;
    }

    constructor(Launches memory launches, Keys memory keys, Benchmark memory benchmark) {
        clock = block.timestamp;
        _l = launches;
        _benchmark = benchmark;
        _outsider = makeAddr("outsider");
        _senders = [keys.registrar, keys.deployer, keys.distributor, keys.poolCreator, _outsider];
    }

    function deploy(uint256 sender, uint256 model) external atClock {
        InitialParams memory params = InitialParams({
            tokensPerDeltaOne: 10_000_000e18,
            infrastructureAccrualBps: 10_00,
            initialOraclePricePerThousandUsd: 0,
            licenseHash: keccak256("licence"),
            licenseURI: "ipfs://licence",
            governor: _outsider
        });
        bytes memory call = abi.encodeCall(
            _l.tokenManager.deployTokenWithAllocations,
            (_modelIds[model % 5], "Invented", "INV", 1_000_000e18, _outsider, 1_000_000e18, params)
        );
        vm.prank(_senders[sender % 2 == 0 ? 1 : sender % 5]);
        (bool done, ) = address(_l.tokenManager).call(call);
        if (done) ++_reached.deployed;
    }

    /// @notice M1: with any of the methods; the registrar's only succeeds.
    function register(uint256 sender, uint256 model, uint256 method) external atClock {
        Benchmark memory b = _benchmark;
        b.method = _l.methods[method % 3];
        bytes memory call = abi.encodeCall(_l.registry.registerModel, (modelAt(model % 5), b));
        vm.prank(_senders[sender % 2 == 0 ? 0 : sender % 5]);
        (bool done, bytes memory reason) = address(_l.registry).call(call);
        if (done) {
            assertEq(b.method, _l.methods[1], "M1: a method that is not the registrars'");
            ++_reached.registered;
        } else if (bytes4(reason) == bytes4(keccak256("MethodNotAllowed(address,uint8)"))) {
            ++_reached.methodsRefused;
        }
    }

    function distribute(uint256 sender, uint256 model) external atClock {
        vm.prank(_senders[sender % 2 == 0 ? 2 : sender % 5]);
        (bool done, ) = address(_l.tokenManager).call(
            abi.encodeCall(_l.tokenManager.distributeModelSupplierAllocation, (_modelIds[model % 5]))
        );
        if (done) ++_reached.distributed;
    }

    function createPool(uint256 sender, uint256 model) external atClock {
        address token = _l.registry.tokenOf(modelAt(model % 5));
        vm.prank(_senders[sender % 2 == 0 ? 3 : sender % 5]);
        (bool done, ) = address(_l.factory).call(abi.encodeCall(_l.factory.createPool, (_modelIds[model % 5], token)));
        if (done) ++_reached.pools;
    }

    /// @notice An improvement as large as the day allows, to whom it is invented for.
    /// @return done Whether it was recorded.
    function submit(uint256 model, uint256 delta, uint256 sender) external atClock returns (bool done) {
        ModelId id = modelAt(model % 5);
        Benchmark memory b = _l.registry.benchmarkOf(id);
        delta = bound(delta, 10, 1000);
        if (b.baselineScore + delta > 10_000) return false;
        ImprovementStatement memory s;
        s.evaluation = Evaluation({
            model: id,
            benchmarkVersion: _l.registry.benchmarkVersionOf(id),
            specHash: b.specHash,
            evaluationDataHash: b.evaluationDataHash,
            baselineScore: b.baselineScore,
            candidateScore: b.baselineScore + delta,
            sampleSize: b.minSampleSize,
            runs: b.minRuns,
            lowerBoundBps: b.minLowerBoundBps,
            baselineCommitment: b.modelCommitment,
            candidateCommitment: bytes32(delta)
        });
        s.evaluationId = bytes32(++_nextId);
        s.contributors = new Contributor[](1);
        s.contributors[0] = Contributor(_outsider, 10_000);
        s.attesterEpoch = 1;
        s.deadline = clock;
        vm.prank(_senders[sender % 5]);
        bytes memory call = abi.encodeCall(
            _l.verifier.processImprovement,
            (s, abi.encode(new address[](0), new bytes[](0)))
        );
        (done, ) = address(_l.verifier).call(call);
        if (!done && b.method != address(0)) ++_reached.submissionsRefused;
    }

    /// @notice What else could lead to a mint.
    function tryDoor(uint256 sender, uint256 model, uint256 door) external atClock {
        address caller = _senders[sender % 5];
        (address target, bytes memory call) = _door(modelAt(model % 5), caller, door % 9);
        vm.prank(caller);
        (bool done, ) = target.call(call);
        assertFalse(done, "M1: a door was open");
        ++_reached.doorsShut;
    }

    function wait(uint256 duration) external {
        clock += bound(duration, 1, 3 days);
    }

    function getReached() external view returns (LaunchKeysReached memory) {
        return _reached;
    }

    function modelCount() external view returns (uint256) {
        return _modelIds.length;
    }

    function modelAt(uint256 index) public view returns (ModelId) {
        return ModelId.wrap(keccak256(bytes(_modelIds[index])));
    }

    function _door(ModelId id, address caller, uint256 door) private view returns (address, bytes memory) {
        ModelRegistry registry = _l.registry;
        Payout memory payout = Payout(_l.methods[0], clock, 1e18, keccak256("payees"));
        Evaluation memory e;
        e.model = id;
        if (door == 0)
            return (
                address(registry),
                abi.encodeCall(registry.setMethodAccess, (_l.methods[0], MethodAccess.REGISTRAR))
            );
        if (door == 1) return (address(registry), abi.encodeCall(registry.setVerifier, (caller)));
        if (door == 2) return (address(registry), abi.encodeCall(registry.replaceBenchmark, (id, _benchmark)));
        if (door == 3)
            return (address(registry), abi.encodeCall(registry.recordImprovement, (e, bytes32(door), bytes32(door))));
        if (door == 4) return (address(registry), abi.encodeCall(registry.releasePayout, (id, bytes32(door), payout)));
        if (door == 5)
            return (address(registry), abi.encodeCall(registry.grantRole, (registry.GUARDIAN_ROLE(), caller)));
        if (door == 6)
            return (address(registry), abi.encodeCall(registry.wire, (caller, caller, caller, new address[](0))));
        (address[] memory accounts, uint256[] memory amounts) = (new address[](1), new uint256[](1));
        (accounts[0], amounts[0]) = (caller, 1e18);
        if (door == 7) return (address(_l.tokenManager), _release(id, accounts, amounts));
        return (_tokenOr(id), abi.encodeWithSignature("mintRewards(address[],uint256[])", accounts, amounts));
    }

    function _release(
        ModelId id,
        address[] memory accounts,
        uint256[] memory amounts
    ) private view returns (bytes memory) {
        return
            abi.encodeCall(
                _l.tokenManager.releasePayout,
                (id, bytes32(0), _l.methods[0], clock, bytes32(0), accounts, amounts)
            );
    }

    /// @dev A call of nothing would succeed.
    function _tokenOr(ModelId id) private view returns (address token) {
        token = _l.registry.tokenOf(id);
        if (token == address(0)) token = address(_l.tokenManager);
    }
}
