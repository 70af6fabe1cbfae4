// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ProtocolAccess} from "../access/ProtocolAccess.sol";
import {IModelGovernance} from "../interfaces/IModelGovernance.sol";
import {IModelImprovements} from "../interfaces/IModelImprovements.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {WrongModelStatus} from "../types/CommonErrors.sol";
import {PayoutStop} from "../types/ImprovementTypes.sol";
import {Direction, MethodAccess, Metric, ModelId, ModelStatus, Parameter} from "../types/ModelTypes.sol";

/// @title ModelStorage
/// @notice What the registry stores, without any behaviour: the layout under {ModelGovernance}, {ModelImprovements} and
/// {ModelRegistry}.
abstract contract ModelStorage is IModelRegistry, ProtocolAccess {
    /// @notice Top of the score scale, in bps.
    uint256 public constant MAX_SCORE = 100_00;

    /// @dev What a benchmark asks of every improvement: one word.
    struct BenchmarkTerms {
        address method;
        uint32 minSampleSize;
        uint16 minRuns;
        uint16 minImprovementBps;
        uint16 minLowerBoundBps;
        Metric metric;
        Direction direction;
    }

    /// @dev All that a usage fee needs: one word.
    struct Usage {
        address pool;
        uint16 infrastructureAccrualBps;
        uint40 pricePerThousandCalls;
        bool isAccrualScheduled;
        bool isPriceScheduled;
    }

    /// @dev One model, packed so that an improvement reads six words, seven after a change of its rate, and writes one, two when
    /// its commitment moves.
    struct Entry {
        // A word: what only the lifecycle changes, and the one scheduled change that an improvement needs to know of.
        address token;
        ModelStatus status;
        uint24 benchmarkVersion;
        bool isRateScheduled;
        uint16 targetScore;
        // A word: all that an improvement changes, and its rate.
        uint88 tokensPerDeltaOne;
        uint96 rewardsRemaining;
        uint16 score;
        uint16 dailyLimitBps;
        uint24 paidDay; // days since 1970
        uint16 paidBps; // on that day
        BenchmarkTerms terms;
        Usage usage;
        bytes32 modelCommitment;
        // Stands for the next two.
        bytes32 measureHash;
        bytes32 specHash;
        bytes32 evaluationDataHash;
        address owner;
        // A word: who governs, and how often that has changed.
        address governor;
        uint32 generation;
        bytes32 licenseHash;
        string licenseURI;
    }

    /// @dev A change that was scheduled; it applies in every block after `effectiveAt`.
    struct PendingChange {
        uint128 value;
        uint64 effectiveAt;
    }

    /// @dev A proposed governor, who may accept from `acceptableFrom`.
    struct PendingGovernor {
        address governor;
        uint64 acceptableFrom;
    }

    /// @inheritdoc IModelRegistry
    address public tokenManager;

    /// @inheritdoc IModelRegistry
    address public factory;

    // A word, which an improvement reads at once.

    /// @inheritdoc IModelRegistry
    address public verifier;

    /// @inheritdoc IModelImprovements
    uint40 public submissionsPausedUntil;

    /// @inheritdoc IModelImprovements
    uint40 public submissionsPauseWholeAt;

    mapping(ModelId id => Entry) internal _entries;
    mapping(ModelId id => mapping(Parameter parameter => PendingChange)) internal _pendingChanges;

    /// @inheritdoc IModelGovernance
    mapping(ModelId id => PendingGovernor) public pendingGovernorOf;

    /// @inheritdoc IModelGovernance
    mapping(ModelId id => address) public pendingOwnerOf;

    /// @inheritdoc IModelImprovements
    mapping(ModelId id => mapping(bytes32 evaluationId => bytes32)) public payoutOf;

    /// @inheritdoc IModelImprovements
    mapping(address method => PayoutStop) public payoutStopOf;

    /// @inheritdoc IModelRegistry
    mapping(address method => MethodAccess) public methodAccessOf;

    /// @dev The model, provided that there is one.
    function _known(ModelId id) internal view returns (Entry storage) {
        return _atLeast(id, ModelStatus.PROPOSAL);
    }

    /// @dev The model, provided that it is in this status or a later one.
    function _atLeast(ModelId id, ModelStatus required) internal view returns (Entry storage entry) {
        entry = _entries[id];
        if (entry.status < required) revert WrongModelStatus(id, entry.status, required);
    }
}
