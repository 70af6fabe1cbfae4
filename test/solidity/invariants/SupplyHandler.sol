// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IModelToken} from "contracts/interfaces/IModelToken.sol";
import {ModelToken} from "contracts/tokens/ModelToken.sol";
import {TokenManager} from "contracts/tokens/TokenManager.sol";
import {ModelId} from "contracts/types/ModelTypes.sol";
import {Keys} from "../utils/ProtocolTest.sol";
import {Assertions, vm} from "../utils/Test.sol";

/// @notice What the handler acts on. The pool is a bare address: the token must hold its caps whatever its pool does.
struct Supply {
    TokenManager tokenManager;
    ModelToken token;
    address pool;
    ModelId id;
    string modelId;
}

/// @notice How often interesting states were reached.
struct SupplyReached {
    uint256 supplierMinted;
    uint256 supplierRefused;
    uint256 capFilled;
    uint256 capRefused;
    uint256 rewardsMinted;
    uint256 rewardCapFilled;
    uint256 rewardsRefused;
    uint256 netIssuedNegative;
    uint256 hardCapReached;
    uint256 cycles;
    uint256 permits;
    uint256 transfersFrom;
    uint256 abuses;
}

/// @title SupplyHandler
/// @notice Honest holders, an attacker, everyone with a key, the pool and the TokenManager, acting on one token. It keeps its own
/// ledger, written from the specification, foretells from it whether each action succeeds, and with which error it does not.
contract SupplyHandler is Assertions {
    bytes32 private constant PERMIT_TYPEHASH = keccak256(
        "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
    );
    uint256 private constant MAX_PAYEES = 64;

    // The ledger.
    bool public supplierMinted;
    uint256 public rewardsMinted;
    int256 public netIssued;
    mapping(address account => uint256) public balanceOf;
    mapping(address owner => mapping(address spender => uint256)) public allowance;
    mapping(address owner => uint256) public nonceOf;

    SupplyReached private _reached;
    Supply private _s;
    Keys private _keys;
    address[] private _holders;
    mapping(address holder => uint256) private _privateKeys;
    address[] private _strangers;
    bytes private _lastPermit;

    constructor(Supply memory s, Keys memory keys) {
        _s = s;
        _keys = keys;
        string[4] memory names = ["alice", "bob", "attacker", "supplier"];
        for (uint256 i; i < names.length; ++i) {
            (address holder, uint256 privateKey) = makeAccount(names[i]);
            _privateKeys[holder] = privateKey;
            _holders.push(holder);
            _strangers.push(holder);
        }
        _holders.push(s.pool);
        _holders.push(address(s.token));
        _holders.push(address(s.tokenManager));
        address[8] memory others = [
            keys.admin,
            keys.guardian,
            keys.operator,
            keys.deployer,
            keys.registrar,
            keys.poolCreator,
            keys.governor,
            keys.treasury
        ];
        for (uint256 i; i < others.length; ++i) _strangers.push(others[i]);
    }

    // Holders

    function transfer(uint256 from, uint256 to, uint256 amount) external {
        (address sender, address receiver) = (_signer(from), _holder(to));
        amount = _amount(amount, balanceOf[sender]);

        (bool done, bytes memory result) = _callToken(sender, abi.encodeCall(_s.token.transfer, (receiver, amount)));

        if (done) return _move(sender, receiver, amount);
        assertGt(amount, balanceOf[sender], "transfer refused");
        assertEq(result, _insufficientBalance(sender, amount));
    }

    function approve(uint256 owner, uint256 spender, uint256 amount) external {
        (address approver, address approved) = (_signer(owner), _holder(spender));

        (bool done, ) = _callToken(approver, abi.encodeCall(_s.token.approve, (approved, amount)));

        assertTrue(done, "approve refused");
        allowance[approver][approved] = amount;
    }

    /// @dev Anybody may submit it.
    function permit(uint256 owner, uint256 spender, uint256 amount, uint256 submitter) external {
        (address approver, address approved) = (_signer(owner), _holder(spender));
        _lastPermit = _signedPermit(_privateKeys[approver], approver, approved, amount, nonceOf[approver]);

        (bool done, ) = _callToken(_stranger(submitter), _lastPermit);

        assertTrue(done, "permit refused");
        allowance[approver][approved] = amount;
        ++nonceOf[approver];
        ++_reached.permits;
    }

    function transferFrom(uint256 spender, uint256 owner, uint256 to, uint256 amount) external {
        (address sender, address from, address receiver) = (_signer(spender), _signer(owner), _holder(to));
        uint256 allowed = allowance[from][sender];
        amount = _amount(amount, allowed < balanceOf[from] ? allowed : balanceOf[from]);

        (bool done, bytes memory result) = _callToken(
            sender,
            abi.encodeCall(_s.token.transferFrom, (from, receiver, amount))
        );

        if (!done) {
            if (amount > allowed) return assertEq(result, _insufficientAllowance(sender, allowed, amount));
            assertGt(amount, balanceOf[from], "transferFrom refused");
            return assertEq(result, _insufficientBalance(from, amount));
        }
        assertLe(amount, allowed, "S7: more than was approved");
        if (allowed != type(uint256).max) allowance[from][sender] = allowed - amount;
        _move(from, receiver, amount);
        if (amount > 0) ++_reached.transfersFrom;
    }

    // The pool

    function mint(uint256 to, uint256 amount) external {
        _mint(_signer(to), _amount(amount, _room()));
    }

    function fillCap(uint256 to) external {
        _mint(_signer(to), _room());
        _mint(_signer(to), 1);
    }

    function burn(uint256 holder, uint256 amount) external {
        address from = _holder(holder);
        _burn(from, _amount(amount, balanceOf[from]));
    }

    /// @dev Everybody's, whoever issued them.
    function burnAll() external {
        for (uint256 i; i < _holders.length; ++i) _burn(_holders[i], balanceOf[_holders[i]]);
    }

    /// @dev S5: a cycle of any length leaves the room unchanged.
    function buyAndSell(uint256 holder, uint256 amount, uint256 length) external {
        address trader = _signer(holder);
        uint256 room = _s.token.remainingInvestorAllocation();
        amount = bound(amount, 0, room);
        for (uint256 i; i < length % 8; ++i) {
            _mint(trader, amount);
            _burn(trader, amount);
            assertEq(_s.token.remainingInvestorAllocation(), room, "S5");
        }
        ++_reached.cycles;
    }

    // The TokenManager

    function distribute() external {
        vm.prank(_keys.distributor);
        (bool done, bytes memory result) = address(_s.tokenManager).call(
            abi.encodeCall(_s.tokenManager.distributeModelSupplierAllocation, (_s.modelId))
        );

        assertEq(done, !supplierMinted, "S3: distributed once");
        if (done) _credit(_keys.supplier, _s.token.supplierAllocation());
        else assertEq(result, abi.encodeWithSelector(IModelToken.SupplierAlreadyMinted.selector));
        if (done) ++_reached.supplierMinted;
        else ++_reached.supplierRefused;
        supplierMinted = true;
    }

    /// @dev By sixteenths, as the lifetime cap is never refilled.
    function mintRewards(uint256 first, uint256 payees, uint256 amount) external {
        _mintRewards(first, 1 + (payees % MAX_PAYEES), _amount(amount, _rewardRoom() / 16));
    }

    function fillRewards(uint256 first, uint256 payees) external {
        _mintRewards(first, 1 + (payees % MAX_PAYEES), _rewardRoom());
        _mintRewards(first, 1, 1);
    }

    /// @dev A TokenManager gone wrong: it can neither mint the supplier's twice, nor change the pool, nor mint as the pool.
    function abuseTokenManager(uint256 kind, uint256 victim, uint256 amount) external {
        if (supplierMinted)
            _expectRefusal(address(_s.tokenManager), abi.encodeCall(_s.token.mintSupplierAllocation, ()));
        bytes memory call =
            kind % 3 == 0
                ? abi.encodeCall(_s.token.setPool, (_signer(victim)))
                : kind % 3 == 1
                    ? abi.encodeCall(_s.token.mint, (_signer(victim), amount))
                    : abi.encodeCall(_s.token.burn, (_signer(victim), amount));
        _expectRefusal(address(_s.tokenManager), call);
    }

    /// @dev A pool gone wrong: it cannot mint from the other buckets, nor give way to another.
    function abusePool(uint256 kind, uint256 victim, uint256 amount) external {
        bytes memory call =
            kind % 3 == 0
                ? abi.encodeCall(_s.token.setPool, (_signer(victim)))
                : kind % 3 == 1
                    ? abi.encodeCall(_s.token.mintSupplierAllocation, ())
                    : _rewards(victim, 1, amount);
        _expectRefusal(_s.pool, call);
    }

    // Everybody else

    /// @dev Whoever it is, with or without a key: every door to a supply, and to others' tokens, is shut.
    function abuse(uint256 caller, uint256 kind, uint256 target, uint256 amount) external {
        (address stranger, address victim) = (_stranger(caller), _signer(target));
        kind %= 10;
        if (kind == 0) _expectRefusal(stranger, abi.encodeCall(_s.token.mint, (stranger, amount)));
        else if (kind == 1) _expectRefusal(stranger, abi.encodeCall(_s.token.burn, (victim, amount)));
        else if (kind == 2) _expectRefusal(stranger, abi.encodeCall(_s.token.setPool, (stranger)));
        else if (kind == 3) _expectRefusal(stranger, abi.encodeCall(_s.token.mintSupplierAllocation, ()));
        else if (kind == 4) _expectRefusal(stranger, _rewards(caller, 1, amount));
        else if (kind == 5) _abuseAllowance(stranger, victim, amount);
        else if (kind == 6) _abusePermit(stranger, victim, amount);
        else if (kind == 7) _expectRefusal(stranger, _lastPermit);
        else _abuseTokenManager(stranger, kind, amount);
    }

    function holders() external view returns (address[] memory) {
        return _holders;
    }

    function getReached() external view returns (SupplyReached memory) {
        return _reached;
    }

    function _mint(address to, uint256 amount) private {
        uint256 room = _room();

        (bool done, bytes memory result) = _callToken(_s.pool, abi.encodeCall(_s.token.mint, (to, amount)));

        assertEq(done, amount <= room, "S5: mints within the room, and all of it");
        if (!done) {
            ++_reached.capRefused;
            return
                assertEq(result, abi.encodeWithSelector(IModelToken.InvestorAllocationExceeded.selector, amount, room));
        }
        netIssued += int256(amount);
        _credit(to, amount);
        if (amount > 0 && _room() == 0) ++_reached.capFilled;
    }

    function _burn(address from, uint256 amount) private {
        (bool done, bytes memory result) = _callToken(_s.pool, abi.encodeCall(_s.token.burn, (from, amount)));

        assertEq(done, amount <= balanceOf[from], "burns what the seller has");
        if (!done) return assertEq(result, _insufficientBalance(from, amount));
        netIssued -= int256(amount);
        balanceOf[from] -= amount;
        if (netIssued < 0) ++_reached.netIssuedNegative;
    }

    function _mintRewards(uint256 first, uint256 payees, uint256 total) private {
        uint256 room = _rewardRoom();
        (address[] memory accounts, uint256[] memory amounts) = _split(first, payees, total);
        (bool done, bytes memory result) = _callToken(
            address(_s.tokenManager),
            abi.encodeCall(_s.token.mintRewards, (accounts, amounts))
        );

        assertEq(done, total <= room, "S4: mints within the lifetime cap, and all of it");
        if (!done) {
            ++_reached.rewardsRefused;
            return assertEq(result, abi.encodeWithSelector(IModelToken.RewardAllocationExceeded.selector, total, room));
        }
        rewardsMinted += total;
        for (uint256 i; i < payees; ++i) _credit(accounts[i], amounts[i]);
        if (total > 0) ++_reached.rewardsMinted;
        if (total > 0 && _rewardRoom() == 0) ++_reached.rewardCapFilled;
    }

    function _credit(address account, uint256 amount) private {
        balanceOf[account] += amount;
        if (_s.token.totalSupply() == _s.token.maxSupply() + _s.token.rewardAllocation()) ++_reached.hardCapReached;
    }

    function _move(address from, address to, uint256 amount) private {
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }

    /// @dev More than the victim ever approved.
    function _abuseAllowance(address stranger, address victim, uint256 amount) private {
        uint256 allowed = allowance[victim][stranger];
        if (allowed == type(uint256).max) return;
        amount = bound(amount, allowed + 1, type(uint256).max);
        _expectRefusal(stranger, abi.encodeCall(_s.token.transferFrom, (victim, stranger, amount)));
    }

    /// @dev Signed by somebody else than the owner.
    function _abusePermit(address stranger, address victim, uint256 amount) private {
        address forger = _holders[victim == _holders[0] ? 1 : 0];
        _expectRefusal(stranger, _signedPermit(_privateKeys[forger], victim, stranger, amount, nonceOf[victim]));
    }

    function _abuseTokenManager(address stranger, uint256 kind, uint256 amount) private {
        bytes memory call =
            kind == 8 ? _release(stranger, amount) : abi.encodeCall(_s.tokenManager.setPool, (_s.id, stranger));
        vm.prank(stranger);
        (bool done, ) = address(_s.tokenManager).call(call);
        assertFalse(done, "S6");
        vm.prank(stranger);
        (done, ) = address(_s.tokenManager).call(
            abi.encodeCall(_s.tokenManager.distributeModelSupplierAllocation, (_s.modelId))
        );
        assertFalse(done, "S6");
        ++_reached.abuses;
    }

    function _expectRefusal(address caller, bytes memory call) private {
        (bool done, ) = _callToken(caller, call);
        assertFalse(done, "S6, S7: an abuse succeeded");
        ++_reached.abuses;
    }

    function _callToken(address caller, bytes memory call) private returns (bool, bytes memory) {
        vm.prank(caller);
        return address(_s.token).call(call);
    }

    function _rewards(uint256 first, uint256 payees, uint256 total) private view returns (bytes memory) {
        (address[] memory accounts, uint256[] memory amounts) = _split(first, payees, total);
        return abi.encodeCall(_s.token.mintRewards, (accounts, amounts));
    }

    /// @dev A payout of `amount` to `account` that nobody queued. The lists lie after the seven words of the arguments.
    function _release(address account, uint256 amount) private view returns (bytes memory) {
        bytes4 selector = _s.tokenManager.releasePayout.selector;
        bytes memory payout = abi.encodeWithSelector(selector, _s.id, bytes32(amount), account, block.timestamp, 0);
        return bytes.concat(payout, abi.encode(7 * 32, 9 * 32, 1, account, 1, amount));
    }

    /// @dev The total in equal parts, what is left over to the first.
    function _split(
        uint256 first,
        uint256 payees,
        uint256 total
    ) private view returns (address[] memory accounts, uint256[] memory amounts) {
        accounts = new address[](payees);
        amounts = new uint256[](payees);
        for (uint256 i; i < payees; ++i) {
            accounts[i] = _signer((first % 4) + i);
            amounts[i] = total / payees;
        }
        amounts[0] += total % payees;
    }

    function _signedPermit(
        uint256 privateKey,
        address owner,
        address spender,
        uint256 value,
        uint256 nonce
    ) private view returns (bytes memory) {
        bytes32 structHash = keccak256(abi.encode(PERMIT_TYPEHASH, owner, spender, value, nonce, type(uint256).max));
        bytes32 digest = keccak256(abi.encodePacked("\x19\x01", _s.token.DOMAIN_SEPARATOR(), structHash));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(privateKey, digest);
        return abi.encodeCall(_s.token.permit, (owner, spender, value, type(uint256).max, v, r, s));
    }

    /// @dev What the pool may still mint, from the ledger.
    function _room() private view returns (uint256) {
        return uint256(int256(_s.token.investorAllocation()) - netIssued);
    }

    function _rewardRoom() private view returns (uint256) {
        return _s.token.rewardAllocation() - rewardsMinted;
    }

    /// @dev One of those who sign.
    function _signer(uint256 seed) private view returns (address) {
        return _holders[seed % 4];
    }

    function _holder(uint256 seed) private view returns (address) {
        return _holders[seed % _holders.length];
    }

    function _stranger(uint256 seed) private view returns (address) {
        return _strangers[seed % _strangers.length];
    }

    /// @dev Mostly up to `most`; often its ends, and one more.
    function _amount(uint256 seed, uint256 most) private pure returns (uint256) {
        uint256 kind = seed % 8;
        if (kind == 0) return 0;
        if (kind == 1) return most;
        if (kind == 2) return most + 1;
        if (kind == 3) return most > 0 ? 1 : 0;
        if (kind == 4) return bound(seed >> 3, most + 1, type(uint256).max / 2);
        return bound(seed >> 3, 0, most);
    }

    function _insufficientBalance(address holder, uint256 needed) private view returns (bytes memory) {
        return
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, holder, balanceOf[holder], needed);
    }

    function _insufficientAllowance(
        address spender,
        uint256 allowed,
        uint256 needed
    ) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, spender, allowed, needed);
    }
}
