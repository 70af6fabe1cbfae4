// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import "contracts/types/CommonErrors.sol";
import {Math} from "./Math.sol";

/// @notice P2 and P12: what a deposit of fees changes. What was pending streams on with it, to the average of both ends.
/// Assumed: `P1_releasesAtMostWhatIsPending`; a time below 2^39.
contract DepositProof {
    //@ from contracts/market/PoolState.sol: _held, _streamEnd, _streamAmount, _streamStart
    //@ from contracts/market/HokusaiAMM.sol: STREAM_DURATION, MAX_HELD, _addToStream, _requireRoom

    event FeesDeposited(address payer, uint256 amount, uint256 pending, uint256 end, uint256 reserve);

    uint256 private _now;
    uint256 private _reserve;

    function lemma_P2_depositKeepsTheReserve(uint256 amount) external {
        require(_isPossible(amount));
        uint256 held = _held;
        _addToStream(amount);

        assert(_held == held + amount);
        assert(_streamAmount == held - _reserve + amount && _streamStart == _now);
    }

    function lemma_P12_depositEndsAtTheAverage(uint256 amount) external {
        require(_isPossible(amount));
        (uint256 pending, uint256 left) = (_held - _reserve, Math.saturatingSub(_streamEnd, _now));
        require(left <= STREAM_DURATION);
        _addToStream(amount);
        uint256 leftAfter = _streamEnd - _now;

        assert(leftAfter <= STREAM_DURATION);
        assert(leftAfter * (pending + amount) <= pending * left + amount * STREAM_DURATION);
    }

    function lemma_U_addToStream(uint256 amount) external {
        require(_isPossible(amount) && _streamEnd <= _now + STREAM_DURATION);
        _addToStream(amount);

        assert(_held <= MAX_HELD);
    }

    function _isPossible(uint256 amount) private view returns (bool) {
        return _now < 2 ** 39 && _reserve <= _held && amount != 0;
    }

    function _market() private view returns (uint256, uint256, uint256) {
        return (0, _held, _reserve);
    }
}
