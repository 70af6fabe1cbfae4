// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";
import {IRewardDistributor} from "../interfaces/IRewardDistributor.sol";
import {requireCaller} from "../types/CommonErrors.sol";
import {ModelId} from "../types/ModelTypes.sol";

/// @title RewardDistributor
/// @notice See {IRewardDistributor}.
/// @dev Custody: unclaimed rewards of every model, each distribution within its own remaining total, so that a tree that
/// promises too much takes nothing from another. Trusts: the TokenManager that deploys it, to mint what it begins a distribution
/// with.
contract RewardDistributor is IRewardDistributor {
    using BitMaps for BitMaps.BitMap;
    using SafeERC20 for IERC20;

    /// @notice The whole of a distribution, as an interval.
    uint256 public constant WHOLE = 1e18;

    /// @dev What is left of a distribution: one word.
    struct Distribution {
        bool exists;
        uint248 remaining;
    }

    /// @inheritdoc IRewardDistributor
    address public immutable tokenManager;

    /// @dev By {_key}, so that a claim proves token, root and total by naming them.
    mapping(bytes32 key => Distribution) private _distributions;
    mapping(bytes32 distributionId => BitMaps.BitMap) private _claimed;

    constructor() {
        tokenManager = msg.sender;
    }

    /// @inheritdoc IRewardDistributor
    function createDistribution(ModelId id, bytes32 evaluationId, IERC20 token, bytes32 root, uint256 total) external {
        requireCaller(tokenManager);
        bytes32 distributionId = hashDistribution(id, evaluationId);

        // The total is of a reward, at most 1e27.
        _distributions[_key(distributionId, token, root, total)] = Distribution(true, uint248(total));
        emit DistributionCreated(id, distributionId, token, root, total);
    }

    /// @inheritdoc IRewardDistributor
    function claim(Claim calldata claim_) external returns (uint256) {
        if (isClaimed(claim_.distributionId, claim_.index)) revert AlreadyClaimed(claim_.distributionId, claim_.index);
        return _claim(claim_);
    }

    /// @inheritdoc IRewardDistributor
    function claimMany(Claim[] calldata claims) external {
        for (uint256 i; i < claims.length; ++i) {
            if (!isClaimed(claims[i].distributionId, claims[i].index)) _claim(claims[i]);
        }
    }

    /// @inheritdoc IRewardDistributor
    function remainingOf(
        bytes32 distributionId,
        IERC20 token,
        bytes32 root,
        uint256 total
    ) external view returns (uint256) {
        return _distributions[_key(distributionId, token, root, total)].remaining;
    }

    /// @inheritdoc IRewardDistributor
    function isClaimed(bytes32 distributionId, uint256 index) public view returns (bool) {
        return _claimed[distributionId].get(index);
    }

    /// @inheritdoc IRewardDistributor
    function hashDistribution(ModelId model, bytes32 evaluationId) public pure returns (bytes32) {
        return keccak256(abi.encode(model, evaluationId));
    }

    /// @dev Pays a contributor who was not paid before.
    function _claim(Claim calldata c) private returns (uint256 amount) {
        bytes32 id = c.distributionId;
        Distribution storage distribution = _distributions[_key(id, c.token, c.root, c.total)];
        (bool exists, uint256 remaining) = (distribution.exists, distribution.remaining);
        if (!exists) revert UnknownDistribution(id);
        if (c.from >= c.to || c.to > WHOLE) revert InvalidInterval(c.from, c.to);
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(id, c.index, c.account, c.from, c.to))));
        if (!MerkleProof.verifyCalldata(c.proof, c.root, leaf)) revert InvalidProof(id, c.index);
        amount = (c.total * c.to) / WHOLE - (c.total * c.from) / WHOLE;
        if (amount > remaining) revert DistributionExhausted(amount, remaining);

        remaining -= amount;
        _claimed[id].set(c.index);
        distribution.remaining = uint248(remaining);
        emit RewardClaimed(id, c.account, c.index, amount, remaining);

        c.token.safeTransfer(c.account, amount);
    }

    function _key(bytes32 id, IERC20 token, bytes32 root, uint256 total) private pure returns (bytes32) {
        return keccak256(abi.encode(id, token, root, total));
    }
}
