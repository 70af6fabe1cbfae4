// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IDeltaOneVerifier} from "../interfaces/IDeltaOneVerifier.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {ITokenManager} from "../interfaces/ITokenManager.sol";
import {IVerificationMethod} from "../interfaces/IVerificationMethod.sol";
import {RewardMath} from "../libraries/RewardMath.sol";
import * as Errors from "../types/CommonErrors.sol";
import {Contributor, Evaluation, ImprovementStatement, ImprovementTerms} from "../types/ImprovementTypes.sol";
import {ModelId} from "../types/ModelTypes.sol";

/// @title DeltaOneVerifier
/// @notice See {IDeltaOneVerifier}.
/// @dev Custody: none; roles: none. Trusts: the registry for benchmark, score, rate, limits, pauses and payouts; the model's
/// method for the truth of a statement. The admin can replace this contract; a statement names the verifier that it is for, and
/// is worthless under another. Reentrancy: a method is asked by a static call, before anything changes, and the registry calls
/// nobody.
contract DeltaOneVerifier is IDeltaOneVerifier, EIP712 {
    /// @notice Smallest improvement that is ever paid, in bps; a model's benchmark may ask for more.
    uint256 public constant MIN_IMPROVEMENT_BPS = RewardMath.MIN_IMPROVEMENT_BPS;

    /// @notice The contributors' share of a reward, in bps.
    uint256 public constant CONTRIBUTOR_SHARE_BPS = RewardMath.BPS - RewardMath.OWNER_SHARE_BPS;

    /// @notice The owner's share of a reward, in bps.
    uint256 public constant OWNER_SHARE_BPS = RewardMath.OWNER_SHARE_BPS;

    /// @notice How far ahead a deadline may be when the statement is submitted, in seconds. A governor's change of the rate takes
    /// as long: a statement that was signed at most that long before its deadline is never paid at a rate that was unknown
    /// then. The chain does not know when a statement was signed, so whoever signs checks the deadline.
    uint256 public constant MAX_STATEMENT_LIFE = 2 days;

    /// @notice Most contributors that a statement may list; more stand behind a root.
    uint256 public constant MAX_CONTRIBUTORS = 64;

    bytes32 private constant EVALUATION_TYPEHASH = keccak256(
        "Evaluation(bytes32 model,uint256 benchmarkVersion,bytes32 specHash,bytes32 evaluationDataHash,"
        "uint256 baselineScore,uint256 candidateScore,uint256 sampleSize,uint256 runs,uint256 lowerBoundBps,"
        "bytes32 baselineCommitment,bytes32 candidateCommitment)"
    );

    bytes32 private constant CONTRIBUTOR_TYPEHASH = keccak256("Contributor(address account,uint16 shareBps)");

    bytes32 private constant STATEMENT_TYPEHASH = keccak256(
        "ImprovementStatement(Evaluation evaluation,bytes32 evaluationId,bytes32 contributionDataHash,"
        "Contributor[] contributors,bytes32 contributorsRoot,uint256 attesterEpoch,uint256 deadline)"
        "Contributor(address account,uint16 shareBps)"
        "Evaluation(bytes32 model,uint256 benchmarkVersion,bytes32 specHash,bytes32 evaluationDataHash,"
        "uint256 baselineScore,uint256 candidateScore,uint256 sampleSize,uint256 runs,uint256 lowerBoundBps,"
        "bytes32 baselineCommitment,bytes32 candidateCommitment)"
    );

    /// @notice The models' registry.
    IModelRegistry public immutable registry;

    // Contracts of the protocol that may not be payees. The distributor receives for the contributors of a root.
    address private immutable _tokenManager;
    address private immutable _factory;
    address private immutable _distributor;

    /// @param registry_ The models' registry.
    /// @param manager The token manager.
    /// @param factory The factory of pools.
    constructor(IModelRegistry registry_, ITokenManager manager, address factory) EIP712("DeltaOneVerifier", "1") {
        if (address(registry_) == address(0) || address(manager) == address(0) || factory == address(0))
            revert Errors.ZeroAddress();
        registry = registry_;
        _tokenManager = address(manager);
        _factory = factory;
        _distributor = address(manager.distributor());
    }

    /// @inheritdoc IDeltaOneVerifier
    function processImprovement(
        ImprovementStatement calldata statement,
        bytes calldata proof
    ) external returns (uint256) {
        ImprovementTerms memory terms = _requireAccepted(statement, proof);
        (address[] memory accounts, uint256[] memory amounts) = _payees(statement, terms);

        bytes32 payeesHash = keccak256(abi.encode(statement.contributorsRoot, accounts, amounts));
        registry.recordImprovement(statement.evaluation, statement.evaluationId, payeesHash);
        _emitQueued(statement, terms, accounts, amounts);
        return terms.reward;
    }

    /// @inheritdoc IDeltaOneVerifier
    function verifyAndCalculateReward(
        ImprovementStatement calldata statement,
        bytes calldata proof
    ) external view returns (uint256) {
        ImprovementTerms memory terms = _requireAccepted(statement, proof);
        _payees(statement, terms);
        return terms.reward;
    }

    /// @inheritdoc IDeltaOneVerifier
    function previewReward(
        ModelId model,
        uint256 candidateScore
    ) external view returns (uint256 ownerReward, uint256 contributorsReward) {
        uint256 reward = registry.rewardFor(model, candidateScore);
        ownerReward = RewardMath.ownerShare(reward);
        contributorsReward = reward - ownerReward;
    }

    /// @inheritdoc IDeltaOneVerifier
    function hashStatement(ImprovementStatement calldata statement) public view returns (bytes32) {
        bytes32 hash = keccak256(
            abi.encode(
                STATEMENT_TYPEHASH,
                keccak256(abi.encode(EVALUATION_TYPEHASH, statement.evaluation)),
                statement.evaluationId,
                statement.contributionDataHash,
                _hashContributors(statement.contributors),
                statement.contributorsRoot,
                statement.attesterEpoch,
                statement.deadline
            )
        );
        return _hashTypedDataV4(hash);
    }

    /// @inheritdoc IDeltaOneVerifier
    function isUsed(ModelId model, bytes32 evaluationId) external view returns (bool) {
        return registry.payoutOf(model, evaluationId) != 0;
    }

    /// @inheritdoc IDeltaOneVerifier
    function remainingTodayBps(ModelId model) external view returns (uint256) {
        return registry.remainingTodayBps(model);
    }

    /// @inheritdoc IDeltaOneVerifier
    function calculateDeltaOnes(uint256 deltaBps) external pure returns (uint256) {
        return RewardMath.reward(deltaBps, 1e18);
    }

    function _emitQueued(
        ImprovementStatement calldata statement,
        ImprovementTerms memory terms,
        address[] memory accounts,
        uint256[] memory amounts
    ) private {
        Evaluation calldata evaluation = statement.evaluation;
        emit PayoutQueued(
            evaluation.model,
            statement.evaluationId,
            terms.method,
            evaluation.baselineScore,
            evaluation.candidateScore,
            terms.reward,
            statement.contributionDataHash,
            statement.contributorsRoot,
            accounts,
            amounts
        );
    }

    /// @dev The registry and the method are asked in the state in which the improvement is recorded.
    function _requireAccepted(
        ImprovementStatement calldata statement,
        bytes calldata proof
    ) private view returns (ImprovementTerms memory terms) {
        uint256 deadline = statement.deadline;
        if (block.timestamp > deadline) revert Errors.DeadlineExpired(deadline, block.timestamp);
        uint256 maxDeadline = block.timestamp + MAX_STATEMENT_LIFE;
        if (deadline > maxDeadline) revert Errors.OutOfRange("deadline", deadline, block.timestamp, maxDeadline);

        Evaluation calldata evaluation = statement.evaluation;
        terms = registry.previewImprovement(evaluation, statement.evaluationId);
        bytes32 digest = hashStatement(statement);
        bytes4 answer = IVerificationMethod(terms.method).verify(evaluation, statement.attesterEpoch, digest, proof);
        if (answer != IVerificationMethod.verify.selector) revert Errors.MethodRefused(terms.method);
    }

    /// @dev Who is paid what, the owner first.
    function _payees(
        ImprovementStatement calldata statement,
        ImprovementTerms memory terms
    ) private view returns (address[] memory accounts, uint256[] memory amounts) {
        Contributor[] calldata contributors = statement.contributors;
        bytes32 root = statement.contributorsRoot;
        if ((root == 0) == (contributors.length == 0)) revert ContributorsOrRoot(contributors.length, root);

        uint256 ownerReward = RewardMath.ownerShare(terms.reward);
        uint256 rest = terms.reward - ownerReward;
        (accounts, amounts) = root == 0 ? _split(contributors, rest, terms.token) : _toDistributor(rest);
        (accounts[0], amounts[0]) = (terms.owner, ownerReward);
    }

    /// @dev Payees and amounts of listed contributors, from index 1; index 0 is left for the owner.
    function _split(
        Contributor[] calldata contributors,
        uint256 total,
        address token
    ) private view returns (address[] memory accounts, uint256[] memory amounts) {
        uint256 count = contributors.length;
        Errors.requireWithin("contributors", count, 1, MAX_CONTRIBUTORS);
        accounts = new address[](count + 1);
        amounts = new uint256[](count + 1);
        uint256 largest;
        uint256 largestShare;
        uint256 sumOfShares;
        uint256 remainder = total;
        address previous;
        // 64 shares below 2^16 do not overflow. `remainder` wraps only if the shares sum to more than all, which is refused.
        unchecked {
            for (uint256 i = 1; i <= count; ++i) {
                Contributor calldata contributor = contributors[i - 1];
                address account = contributor.account;
                uint256 share = contributor.shareBps;
                if (account <= previous) revert Errors.NotAscending(previous, account);
                if (share == 0) revert Errors.OutOfRange("shareBps", 0, 1, RewardMath.BPS);
                _requirePayee(account, token);
                if (share > largestShare) (largest, largestShare) = (i, share);
                uint256 amount = RewardMath.contributorShare(total, share);
                accounts[i] = account;
                amounts[i] = amount;
                sumOfShares += share;
                remainder -= amount;
                previous = account;
            }
        }
        if (sumOfShares != RewardMath.BPS) revert Errors.ValueMismatch("shareBps", sumOfShares, RewardMath.BPS);
        amounts[largest] += remainder;
    }

    function _toDistributor(uint256 total) private view returns (address[] memory accounts, uint256[] memory amounts) {
        accounts = new address[](2);
        amounts = new uint256[](2);
        accounts[1] = _distributor;
        amounts[1] = total;
    }

    function _requirePayee(address account, address token) private view {
        if (
            account == token ||
            account == address(this) ||
            account == address(registry) ||
            account == _tokenManager ||
            account == _distributor ||
            account == _factory
        ) revert Errors.ProtocolContract(account);
    }

    function _hashContributors(Contributor[] calldata contributors) private pure returns (bytes32 hash) {
        bytes32[] memory hashes = new bytes32[](contributors.length);
        for (uint256 i; i < hashes.length; ++i) {
            Contributor calldata contributor = contributors[i];
            hashes[i] = keccak256(abi.encode(CONTRIBUTOR_TYPEHASH, contributor.account, contributor.shareBps));
        }
        // keccak256(abi.encodePacked(hashes)), without a copy: the words stand behind their number.
        assembly ("memory-safe") {
            hash := keccak256(add(hashes, 0x20), shl(5, mload(hashes)))
        }
    }
}
