// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import "contracts/types/CommonErrors.sol";
import {FeeTerms, InitialParams, ModelId} from "contracts/types/ModelTypes.sol";
import {RewardMath} from "contracts/libraries/RewardMath.sol";
import {AnyToken} from "./AnyToken.sol";
import {AnyCurve} from "./AnyCurve.sol";
import {Math} from "./Math.sol";

/// @notice Unchecked arithmetic neither wraps nor loses bits. The blocks of the guardian's pause are in Pause.sol, that of
/// `DeltaOneVerifier` is in RewardSplit.sol, that of `ModelToken` in Token.sol, and those of the curve in CurveKernel.sol and CurveResults.sol.
/// Assumed: what PoolState says of widths, the factory's bounds of terms, the registry's of rates, and balances below 2^255; what the pool
/// issued is part of the token's supply.
contract UncheckedProof {
    //@ from contracts/market/PoolState.sol: _held, _curveSupply, virtualReserve
    //@ from contracts/market/PoolState.sol: virtualSupply, tradeFee, crr, netIssued, unbackedSupply, _curveReserve
    //@ from contracts/market/HokusaiAMM.sol: MAX_HELD, BPS, _buyInput, _lessFee, _requireRoom
    //@ from contracts/libraries/RewardMath.sol: OWNER_SHARE_BPS, ownerShare, contributorShare
    //@ from contracts/fees/UsageFeeRouter.sol: MAX_AMOUNT, _split
    //@ from contracts/models/ModelGovernance.sol: MAX_TOKENS_PER_DELTA_ONE

    AnyToken private token;
    AnyCurve private BondingCurve;
    AnyToken private reserveToken;
    uint256 private _balanceBefore;

    modifier nonReentrantView() {
        _;
    }

    function lemma_S5_netIssueIsTheDifference() external view {
        require(virtualSupply <= 1e30);
        assert(netIssued() == int256(uint256(_curveSupply)) - int256(virtualSupply));
    }

    function lemma_S2_unbackedSupplyIsTheRest() external view {
        require(virtualSupply <= 1e30 && token.supply < 2 ** 96);
        require(_curveSupply <= virtualSupply || _curveSupply - virtualSupply <= token.supply);
        uint256 unbacked = unbackedSupply();

        assert(unbacked == token.supply - (_curveSupply <= virtualSupply ? 0 : _curveSupply - virtualSupply));
    }

    function lemma_U_curveReserve(uint72 reserve_) external view {
        require(virtualReserve <= 1e18);
        assert(_curveReserve(reserve_) == reserve_ + virtualReserve);
    }

    function lemma_U_buyInput(uint72 held, uint72 reserve_, uint256 out) external view {
        require(tradeFee <= 1000 && virtualReserve <= 1e18 && BondingCurve.answer < 2 ** 224);
        (uint256 net, uint256 reserveIn) = _buyInput(_curveSupply, held, reserve_, out);

        assert(net <= reserveIn);
    }

    function lemma_U_lessFee(uint72 amount) external view {
        require(tradeFee <= 1000);
        assert(_lessFee(amount) <= amount);
    }

    function lemma_U_requireRoom(uint72 held, uint256 amount) external pure {
        _requireRoom("amount", amount, held);
        assert(held + amount <= MAX_HELD);
    }

    function lemma_U_buy(uint256 net, uint256 reserveIn, uint256 tokensOut, uint256 reserve_) external {
        (uint256 supply, uint256 held) = (_curveSupply, _held);
        require(tokensOut <= 2e28 && supply + tokensOut <= 1e30 + 2e28);
        require(net <= reserveIn && reserveIn <= MAX_HELD - held && reserve_ <= held);
        address to;
        //@ lines contracts/market/HokusaiAMM.sol: _fill(supply + tokensOut … _fill(supply + tokensOut

        assert(_held == held + net && _curveSupply == supply + tokensOut);
    }

    function lemma_U_buyExactOut(uint256 net, uint256 reserveIn, uint256 tokensMinted, uint256 reserve_) external {
        (uint256 supply, uint256 held) = (_curveSupply, _held);
        require(tokensMinted <= 2e28 && supply + tokensMinted <= 1e30 + 2e28);
        require(net <= reserveIn && reserveIn <= MAX_HELD - held && reserve_ <= held);
        address to;
        //@ lines contracts/market/HokusaiAMM.sol: _fill(supply + tokensMinted … _fill(supply + tokensMinted

        assert(_held == held + net && _curveSupply == supply + tokensMinted);
    }

    function lemma_U_sell(uint256 gross, uint256 tokensIn, uint256 reserve_) external {
        (uint256 supply, uint256 held) = (_curveSupply, _held);
        require(gross <= reserve_ && reserve_ <= held && tokensIn <= supply);
        uint256 supplyBefore = supply;
        //@ lines contracts/market/HokusaiAMM.sol: (supply, reserve_) = … (_held, _curveSupply) = (uint72(held - gross)

        assert(_held == held - gross && _curveSupply == supplyBefore - tokensIn);
    }

    function lemma_P1_poolPullsExactly(uint256 amount) external view {
        require(amount <= MAX_HELD && _balance() < 2 ** 255 && _balanceBefore < 2 ** 255);
        uint256 before = _balanceBefore;
        uint256 received;
        unchecked {
            //@ lines contracts/market/HokusaiAMM.sol: received = _balance() … received = _balance()
        }

        assert(received != amount || _balance() == before + amount);
    }

    function lemma_F1_routerTransfersExactly(uint256 amount) external view {
        require(amount <= MAX_AMOUNT && reserveToken.balance < 2 ** 255 && _balanceBefore < 2 ** 255);
        address receiver;
        uint256 before = _balanceBefore;
        uint256 received;
        unchecked {
            //@ lines contracts/fees/UsageFeeRouter.sol: received = reserveToken … received = reserveToken
        }

        assert(received != amount || reserveToken.balance == before + amount);
    }

    function lemma_U_infrastructureShare(FeeTerms memory terms, ModelId model, uint256 amount) external pure {
        require(terms.infrastructureAccrualBps <= BPS);
        (uint256 infrastructureAmount, uint256 poolAmount) = _split(terms, model, amount);

        assert(infrastructureAmount <= amount && poolAmount <= amount);
    }

    function lemma_U_credit(uint256 balance, uint256 amount, uint256 credits) external pure {
        require(credits < 2 ** 120 - 1 && balance <= credits * MAX_AMOUNT && amount <= MAX_AMOUNT);
        uint256 before = balance;
        //@ lines contracts/fees/InfrastructureReserve.sol: balance += … balance +=

        assert(balance == before + amount && balance < 2 ** 248);
    }

    function lemma_U_ownerShare(uint256 reward) external pure {
        require(reward <= 1e27);
        assert(ownerShare(reward) <= reward);
    }

    function lemma_U_contributorShare(uint256 total, uint16 share) external pure {
        require(total <= 1e27);
        assert(contributorShare(total, share) <= total * share);
    }

    function lemma_U_rewardAllocation(uint256 rate) external pure {
        require(rate <= MAX_TOKENS_PER_DELTA_ONE);
        assert(_rewardAllocation(rate) == 100 * rate);
    }

    function _rewardAllocation(uint256 rate) private pure returns (uint256) {
        InitialParams memory initialParams;
        initialParams.tokensPerDeltaOne = rate;
        //@ lines contracts/tokens/TokenManager.sol: return RewardMath.LIFETIME_DELTA_ONES … return RewardMath.LIFETIME_DELTA_ONES
    }

    function _fill(uint256 supply, uint256 held, uint256, uint256, uint256, address) private {
        //@ lines contracts/market/HokusaiAMM.sol: (_held, _curveSupply) = (uint72(held), … (_held, _curveSupply) = (uint72(held),
    }

    function _balance() private view returns (uint256) {
        return reserveToken.balance;
    }
}
