// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {ModelId} from "../types/ModelTypes.sol";
import {PoolTerms} from "../types/PoolTypes.sol";

/// @title Hokusai AMM factory
/// @notice Creates the one pool of each model. In the transaction that creates it, the pool becomes the token's only investor
/// minter and is recorded in the registry: there is no further step to authorize it. Guardians pause buys through the factory.
///
/// The terms of a pool never change. The pool creator chooses them within the bounds below, unless the model's governor has
/// fixed them. Terms that a governor fixed are valid for that governor only: after a handover no pool can be created until
/// the present governor has fixed terms or left them to the pool creator.
interface IHokusaiAMMFactory {
    /// @notice A pool was created.
    /// @param id The model.
    /// @param pool The pool.
    /// @param token The model's token.
    /// @param terms The pool's terms.
    /// @param virtualSupply S0, in wei.
    /// @param costAtCap What the whole investor allocation costs, fees aside, in reserve units.
    /// @param priceAtCap The spot price then, in the unit of the pool's `spotPrice`.
    event PoolCreated(
        ModelId indexed id,
        address indexed pool,
        address indexed token,
        PoolTerms terms,
        uint256 virtualSupply,
        uint256 costAtCap,
        uint256 priceAtCap
    );

    /// @notice The governor fixed the only terms on which the model's pool may be created, or left them to the pool creator.
    /// @param id The model.
    /// @param oldTermsHash {hashTerms} of the terms before, even if an earlier governor fixed them; zero when there were
    /// none.
    /// @param newTermsHash {hashTerms} of the terms now; zero when the pool creator may choose.
    /// @param generation The governor's generation in the registry.
    event PoolTermsFixed(ModelId indexed id, bytes32 oldTermsHash, bytes32 newTermsHash, uint256 generation);

    /// @notice Buys of a model's pool are paused; a time that is not in the future means that they are not.
    /// @param id The model.
    /// @param until The second in which the pause ends.
    /// @param wholeAt When the guardians' budget for this pause is whole again.
    /// @param account Who decided it.
    event BuysPaused(ModelId indexed id, uint256 until, uint256 wholeAt, address indexed account);

    /// @notice Trade fees go to another treasury.
    /// @param oldTreasury The treasury before; zero at construction.
    /// @param newTreasury The treasury now.
    event TreasuryChanged(address indexed oldTreasury, address indexed newTreasury);

    /// @notice The token is not the model's.
    /// @param actual What was given.
    /// @param expected The model's token.
    /// @custom:fix Give the token at `expected`, or correct the id.
    error TokenMismatch(address actual, address expected);

    /// @notice The model already has a pool.
    /// @param id The model.
    /// @param pool Its pool.
    /// @custom:fix Use the pool at `pool`.
    error PoolAlreadyExists(ModelId id, address pool);

    /// @notice The terms were fixed by an earlier governor, and the present one has neither fixed terms nor left them to the
    /// pool creator.
    /// @param id The model.
    /// @param generation The generation of the governor that fixed them.
    /// @param present The generation of the present governor.
    /// @custom:fix Let the present governor fix terms, or leave them to the pool creator with a hash of zero; then create
    /// the pool.
    error PoolTermsOutdated(ModelId id, uint256 generation, uint256 present);

    /// @notice Creates the pool of a registered model. Only `POOL_CREATOR_ROLE`.
    /// @dev Emits `PoolCreated`. Reverts `AccessControlUnauthorizedAccount`, `WrongModelStatus` before registration,
    /// `TokenMismatch`, `PoolAlreadyExists`, `PoolTermsOutdated`, `HashMismatch` when the governor fixed other terms,
    /// `OutOfRange` for each of the terms and for the `virtualSupply`, `investorAllocation` and `costAtCap` that follow from
    /// them, `Paused` while launches are paused, and with `OutOfCurveDomain` or `GrowthOutOfRange` of the curve when the whole
    /// allocation costs more than the curve can compute.
    /// @param modelId Published id of the model.
    /// @param tokenAddress The model's token, as a check.
    /// @param crr Reserve ratio in parts per million, 50_000 … 1_000_000.
    /// @param tradeFee Fee on every trade in bps, 0 … 1000.
    /// @param ibrDuration Length of the buy-only window in seconds, 0 … 30 days.
    /// @param virtualReserve Virtual part of the reserve in reserve units, 100e6 … 1e18.
    /// @param initialPrice First spot price in reserve units per whole token, 1 … 1e12.
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

