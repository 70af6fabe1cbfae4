// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @notice Stands for the curve where a proof does not depend on what the curve answers.
struct AnyCurve {
    uint256 answer;
}

using AnyCurves for AnyCurve global;

library AnyCurves {
    function buyExactOut(AnyCurve storage curve, uint256, uint256, uint256, uint256) internal view returns (uint256) {
        return curve.answer;
    }
}
