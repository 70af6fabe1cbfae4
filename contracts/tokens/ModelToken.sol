// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {ShortString, ShortStrings} from "@openzeppelin/contracts/utils/ShortStrings.sol";
import {IModelToken} from "../interfaces/IModelToken.sol";
import {CapWord, CapWords} from "../types/CapWord.sol";
import {requireCaller, ValueMismatch, ZeroAddress} from "../types/CommonErrors.sol";

/// @title ModelToken
/// @notice See {IModelToken}.
/// @dev The caps rest on one word, the {CapWord}: its `mintCap` is what `totalSupply` may be after an investor mint,
///
///     mintCap = investorAllocation + (supplierMinted ? supplierAllocation : 0) + rewardsMinted
///
/// and totalSupply = (supplierMinted ? supplierAllocation : 0) + rewardsMinted + net issue of the pool, so that
/// `totalSupply + amount ≤ mintCap` says exactly `net issue + amount ≤ investorAllocation`, with one read.
contract ModelToken is IModelToken, ERC20Permit {
    using ShortStrings for ShortString;

    /// @inheritdoc IModelToken
    address public immutable tokenManager;

    /// @inheritdoc IModelToken
    address public immutable supplierRecipient;

    /// @inheritdoc IModelToken
    uint256 public immutable supplierAllocation;

    /// @inheritdoc IModelToken
    uint256 public immutable investorAllocation;

    /// @inheritdoc IModelToken
    uint256 public immutable rewardAllocation;

    /// @dev In code rather than in storage, as EIP-712's domain has the name: 75,000 gas less per launch.
    ShortString private immutable _symbol;

    CapWord private _capWord;

    /// @param name_ 1–31 bytes.
    /// @param symbol_ 1–31 bytes.
    /// @param supplierRecipient_ Receiver of the supplier allocation.
    /// @param supplierAllocation_ Wei.
    /// @param investorAllocation_ Wei.
    /// @param rewardAllocation_ Wei. The three allocations must sum to less than 2^95.
    constructor(
        string memory name_,
        string memory symbol_,
        address supplierRecipient_,
        uint256 supplierAllocation_,
        uint256 investorAllocation_,
        uint256 rewardAllocation_
    ) ERC20("", "") ERC20Permit(name_) {
        tokenManager = msg.sender;
        supplierRecipient = supplierRecipient_;
        supplierAllocation = supplierAllocation_;
        investorAllocation = investorAllocation_;
        rewardAllocation = rewardAllocation_;
        _symbol = ShortStrings.toShortString(symbol_);
        _capWord = CapWords.initial(investorAllocation_);
    }

    /// @inheritdoc IModelToken
    function setPool(address pool_) external {
        requireCaller(tokenManager);
        if (pool_ == address(0)) revert ZeroAddress();
        if (pool() != address(0)) revert PoolAlreadySet(pool());

        _capWord = _capWord.withPool(pool_);
        emit PoolSet(pool_);
    }

    /// @inheritdoc IModelToken
    function mintSupplierAllocation() external {
        requireCaller(tokenManager);
        if (isSupplierMinted()) revert SupplierAlreadyMinted();

        (address recipient, uint256 amount) = (supplierRecipient, supplierAllocation);
        _capWord = _capWord.withSupplierMinted().withMinted(amount);
        emit SupplierMinted(recipient, amount);

        _mint(recipient, amount);
    }

    /// @inheritdoc IModelToken
    function mintRewards(address[] calldata accounts, uint256[] calldata amounts) external {
        requireCaller(tokenManager);
        if (amounts.length != accounts.length) revert ValueMismatch("amounts", amounts.length, accounts.length);
        uint256 remaining = rewardAllocation - rewardsMinted();

        uint256 total;
        for (uint256 i; i < accounts.length; ++i) {
            uint256 amount = amounts[i];
            _mint(accounts[i], amount);
            unchecked {
                total += amount; // as the total supply, which has grown by as much without overflowing
            }
        }
        if (total > remaining) revert RewardAllocationExceeded(total, remaining);
        _capWord = _capWord.withMinted(total);
    }

    /// @inheritdoc IModelToken
    function mint(address to, uint256 amount) external {
        CapWord word = _capWord;
        requireCaller(word.pool());
        uint256 remaining = word.mintCap() - totalSupply();
        if (amount > remaining) revert InvestorAllocationExceeded(amount, remaining);

        _mint(to, amount);
    }

    /// @inheritdoc IModelToken
    function burn(address holder, uint256 amount) external {
        requireCaller(pool());

        _burn(holder, amount);
    }

    /// @inheritdoc IModelToken
    function maxSupply() external view returns (uint256) {
        return supplierAllocation + investorAllocation;
    }

    /// @inheritdoc IERC20Metadata
    function name() public view override(ERC20, IERC20Metadata) returns (string memory) {
        return _EIP712Name();
    }

    /// @inheritdoc IERC20Metadata
    function symbol() public view override(ERC20, IERC20Metadata) returns (string memory) {
        return _symbol.toString();
    }

    /// @inheritdoc IERC20Permit
    function nonces(address owner) public view override(ERC20Permit, IERC20Permit) returns (uint256) {
        return super.nonces(owner);
    }

    /// @inheritdoc IModelToken
    function pool() public view returns (address) {
        return _capWord.pool();
    }

    /// @inheritdoc IModelToken
    function isSupplierMinted() public view returns (bool) {
        return _capWord.isSupplierMinted();
    }

    /// @inheritdoc IModelToken
    function rewardsMinted() public view returns (uint256) {
        CapWord word = _capWord;
        return word.mintCap() - investorAllocation - (word.isSupplierMinted() ? supplierAllocation : 0);
    }

    /// @inheritdoc IModelToken
    function remainingInvestorAllocation() public view returns (uint256) {
        return _capWord.mintCap() - totalSupply();
    }
}
