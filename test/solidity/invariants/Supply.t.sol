// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ModelToken} from "contracts/tokens/ModelToken.sol";
import {ProtocolTest} from "../utils/ProtocolTest.sol";
import {vm} from "../utils/Test.sol";
import {Supply, SupplyHandler, SupplyReached} from "./SupplyHandler.sol";

/// @title The invariants of the supply, by the numbers under which they are promised
/// @notice {SupplyHandler} keeps a ledger of its own and foretells each action; here the token is compared with the ledger.
abstract contract SupplyInvariants is ProtocolTest {
    uint256 private constant ACTIONS = 1500;

    ModelToken private _token;
    SupplyHandler private _handler;
    address private _pool;

    function setUp() external {
        deployProtocol();
        (uint256 supplierAllocation, uint256 investorAllocation, uint256 tokensPerDeltaOne) = allocations();
        _token = registerModel(supplierAllocation, investorAllocation, tokensPerDeltaOne);
        _pool = makeAddr("pool");
        vm.prank(address(factory));
        tokenManager.setPool(modelKey(), _pool);
        _handler = new SupplyHandler(
            Supply({tokenManager: tokenManager, token: _token, pool: _pool, id: modelKey(), modelId: MODEL}),
            keys
        );
        targetContract(address(_handler));
    }

    function invariant_S1_supplyStaysWithinTheHardCap() external view {
        assertLe(_token.totalSupply(), _token.maxSupply() + _token.rewardAllocation());
    }

    function invariant_S2_supplyIsTheSumOfTheBucketsAndOfTheBalances() external view {
        uint256 supplier = _handler.supplierMinted() ? _token.supplierAllocation() : 0;
        int256 buckets = int256(supplier + _handler.rewardsMinted()) + _handler.netIssued();
        assertEq(int256(_token.totalSupply()), buckets);

        uint256 balances;
        address[] memory holders = _handler.holders();
        for (uint256 i; i < holders.length; ++i) balances += _token.balanceOf(holders[i]);
        assertEq(_token.totalSupply(), balances);
    }

    function invariant_S3_supplierIsMintedOnceToTheFixedRecipient() external view {
        assertEq(_token.isSupplierMinted(), _handler.supplierMinted());
        assertLe(_handler.getReached().supplierMinted, 1);
        assertEq(_token.supplierRecipient(), keys.supplier);
    }

    /// @dev They never fall, because the ledger only ever adds to them.
    function invariant_S4_rewardsNeverFallNorPassTheirCap() external view {
        assertLe(_token.rewardsMinted(), _token.rewardAllocation());
        assertEq(_token.rewardsMinted(), _handler.rewardsMinted());
    }

    function invariant_S5_netIssueStaysWithinTheInvestorAllocation() external view {
        int256 cap = int256(_token.investorAllocation());
        assertLe(_handler.netIssued(), cap);
        assertEq(_token.remainingInvestorAllocation(), uint256(cap - _handler.netIssued()));
    }

    /// @dev Every abuse was refused where it happened; here their sum: supply and doors are where the ledger has them.
    function invariant_S6_onlyPoolAndTokenManagerChangeTheSupply() external view {
        assertEq(_token.pool(), _pool);
        assertEq(_token.tokenManager(), address(tokenManager));
        uint256 sum;
        address[] memory holders = _handler.holders();
        for (uint256 i; i < holders.length; ++i) sum += _handler.balanceOf(holders[i]);
        assertEq(_token.totalSupply(), sum);
    }

    function invariant_S7_balancesAndAllowancesMoveByTheirOwnersWordOnly() external view {
        address[] memory holders = _handler.holders();
        for (uint256 i; i < holders.length; ++i) {
            assertEq(_token.balanceOf(holders[i]), _handler.balanceOf(holders[i]));
            assertEq(_token.nonces(holders[i]), _handler.nonceOf(holders[i]));
            for (uint256 j; j < holders.length; ++j) {
                assertEq(_token.allowance(holders[i], holders[j]), _handler.allowance(holders[i], holders[j]));
            }
        }
    }

    /// @dev Forge calls it at the end of each walk.
    function afterInvariant() external {
        writeReached("SupplyReached", abi.encode(_handler.getReached()));
    }

    /// @dev The states that make the invariants worth something, in a walk of its own: every one is reached.
    function test_handlerReachesEveryInterestingState() external {
        uint256 seed = 1;
        for (uint256 i; i < ACTIONS; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            _act(seed);
        }

        SupplyReached memory r = _handler.getReached();
        assertEq(r.supplierMinted, 1, "the supplier allocation was not minted");
        assertGt(r.supplierRefused, 0, "no second distribution was refused");
        assertGt(r.capFilled, 0, "the investor cap was never filled");
        assertGt(r.capRefused, 0, "the investor cap never refused");
        assertGt(r.rewardsMinted, 1, "no rewards but those that filled the cap");
        assertEq(r.rewardCapFilled, 1, "the reward cap was not filled");
        assertGt(r.rewardsRefused, 0, "the reward cap never refused");
        assertGt(r.netIssuedNegative, 0, "the net issue was never negative");
        assertGt(r.hardCapReached, 0, "the hard cap was never reached");
        assertGt(r.cycles, 0, "nobody bought and sold");
        assertGt(r.permits, 0, "no permit");
        assertGt(r.transfersFrom, 0, "no transfer by a spender");
        assertGt(r.abuses, 0, "nobody tried anything");
    }

    /// @return supplierAllocation Wei.
    /// @return investorAllocation Wei.
    /// @return tokensPerDeltaOne Wei; a hundred times as much is the reward allocation.
    function allocations()
        internal
        pure
        virtual
        returns (uint256 supplierAllocation, uint256 investorAllocation, uint256 tokensPerDeltaOne);

    function _act(uint256 seed) private {
        SupplyHandler h = _handler;
        (uint256 a, uint256 b, uint256 c) = (seed >> 8, seed >> 64, seed >> 128);
        uint256 kind = seed % 18;
        if (kind == 0) h.transfer(a, b, c);
        else if (kind == 1) h.approve(a, b, c);
        else if (kind == 2) h.permit(a, b, c, a);
        else if (kind == 3) h.transferFrom(a, b, c, c);
        else if (kind < 7) h.mint(a, b);
        else if (kind < 9) h.fillCap(a);
        else if (kind == 9) h.burn(a, b);
        else if (kind == 10) h.burnAll();
        else if (kind == 11) h.buyAndSell(a, b, c);
        else if (kind == 12) h.distribute();
        else if (kind == 13) h.mintRewards(a, b, c);
        else if (kind == 14 && a % 8 == 0) h.fillRewards(a, b);
        else if (kind == 14) h.mintRewards(a, b, c);
        else if (kind == 15) h.abuseTokenManager(a, b, c);
        else if (kind == 16) h.abusePool(a, b, c);
        else h.abuse(a, b, c, a);
    }
}

/// @notice The allocations of a model as they mostly are.
contract SupplyInvariantsUsualTest is SupplyInvariants {
    function allocations() internal pure override returns (uint256, uint256, uint256) {
        return (400_000e18, 600_000e18, 20_000e18);
    }
}

/// @notice All buckets as large as they may be: the cap word is fullest.
contract SupplyInvariantsLargestTest is SupplyInvariants {
    function allocations() internal pure override returns (uint256, uint256, uint256) {
        return (1e28, 1e28, 10_000_000e18);
    }
}

/// @notice All buckets as small as they may be.
contract SupplyInvariantsSmallestTest is SupplyInvariants {
    function allocations() internal pure override returns (uint256, uint256, uint256) {
        return (1, 1, 100e18);
    }
}
