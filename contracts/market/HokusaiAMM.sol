// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IHokusaiAMM} from "../interfaces/IHokusaiAMM.sol";
import {IHokusaiAMMFactory} from "../interfaces/IHokusaiAMMFactory.sol";
import {IModelToken} from "../interfaces/IModelToken.sol";
import {GuardianPause} from "../libraries/GuardianPause.sol";
import * as Errors from "../types/CommonErrors.sol";
import {Permit, Permits} from "../types/Permit.sol";
import {PoolTerms} from "../types/PoolTypes.sol";
import {BondingCurve} from "./BondingCurve.sol";
import {PoolState} from "./PoolState.sol";

/// @title HokusaiAMM
/// @notice See {IHokusaiAMM}.
/// @dev Custody: what the market holds and trade fees, see {PoolState}. Trusts: the token for its cap, and the factory for the
/// treasury and for pauses of buys; neither can stop a sale or touch R. Rounding: outputs down, inputs and fees up, see
/// {BondingCurve}. Reentrancy: every function that moves tokens is closed while one of them runs. Known limit: whoever controls the
/// reserve token can freeze it.
contract HokusaiAMM is PoolState {
    using SafeERC20 for IERC20;
    using Permits for Permit;
    using GuardianPause for uint40;

    /// @dev Time in which a deposit of usage fees flows into the reserve, in seconds.
    uint256 private constant STREAM_DURATION = 1 days;

    /// @dev Most that the market may hold, in reserve units.
    uint256 private constant MAX_HELD = type(uint72).max;

    uint256 private constant BPS = 100_00; // 100 %

    /// @param token_ The model's token.
    /// @param reserveToken_ Reserve token, 6 decimals.
    /// @param feeRouter_ The usage fee router.
    /// @param terms Terms, checked by the factory.
    /// @param supply S0 in wei, which follows from the terms.
    constructor(
        IModelToken token_,
        IERC20 reserveToken_,
        address feeRouter_,
        PoolTerms memory terms,
        uint256 supply
    ) PoolState(token_, reserveToken_, feeRouter_, terms, supply) {}

    /// @inheritdoc IHokusaiAMM
    function buy(
        uint256 reserveIn,
        uint256 minTokensOut,
        address to,
        uint256 deadline
    ) public nonReentrant returns (uint256 tokensOut) {
        _requireTrade(to, deadline);
        _requireBuysOpen();

        (uint256 supply, uint256 held, uint256 reserve_) = _market();
        uint256 net;
        (net, tokensOut) = _buyOutput(supply, held, reserve_, reserveIn);
        _requireOutput(tokensOut, minTokensOut);

        unchecked {
            _fill(supply + tokensOut, held + net, reserve_ + net, reserveIn, tokensOut, to);
        }
    }

    /// @inheritdoc IHokusaiAMM
    function buyWithPermit(
        uint256 reserveIn,
        uint256 minTokensOut,
        address to,
        uint256 deadline,
        Permit calldata permit
    ) external returns (uint256) {
        permit.tryUse(address(reserveToken), reserveIn);
        return buy(reserveIn, minTokensOut, to, deadline);
    }

    /// @inheritdoc IHokusaiAMM
    function buyExactOut(
        uint256 tokensOut,
        uint256 minTokensOut,
        uint256 maxReserveIn,
        address to,
        uint256 deadline
    ) public nonReentrant returns (uint256 tokensMinted, uint256 reserveIn) {
        _requireTrade(to, deadline);
        _requireBuysOpen();

        (uint256 supply, uint256 held, uint256 reserve_) = _market();
        tokensMinted = _mintable(tokensOut);
        _requireOutput(tokensMinted, minTokensOut);
        uint256 net;
        (net, reserveIn) = _buyInput(supply, held, reserve_, tokensMinted);
        // The limit is a price: for a part of the tokens, that part of it may be paid.
        maxReserveIn = Math.mulDiv(maxReserveIn, tokensMinted, tokensOut);
        if (reserveIn > maxReserveIn) revert ExcessiveInput(reserveIn, maxReserveIn);

        unchecked {
            _fill(supply + tokensMinted, held + net, reserve_ + net, reserveIn, tokensMinted, to);
        }
    }

    /// @inheritdoc IHokusaiAMM
    function buyExactOutWithPermit(
        uint256 tokensOut,
        uint256 minTokensOut,
        uint256 maxReserveIn,
        address to,
        uint256 deadline,
        Permit calldata permit
    ) external returns (uint256, uint256) {
        permit.tryUse(address(reserveToken), maxReserveIn);
        return buyExactOut(tokensOut, minTokensOut, maxReserveIn, to, deadline);
    }

    /// @inheritdoc IHokusaiAMM
    function sell(
        uint256 tokensIn,
        uint256 minReserveOut,
        address to,
        uint256 deadline
    ) external nonReentrant returns (uint256 reserveOut) {
        _requireTrade(to, deadline);
        _requireSellsOpen();

        (uint256 supply, uint256 held, uint256 reserve_) = _market();
        uint256 gross;
        (gross, reserveOut) = _sellOutput(supply, reserve_, tokensIn);
        _requireOutput(reserveOut, minReserveOut);

        unchecked {
            // R pays `gross`; all of S would have taken more than R.
            (supply, reserve_) = (supply - tokensIn, reserve_ - gross);
            (_held, _curveSupply) = (uint72(held - gross), uint104(supply));
        }
        emit Sold(msg.sender, to, tokensIn, reserveOut, reserve_, supply);

        token.burn(msg.sender, tokensIn);
        reserveToken.safeTransfer(to, reserveOut);
    }

    /// @inheritdoc IHokusaiAMM
    function depositFees(uint256 amount) external nonReentrant {
        if (amount == 0) revert Errors.InvalidAmount();

        if (msg.sender == _feeRouter) {
            uint256 arrived = _uncollectedFees();
            if (arrived < amount) revert Errors.UnexpectedReserveReceived(arrived, amount);
            _addToStream(amount);
        } else {
            _addToStream(amount);
            _pull(amount);
        }
    }

    /// @inheritdoc IHokusaiAMM
    function collectFees() external nonReentrant returns (uint256 amount) {
        amount = _uncollectedFees();
        if (amount != 0) {
            address treasury = IHokusaiAMMFactory(factory).treasury();
            emit FeesCollected(treasury, amount);

            reserveToken.safeTransfer(treasury, amount);
        }
    }

    /// @inheritdoc IHokusaiAMM
    function setBuysPausedUntil(uint40 until) external {
        Errors.requireCaller(factory);
        buysPausedUntil = until;
    }

    /// @inheritdoc IHokusaiAMM
    function quoteBuy(uint256 reserveIn) external view nonReentrantView returns (uint256 tokensOut) {
        _requireBuysOpen();
        (uint256 supply, uint256 held, uint256 reserve_) = _market();
        (, tokensOut) = _buyOutput(supply, held, reserve_, reserveIn);
        uint256 remaining = _remainingAllocation();
        if (tokensOut > remaining) revert IModelToken.InvestorAllocationExceeded(tokensOut, remaining);
    }

    /// @inheritdoc IHokusaiAMM
    function quoteBuyExactOut(
        uint256 tokensOut
    ) external view nonReentrantView returns (uint256 tokensMinted, uint256 reserveIn) {
        _requireBuysOpen();
        (uint256 supply, uint256 held, uint256 reserve_) = _market();
        tokensMinted = _mintable(tokensOut);
        (, reserveIn) = _buyInput(supply, held, reserve_, tokensMinted);
    }

    /// @inheritdoc IHokusaiAMM
    function quoteSell(uint256 tokensIn) external view nonReentrantView returns (uint256 reserveOut) {
        _requireSellsOpen();
        (uint256 supply, , uint256 reserve_) = _market();
        (, reserveOut) = _sellOutput(supply, reserve_, tokensIn);
    }

    /// @dev Effects, event and tokens of either buy; S, what is held and R are those after it. There is room for what is paid; an S
    /// that does not fit is above the cap, and the token refuses it.
    function _fill(uint256 supply, uint256 held, uint256 reserve_, uint256 paid, uint256 minted, address to) private {
        (_held, _curveSupply) = (uint72(held), uint104(supply));
        emit Bought(msg.sender, to, paid, minted, reserve_, supply);

        token.mint(to, minted);
        _pull(paid);
    }

    /// @dev The stream goes on to the average of its end and of a day from now, weighted by amounts and rounded down.
    function _addToStream(uint256 amount) private {
        (, uint256 held, uint256 reserve_) = _market();
        _requireRoom("amount", amount, held);

        unchecked {
            uint256 pending = held - reserve_;
            uint256 remaining = Math.saturatingSub(_streamEnd, block.timestamp);
            uint256 total = pending + amount;
            uint256 end = block.timestamp + (pending * remaining + amount * STREAM_DURATION) / total;
            (_held, _streamEnd) = (uint72(held + amount), uint40(end));
            (_streamAmount, _streamStart) = (uint72(total), uint40(block.timestamp));
            emit FeesDeposited(msg.sender, amount, total, end, reserve_);
        }
    }

    /// @dev Takes exactly `amount` reserve units from the caller.
    function _pull(uint256 amount) private {
        uint256 before = _balance();
        reserveToken.safeTransferFrom(msg.sender, address(this), amount);
        uint256 received;
        unchecked {
            received = _balance() - before; // If it fell, the difference is not `amount` either.
        }
        if (received != amount) revert Errors.UnexpectedReserveReceived(received, amount);
    }

    /// @dev The lesser of what is wanted and what the cap leaves.
    function _mintable(uint256 tokensOut) private view returns (uint256) {
        if (tokensOut == 0) revert Errors.InvalidAmount();
        uint256 remaining = _remainingAllocation();
        if (remaining == 0) revert IModelToken.InvestorAllocationExceeded(tokensOut, 0);
        return Math.min(tokensOut, remaining);
    }

    /// @return net What enters R.
    /// @return tokensOut What is minted.
    function _buyOutput(
        uint256 supply,
        uint256 held,
        uint256 reserve_,
        uint256 reserveIn
    ) private view returns (uint256 net, uint256 tokensOut) {
        _requireRoom("reserveIn", reserveIn, held);
        net = _lessFee(reserveIn);
        tokensOut = BondingCurve.buy(supply, _curveReserve(reserve_), net, crr);
        if (tokensOut == 0) revert ZeroOutput();
    }

    /// @return net What enters R.
    /// @return reserveIn What is paid, so that `net` remains after the fee.
    function _buyInput(
        uint256 supply,
        uint256 held,
        uint256 reserve_,
        uint256 tokensOut
    ) private view returns (uint256 net, uint256 reserveIn) {
        net = BondingCurve.buyExactOut(supply, _curveReserve(reserve_), tokensOut, crr);
        unchecked {
            // The curve answers below 2^224, the product of two values of its domain.
            reserveIn = Math.ceilDiv(net * BPS, BPS - tradeFee);
        }
        _requireRoom("reserveIn", reserveIn, held);
    }

    /// @return What leaves R. All of S, or more, would take R0 too.
    /// @return What the seller receives of it.
    function _sellOutput(uint256 supply, uint256 reserve_, uint256 tokensIn) private view returns (uint256, uint256) {
        uint256 gross = BondingCurve.sell(supply, _curveReserve(reserve_), Math.min(tokensIn, supply), crr);
        if (gross > reserve_) revert InsufficientReserve(gross, reserve_);
        uint256 reserveOut = _lessFee(gross);
        if (reserveOut == 0) revert ZeroOutput();
        return (gross, reserveOut);
    }

    /// @dev What the fee, rounded up, leaves of an amount below 2^72.
    function _lessFee(uint256 amount) private view returns (uint256) {
        unchecked {
            return amount - (amount * tradeFee + BPS - 1) / BPS;
        }
    }

    function _requireRoom(bytes32 field, uint256 amount, uint256 held) private pure {
        unchecked {
            uint256 room = MAX_HELD - held;
            if (amount > room) revert Errors.OutOfRange(field, amount, 1, room);
        }
    }

    function _requireTrade(address to, uint256 deadline) private view {
        if (block.timestamp > deadline) revert Errors.DeadlineExpired(deadline, block.timestamp);
        if (to == address(0)) revert Errors.ZeroAddress();
        if (to == address(this) || to == address(token)) revert Errors.ProtocolContract(to);
    }

    function _requireBuysOpen() private view {
        buysPausedUntil.requireNotPaused();
    }

    function _requireSellsOpen() private view {
        uint256 opensAt = sellsOpenAt;
        if (block.timestamp < opensAt) revert SellsNotOpen(opensAt);
    }

    function _requireOutput(uint256 output, uint256 min) private pure {
        if (output < min) revert InsufficientOutput(output, min);
    }
}
