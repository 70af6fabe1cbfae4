// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IModelImprovements} from "contracts/interfaces/IModelImprovements.sol";
import {ITokenManager} from "contracts/interfaces/ITokenManager.sol";
import {ValueMismatch} from "contracts/types/CommonErrors.sol";
import {Evaluation, Payout} from "contracts/types/ImprovementTypes.sol";
import {Keys} from "../utils/ProtocolTest.sol";
import {vm} from "../utils/Test.sol";
import {ImprovementActions} from "./ImprovementActions.sol";
import {BookedPayout, BookedStop, Flaw, ImprovementBooks, PayoutState, Verification} from "./ImprovementBooks.sol";

/// @notice How often interesting states of payouts were reached.
struct PayoutMilestones {
    uint256 verifiersReplaced;
    uint256 queuedByThief; // payable to whom a malicious verifier likes
    uint256 queuedWithFlaw;
    uint256 requeueRefused;
    uint256 released;
    uint256 releasedByRoot;
    uint256 releasedAfterReplacement; // under another verifier than the one that queued it
    uint256 releasedToThief; // nobody stopped it in time
    uint256 refusedYoung;
    uint256 refusedStopped;
    uint256 refusedVoid;
    uint256 refusedOver; // released or returned before
    uint256 refusedFlawed;
    uint256 refusedForged;
    uint256 stopped;
    uint256 movedBack;
    uint256 reopened;
    uint256 stopsRefused;
    uint256 lifted;
    uint256 closed;
    uint256 closesRefused;
    uint256 returned;
    uint256 returnsRefused;
    uint256 heldAfterMethodSwitch; // a payout is held whose method is not the model's any more
}

