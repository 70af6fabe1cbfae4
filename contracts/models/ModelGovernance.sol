// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IModelGovernance} from "../interfaces/IModelGovernance.sol";
import {RewardMath} from "../libraries/RewardMath.sol";
import {HashMissing, requireCaller, requireWithin, ZeroAddress} from "../types/CommonErrors.sol";
import {Direction, FeeTerms, InitialParams, ModelId, ModelParameters, Parameter} from "../types/ModelTypes.sol";
import {ModelStorage} from "./ModelStorage.sol";

/// @title ModelGovernance
/// @notice See {IModelGovernance}.
/// @dev A change that raises rewards or takes from holders waits two days, and the old value still applies in the second in which
/// the wait ends. A scheduled change applies by itself: from then on it is read as due, and the next change, handover or new
/// benchmark puts it in its parameter's place.
abstract contract ModelGovernance is ModelStorage {
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

    /// @notice Time from scheduling a parameter's change to its effect, in seconds. No statement is valid for longer.
    uint256 public constant PARAMETER_DELAY = 2 days;

    /// @notice Time in which a governor can object to a successor that the admin proposes, in seconds.
    uint256 public constant GOVERNOR_RECOVERY_DELAY = 7 days;

    /// @inheritdoc IModelGovernance
    function setTokensPerDeltaOne(ModelId id, uint256 value) external {
        requireCaller(_entries[id].governor);
        uint256 maxRate = _maxTokensPerDeltaOne(id);
        _requireTokensPerDeltaOne(value, Math.min(MIN_TOKENS_PER_DELTA_ONE, maxRate));
        if (value > maxRate) revert HeadroomExceeded(value, maxRate);

        _schedule(id, Parameter.TOKENS_PER_DELTA_ONE, value);
    }

    /// @inheritdoc IModelGovernance
    function setInfrastructureAccrual(ModelId id, uint256 value) external {
        requireCaller(_entries[id].governor);
        _requireInfrastructureAccrual(value);

        Parameter parameter = Parameter.INFRASTRUCTURE_ACCRUAL;
        if (value > _valueOf(id, parameter)) _schedule(id, parameter, value);
        else _setAtOnce(id, parameter, value);
    }

    /// @inheritdoc IModelGovernance
    function setPricePerThousandCalls(ModelId id, uint256 value) external {
        requireCaller(_entries[id].governor);
        _requirePrice(value);

        Parameter parameter = Parameter.PRICE_PER_THOUSAND_CALLS;
        if (value < _valueOf(id, parameter)) _schedule(id, parameter, value);
        else _setAtOnce(id, parameter, value);
    }

    /// @inheritdoc IModelGovernance
    function cancelChange(ModelId id, Parameter parameter) external {
        if (!hasRole(GUARDIAN_ROLE, msg.sender)) requireCaller(_entries[id].governor);
        if (!_endChange(id, parameter)) revert NoPendingChange(id, parameter);
    }

    /// @inheritdoc IModelGovernance
    function setLicense(ModelId id, bytes32 licenseHash, string calldata licenseURI) external {
        requireCaller(_entries[id].governor);
        _setLicense(id, licenseHash, licenseURI);
    }

    /// @inheritdoc IModelGovernance
    function proposeGovernor(ModelId id, address governor) external {
        Entry storage entry = _known(id);
        uint256 acceptableFrom = block.timestamp;
        if (msg.sender != entry.governor) {
            _checkRole(DEFAULT_ADMIN_ROLE);
            acceptableFrom += GOVERNOR_RECOVERY_DELAY;
        }

        pendingGovernorOf[id] = PendingGovernor(governor, governor == address(0) ? 0 : uint64(acceptableFrom));
        emit GovernorProposed(id, governor, acceptableFrom);
    }

    /// @inheritdoc IModelGovernance
    function acceptGovernor(ModelId id) external {
        PendingGovernor memory pending = pendingGovernorOf[id];
        requireCaller(pending.governor);
        if (block.timestamp < pending.acceptableFrom) revert GovernorNotAcceptable(pending.acceptableFrom);
        Entry storage entry = _entries[id];

        emit GovernorChanged(id, entry.governor, msg.sender);
        (entry.governor, entry.generation) = (msg.sender, entry.generation + 1);
        delete pendingGovernorOf[id];
        _endChange(id, Parameter.TOKENS_PER_DELTA_ONE);
        _endChange(id, Parameter.INFRASTRUCTURE_ACCRUAL);
        _endChange(id, Parameter.PRICE_PER_THOUSAND_CALLS);
    }

    /// @inheritdoc IModelGovernance
    function proposeOwner(ModelId id, address owner) external {
        requireCaller(_entries[id].owner);

        pendingOwnerOf[id] = owner;
        emit OwnerProposed(id, owner);
    }

    /// @inheritdoc IModelGovernance
    function acceptOwner(ModelId id) external {
        requireCaller(pendingOwnerOf[id]);
        Entry storage entry = _entries[id];

        emit OwnerChanged(id, entry.owner, msg.sender);
        entry.owner = msg.sender;
        delete pendingOwnerOf[id];
    }

    /// @inheritdoc IModelGovernance
    function parametersOf(ModelId id) external view returns (ModelParameters memory) {
        Entry storage entry = _entries[id];
        return
            ModelParameters({
                tokensPerDeltaOne: _valueOf(id, Parameter.TOKENS_PER_DELTA_ONE),
                infrastructureAccrualBps: _valueOf(id, Parameter.INFRASTRUCTURE_ACCRUAL),
                pricePerThousandCalls: _valueOf(id, Parameter.PRICE_PER_THOUSAND_CALLS),
                licenseHash: entry.licenseHash,
                licenseURI: entry.licenseURI
            });
    }

    /// @inheritdoc IModelGovernance
    /// @dev Every deposit of fees calls this, so all that it needs is in one word, which is read once.
    function feeTermsOf(ModelId id) external view returns (FeeTerms memory terms) {
        Usage storage usage = _entries[id].usage;
        terms.pool = usage.pool;
        (uint256 accrual, uint256 price) = (usage.infrastructureAccrualBps, usage.pricePerThousandCalls);
        (bool isAccrualScheduled, bool isPriceScheduled) = (usage.isAccrualScheduled, usage.isPriceScheduled);
        if (isAccrualScheduled) accrual = _scheduledOr(id, Parameter.INFRASTRUCTURE_ACCRUAL, accrual);
        if (isPriceScheduled) price = _scheduledOr(id, Parameter.PRICE_PER_THOUSAND_CALLS, price);
        (terms.infrastructureAccrualBps, terms.pricePerThousandCalls) = (accrual, price);
    }

    /// @inheritdoc IModelGovernance
    function governorOf(ModelId id) external view returns (address) {
        return _entries[id].governor;
    }

    /// @inheritdoc IModelGovernance
    function governanceOf(ModelId id) external view returns (address, uint256) {
        Entry storage entry = _entries[id];
        return (entry.governor, entry.generation);
    }

    /// @inheritdoc IModelGovernance
    function ownerOf(ModelId id) external view returns (address) {
        return _entries[id].owner;
    }

    /// @inheritdoc IModelGovernance
    function pendingChangeOf(ModelId id, Parameter parameter) public view returns (uint256 value, uint64 effectiveAt) {
        (, bool isScheduled) = _fieldOf(id, parameter);
        PendingChange memory change = _pendingChanges[id][parameter];
        if (isScheduled && block.timestamp <= change.effectiveAt) return (change.value, change.effectiveAt);
    }

    /// @dev The parameters that a model starts with, and the lifetime rewards that follow from them.
    function _setInitialParams(Entry storage entry, InitialParams calldata params) internal {
        _requireTokensPerDeltaOne(params.tokensPerDeltaOne, MIN_TOKENS_PER_DELTA_ONE);
        _requireInfrastructureAccrual(params.infrastructureAccrualBps);
        _requirePrice(params.initialOraclePricePerThousandUsd);
        if (params.governor == address(0)) revert ZeroAddress();

        entry.governor = params.governor;
        entry.tokensPerDeltaOne = uint88(params.tokensPerDeltaOne);
        entry.rewardsRemaining = uint96(RewardMath.LIFETIME_DELTA_ONES * params.tokensPerDeltaOne);
        entry.usage.infrastructureAccrualBps = params.infrastructureAccrualBps;
        entry.usage.pricePerThousandCalls = uint40(params.initialOraclePricePerThousandUsd);
    }

    function _setLicense(ModelId id, bytes32 licenseHash, string calldata licenseURI) internal {
        if (licenseHash == 0) revert HashMissing("licenseHash");
        requireWithin("licenseURI", bytes(licenseURI).length, 1, MAX_LICENSE_URI_LENGTH);

        (_entries[id].licenseHash, _entries[id].licenseURI) = (licenseHash, licenseURI);
        emit LicenseSet(id, licenseHash, licenseURI);
    }

    /// @dev Ends a scheduled change of the rate, and lowers the rate to what the lifetime rewards that are left can pay.
    function _limitRate(ModelId id) internal {
        Parameter parameter = Parameter.TOKENS_PER_DELTA_ONE;
        _endChange(id, parameter);
        uint256 maxRate = _maxTokensPerDeltaOne(id);
        if (_valueOf(id, parameter) > maxRate) _setAtOnce(id, parameter, maxRate);
    }

    /// @dev Settles a change that is due, and replaces one that was pending.
    function _schedule(ModelId id, Parameter parameter, uint256 newValue) private {
        (uint256 oldValue, uint256 effectiveAt) = (_valueOf(id, parameter), block.timestamp + PARAMETER_DELAY);
        _store(id, parameter, oldValue, true);
        _pendingChanges[id][parameter] = PendingChange(uint128(newValue), uint64(effectiveAt));
        emit ParameterChangeScheduled(id, parameter, oldValue, newValue, effectiveAt);
    }

    function _setAtOnce(ModelId id, Parameter parameter, uint256 newValue) private {
        emit ParameterChanged(id, parameter, _valueOf(id, parameter), newValue);
        _store(id, parameter, newValue, false);
    }

    /// @dev Settles a change that is due, and cancels one that is not.
    /// @return isCancelled Whether there was one to cancel.
    function _endChange(ModelId id, Parameter parameter) private returns (bool isCancelled) {
        (uint256 value, uint256 effectiveAt) = pendingChangeOf(id, parameter);
        isCancelled = effectiveAt != 0;
        _store(id, parameter, _valueOf(id, parameter), false);
        if (isCancelled) emit ParameterChangeCancelled(id, parameter, value);
    }

    /// @dev The value is within the parameter's bounds, each of which fits its field.
    function _store(ModelId id, Parameter parameter, uint256 value, bool isScheduled) private {
        Entry storage entry = _entries[id];
        Usage storage usage = entry.usage;
        if (parameter == Parameter.TOKENS_PER_DELTA_ONE)
            (entry.tokensPerDeltaOne, entry.isRateScheduled) = (uint88(value), isScheduled);
        else if (parameter == Parameter.INFRASTRUCTURE_ACCRUAL)
            (usage.infrastructureAccrualBps, usage.isAccrualScheduled) = (uint16(value), isScheduled);
        else (usage.pricePerThousandCalls, usage.isPriceScheduled) = (uint40(value), isScheduled);
    }

    /// @dev What the parameter is now: a scheduled change applies once it is due.
    function _valueOf(ModelId id, Parameter parameter) internal view returns (uint256) {
        (uint256 value, bool isScheduled) = _fieldOf(id, parameter);
        return isScheduled ? _scheduledOr(id, parameter, value) : value;
    }

    /// @dev The value of the scheduled change if it is due, else the present one.
    function _scheduledOr(ModelId id, Parameter parameter, uint256 present) private view returns (uint256) {
        PendingChange memory change = _pendingChanges[id][parameter];
        return block.timestamp > change.effectiveAt ? change.value : present;
    }

    /// @dev What is stored in the parameter's place, and whether a change of it is scheduled, due or not.
    function _fieldOf(ModelId id, Parameter parameter) private view returns (uint256, bool) {
        Entry storage entry = _entries[id];
        Usage storage usage = entry.usage;
        if (parameter == Parameter.TOKENS_PER_DELTA_ONE) return (entry.tokensPerDeltaOne, entry.isRateScheduled);
        if (parameter == Parameter.INFRASTRUCTURE_ACCRUAL)
            return (usage.infrastructureAccrualBps, usage.isAccrualScheduled);
        return (usage.pricePerThousandCalls, usage.isPriceScheduled);
    }

    /// @dev Highest rate at which the lifetime rewards that are left pay for the rest of the score scale. A rate within it
    /// stays within it: an improvement of d bps at the rate T takes d·T/100 from what is left and d from the scale, and a
    /// scheduled rate T' that is allowed now is allowed then, for if T' ≤ T the present rate's own bound covers it.
    function _maxTokensPerDeltaOne(ModelId id) private view returns (uint256) {
        Entry storage entry = _entries[id];
        uint256 headroomBps = entry.terms.direction == Direction.MAXIMISE ? MAX_SCORE - entry.score : entry.score;
        if (headroomBps == 0) return MAX_TOKENS_PER_DELTA_ONE;
        return (entry.rewardsRemaining * RewardMath.BPS_PER_DELTA_ONE) / headroomBps;
    }

    function _requireTokensPerDeltaOne(uint256 value, uint256 min) private pure {
        requireWithin("tokensPerDeltaOne", value, min, MAX_TOKENS_PER_DELTA_ONE);
    }

    function _requireInfrastructureAccrual(uint256 value) private pure {
        (uint256 min, uint256 max) = (MIN_INFRASTRUCTURE_ACCRUAL_BPS, MAX_INFRASTRUCTURE_ACCRUAL_BPS);
        requireWithin("infrastructureAccrualBps", value, min, max);
    }

    function _requirePrice(uint256 value) private pure {
        requireWithin("pricePerThousandCalls", value, 0, MAX_PRICE_PER_THOUSAND_CALLS);
    }
}
