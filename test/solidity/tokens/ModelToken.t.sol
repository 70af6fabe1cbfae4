// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ShortStrings} from "@openzeppelin/contracts/utils/ShortStrings.sol";
import {IModelToken} from "contracts/interfaces/IModelToken.sol";
import {ModelToken} from "contracts/tokens/ModelToken.sol";
import {UnauthorizedCaller} from "contracts/types/CommonErrors.sol";
import {Test, vm} from "../utils/Test.sol";

/// @notice This contract is the token's TokenManager.
contract ModelTokenTest is Test {
    uint256 private constant MAX_ALLOCATION = 1e28;
    uint256 private constant MAX_REWARD_ALLOCATION = 1e27;
    uint256 private constant MAX_PAYEES = 64;
    uint256 private constant GROUP_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
    bytes32 private constant PERMIT_TYPEHASH = keccak256(
        "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
    );

    address private _pool = makeAddr("pool");
    address private _supplier = makeAddr("supplier");
    address private _alice = makeAddr("alice");

    /// @notice A token in any state that its buckets allow.
    struct State {
        uint256 supplierAllocation;
        uint256 investorAllocation;
        uint256 rewardAllocation;
        bool supplierMinted;
        uint256 rewards;
        uint256 issued;
        uint256 burned;
    }

    function testFuzz_S2_viewsAreTheBuckets(State memory state) external {
        ModelToken token = _tokenIn(state);

        uint256 supplier = state.supplierMinted ? state.supplierAllocation : 0;
        assertEq(token.totalSupply(), supplier + state.rewards + state.issued - state.burned);
        assertEq(token.rewardsMinted(), state.rewards);
        assertEq(token.isSupplierMinted(), state.supplierMinted);
        assertEq(token.remainingInvestorAllocation(), state.investorAllocation + state.burned - state.issued);
        assertEq(token.maxSupply(), state.supplierAllocation + state.investorAllocation);
        assertEq(token.balanceOf(_supplier), supplier);
        assertEq(token.pool(), _pool);
    }

    function testFuzz_S3_supplierIsMintedOnceInEveryState(State memory state) external {
        ModelToken token = _tokenIn(state);
        uint256 supply = token.totalSupply();
        uint256 room = token.remainingInvestorAllocation();

        if (!state.supplierMinted) {
            token.mintSupplierAllocation();
            assertEq(token.balanceOf(_supplier), state.supplierAllocation);
            assertEq(token.totalSupply(), supply + state.supplierAllocation);
            assertEq(token.remainingInvestorAllocation(), room);
            assertEq(token.rewardsMinted(), state.rewards);
        }
        vm.expectRevert(IModelToken.SupplierAlreadyMinted.selector);
        token.mintSupplierAllocation();
    }

    function testFuzz_S4_rewardsStopAtTheirCapInEveryState(
        State memory state,
        uint256 amount,
        uint256 payees
    ) external {
        ModelToken token = _tokenIn(state);
        uint256 left = state.rewardAllocation - state.rewards;
        (address[] memory accounts, uint256[] memory amounts) = _split(bound(payees, 1, MAX_PAYEES), left);
        uint256 room = token.remainingInvestorAllocation();

        _expectRewardsRefused(token, bound(amount, left + 1, type(uint256).max), left);
        token.mintRewards(accounts, amounts);
        assertEq(token.rewardsMinted(), state.rewardAllocation);
        assertEq(token.remainingInvestorAllocation(), room);
        _expectRewardsRefused(token, 1, 0);
    }

    function testFuzz_S5_investorMintsStopAtTheirCapInEveryState(State memory state, uint256 amount) external {
        ModelToken token = _tokenIn(state);
        uint256 room = state.investorAllocation + state.burned - state.issued;

        vm.startPrank(_pool);
        amount = bound(amount, room + 1, type(uint256).max);
        vm.expectRevert(abi.encodeWithSelector(IModelToken.InvestorAllocationExceeded.selector, amount, room));
        token.mint(_alice, amount);
        token.mint(_alice, room);
        assertEq(token.remainingInvestorAllocation(), 0);
        assertEq(token.rewardsMinted(), state.rewards);
        vm.expectRevert(abi.encodeWithSelector(IModelToken.InvestorAllocationExceeded.selector, 1, 0));
        token.mint(_alice, 1);
        vm.stopPrank();
    }

    function testFuzz_S5_buyingAndSellingLeavesTheRoom(State memory state, uint256 amount, uint8 cycles) external {
        ModelToken token = _tokenIn(state);
        uint256 room = token.remainingInvestorAllocation();
        amount = bound(amount, 0, room);

        vm.startPrank(_pool);
        for (uint256 i; i < cycles % 16; ++i) {
            token.mint(_alice, amount);
            assertEq(token.remainingInvestorAllocation(), room - amount);
            token.burn(_alice, amount);
            assertEq(token.remainingInvestorAllocation(), room);
        }
        vm.stopPrank();
    }

    function testFuzz_S1_allBucketsFullIsTheHardCap(State memory state) external {
        ModelToken token = _tokenIn(state);

        if (!state.supplierMinted) token.mintSupplierAllocation();
        (address[] memory accounts, uint256[] memory amounts) = _split(1, state.rewardAllocation - state.rewards);
        token.mintRewards(accounts, amounts);
        uint256 room = token.remainingInvestorAllocation();
        vm.prank(_pool);
        token.mint(_alice, room);

        assertEq(token.totalSupply(), state.supplierAllocation + state.investorAllocation + state.rewardAllocation);
    }

    function testFuzz_S6_nobodyElseChangesTheSupply(address caller, uint256 amount) external {
        ModelToken token = _token(1, 1, 1);
        vm.assume(caller != address(this) && caller != _pool);
        (address[] memory accounts, uint256[] memory amounts) = _split(1, amount);

        vm.startPrank(caller);
        vm.expectRevert(abi.encodeWithSelector(UnauthorizedCaller.selector, caller, token.tokenManager()));
        token.mintSupplierAllocation();
        vm.expectRevert(abi.encodeWithSelector(UnauthorizedCaller.selector, caller, token.tokenManager()));
        token.mintRewards(accounts, amounts);
        vm.expectRevert(abi.encodeWithSelector(UnauthorizedCaller.selector, caller, token.tokenManager()));
        token.setPool(caller);
        vm.expectRevert(abi.encodeWithSelector(UnauthorizedCaller.selector, caller, token.pool()));
        token.mint(caller, amount);
        vm.expectRevert(abi.encodeWithSelector(UnauthorizedCaller.selector, caller, token.pool()));
        token.burn(_alice, amount);
        vm.stopPrank();
    }

    function testFuzz_S7_permitNeedsTheOwnersSignature(
        uint256 privateKey,
        address spender,
        uint256 value,
        uint256 deadline,
        uint256 flippedBit
    ) external {
        ModelToken token = _token(1, 1, 1);
        privateKey = bound(privateKey, 1, GROUP_ORDER - 1);
        address owner = vm.addr(privateKey);
        vm.assume(spender != address(0));
        deadline = bound(deadline, block.timestamp, type(uint256).max);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(privateKey, _permitDigest(token, owner, spender, value, deadline));

        (bytes32 badR, bytes32 badS) = flippedBit % 2 == 0
            ? (r ^ bytes32(1 << (flippedBit % 256)), s)
            : (r, s ^ bytes32(1 << (flippedBit % 256)));
        vm.expectRevert();
        token.permit(owner, spender, value, deadline, v, badR, badS);
        assertEq(token.allowance(owner, spender), 0);

        token.permit(owner, spender, value, deadline, v, r, s);
        assertEq(token.allowance(owner, spender), value);
        assertEq(token.nonces(owner), 1);
        vm.expectRevert();
        token.permit(owner, spender, value, deadline, v, r, s);
    }

    function testFuzz_namesUpTo31BytesAreKept(bytes32 letters, uint256 length) external {
        bytes memory name = abi.encodePacked(letters);
        length = bound(length, 1, 31);
        assembly {
            mstore(name, length)
        }

        ModelToken token = new ModelToken(string(name), string(name), _supplier, 1, 1, 1);

        assertEq(bytes(token.name()), name);
        assertEq(bytes(token.symbol()), name);
    }

    function testFuzz_longerNamesAreRefused(bytes32 letters, bytes calldata more) external {
        string memory name = string(abi.encodePacked(letters, more));
        vm.expectRevert(abi.encodeWithSelector(ShortStrings.StringTooLong.selector, name));
        new ModelToken("name", name, _supplier, 1, 1, 1);
    }

    /// @dev Bounds the state, and brings a token there.
    function _tokenIn(State memory state) private returns (ModelToken token) {
        state.supplierAllocation = bound(state.supplierAllocation, 1, MAX_ALLOCATION);
        state.investorAllocation = bound(state.investorAllocation, 1, MAX_ALLOCATION);
        state.rewardAllocation = bound(state.rewardAllocation, 1, MAX_REWARD_ALLOCATION);
        state.rewards = bound(state.rewards, 0, state.rewardAllocation);
        state.issued = bound(state.issued, 0, state.investorAllocation);
        token = _token(state.supplierAllocation, state.investorAllocation, state.rewardAllocation);

        (address[] memory accounts, uint256[] memory amounts) = _split(1, state.rewards);
        token.mintRewards(accounts, amounts);
        vm.prank(_pool);
        token.mint(accounts[0], state.issued);
        if (state.supplierMinted) token.mintSupplierAllocation();
        // Of rewards as of issued tokens: the net issue may fall below zero.
        state.burned = bound(state.burned, 0, state.rewards + state.issued);
        vm.prank(_pool);
        token.burn(accounts[0], state.burned);
    }

    function _token(uint256 supplier, uint256 investor, uint256 reward) private returns (ModelToken token) {
        token = new ModelToken("Model", "MODEL", _supplier, supplier, investor, reward);
        token.setPool(_pool);
    }

    function _expectRewardsRefused(ModelToken token, uint256 amount, uint256 left) private {
        (address[] memory accounts, uint256[] memory amounts) = _split(1, amount);
        // Where the sum of all balances would pass 2^256, the arithmetic refuses before the cap does.
        if (amount > type(uint256).max - token.totalSupply()) vm.expectRevert();
        else vm.expectRevert(abi.encodeWithSelector(IModelToken.RewardAllocationExceeded.selector, amount, left));
        token.mintRewards(accounts, amounts);
    }

    /// @dev The total in equal parts, what is left over to the first account.
    function _split(
        uint256 payees,
        uint256 total
    ) private pure returns (address[] memory accounts, uint256[] memory amounts) {
        accounts = new address[](payees);
        amounts = new uint256[](payees);
        for (uint256 i; i < payees; ++i) {
            accounts[i] = address(uint160(0x1000 + i));
            amounts[i] = total / payees;
        }
        amounts[0] += total % payees;
    }

    function _permitDigest(
        ModelToken token,
        address owner,
        address spender,
        uint256 value,
        uint256 deadline
    ) private view returns (bytes32) {
        bytes32 structHash = keccak256(abi.encode(PERMIT_TYPEHASH, owner, spender, value, 0, deadline));
        return keccak256(abi.encodePacked("\x19\x01", token.DOMAIN_SEPARATOR(), structHash));
    }
}
