// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IDeltaOneVerifier} from "../interfaces/IDeltaOneVerifier.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {IModelToken} from "../interfaces/IModelToken.sol";
import {IRewardDistributor} from "../interfaces/IRewardDistributor.sol";
import {ITokenManager} from "../interfaces/ITokenManager.sol";
import {IVerificationMethod} from "../interfaces/IVerificationMethod.sol";
import {RewardMath} from "../libraries/RewardMath.sol";
import {ZeroAddress} from "../types/CommonErrors.sol";
import {
    Contributor,
    Evaluation,
    Improvement,
    ImprovementStatement,
    ImprovementTerms
} from "../types/ImprovementTypes.sol";
import {ModelId} from "../types/ModelId.sol";
import {RewardDistributor} from "./RewardDistributor.sol";

/// @title DeltaOneVerifier
/// @notice See {IDeltaOneVerifier}.
/// @dev Custody: none; roles: none. Trusts: the registry for benchmark, score, rate, limits and pauses; the model's method for
/// the truth of a statement. The admin can replace this contract; a statement names the verifier that it is for and dies with
/// it. Reentrancy: a method is asked by a static call, and everything else that is called is the protocol's own.
contract DeltaOneVerifier is IDeltaOneVerifier, EIP712 {
    /// @notice Smallest improvement that is ever paid, in bps; a model's benchmark may ask for more.
    uint256 public constant MIN_IMPROVEMENT_BPS = RewardMath.MIN_IMPROVEMENT_BPS;

    /// @notice The contributors' share of a reward, in bps.
    uint256 public constant CONTRIBUTOR_SHARE_BPS = RewardMath.BPS - RewardMath.OWNER_SHARE_BPS;

    /// @notice The owner's share of a reward, in bps.
    uint256 public constant OWNER_SHARE_BPS = RewardMath.OWNER_SHARE_BPS;

    /// @notice How far ahead a deadline may be, in seconds. A change of rate takes as long: who signs nothing with a later
    /// deadline is paid at no rate that was unknown at signing.
    uint256 public constant MAX_STATEMENT_LIFE = 2 days;

    /// @notice Most contributors that a statement may list; more come as a root.
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

    /// @notice The door to reward mints.
    ITokenManager public immutable tokenManager;

    /// @notice Pays contributors who come as a root. Deployed by this contract, it begins distributions for no other.
    IRewardDistributor public immutable distributor;

    /// @dev Only so that it is no payee.
    address private immutable _factory;

    /// @dev baselineScore (16) · candidateScore (16) · timestamp (64) · method (160), from the highest bits; 0 = not used.
    mapping(ModelId model => mapping(bytes32 evaluationId => uint256)) private _improvements;

    /// @param registry_ The models' registry.
    /// @param tokenManager_ The token manager.
    /// @param factory_ The factory of pools.
    constructor(
        IModelRegistry registry_,
        ITokenManager tokenManager_,
        address factory_
    ) EIP712("DeltaOneVerifier", "1") {
        if (address(registry_) == address(0) || address(tokenManager_) == address(0) || factory_ == address(0))
            revert ZeroAddress();
        registry = registry_;
        tokenManager = tokenManager_;
        distributor = new RewardDistributor();
        _factory = factory_;
    }

    /// @inheritdoc IDeltaOneVerifier
    function processImprovement(
        ImprovementStatement calldata statement,
        bytes calldata proof
    ) external returns (uint256) {
        _requireOpen(statement);
        ImprovementTerms memory terms = registry.recordImprovement(statement.evaluation);
        _requireAccepted(terms.method, statement, proof);

        _record(statement, terms);
        _distributeReward(statement, terms);
        return terms.reward;
    }

    /// @inheritdoc IDeltaOneVerifier
    function verifyAndCalculateReward(
        ImprovementStatement calldata statement,
        bytes calldata proof
    ) external view returns (uint256) {
        _requireOpen(statement);
        ImprovementTerms memory terms = registry.previewImprovement(statement.evaluation);
        _requireAccepted(terms.method, statement, proof);
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
    function hashStatement(ImprovementStatement calldata statement) external view returns (bytes32) {
        return _hashStatement(statement);
    }

    /// @inheritdoc IDeltaOneVerifier
    function isUsed(ModelId model, bytes32 evaluationId) external view returns (bool) {
        return _improvements[model][evaluationId] != 0;
    }

    /// @inheritdoc IDeltaOneVerifier
    function improvementsOf(
        ModelId model,
        bytes32[] calldata evaluationIds
    ) external view returns (Improvement[] memory improvements) {
        improvements = new Improvement[](evaluationIds.length);
        for (uint256 i; i < evaluationIds.length; ++i) {
            uint256 record = _improvements[model][evaluationIds[i]];
            improvements[i] = Improvement({
                baselineScore: uint16(record >> 240),
                candidateScore: uint16(record >> 224),
                timestamp: uint64(record >> 160),
                method: address(uint160(record))
            });
        }
    }

    /// @inheritdoc IDeltaOneVerifier
    function scoreOf(ModelId model) external view returns (uint256) {
        return registry.scoreOf(model);
    }

    /// @inheritdoc IDeltaOneVerifier
    function remainingTodayBps(ModelId model) external view returns (uint256) {
        return registry.remainingTodayBps(model);
    }

    /// @inheritdoc IDeltaOneVerifier
    function calculateDeltaOnes(uint256 deltaBps) external pure returns (uint256) {
        return RewardMath.reward(deltaBps, 1e18);
    }

    function _record(ImprovementStatement calldata statement, ImprovementTerms memory terms) private {
        Evaluation calldata evaluation = statement.evaluation;
        // The registry has refused scores above 10000.
        _improvements[evaluation.model][statement.evaluationId] =
            (evaluation.baselineScore << 240) |
            (evaluation.candidateScore << 224) |
            (block.timestamp << 160) |
            uint160(terms.method);
        emit ImprovementRecorded(
            evaluation.model,
            statement.evaluationId,
            terms.method,
            evaluation.baselineScore,
            evaluation.candidateScore,
            terms.reward,
            statement.contributionDataHash,
            statement.contributorsRoot
        );
    }

    function _distributeReward(ImprovementStatement calldata statement, ImprovementTerms memory terms) private {
        Contributor[] calldata contributors = statement.contributors;
        bool isListed = statement.contributorsRoot == 0;
        if (isListed == (contributors.length == 0))
            revert ContributorsOrRoot(contributors.length, statement.contributorsRoot);
        uint256 ownerReward = RewardMath.ownerShare(terms.reward);
        uint256 contributorsReward = terms.reward - ownerReward;
        (address[] memory accounts, uint256[] memory amounts) = isListed
            ? _split(contributors, contributorsReward, terms.token)
            : _toDistributor(contributorsReward);
        accounts[0] = terms.owner;
        amounts[0] = ownerReward;

        ModelId model = statement.evaluation.model;
        bytes32 evaluationId = statement.evaluationId;
        uint256 count = accounts.length;
        for (uint256 i; i < count; ++i) {
            emit RewardDistributed(model, evaluationId, accounts[i], amounts[i]);
        }

        tokenManager.mintRewards(IModelToken(terms.token), accounts, amounts);
        if (!isListed) {
            IERC20 token = IERC20(terms.token);
            bytes32 root = statement.contributorsRoot;
            distributor.createDistribution(model, evaluationId, token, root, contributorsReward);
        }
    }

    function _requireOpen(ImprovementStatement calldata statement) private view {
        uint256 deadline = statement.deadline;
        if (block.timestamp > deadline) revert StatementExpired(deadline, block.timestamp);
        uint256 maxDeadline = block.timestamp + MAX_STATEMENT_LIFE;
        if (deadline > maxDeadline) revert DeadlineTooFar(deadline, maxDeadline);
        ModelId model = statement.evaluation.model;
        bytes32 evaluationId = statement.evaluationId;
        if (_improvements[model][evaluationId] != 0) revert EvaluationAlreadyUsed(model, evaluationId);
    }

    function _requireAccepted(
        address method,
        ImprovementStatement calldata statement,
        bytes calldata proof
    ) private view {
        bytes4 answer = IVerificationMethod(method).verify(
            statement.evaluation,
            statement.attesterEpoch,
            _hashStatement(statement),
            proof
        );
        if (answer != IVerificationMethod.verify.selector) revert MethodRefused(method);
    }

    /// @dev Payees and amounts of listed contributors, from index 1; index 0 is left for the owner.
    function _split(
        Contributor[] calldata contributors,
        uint256 total,
        address token
    ) private view returns (address[] memory accounts, uint256[] memory amounts) {
        uint256 count = contributors.length;
        if (count > MAX_CONTRIBUTORS) revert ContributorCountOutOfRange(count, 1, MAX_CONTRIBUTORS);
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
                if (account <= previous) revert ContributorsNotAscending(previous, account);
                if (share == 0) revert ShareMissing(account);
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
        if (sumOfShares != RewardMath.BPS) revert SharesSumMismatch(sumOfShares, RewardMath.BPS);
        amounts[largest] += remainder;
    }

    function _toDistributor(uint256 total) private view returns (address[] memory accounts, uint256[] memory amounts) {
        accounts = new address[](2);
        amounts = new uint256[](2);
        accounts[1] = address(distributor);
        amounts[1] = total;
    }

    function _requirePayee(address account, address token) private view {
        if (
            account == token ||
            account == address(this) ||
            account == address(registry) ||
            account == address(tokenManager) ||
            account == address(distributor) ||
            account == _factory
        ) revert PayeeIsProtocolContract(account);
    }

    function _hashStatement(ImprovementStatement calldata statement) private view returns (bytes32) {
        return
            _hashTypedDataV4(
                keccak256(
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
                )
            );
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
