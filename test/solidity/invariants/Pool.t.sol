// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {BondingCurve} from "contracts/market/BondingCurve.sol";
import {HokusaiAMM} from "contracts/market/HokusaiAMM.sol";
import {IHokusaiAMM} from "contracts/interfaces/IHokusaiAMM.sol";
import {ModelToken} from "contracts/tokens/ModelToken.sol";
import {PoolTerms} from "contracts/types/PoolTypes.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {CurveAssertions, Point, Ratio} from "../utils/CurveAssertions.sol";
import {ProtocolTest} from "../utils/ProtocolTest.sol";
import {vm} from "../utils/Test.sol";
import {Market, Reached, Totals} from "./PoolBooks.sol";
import {PoolHandler} from "./PoolHandler.sol";

/// @title The invariants of the pool, by the numbers under which they are promised
/// @notice P3 to P8 and P12 speak of trades: {PoolHandler} asserts them at each of its own, where a failure fails every invariant, and
/// here they are probed in every state that it reaches.
abstract contract PoolInvariants is ProtocolTest, CurveAssertions {
    uint256 private constant FUNDS = 1e30;
    uint256 private constant MAX_PROBE = 40_000e6;

    ModelToken private _token;
    HokusaiAMM private _pool;
    PoolHandler private _handler;
    bytes32 private _terms;
    address private _prober;

    function setUp() external {
        vm.warp(1_750_000_000);
        deployProtocol();
        (_token, _pool) = launchModel(400_000e18, 600_000e18, 20_000e18, poolTerms());
        _terms = _curveParameters();
        _handler = new PoolHandler(
            Market({
                registry: registry,
                tokenManager: tokenManager,
                factory: factory,
                usdc: usdc,
                token: _token,
                pool: _pool,
                modelId: MODEL
            }),
            keys,
            ratio()
        );
        targetContract(address(_handler));

        _prober = makeAddr("prober");
        usdc.mint(_prober, FUNDS);
        vm.prank(_prober);
        usdc.approve(address(_pool), type(uint256).max);
    }

    function invariant_P1_balanceCoversReserveStreamAndFees() external {
        vm.warp(_handler.clock());
        uint256 balance = usdc.balanceOf(address(_pool));

        assertGe(balance, _pool.reserve() + _pool.pendingStream() + _pool.uncollectedFees());
        // The fees are those that were charged, not only what is left over.
        Totals memory t = _handler.getTotals();
        uint256 fees = (t.buysIn - t.buysNet) + (t.sellsGross - t.sellsOut) + t.donated - t.collected;
        assertEq(_pool.uncollectedFees(), fees);
        assertEq(balance, _pool.reserve() + _pool.pendingStream() + fees);
    }

    function invariant_P2_reserveMovesByTradesAndStreamOnly() external {
        vm.warp(_handler.clock());
        (uint256 reserve, uint256 supply, uint256 pending, uint256 streamEnd) = _handler.books();
        Totals memory t = _handler.getTotals();

        assertEq(_pool.reserve(), reserve);
        assertEq(_pool.curveSupply(), supply);
        assertEq(_pool.pendingStream(), pending);
        assertEq(_pool.streamEnd(), streamEnd);
        assertEq(reserve + pending, t.buysNet + t.deposited - t.sellsGross);
        assertEq(_pool.netIssued(), int256(supply) - int256(_pool.virtualSupply()));
    }

    /// @dev Each trade was compared with the one before it; here all of them with the start.
    function invariant_P3_curveNeverFallsBelowItsStart() external {
        vm.warp(_handler.clock());
        assertNotBelowCurve(
            ratio(),
            Point({reserve: _pool.virtualReserve(), supply: _pool.virtualSupply()}),
            pointOf(_pool)
        );
    }

    function invariant_P4_attackersNeverProfit() external view {
        assertLe(_handler.attackerReceived(), _handler.attackerPaid());
    }

    function invariant_P5_splittingNeverHelps() external {
        vm.warp(_handler.clock());
        uint256 amount = _probeAmount();
        (bool quoted, bytes memory whole) = _tryQuoteBuy(amount);
        if (!quoted) return;
        uint256 snapshot = vm.snapshotState();

        uint256 first = _tryBuy(amount / 3);
        uint256 inParts = first + _tryBuy(amount - amount / 3);
        assertLe(inParts, abi.decode(whole, (uint256)));

        assertTrue(vm.revertToState(snapshot));
    }

    function invariant_P6_priceFollowsTheSupply() external {
        vm.warp(_handler.clock());
        uint256 snapshot = vm.snapshotState();
        Point memory start = pointOf(_pool);
        uint256 price = _pool.spotPrice();

        uint256 tokens = _tryBuy(_probeAmount());

        if (tokens > 0) {
            assertPriceRose(ratio(), start, pointOf(_pool));
            assertGe(_pool.spotPrice(), price);
            start = pointOf(_pool);
            if (_trySell(tokens) > 0) assertPriceFell(start, pointOf(_pool));
        }
        assertTrue(vm.revertToState(snapshot));
    }

    /// @dev At this moment; the handler compares every trade, and every refusal, with its quote.
    function invariant_P7_quotesAreExecutions() external {
        vm.warp(_handler.clock());
        uint256 amount = _probeAmount();
        (bool quoted, bytes memory quote) = _tryQuoteBuy(amount);
        uint256 snapshot = vm.snapshotState();

        vm.prank(_prober);
        (bool done, bytes memory result) = address(_pool).call(
            abi.encodeCall(_pool.buy, (amount, 0, _prober, block.timestamp))
        );
        assertEq(done, quoted);
        assertEq(result, quote);

        assertTrue(vm.revertToState(snapshot));
    }

    /// @dev Outputs were never above the exact value, so all that the pool issued is covered: it can be sold at once.
    function invariant_P8_poolIssuedTokensAreCovered() external {
        vm.warp(_handler.clock());
        int256 netIssued = _pool.netIssued();
        if (netIssued <= 0) return;
        Point memory point = pointOf(_pool);

        uint256 gross = BondingCurve.sell(point.supply, point.reserve, uint256(netIssued), _pool.crr());

        assertLe(gross, _pool.reserve());
    }

    function invariant_P9_holdersCanSell() external {
        vm.warp(_handler.clock());
        uint256 snapshot = vm.snapshotState();
        usdc.setBlacklisted(factory.treasury(), true);
        (uint256 until, uint256 wholeAt) = factory.buysPauseOf(modelKey());
        uint256 left = (42 days - Math.saturatingSub(wholeAt, block.timestamp)) / 6;
        if (left != 0) {
            vm.prank(keys.guardian);
            factory.pauseBuys(modelKey(), Math.saturatingSub(until, block.timestamp) + left);
        }

        address[] memory holders = _handler.traders();
        for (uint256 i; i < holders.length; ++i) {
            uint256 tokens = Math.min(_token.balanceOf(holders[i]), _pool.maxSell());
            (bool quoted, bytes memory quote) = address(_pool).staticcall(abi.encodeCall(_pool.quoteSell, (tokens)));
            if (quoted) {
                vm.prank(holders[i]);
                assertEq(_pool.sell(tokens, 0, holders[i], block.timestamp), abi.decode(quote, (uint256)));
            } else {
                // Dust that pays nothing, or the published window, and nothing else.
                bool isOpen = block.timestamp >= _pool.sellsOpenAt();
                bytes4 expected = isOpen ? IHokusaiAMM.ZeroOutput.selector : IHokusaiAMM.SellsNotOpen.selector;
                assertEq(bytes32(bytes4(quote)), bytes32(expected));
            }
        }
        assertTrue(vm.revertToState(snapshot));
    }

    function invariant_P10_curveParametersNeverChange() external view {
        assertEq(_curveParameters(), _terms);
    }

    function invariant_P11_reserveTokensLeaveBySalesAndCollectionOnly() external view {
        Totals memory t = _handler.getTotals();
        assertEq(usdc.balanceOf(address(_pool)), t.buysIn + t.deposited + t.donated - t.sellsOut - t.collected);
    }

    function invariant_P12_buyDepositSellNeverProfits() external {
        vm.warp(_handler.clock());
        uint256 amount = _probeAmount();
        uint256 snapshot = vm.snapshotState();

        uint256 tokens = _tryBuy(amount);
        vm.prank(_prober);
        _pool.depositFees(amount);
        if (tokens > 0) assertLe(_trySell(tokens), amount);

        assertTrue(vm.revertToState(snapshot));
    }

    /// @dev Forge calls it at the end of each walk.
    function afterInvariant() external {
        writeReached("Reached", abi.encode(_handler.getReached()));
    }

    /// @dev The states that make the invariants worth something, in a walk of its own: every one is reached.
    function test_handlerReachesEveryInterestingState() external {
        uint256 seed = 1;
        for (uint256 i; i < 1500; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            _act(seed);
        }
        for (uint256 key; key < _handler.KEYS(); ++key) {
            for (uint256 abuse; abuse < _handler.ABUSES(); ++abuse) _handler.abuse(key, abuse);
        }

        Reached memory r = _handler.getReached();
        assertGt(r.capFilled, 0, "the cap was never filled");
        assertGt(r.capRefused, 0, "the cap never refused");
        assertGt(r.filledInPart, 0, "no wish was filled in part");
        assertGt(r.refusedByLimit, 0, "no buy was refused by its limit");
        assertGt(r.tradedWhileStreaming, 0, "no trade in a stream");
        assertGt(r.tradedAfterStream, 0, "no trade after a stream");
        assertGt(r.depositedIntoStream, 0, "no deposit into a stream");
        assertGt(r.reserveEmptied, 0, "the reserve was never emptied");
        assertGt(r.netIssuedNegative, 0, "the net issue was never negative");
        assertGt(r.refusedByPause, 0, "no buy was refused by a pause");
        assertGt(r.soldWhilePaused, 0, "no sale in a pause");
        assertGt(r.soldWhileTreasuryBlacklisted, 0, "no sale with a blacklisted treasury");
        assertGt(r.attackerSold, 0, "the attacker never sold");
        assertGt(r.abuses, 5, "a key could not even do what it may");
        assertLe(_handler.attackerReceived(), _handler.attackerPaid());
    }

    function ratio() internal pure virtual returns (Ratio memory);

    function poolTerms() internal pure virtual returns (PoolTerms memory);

    function _act(uint256 seed) private {
        PoolHandler h = _handler;
        uint256 kind = seed % 23;
        (uint256 a, uint256 b) = (seed >> 8, seed >> 128);
        if (kind == 0) h.buy(a, b);
        else if (kind == 1) h.buyExactOut(a, b);
        else if (kind == 2) h.fillCap(a);
        else if (kind == 3) h.sell(a, b);
        else if (kind == 4) h.sellOut();
        else if (kind == 5) h.transfer(a, b, a);
        else if (kind == 6) h.splitBuy(a, b, a);
        else if (kind == 7) h.splitSell(a, b, a);
        else if (kind == 8) h.attack(a);
        else if (kind == 9) h.buyDepositSell(a, b, a % 2 == 0);
        else if (kind == 10) h.depositFees(a);
        else if (kind == 11) h.donate(a);
        else if (kind == 12) h.donateTokens(a, b);
        else if (kind == 13) h.collectFees();
        else if (kind == 14) h.distributeSupplier();
        else if (kind == 15) h.mintRewards(a, b);
        else if (kind == 16) h.pauseBuys(a);
        else if (kind == 17) h.blacklistTreasury(a % 2 == 0);
        else if (kind == 18) h.abuse(a, b);
        else if (kind == 19) h.depositFeesByRouter(a);
        else if (kind == 20) h.buyExactOutWithin(a, b, a);
        else if (kind == 21) h.resumeBuys(a);
        else h.wait(a);
    }

    /// @dev 0 when the pool refuses.
    function _tryBuy(uint256 amount) private returns (uint256) {
        vm.prank(_prober);
        (bool done, bytes memory result) = address(_pool).call(
            abi.encodeCall(_pool.buy, (amount, 0, _prober, block.timestamp))
        );
        return done ? abi.decode(result, (uint256)) : 0;
    }

    /// @dev 0 when the pool refuses.
    function _trySell(uint256 tokens) private returns (uint256) {
        vm.prank(_prober);
        (bool done, bytes memory result) = address(_pool).call(
            abi.encodeCall(_pool.sell, (tokens, 0, _prober, block.timestamp))
        );
        return done ? abi.decode(result, (uint256)) : 0;
    }

    function _tryQuoteBuy(uint256 amount) private view returns (bool, bytes memory) {
        return address(_pool).staticcall(abi.encodeCall(_pool.quoteBuy, (amount)));
    }

    /// @dev Of any magnitude, other in every state.
    function _probeAmount() private view returns (uint256) {
        uint256 seed = uint256(keccak256(abi.encode(_pool.reserve(), _pool.curveSupply(), block.timestamp)));
        return (MAX_PROBE >> (seed % 40)) + 1;
    }

    function _curveParameters() private view returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    _pool.crr(),
                    _pool.tradeFee(),
                    _pool.virtualReserve(),
                    _pool.virtualSupply(),
                    _pool.sellsOpenAt(),
                    _pool.token(),
                    _pool.reserveToken(),
                    _pool.factory()
                )
            );
    }
}

/// @notice The default terms' ratio and fee.
contract PoolInvariants20Test is PoolInvariants {
    function ratio() internal pure override returns (Ratio memory) {
        return Ratio({crr: 200_000, m: 5, n: 1});
    }

    function poolTerms() internal pure override returns (PoolTerms memory) {
        return PoolTerms(200_000, 30, 1 days, 2_000e6, 10_000);
    }
}

/// @notice No fee: rounding alone protects the pool.
contract PoolInvariants50Test is PoolInvariants {
    function ratio() internal pure override returns (Ratio memory) {
        return Ratio({crr: 500_000, m: 2, n: 1});
    }

    function poolTerms() internal pure override returns (PoolTerms memory) {
        return PoolTerms(500_000, 0, 0, 5_000e6, 10_000);
    }
}

/// @notice A constant price but for fees, the curve's other path.
contract PoolInvariants100Test is PoolInvariants {
    function ratio() internal pure override returns (Ratio memory) {
        return Ratio({crr: 1_000_000, m: 1, n: 1});
    }

    function poolTerms() internal pure override returns (PoolTerms memory) {
        return PoolTerms(1_000_000, 100, 0, 10_000e6, 10_000);
    }
}
