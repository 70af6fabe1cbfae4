// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ProtocolAccess} from "../access/ProtocolAccess.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {IModelToken} from "../interfaces/IModelToken.sol";
import {IRewardDistributor} from "../interfaces/IRewardDistributor.sol";
import {ITokenManager} from "../interfaces/ITokenManager.sol";
import {GuardianPause} from "../libraries/GuardianPause.sol";
import {RewardMath} from "../libraries/RewardMath.sol";
import * as Errors from "../types/CommonErrors.sol";
import {Payout} from "../types/ImprovementTypes.sol";
import {ModelIds} from "../types/ModelId.sol";
import {InitialParams, ModelId, ModelStatus} from "../types/ModelTypes.sol";
import {ModelToken} from "./ModelToken.sol";
import {RewardDistributor} from "./RewardDistributor.sol";

/// @title TokenManager
/// @notice See {ITokenManager}.
/// @dev Custody: none. Trusts: the registry for who the factory is and for what may be released. A token enforces its caps
/// against this contract too.
contract TokenManager is ITokenManager, ProtocolAccess {
    using ModelIds for string;

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

    /// @dev Printable ASCII.
    bytes1 private constant FIRST_PRINTABLE = 0x20;
    bytes1 private constant LAST_PRINTABLE = 0x7e;

    /// @notice The models' registry.
    IModelRegistry public immutable registry;

    /// @inheritdoc ITokenManager
    IRewardDistributor public immutable distributor;

    /// @inheritdoc ITokenManager
    uint40 public launchesPausedUntil;

    /// @inheritdoc ITokenManager
    uint40 public launchesPauseWholeAt;

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
        if (address(registry_) == address(0)) revert Errors.ZeroAddress();
        registry = registry_;
        distributor = new RewardDistributor();
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
        _requireAllocation("modelSupplierAllocation", modelSupplierAllocation);
        _requireAllocation("investorAllocation", investorAllocation);
        _requireRecipient(modelSupplierRecipient);

        token = _deploy(
            name,
            symbol,
            modelSupplierRecipient,
            modelSupplierAllocation,
            investorAllocation,
            initialParams
        );
        _propose(modelId, token, modelSupplierRecipient, initialParams);
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
        Errors.requireCaller(registry.factory());
        GuardianPause.requireNotPaused(launchesPausedUntil);

        _registeredToken(id).setPool(pool);
    }

    /// @inheritdoc ITokenManager
    function releasePayout(
        ModelId id,
        bytes32 evaluationId,
        address method,
        uint256 queuedAt,
        bytes32 contributorsRoot,
        address[] calldata accounts,
        uint256[] calldata amounts
    ) external {
        uint256 reward;
        for (uint256 i; i < amounts.length; ++i) {
            reward += amounts[i];
            emit RewardDistributed(id, evaluationId, accounts[i], amounts[i]);
        }
        bytes32 payeesHash = keccak256(abi.encode(contributorsRoot, accounts, amounts));
        address token = registry.releasePayout(id, evaluationId, Payout(method, queuedAt, reward, payeesHash));

        IModelToken(token).mintRewards(accounts, amounts);
        if (contributorsRoot != 0) {
            // Whatever a verifier has queued, a distribution begins only with what was minted to the distributor.
            if (accounts[1] != address(distributor)) revert NotToDistributor(accounts[1]);
            distributor.createDistribution(id, evaluationId, IERC20(token), contributorsRoot, amounts[1]);
        }
    }

    /// @inheritdoc ITokenManager
    function pauseLaunches(uint256 duration) external onlyRole(GUARDIAN_ROLE) {
        (uint40 until, uint40 wholeAt) = GuardianPause.extend(launchesPausedUntil, launchesPauseWholeAt, duration);
        _setLaunchesPause(until, wholeAt);
    }

    /// @inheritdoc ITokenManager
    function resumeLaunches() external onlyRole(DEFAULT_ADMIN_ROLE) {
        (uint40 until, uint40 wholeAt) = GuardianPause.end(launchesPausedUntil, launchesPauseWholeAt);
        _setLaunchesPause(until, wholeAt);
    }

    /// @inheritdoc ITokenManager
    function tokenOf(string calldata modelId) external view returns (address) {
        return registry.tokenOf(modelId.toModelId());
    }

    /// @dev The steps of {deployTokenWithAllocations} stand apart because its arguments fill the EVM's stack.
    function _deploy(
        string calldata name,
        string calldata symbol,
        address recipient,
        uint256 supplierAllocation,
        uint256 investorAllocation,
        InitialParams calldata params
    ) private returns (address) {
        _requireText("name", name, MAX_NAME_LENGTH);
        _requireText("symbol", symbol, MAX_SYMBOL_LENGTH);
        uint256 rewards = _rewardAllocation(params);
        return address(new ModelToken(name, symbol, recipient, supplierAllocation, investorAllocation, rewards));
    }

    function _propose(string calldata modelId, address token, address owner, InitialParams calldata params) private {
        if (owner == token) revert Errors.ProtocolContract(token);
        registry.createModel(modelId.toModelId(), modelId, token, owner, params);
    }

    function _setLaunchesPause(uint40 until, uint40 wholeAt) private {
        (launchesPausedUntil, launchesPauseWholeAt) = (until, wholeAt);
        emit LaunchesPaused(until, wholeAt, msg.sender);
    }

    function _requireFree(string calldata modelId) private view {
        if (msg.value != 0) revert UnexpectedEther(msg.value);
        GuardianPause.requireNotPaused(launchesPausedUntil);
        ModelId id = modelId.toNewModelId();
        // The one string revert: published scripts know the function, not its errors.
        // solhint-disable-next-line gas-custom-errors
        require(registry.tokenOf(id) == address(0), "Token already deployed for this model");
    }

    /// @dev The token of a model that is past PROPOSAL.
    function _registeredToken(ModelId id) private view returns (IModelToken) {
        ModelStatus status = registry.statusOf(id);
        if (status < ModelStatus.REGISTERED) revert Errors.WrongModelStatus(id, status, ModelStatus.REGISTERED);
        return IModelToken(registry.tokenOf(id));
    }

    function _requireRecipient(address recipient) private view {
        if (recipient == address(0)) revert Errors.ZeroAddress();
        if (
            recipient == address(this) ||
            recipient == address(registry) ||
            recipient == address(distributor) ||
            recipient == registry.factory() ||
            recipient == registry.verifier()
        ) revert Errors.ProtocolContract(recipient);
    }

    function _requireAllocation(bytes32 field, uint256 allocation) private pure {
        if (allocation == 0) revert Errors.InvalidAmount();
        Errors.requireWithin(field, allocation, 1, MAX_ALLOCATION);
    }

    /// @dev An unprintable character could change what a reader sees around it, on a terminal or a page.
    function _requireText(bytes32 field, string calldata text, uint256 maxLength) private pure {
        bytes calldata characters = bytes(text);
        uint256 length = characters.length;
        Errors.requireWithin(field, length, 1, maxLength);
        for (uint256 i; i < length; ++i) {
            bytes1 character = characters[i];
            if (character < FIRST_PRINTABLE || character > LAST_PRINTABLE)
                revert UnprintableCharacter(field, i, character);
        }
    }

    /// @dev A product that wraps belongs to a rate that `createModel` refuses later in the same call.
    function _rewardAllocation(InitialParams calldata initialParams) private pure returns (uint256) {
        unchecked {
            return RewardMath.LIFETIME_DELTA_ONES * initialParams.tokensPerDeltaOne;
        }
    }
}
