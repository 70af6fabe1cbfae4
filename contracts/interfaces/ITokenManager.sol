// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {InitialParams} from "../types/ModelTypes.sol";
import {ModelId} from "../types/ModelId.sol";
import {IModelToken} from "./IModelToken.sol";

/// @title Token manager
/// @notice Deploys model tokens and is the only door to their supplier and reward buckets.
interface ITokenManager {
    /// @notice A model token was deployed; the registry's `ModelCreated` in the same transaction has the id and parameters.
    event TokenDeployed(
        ModelId indexed id,
        address indexed token,
        address indexed supplierRecipient,
        uint256 supplierAllocation,
        uint256 investorAllocation,
        uint256 rewardAllocation
    );

    /// @notice The supplier allocation of a model was minted to its recipient.
    event SupplierAllocationDistributed(
        ModelId indexed id,
        address indexed token,
        address indexed recipient,
        uint256 amount
    );

    /// @notice Launches are paused until `until`; a time not in the future ends the pause.
    event LaunchesPaused(uint256 until, address indexed guardian);

    /// @notice Ether was sent; there is no deployment fee.
    error UnexpectedEther(uint256 value);

    error NameLengthOutOfRange(uint256 length, uint256 min, uint256 max);
    error SymbolLengthOutOfRange(uint256 length, uint256 min, uint256 max);

    /// @notice An allocation is above 1e28 wei.
    error AllocationTooLarge(uint256 value, uint256 max);

    /// @notice The supplier recipient is one of the protocol's own contracts.
    error RecipientIsProtocolContract(address recipient);

    /// @notice No model with this id is registered.
    error ModelNotRegistered(ModelId id);

    /// @notice The caller is not the one contract that may call this function.
    error UnauthorizedCaller(address caller, address expected);

    /// @notice Deploys the ERC-20 of a new model and proposes the model. Nothing is minted. Only `DEPLOYER_ROLE`.
    /// @dev Errors, in order: `UnexpectedEther`, `Paused`, `InvalidModelId`, the string
    /// `Token already deployed for this model`, `InvalidAmount` or `AllocationTooLarge` of the supplier and then of the
    /// investors, `ZeroAddress`, `RecipientIsProtocolContract`, `NameLengthOutOfRange`, `SymbolLengthOutOfRange`, and the
    /// registry's for `initialParams`.
    /// @param modelId 1–64 characters of `[A-Za-z0-9._-]`, compared byte for byte.
    /// @param name Token name, 1–31 bytes.
    /// @param symbol Token symbol, 1–16 bytes.
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

    /// @notice Mints the supplier allocation of a registered model to the recipient fixed at deployment, once.
    /// Only `DISTRIBUTOR_ROLE`. Errors: `ModelNotRegistered`, the token's `SupplierAlreadyMinted`.
    function distributeModelSupplierAllocation(string calldata modelId) external;

    /// @notice Binds a token to its new pool. Only the factory. Errors: `UnauthorizedCaller`, `Paused`.
    function setPool(ModelId id, address pool) external;

    /// @notice Mints rewards of a verified improvement. Only the verifier, which has the token from the registry. Errors:
    /// `UnauthorizedCaller`, the token's `LengthMismatch` and `RewardAllocationExceeded`.
    function mintRewards(IModelToken token, address[] calldata accounts, uint256[] calldata amounts) external;

    /// @notice Stops token deployments and pool creations, for at most 14 days and not again within 28 of their end.
    /// Only `GUARDIAN_ROLE`. Errors: `PauseDurationOutOfRange`, `PauseCoolingDown`.
    /// @param duration Seconds, 1 … 14 days.
    function pauseLaunches(uint256 duration) external;

    /// @notice Ends a pause of launches early. Only `GUARDIAN_ROLE`.
    function resumeLaunches() external;

    /// @notice When launches open again; a time not in the future means that they are open.
    function launchesPausedUntil() external view returns (uint32);

    /// @notice Token of a published model id; zero when there is none.
    function tokenOf(string calldata modelId) external view returns (address);
}
