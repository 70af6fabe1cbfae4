// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {InitialParams, ModelId} from "../types/ModelTypes.sol";
import {IRewardDistributor} from "./IRewardDistributor.sol";

/// @title Token manager
/// @notice Deploys model tokens, and alone mints their supplier allocations and rewards. Amounts are in wei.
interface ITokenManager {
    /// @notice A model token was deployed; the registry's `ModelCreated` in the same transaction has the id and parameters.
    /// @param id The model.
    /// @param token The token.
    /// @param supplierRecipient Receiver of the supplier allocation.
    /// @param supplierAllocation Minted once, after registration.
    /// @param investorAllocation Most that the pool issues net of sales.
    /// @param rewardAllocation Most that improvements can ever be rewarded with.
    event TokenDeployed(
        ModelId indexed id,
        address indexed token,
        address indexed supplierRecipient,
        uint256 supplierAllocation,
        uint256 investorAllocation,
        uint256 rewardAllocation
    );

    /// @notice The supplier allocation of a model was minted.
    /// @param id The model.
    /// @param token Its token.
    /// @param recipient Its supplier recipient.
    /// @param amount What was minted.
    event SupplierAllocationDistributed(
        ModelId indexed id,
        address indexed token,
        address indexed recipient,
        uint256 amount
    );

    /// @notice A payee received its part of an improvement's reward.
    /// @param model The model.
    /// @param evaluationId The evaluation.
    /// @param account The payee; the reward distributor for the contributors of a root.
    /// @param amount What was minted to it.
    event RewardDistributed(
        ModelId indexed model,
        bytes32 indexed evaluationId,
        address indexed account,
        uint256 amount
    );

    /// @notice Launches are paused; a time that is not in the future means that they are not.
    /// @param until The second in which the pause ends.
    /// @param wholeAt When the guardians' budget for this pause is whole again.
    /// @param account Who decided it.
    event LaunchesPaused(uint256 until, uint256 wholeAt, address indexed account);

    /// @notice Ether was sent; there is no deployment fee.
    /// @param value Wei sent.
    /// @custom:fix Send the transaction without value.
    error UnexpectedEther(uint256 value);

    /// @notice A name or symbol has a character that is not printable ASCII.
    /// @param field `name` or `symbol`.
    /// @param index Place of the character, from 0.
    /// @param character The character.
    /// @custom:fix Use printable ASCII only: letters, digits, spaces and punctuation.
    error UnprintableCharacter(bytes32 field, uint256 index, bytes1 character);

    /// @notice The contributors' part of a payout with a root does not go to the reward distributor: the verifier queued it
    /// wrongly.
    /// @param account Where it would go instead.
    /// @custom:fix Do not release it: the verifier that queued it was wrong or hostile. Let a guardian stop the method's
    /// payouts and the admin make it void.
    error NotToDistributor(address account);

    /// @notice Deploys the ERC-20 of a new model and proposes the model. Nothing is minted. Only `DEPLOYER_ROLE`.
    /// @dev Emits `TokenDeployed`, and the registry's `ModelCreated` and `LicenseSet`. Reverts, in order,
    /// `AccessControlUnauthorizedAccount`, `UnexpectedEther`, `Paused`, `InvalidModelId`, with the string
    /// `Token already deployed for this model`, `InvalidAmount` or `OutOfRange` for the supplier's and then for the investors'
    /// allocation, `ZeroAddress`, `ProtocolContract`, `OutOfRange` or `UnprintableCharacter` for name and symbol, and as the
    /// registry does for `initialParams`.
    /// @param modelId 1–64 characters of `[A-Za-z0-9._-]`, compared byte for byte.
    /// @param name Token name, 1–31 printable ASCII characters.
    /// @param symbol Token symbol, 1–16 printable ASCII characters.
    /// @param modelSupplierAllocation Wei minted once to the recipient, 1 … 1e28.
    /// @param modelSupplierRecipient Receiver of the supplier allocation and owner of the model.
    /// @param investorAllocation Most wei that buys may have issued net of sells, 1 … 1e28.
    /// @param initialParams Parameters of the model, see {InitialParams}.
    /// @return token Address of the new token.
    function deployTokenWithAllocations(
        string calldata modelId,
        string calldata name,
        string calldata symbol,
        uint256 modelSupplierAllocation,
        address modelSupplierRecipient,
        uint256 investorAllocation,
        InitialParams calldata initialParams
    ) external payable returns (address token);

