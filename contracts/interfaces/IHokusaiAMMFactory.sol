// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {ModelId} from "../types/ModelId.sol";
import {PoolTerms} from "../types/PoolTypes.sol";

/// @title Hokusai AMM factory
/// @notice Creates the one pool of each model. In the transaction that creates it, the pool becomes the token's only investor
/// minter and stands in the registry: there is no further step to authorize it.
interface IHokusaiAMMFactory {
    /// @notice A pool was created on `terms`. `costAtCap` is the reserve, fees aside, that buys the whole investor allocation,
    /// `priceAtCap` the spot price then, in the unit of the pool's `spotPrice`.
    event PoolCreated(
        ModelId indexed id,
        address indexed pool,
        address indexed token,
        PoolTerms terms,
        uint256 virtualSupply,
        uint256 costAtCap,
        uint256 priceAtCap
    );

    /// @notice The governor fixed the terms on which alone the model's pool may be created; zero frees them again.
    event PoolTermsFixed(ModelId indexed id, bytes32 oldTermsHash, bytes32 newTermsHash);

    /// @notice Buys of the model's pool are paused until `until`; a time not in the future ends the pause.
    event BuysPaused(ModelId indexed id, uint256 until, address indexed guardian);

    /// @notice Trade fees go to another treasury; from zero at construction.
    event TreasuryChanged(address indexed oldTreasury, address indexed newTreasury);

    /// @notice The reserve token has not the number of decimals that the protocol's units need.
    error ReserveTokenDecimals(uint256 actual, uint256 expected);

    /// @notice No model with this id was deployed.
    error UnknownModel(ModelId id);

    /// @notice The token is not the model's.
    error TokenMismatch(address actual, address expected);

    /// @notice The model has a pool.
    error PoolAlreadyExists(ModelId id, address pool);

    /// @notice The model's governor fixed other terms.
    error PoolTermsMismatch(bytes32 actual, bytes32 expected);

    /// @notice The caller is not the model's governor.
    error OnlyGovernor(address caller, address governor);

    error PoolIndexOutOfRange(uint256 index, uint256 count);
    error CrrOutOfRange(uint256 value, uint256 min, uint256 max);
    error TradeFeeOutOfRange(uint256 value, uint256 min, uint256 max);
    error IbrDurationOutOfRange(uint256 value, uint256 min, uint256 max);
    error InitialPriceOutOfRange(uint256 value, uint256 min, uint256 max);
    error VirtualReserveOutOfRange(uint256 value, uint256 min, uint256 max);

    /// @notice The virtual supply that follows from the terms is out of range.
    error VirtualSupplyOutOfRange(uint256 value, uint256 min, uint256 max);

    /// @notice The investor allocation is too large for the curve.
    error InvestorAllocationOutOfRange(uint256 value, uint256 min, uint256 max);

    /// @notice What the whole investor allocation costs is out of range.
    error CostAtCapOutOfRange(uint256 value, uint256 min, uint256 max);

    /// @notice Creates the pool of a registered model. Only `POOL_CREATOR_ROLE`.
    /// @dev Errors: `UnknownModel`, `TokenMismatch`, `PoolAlreadyExists`, `PoolTermsMismatch`, one for each range,
    /// `GrowthOutOfRange` of the curve when the whole allocation costs more than it can tell, the registry's `WrongModelStatus` before registration, `Paused` while launches are paused.
    /// @param modelId Published id of the model.
    /// @param tokenAddress The model's token, as a check.
    /// @param crr See {PoolTerms}, as are the others.
    /// @return pool Address of the new pool.
    function createPoolWithParams(
        string calldata modelId,
        address tokenAddress,
        uint256 crr,
        uint256 tradeFee,
        uint256 ibrDuration,
        uint256 virtualReserve,
        uint256 initialPrice
    ) external returns (address pool);

    /// @notice {createPoolWithParams} on the default terms: see {defaultTerms}.
    function createPool(string calldata modelId, address tokenAddress) external returns (address pool);

    /// @notice Fixes, or with zero frees, the terms on which the model's pool may be created. Only the model's governor.
    /// Errors: `UnknownModel`, `OnlyGovernor`.
    /// @param id The model.
    /// @param termsHash {hashTerms} of the terms.
    function setPoolTerms(ModelId id, bytes32 termsHash) external;

    /// @notice Changes where trade fees go. Only the admin. Errors: `ZeroAddress`.
    function setTreasury(address newTreasury) external;

    /// @notice Pauses the buys of one pool, at most 14 days and not again within 28 of their end. Only `GUARDIAN_ROLE`.
    /// Errors: `UnknownModel`, `PauseDurationOutOfRange`, `PauseCoolingDown`.
    /// @param id The model.
    /// @param duration Seconds, 1 … 14 days.
    function pauseBuys(ModelId id, uint256 duration) external;

    /// @notice Ends a pause of one pool's buys early. Only `GUARDIAN_ROLE`. Errors: `UnknownModel`.
    function resumeBuys(ModelId id) external;

    /// @notice The reserve token of every pool.
    function reserveToken() external view returns (IERC20Metadata);

    /// @notice The usage fee router of every pool.
    function feeRouter() external view returns (address);

    /// @notice Where trade fees go.
    function treasury() external view returns (address);

    /// @notice Pool of a model; zero before it exists.
    function poolOf(ModelId id) external view returns (address);

    /// @notice How many pools there are.
    function poolCount() external view returns (uint256);

    /// @notice Pools in the order of their creation, from 0. Errors: `PoolIndexOutOfRange`.
    function poolAt(uint256 index) external view returns (address);

    /// @notice Hash of the terms that the model's governor fixed; zero when none are.
    function poolTermsHashOf(ModelId id) external view returns (bytes32);

    /// @notice keccak256 of the ABI-encoded terms.
    function hashTerms(PoolTerms calldata poolTerms) external pure returns (bytes32);

    /// @notice Terms of {createPool}: 20 % reserve ratio, 0.3 % fee, 7 days, $0.01, and the virtual reserve that makes the
    /// virtual supply equal the launch cap.
    /// @param maxSupply Launch cap of the token in wei.
    function defaultTerms(uint256 maxSupply) external pure returns (PoolTerms memory);
}
