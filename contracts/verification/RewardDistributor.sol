// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";
import {IRewardDistributor} from "../interfaces/IRewardDistributor.sol";
import {ModelId} from "../types/ModelId.sol";

/// @title RewardDistributor
/// @notice See {IRewardDistributor}.
/// @dev Custody: unclaimed rewards of every model, each distribution within its own remaining total, so that a tree that
/// promises too much takes nothing from another. Trusts: the verifier that deploys it, to mint what it begins a distribution
/// with. A verifier that takes its place brings its own distributor, and has no say over what is unclaimed here.
contract RewardDistributor is IRewardDistributor {
    using BitMaps for BitMaps.BitMap;
    using SafeERC20 for IERC20;

    /// @notice The whole of a distribution, as an interval.
    uint256 public constant WHOLE = 1e18;

    /// @dev One word: what identifies a distribution, and what is left of it.
    struct Distribution {
        bytes20 termsHash;
        uint96 remaining;
    }

    /// @inheritdoc IRewardDistributor
    address public immutable verifier;

    mapping(bytes32 distributionId => Distribution) private _distributions;
    mapping(bytes32 distributionId => BitMaps.BitMap) private _claimed;

    constructor() {
        verifier = msg.sender;
    }

    /// @inheritdoc IRewardDistributor
    function createDistribution(
        ModelId model,
        bytes32 evaluationId,
        IERC20 token,
        bytes32 root,
        uint256 total
    ) external {
        if (msg.sender != verifier) revert OnlyVerifier(msg.sender, verifier);
        bytes32 id = hashDistribution(model, evaluationId);
        if (_distributions[id].termsHash != 0) revert DistributionExists(id);

        _distributions[id] = Distribution(_hashTerms(token, root, total), uint96(total));
        emit DistributionCreated(model, id, token, root, total);
    }

    /// @inheritdoc IRewardDistributor
    function claim(Claim calldata claim_) external returns (uint256) {
        return _claim(claim_);
    }

    /// @inheritdoc IRewardDistributor
    function claimMany(Claim[] calldata claims) external {
        for (uint256 i; i < claims.length; ++i) {
            _claim(claims[i]);
        }
    }

    /// @inheritdoc IRewardDistributor
    function isClaimed(bytes32 distributionId, uint256 index) external view returns (bool) {
        return _claimed[distributionId].get(index);
    }

    /// @inheritdoc IRewardDistributor
    function remainingOf(bytes32 distributionId) external view returns (uint256) {
        return _distributions[distributionId].remaining;
    }

    /// @inheritdoc IRewardDistributor
    function hashDistribution(ModelId model, bytes32 evaluationId) public pure returns (bytes32) {
        return keccak256(abi.encode(model, evaluationId));
    }

    function _claim(Claim calldata c) private returns (uint256 amount) {
        bytes32 id = c.distributionId;
        Distribution memory distribution = _distributions[id];
        if (distribution.termsHash != _hashTerms(c.token, c.root, c.total)) revert UnknownDistribution(id);
        if (_claimed[id].get(c.index)) revert AlreadyClaimed(id, c.index);
        if (c.from >= c.to || c.to > WHOLE) revert InvalidInterval(c.from, c.to);
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(id, c.index, c.account, c.from, c.to))));
        if (!MerkleProof.verifyCalldata(c.proof, c.root, leaf)) revert InvalidProof(id, c.index);
        amount = (c.total * c.to) / WHOLE - (c.total * c.from) / WHOLE;
        if (amount > distribution.remaining) revert DistributionExhausted(amount, distribution.remaining);

        _claimed[id].set(c.index);
        distribution.remaining -= uint96(amount);
        _distributions[id] = distribution;
        emit RewardClaimed(id, c.account, c.index, amount, distribution.remaining);

        c.token.safeTransfer(c.account, amount);
    }

    function _hashTerms(IERC20 token, bytes32 root, uint256 total) private pure returns (bytes20) {
        return bytes20(keccak256(abi.encode(token, root, total)));
    }
}
