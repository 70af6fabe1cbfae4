// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ModelId} from "../types/ModelTypes.sol";

/// @title Reward distributor
/// @notice Holds the contributors' share of improvements with many contributors; each claims once, to their own address.
/// Claims never expire, and there is no admin. A distribution pays out of its own balance only.
///
/// Leaf of the Merkle tree (OpenZeppelin's standard tree) =
/// `(bytes32 distributionId, uint256 index, address account, uint256 from, uint256 to)`, where `[from, to]` are adjacent
/// intervals of [0, 1e18] in the order of the index. A contributor's amount is
/// `floor(total · to / 1e18) − floor(total · from / 1e18)`; the amounts telescope to exactly the total if the leaves cover the
/// whole interval. Nothing on chain checks that they do: what a tree leaves out, or gives to an account of zero, stays here for
/// ever. Whoever vouches for a root rebuilds its tree first.
interface IRewardDistributor {
    /// @notice A claim on a distribution.
    /// @param token The model's ERC-20.
    /// @param root Merkle root of the contributors.
    /// @param total What the distribution began with, in wei.
    /// @param distributionId {hashDistribution} of model and evaluation.
    /// @param index Position of the contributor, from 0.
    /// @param account Receiver.
    /// @param from Start of the contributor's interval, 0 … 1e18.
    /// @param to End of the contributor's interval, above `from`, at most 1e18.
    /// @param proof Merkle proof of the leaf.
    struct Claim {
        IERC20 token;
        bytes32 root;
        uint256 total;
        bytes32 distributionId;
        uint256 index;
        address account;
        uint256 from;
        uint256 to;
        bytes32[] proof;
    }

    /// @notice A distribution began.
    /// @param model The model.
    /// @param distributionId {hashDistribution} of model and evaluation.
    /// @param token The model's ERC-20.
    /// @param root Merkle root of the contributors.
    /// @param total What they share, in wei.
    event DistributionCreated(
        ModelId indexed model,
        bytes32 indexed distributionId,
        IERC20 indexed token,
        bytes32 root,
        uint256 total
    );

    /// @notice A contributor was paid.
    /// @param distributionId The distribution.
    /// @param account Receiver.
    /// @param index Position of the contributor.
    /// @param amount Wei paid.
    /// @param remaining Wei that are left of the distribution.
    event RewardClaimed(
        bytes32 indexed distributionId,
        address indexed account,
        uint256 indexed index,
        uint256 amount,
        uint256 remaining
    );

    /// @notice There is no distribution with this id, token, root and total.
    /// @param distributionId The distribution.
    /// @custom:fix Take model, evaluation, token, root and total from the event `DistributionCreated`.
    error UnknownDistribution(bytes32 distributionId);

    /// @notice The contributor was paid.
    /// @param distributionId The distribution.
    /// @param index Position of the contributor.
    /// @custom:fix Nothing to do: the event `RewardClaimed` has the amount. `claimMany` skips such claims.
    error AlreadyClaimed(bytes32 distributionId, uint256 index);

    /// @notice The interval is empty, reversed or reaches past 1e18.
    /// @param from Its start.
    /// @param to Its end.
    /// @custom:fix Take the interval from the published tree.
    error InvalidInterval(uint256 from, uint256 to);

    /// @notice The leaf is not in the tree.
    /// @param distributionId The distribution.
    /// @param index Position of the contributor.
    /// @custom:fix Build the proof from the published tree; index, account and interval must be exactly the leaf's.
    error InvalidProof(bytes32 distributionId, uint256 index);

    /// @notice The tree promises more than the total, and what is left does not cover this claim.
    /// @param requested Wei claimed.
    /// @param remaining Wei that are left.
    /// @custom:fix The tree is wrong: nobody is paid more than the distribution holds. Ask whoever published it.
    error DistributionExhausted(uint256 requested, uint256 remaining);

    /// @notice Begins a distribution of tokens that were minted to this contract. Only the TokenManager, once per evaluation.
    /// @dev Emits `DistributionCreated`. Reverts `UnauthorizedCaller`.
    /// @param id The model.
    /// @param evaluationId The evaluation.
    /// @param token The model's ERC-20.
    /// @param root Merkle root of the contributors.
    /// @param total What they share, in wei.
    function createDistribution(ModelId id, bytes32 evaluationId, IERC20 token, bytes32 root, uint256 total) external;

    /// @notice Pays one contributor, whoever sends the claim.
    /// @dev Emits `RewardClaimed`. Reverts `AlreadyClaimed`, `UnknownDistribution`, `InvalidInterval`, `InvalidProof`,
    /// `DistributionExhausted`, and with `ERC20InvalidReceiver` of the token for a leaf whose account is zero.
    /// @param claim_ The claim.
    /// @return amount Wei paid.
    function claim(Claim calldata claim_) external returns (uint256 amount);

    /// @notice Pays several contributors and skips those who were paid already, so that nobody can stop the others by claiming
    /// for one of them first.
    /// @dev Emits `RewardClaimed` for each that is paid. Reverts as {claim} does, except `AlreadyClaimed`.
    /// @param claims The claims.
    function claimMany(Claim[] calldata claims) external;

    /// @notice The TokenManager, which deployed this contract.
    /// @return Its address.
    function tokenManager() external view returns (address);

    /// @notice Whether a contributor was paid.
    /// @param distributionId The distribution.
    /// @param index Position of the contributor.
    /// @return Whether it was.
    function isClaimed(bytes32 distributionId, uint256 index) external view returns (bool);

    /// @notice What is left of a distribution.
    /// @param distributionId The distribution.
    /// @param token Its token.
    /// @param root Its root.
    /// @param total What it began with, in wei.
    /// @return Wei; 0 when there is no such distribution.
    function remainingOf(
        bytes32 distributionId,
        IERC20 token,
        bytes32 root,
        uint256 total
    ) external view returns (uint256);

    /// @notice Id of the distribution of a model's evaluation.
    /// @param model The model.
    /// @param evaluationId The evaluation.
    /// @return Its id.
    function hashDistribution(ModelId model, bytes32 evaluationId) external pure returns (bytes32);
}
