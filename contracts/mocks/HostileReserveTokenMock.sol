// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title A reserve token that can misbehave in every way that reserve tokens are known to.
contract HostileReserveTokenMock is ERC20Permit {
    /// @notice What a transfer answers.
    enum Answer {
        True,
        False, // and moves nothing
        Nothing
    }

    uint256 private constant BPS = 100_00;

    /// @notice Share of a transfer that arrives, in bps, rounded down.
    uint256 public arrivingBps = BPS;

    /// @notice What the token keeps of each transfer: a share in bps, rounded down as fees are, and a fixed amount.
    uint256 public feeBps;
    uint256 public fixedFee;

    /// @notice The only account whose receipts the fees are taken from; zero for all accounts.
    address public chargedReceiver;

    Answer public answer;

    bool public isPaused;

    mapping(address account => bool) public isBlacklisted;

    /// @notice What {reenter} got: whether any of its calls went through, and the return or revert data of the last.
    bool public hasReentered;
    bytes public reentryResult;

    uint8 private immutable _decimals;
    address private _reentryTarget;
    bytes private _reentryCall;

    error TransfersPaused();
    error Blacklisted(address account);

    constructor(uint8 decimals_) ERC20("Hostile", "HOST") ERC20Permit("Hostile") {
        _decimals = decimals_;
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function setArrivingBps(uint256 bps) external {
        arrivingBps = bps;
    }

    /// @notice Charges transfers to one receiver, or to all when it is zero.
    function setFees(uint256 feeBps_, uint256 fixedFee_, address chargedReceiver_) external {
        (feeBps, fixedFee, chargedReceiver) = (feeBps_, fixedFee_, chargedReceiver_);
    }

    /// @notice Takes tokens from anybody.
    function confiscate(address from, uint256 amount) external {
        _burn(from, amount);
    }

    function setAnswer(Answer answer_) external {
        answer = answer_;
    }

    function setPaused(bool paused) external {
        isPaused = paused;
    }

    function setBlacklisted(address account, bool blacklisted) external {
        isBlacklisted[account] = blacklisted;
    }

    /// @notice Makes this call in the next transfers and permits.
    function reenter(address target, bytes calldata data) external {
        hasReentered = false;
        reentryResult = "";
        _reentryTarget = target;
        _reentryCall = data;
    }

    function permit(
        address owner,
        address spender,
        uint256 value,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) public override {
        _reenter();
        super.permit(owner, spender, value, deadline, v, r, s);
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        if (answer != Answer.False) super.transfer(to, amount);
        return _answer();
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        if (answer != Answer.False) super.transferFrom(from, to, amount);
        return _answer();
    }

    function decimals() public view override returns (uint8) {
        return _decimals;
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (isPaused) revert TransfersPaused();
        if (isBlacklisted[from]) revert Blacklisted(from);
        if (isBlacklisted[to]) revert Blacklisted(to);
        super._update(from, to, amount);

        uint256 arriving = (amount * arrivingBps) / BPS;
        if (from != address(0) && to != address(0) && (chargedReceiver == address(0) || to == chargedReceiver))
            arriving -= Math.min(arriving, (amount * feeBps) / BPS + fixedFee);
        if (arriving < amount) super._update(to, address(0), amount - arriving);
        if (arriving > amount) super._update(address(0), to, arriving - amount);
        _reenter();
    }

    function _reenter() private {
        if (_reentryTarget == address(0)) return;
        bool accepted;
        (accepted, reentryResult) = _reentryTarget.call(_reentryCall);
        hasReentered = hasReentered || accepted;
    }

    function _answer() private view returns (bool) {
        if (answer == Answer.Nothing) {
            assembly ("memory-safe") {
                return(0, 0)
            }
        }
        return answer == Answer.True;
    }
}