    /// @notice Mints the supplier allocation of a registered model to the recipient fixed at deployment, once. Only
    /// `DISTRIBUTOR_ROLE`.
    /// @dev Emits `SupplierAllocationDistributed`, and the token's `SupplierMinted`. Reverts `AccessControlUnauthorizedAccount`,
    /// `WrongModelStatus`, `SupplierAlreadyMinted`.
    /// @param modelId Published id of the model.
    function distributeModelSupplierAllocation(string calldata modelId) external;

    /// @notice Mints the reward of an improvement that has waited. Anyone may call it. The verifier's `PayoutQueued` and the
    /// time of its block contain all arguments.
    /// @dev Emits `RewardDistributed` for each payee and the registry's `PayoutReleased`, and the distributor's
    /// `DistributionCreated` for a root. Reverts `UnknownPayout`, `PayoutWaits`, `PayoutIsStopped`. Arguments that no payout can
    /// have cause a panic instead: 0x32 for more amounts than accounts, 0x11 for amounts whose sum does not fit. What only a
    /// hostile verifier can queue is never released: it reverts `NotToDistributor`, with `ValueMismatch` of the token for more
    /// accounts than amounts, with `ERC20InvalidReceiver` of the token for an account of zero, or with the panic 0x32 for a
    /// root with fewer than two accounts.
    /// @param id The model.
    /// @param evaluationId The evaluation.
    /// @param method The verification method that vouched for it.
    /// @param queuedAt The second in which the improvement was recorded.
    /// @param contributorsRoot Merkle root of the contributors; zero when they are listed.
    /// @param accounts The payees, the owner first.
    /// @param amounts What each receives.
    function releasePayout(
        ModelId id,
        bytes32 evaluationId,
        address method,
        uint256 queuedAt,
        bytes32 contributorsRoot,
        address[] calldata accounts,
        uint256[] calldata amounts
    ) external;

    /// @notice Binds a token to its new pool. Only the factory.
    /// @dev Emits the token's `PoolSet`. Reverts `UnauthorizedCaller`, `Paused`, `WrongModelStatus`, `PoolAlreadySet`.
    /// @param id The model.
    /// @param pool The pool.
    function setPool(ModelId id, address pool) external;

    /// @notice Stops token deployments and pool creations for a time, or extends the stop. Only `GUARDIAN_ROLE`.
    /// @dev Emits `LaunchesPaused`. Reverts `AccessControlUnauthorizedAccount`, `OutOfRange`. The budget is that of
    /// {GuardianPause}: seven days, which refill by one second every six.
    /// @param duration Seconds from now.
    function pauseLaunches(uint256 duration) external;

    /// @notice Ends a pause of launches, and gives back what it did not use. Only the admin.
    /// @dev Emits `LaunchesPaused`. Reverts `AccessControlUnauthorizedAccount`.
    function resumeLaunches() external;

    /// @notice When launches are open again; a time that is not in the future means that they are.
    /// @return The second in which the pause ends; 0 when there was none.
    function launchesPausedUntil() external view returns (uint40);

    /// @notice When the guardians' budget for pauses of launches is whole again, see {GuardianPause}.
    /// @return A second; one that is not in the future means that nothing is missing.
    function launchesPauseWholeAt() external view returns (uint40);

    /// @notice Pays the contributors behind a root. It is deployed by this contract and serves no other.
    /// @return The reward distributor.
    function distributor() external view returns (IRewardDistributor);

    /// @notice Token of a published model id.
    /// @param modelId Published id of the model.
    /// @return Its address; zero when there is none.
    function tokenOf(string calldata modelId) external view returns (address);
}
