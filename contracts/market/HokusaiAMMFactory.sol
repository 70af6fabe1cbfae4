// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {RegistryAuthorised} from "../access/RegistryAuthorised.sol";
import {Roles} from "../access/Roles.sol";
import {IHokusaiAMM} from "../interfaces/IHokusaiAMM.sol";
import {IHokusaiAMMFactory} from "../interfaces/IHokusaiAMMFactory.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {IModelToken} from "../interfaces/IModelToken.sol";
import {ITokenManager} from "../interfaces/ITokenManager.sol";
import {GuardianPause} from "../libraries/GuardianPause.sol";
// By name, as OpenZeppelin has a library Errors too, which static analysis would take these for.
import {
    HashMismatch,
    OutOfRange,
    PoolNotFound,
    requireCaller,
    requireWithin,
    ValueMismatch,
    WrongModelStatus,
    ZeroAddress
} from "../types/CommonErrors.sol";
import {ModelIds} from "../types/ModelId.sol";
import {ModelId, ModelStatus} from "../types/ModelTypes.sol";
import {PoolTerms} from "../types/PoolTypes.sol";
import {BondingCurve} from "./BondingCurve.sol";
import {HokusaiAMM} from "./HokusaiAMM.sol";

/// @title HokusaiAMMFactory
/// @notice See {IHokusaiAMMFactory}.
/// @dev Custody: none. Trusts: the registry for tokens, governors and roles.
contract HokusaiAMMFactory is IHokusaiAMMFactory, RegistryAuthorised {
    using ModelIds for string;
    using GuardianPause for uint40;

    /// @notice May create pools.
    bytes32 public constant POOL_CREATOR_ROLE = Roles.POOL_CREATOR;

    /// @notice Bounds of the reserve ratio, in parts per million.
    uint256 public constant MIN_CRR = 50_000;
    uint256 public constant MAX_CRR = 1_000_000;

    /// @notice Highest trade fee, in bps.
    uint256 public constant MAX_TRADE_FEE = 10_00; // 10 %

    /// @notice Longest buy-only window, in seconds.
    uint256 public constant MAX_IBR_DURATION = 30 days;

    /// @notice Bounds of the first price, in reserve units per whole token.
    uint256 public constant MIN_INITIAL_PRICE = 1;
    uint256 public constant MAX_INITIAL_PRICE = 1e12;

    /// @notice Bounds of the virtual reserve, in reserve units: 100 whole reserve tokens, and the curve's domain.
    uint256 public constant MIN_VIRTUAL_RESERVE = 100e6;
    uint256 public constant MAX_VIRTUAL_RESERVE = 1e18;

    /// @notice Bounds of the virtual supply, in wei; it may also be at most {MAX_SUPPLY_RATIO} times the launch cap.
    uint256 public constant MIN_VIRTUAL_SUPPLY = 1e18;
    uint256 public constant MAX_VIRTUAL_SUPPLY = 1e30;

    /// @notice Largest ratio of virtual supply to launch cap, and of investor allocation to virtual supply.
    uint256 public constant MAX_SUPPLY_RATIO = 1000;

    /// @notice Bounds of what the whole investor allocation costs, in reserve units.
    uint256 public constant MIN_COST_AT_CAP = 1e6;
    uint256 public constant MAX_COST_AT_CAP = 1e15;

    /// @notice Decimals of every reserve token.
    uint8 public constant RESERVE_DECIMALS = 6;

    /// @dev What a governor decided about the terms of a pool that is not created yet.
    struct FixedTerms {
        bytes32 termsHash; // zero = the pool creator may choose
        uint256 generation; // the governor's
    }

    /// @inheritdoc IHokusaiAMMFactory
    IERC20Metadata public immutable reserveToken;

    /// @inheritdoc IHokusaiAMMFactory
    address public immutable feeRouter;

    /// @inheritdoc IHokusaiAMMFactory
    address public treasury;

    /// @inheritdoc IHokusaiAMMFactory
    uint96 public poolCount;

    /// @inheritdoc IHokusaiAMMFactory
    mapping(ModelId id => FixedTerms) public poolTermsOf;

    /// @dev The pool stores the end of a pause, which it checks at every buy.
    mapping(ModelId id => uint40) private _buysPauseWholeAt;

    /// @param registry_ The models' registry.
    /// @param reserveToken_ Reserve token of every pool, 6 decimals.
    /// @param feeRouter_ The usage fee router, which every pool credits fees for.
    /// @param treasury_ Where trade fees go.
    constructor(
        IModelRegistry registry_,
        IERC20Metadata reserveToken_,
        address feeRouter_,
        address treasury_
    ) RegistryAuthorised(registry_) {
        if (feeRouter_ == address(0) || treasury_ == address(0)) revert ZeroAddress();
        uint8 decimals = reserveToken_.decimals();
        if (decimals != RESERVE_DECIMALS) revert ValueMismatch("decimals", decimals, RESERVE_DECIMALS);
        reserveToken = reserveToken_;
        feeRouter = feeRouter_;
        treasury = treasury_;
        emit TreasuryChanged(address(0), treasury_);
    }

    /// @inheritdoc IHokusaiAMMFactory
    function createPoolWithParams(
        string calldata modelId,
        address tokenAddress,
        uint256 crr,
        uint256 tradeFee,
        uint256 ibrDuration,
        uint256 virtualReserve,
        uint256 initialPrice
    ) external onlyRole(POOL_CREATOR_ROLE) returns (address) {
        PoolTerms memory terms = PoolTerms(crr, tradeFee, ibrDuration, virtualReserve, initialPrice);
        ModelId id = modelId.toModelId();
        return _createPool(id, _tokenOf(id, tokenAddress), terms);
    }

    /// @inheritdoc IHokusaiAMMFactory
    function createPool(
        string calldata modelId,
        address tokenAddress
    ) external onlyRole(POOL_CREATOR_ROLE) returns (address) {
        ModelId id = modelId.toModelId();
        IModelToken token = _tokenOf(id, tokenAddress);
        return _createPool(id, token, defaultTerms(token.maxSupply()));
    }

    /// @inheritdoc IHokusaiAMMFactory
    function setPoolTerms(ModelId id, bytes32 termsHash) external {
        (address governor, uint256 generation) = registry.governanceOf(id);
        requireCaller(governor);

        emit PoolTermsFixed(id, poolTermsOf[id].termsHash, termsHash, generation);
        poolTermsOf[id] = FixedTerms(termsHash, generation);
    }

    /// @inheritdoc IHokusaiAMMFactory
    function setTreasury(address newTreasury) external onlyRole(Roles.ADMIN) {
        if (newTreasury == address(0)) revert ZeroAddress();

        emit TreasuryChanged(treasury, newTreasury);
        treasury = newTreasury;
    }

    /// @inheritdoc IHokusaiAMMFactory
    function pauseBuys(ModelId id, uint256 duration) external onlyRole(Roles.GUARDIAN) {
        IHokusaiAMM pool = _existingPool(id);
        (uint40 until, uint40 wholeAt) = pool.buysPausedUntil().extend(_buysPauseWholeAt[id], duration);
        _setBuysPause(id, pool, until, wholeAt);
    }

    /// @inheritdoc IHokusaiAMMFactory
    function resumeBuys(ModelId id) external onlyRole(Roles.ADMIN) {
        IHokusaiAMM pool = _existingPool(id);
        (uint40 until, uint40 wholeAt) = pool.buysPausedUntil().end(_buysPauseWholeAt[id]);
        _setBuysPause(id, pool, until, wholeAt);
    }

    /// @inheritdoc IHokusaiAMMFactory
    function poolOf(ModelId id) public view returns (address) {
        return registry.poolOf(id);
    }

    /// @inheritdoc IHokusaiAMMFactory
    /// @dev This contract creates nothing but pools, so that a pool's address follows from its number (EIP-161: nonces start
    /// at 1).
    function poolAt(uint256 index) external view returns (address) {
        if (poolCount == 0) revert OutOfRange("index", index, 1, 0);
        requireWithin("index", index, 0, poolCount - 1);

        // The list of address and nonce in RLP, as CREATE hashes it; the nonce has at most 13 bytes.
        bytes memory nonce = RLP.encode(index + 1);
        bytes1 list = bytes1(uint8(0xc0 + 21 + nonce.length));
        return address(uint160(uint256(keccak256(abi.encodePacked(list, bytes1(0x94), address(this), nonce)))));
    }

    /// @inheritdoc IHokusaiAMMFactory
    function buysPauseOf(ModelId id) external view returns (uint40 until, uint40 wholeAt) {
        return (_existingPool(id).buysPausedUntil(), _buysPauseWholeAt[id]);
    }

    /// @inheritdoc IHokusaiAMMFactory
    function hashTerms(PoolTerms memory poolTerms) public pure returns (bytes32) {
        return keccak256(abi.encode(poolTerms));
    }

    /// @inheritdoc IHokusaiAMMFactory
    function defaultTerms(uint256 maxSupply) public pure returns (PoolTerms memory terms) {
        terms = PoolTerms({
            crr: 200_000, // 20 %
            tradeFee: 30, // 0.3 %
            ibrDuration: 7 days,
            virtualReserve: 0,
            initialPrice: 10_000 // $0.01
        });
        terms.virtualReserve = Math.mulDiv(terms.crr * terms.initialPrice, maxSupply, 1e24);
    }

    function _createPool(ModelId id, IModelToken token, PoolTerms memory terms) private returns (address pool) {
        address existing = poolOf(id);
        if (existing != address(0)) revert PoolAlreadyExists(id, existing);
        _requireFixedTerms(id, terms);
        _requireTerms(terms);
        uint256 virtualSupply = (terms.virtualReserve * 1e24) / (terms.crr * terms.initialPrice);
        (uint256 costAtCap, uint256 priceAtCap) = _requireCurve(token, terms, virtualSupply);

        pool = address(new HokusaiAMM(token, reserveToken, feeRouter, terms, virtualSupply));
        ++poolCount;
        registry.setPool(id, pool);
        ITokenManager(registry.tokenManager()).setPool(id, pool);
        emit PoolCreated(id, pool, address(token), terms, virtualSupply, costAtCap, priceAtCap);
    }

    function _setBuysPause(ModelId id, IHokusaiAMM pool, uint40 until, uint40 wholeAt) private {
        _buysPauseWholeAt[id] = wholeAt;
        pool.setBuysPausedUntil(until);
        emit BuysPaused(id, until, wholeAt, msg.sender);
    }

    function _tokenOf(ModelId id, address tokenAddress) private view returns (IModelToken) {
        address token = registry.tokenOf(id);
        if (token == address(0)) revert WrongModelStatus(id, ModelStatus.NONE, ModelStatus.REGISTERED);
        if (token != tokenAddress) revert TokenMismatch(tokenAddress, token);
        return IModelToken(token);
    }

    function _existingPool(ModelId id) private view returns (IHokusaiAMM) {
        address pool = poolOf(id);
        if (pool == address(0)) revert PoolNotFound(id);
        return IHokusaiAMM(pool);
    }

    /// @dev Terms that an earlier governor fixed do not bind the present one, but the choice does not fall back to the pool
    /// creator either.
    function _requireFixedTerms(ModelId id, PoolTerms memory terms) private view {
        FixedTerms memory fixedTerms = poolTermsOf[id];
        if (fixedTerms.termsHash == 0) return;

        (, uint256 present) = registry.governanceOf(id);
        if (fixedTerms.generation != present) revert PoolTermsOutdated(id, fixedTerms.generation, present);
        bytes32 actual = hashTerms(terms);
        if (actual != fixedTerms.termsHash) revert HashMismatch("termsHash", actual, fixedTerms.termsHash);
    }

    /// @dev The ranges that only the token's allocations decide.
    function _requireCurve(
        IModelToken token,
        PoolTerms memory terms,
        uint256 virtualSupply
    ) private view returns (uint256 costAtCap, uint256 priceAtCap) {
        uint256 allocation = token.investorAllocation();
        uint256 maxSupply = Math.min(MAX_VIRTUAL_SUPPLY, MAX_SUPPLY_RATIO * token.maxSupply());
        requireWithin("virtualSupply", virtualSupply, MIN_VIRTUAL_SUPPLY, maxSupply);
        requireWithin("investorAllocation", allocation, 1, MAX_SUPPLY_RATIO * virtualSupply);
        costAtCap = BondingCurve.buyExactOut(virtualSupply, terms.virtualReserve, allocation, terms.crr);
        requireWithin("costAtCap", costAtCap, MIN_COST_AT_CAP, MAX_COST_AT_CAP);
        priceAtCap = BondingCurve.spotPriceWad(virtualSupply + allocation, terms.virtualReserve + costAtCap, terms.crr);
    }

    function _requireTerms(PoolTerms memory terms) private pure {
        requireWithin("crr", terms.crr, MIN_CRR, MAX_CRR);
        requireWithin("tradeFee", terms.tradeFee, 0, MAX_TRADE_FEE);
        requireWithin("ibrDuration", terms.ibrDuration, 0, MAX_IBR_DURATION);
        requireWithin("initialPrice", terms.initialPrice, MIN_INITIAL_PRICE, MAX_INITIAL_PRICE);
        requireWithin("virtualReserve", terms.virtualReserve, MIN_VIRTUAL_RESERVE, MAX_VIRTUAL_RESERVE);
    }
}