/// @title ImprovementsHandler
/// @notice {ImprovementActions}, and everybody who has to do with payouts: verifiers, one of them malicious, who follow each other,
/// whoever releases and returns, a guardian who stops early or late, and an admin who lifts, closes and narrows. Each step is
/// foretold from the books.
contract ImprovementsHandler is ImprovementActions {
    PayoutMilestones private _milestones;

    constructor(
        Verification memory v,
        Keys memory keys,
        string[] memory names
    ) ImprovementBooks(v, keys) ImprovementActions(names) {}

    /// @notice The admin names one of the three verifiers, the malicious one among them.
    function replaceVerifier(uint256 seed) external atClock {
        address[3] memory verifiers = [address(_v.verifier), address(_v.successor), _v.thief];
        address next = verifiers[seed % verifiers.length];
        if (next == _v.registry.verifier()) return;
        vm.prank(_keys.admin);
        _v.registry.setVerifier(next);
        ++_milestones.verifiersReplaced;
    }

    /// @notice The malicious verifier queues what it likes, without asking any method. The benchmark holds it all the same.
    function steal(uint256 delta, uint256 seed) external atClock {
        if (_isHonest()) return;
        (bool possible, Evaluation memory e) = _evaluation(delta, seed);
        uint256 reward = (_sizeOf(e) * _v.registry.parametersOf(_v.model).tokensPerDeltaOne) / 100;
        if (!possible || reward < 2) return; // nothing to be short of
        Flaw flaw = Flaw((seed >> 8) % 8 < 5 ? 0 : ((seed >> 8) % 8) - 4);
        (bytes32 root, address[] memory accounts, uint256[] memory amounts) = _loot(flaw, reward, seed);
        bytes32 id = bytes32(++_nextId);

        bool isOpen = clock >= _v.registry.submissionsPausedUntil() && _sizeOf(e) <= _remainingToday();
        bool done = _record(e, id, keccak256(abi.encode(root, accounts, amounts)));
        assertEq(done, isOpen, "V4: what a malicious verifier records");
        if (!done) return;
        _bookRecord(id, e.candidateScore, _sizeOf(e));
        _bookPayees(id, root, accounts, amounts);
        _payouts[id].flaw = flaw;
        if (flaw == Flaw.NONE) ++_milestones.queuedByThief;
        else ++_milestones.queuedWithFlaw;
    }

    /// @notice V1: the malicious verifier queues an evaluation again, whatever became of it.
    function requeue(uint256 seed) external atClock {
        (bool found, bytes32 id) = _anyPayout(seed);
        if (!found || _isHonest()) return;
        (bool possible, Evaluation memory e) = _evaluation(10, seed);
        if (!possible) return;
        assertFalse(_record(e, id, keccak256("again")), "V1: an evaluation was queued twice");
        ++_milestones.requeueRefused;
    }

    /// @notice R1, R2: anybody asks for a payout.
    function release(uint256 seed, address sender) external atClock {
        (bool found, bytes32 id) = _anyPayout(seed);
        if (!found) return;
        vm.prank(sender);
        (bool done, bytes memory reason) = address(_v.tokenManager).call(_releaseCall(id, _payouts[id]));

        assertEq(done, isReleasable(id), "R1, R2: a release");
        if (done) _countRelease(id, _payouts[id]);
        else assertEq(reason, _countRefusal(id, _payouts[id]), "R1, R2: why a release is refused");
    }

    /// @notice R1, R2: a payout that is not quite the one that waits: older, of a method that is not stopped, or somebody else's.
    function releaseForged(uint256 seed, uint256 field) external atClock {
        (bool found, bytes32 id) = _anyPayout(seed);
        if (!found) return;
        BookedPayout memory p = _payouts[id];
        field %= 4;
        if (field == 0) p.queuedAt -= 1 + _v.registry.payoutDelay();
        else if (field == 1) p.method = p.method == address(_v.oracle) ? address(_v.twin) : address(_v.oracle);
        else if (field == 2) p.accounts[0] = _v.thief == p.accounts[0] ? FIRST : _v.thief;
        else p.root = ~p.root;
        (bool done, ) = address(_v.tokenManager).call(_releaseCall(id, p));
        assertFalse(done, "R1, R2: a forged payout was released");
        ++_milestones.refusedForged;
    }

    /// @notice The guardian stops, or moves a stop back: near a payout, or now; in time or late.
    function stop(uint256 seed, uint256 method) external atClock {
        address method_ = _method(method);
        BookedStop storage s = _stops[method_];
        uint256 since = _second(seed);
        uint256 max = s.until == OPEN ? s.since - 1 : clock;
        vm.prank(_keys.guardian);
        try _v.registry.stopPayouts(method_, since) {
            assertTrue(since > 0 && since <= max, "a stop out of bounds");
        } catch {
            assertTrue(since == 0 || since > max, "a stop was refused");
            ++_milestones.stopsRefused;
            return;
        }
        if (s.until == OPEN) ++_milestones.movedBack;
        else if (s.since > 0) ++_milestones.reopened;
        else ++_milestones.stopped;
        if (s.since == 0 || since < s.since) s.since = since;
        s.until = OPEN;
    }

    function lift(uint256 method) external atClock {
        address method_ = _method(method);
        BookedStop storage s = _stops[method_];
        vm.prank(_keys.admin);
        try _v.registry.liftPayoutStop(method_) {
            assertGt(s.since, 0, "no stop was lifted");
            ++_milestones.lifted;
        } catch {
            assertEq(s.since, 0, "a stop was not lifted");
        }
        (s.since, s.until) = (0, 0);
    }

    /// @notice The admin makes a stop final, or narrows one that is.
    function close(uint256 sinceSeed, uint256 untilSeed, uint256 method) external atClock {
        (uint256 since, uint256 until) = (_second(sinceSeed), _second(untilSeed));
        if (untilSeed % 4 == 0) until = type(uint256).max;
        _close(_method(method), since, until);
    }

    /// @notice R3: anybody gives back a payout.
    function giveBack(uint256 seed, address sender) external atClock {
        (bool found, bytes32 id) = _anyPayout(seed);
        if (!found) return;
        BookedPayout storage p = _payouts[id];
        bytes32 payeesHash = keccak256(abi.encode(p.root, p.accounts, p.amounts));
        bool isAllowed = p.state == PayoutState.WAITING && _isVoid(p);
        vm.prank(sender);
        try _v.registry.returnVoided(_v.model, id, Payout(p.method, p.queuedAt, p.reward, payeesHash)) {
            assertTrue(isAllowed, "R2: a payout was returned that is not void");
            _bookReturn(id);
            ++_milestones.returned;
        } catch {
            assertFalse(isAllowed, "R3: a void payout was not returned");
            ++_milestones.returnsRefused;
        }
    }

    function getPayoutMilestones() external view returns (PayoutMilestones memory) {
        return _milestones;
    }

    /// @notice The call by which anybody releases a payout.
    function releaseCall(bytes32 id) external view returns (bytes memory) {
        return _releaseCall(id, _payouts[id]);
    }

    function _countRelease(bytes32 id, BookedPayout storage p) private {
        PayoutMilestones storage m = _milestones;
        _bookRelease(id);
        ++m.released;
        if (p.verifier != _v.registry.verifier()) ++m.releasedAfterReplacement;
        for (uint256 i; i < p.accounts.length; ++i) if (p.accounts[i] == _v.thief) ++m.releasedToThief;
        if (p.root == 0) return;
        ++m.releasedByRoot;
        bytes32 distributionId = _v.distributor.hashDistribution(_v.model, id);
        assertEq(_v.distributor.remainingOf(distributionId, _v.token, p.root, p.amounts[1]), p.amounts[1]);
    }

    function _close(address method, uint256 since, uint256 until) private {
        BookedStop storage s = _stops[method];
        uint256 end = s.until < clock + 1 ? s.until : clock + 1;
        bool isAllowed = s.since > 0 && since >= s.since && since < end && until > since;
        vm.prank(_keys.admin);
        (bool done, ) = address(_v.registry).call(abi.encodeCall(_v.registry.voidPayouts, (method, since, until)));
        assertEq(done, isAllowed, "which stops are closed");
        if (!done) {
            ++_milestones.closesRefused;
            return;
        }
        (s.since, s.until) = (since, until < end ? until : end);
        ++_milestones.closed;
    }

    /// @return reason What a release of the payout is refused with.
    function _countRefusal(bytes32 id, BookedPayout storage p) private returns (bytes memory reason) {
        PayoutMilestones storage m = _milestones;
        if (p.state != PayoutState.WAITING) {
            ++m.refusedOver;
            return abi.encodeWithSelector(IModelImprovements.UnknownPayout.selector, _v.model, id);
        }
        if (p.flaw == Flaw.SHORT) {
            ++m.refusedFlawed;
            return abi.encodeWithSelector(IModelImprovements.UnknownPayout.selector, _v.model, id);
        }
        if (_isYoung(p)) {
            ++m.refusedYoung;
            uint256 from = p.queuedAt + _v.registry.payoutDelay();
            return abi.encodeWithSelector(IModelImprovements.PayoutWaits.selector, from);
        }
        if (_isHeld(p)) {
            if (p.method != _benchmark().method) ++m.heldAfterMethodSwitch;
            BookedStop memory held = _stops[p.method];
            if (held.until == OPEN) ++m.refusedStopped;
            else ++m.refusedVoid;
            bytes4 selector = IModelImprovements.PayoutIsStopped.selector;
            return abi.encodeWithSelector(selector, p.method, held.since, held.until);
        }
        ++m.refusedFlawed;
        return
            p.flaw == Flaw.DIVERTED
                ? abi.encodeWithSelector(ITokenManager.NotToDistributor.selector, _v.thief)
                : abi.encodeWithSelector(ValueMismatch.selector, bytes32("amounts"), 1, 2);
    }

    function _record(Evaluation memory e, bytes32 id, bytes32 payeesHash) private returns (bool done) {
        vm.prank(_v.thief);
        (done, ) = address(_v.registry).call(abi.encodeCall(_v.registry.recordImprovement, (e, id, payeesHash)));
    }

    function _releaseCall(bytes32 id, BookedPayout memory p) private view returns (bytes memory) {
        return
            abi.encodeCall(
                _v.tokenManager.releasePayout,
                (_v.model, id, p.method, p.queuedAt, p.root, p.accounts, p.amounts)
            );
    }

    /// @dev Whom a malicious verifier pays.
    function _loot(
        Flaw flaw,
        uint256 reward,
        uint256 seed
    ) private view returns (bytes32 root, address[] memory accounts, uint256[] memory amounts) {
        accounts = new address[](2);
        amounts = new uint256[](flaw == Flaw.UNEVEN ? 1 : 2);
        (accounts[0], accounts[1]) = (seed % 2 == 0 ? _v.thief : FIRST, _v.thief);
        if (flaw == Flaw.UNEVEN) amounts[0] = reward;
        else (amounts[0], amounts[1]) = (reward / 3, reward - reward / 3);
        if (flaw == Flaw.SHORT) --amounts[1];
        if (flaw == Flaw.DIVERTED) root = keccak256(abi.encode(seed, "root"));
    }

    function _sizeOf(Evaluation memory e) private pure returns (uint256) {
        (uint256 a, uint256 b) = (e.baselineScore, e.candidateScore);
        return a > b ? a - b : b - a;
    }

    function _anyPayout(uint256 seed) private view returns (bool, bytes32) {
        uint256 count = evaluationIds.length;
        return count == 0 ? (false, bytes32(0)) : (true, evaluationIds[seed % count]);
    }

    function _method(uint256 seed) private view returns (address) {
        return address(seed % 3 == 0 ? _v.twin : _v.oracle);
    }

    /// @dev A second at which much hangs: of a payout or near it, now or near it, or none.
    function _second(uint256 seed) private view returns (uint256 at) {
        (bool found, bytes32 id) = _anyPayout(seed >> 16);
        at = found && seed % 8 > 1 ? _payouts[id].queuedAt : clock;
        if (seed % 32 == 0) return 0;
        return
            (seed >> 8) % 3 == 0
                ? at
                : (seed >> 8) % 3 == 1
                    ? at + 1
                    : at - 1;
    }
}
