// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Payout} from "contracts/types/ImprovementTypes.sol";
import {ModelId} from "contracts/types/ModelTypes.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Point, Ratio} from "../utils/CurveAssertions.sol";
import {Keys} from "../utils/ProtocolTest.sol";
import {vm} from "../utils/Test.sol";
import {PoolActions} from "./PoolActions.sol";
import {Market, PoolBooks} from "./PoolBooks.sol";

/// @title PoolHandler
/// @notice Honest traders, an attacker, fee payers, everyone with a key, and time, acting on one pool. What they do is in
/// {PoolActions}, what it comes to in {PoolBooks}.
contract PoolHandler is PoolActions {
    /// @notice How many keys there are for {abuse}, and what each of them tries.
    uint256 public constant KEYS = 11;
    uint256 public constant ABUSES = 19;

    uint256 private constant FUNDS = 1e30;
    uint256 private constant MAX_TRADE = 40_000e6;
    uint256 private constant MAX_DEPOSIT = 10_000e6;

    /// @notice What the attacker paid and received over all blocks that it acted in.
    uint256 public attackerPaid;
    uint256 public attackerReceived;

    address[] private _traders;
    address private _attacker;
    address private _payer;

    modifier atClock() {
        vm.warp(clock);
        _;
    }

    constructor(Market memory market, Keys memory keys, Ratio memory ratio) PoolBooks(market, ratio) PoolActions(keys) {
        _traders.push(makeAddr("alice"));
        _traders.push(makeAddr("bob"));
        _traders.push(keys.supplier);
        _attacker = makeAddr("attacker");
        _payer = makeAddr("payer");
        address[5] memory funded = [_traders[0], _traders[1], _traders[2], _attacker, _payer];
        for (uint256 i; i < funded.length; ++i) {
            market.usdc.mint(funded[i], FUNDS);
            vm.prank(funded[i]);
            market.usdc.approve(address(market.pool), type(uint256).max);
        }
    }

    // Honest traders

    function buy(uint256 trader, uint256 amount) external atClock {
        _buy(_trader(trader), _logBound(amount, MAX_TRADE));
    }

    function buyExactOut(uint256 trader, uint256 tokens) external atClock {
        _buyExactOut(_trader(trader), _logBound(tokens, 2 * _m.token.investorAllocation()));
    }

    /// @dev B1: now more than the quote's price, now less, and often of more tokens than there are.
    function buyExactOutWithin(uint256 trader, uint256 tokens, uint256 limitBps) external atClock {
        uint256 wanted = _logBound(tokens, 2 * _m.token.investorAllocation());
        if (tokens % 3 == 0) wanted = _m.token.remainingInvestorAllocation() + (wanted >> 20) + 1;
        _buyExactOutWithin(_trader(trader), wanted, 99_00 + (limitBps % 2_01));
    }

    function fillCap(uint256 trader) external atClock {
        _buyExactOut(_trader(trader), type(uint104).max);
    }

    function sell(uint256 trader, uint256 tokens) external atClock {
        address seller = _trader(trader);
        _sell(seller, bound(tokens, 0, _m.token.balanceOf(seller)));
    }

    /// @dev Everybody sells what the reserve pays for.
    function sellOut() external atClock {
        for (uint256 i; i < _traders.length; ++i) {
            uint256 tokens = Math.min(_m.token.balanceOf(_traders[i]), _m.pool.maxSell());
            _sell(_traders[i], tokens);
        }
        if (_m.pool.reserve() < 3) ++reached.reserveEmptied;
    }

    function transfer(uint256 from, uint256 to, uint256 tokens) external atClock {
        address sender = _trader(from);
        tokens = bound(tokens, 0, _m.token.balanceOf(sender));
        vm.prank(sender);
        _m.token.transfer(_trader(to), tokens);
    }

    /// @dev P5: the parts of a trade against the quote of the whole.
    function splitBuy(uint256 trader, uint256 amount, uint256 parts) external atClock {
        amount = _logBound(amount, MAX_TRADE);
        (bool quoted, bytes memory whole) = _quote(abi.encodeCall(_m.pool.quoteBuy, (amount)));
        if (!quoted) return;

        uint256 inParts;
        uint256 left = amount;
        for (parts = 2 + (parts % 4); parts > 0 && left > 0; --parts) {
            uint256 part = parts == 1 ? left : bound(uint256(keccak256(abi.encode(amount, parts))), 1, left);
            inParts += _buy(_trader(trader), part);
            left -= part;
        }
        assertLe(inParts, abi.decode(whole, (uint256)), "P5: buying in parts gave more");
    }

    function splitSell(uint256 trader, uint256 tokens, uint256 parts) external atClock {
        address seller = _trader(trader);
        tokens = bound(tokens, 0, _m.token.balanceOf(seller));
        (bool quoted, bytes memory whole) = _quote(abi.encodeCall(_m.pool.quoteSell, (tokens)));
        if (!quoted) return;

        uint256 inParts;
        uint256 left = tokens;
        for (parts = 2 + (parts % 4); parts > 0 && left > 0; --parts) {
            uint256 part = parts == 1 ? left : bound(uint256(keccak256(abi.encode(tokens, parts))), 1, left);
            inParts += _sell(seller, part);
            left -= part;
        }
        assertLe(inParts, abi.decode(whole, (uint256)), "P5: selling in parts gave more");
    }

    // The attacker

    /// @dev P4: one block in which nobody else trades, begun without model tokens; what is minted goes to others.
    function attack(uint256 seed) external atClock {
        uint256 balance = _m.usdc.balanceOf(_attacker);
        uint256 steps = 2 + (seed % 8);
        for (uint256 i; i < steps; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            _attackStep(seed % 9, seed >> 8);
        }
        if (_sell(_attacker, Math.min(_m.token.balanceOf(_attacker), _m.pool.maxSell())) > 0) ++reached.attackerSold;
        _closeAttack(balance, "P4: an attacker's block profits");
    }

    /// @dev P12: the deposit is even somebody else's.
    function buyDepositSell(uint256 amount, uint256 deposit, bool ownDeposit) external atClock {
        uint256 balance = _m.usdc.balanceOf(_attacker);
        uint256 tokens = _buy(_attacker, _logBound(amount, MAX_TRADE));
        _deposit(ownDeposit ? _attacker : _payer, _logBound(deposit, MAX_DEPOSIT));
        _sell(_attacker, tokens);
        _closeAttack(balance, "P12: buy, deposit, sell profits");
    }

    // Fees and gifts

    function depositFees(uint256 amount) external atClock {
        _deposit(_payer, _logBound(amount, MAX_DEPOSIT));
    }

    /// @dev As the router does it: the fees are sent, then deposited.
    function depositFeesByRouter(uint256 amount) external atClock {
        amount = _logBound(amount, MAX_DEPOSIT);
        vm.prank(_payer);
        _m.usdc.transfer(address(_m.pool), amount);
        vm.prank(_keys.feeRouter);
        _m.pool.depositFees(amount);
        _bookDeposit(amount);
    }

    function donate(uint256 amount) external atClock {
        _donate(_payer, _logBound(amount, MAX_DEPOSIT));
    }

    function donateTokens(uint256 trader, uint256 tokens) external atClock {
        _donateTokens(_trader(trader), tokens % 1000);
    }

    function collectFees() external atClock {
        _collect();
    }

    // Keys

    function distributeSupplier() external atClock {
        _mintSupplier();
    }

    function mintRewards(uint256 trader, uint256 tokens) external atClock {
        _mintRewards(_trader(trader), tokens);
    }

    function pauseBuys(uint256 duration) external atClock {
        (uint256 until, uint256 wholeAt) = _m.factory.buysPauseOf(_modelKey());
        uint256 running = Math.saturatingSub(until, clock);
        uint256 left = (42 days - Math.saturatingSub(wholeAt, clock)) / 6;
        if (left == 0) return;
        Point memory start = pointOf(_m.pool);
        vm.prank(_keys.guardian);
        _m.factory.pauseBuys(_modelKey(), bound(duration, running + 1, running + left));
        _assertUnmoved(start);
    }

    function resumeBuys(uint256 seed) external atClock {
        if (seed % 4 != 0) return; // pauses would hardly last otherwise
        Point memory start = pointOf(_m.pool);
        vm.prank(_keys.admin);
        _m.factory.resumeBuys(_modelKey());
        _assertUnmoved(start);
    }

    function changeTreasury(uint256 seed) external atClock {
        address treasury = seed % 2 == 0 ? _keys.treasury : makeAddr("other treasury");
        vm.prank(_keys.admin);
        _m.factory.setTreasury(treasury);
    }

    function blacklistTreasury(bool blacklisted) external atClock {
        _m.usdc.setBlacklisted(_m.factory.treasury(), blacklisted);
    }

    /// @dev Every key on what it may and may not do: none moves the curve or takes reserve tokens.
    function abuse(uint256 key, uint256 call) external atClock {
        address[KEYS] memory callers = [
            _keys.admin,
            _keys.guardian,
            _keys.operator,
            _keys.deployer,
            _keys.registrar,
            _keys.distributor,
            _keys.poolCreator,
            _keys.governor,
            _keys.verifier,
            _keys.treasury,
            _attacker
        ];
        address caller = callers[key % callers.length];
        (address target, bytes memory data) = _abusiveCall(caller, call % ABUSES);
        Point memory start = pointOf(_m.pool);
        uint256 balance = _m.usdc.balanceOf(address(_m.pool));
        uint256 tokens = _m.token.balanceOf(_traders[0]);

        vm.prank(caller);
        (bool accepted, ) = target.call(data);

        Point memory end = pointOf(_m.pool);
        assertEq(end.reserve, start.reserve, "P2: a key moved R");
        assertEq(end.supply, start.supply, "P2: a key moved S");
        assertEq(_m.usdc.balanceOf(address(_m.pool)), balance, "P11: a key took reserve tokens");
        assertEq(_m.token.balanceOf(_traders[0]), tokens, "S7: a key took tokens");
        if (accepted) ++reached.abuses;
        // Only the attacker must start without tokens.
        _giveAway(_m.token.balanceOf(_attacker));
    }

    // Time

    function wait(uint256 time) external atClock {
        uint256[6] memory longest = [uint256(1), 1 minutes, 1 hours, 12 hours, 1 days, 10 days];
        clock += bound(time, 1, longest[time % longest.length]);
    }

    function traders() external view returns (address[] memory) {
        return _traders;
    }

    function _attackStep(uint256 kind, uint256 seed) private {
        uint256 tokens = _m.token.balanceOf(_attacker);
        if (kind < 3) _buy(_attacker, _logBound(seed, MAX_TRADE));
        else if (kind == 3) _buyExactOut(_attacker, _logBound(seed, 2 * _m.token.investorAllocation()));
        else if (kind == 4) _sell(_attacker, bound(seed, 0, tokens));
        else if (kind == 5) _deposit(_attacker, _logBound(seed, MAX_DEPOSIT));
        else if (kind == 6) _donate(_attacker, _logBound(seed, MAX_DEPOSIT));
        else if (kind == 7) _donateTokens(_attacker, bound(seed, 0, tokens / 10));
        else if (seed % 3 == 0) _mintSupplier();
        else if (seed % 3 == 1) _mintRewards(_traders[0], seed);
        else _collect();
    }

    function _closeAttack(uint256 balance, string memory reason) private {
        uint256 left = _m.usdc.balanceOf(_attacker);
        assertLe(left, balance, reason);
        attackerPaid += balance;
        attackerReceived += left;
        ++reached.attacks;
        _giveAway(_m.token.balanceOf(_attacker));
    }

    function _giveAway(uint256 tokens) private {
        vm.prank(_attacker);
        _m.token.transfer(_traders[0], tokens);
    }

    function _abusiveCall(address caller, uint256 kind) private view returns (address, bytes memory) {
        ModelId id = _modelKey();
        uint256 wei_ = 1e18;
        address[] memory accounts = new address[](1);
        uint256[] memory amounts = new uint256[](1);
        (accounts[0], amounts[0]) = (caller, wei_);
        if (kind == 0) return (address(_m.pool), abi.encodeCall(_m.pool.setBuysPausedUntil, (type(uint40).max)));
        if (kind == 1) return (address(_m.token), abi.encodeCall(_m.token.mint, (caller, wei_)));
        if (kind == 2) return (address(_m.token), abi.encodeCall(_m.token.burn, (_traders[0], wei_)));
        if (kind == 3) return (address(_m.token), abi.encodeCall(_m.token.setPool, (caller)));
        if (kind == 4) return (address(_m.token), abi.encodeCall(_m.token.mintSupplierAllocation, ()));
        if (kind == 5) return (address(_m.token), abi.encodeCall(_m.token.mintRewards, (accounts, amounts)));
        if (kind == 6) return (address(_m.tokenManager), abi.encodeCall(_m.tokenManager.setPool, (id, caller)));
        if (kind == 7)
            return (
                address(_m.registry),
                abi.encodeCall(_m.registry.releasePayout, (id, bytes32(wei_), Payout(caller, clock, wei_, 0)))
            );
        if (kind == 8) return (address(_m.registry), abi.encodeCall(_m.registry.setPool, (id, caller)));
        if (kind == 9) return (address(_m.factory), abi.encodeCall(_m.factory.setPoolTerms, (id, bytes32(wei_))));
        if (kind == 10)
            return (address(_m.factory), abi.encodeCall(_m.factory.createPool, (_m.modelId, address(_m.token))));
        if (kind == 11)
            return (address(_m.registry), abi.encodeCall(_m.registry.wire, (caller, caller, caller, accounts)));
        if (kind == 12) return (address(_m.pool), abi.encodeCall(_m.pool.setBuysPausedUntil, (1)));
        if (kind == 13)
            return (address(_m.usdc), abi.encodeCall(_m.usdc.transferFrom, (address(_m.pool), caller, wei_)));
        if (kind == 14)
            return (
                address(_m.registry),
                abi.encodeCall(_m.registry.suspendRole, (_m.registry.POOL_CREATOR_ROLE(), _keys.poolCreator))
            );
        if (kind == 15) return (address(_m.tokenManager), abi.encodeCall(_m.tokenManager.pauseLaunches, (1 hours)));
        if (kind == 16) return (address(_m.tokenManager), abi.encodeCall(_m.tokenManager.resumeLaunches, ()));
        if (kind == 17) return (address(_m.registry), abi.encodeCall(_m.registry.pauseSubmissions, (1 hours)));
        return (address(_m.registry), abi.encodeCall(_m.registry.resumeSubmissions, ()));
    }

    function _trader(uint256 seed) private view returns (address) {
        return _traders[seed % _traders.length];
    }

    /// @dev Maps `seed` into `[1, max]`, small amounts as likely as large ones.
    function _logBound(uint256 seed, uint256 max) private pure returns (uint256) {
        uint256 top = max >> (seed % (Math.log2(max) + 1));
        return bound(uint256(keccak256(abi.encode(seed))), 1, top);
    }
}
