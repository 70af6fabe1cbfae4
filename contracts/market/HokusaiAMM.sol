// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IHokusaiAMM} from "../interfaces/IHokusaiAMM.sol";
import {IHokusaiAMMFactory} from "../interfaces/IHokusaiAMMFactory.sol";
import {IModelToken} from "../interfaces/IModelToken.sol";
import {GuardianPause} from "../libraries/GuardianPause.sol";
import {Permit, Permits} from "../types/Permit.sol";
import {PoolTerms} from "../types/PoolTypes.sol";
import {BondingCurve} from "./BondingCurve.sol";

/// @title HokusaiAMM
/// @notice See {IHokusaiAMM}.
/// @dev Custody: the pool's reserve tokens, `balance ≥ R + stream + uncollected fees`. Trusts: the token for its cap, the
/// factory for the treasury and for who a guardian is; neither can stop a sale or touch R. Rounding: outputs down, inputs
/// and fees up, see {BondingCurve}. Reentrancy: every function that moves tokens, and every view of the state, is closed
/// while one of them runs. Known limit: whoever controls the reserve token can freeze it.
contract HokusaiAMM is IHokusaiAMM, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;
    using Permits for Permit;
    using GuardianPause for uint256;

    /// @dev Time in which a deposit of usage fees flows into the reserve, in seconds.
    uint256 private constant STREAM_DURATION = 1 days;

    /// @dev Largest R plus stream, in reserve units: what R's field in the state word holds.
    uint256 private constant MAX_RESERVE = type(uint88).max;

    uint256 private constant BPS = 100_00; // 100 %

    /// @dev What a trade works on, brought together by {_load}: the terms, the state word and, while a stream runs, the stream
    /// word, settled to this block.
    struct Market {
        uint256 curveSupply; // S; first, as what is named most often: a field at offset zero takes less code
        uint256 reserve; // R
        uint256 buysPausedUntil;
        uint256 streamEnd; // 0 = no stream runs, and the stream word says nothing
        uint256 pending;
        uint256 virtualSupply; // S0
        uint256 virtualReserve; // R0
        uint256 sellsOpenAt;
        uint256 tradeFee;
        uint256 crr;
        IModelToken token;
        IERC20 reserveToken;
        address factory;
        address feeRouter;
    }

    // Read in {_load} only: each mention of an immutable puts 33 bytes into the code of every pool.
    IModelToken private immutable _token;
    IERC20 private immutable _reserveToken;
    address private immutable _factory;
    address private immutable _feeRouter;

    /// @dev virtualSupply (112) · virtualReserve (64) · sellsOpenAt (32) · tradeFee (16) · crr (32), from the highest bits:
    /// the factory's bounds fit.
    uint256 private immutable _terms;

    /// @dev R (88) · S (104) · buysPausedUntil (32) · streamEnd (32), from the highest bits: the one word of a trade.
    uint256 private _state;

    /// @dev pending (192) · time of the last settlement (64). Left as it is when a stream has ended.
    uint256 private _stream;

    /// @param token_ The model's token.
    /// @param reserveToken_ Reserve token, 6 decimals.
    /// @param feeRouter_ The usage fee router.
    /// @param poolTerms Terms, checked by the factory.
    /// @param virtualSupply_ S0 in wei, which follows from the terms.
    constructor(
        IModelToken token_,
        IERC20 reserveToken_,
        address feeRouter_,
        PoolTerms memory poolTerms,
        uint256 virtualSupply_
    ) {
        _token = token_;
        _reserveToken = reserveToken_;
        _factory = msg.sender;
        _feeRouter = feeRouter_;
        _terms =
            (virtualSupply_ << 144) |
            (poolTerms.virtualReserve << 80) |
            ((block.timestamp + poolTerms.ibrDuration) << 48) |
            (poolTerms.tradeFee << 32) |
            poolTerms.crr;
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
        permit.tryUse(address(_load().reserveToken), reserveIn);
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
        permit.tryUse(address(_load().reserveToken), maxReserveIn);
        return _buyExactOut(tokensOut, minTokensOut, maxReserveIn, to, deadline);
    }

    /// @inheritdoc IHokusaiAMM
    function sell(
        uint256 tokensIn,
        uint256 minReserveOut,
        address to,
        uint256 deadline
    ) external nonReentrant returns (uint256 reserveOut) {
        Market memory market = _load();
        _requireTrade(market, to, deadline);
        uint256 gross;
        (gross, reserveOut) = _sellOutput(market, tokensIn, minReserveOut);

        unchecked {
            // {_sellOutput} has refused gross > R and tokensIn ≥ S.
            market.reserve -= gross;
            market.curveSupply -= tokensIn;
        }
        _store(market);
        emit Sold(msg.sender, to, tokensIn, reserveOut, market.reserve, market.curveSupply);

        market.token.burn(msg.sender, tokensIn);
        market.reserveToken.safeTransfer(to, reserveOut);
    }

    /// @inheritdoc IHokusaiAMM
    function depositFees(uint256 amount) external nonReentrant {
        Market memory market = _load();
        _requireOutput(amount, 0);
        bool isRouter = msg.sender == market.feeRouter;
        if (isRouter) {
            uint256 arrived = _uncollectedFees(market);
            if (arrived < amount) revert UnexpectedReserveReceived(arrived, amount);
        }

        uint256 pending = market.pending + amount;
        // A running stream ends after now; without one, `remaining` is of nothing pending. If a product wraps, {_store} refuses
        // the amount.
        unchecked {
            uint256 remaining = market.streamEnd - block.timestamp;
            market.streamEnd = block.timestamp + (market.pending * remaining + amount * STREAM_DURATION) / pending;
            market.pending = pending;
        }
        _store(market);
        emit FeesDeposited(msg.sender, amount, pending, market.streamEnd, market.reserve);

        if (!isRouter) _pull(market, amount);
    }

    /// @inheritdoc IHokusaiAMM
    function collectFees() external nonReentrant returns (uint256 amount) {
        Market memory market = _load();
        amount = _uncollectedFees(market);
        if (amount != 0) {
            address treasury = IHokusaiAMMFactory(market.factory).treasury();
            emit FeesCollected(treasury, amount);

            market.reserveToken.safeTransfer(treasury, amount);
        }
    }

    /// @inheritdoc IHokusaiAMM
    function setBuysPausedUntil(uint256 until) external {
        if (msg.sender != _load().factory) revert OnlyFactory(msg.sender);

        uint256 state = _state;
        _state = state ^ ((uint32(state >> 32) ^ until) << 32);
    }

    /// @inheritdoc IHokusaiAMM
    function token() external view returns (IModelToken) {
        return _load().token;
    }

    /// @inheritdoc IHokusaiAMM
    function reserveToken() external view returns (IERC20) {
        return _load().reserveToken;
    }

    /// @inheritdoc IHokusaiAMM
    function factory() external view returns (address) {
        return _load().factory;
    }

    /// @inheritdoc IHokusaiAMM
    function crr() external view returns (uint256) {
        return _load().crr;
    }

    /// @inheritdoc IHokusaiAMM
    function tradeFee() external view returns (uint256) {
        return _load().tradeFee;
    }

    /// @inheritdoc IHokusaiAMM
    function sellsOpenAt() external view returns (uint256) {
        return _load().sellsOpenAt;
    }

    /// @inheritdoc IHokusaiAMM
    function virtualReserve() external view returns (uint256) {
        return _load().virtualReserve;
    }

    /// @inheritdoc IHokusaiAMM
    function virtualSupply() external view returns (uint256) {
        return _load().virtualSupply;
    }

    /// @inheritdoc IHokusaiAMM
    function reserve() external view returns (uint256) {
        return _view().reserve;
    }

    /// @inheritdoc IHokusaiAMM
    function curveSupply() external view returns (uint256) {
        return _view().curveSupply;
    }

    /// @inheritdoc IHokusaiAMM
    function spotPrice() external view returns (uint256) {
        Market memory market = _view();
        return BondingCurve.spotPriceWad(market.curveSupply, _curveReserve(market), market.crr);
    }

    /// @inheritdoc IHokusaiAMM
    function netIssued() external view returns (int256) {
        Market memory market = _view();
        unchecked {
            return int256(market.curveSupply - market.virtualSupply);
        }
    }

    /// @inheritdoc IHokusaiAMM
    function remainingInvestorAllocation() external view returns (uint256) {
        return _remainingAllocation(_view());
    }

    /// @inheritdoc IHokusaiAMM
    function unbackedSupply() external view returns (uint256) {
        Market memory market = _view();
        unchecked {
            return market.token.totalSupply() - Math.saturatingSub(market.curveSupply, market.virtualSupply);
        }
    }

    /// @inheritdoc IHokusaiAMM
    /// @dev The sale that pays all of R is S · (1 − (R0/(R+R0))^w) = S · B / (S + B), where B = S · ((1 + R/R0)^w − 1) is
    /// what a buy with all of R would mint on the empty pool. B is rounded down, and so is the result.
    function maxSell() external view returns (uint256) {
        Market memory market = _view();
        uint256 supply = market.curveSupply;
        uint256 bought = BondingCurve.buy(supply, market.virtualReserve, market.reserve, market.crr);
        unchecked {
            return (supply * bought) / (supply + bought); // S·B < 2^252: by the curve's domain; at 100 % by R < 2^88, S·S/R0 < 2^164
        }
    }

    /// @inheritdoc IHokusaiAMM
    function buysPausedUntil() external view returns (uint256) {
        return _view().buysPausedUntil;
    }

    /// @inheritdoc IHokusaiAMM
    function pendingStream() external view returns (uint256) {
        return _view().pending;
    }

    /// @inheritdoc IHokusaiAMM
    function streamEnd() external view returns (uint256) {
        return _view().streamEnd;
    }

    /// @inheritdoc IHokusaiAMM
    function uncollectedFees() external view returns (uint256) {
        return _uncollectedFees(_view());
    }

    /// @inheritdoc IHokusaiAMM
    function quoteBuy(uint256 reserveIn) external view returns (uint256 tokensOut) {
        Market memory market = _view();
        (, tokensOut) = _buyOutput(market, reserveIn, 0);
        _requireAllocation(tokensOut, _remainingAllocation(market));
    }

    /// @inheritdoc IHokusaiAMM
    function quoteBuyExactOut(uint256 tokensOut) external view returns (uint256 tokensMinted, uint256 reserveIn) {
        (tokensMinted, , reserveIn) = _buyInput(_view(), tokensOut, 0);
    }

    /// @inheritdoc IHokusaiAMM
    function quoteSell(uint256 tokensIn) external view returns (uint256 reserveOut) {
        (, reserveOut) = _sellOutput(_view(), tokensIn, 0);
    }

    function _buy(
        uint256 reserveIn,
        uint256 minTokensOut,
        address to,
        uint256 deadline
    ) private returns (uint256 tokensOut) {
        Market memory market = _load();
        _requireTrade(market, to, deadline);
        uint256 net;
        (net, tokensOut) = _buyOutput(market, reserveIn, minTokensOut);

        _settleBuy(market, net, reserveIn, tokensOut, to);
    }

    function _buyExactOut(
        uint256 tokensOut,
        uint256 minTokensOut,
        uint256 maxReserveIn,
        address to,
        uint256 deadline
    ) private returns (uint256 tokensMinted, uint256 reserveIn) {
        Market memory market = _load();
        _requireTrade(market, to, deadline);
        uint256 net;
        (tokensMinted, net, reserveIn) = _buyInput(market, tokensOut, minTokensOut);
        if (reserveIn > maxReserveIn) revert ExcessiveInput(reserveIn, maxReserveIn);

        _settleBuy(market, net, reserveIn, tokensMinted, to);
    }

    /// @dev The common end of every buy. The token refuses what passes its cap.
    function _settleBuy(Market memory market, uint256 net, uint256 reserveIn, uint256 tokensOut, address to) private {
        unchecked {
            // Both are far below 2^256: the curve's domain. A reserve too large {_store} refuses, a supply too large the token.
            market.reserve += net;
            market.curveSupply += tokensOut;
        }
        _store(market);
        emit Bought(msg.sender, to, reserveIn, tokensOut, market.reserve, market.curveSupply);

        market.token.mint(to, tokensOut);
        _pull(market, reserveIn);
    }

    /// @dev Takes exactly `amount` reserve units from the caller.
    function _pull(Market memory market, uint256 amount) private {
        uint256 before = _balance(market);
        market.reserveToken.safeTransferFrom(msg.sender, address(this), amount);
        uint256 received;
        unchecked {
            received = _balance(market) - before; // If it fell, the difference is not `amount` either.
        }
        if (received != amount) revert UnexpectedReserveReceived(received, amount);
    }

    function _store(Market memory market) private {
        uint256 held = market.reserve + market.pending;
        if (held > MAX_RESERVE) revert ReserveOverflow(held, MAX_RESERVE);
        // S fits 104 bits: the factory admits a virtual supply of at most 1e30, the token an issue of at most 1e28.
        _state =
            (market.reserve << 168) |
            (market.curveSupply << 64) |
            (market.buysPausedUntil << 32) |
            market.streamEnd;
        if (market.streamEnd != 0) _stream = (market.pending << 64) | block.timestamp;
    }

    /// @dev What the views see; nothing while a trade is under way.
    function _view() private view nonReentrantView returns (Market memory) {
        return _load();
    }

    /// @dev The market as it is in this block: what the stream has released since the last settlement is in R.
    function _load() private view returns (Market memory market) {
        market.token = _token;
        market.reserveToken = _reserveToken;
        market.factory = _factory;
        market.feeRouter = _feeRouter;
        uint256 terms = _terms;
        market.crr = uint32(terms);
        market.tradeFee = uint16(terms >> 32);
        market.sellsOpenAt = uint32(terms >> 48);
        market.virtualReserve = uint64(terms >> 80);
        market.virtualSupply = terms >> 144;
        uint256 state = _state;
        market.reserve = state >> 168;
        market.curveSupply = (state >> 64) & type(uint104).max;
        market.buysPausedUntil = uint32(state >> 32);
        uint256 end = uint32(state);
        if (end != 0) {
            uint256 stream = _stream;
            uint256 released = stream >> 64;
            // pending < 2^88, and a running stream was settled before now and ends after now.
            unchecked {
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
    }

    function _balance(Market memory market) private view returns (uint256) {
        return market.reserveToken.balanceOf(address(this));
    }

    function _remainingAllocation(Market memory market) private view returns (uint256) {
        return market.token.remainingInvestorAllocation();
    }

    function _uncollectedFees(Market memory market) private view returns (uint256) {
        unchecked {
            return Math.saturatingSub(_balance(market), market.reserve + market.pending);
        }
    }

    /// @return tokensMinted The lesser of what is wanted and what the cap leaves.
    /// @return net What enters R.
    /// @return reserveIn What is paid, so that `net` remains after the fee.
    function _buyInput(
        Market memory market,
        uint256 tokensOut,
        uint256 minTokensOut
    ) private view returns (uint256 tokensMinted, uint256 net, uint256 reserveIn) {
        market.buysPausedUntil.requireNotPaused();
        tokensMinted = _remainingAllocation(market);
        if (tokensMinted > tokensOut) tokensMinted = tokensOut;
        if (tokensMinted == 0) _requireAllocation(tokensOut, 0); // Something is asked for and nothing is left.
        _requireOutput(tokensMinted, minTokensOut);
        net = BondingCurve.buyExactOut(market.curveSupply, _curveReserve(market), tokensMinted, market.crr);
        unchecked {
            reserveIn = Math.ceilDiv(net * BPS, BPS - market.tradeFee); // The curve answers below 2^127.
        }
    }

    /// @return net What enters R.
    /// @return tokensOut What is minted.
    function _buyOutput(
        Market memory market,
        uint256 reserveIn,
        uint256 minTokensOut
    ) private view returns (uint256 net, uint256 tokensOut) {
        market.buysPausedUntil.requireNotPaused();
        net = _lessFee(market, reserveIn);
        tokensOut = BondingCurve.buy(market.curveSupply, _curveReserve(market), net, market.crr);
        _requireOutput(tokensOut, minTokensOut);
    }

    /// @return gross What leaves R.
    /// @return reserveOut What the seller receives of it.
    function _sellOutput(
        Market memory market,
        uint256 tokensIn,
        uint256 minReserveOut
    ) private view returns (uint256 gross, uint256 reserveOut) {
        if (block.timestamp < market.sellsOpenAt) revert SellsNotOpen(market.sellsOpenAt);
        gross = _curveReserve(market);
        if (tokensIn < market.curveSupply) gross = BondingCurve.sell(market.curveSupply, gross, tokensIn, market.crr);
        if (gross > market.reserve) revert InsufficientReserve(gross, market.reserve);
        reserveOut = _lessFee(market, gross);
        _requireOutput(reserveOut, minReserveOut);
    }

    function _requireTrade(Market memory market, address to, uint256 deadline) private view {
        if (block.timestamp > deadline) revert DeadlineExpired(deadline, block.timestamp);
        if (to == address(0) || to == address(this) || to == address(market.token)) revert InvalidRecipient(to);
    }

    function _requireAllocation(uint256 requested, uint256 remaining) private pure {
        if (requested > remaining) revert IModelToken.InvestorAllocationExceeded(requested, remaining);
    }

    function _requireOutput(uint256 output, uint256 min) private pure {
        if (output == 0) revert ZeroOutput();
        if (output < min) revert InsufficientOutput(output, min);
    }

    /// @dev What the fee, rounded up, leaves of an amount. A product that wraps belongs to an amount above 2^246, of which more
    /// is left than the curve takes.
    function _lessFee(Market memory market, uint256 amount) private pure returns (uint256) {
        unchecked {
            return amount - Math.ceilDiv(amount * market.tradeFee, BPS);
        }
    }

    /// @dev R + R0, what the curve calls its reserve.
    function _curveReserve(Market memory market) private pure returns (uint256) {
        unchecked {
            return market.reserve + market.virtualReserve; // R < 2^88, R0 ≤ 1e18.
        }
    }

    /// @dev The lock of {ReentrancyGuardTransient} is in the first transient slot: nothing else here is transient.
    function _reentrancyGuardStorageSlot() internal pure override returns (bytes32) {
        return 0;
    }
}
