// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {FeeTerms, ModelId, ModelParameters, Parameter} from "../types/ModelTypes.sol";

/// @title Governance of models
/// @notice What a model's governor and owner decide: parameters, licence, and their own successors. Part of
/// {IModelRegistry}.
///
/// A change that raises rewards or takes from somebody waits two days in public. It takes effect by itself in the first
/// block after its time, and can be cancelled until then. A handover cancels whatever the former governor left pending.
interface IModelGovernance {
    /// @notice A parameter will change, in place of any change that was pending for it.
    /// @param id The model.
    /// @param parameter The parameter.
    /// @param oldValue Its present value.
    /// @param newValue Its next value.
    /// @param effectiveAt The last second in which the present value holds.
    event ParameterChangeScheduled(
        ModelId indexed id,
        Parameter indexed parameter,
        uint256 oldValue,
        uint256 newValue,
        uint256 effectiveAt
    );

    /// @notice A parameter changed at once, and no change of it is pending any more.
    /// @param id The model.
    /// @param parameter The parameter.
    /// @param oldValue Its value before.
    /// @param newValue Its value now.
    event ParameterChanged(ModelId indexed id, Parameter indexed parameter, uint256 oldValue, uint256 newValue);

    /// @notice A pending change will not take place.
    /// @param id The model.
    /// @param parameter The parameter.
    /// @param value The value that it would have had.
    event ParameterChangeCancelled(ModelId indexed id, Parameter indexed parameter, uint256 value);

    /// @notice A licence became the model's current one; earlier ones stay in the log.
    /// @param id The model.
    /// @param licenseHash keccak256 of the licence file.
    /// @param licenseURI Where the licence can be read.
    event LicenseSet(ModelId indexed id, bytes32 licenseHash, string licenseURI);

    /// @notice A governor was proposed.
    /// @param id The model.
    /// @param governor Who may accept; zero ends a proposal.
    /// @param acceptableFrom First second in which it may.
    event GovernorProposed(ModelId indexed id, address indexed governor, uint256 acceptableFrom);

    /// @notice The proposed governor accepted. Its generation is one higher than the former governor's.
    /// @param id The model.
    /// @param oldGovernor Who governed before.
    /// @param newGovernor Who governs now.
    event GovernorChanged(ModelId indexed id, address indexed oldGovernor, address indexed newGovernor);

    /// @notice An owner was proposed.
    /// @param id The model.
    /// @param owner Who may accept; zero ends a proposal.
    event OwnerProposed(ModelId indexed id, address indexed owner);

    /// @notice The proposed owner accepted.
    /// @param id The model.
    /// @param oldOwner Who received the owner's share before.
    /// @param newOwner Who receives it of improvements from now on.
    event OwnerChanged(ModelId indexed id, address indexed oldOwner, address indexed newOwner);

    /// @notice The lifetime rewards that are left would not pay for the rest of the score scale at this rate.
    /// @param tokensPerDeltaOne The rate, in wei for 100 bps.
    /// @param max The highest rate that they pay for.
    /// @custom:fix Choose a rate of at most `max`.
    error HeadroomExceeded(uint256 tokensPerDeltaOne, uint256 max);

    /// @notice No change of this parameter is pending.
    /// @param id The model.
    /// @param parameter The parameter.
    /// @custom:fix Nothing to cancel; `pendingChangeOf(id, parameter)` tells what is pending. 0 is tokensPerDeltaOne, 1 the
    /// infrastructure share, 2 the price.
    error NoPendingChange(ModelId id, Parameter parameter);

    /// @notice The proposed governor cannot accept yet.
    /// @param acceptableFrom First second in which it may.
    /// @custom:fix Accept from `acceptableFrom`: a governor whom the admin proposes waits for seven days.
    error GovernorNotAcceptable(uint256 acceptableFrom);

    /// @notice Changes the reward for 100 bps, up or down, after two days. Only the model's governor.
    /// @dev Emits `ParameterChangeScheduled`. Reverts `UnauthorizedCaller`, `OutOfRange`, `HeadroomExceeded`.
    /// @param id The model.
    /// @param value Wei, 100e18 … 10_000_000e18, and no more than the rest of the lifetime rewards pays for. Where that is less
    /// than 100e18, as it can be after {IModelRegistry-replaceBenchmark}, exactly that is allowed.
    function setTokensPerDeltaOne(ModelId id, uint256 value) external;

    /// @notice Changes the infrastructure share of usage fees: lower at once, higher after two days. Only the model's governor.
    /// @dev Emits `ParameterChanged` or `ParameterChangeScheduled`. Reverts `UnauthorizedCaller`, `OutOfRange`.
    /// @param id The model.
    /// @param value Bps, 1000 … 10000.
    function setInfrastructureAccrual(ModelId id, uint256 value) external;

