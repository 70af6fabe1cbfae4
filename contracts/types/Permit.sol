// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";

/// @notice ERC-2612 approval that accompanies a payment.
/// @param deadline Last second at which the permit is valid.
struct Permit {
    uint256 deadline;
    uint8 v;
    bytes32 r;
    bytes32 s;
}

/// @title Permits
/// @notice The one way in which the protocol uses a permit.
library Permits {
    /// @notice Lets the caller's permit approve this contract for `amount`. A permit is public once sent: anyone may have
    /// used it before us, and then the allowance is there. If it is refused for another reason, the transfer that follows
    /// fails for lack of allowance.
    function tryUse(Permit calldata permit, address token, uint256 amount) internal {
        try
            IERC20Permit(token).permit(msg.sender, address(this), amount, permit.deadline, permit.v, permit.r, permit.s)
        {} catch {} // solhint-disable-line no-empty-blocks
    }
}
