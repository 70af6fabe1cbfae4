// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @notice P1, P2: what the stream releases.
/// Assumed: a stream that runs has begun, and streams what is held; a time below 2^39; that a product grows with its factors.
contract StreamProof {
    //@ from contracts/market/PoolState.sol: _held, _curveSupply, _streamEnd, _streamAmount, _streamStart, _market, pendingStream

    uint256 private _now;

    modifier nonReentrantView() {
        _;
    }

    function lemma_P1_releasesAtMostWhatIsPending() external view {
        require(_isStream());
        (, uint256 held, uint256 reserve_) = _market();

        assert(reserve_ <= held && held - reserve_ <= (_now < _streamEnd ? _streamAmount : 0));
        assert(_now >= _streamEnd || _streamAmount == 0 || held > reserve_);
    }

    function lemma_P1_releasedNeverFalls(uint256 later) external {
        require(_isStream() && later >= _now);
        uint256 amount = _streamAmount;
        require(
            later < _streamStart ||
                _now < _streamStart ||
                amount * (_now - _streamStart) <= amount * (later - _streamStart)
        );
        (, uint256 held, uint256 reserve_) = _market();
        _now = later;
        (, uint256 laterHeld, uint256 laterReserve) = _market();

        assert(laterHeld == held && laterReserve >= reserve_);
    }

    function lemma_P2_nothingIsReleasedAtOnce() external view {
        require(_isStream() && _streamStart == _now && _now < _streamEnd);
        (, uint256 held, uint256 reserve_) = _market();

        assert(held == _held && reserve_ == held - _streamAmount);
    }

    function lemma_U_market() external view {
        require(_isStream());
        (, uint256 held, uint256 reserve_) = _market();

        assert(reserve_ <= held);
    }

    function lemma_U_pendingStream() external view {
        require(_isStream());
        assert(pendingStream() <= _held);
    }

    function _isStream() private view returns (bool) {
        return _now < 2 ** 39 && (_now >= _streamEnd || (_streamStart <= _now && _streamAmount <= _held));
    }
}