    /// @notice Changes the price of 1000 API calls: higher, or for the first time, at once; lower after two days. Only the
    /// model's governor.
    /// @dev Emits `ParameterChanged` or `ParameterChangeScheduled`. Reverts `UnauthorizedCaller`, `OutOfRange`.
    /// @param id The model.
    /// @param value Reserve units, 0 (unset) … 1e12.
    function setPricePerThousandCalls(ModelId id, uint256 value) external;

    /// @notice Cancels the pending change of a parameter. The model's governor or a guardian.
    /// @dev Emits `ParameterChangeCancelled`. Reverts `UnauthorizedCaller`, `NoPendingChange`.
    /// @param id The model.
    /// @param parameter The parameter.
    function cancelChange(ModelId id, Parameter parameter) external;

    /// @notice Sets a new licence. Only the model's governor.
    /// @dev Emits `LicenseSet`. Reverts `UnauthorizedCaller`, `HashMissing`, `OutOfRange` for the length of the URI.
    /// @param id The model.
    /// @param licenseHash keccak256 of the exact bytes of the licence file, not zero.
    /// @param licenseURI Where the licence can be read, 1 … 256 bytes.
    function setLicense(ModelId id, bytes32 licenseHash, string calldata licenseURI) external;

    /// @notice Proposes a new governor, who must accept. The governor's proposal can be accepted at once. The admin's, which is
    /// for a lost governor, can be accepted seven days later unless the present governor proposes somebody else. Only these
    /// two may propose.
    /// @dev Emits `GovernorProposed`. Reverts `WrongModelStatus` for an unknown id, `AccessControlUnauthorizedAccount`.
    /// @param id The model.
    /// @param governor Who may accept; zero ends a proposal.
    function proposeGovernor(ModelId id, address governor) external;

    /// @notice Accepts the role of governor. Only the proposed one. Parameter changes that are due are applied, and all
    /// others are cancelled. The former governor's approvals of payees and pool terms end with the former generation.
    /// @dev Emits `GovernorChanged`, and `ParameterChangeCancelled` for each change that was pending. Reverts
    /// `UnauthorizedCaller`, `GovernorNotAcceptable`.
    /// @param id The model.
    function acceptGovernor(ModelId id) external;

    /// @notice Proposes a new owner, who must accept. Only the owner.
    /// @dev Emits `OwnerProposed`. Reverts `UnauthorizedCaller`.
    /// @param id The model.
    /// @param owner Who may accept; zero ends a proposal.
    function proposeOwner(ModelId id, address owner) external;

    /// @notice Accepts the role of owner. Only the proposed one. Payouts that are already waiting go to the owner they were
    /// recorded for.
    /// @dev Emits `OwnerChanged`. Reverts `UnauthorizedCaller`.
    /// @param id The model.
    function acceptOwner(ModelId id) external;

    /// @notice The model's parameters now, including changes that are due. All zero for an unknown id.
    /// @param id The model.
    /// @return Parameters, in the units of {ModelParameters}.
    function parametersOf(ModelId id) external view returns (ModelParameters memory);

    /// @notice What is needed to price and split a usage fee; all zero for an unknown id.
    /// @param id The model.
    /// @return Pool, split and price.
    function feeTermsOf(ModelId id) external view returns (FeeTerms memory);

    /// @notice A parameter's pending change; all zero when there is none.
    /// @param id The model.
    /// @param parameter The parameter.
    /// @return value The next value.
    /// @return effectiveAt It applies in every block after this second.
    function pendingChangeOf(ModelId id, Parameter parameter) external view returns (uint256 value, uint64 effectiveAt);

    /// @notice The model's governor; zero for an unknown id.
    /// @param id The model.
    /// @return The governor.
    function governorOf(ModelId id) external view returns (address);

    /// @notice The model's governor and its generation: what a governor sets in other contracts is valid for its generation
    /// only.
    /// @param id The model.
    /// @return governor The governor; zero for an unknown id.
    /// @return generation How often the governor has changed.
    function governanceOf(ModelId id) external view returns (address governor, uint256 generation);

    /// @notice The proposed governor; all zero when there is none.
    /// @param id The model.
    /// @return governor Who may accept.
    /// @return acceptableFrom First second in which it may.
    function pendingGovernorOf(ModelId id) external view returns (address governor, uint64 acceptableFrom);

    /// @notice The model's owner, who receives the owner's share of rewards; zero for an unknown id.
    /// @param id The model.
    /// @return The owner.
    function ownerOf(ModelId id) external view returns (address);

    /// @notice The proposed owner; zero when there is none.
    /// @param id The model.
    /// @return The proposed owner.
    function pendingOwnerOf(ModelId id) external view returns (address);
}
