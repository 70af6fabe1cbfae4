// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {CapWord, CapWords} from "contracts/types/CapWord.sol";
import "contracts/types/CommonErrors.sol";

/// @notice S1–S6: whatever changes a token's supply keeps the caps, by induction over calls. `_netIssue` is what the pool minted less what it burned.
/// Assumed: the TokenManager's bounds of the allocations; that no two balances are more than the supply, which follows from
/// `S2_supplyIsTheSumOfBalances`.
contract TokenProof {
    //@ from contracts/tokens/ModelToken.sol: tokenManager, supplierRecipient, supplierAllocation, investorAllocation
    //@ from contracts/tokens/ModelToken.sol: rewardAllocation, _capWord, pool, isSupplierMinted, rewardsMinted
    //@ from contracts/tokens/ModelToken.sol: setPool, mintSupplierAllocation, mint, burn, mintRewards {total = _anyRewards;}
    //@ from node_modules/@openzeppelin/contracts/token/ERC20/ERC20.sol: _totalSupply, totalSupply, _mint, _burn, _update

    event PoolSet(address pool);
    event SupplierMinted(address recipient, uint256 amount);
    event Transfer(address from, address to, uint256 value);

    mapping(address => uint256) private _balances;
    int256 private _netIssue;
    uint256 private _anyRewards; // what all passes of the loop of `mintRewards` together mint

    function lemma_S1_capsBoundTheSupply() external view {
        require(_isBounded() && _totalSupply <= _capWord.mintCap() && rewardsMinted() <= rewardAllocation);

        assert(_totalSupply <= supplierAllocation + investorAllocation + rewardAllocation);
    }

    function lemma_S2_newToken() external {
        require(_isBounded());
        _capWord = CapWords.initial(investorAllocation);
        (_totalSupply, _netIssue) = (0, 0);

        assert(_holds());
        assert(pool() == address(0) && !isSupplierMinted() && rewardsMinted() == 0);
    }

    function lemma_S2_supplyIsTheSumOfBalances(address from, address to, uint256 value, uint256 ofOthers) external {
        require(_totalSupply < 2 ** 95);
        (uint256 a, uint256 b) = (_balanceOf(from), from == to ? 0 : _balanceOf(to));
        require(a <= 2 ** 95 && b <= 2 ** 95 && ofOthers <= 2 ** 95 && a + b + ofOthers == _totalSupply);
        _update(from, to, value);

        assert(_balanceOf(from) + (from == to ? 0 : _balanceOf(to)) + ofOthers == _totalSupply);
    }

    function lemma_S6_transferKeepsTheSupply(address from, address to, uint256 value) external {
        require(from != address(0) && to != address(0));
        uint256 supply = _totalSupply;
        _update(from, to, value);

        assert(_totalSupply == supply);
    }

    function lemma_S3_mintSupplierAllocation() external {
        require(_holds());
        (uint256 rewards, address pool_, uint256 balance) = (rewardsMinted(), pool(), _balances[supplierRecipient]);
        require(balance <= _totalSupply);
        bool wasMinted = isSupplierMinted();
        mintSupplierAllocation();

        assert(_holds());
        assert(!wasMinted && isSupplierMinted());
        assert(_balances[supplierRecipient] == balance + supplierAllocation);
        assert(rewardsMinted() == rewards && pool() == pool_);
        assert(msg.sender == tokenManager);
    }

    function lemma_S4_mintRewards(address[] calldata accounts, uint256[] calldata amounts) external {
        require(_holds());
        (uint256 rewards, address pool_, bool wasMinted) = (rewardsMinted(), pool(), isSupplierMinted());
        _totalSupply += _anyRewards;
        mintRewards(accounts, amounts);

        assert(_holds());
        assert(rewardsMinted() - _anyRewards == rewards);
        assert(pool() == pool_ && isSupplierMinted() == wasMinted);
        assert(msg.sender == tokenManager);
    }

    function lemma_S4_oneMoreReward(
        address[] calldata accounts,
        uint256[] calldata amounts,
        uint256 total,
        uint256 i
    ) external {
        uint256 supply = _totalSupply;
        require(total <= supply);
        uint256 before = total;
        //@ loop contracts/tokens/ModelToken.sol: mintRewards

        assert(total >= before && _totalSupply - total == supply - before);
    }

    function lemma_S5_mint(address to, uint256 amount) external {
        require(_holds());
        uint256 word = CapWord.unwrap(_capWord);
        mint(to, amount);
        _netIssue += int256(amount);

        assert(_holds());
        assert(CapWord.unwrap(_capWord) == word);
        assert(_netIssue <= int256(investorAllocation));
        assert(msg.sender == pool());
    }

    function lemma_S5_burn(address holder, uint256 amount) external {
        require(_holds() && _balances[holder] <= _totalSupply);
        uint256 word = CapWord.unwrap(_capWord);
        burn(holder, amount);
        _netIssue -= int256(amount);

        assert(_holds());
        assert(CapWord.unwrap(_capWord) == word);
        assert(msg.sender == pool());
    }

    function lemma_S6_setPool(address pool_) external {
        require(_holds());
        (uint256 cap, bool wasMinted) = (_capWord.mintCap(), isSupplierMinted());
        address before = pool();
        setPool(pool_);

        assert(_holds());
        assert(_capWord.mintCap() == cap && isSupplierMinted() == wasMinted);
        assert(before == address(0) && pool() == pool_ && pool_ != address(0));
        assert(msg.sender == tokenManager);
    }

    function _holds() private view returns (bool) {
        if (!_isBounded()) return false;
        (uint256 cap, uint256 supplier) = (_capWord.mintCap(), isSupplierMinted() ? supplierAllocation : 0);
        if (cap < investorAllocation + supplier || rewardsMinted() > rewardAllocation) return false;
        return
            _totalSupply <= cap &&
            _netIssue >= -int256(2 ** 95) &&
            _netIssue <= int256(investorAllocation) &&
            int256(_totalSupply) == int256(supplier + rewardsMinted()) + _netIssue;
    }

    function _isBounded() private view returns (bool) {
        return supplierAllocation <= 1e28 && investorAllocation <= 1e28 && rewardAllocation <= 1e27;
    }

    /// @dev Nobody holds what the zero address has.
    function _balanceOf(address account) private view returns (uint256) {
        return account == address(0) ? 0 : _balances[account];
    }
}
