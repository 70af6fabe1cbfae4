// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IHokusaiAMM} from "../interfaces/IHokusaiAMM.sol";
import {IModelToken} from "../interfaces/IModelToken.sol";
import {PoolTerms} from "../types/PoolTypes.sol";
import {BondingCurve} from "./BondingCurve.sol";

/// @title What a pool is and holds
/// @notice The terms, the state and the views of {HokusaiAMM}, which alone changes the state.
/// @dev `balance = held + fees`: what the market holds is R and what the stream has yet to release into R; all the rest are trade
/// fees. Every view of what a trade changes is closed while one runs. Widths: what is held is below 2^72, R0 at most 1e18, S below
/// 2^104; unchecked arithmetic is on these, on times and on ratios.
abstract contract PoolState is IHokusaiAMM, ReentrancyGuardTransient {
    /// @inheritdoc IHokusaiAMM
    IModelToken public immutable token;

    /// @inheritdoc IHokusaiAMM
    IERC20 public immutable reserveToken;

    /// @inheritdoc IHokusaiAMM
    address public immutable factory;

    address internal immutable _feeRouter;

    /// @inheritdoc IHokusaiAMM
    uint256 public immutable crr;

    /// @inheritdoc IHokusaiAMM
    uint256 public immutable tradeFee;

    /// @inheritdoc IHokusaiAMM
    uint256 public immutable sellsOpenAt;

    /// @inheritdoc IHokusaiAMM
    uint256 public immutable virtualReserve;

    /// @inheritdoc IHokusaiAMM
    uint256 public immutable virtualSupply;

    // The first word is all that a trade reads and writes while no stream runs.
    uint72 internal _held; // R, and what the stream has yet to release into it
    uint104 internal _curveSupply; // S: at most 1e30 by the factory's bounds and 1e28 by the token's
    /// @inheritdoc IHokusaiAMM
    uint40 public buysPausedUntil;
    uint40 internal _streamEnd; // nothing streams from this second

    // The second is written by deposits only, and says nothing once the stream has ended.
    uint72 internal _streamAmount; // released evenly from `_streamStart` to `_streamEnd`
    uint40 internal _streamStart;

    /// @param token_ The model's token.
    /// @param reserveToken_ Reserve token, 6 decimals.
    /// @param feeRouter_ The usage fee router.
    /// @param terms Terms, checked by the factory.
    /// @param supply S0 in wei, which follows from the terms.
    constructor(IModelToken token_, IERC20 reserveToken_, address feeRouter_, PoolTerms memory terms, uint256 supply) {
        token = token_;
        reserveToken = reserveToken_;
        factory = msg.sender;
        _feeRouter = feeRouter_;
        crr = terms.crr;
        tradeFee = terms.tradeFee;
        sellsOpenAt = block.timestamp + terms.ibrDuration;
        virtualReserve = terms.virtualReserve;
        virtualSupply = supply;
        _curveSupply = uint104(supply);
    }

    /// @inheritdoc IHokusaiAMM
    function reserve() external view nonReentrantView returns (uint256) {
        (, , uint256 reserve_) = _market();
        return reserve_;
    }

    /// @inheritdoc IHokusaiAMM
    function curveSupply() external view nonReentrantView returns (uint256) {
        return _curveSupply;
    }

    /// @inheritdoc IHokusaiAMM
    function spotPrice() external view nonReentrantView returns (uint256) {
        (uint256 supply, , uint256 reserve_) = _market();
        return BondingCurve.spotPriceWad(supply, _curveReserve(reserve_), crr);
    }

    /// @inheritdoc IHokusaiAMM
    function netIssued() public view nonReentrantView returns (int256) {
        unchecked {
            return int256(_curveSupply - virtualSupply);
        }
    }

    /// @inheritdoc IHokusaiAMM
    function remainingInvestorAllocation() external view nonReentrantView returns (uint256) {
        return _remainingAllocation();
    }

    /// @inheritdoc IHokusaiAMM
    function unbackedSupply() external view returns (uint256) {
        int256 issued = netIssued();
        unchecked {
            // What the pool issued net of sales is part of the total supply.
            return token.totalSupply() - (issued > 0 ? uint256(issued) : 0);
        }
    }

    /// @inheritdoc IHokusaiAMM
    /// @dev The sale that pays all of R is S · (1 − (R0/(R+R0))^w) = S · B / (S + B), where B = S · ((1 + R/R0)^w − 1) is
    /// what a buy with all of R would mint on the empty pool. B is rounded down, and so is the result.
    function maxSell() external view nonReentrantView returns (uint256) {
        (uint256 supply, , uint256 reserve_) = _market();
        uint256 bought = BondingCurve.buy(supply, virtualReserve, reserve_, crr);
        return Math.mulDiv(supply, bought, supply + bought);
    }

    /// @inheritdoc IHokusaiAMM
    function pendingStream() external view nonReentrantView returns (uint256) {
        (, uint256 held, uint256 reserve_) = _market();
        unchecked {
            return held - reserve_;
        }
    }

    /// @inheritdoc IHokusaiAMM
    function streamEnd() external view nonReentrantView returns (uint256) {
        uint256 end = _streamEnd;
        return block.timestamp < end ? end : 0;
    }

    /// @inheritdoc IHokusaiAMM
    function uncollectedFees() external view nonReentrantView returns (uint256) {
        return _uncollectedFees();
    }

    /// @dev S, what the market holds, and R, which is all of it but what the stream has yet to release.
    function _market() internal view returns (uint256 supply, uint256 held, uint256 reserve_) {
        uint256 end = _streamEnd;
        (supply, held) = (_curveSupply, _held);
        reserve_ = held;
        if (block.timestamp < end) {
            (uint256 amount, uint256 start) = (_streamAmount, _streamStart);
            unchecked {
                // A deposit set start ≤ now; what has not been released stays held.
                reserve_ -= amount - (amount * (block.timestamp - start)) / (end - start);
            }
        }
    }

    function _uncollectedFees() internal view returns (uint256) {
        return Math.saturatingSub(_balance(), _held);
    }

    function _balance() internal view returns (uint256) {
        return reserveToken.balanceOf(address(this));
    }

    function _remainingAllocation() internal view returns (uint256) {
        return token.remainingInvestorAllocation();
    }

    /// @dev What the curve calls its reserve.
    function _curveReserve(uint256 reserve_) internal view returns (uint256) {
        unchecked {
            return reserve_ + virtualReserve;
        }
    }

    /// @dev The lock of {ReentrancyGuardTransient} is in the first transient slot: nothing else here is transient.
    function _reentrancyGuardStorageSlot() internal pure override returns (bytes32) {
        return 0;
    }
}
