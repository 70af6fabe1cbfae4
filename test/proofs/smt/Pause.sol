// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Math} from "./Math.sol";

/// @notice G1: at most 14 days of any 42 are paused, by induction over pauses and their ends. A window begins at `_start`, and `_paused`
/// of its seconds were paused up to now.
/// Assumed: a time below 2^39, the year 19391.
contract PauseProof {
    //@ from contracts/libraries/GuardianPause.sol: BUDGET, RECOVERY, extend, end

    uint40 private _until;
    uint40 private _wholeAt;
    uint256 private _now;
    uint256 private _start;
    uint256 private _paused;

    function lemma_G1_pause(uint256 time, uint256 duration) external {
        require(_holds());
        _pass(time);
        uint256 until = _until;
        (_until, _wholeAt) = extend(_until, _wholeAt, duration);

        assert(_holds());
        assert(_until > until && _until == _now + duration);
    }

    function lemma_G1_resume(uint256 time) external {
        require(_holds());
        _pass(time);
        (_until, _wholeAt) = end(_until, _wholeAt);

        assert(_holds());
        assert(_until <= _now);
    }

    function lemma_G1_atMost14DaysOf42(bool isNewWindow, uint256 time) external {
        require(_holds());
        if (isNewWindow) (_start, _paused) = (_now, 0);
        _pass(time);

        assert(_holds());
        assert(_paused <= 14 days || _now > _start + 42 days);
    }

    function lemma_U_pauseExtends(uint256 duration) external view {
        require(_holds());
        (uint256 running, uint256 missing) = (_left(_until), _left(_wholeAt));
        (uint256 until, uint256 wholeAt) = extend(_until, _wholeAt, duration);

        assert(until == _now + duration);
        assert(wholeAt == _now + missing + RECOVERY * (duration - running));
    }

    function lemma_U_pauseEnds() external view {
        require(_holds());
        (uint256 running, uint256 missing) = (_left(_until), _left(_wholeAt));
        (uint256 until, uint256 wholeAt) = end(_until, _wholeAt);

        assert(until == _until - running && wholeAt == _wholeAt - RECOVERY * running && RECOVERY * running <= missing);
    }

    function _holds() private view returns (bool) {
        (uint256 running, uint256 missing) = (_left(_until), _left(_wholeAt));
        if (_now >= 2 ** 39 || _start > _now || _paused > _now - _start || missing > BUDGET * RECOVERY) return false;
        return RECOVERY * running <= missing && RECOVERY * (_paused + running) <= _now - _start + missing;
    }

    /// @dev The seconds that are paused pass from what is left to what has been.
    function _pass(uint256 time) private {
        require(_now <= time && time < 2 ** 39);
        _paused += Math.saturatingSub(time, _now) < _left(_until) ? time - _now : _left(_until);
        _now = time;
    }

    function _left(uint256 time) private view returns (uint256) {
        return Math.saturatingSub(time, _now);
    }
}
