// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";

/// @title A contract that signs, well or badly, and sends what it is told to. The signature is the owner's whole word: the
/// digest itself.
contract ERC1271WalletMock is IERC1271 {
    /// @notice How it answers {isValidSignature}.
    enum Behaviour {
        Sign, // as the standard says
        AcceptAll,
        Fail, // revert
        BurnGas, // all there is
        DirtyWord, // the magic value, and something in the bytes after it
        ShortAnswer, // the magic value without its padding
        LongAnswer, // the magic value and a word more
        Nothing, // no data
        RequireReentry, // accept only if the call of {reenter} goes through
        RequireCap, // accept only if the gas is capped at 150,000, and not much lower
        HugeAnswer, // the magic value and as many zeros as its gas pays for: 200,000 bytes
        MegabyteAnswer // the magic value and a megabyte of zeros, for which its gas does not pay
    }

    uint256 private constant HUGE = 200_000;
    uint256 private constant MEGABYTE = 1 << 20;

    Behaviour public behaviour;

    address private _reentryTarget;
    bytes private _reentryCall;

    error SigningFailed();

    function setBehaviour(Behaviour behaviour_) external {
        behaviour = behaviour_;
    }

    /// @notice Calls from this contract, and passes on what the call reverts with.
    function execute(address target, bytes calldata data) external returns (bytes memory) {
        return Address.functionCall(target, data);
    }

    /// @notice Sets the call that `RequireReentry` makes.
    function reenter(address target, bytes calldata data) external {
        _reentryTarget = target;
        _reentryCall = data;
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        bytes4 magic = IERC1271.isValidSignature.selector;
        if (behaviour == Behaviour.AcceptAll) return magic;
        if (behaviour == Behaviour.Fail) revert SigningFailed();
        if (behaviour == Behaviour.BurnGas) {
            assembly ("memory-safe") {
                invalid()
            }
        }
        if (behaviour == Behaviour.DirtyWord) _answer(bytes32(magic) | bytes32(uint256(1)), 32);
        if (behaviour == Behaviour.ShortAnswer) _answer(magic, 4);
        if (behaviour == Behaviour.LongAnswer) _answer(magic, 64);
        if (behaviour == Behaviour.Nothing) _answer(magic, 0);
        if (behaviour == Behaviour.HugeAnswer) _answer(magic, HUGE);
        if (behaviour == Behaviour.MegabyteAnswer) _answer(magic, MEGABYTE);
        if (behaviour == Behaviour.RequireReentry) {
            (bool success, ) = _reentryTarget.staticcall(_reentryCall);
            return success ? magic : bytes4(0xffffffff);
        }
        if (behaviour == Behaviour.RequireCap)
            return gasleft() <= 150_000 && gasleft() > 140_000 ? magic : bytes4(0xffffffff);
        return signature.length == 32 && bytes32(signature) == hash ? magic : bytes4(0xffffffff);
    }

    /// @dev Ends the call with `length` bytes that begin with `word`.
    function _answer(bytes32 word, uint256 length) private pure {
        assembly ("memory-safe") {
            mstore(0, word)
            mstore(32, 0)
            return(0, length)
        }
    }
}
