// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import * as Errors from "contracts/types/CommonErrors.sol";
import {AnyCurve} from "./AnyCurve.sol";
import {Math} from "./Math.sol";

/// @notice The trade fee: rounded up, and the same for a buy of an exact amount as for a buy that pays as much.
/// Assumed: the factory's bound of the fee; the curve answers anything below 2^224.
contract TradeFeeProof {
    //@ from contracts/market/PoolState.sol: tradeFee, crr, virtualReserve, _curveReserve
    //@ from contracts/market/HokusaiAMM.sol: MAX_HELD, BPS, _lessFee, _buyInput, _requireRoom

    AnyCurve private BondingCurve;

    function lemma_P8_feeIsRoundedUp(uint256 amount) external view {
        require(tradeFee <= 1000 && amount <= MAX_HELD);
        uint256 net = _lessFee(amount);

        assert(net <= amount && (amount - net) * BPS >= amount * tradeFee);
        assert(amount == net || (amount - net - 1) * BPS < amount * tradeFee);
    }

    function lemma_P7_exactOutputPaysTheFeeOfABuy(
        uint256 supply,
        uint256 held,
        uint256 reserve_,
        uint256 out
    ) external view {
        require(tradeFee <= 1000 && held <= MAX_HELD && reserve_ <= held && virtualReserve <= 1e18);
        (uint256 net, uint256 reserveIn) = _buyInput(supply, held, reserve_, out);
        require(net < 2 ** 224);

        assert(reserveIn <= MAX_HELD - held);
        assert(_lessFee(reserveIn) == net);
    }
}
