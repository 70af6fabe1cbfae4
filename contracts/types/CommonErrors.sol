// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ModelId, ModelStatus} from "./ModelTypes.sol";

// An error that more than one contract raises has one name. `field` is the ASCII name of the parameter that is refused.

/// @notice An address that must be set is zero.
/// @custom:fix Give the address: of a supplier recipient, governor, payee, method or treasury; in a trade, of the receiver.
error ZeroAddress();

/// @notice An amount that must be positive is zero.
/// @custom:fix Give a positive amount in the smallest unit: wei for tokens, millionths for USDC.
error InvalidAmount();

/// @notice A hash that must be set is zero.
/// @param field Name of the hash.
/// @custom:fix Give the hash of the exact bytes: `evaluate` prints those of specification and data; a licence's and an
/// invoice's are keccak256 of the file.
error HashMissing(bytes32 field);

/// @notice A number is outside its bounds. If `min` is above `max`, no number is allowed now.
/// @param field Name of the number.
/// @param value What was given.
/// @param min Smallest allowed value.
/// @param max Largest allowed value.
/// @custom:fix Give a value from `min` to `max`, in the unit that the interface names. Where the value follows from others,
/// change those: `virtualSupply` from virtual reserve, ratio and price; `costAtCap` from these and the allocation; `threshold`
/// at a removal from the number of attesters. For lists and texts the value is the length. A pause's `duration` has to be
/// longer than what is left of it, and within the guardians' budget.
error OutOfRange(bytes32 field, uint256 value, uint256 min, uint256 max);

/// @notice A number is not the one that is required.
/// @param field Name of the number.
/// @param actual What was given.
/// @param expected What is required.
/// @custom:fix Give what is required. A `baselineScore` that differs means that another improvement came first, a
/// `benchmarkVersion` that the benchmark was replaced, an `attesterEpoch` that an attester was removed: evaluate against the
/// present ones and have the statement signed again; the evaluation id stays good. `shareBps` is the sum of all shares;
/// `signatures`, `proofs` and `amounts` are as many as signers, methods and accounts. `decimals` are the reserve token's.
error ValueMismatch(bytes32 field, uint256 actual, uint256 expected);

/// @notice A hash is not the one that is required.
/// @param field Name of the hash.
/// @param actual What was given.
/// @param expected What is required.
/// @custom:fix Use what the chain has. For `specHash`, `evaluationDataHash` and `baselineCommitment`, evaluate against the
/// present benchmark and baseline, and have the statement signed again. For `termsHash`, create the pool on exactly the terms
/// that the governor fixed, or let the governor fix others or none.
error HashMismatch(bytes32 field, bytes32 actual, bytes32 expected);

/// @notice An account does not come after the one before it in the list: it is out of order, listed twice, or zero.
/// @param previous The account before; zero for the first.
/// @param account The account that is refused.
/// @custom:fix Sort contributors, signers with their signatures, or methods by address, each once; add up the shares of a
/// contributor who appears twice.
error NotAscending(address previous, address account);

/// @notice The caller is not the one account or contract that may call this function.
/// @param caller Who called.
/// @param expected Who may call; zero when nobody may.
/// @custom:fix Send from `expected`, or go through that contract. If it is zero, the id is unknown (check it byte for byte),
/// nobody is proposed, the token has no pool yet (`mint` and `burn` are the pool's), or the deployment is unfinished (run it
/// again, and it resumes). A function whose name ends in `FromBatch`
/// is the contract's own: call the one without it.
error UnauthorizedCaller(address caller, address expected);

/// @notice An account that would receive tokens is one of the protocol's own contracts.
/// @param account The account that is refused.
/// @custom:fix Name an account, a multisig or a vesting wallet: tokens could never leave the protocol's own contracts.
error ProtocolContract(address account);

/// @notice The model is not in the status that the step needs; an unknown id has the status `NONE`.
/// @param model The model.
/// @param actual Its status.
/// @param required The status that the step needs, at least or exactly.
/// @custom:fix Take the steps in order: 1 proposal, the token is deployed; 2 registered, the benchmark is committed; 3
/// deployed, the pool exists. If `actual` is 0, check the id, byte for byte; if it is above `required`, the step was taken
/// before.
error WrongModelStatus(ModelId model, ModelStatus actual, ModelStatus required);

/// @notice The model has no pool.
/// @param model The model.
/// @custom:fix Check the id, byte for byte; then create the pool.
error PoolNotFound(ModelId model);

/// @notice The deadline of the call has passed.
/// @param deadline Last second in which the call was valid.
/// @param timestamp The present second.
/// @custom:fix Quote a trade again and send it with a later deadline, in seconds since 1970. Have a statement signed again with a
/// new deadline: its evaluation id was not used up.
error DeadlineExpired(uint256 deadline, uint256 timestamp);

/// @notice A verification method did not accept a statement, and gave no reason.
/// @param method The method.
/// @custom:fix Check that the address at `method` is a verification method.
error MethodRefused(address method);

/// @notice The amount of the reserve token that arrived is not the amount that was sent.
/// @param received What arrived.
/// @param expected What was sent.
/// @custom:fix Use another reserve token: this one keeps a part of transfers, or changes balances by itself.
error UnexpectedReserveReceived(uint256 received, uint256 expected);

/// @dev Reverts `UnauthorizedCaller` unless the caller is `expected`. An address that is not set yet is zero, from which
/// nobody calls.
function requireCaller(address expected) view {
    if (msg.sender != expected) revert UnauthorizedCaller(msg.sender, expected);
}

/// @dev Reverts `OutOfRange` unless `min ≤ value ≤ max`.
function requireWithin(bytes32 field, uint256 value, uint256 min, uint256 max) pure {
    if (value < min || value > max) revert OutOfRange(field, value, min, max);
}
