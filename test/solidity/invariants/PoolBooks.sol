// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {HokusaiAMM} from "contracts/market/HokusaiAMM.sol";
import {HokusaiAMMFactory} from "contracts/market/HokusaiAMMFactory.sol";
import {HostileReserveTokenMock} from "contracts/mocks/HostileReserveTokenMock.sol";
import {ModelRegistry} from "contracts/models/ModelRegistry.sol";
import {ModelToken} from "contracts/tokens/ModelToken.sol";
import {TokenManager} from "contracts/tokens/TokenManager.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {CurveAssertions, Point, Ratio} from "../utils/CurveAssertions.sol";

/// @notice What the handler acts on.
struct Market {
    ModelRegistry registry;
    TokenManager tokenManager;
    HokusaiAMMFactory factory;
    HostileReserveTokenMock usdc;
    ModelToken token;
    HokusaiAMM pool;
    string modelId;
}

/// @notice Sums over all actions, in reserve units.
struct Totals {
    uint256 buysIn; // paid by buyers, fee included
    uint256 buysNet; // what of it entered R
    uint256 sellsOut; // paid to sellers
    uint256 sellsGross; // what left R for it
    uint256 deposited;
    uint256 donated;
    uint256 collected;
}

/// @notice How often interesting states were reached.
struct Reached {
    uint256 capFilled;
    uint256 capRefused;
    uint256 filledInPart;
    uint256 refusedByLimit;
    uint256 tradedWhileStreaming;
    uint256 tradedAfterStream; // what a deposit wrote says nothing any more
    uint256 depositedIntoStream;
    uint256 reserveEmptied;
    uint256 netIssuedNegative;
    uint256 refusedByPause;
    uint256 soldWhilePaused;
    uint256 soldWhileTreasuryBlacklisted;
    uint256 attacks;
    uint256 attackerSold;
    uint256 abuses;
}

/// @title PoolBooks
/// @notice What the pool must hold after each action, kept from the specification; the invariants compare it with the pool.
abstract contract PoolBooks is CurveAssertions {
    uint256 internal constant BPS = 1e4;
    uint256 private constant STREAM_DURATION = 1 days;

    Totals internal totals;
    Reached internal reached;

    /// @notice The time of the chain: forge forgets a handler's `warp`.
    uint256 public clock;

    Market internal _m;
    Ratio internal _ratio;

    // The books: what trades and deposits left in the market, S, and the stream as the last deposit began it.
    uint256 private _held;
    uint256 private _supply;
    uint256 private _streamed;
    uint256 private _streamStart;
    uint256 private _streamEnd;

    constructor(Market memory market, Ratio memory ratio) {
        _m = market;
        _ratio = ratio;
        clock = block.timestamp;
        _supply = market.pool.virtualSupply();
    }

    /// @notice R, S, pending fees and the end of the stream, now.
    function books() external view returns (uint256 reserve, uint256 supply, uint256 pending, uint256 streamEnd) {
        pending = _pending();
        return (_held - pending, _supply, pending, clock < _streamEnd ? _streamEnd : 0);
    }

    function getTotals() external view returns (Totals memory) {
        return totals;
    }

    function getReached() external view returns (Reached memory) {
        return reached;
    }

    function _bookBuy(Point memory start, uint256 paid, uint256 tokens) internal {
        _countStream();
        uint256 net = paid - _fee(paid);
        _held += net;
        _supply += tokens;
        totals.buysIn += paid;
        totals.buysNet += net;

        Point memory end = pointOf(_m.pool);
        assertNotBelowCurve(_ratio, start, end);
        assertPriceRose(_ratio, start, end);
    }

    function _bookSell(Point memory start, uint256 tokens, uint256 received) internal {
        _countStream();
        Point memory end = pointOf(_m.pool);
        uint256 gross = start.reserve - end.reserve;
        assertEq(received, gross - _fee(gross), "P2: a sale's fee");
        _held -= gross;
        _supply -= tokens;
        totals.sellsOut += received;
        totals.sellsGross += gross;

        assertNotBelowCurve(_ratio, start, end);
        assertReserveTight(_ratio, start, end);
        assertPriceFell(start, end);
        if (_m.pool.netIssued() < 0) ++reached.netIssuedNegative;
        if (clock < _m.pool.buysPausedUntil()) ++reached.soldWhilePaused;
        if (_m.usdc.isBlacklisted(_m.factory.treasury())) ++reached.soldWhileTreasuryBlacklisted;
    }

    function _bookDeposit(uint256 amount) internal {
        if (clock < _streamEnd) ++reached.depositedIntoStream;
        uint256 pending = _pending();
        uint256 remaining = _streamEnd - Math.min(_streamEnd, clock);
        _streamEnd = clock + (pending * remaining + amount * STREAM_DURATION) / (pending + amount);
        _streamed = pending + amount;
        _streamStart = clock;
        _held += amount;
        totals.deposited += amount;
    }

    /// @dev P3: what happens elsewhere leaves the curve where it is.
    function _assertUnmoved(Point memory start) internal view {
        Point memory end = pointOf(_m.pool);
        assertEq(end.reserve, start.reserve, "P3: R moved without a trade");
        assertEq(end.supply, start.supply, "P3: S moved without a trade");
    }

    function _countStream() internal {
        if (_streamEnd == 0) return;
        if (clock < _streamEnd) ++reached.tradedWhileStreaming;
        else ++reached.tradedAfterStream;
    }

    /// @dev P2: evenly from the last deposit on, whatever is traded meanwhile.
    function _pending() internal view returns (uint256) {
        if (clock >= _streamEnd) return 0;
        return _streamed - (_streamed * (clock - _streamStart)) / (_streamEnd - _streamStart);
    }

    function _fee(uint256 amount) internal view returns (uint256) {
        return Math.ceilDiv(amount * _m.pool.tradeFee(), BPS);
    }
}