    /// @notice {createPoolWithParams} on the terms of {defaultTerms}. Only `POOL_CREATOR_ROLE`.
    /// @dev Emits `PoolCreated`. Reverts as {createPoolWithParams} does.
    /// @param modelId Published id of the model.
    /// @param tokenAddress The model's token, as a check.
    /// @return pool Address of the new pool.
    function createPool(string calldata modelId, address tokenAddress) external returns (address pool);

    /// @notice Fixes the terms on which the model's pool may be created, or leaves them to the pool creator. Only the
    /// model's governor.
    /// @dev Emits `PoolTermsFixed`. Reverts `UnauthorizedCaller`, for an unknown id as well.
    /// @param id The model.
    /// @param termsHash {hashTerms} of the terms; zero to leave them to the pool creator.
    function setPoolTerms(ModelId id, bytes32 termsHash) external;

    /// @notice Changes where trade fees go. Only the admin, hence after its delay.
    /// @dev Emits `TreasuryChanged`. Reverts `AccessControlUnauthorizedAccount`, `ZeroAddress`.
    /// @param newTreasury The treasury from now on, not zero.
    function setTreasury(address newTreasury) external;

    /// @notice Pauses the buys of one pool, or extends the pause. Sells are never paused. Only `GUARDIAN_ROLE`.
    /// @dev Emits `BuysPaused`. Reverts `AccessControlUnauthorizedAccount`, `PoolNotFound`, `OutOfRange` for the duration. Each
    /// pool has a budget of its own, that of {GuardianPause}: seven days, which refill by one second every six.
    /// @param id The model.
    /// @param duration Seconds from now.
    function pauseBuys(ModelId id, uint256 duration) external;

    /// @notice Ends a pause of one pool's buys, and gives back what it did not use. Only the admin.
    /// @dev Emits `BuysPaused`. Reverts `AccessControlUnauthorizedAccount`, `PoolNotFound`.
    /// @param id The model.
    function resumeBuys(ModelId id) external;

    /// @notice The reserve token of every pool.
    /// @return Its address.
    function reserveToken() external view returns (IERC20Metadata);

    /// @notice The usage fee router of every pool.
    /// @return Its address.
    function feeRouter() external view returns (address);

    /// @notice Where trade fees go.
    /// @return The treasury.
    function treasury() external view returns (address);

    /// @notice Pool of a model.
    /// @param id The model.
    /// @return Its address; zero before it exists.
    function poolOf(ModelId id) external view returns (address);

    /// @notice How many pools there are.
    /// @return Their number.
    function poolCount() external view returns (uint96);

    /// @notice A pool by its place in the order of creation.
    /// @dev Reverts `OutOfRange` for the index.
    /// @param index 0 … `poolCount()` − 1.
    /// @return Its address.
    function poolAt(uint256 index) external view returns (address);

    /// @notice The terms that a governor of the model fixed. Those of an earlier generation than the present governor's are no
    /// longer valid, and block the creation of a pool.
    /// @param id The model.
    /// @return termsHash {hashTerms} of the terms; zero when none are fixed.
    /// @return generation Generation of the governor that decided; zero also before anybody did.
    function poolTermsOf(ModelId id) external view returns (bytes32 termsHash, uint256 generation);

    /// @notice The last pause of a pool's buys.
    /// @dev Reverts `PoolNotFound`.
    /// @param id The model.
    /// @return until The second in which it ends; 0 when there was none.
    /// @return wholeAt When the guardians' budget is whole again, see {GuardianPause}; a second that is not in the future means that
    /// nothing is missing.
    function buysPauseOf(ModelId id) external view returns (uint40 until, uint40 wholeAt);

    /// @notice Hash by which a governor fixes terms.
    /// @param poolTerms The terms.
    /// @return `keccak256(abi.encode(poolTerms))`.
    function hashTerms(PoolTerms calldata poolTerms) external pure returns (bytes32);

    /// @notice Terms of {createPool}: 20 % reserve ratio, 0.3 % fee, 7 days, $0.01, and the virtual reserve that makes the
    /// virtual supply equal the launch cap.
    /// @param maxSupply Launch cap of the token in wei.
    /// @return The terms.
    function defaultTerms(uint256 maxSupply) external pure returns (PoolTerms memory);
}
