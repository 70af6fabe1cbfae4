// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {InfrastructureReserve} from "contracts/fees/InfrastructureReserve.sol";
import {HokusaiAMM} from "contracts/market/HokusaiAMM.sol";
import {HokusaiAMMFactory} from "contracts/market/HokusaiAMMFactory.sol";
import {HostileReserveTokenMock} from "contracts/mocks/HostileReserveTokenMock.sol";
import {ModelRegistry} from "contracts/models/ModelRegistry.sol";
import {ModelToken} from "contracts/tokens/ModelToken.sol";
import {TokenManager} from "contracts/tokens/TokenManager.sol";
import {Benchmark, Direction, InitialParams, Metric, ModelId} from "contracts/types/ModelTypes.sol";
import {PoolTerms} from "contracts/types/PoolTypes.sol";
import {Test, vm} from "./Test.sol";

/// @notice One of every privileged key.
struct Keys {
    address admin;
    address guardian;
    address operator;
    address deployer;
    address registrar;
    address distributor;
    address poolCreator;
    address governor;
    address verifier;
    address payer;
    address feeRouter;
    address treasury;
    address supplier;
}

/// @title ProtocolTest
/// @notice Base of tests that need the protocol: deploys and wires it, and launches models up to their pools.
abstract contract ProtocolTest is Test {
    uint48 internal constant ADMIN_DELAY = 2 days;
    uint40 internal constant PAYOUT_DELAY = 2 days;
    string internal constant MODEL = "model-1";

    Keys internal keys;
    ModelRegistry internal registry;
    TokenManager internal tokenManager;
    HokusaiAMMFactory internal factory;
    InfrastructureReserve internal infrastructureReserve;
    HostileReserveTokenMock internal usdc;

    function deployProtocol() internal {
        keys = Keys({
            admin: makeAddr("admin"),
            guardian: makeAddr("guardian"),
            operator: makeAddr("operator"),
            deployer: makeAddr("deployer"),
            registrar: makeAddr("registrar"),
            distributor: makeAddr("distributor"),
            poolCreator: makeAddr("poolCreator"),
            governor: makeAddr("governor"),
            verifier: makeAddr("verifier"),
            payer: makeAddr("payerOfInvoices"),
            feeRouter: address(0), // deployed below
            treasury: makeAddr("treasury"),
            supplier: makeAddr("supplier")
        });
        address[] memory guardians = _list(keys.guardian);
        usdc = new HostileReserveTokenMock(6);
        registry = new ModelRegistry(
            ADMIN_DELAY,
            keys.admin,
            guardians,
            _list(keys.registrar),
            _list(keys.poolCreator),
            _list(keys.payer),
            address(this),
            PAYOUT_DELAY
        );
        tokenManager = new TokenManager(
            ADMIN_DELAY,
            keys.admin,
            guardians,
            _list(keys.operator),
            _list(keys.deployer),
            _list(keys.distributor),
            registry
        );
        infrastructureReserve = new InfrastructureReserve(registry, usdc);
        keys.feeRouter = address(infrastructureReserve.feeRouter());
        factory = new HokusaiAMMFactory(registry, usdc, keys.feeRouter, keys.treasury);
        registry.wire(address(tokenManager), address(factory), keys.verifier, _list(makeAddr("method")));
    }

    /// @notice Token, registration and pool of a model; its supplier allocation is not distributed.
    function launchModel(
        uint256 supplierAllocation,
        uint256 investorAllocation,
        uint256 tokensPerDeltaOne,
        PoolTerms memory poolTerms
    ) internal returns (ModelToken token, HokusaiAMM pool) {
        return launchModel(MODEL, supplierAllocation, investorAllocation, tokensPerDeltaOne, poolTerms);
    }

    /// @notice The same for a model of this id.
    function launchModel(
        string memory modelId,
        uint256 supplierAllocation,
        uint256 investorAllocation,
        uint256 tokensPerDeltaOne,
        PoolTerms memory poolTerms
    ) internal returns (ModelToken token, HokusaiAMM pool) {
        token = _registerModel(modelId, supplierAllocation, investorAllocation, tokensPerDeltaOne);

        vm.prank(keys.poolCreator);
        pool = HokusaiAMM(
            factory.createPoolWithParams(
                modelId,
                address(token),
                poolTerms.crr,
                poolTerms.tradeFee,
                poolTerms.ibrDuration,
                poolTerms.virtualReserve,
                poolTerms.initialPrice
            )
        );
    }

    /// @notice Token and registration of a model without a pool.
    function registerModel(
        uint256 supplierAllocation,
        uint256 investorAllocation,
        uint256 tokensPerDeltaOne
    ) internal returns (ModelToken token) {
        return _registerModel(MODEL, supplierAllocation, investorAllocation, tokensPerDeltaOne);
    }

    function buildBenchmark() internal returns (Benchmark memory) {
        return
            Benchmark({
                specHash: keccak256("spec"),
                evaluationDataHash: keccak256("data"),
                modelCommitment: 0,
                method: makeAddr("method"),
                metric: Metric.ACCURACY,
                direction: Direction.MAXIMISE,
                baselineScore: 85_00,
                targetScore: 0,
                minImprovementBps: 10,
                minSampleSize: 1000,
                minRuns: 1,
                minLowerBoundBps: 1
            });
    }

    function modelKey() internal pure returns (ModelId) {
        return modelKey(MODEL);
    }

    function modelKey(string memory modelId) internal pure returns (ModelId) {
        return ModelId.wrap(keccak256(bytes(modelId)));
    }

    function _registerModel(
        string memory modelId,
        uint256 supplierAllocation,
        uint256 investorAllocation,
        uint256 tokensPerDeltaOne
    ) private returns (ModelToken token) {
        token = _deployToken(modelId, supplierAllocation, investorAllocation, tokensPerDeltaOne);
        Benchmark memory benchmark = buildBenchmark();
        vm.prank(keys.registrar);
        registry.registerModel(modelKey(modelId), benchmark);
    }

    function _deployToken(
        string memory modelId,
        uint256 supplierAllocation,
        uint256 investorAllocation,
        uint256 tokensPerDeltaOne
    ) private returns (ModelToken) {
        InitialParams memory params = InitialParams({
            tokensPerDeltaOne: tokensPerDeltaOne,
            infrastructureAccrualBps: 50_00,
            initialOraclePricePerThousandUsd: 0,
            licenseHash: keccak256("licence"),
            licenseURI: "ipfs://licence",
            governor: keys.governor
        });
        vm.prank(keys.deployer);
        return
            ModelToken(
                tokenManager.deployTokenWithAllocations(
                    modelId,
                    "Model",
                    "MODEL",
                    supplierAllocation,
                    keys.supplier,
                    investorAllocation,
                    params
                )
            );
    }

    function _list(address account) private pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = account;
    }
}
