// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {RewardMath} from "contracts/libraries/RewardMath.sol";
import {Test} from "../utils/Test.sol";

/// @title RewardMath
/// @notice V3 and the headroom rule, for every rate and improvement that the registry lets through.
contract RewardMathTest is Test {
    uint256 private constant MIN_RATE = 100e18;
    uint256 private constant MAX_RATE = 10_000_000e18;
    uint256 private constant MAX_CONTRIBUTORS = 64;

    function testFuzz_rewardIsTheFloorOfItsFormula(uint256 deltaBps, uint256 rate) external pure {
        (deltaBps, rate) = (bound(deltaBps, 0, RewardMath.BPS), bound(rate, 0, MAX_RATE));
        uint256 reward = RewardMath.reward(deltaBps, rate);

        assertLe(reward * 100, deltaBps * rate);
        assertGt((reward + 1) * 100, deltaBps * rate);
    }

    function testFuzz_ownerShareIsTheFloorOf30Percent(uint256 reward) external pure {
        reward = bound(reward, 0, 100 * MAX_RATE);
        uint256 owner = RewardMath.ownerShare(reward);

        assertLe(owner * 100, reward * 30);
        assertGt((owner + 1) * 100, reward * 30);
    }

    /// @dev What the floors leave is less than one wei for each contributor, so that the largest share is not moved by it.
    function testFuzz_V3_sharesSumToAllButTheRemainder(uint256 total, uint256 count, uint256 seed) external pure {
        total = bound(total, 0, 70 * MAX_RATE);
        uint256[] memory shares = _shares(bound(count, 1, MAX_CONTRIBUTORS), seed);
        uint256 paid;
        for (uint256 i; i < shares.length; ++i) {
            uint256 amount = RewardMath.contributorShare(total, shares[i]);
            assertLe(amount * RewardMath.BPS, total * shares[i]);
            assertGt((amount + 1) * RewardMath.BPS, total * shares[i]);
            paid += amount;
        }

        assertLe(paid, total);
        assertLt(total - paid, shares.length);
    }

    /// @dev The intervals of a distribution, wherever they are cut.
    function testFuzz_V3_intervalsTelescopeToTheTotal(uint256 total, uint256[16] memory cuts) external pure {
        total = bound(total, 0, 70 * MAX_RATE);
        uint256 from;
        uint256 paid;
        for (uint256 i; i <= cuts.length; ++i) {
            uint256 to = i == cuts.length ? 1e18 : bound(cuts[i], from, 1e18);
            paid += (total * to) / 1e18 - (total * from) / 1e18;
            from = to;
        }

        assertEq(paid, total);
    }

    /// @dev V4: improvements that use up the scale, in whatever steps, never pass what the whole of it pays, and the rate's bound on what is
    /// left holds after each.
    function testFuzz_V4_stepsOverTheScaleStayWithinTheAllocation(uint256 rate, uint256 seed) external pure {
        rate = bound(rate, MIN_RATE, MAX_RATE);
        uint256 remaining = RewardMath.LIFETIME_DELTA_ONES * rate;
        uint256 headroom = RewardMath.BPS;
        while (headroom > 0) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 delta = bound(seed, 1, headroom);
            remaining -= RewardMath.reward(delta, rate);
            headroom -= delta;
            assertLe(headroom * rate, RewardMath.BPS_PER_DELTA_ONE * remaining);
        }
        assertLt(remaining, RewardMath.BPS);
    }

    /// @dev `count` shares of at least 1 that sum to 10,000.
    function _shares(uint256 count, uint256 seed) private pure returns (uint256[] memory shares) {
        shares = new uint256[](count);
        uint256 rest = RewardMath.BPS - count;
        for (uint256 i; i < count; ++i) {
            uint256 extra = i == count - 1 ? rest : uint256(keccak256(abi.encode(seed, i))) % (rest + 1);
            shares[i] = 1 + extra;
            rest -= extra;
        }
    }
}
