// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Payout} from "contracts/types/ImprovementTypes.sol";
import {ModelId} from "contracts/types/ModelTypes.sol";

/// @notice R3: a release mints exactly the recorded reward. The sum that the TokenManager has the registry compare with the record and the
/// sum that the token counts and mints are the same, by induction over the payees.
/// Assumed: what `R1_release` and `S4_mintRewards` prove of the registry and of the token, which refuses lists of different lengths.
contract ReleaseProof {
    //@ from node_modules/@openzeppelin/contracts/token/ERC20/ERC20.sol: _totalSupply, totalSupply, _mint, _update

    event Transfer(address from, address to, uint256 value);
    event RewardDistributed(ModelId id, bytes32 evaluationId, address account, uint256 amount);

    mapping(address => uint256) private _balances;
    AnyRegistry private registry;
    AnyMint private _mints;

    function lemma_R3_nothingIsCountedYet() external pure {
        //@ lines contracts/tokens/TokenManager.sol: uint256 reward; … uint256 reward;
        //@ lines contracts/tokens/ModelToken.sol: uint256 total; … uint256 total;

        assert(reward == 0 && total == 0);
    }

    function lemma_R3_oneMoreIsReleased(
        address[] calldata accounts,
        uint256[] calldata amounts,
        uint256 total,
        uint256 i
    ) external {
        ModelId id;
        bytes32 evaluationId;
        uint256 supply = _totalSupply;
        uint256 reward = total;
        require(total <= supply);
        {
            //@ loop contracts/tokens/TokenManager.sol: releasePayout
        }
        {
            //@ loop contracts/tokens/ModelToken.sol: mintRewards
        }

        assert(reward == total);
        assert(_totalSupply - total == supply - (reward - amounts[i]));
    }

    function lemma_R3_mintsOnlyTheRecordedReward(
        ModelId id,
        bytes32 evaluationId,
        address method,
        uint256 queuedAt,
        uint256 reward,
        bytes32 payeesHash,
        address[] calldata accounts,
        uint256[] calldata amounts
    ) external {
        //@ lines contracts/tokens/TokenManager.sol: address token = registry.releasePayout … IModelToken(token).mintRewards

        assert(reward == registry.recorded);
        assert(accounts.length == _mints.payees && amounts.length == _mints.payees);
    }

    function IModelToken(address) private view returns (AnyMint storage) {
        return _mints;
    }
}

struct AnyRegistry {
    address token;
    uint256 recorded;
}

struct AnyMint {
    uint256 payees;
}

using AnyReleases for AnyRegistry global;
using AnyReleases for AnyMint global;

library AnyReleases {
    /// @dev Refuses what was not recorded, as `R1_release` shows.
    function releasePayout(
        AnyRegistry storage registry,
        ModelId,
        bytes32,
        Payout memory payout
    ) internal view returns (address) {
        require(payout.reward == registry.recorded);
        return registry.token;
    }

    /// @dev Any lists of one length.
    function mintRewards(AnyMint storage mint, address[] calldata accounts, uint256[] calldata amounts) internal view {
        require(accounts.length == mint.payees && amounts.length == mint.payees);
    }
}
