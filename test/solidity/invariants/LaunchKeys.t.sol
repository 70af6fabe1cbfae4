// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IVerificationMethod} from "contracts/interfaces/IVerificationMethod.sol";
import {ModelToken} from "contracts/tokens/ModelToken.sol";
import {Evaluation} from "contracts/types/ImprovementTypes.sol";
import {Benchmark, MethodAccess, ModelId} from "contracts/types/ModelTypes.sol";
import {DeltaOneVerifier} from "contracts/verification/DeltaOneVerifier.sol";
import {OracleAttestation} from "contracts/verification/methods/OracleAttestation.sol";
import {ProtocolTest} from "../utils/ProtocolTest.sol";
import {vm} from "../utils/Test.sol";
import {Launches, LaunchKeysHandler, LaunchKeysReached} from "./LaunchKeysHandler.sol";

/// @notice What a proof-only method is to whoever holds a benchmark's labels: it accepts everything.
contract AcceptingMethod is IVerificationMethod {
    function verify(Evaluation calldata, uint256, bytes32, bytes calldata) external pure returns (bytes4) {
        return IVerificationMethod.verify.selector;
    }
}

/// @title M1, on a walk of the keys of launches
/// @notice A registrar, a deployer, a distributor, a pool creator and an outsider work together; no sequence of theirs mints a reward.
contract LaunchKeysInvariantsTest is ProtocolTest {
    uint256 private constant STEPS = 1500;

    LaunchKeysHandler private _handler;
    AcceptingMethod private _method;
    DeltaOneVerifier private _verifier;

    function setUp() external {
        vm.warp(1_750_000_000);
        deployProtocol();
        address[] memory attesters = new address[](1);
        attesters[0] = makeAddr("attester");
        _method = new AcceptingMethod();
        OracleAttestation oracle = new OracleAttestation(registry, attesters, 1);
        _verifier = new DeltaOneVerifier(registry, tokenManager, address(factory));
        vm.startPrank(keys.admin);
        registry.setVerifier(address(_verifier));
        registry.setMethodAccess(address(_method), MethodAccess.ADMIN);
        registry.setMethodAccess(address(oracle), MethodAccess.REGISTRAR);
        vm.stopPrank();

        address[3] memory methods = [address(_method), address(oracle), address(new AcceptingMethod())];
        Launches memory launches = Launches(registry, tokenManager, factory, _verifier, methods);
        _handler = new LaunchKeysHandler(launches, keys, buildBenchmark());
        targetContract(address(_handler));
    }

    function invariant_M1_noRewardIsMintedOrWaits() external view {
        for (uint256 i; i < _handler.modelCount(); ++i) {
            ModelId id = _handler.modelAt(i);
            ModelToken token = ModelToken(registry.tokenOf(id));
            if (address(token) == address(0)) continue;
            assertEq(token.rewardsMinted(), 0);
            assertEq(registry.rewardsRemainingOf(id), token.rewardAllocation());
            assertEq(token.totalSupply(), token.isSupplierMinted() ? token.supplierAllocation() : 0);
        }
    }

    function invariant_M1_noBenchmarkHasAMethodThatRegistrarsMayNotUse() external view {
        for (uint256 i; i < _handler.modelCount(); ++i) {
            address method = registry.benchmarkOf(_handler.modelAt(i)).method;
            if (method == address(0)) continue;
            assertEq(uint256(registry.methodAccessOf(method)), uint256(MethodAccess.REGISTRAR));
        }
    }

    /// @dev Forge calls it at the end of each walk.
    function afterInvariant() external {
        writeReached("LaunchKeysReached", abi.encode(_handler.getReached()));
    }

    /// @dev The states that make the invariants worth something, in a walk of its own: every one is reached.
    function test_handlerReachesEveryInterestingState() external {
        uint256 seed = 11;
        for (uint256 i; i < STEPS; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            _act(seed);
        }

        LaunchKeysReached memory r = _handler.getReached();
        assertGt(r.deployed, 3, "too few models");
        assertGt(r.registered, 3, "too few benchmarks");
        assertGt(r.methodsRefused, 0, "no method was refused");
        assertGt(r.distributed, 0, "no supplier allocation was distributed");
        assertGt(r.pools, 0, "no pool");
        assertGt(r.submissionsRefused, 0, "no improvement was refused by a method");
        assertGt(r.doorsShut, 0, "no other door was tried");
    }

    /// @dev The method pays whoever proves to it, once the admin has let a model use it: the walk lacks nothing but that.
    function test_M1_theAdminsOwnBenchmarkPays() external {
        _handler.deploy(0, 0);
        ModelId id = _handler.modelAt(0);
        Benchmark memory b = buildBenchmark();
        b.method = address(_method);
        vm.prank(keys.admin);
        registry.registerModel(id, b);
        assertTrue(_handler.submit(0, 100, 0));
        assertLt(registry.rewardsRemainingOf(id), ModelToken(registry.tokenOf(id)).rewardAllocation());
    }

    function _act(uint256 seed) private {
        LaunchKeysHandler h = _handler;
        uint256 kind = seed % 12;
        (uint256 a, uint256 b) = (seed >> 8, seed >> 128);
        if (kind == 0) h.deploy(a, b);
        else if (kind < 3) h.register(a, b, a >> 64);
        else if (kind == 3) h.distribute(a, b);
        else if (kind == 4) h.createPool(a, b);
        else if (kind < 8) h.submit(a, b, a >> 64);
        else if (kind < 11) h.tryDoor(a, b, a >> 64);
        else h.wait(a);
    }
}
