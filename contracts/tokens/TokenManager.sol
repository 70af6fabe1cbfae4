// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ProtocolAccess} from "../access/ProtocolAccess.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {IModelToken} from "../interfaces/IModelToken.sol";
import {ITokenManager} from "../interfaces/ITokenManager.sol";
import {GuardianPause} from "../libraries/GuardianPause.sol";
import {RewardMath} from "../libraries/RewardMath.sol";
import {InvalidAmount, ZeroAddress} from "../types/CommonErrors.sol";
import {ModelId, ModelIds} from "../types/ModelId.sol";
import {InitialParams, ModelStatus} from "../types/ModelTypes.sol";
import {ModelToken} from "./ModelToken.sol";

/// @title TokenManager
/// @notice See {ITokenManager}.
/// @dev Custody: none. Trusts: the registry's address book for who the factory and the verifier are. A token holds its caps
/// against this contract too.
contract TokenManager is ITokenManager, ProtocolAccess {
    using ModelIds for string;
    using GuardianPause for uint32;

    /// @notice May grant and revoke `DEPLOYER_ROLE` at once.
    bytes32 public constant OPERATOR_ROLE = keccak256("OPERATOR_ROLE");

    /// @notice May deploy model tokens.
    bytes32 public constant DEPLOYER_ROLE = keccak256("DEPLOYER_ROLE");

    /// @notice May trigger supplier distributions.
    bytes32 public constant DISTRIBUTOR_ROLE = keccak256("DISTRIBUTOR_ROLE");

    /// @notice Largest supplier or investor allocation, in wei.
    uint256 public constant MAX_ALLOCATION = 1e28;

    /// @notice Longest name, in bytes: OpenZeppelin's EIP-712 domain takes no more.
    uint256 public constant MAX_NAME_LENGTH = 31;

    /// @notice Longest symbol, in bytes.
    uint256 public constant MAX_SYMBOL_LENGTH = 16;

    /// @notice The models' registry.
    IModelRegistry public immutable registry;

    /// @inheritdoc ITokenManager
    uint32 public launchesPausedUntil;

    /// @param adminDelay Seconds between the two steps of an admin transfer.
    /// @param admin The timelock.
    /// @param guardians First holders of `GUARDIAN_ROLE`.
    /// @param operators First holders of `OPERATOR_ROLE`.
    /// @param deployers First holders of `DEPLOYER_ROLE`.
    /// @param distributors First holders of `DISTRIBUTOR_ROLE`.
    /// @param registry_ The models' registry.
    constructor(
        uint48 adminDelay,
        address admin,
        address[] memory guardians,
        address[] memory operators,
        address[] memory deployers,
        address[] memory distributors,
        IModelRegistry registry_
    ) ProtocolAccess(adminDelay, admin, guardians) {
        if (address(registry_) == address(0)) revert ZeroAddress();
        registry = registry_;
        _setRoleAdmin(DEPLOYER_ROLE, OPERATOR_ROLE);
        _grantRoles(OPERATOR_ROLE, operators);
        _grantRoles(DEPLOYER_ROLE, deployers);
        _grantRoles(DISTRIBUTOR_ROLE, distributors);
    }

    /// @inheritdoc ITokenManager
    function deployTokenWithAllocations(
        string calldata modelId,
        string calldata name,
        string calldata symbol,
        uint256 modelSupplierAllocation,
        address modelSupplierRecipient,
        uint256 investorAllocation,
        InitialParams calldata initialParams
    ) external payable onlyRole(DEPLOYER_ROLE) returns (address token) {
        _requireFree(modelId);
        _requireAllocation(modelSupplierAllocation);
        _requireAllocation(investorAllocation);
        _requireRecipient(modelSupplierRecipient);

        token = _deployToken(
            name,
            symbol,
            modelSupplierRecipient,
            modelSupplierAllocation,
            investorAllocation,
            _rewardAllocation(initialParams)
        );
        _createModel(modelId, token, modelSupplierRecipient, initialParams);
        emit TokenDeployed(
            modelId.toModelId(),
            token,
            modelSupplierRecipient,
            modelSupplierAllocation,
            investorAllocation,
            _rewardAllocation(initialParams)
        );
    }

    /// @inheritdoc ITokenManager
    function distributeModelSupplierAllocation(string calldata modelId) external onlyRole(DISTRIBUTOR_ROLE) {
        ModelId id = modelId.toModelId();
        IModelToken token = _registeredToken(id);

        emit SupplierAllocationDistributed(id, address(token), token.supplierRecipient(), token.supplierAllocation());
        token.mintSupplierAllocation();
    }

    /// @inheritdoc ITokenManager
    function setPool(ModelId id, address pool) external {
        _requireCaller(registry.factory());
        launchesPausedUntil.requireNotPaused();

        _registeredToken(id).setPool(pool);
    }

    /// @inheritdoc ITokenManager
    function mintRewards(IModelToken token, address[] calldata accounts, uint256[] calldata amounts) external {
        _requireCaller(registry.verifier());

        token.mintRewards(accounts, amounts);
    }

    /// @inheritdoc ITokenManager
    function pauseLaunches(uint256 duration) external onlyRole(GUARDIAN_ROLE) {
        _setLaunchesPausedUntil(launchesPausedUntil.start(duration));
    }

    /// @inheritdoc ITokenManager
    function resumeLaunches() external onlyRole(GUARDIAN_ROLE) {
        _setLaunchesPausedUntil(launchesPausedUntil.stop());
    }

    /// @inheritdoc ITokenManager
    function tokenOf(string calldata modelId) external view returns (address) {
        return registry.tokenOf(modelId.toModelId());
    }

    /// @dev The steps of {deployTokenWithAllocations} stand apart because its arguments fill the EVM's stack.
    function _deployToken(
        string calldata name,
        string calldata symbol,
        address supplierRecipient,
        uint256 supplierAllocation,
        uint256 investorAllocation,
        uint256 rewardAllocation
    ) private returns (address) {
        uint256 length = bytes(name).length;
        if (length == 0 || length > MAX_NAME_LENGTH) revert NameLengthOutOfRange(length, 1, MAX_NAME_LENGTH);
        length = bytes(symbol).length;
        if (length == 0 || length > MAX_SYMBOL_LENGTH) revert SymbolLengthOutOfRange(length, 1, MAX_SYMBOL_LENGTH);
        return
            address(
                new ModelToken(
                    name,
                    symbol,
                    supplierRecipient,
                    supplierAllocation,
                    investorAllocation,
                    rewardAllocation
                )
            );
    }

    function _createModel(
        string calldata modelId,
        address token,
        address owner,
        InitialParams calldata initialParams
    ) private {
        if (owner == token) revert RecipientIsProtocolContract(token);
        registry.createModel(modelId.toModelId(), modelId, token, owner, initialParams);
    }

    function _setLaunchesPausedUntil(uint256 until) private {
        launchesPausedUntil = uint32(until);
        emit LaunchesPaused(until, msg.sender);
    }

    function _requireFree(string calldata modelId) private view {
        if (msg.value != 0) revert UnexpectedEther(msg.value);
        launchesPausedUntil.requireNotPaused();
        ModelId id = modelId.toNewModelId();
        // The one string revert: published scripts know the function, not its errors.
        // solhint-disable-next-line gas-custom-errors
        require(registry.tokenOf(id) == address(0), "Token already deployed for this model");
    }

    /// @dev The token of a model that is past PROPOSAL.
    function _registeredToken(ModelId id) private view returns (IModelToken) {
        if (registry.statusOf(id) < ModelStatus.REGISTERED) revert ModelNotRegistered(id);
        return IModelToken(registry.tokenOf(id));
    }

    function _requireRecipient(address recipient) private view {
        if (recipient == address(0)) revert ZeroAddress();
        if (
            recipient == address(this) ||
            recipient == address(registry) ||
            recipient == registry.factory() ||
            recipient == registry.verifier()
        ) revert RecipientIsProtocolContract(recipient);
    }

    function _requireCaller(address expected) private view {
        if (msg.sender != expected) revert UnauthorizedCaller(msg.sender, expected);
    }

    function _requireAllocation(uint256 allocation) private pure {
        if (allocation == 0) revert InvalidAmount();
        if (allocation > MAX_ALLOCATION) revert AllocationTooLarge(allocation, MAX_ALLOCATION);
    }

    /// @dev A product that wraps belongs to a rate that `createModel` refuses later in the same call.
    function _rewardAllocation(InitialParams calldata initialParams) private pure returns (uint256) {
        unchecked {
            return RewardMath.LIFETIME_DELTA_ONES * initialParams.tokensPerDeltaOne;
        }
    }
}
