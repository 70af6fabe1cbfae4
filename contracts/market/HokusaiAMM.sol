// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IHokusaiAMM} from "../interfaces/IHokusaiAMM.sol";
import {IHokusaiAMMFactory} from "../interfaces/IHokusaiAMMFactory.sol";
import {IModelToken} from "../interfaces/IModelToken.sol";
import {GuardianPause} from "../libraries/GuardianPause.sol";
import {InvalidAmount} from "../types/CommonErrors.sol";
import {Permit, PoolTerms} from "../types/PoolTypes.sol";
import {BondingCurve} from "./BondingCurve.sol";

/// @title HokusaiAMM
/// @notice See {IHokusaiAMM}.
/// @dev Custody: the pool's reserve tokens, `balance ≥ R + stream + uncollected fees`. Trusts: the token for its cap, the
/// factory for the treasury and for who a guardian is; neither can stop a sale or touch R. Rounding: outputs down, inputs
/// and fees up, see {BondingCurve}. Reentrancy: every function that moves tokens, and every view of the state, is closed
/// while one of them runs. Known limit: whoever controls the reserve token can freeze it.
contract HokusaiAMM is IHokusaiAMM, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;
    using GuardianPause for uint32;

    /// @notice Time in which a deposit of usage fees flows into the reserve, in seconds.
    uint256 public constant STREAM_DURATION = 1 days;

    /// @notice Largest R plus stream, in reserve units: what its field in the state word holds.
    uint256 public constant MAX_RESERVE = type(uint88).max;

    uint256 private constant BPS = 100_00; // 100 %

    /// @dev What a trade works on: the state word and, while a stream runs, the stream word, settled to this block.
    struct Market {
        uint256 reserve; // R
        uint256 curveSupply; // S
        uint32 buysPausedUntil;
        uint256 streamEnd; // 0 = no stream runs, and the stream word says nothing
        uint256 pending;
    }

    /// @inheritdoc IHokusaiAMM
    IModelToken public immutable token;

    /// @inheritdoc IHokusaiAMM
    IERC20 public immutable reserveToken;

    /// @inheritdoc IHokusaiAMM
    address public immutable factory;

    /// @inheritdoc IHokusaiAMM
    uint256 public immutable virtualReserve;

    /// @inheritdoc IHokusaiAMM
    uint256 public immutable virtualSupply;

    /// @inheritdoc IHokusaiAMM
    uint256 public immutable sellsOpenAt;

    /// @inheritdoc IHokusaiAMM
    uint256 public immutable crr;

    /// @inheritdoc IHokusaiAMM
    uint256 public immutable tradeFee;

    /// @dev R (88) · S (104) · buysPausedUntil (32) · streamEnd (32), from the highest bits: the one word of a trade.
    uint256 private _state;

    /// @dev pending (192) · time of the last settlement (64). Left as it is when a stream has ended.
    uint256 private _stream;

    /// @param token_ The model's token.
    /// @param reserveToken_ Reserve token, 6 decimals.
    /// @param poolTerms Terms, checked by the factory.
    /// @param virtualSupply_ S0 in wei, which follows from the terms.
    constructor(IModelToken token_, IERC20 reserveToken_, PoolTerms memory poolTerms, uint256 virtualSupply_) {
        token = token_;
        reserveToken = reserveToken_;
        factory = msg.sender;
        virtualReserve = poolTerms.virtualReserve;
        virtualSupply = virtualSupply_;
        sellsOpenAt = block.timestamp + poolTerms.ibrDuration;
        crr = poolTerms.crr;
        tradeFee = poolTerms.tradeFee;
        _state = virtualSupply_ << 64;
    }

    /// @inheritdoc IHokusaiAMM
    function buy(
        uint256 reserveIn,
        uint256 minTokensOut,
        address to,
        uint256 deadline
    ) external nonReentrant returns (uint256) {
        return _buy(reserveIn, minTokensOut, to, deadline);
    }

    /// @inheritdoc IHokusaiAMM
    function buyWithPermit(
        uint256 reserveIn,
        uint256 minTokensOut,
        address to,
        uint256 deadline,
        Permit calldata permit
    ) external nonReentrant returns (uint256) {
        _usePermit(reserveIn, permit);
        return _buy(reserveIn, minTokensOut, to, deadline);
    }

    /// @inheritdoc IHokusaiAMM
    function buyExactOut(
        uint256 tokensOut,
        uint256 minTokensOut,
        uint256 maxReserveIn,
        address to,
        uint256 deadline
    ) external nonReentrant returns (uint256, uint256) {
        return _buyExactOut(tokensOut, minTokensOut, maxReserveIn, to, deadline);
    }

    /// @inheritdoc IHokusaiAMM
    function buyExactOutWithPermit(
        uint256 tokensOut,
        uint256 minTokensOut,
        uint256 maxReserveIn,
        address to,
        uint256 deadline,
        Permit calldata permit
    ) external nonReentrant returns (uint256, uint256) {
        _usePermit(maxReserveIn, permit);
        return _buyExactOut(tokensOut, minTokensOut, maxReserveIn, to, deadline);
    }

    /// @inheritdoc IHokusaiAMM
    function sell(
        uint256 tokensIn,
        uint256 minReserveOut,
        address to,
        uint256 deadline
    ) external nonReentrant returns (uint256 reserveOut) {
        _requireTrade(to, deadline);
        Market memory market = _load();
        uint256 gross;
        (gross, reserveOut) = _sellOutput(market, tokensIn);
        if (reserveOut < minReserveOut) revert InsufficientOutput(reserveOut, minReserveOut);

        unchecked {
            // {_sellOutput} has refused gross > R and tokensIn ≥ S.
            market.reserve -= gross;
            market.curveSupply -= tokensIn;
        }
        _store(market);
        emit Sold(msg.sender, to, tokensIn, reserveOut, market.reserve, market.curveSupply);

        token.burn(msg.sender, tokensIn);
        reserveToken.safeTransfer(to, reserveOut);
    }

    /// @inheritdoc IHokusaiAMM
    function depositFees(uint256 amount) external nonReentrant {
        if (amount == 0) revert InvalidAmount();
        Market memory market = _load();

        uint256 remaining = market.streamEnd == 0 ? 0 : market.streamEnd - block.timestamp;
        uint256 pending = market.pending + amount;
        market.streamEnd = block.timestamp + (market.pending * remaining + amount * STREAM_DURATION) / pending;
        market.pending = pending;
        _store(market);
        emit FeesDeposited(msg.sender, amount, pending, market.streamEnd, market.reserve);

        _pull(amount);
    }

    /// @inheritdoc IHokusaiAMM
    function collectFees() external nonReentrant returns (uint256 amount) {
        amount = _uncollectedFees();
        if (amount == 0) return 0;

        address treasury = IHokusaiAMMFactory(factory).treasury();
        emit FeesCollected(treasury, amount);

        reserveToken.safeTransfer(treasury, amount);
    }

    /// @inheritdoc IHokusaiAMM
    function setBuysPausedUntil(uint32 until) external {
        if (msg.sender != factory) revert OnlyFactory(msg.sender);
        Market memory market = _load();

        market.buysPausedUntil = until;
        _store(market);
        emit BuysPaused(until);
    }

    /// @inheritdoc IHokusaiAMM
    function reserve() external view nonReentrantView returns (uint256) {
        return _load().reserve;
    }

    /// @inheritdoc IHokusaiAMM
    function curveSupply() external view nonReentrantView returns (uint256) {
        return _load().curveSupply;
    }

    /// @inheritdoc IHokusaiAMM
    function spotPrice() external view nonReentrantView returns (uint256) {
        Market memory market = _load();
        return BondingCurve.spotPriceWad(market.curveSupply, market.reserve + virtualReserve, crr);
    }

    /// @inheritdoc IHokusaiAMM
    function netIssued() external view nonReentrantView returns (int256) {
        return int256(_load().curveSupply) - int256(virtualSupply);
    }

    /// @inheritdoc IHokusaiAMM
    function remainingInvestorAllocation() external view nonReentrantView returns (uint256) {
        return token.remainingInvestorAllocation();
    }

    /// @inheritdoc IHokusaiAMM
    function unbackedSupply() external view nonReentrantView returns (uint256) {
        return token.totalSupply() - Math.saturatingSub(_load().curveSupply, virtualSupply);
    }

    /// @inheritdoc IHokusaiAMM
    /// @dev The sale that pays all of R is S · (1 − (R0/(R+R0))^w) = S · B / (S + B), where B = S · ((1 + R/R0)^w − 1) is
    /// what a buy with all of R would mint on the empty pool. B is rounded down, and so is the result.
    function maxSell() external view nonReentrantView returns (uint256) {
        Market memory market = _load();
        uint256 supply = market.curveSupply;
        uint256 bought = BondingCurve.buy(supply, virtualReserve, market.reserve, crr);
        return (supply * bought) / (supply + bought); // S < 2^104, B < 2^127 by the curve's domain
    }

    /// @inheritdoc IHokusaiAMM
    function buysPausedUntil() external view nonReentrantView returns (uint32) {
        return _load().buysPausedUntil;
    }

    /// @inheritdoc IHokusaiAMM
    function pendingStream() external view nonReentrantView returns (uint256) {
        return _load().pending;
    }

    /// @inheritdoc IHokusaiAMM
    function streamEnd() external view nonReentrantView returns (uint256) {
        return _load().streamEnd;
    }

    /// @inheritdoc IHokusaiAMM
    function uncollectedFees() external view nonReentrantView returns (uint256) {
        return _uncollectedFees();
    }

    /// @inheritdoc IHokusaiAMM
    function quoteBuy(uint256 reserveIn) external view nonReentrantView returns (uint256 tokensOut) {
        (, tokensOut) = _buyOutput(_load(), reserveIn);
        uint256 remaining = token.remainingInvestorAllocation();
        if (tokensOut > remaining) revert IModelToken.InvestorAllocationExceeded(tokensOut, remaining);
    }

    /// @inheritdoc IHokusaiAMM
    function quoteBuyExactOut(
        uint256 tokensOut
    ) external view nonReentrantView returns (uint256 tokensMinted, uint256 reserveIn) {
        (tokensMinted, , reserveIn) = _buyInput(_load(), tokensOut);
    }

    /// @inheritdoc IHokusaiAMM
    function quoteSell(uint256 tokensIn) external view nonReentrantView returns (uint256 reserveOut) {
        (, reserveOut) = _sellOutput(_load(), tokensIn);
    }

    function _buy(
        uint256 reserveIn,
        uint256 minTokensOut,
        address to,
        uint256 deadline
    ) private returns (uint256 tokensOut) {
        _requireTrade(to, deadline);
        Market memory market = _load();
        uint256 net;
        (net, tokensOut) = _buyOutput(market, reserveIn);
        if (tokensOut < minTokensOut) revert InsufficientOutput(tokensOut, minTokensOut);

        _settleBuy(market, net, reserveIn, tokensOut, to);
    }

    function _buyExactOut(
        uint256 tokensOut,
        uint256 minTokensOut,
        uint256 maxReserveIn,
        address to,
        uint256 deadline
    ) private returns (uint256 tokensMinted, uint256 reserveIn) {
        _requireTrade(to, deadline);
        Market memory market = _load();
        uint256 net;
        (tokensMinted, net, reserveIn) = _buyInput(market, tokensOut);
        if (tokensMinted < minTokensOut) revert InsufficientOutput(tokensMinted, minTokensOut);
        if (reserveIn > maxReserveIn) revert ExcessiveInput(reserveIn, maxReserveIn);

        _settleBuy(market, net, reserveIn, tokensMinted, to);
    }

    /// @dev The common end of every buy. The token refuses what passes its cap.
    function _settleBuy(Market memory market, uint256 net, uint256 reserveIn, uint256 tokensOut, address to) private {
        market.reserve += net;
        market.curveSupply += tokensOut;
        _store(market);
        emit Bought(msg.sender, to, reserveIn, tokensOut, market.reserve, market.curveSupply);

        token.mint(to, tokensOut);
        _pull(reserveIn);
    }

    /// @dev Takes exactly `amount` reserve units from the caller.
    function _pull(uint256 amount) private {
        IERC20 reserveToken_ = reserveToken;
        uint256 before = reserveToken_.balanceOf(address(this));
        reserveToken_.safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = reserveToken_.balanceOf(address(this)) - before;
        if (received != amount) revert UnexpectedReserveReceived(received, amount);
    }

    /// @dev A permit is public once sent: anyone may have used it before us, and then the allowance is there.
    function _usePermit(uint256 amount, Permit calldata permit) private {
        try
            IERC20Permit(address(reserveToken)).permit(
                msg.sender,
                address(this),
                amount,
                permit.deadline,
                permit.v,
                permit.r,
                permit.s
            )
        {} catch {
            uint256 allowance = reserveToken.allowance(msg.sender, address(this));
            if (allowance < amount) revert PermitFailed(allowance, amount);
        }
    }

    function _store(Market memory market) private {
        uint256 held = market.reserve + market.pending;
        if (held > MAX_RESERVE) revert ReserveOverflow(held, MAX_RESERVE);
        // S fits 104 bits: the factory admits a virtual supply of at most 1e30, the token an issue of at most 1e28.
        _state =
            (market.reserve << 168) |
            (market.curveSupply << 64) |
            (uint256(market.buysPausedUntil) << 32) |
            market.streamEnd;
        if (market.streamEnd != 0) _stream = (market.pending << 64) | block.timestamp;
    }

    /// @dev The state as it is in this block: what the stream has released since the last settlement is in R.
    function _load() private view returns (Market memory market) {
        uint256 state = _state;
        market.reserve = state >> 168;
        market.curveSupply = (state >> 64) & type(uint104).max;
        market.buysPausedUntil = uint32(state >> 32);
        uint256 end = uint32(state);
        if (end != 0) {
            uint256 stream = _stream;
            uint256 released = stream >> 64;
            if (block.timestamp < end) {
                uint256 settledAt = uint64(stream);
                market.streamEnd = end;
                market.pending = released;
                released = (released * (block.timestamp - settledAt)) / (end - settledAt);
                market.pending -= released;
            }
            market.reserve += released;
        }
    }

    function _uncollectedFees() private view returns (uint256) {
        Market memory market = _load();
        return Math.saturatingSub(reserveToken.balanceOf(address(this)), market.reserve + market.pending);
    }

    /// @return net What enters R.
    /// @return tokensOut What is minted.
    function _buyOutput(Market memory market, uint256 reserveIn) private view returns (uint256 net, uint256 tokensOut) {
        market.buysPausedUntil.requireNotPaused();
        net = reserveIn - _fee(reserveIn);
        tokensOut = BondingCurve.buy(market.curveSupply, market.reserve + virtualReserve, net, crr);
        if (tokensOut == 0) revert ZeroOutput();
    }

    /// @return tokensMinted The lesser of what is wanted and what the cap leaves.
    /// @return net What enters R.
    /// @return reserveIn What is paid, so that `net` remains after the fee.
    function _buyInput(
        Market memory market,
        uint256 tokensOut
    ) private view returns (uint256 tokensMinted, uint256 net, uint256 reserveIn) {
        market.buysPausedUntil.requireNotPaused();
        if (tokensOut == 0) revert ZeroOutput();
        tokensMinted = Math.min(tokensOut, token.remainingInvestorAllocation());
        if (tokensMinted == 0) revert IModelToken.InvestorAllocationExceeded(tokensOut, 0);
        net = BondingCurve.buyExactOut(market.curveSupply, market.reserve + virtualReserve, tokensMinted, crr);
        reserveIn = Math.ceilDiv(net * BPS, BPS - tradeFee);
    }

    /// @return gross What leaves R.
    /// @return reserveOut What the seller receives of it.
    function _sellOutput(
        Market memory market,
        uint256 tokensIn
    ) private view returns (uint256 gross, uint256 reserveOut) {
        if (block.timestamp < sellsOpenAt) revert SellsNotOpen(sellsOpenAt);
        uint256 effectiveReserve = market.reserve + virtualReserve;
        gross =
            tokensIn < market.curveSupply
                ? BondingCurve.sell(market.curveSupply, effectiveReserve, tokensIn, crr)
                : effectiveReserve;
        if (gross > market.reserve) revert InsufficientReserve(gross, market.reserve);
        reserveOut = gross - _fee(gross);
        if (reserveOut == 0) revert ZeroOutput();
    }

    /// @dev The fee on an amount, rounded up: ceil(amount · feeBps / 1e4), in parts so that no amount overflows.
    function _fee(uint256 amount) private view returns (uint256) {
        unchecked {
            return (amount / BPS) * tradeFee + ((amount % BPS) * tradeFee + BPS - 1) / BPS;
        }
    }

    function _requireTrade(address to, uint256 deadline) private view {
        if (block.timestamp > deadline) revert DeadlineExpired(deadline, block.timestamp);
        if (to == address(0) || to == address(this) || to == address(token)) revert InvalidRecipient(to);
    }
}
