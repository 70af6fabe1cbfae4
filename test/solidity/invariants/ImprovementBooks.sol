// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ModelRegistry} from "contracts/models/ModelRegistry.sol";
import {ModelToken} from "contracts/tokens/ModelToken.sol";
import {RewardDistributor} from "contracts/tokens/RewardDistributor.sol";
import {TokenManager} from "contracts/tokens/TokenManager.sol";
import {Contributor, ImprovementStatement} from "contracts/types/ImprovementTypes.sol";
import {Benchmark, Direction, ModelId} from "contracts/types/ModelTypes.sol";
import {DeltaOneVerifier} from "contracts/verification/DeltaOneVerifier.sol";
import {OracleAttestation} from "contracts/verification/methods/OracleAttestation.sol";
import {Keys} from "../utils/ProtocolTest.sol";
import {Assertions, vm} from "../utils/Test.sol";

/// @notice What the handler acts on: one model, two methods and three verifiers in turn, of which the last, a key, is malicious.
struct Verification {
    ModelRegistry registry;
    TokenManager tokenManager;
    RewardDistributor distributor;
    DeltaOneVerifier verifier;
    DeltaOneVerifier successor;
    address thief;
    OracleAttestation oracle;
    OracleAttestation twin;
    ModelToken token;
    ModelId model;
}

/// @notice What stood behind a recorded improvement, found out without the verifier and its method.
struct Vouching {
    uint256 attesters; // present ones who signed exactly this statement
    uint256 threshold;
    uint256 baselineScore; // as stated
    uint256 bookedScore; // before
    uint256 deadline;
    uint256 recordedAt;
}

/// @notice Where a payout is.
enum PayoutState {
    NONE,
    WAITING,
    RELEASED,
    RETURNED
}

/// @notice Why a payout that waits can never be released, if it cannot: a malicious verifier's doing.
enum Flaw {
    NONE,
    UNEVEN, // more accounts than amounts
    SHORT, // amounts that sum to less than the reward
    DIVERTED // a root whose contributors' part goes to somebody else than the distributor
}

/// @notice A payout by the books.
struct BookedPayout {
    address verifier;
    address method;
    uint256 queuedAt;
    uint256 reward;
    bytes32 root;
    address[] accounts;
    uint256[] amounts;
    PayoutState state;
    Flaw flaw;
    uint256 releasedAt;
}

/// @notice A method's stop by the books.
struct BookedStop {
    uint256 since;
    uint256 until;
}

