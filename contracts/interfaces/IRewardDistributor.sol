// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ModelId} from "../types/ModelId.sol";

/// @title Reward distributor
/// @notice Holds the contributors' share of improvements with many contributors; each claims once, to their own address. No
/// expiry, no admin. A distribution pays out of its own balance only.
///
/// Leaf of the Merkle tree (OpenZeppelin's standard tree) =
/// `(bytes32 distributionId, uint256 index, address account, uint256 from, uint256 to)`, where `[from, to]` are adjacent
/// intervals of [0, 1e18] in the order of the index. A contributor's amount is
/// `floor(total · to / 1e18) − floor(total · from / 1e18)`; the amounts telescope to exactly the total.
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

    /// @notice A distribution of `total` wei began.
    event DistributionCreated(
        ModelId indexed model,
        bytes32 indexed distributionId,
        IERC20 indexed token,
        bytes32 root,
        uint256 total
    );

    /// @notice A contributor was paid; `remaining` wei of the distribution are left.
    event RewardClaimed(
        bytes32 indexed distributionId,
        address indexed account,
        uint256 indexed index,
        uint256 amount,
        uint256 remaining
    );

    /// @notice The caller is not the distributor's verifier.
    error OnlyVerifier(address caller, address verifier);

    /// @notice The evaluation has a distribution.
    error DistributionExists(bytes32 distributionId);

    /// @notice There is no such distribution, or not of this token, root and total.
    error UnknownDistribution(bytes32 distributionId);

    /// @notice The contributor was paid.
    error AlreadyClaimed(bytes32 distributionId, uint256 index);

    /// @notice The interval is empty, reversed or reaches past 1e18.
    error InvalidInterval(uint256 from, uint256 to);

    /// @notice The leaf is not in the tree.
    error InvalidProof(bytes32 distributionId, uint256 index);

    /// @notice The tree promises more than the total, and the rest does not cover this claim.
    error DistributionExhausted(uint256 requested, uint256 remaining);

    /// @notice Begins a distribution of `total` wei that were minted to this contract. Only the verifier.
    /// Errors: `OnlyVerifier`, `DistributionExists`.
    function createDistribution(
        ModelId model,
        bytes32 evaluationId,
        IERC20 token,
        bytes32 root,
        uint256 total
    ) external;

    /// @notice Pays one contributor, whoever sends the claim. Errors: `UnknownDistribution`, `AlreadyClaimed`,
    /// `InvalidInterval`, `InvalidProof`, `DistributionExhausted`.
    /// @return amount Wei paid.
    function claim(Claim calldata claim_) external returns (uint256 amount);

    /// @notice Pays several contributors; all or none. Errors: those of {claim}.
    function claimMany(Claim[] calldata claims) external;

    /// @notice The verifier whose distributions these are: the contract that deployed this one.
    function verifier() external view returns (address);

    /// @notice Whether the contributor at `index` was paid.
    function isClaimed(bytes32 distributionId, uint256 index) external view returns (bool);

    /// @notice What is left of a distribution, in wei.
    function remainingOf(bytes32 distributionId) external view returns (uint256);

    /// @notice Id of the distribution of a model's evaluation.
    function hashDistribution(ModelId model, bytes32 evaluationId) external pure returns (bytes32);
}
