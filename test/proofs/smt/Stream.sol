// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @notice P1: a stream releases at most what is pending, and not all of it before its end.
/// Assumed: a stream that runs has begun, and streams what is held.
contract StreamProof {
    //@ from contracts/market/PoolState.sol: _held, _curveSupply, _streamEnd, _streamAmount, _streamStart, _market

    uint256 private _now;

    function lemma_P1_releasesAtMostWhatIsPending() external view {
        require(_now >= _streamEnd || (_streamStart <= _now && _streamAmount <= _held));
        (, uint256 held, uint256 reserve_) = _market();

        assert(reserve_ <= held && held - reserve_ <= (_now < _streamEnd ? _streamAmount : 0));
        assert(_now >= _streamEnd || _streamAmount == 0 || held > reserve_);
    }
}