/// @title ImprovementBooks
/// @notice What should be true of improvements and their payouts, written from the specification; the invariants compare it with the
/// chain.
abstract contract ImprovementBooks is Assertions {
    uint256 internal constant SCALE = 100_00;
    uint256 internal constant OPEN = type(uint40).max;
    address internal constant FIRST = address(0x1000_0001);
    address internal constant SECOND = address(0x1000_0002);

    /// @notice The time of the chain: forge forgets a handler's `warp`.
    uint256 public clock;

    /// @notice Wei minted and returned so far.
    uint256 public minted;
    uint256 public returned;
    mapping(address account => uint256) public paidTo;

    mapping(uint256 day => uint256) public paidBpsOn;
    mapping(bytes32 evaluationId => uint256) public timesRecorded;
    bytes32[] public evaluationIds;

    /// @notice The model's score, as benchmarks and improvements have set it.
    uint256 public bookedScore;

    Verification internal _v;
    Keys internal _keys;
    mapping(bytes32 evaluationId => Vouching) private _vouchings;
    mapping(bytes32 evaluationId => BookedPayout) internal _payouts;
    mapping(address method => BookedStop) internal _stops;

    modifier atClock() {
        vm.warp(clock);
        _;
    }

    constructor(Verification memory v, Keys memory keys) {
        _v = v;
        _keys = keys;
        clock = block.timestamp;
        bookedScore = v.registry.scoreOf(v.model);
    }

    function evaluationCount() external view returns (uint256) {
        return evaluationIds.length;
    }

    function vouchingOf(bytes32 evaluationId) external view returns (Vouching memory) {
        return _vouchings[evaluationId];
    }

    function payoutOf(bytes32 evaluationId) external view returns (BookedPayout memory) {
        return _payouts[evaluationId];
    }

    function stopOf(address method) external view returns (BookedStop memory) {
        return _stops[method];
    }

    function today() external view returns (uint256) {
        return clock / 1 days;
    }

    /// @notice Wei of payouts that wait, stopped and void ones included.
    function waiting() external view returns (uint256 sum) {
        for (uint256 i; i < evaluationIds.length; ++i) {
            BookedPayout storage p = _payouts[evaluationIds[i]];
            if (p.state == PayoutState.WAITING) sum += p.reward;
        }
    }

    /// @notice R1, R2: whether anybody can release the payout now.
    function isReleasable(bytes32 evaluationId) public view returns (bool) {
        BookedPayout storage p = _payouts[evaluationId];
        return p.state == PayoutState.WAITING && p.flaw == Flaw.NONE && !_isYoung(p) && !_isHeld(p);
    }

    /// @notice The hash of a payout that waits.
    function hashOf(bytes32 evaluationId) public view returns (bytes32) {
        BookedPayout storage p = _payouts[evaluationId];
        bytes32 payeesHash = keccak256(abi.encode(p.root, p.accounts, p.amounts));
        return keccak256(abi.encode(p.method, p.queuedAt, p.reward, payeesHash));
    }

    /// @dev The improvement moved the score, and its reward waits: 30 % for the owner, the rest for the contributors by their shares,
    /// what the floors leave to the first of the largest.
    function _bookStatement(ImprovementStatement memory s, uint256 attesters, uint256 threshold) internal {
        _vouchings[s.evaluationId] = Vouching({
            attesters: attesters,
            threshold: threshold,
            baselineScore: s.evaluation.baselineScore,
            bookedScore: bookedScore,
            deadline: s.deadline,
            recordedAt: clock
        });
        uint256 reward = _bookRecord(s.evaluationId, s.evaluation.candidateScore, _deltaBps(s));
        uint256 count = s.contributors.length;
        address[] memory accounts = new address[](count == 0 ? 2 : count + 1);
        uint256[] memory amounts = new uint256[](accounts.length);
        (accounts[0], amounts[0]) = (_keys.supplier, (reward * 30) / 100);
        uint256 rest = reward - amounts[0];
        if (count == 0) (accounts[1], amounts[1]) = (address(_v.distributor), rest);
        else _share(s.contributors, rest, accounts, amounts);
        _bookPayees(s.evaluationId, s.contributorsRoot, accounts, amounts);
    }

    /// @dev Exactly the formula, at the rate that is in force.
    function _bookRecord(bytes32 id, uint256 candidateScore, uint256 delta) internal returns (uint256 reward) {
        reward = (delta * _v.registry.parametersOf(_v.model).tokensPerDeltaOne) / 100;
        BookedPayout storage p = _payouts[id];
        (p.verifier, p.method) = (_v.registry.verifier(), _benchmark().method);
        (p.queuedAt, p.reward, p.state) = (clock, reward, PayoutState.WAITING);
        paidBpsOn[clock / 1 days] += delta;
        bookedScore = candidateScore;
        if (timesRecorded[id]++ == 0) evaluationIds.push(id);
    }

    function _bookPayees(bytes32 id, bytes32 root, address[] memory accounts, uint256[] memory amounts) internal {
        BookedPayout storage p = _payouts[id];
        (p.root, p.accounts, p.amounts) = (root, accounts, amounts);
        assertEq(_v.registry.payoutOf(_v.model, id), hashOf(id), "V3: what was queued");
    }

    function _bookRelease(bytes32 id) internal {
        BookedPayout storage p = _payouts[id];
        (p.state, p.releasedAt) = (PayoutState.RELEASED, clock);
        minted += p.reward;
        for (uint256 i; i < p.accounts.length; ++i) paidTo[p.accounts[i]] += p.amounts[i];
    }

    function _bookReturn(bytes32 id) internal {
        BookedPayout storage p = _payouts[id];
        p.state = PayoutState.RETURNED;
        returned += p.reward;
    }

    function _isYoung(BookedPayout storage p) internal view returns (bool) {
        return clock < p.queuedAt + _v.registry.payoutDelay();
    }

    /// @dev Stopped or void.
    function _isHeld(BookedPayout storage p) internal view returns (bool) {
        BookedStop storage stop = _stops[p.method];
        return stop.since <= p.queuedAt && p.queuedAt < stop.until;
    }

    function _isVoid(BookedPayout storage p) internal view returns (bool) {
        return _isHeld(p) && _stops[p.method].until != OPEN;
    }

    function _benchmark() internal view returns (Benchmark memory) {
        return _v.registry.benchmarkOf(_v.model);
    }

    function _headroom(Benchmark memory b) internal pure returns (uint256) {
        return b.direction == Direction.MAXIMISE ? SCALE - b.baselineScore : b.baselineScore;
    }

    /// @dev The way to the target, 0 without one and when it is reached.
    function _distance(Benchmark memory b) internal pure returns (uint256) {
        if (b.targetScore == 0) return 0;
        (uint256 from, uint256 to) = b.direction == Direction.MAXIMISE
            ? (b.baselineScore, b.targetScore)
            : (b.targetScore, b.baselineScore);
        return to > from ? to - from : 0;
    }

    function _remainingToday() internal view returns (uint256) {
        uint256 limit = _v.registry.dailyLimitOf(_v.model);
        uint256 paid = paidBpsOn[clock / 1 days];
        return paid > limit ? 0 : limit - paid;
    }

    function _deltaBps(ImprovementStatement memory s) internal pure returns (uint256) {
        (uint256 a, uint256 b) = (s.evaluation.baselineScore, s.evaluation.candidateScore);
        return a > b ? a - b : b - a;
    }

    function _share(
        Contributor[] memory contributors,
        uint256 total,
        address[] memory accounts,
        uint256[] memory amounts
    ) private pure {
        (uint256 rest, uint256 largest) = (total, 0);
        for (uint256 i; i < contributors.length; ++i) {
            if (contributors[i].shareBps > contributors[largest].shareBps) largest = i;
            accounts[i + 1] = contributors[i].account;
            amounts[i + 1] = (total * contributors[i].shareBps) / 10_000;
            rest -= amounts[i + 1];
        }
        amounts[largest + 1] += rest;
    }
}
