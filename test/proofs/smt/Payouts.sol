// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import "contracts/types/CommonErrors.sol";
import {Evaluation, ImprovementTerms, Payout, PayoutStop} from "contracts/types/ImprovementTypes.sol";
import {ModelId} from "contracts/types/ModelTypes.sol";
import {Math} from "./Math.sol";

/// @notice R1, R2, R3 and V1: one payout of a model from its record to its release or return. `_recorded` is what was hashed last, `_minted` what was
/// minted so far, and `_ofOthers` what waits in other payouts.
/// Assumed: keccak256 has no collision and answers nothing below 3; an improvement may be any, and so may its reward.
contract PayoutsProof {
    //@ from contracts/models/ModelImprovements.sol: RELEASED, VOIDED, OPEN, payoutDelay, recordImprovement, releasePayout
    //@ from contracts/models/ModelImprovements.sol: returnVoided, _requireWaiting, _isWithin, _paidTodayBps, _today

    struct Entry {
        address token;
        uint96 rewardsRemaining;
        uint16 score;
        uint24 paidDay;
        uint16 paidBps;
        bytes32 modelCommitment;
    }

    event ScoreMoved(
        ModelId id,
        bytes32 evaluationId,
        uint256 score,
        bytes32 commitment,
        uint256 remaining,
        bytes32 payeesHash
    );
    event PayoutReleased(ModelId id, bytes32 evaluationId);
    event PayoutVoided(ModelId id, bytes32 evaluationId, uint256 remaining);

    address private verifier;
    address private tokenManager;
    mapping(ModelId => Entry) private _entries;
    mapping(ModelId => mapping(bytes32 => bytes32)) private payoutOf;
    mapping(address => PayoutStop) private payoutStopOf;

    uint256 private _now;
    Payout private _recorded;
    uint256 private _lifetime;
    uint256 private _minted;
    uint256 private _ofOthers;
    address private _anyMethod;
    uint256 private _anyReward;
    uint256 private _anyImprovement;
    mapping(address => mapping(uint256 => mapping(uint256 => mapping(bytes32 => bytes32)))) private _hashes;

    function lemma_R3_record(Evaluation calldata evaluation, bytes32 evaluationId, bytes32 payeesHash) external {
        ModelId id = evaluation.model;
        require(_holds(id, evaluationId));
        require(payoutOf[id][evaluationId] != 0 || _recorded.reward == 0);
        bytes32 word = payoutOf[id][evaluationId];
        recordImprovement(evaluation, evaluationId, payeesHash);
        _recorded = Payout(_anyMethod, _now, _anyReward, payeesHash);

        assert(word == 0);
        assert(payoutOf[id][evaluationId] == _hash(_recorded));
        assert(_entries[id].rewardsRemaining + _minted + _ofOthers + _anyReward == _lifetime);
        assert(msg.sender == verifier);
    }

    function lemma_R1_release(ModelId id, bytes32 evaluationId, Payout calldata payout) external {
        require(_holds(id, evaluationId) && _isSame(payout) == (_hash(payout) == _hash(_recorded)));
        require(payoutOf[id][evaluationId] == _hash(_recorded));
        releasePayout(id, evaluationId, payout);

        assert(_now >= _recorded.queuedAt + payoutDelay);
        assert(payout.reward == _recorded.reward);
        assert(
            !(payoutStopOf[_recorded.method].since <= _recorded.queuedAt &&
                _recorded.queuedAt < payoutStopOf[_recorded.method].until)
        );
        assert(payoutOf[id][evaluationId] == RELEASED);
        assert(msg.sender == tokenManager);
    }

    function lemma_R3_returnVoided(ModelId id, bytes32 evaluationId, Payout calldata payout) external {
        require(_holds(id, evaluationId) && _isSame(payout) == (_hash(payout) == _hash(_recorded)));
        require(payoutOf[id][evaluationId] == _hash(_recorded));
        returnVoided(id, evaluationId, payout);

        assert(_entries[id].rewardsRemaining + _minted + _ofOthers == _lifetime);
        assert(payoutOf[id][evaluationId] == VOIDED);
    }

    function _holds(ModelId id, bytes32 evaluationId) private view returns (bool) {
        if (_lifetime > 1e27 || _minted > 1e27 || _ofOthers > 1e27 || _recorded.reward > 1e27 || _now >= 2 ** 39)
            return false;
        bytes32 word = payoutOf[id][evaluationId];
        bool isWaiting = word != 0 && word == _hash(_recorded);
        return _entries[id].rewardsRemaining + _minted + _ofOthers + (isWaiting ? _recorded.reward : 0) == _lifetime;
    }

    function _isSame(Payout memory payout) private view returns (bool) {
        return
            payout.method == _recorded.method &&
            payout.queuedAt == _recorded.queuedAt &&
            payout.reward == _recorded.reward &&
            payout.payeesHash == _recorded.payeesHash;
    }

    function _hash(Payout memory payout) private view returns (bytes32 hash) {
        hash = _hashes[payout.method][payout.queuedAt][payout.reward][payout.payeesHash];
        require(uint256(hash) > 2);
    }

    function _improvement(Entry storage, uint256) private view returns (uint256) {
        return _anyImprovement;
    }

    function previewImprovement(
        Evaluation calldata evaluation,
        bytes32 evaluationId
    ) private view returns (ImprovementTerms memory) {
        ModelId id = evaluation.model;
        //@ lines contracts/models/ModelImprovements.sol: if (payoutOf[id][evaluationId] != 0) … if (payoutOf[id][evaluationId] != 0)
        return ImprovementTerms(_anyMethod, address(0), address(0), _anyReward);
    }
}
