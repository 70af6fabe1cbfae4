// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IModelGovernance} from "../interfaces/IModelGovernance.sol";
import {RewardMath} from "../libraries/RewardMath.sol";
import {HashMissing, requireWithin, ZeroAddress} from "../types/CommonErrors.sol";
import {ModelId} from "../types/ModelId.sol";
import {Direction, FeeTerms, InitialParams, ModelParameters, Parameter} from "../types/ModelTypes.sol";
import {ModelStorage} from "./ModelStorage.sol";

/// @title ModelGovernance
/// @notice See {IModelGovernance}.
/// @dev What raises rewards or takes from holders waits two days, and the old value holds through the second in which it
/// ends. A scheduled change applies by itself: it is read as due from then on, and put in its parameter's place by whatever
/// writes next.
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

    /// @notice Time from scheduling a parameter's change to its effect, in seconds. A statement lives no longer.
    uint256 public constant PARAMETER_DELAY = 2 days;

    /// @notice Time in which a governor can object to a successor that the admin proposes, in seconds.
    uint256 public constant GOVERNOR_RECOVERY_DELAY = 7 days;

    /// @inheritdoc IModelGovernance
    function setTokensPerDeltaOne(ModelId id, uint256 value) external {
        Entry storage entry = _governed(id);
        uint256 maxRate = _maxTokensPerDeltaOne(entry);
        _requireTokensPerDeltaOne(value, Math.min(MIN_TOKENS_PER_DELTA_ONE, maxRate));
        if (value > maxRate) revert HeadroomExceeded(value, maxRate);

        uint256 oldValue = _settle(id, entry, Parameter.TOKENS_PER_DELTA_ONE);
        _schedule(id, entry, Parameter.TOKENS_PER_DELTA_ONE, oldValue, value);
    }

    /// @inheritdoc IModelGovernance
    function setInfrastructureAccrual(ModelId id, uint256 value) external {
        Entry storage entry = _governed(id);
        _requireInfrastructureAccrual(value);

        uint256 oldValue = _settle(id, entry, Parameter.INFRASTRUCTURE_ACCRUAL);
        if (value > oldValue) _schedule(id, entry, Parameter.INFRASTRUCTURE_ACCRUAL, oldValue, value);
        else _setAtOnce(id, entry, Parameter.INFRASTRUCTURE_ACCRUAL, oldValue, value);
    }

    /// @inheritdoc IModelGovernance
    function setPricePerThousandCalls(ModelId id, uint256 value) external {
        Entry storage entry = _governed(id);
        _requirePrice(value);

        uint256 oldValue = _settle(id, entry, Parameter.PRICE_PER_THOUSAND_CALLS);
        if (value < oldValue) _schedule(id, entry, Parameter.PRICE_PER_THOUSAND_CALLS, oldValue, value);
        else _setAtOnce(id, entry, Parameter.PRICE_PER_THOUSAND_CALLS, oldValue, value);
    }

    /// @inheritdoc IModelGovernance
    function cancelChange(ModelId id, Parameter parameter) external {
        Entry storage entry = hasRole(GUARDIAN_ROLE, msg.sender) ? _entries[id] : _governed(id);
        if (!_endChanges(id, entry, parameter)) revert NoPendingChange(id, parameter);
    }

    /// @inheritdoc IModelGovernance
    function setLicense(ModelId id, bytes32 licenseHash, string calldata licenseURI) external {
        _setLicense(id, _governed(id), licenseHash, licenseURI);
    }

    /// @inheritdoc IModelGovernance
    function proposeGovernor(ModelId id, address governor) external {
        Entry storage entry = _known(id);
        uint256 acceptableFrom = block.timestamp;
        if (msg.sender != entry.governor) {
            _checkRole(DEFAULT_ADMIN_ROLE);
            acceptableFrom += GOVERNOR_RECOVERY_DELAY;
        }

        _pendingGovernors[id] = PendingGovernor(governor, uint64(acceptableFrom));
        emit GovernorProposed(id, governor, acceptableFrom);
    }

    /// @inheritdoc IModelGovernance
    function acceptGovernor(ModelId id) external {
        PendingGovernor memory pending = _pendingGovernors[id];
        _requireCaller(pending.account);
        if (block.timestamp < pending.acceptableFrom) revert GovernorNotAcceptable(pending.acceptableFrom);
        Entry storage entry = _entries[id];

        emit GovernorChanged(id, entry.governor, msg.sender);
        (entry.governor, entry.generation) = (msg.sender, entry.generation + 1);
        delete _pendingGovernors[id];
        _endChanges(id, entry, Parameter.TOKENS_PER_DELTA_ONE);
        _endChanges(id, entry, Parameter.INFRASTRUCTURE_ACCRUAL);
        _endChanges(id, entry, Parameter.PRICE_PER_THOUSAND_CALLS);
    }

    /// @inheritdoc IModelGovernance
    function proposeOwner(ModelId id, address owner) external {
        _requireCaller(_entries[id].owner);

        _pendingOwners[id] = owner;
        emit OwnerProposed(id, owner);
    }

    /// @inheritdoc IModelGovernance
    function acceptOwner(ModelId id) external {
        _requireCaller(_pendingOwners[id]);
        Entry storage entry = _entries[id];

        emit OwnerChanged(id, entry.owner, msg.sender);
        entry.owner = msg.sender;
        delete _pendingOwners[id];
    }

    /// @inheritdoc IModelGovernance
    function parametersOf(ModelId id) external view returns (ModelParameters memory) {
        Entry storage entry = _entries[id];
        return
            ModelParameters({
                tokensPerDeltaOne: _valueOf(id, entry, Parameter.TOKENS_PER_DELTA_ONE),
                infrastructureAccrualBps: _valueOf(id, entry, Parameter.INFRASTRUCTURE_ACCRUAL),
                pricePerThousandCalls: _valueOf(id, entry, Parameter.PRICE_PER_THOUSAND_CALLS),
                licenseHash: entry.licenseHash,
                licenseURI: entry.licenseURI
            });
    }

    /// @inheritdoc IModelGovernance
    function feeTermsOf(ModelId id) external view returns (FeeTerms memory terms) {
        Usage storage usage = _entries[id].usage;
        terms.pool = usage.pool;
        terms.infrastructureAccrualBps = usage.infrastructureAccrualBps;
        terms.pricePerThousandCalls = usage.pricePerThousandCalls;
        (bool isAccrualScheduled, bool isPriceScheduled) = (usage.isAccrualScheduled, usage.isPriceScheduled);
        if (isAccrualScheduled)
            terms.infrastructureAccrualBps = _scheduledOr(
                id,
                Parameter.INFRASTRUCTURE_ACCRUAL,
                terms.infrastructureAccrualBps
            );
        if (isPriceScheduled)
            terms.pricePerThousandCalls = _scheduledOr(
                id,
                Parameter.PRICE_PER_THOUSAND_CALLS,
                terms.pricePerThousandCalls
            );
    }

    /// @inheritdoc IModelGovernance
    function pendingChangeOf(ModelId id, Parameter parameter) external view returns (uint256, uint256) {
        if (!_isScheduled(_entries[id], parameter)) return (0, 0);
        PendingChange memory change = _pendingChanges[id][parameter];
        return block.timestamp > change.effectiveAt ? (0, 0) : (uint256(change.value), uint256(change.effectiveAt));
    }

    /// @inheritdoc IModelGovernance
    function pendingGovernorOf(ModelId id) external view returns (address, uint256) {
        PendingGovernor memory pending = _pendingGovernors[id];
        return pending.account == address(0) ? (address(0), 0) : (pending.account, uint256(pending.acceptableFrom));
    }

    /// @inheritdoc IModelGovernance
    function pendingOwnerOf(ModelId id) external view returns (address) {
        return _pendingOwners[id];
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

    /// @dev The parameters that a model is born with, and the lifetime rewards that follow from them.
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

    /// @dev Puts a scheduled change that is due in its parameter's place, so that another can be scheduled.
    /// @return value What the parameter is now.
    function _settle(ModelId id, Entry storage entry, Parameter parameter) internal returns (uint256 value) {
        value = _valueOf(id, entry, parameter);
        if (_isScheduled(entry, parameter) && block.timestamp > _pendingChanges[id][parameter].effectiveAt) {
            _store(entry, parameter, value);
            _setScheduled(entry, parameter, false);
        }
    }

    /// @dev A change that was pending before gives way.
    function _schedule(
        ModelId id,
        Entry storage entry,
        Parameter parameter,
        uint256 oldValue,
        uint256 newValue
    ) private {
        uint256 effectiveAt = block.timestamp + PARAMETER_DELAY;
        _pendingChanges[id][parameter] = PendingChange(uint128(newValue), uint64(effectiveAt));
        _setScheduled(entry, parameter, true);
        emit ParameterChangeScheduled(id, parameter, oldValue, newValue, effectiveAt);
    }

    function _setAtOnce(
        ModelId id,
        Entry storage entry,
        Parameter parameter,
        uint256 oldValue,
        uint256 newValue
    ) internal {
        _setScheduled(entry, parameter, false);
        _store(entry, parameter, newValue);
        emit ParameterChanged(id, parameter, oldValue, newValue);
    }

    /// @dev Settles a change that is due, and cancels one that is not.
    /// @return isCancelled Whether there was one to cancel.
    function _endChanges(ModelId id, Entry storage entry, Parameter parameter) internal returns (bool isCancelled) {
        _settle(id, entry, parameter);
        isCancelled = _isScheduled(entry, parameter);
        if (isCancelled) {
            _setScheduled(entry, parameter, false);
            emit ParameterChangeCancelled(id, parameter, _pendingChanges[id][parameter].value);
        }
    }

    function _setScheduled(Entry storage entry, Parameter parameter, bool isScheduled) private {
        if (parameter == Parameter.TOKENS_PER_DELTA_ONE) entry.isRateScheduled = isScheduled;
        else if (parameter == Parameter.INFRASTRUCTURE_ACCRUAL) entry.usage.isAccrualScheduled = isScheduled;
        else entry.usage.isPriceScheduled = isScheduled;
    }

    /// @dev The value is within the parameter's bounds, each of which fits its field.
    function _store(Entry storage entry, Parameter parameter, uint256 value) private {
        if (parameter == Parameter.TOKENS_PER_DELTA_ONE) entry.tokensPerDeltaOne = uint88(value);
        else if (parameter == Parameter.INFRASTRUCTURE_ACCRUAL) entry.usage.infrastructureAccrualBps = uint16(value);
        else entry.usage.pricePerThousandCalls = uint40(value);
    }

    function _setLicense(ModelId id, Entry storage entry, bytes32 licenseHash, string calldata licenseURI) internal {
        if (licenseHash == 0) revert HashMissing("licenseHash");
        requireWithin("licenseURI", bytes(licenseURI).length, 1, MAX_LICENSE_URI_LENGTH);

        entry.licenseHash = licenseHash;
        entry.licenseURI = licenseURI;
        emit LicenseSet(id, licenseHash, licenseURI);
    }

    /// @dev The model, provided that the caller is its governor. An unknown model has none.
    function _governed(ModelId id) private view returns (Entry storage entry) {
        entry = _entries[id];
        _requireCaller(entry.governor);
    }

    /// @dev What the parameter is now: a scheduled change applies once it is due, whether or not it was settled.
    function _valueOf(ModelId id, Entry storage entry, Parameter parameter) internal view returns (uint256 value) {
        if (parameter == Parameter.TOKENS_PER_DELTA_ONE) value = entry.tokensPerDeltaOne;
        else if (parameter == Parameter.INFRASTRUCTURE_ACCRUAL) value = entry.usage.infrastructureAccrualBps;
        else value = entry.usage.pricePerThousandCalls;
        if (_isScheduled(entry, parameter)) value = _scheduledOr(id, parameter, value);
    }

    /// @dev The value of the scheduled change if it is due, else the present one.
    function _scheduledOr(ModelId id, Parameter parameter, uint256 present) private view returns (uint256) {
        PendingChange memory change = _pendingChanges[id][parameter];
        return block.timestamp > change.effectiveAt ? change.value : present;
    }

    function _isScheduled(Entry storage entry, Parameter parameter) private view returns (bool) {
        if (parameter == Parameter.TOKENS_PER_DELTA_ONE) return entry.isRateScheduled;
        if (parameter == Parameter.INFRASTRUCTURE_ACCRUAL) return entry.usage.isAccrualScheduled;
        return entry.usage.isPriceScheduled;
    }

    /// @dev Highest rate at which the lifetime rewards that are left pay for the rest of the score scale. A rate within it
    /// stays within it: an improvement of d bps at the rate T takes d·T/100 from what is left and d from the scale, and a
    /// scheduled rate T' that is allowed now is allowed then, for if T' ≤ T the present rate's own bound covers it.
    function _maxTokensPerDeltaOne(Entry storage entry) internal view returns (uint256) {
        uint256 headroomBps = _headroomBps(entry);
        return
            headroomBps == 0
                ? MAX_TOKENS_PER_DELTA_ONE
                : (uint256(entry.rewardsRemaining) * RewardMath.BPS_PER_DELTA_ONE) / headroomBps;
    }

    /// @dev Largest improvement that the score scale still holds.
    function _headroomBps(Entry storage entry) private view returns (uint256) {
        return entry.terms.direction == Direction.MAXIMISE ? MAX_SCORE - entry.score : entry.score;
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
