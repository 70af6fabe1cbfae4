// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ModelId} from "./ModelId.sol";
import {ModelStatus} from "./ModelTypes.sol";

// What goes wrong in more than one contract has one name. `field` is the ASCII name of the parameter that is refused.

/// @notice An address that must be set is zero.
error ZeroAddress();

/// @notice An amount that must be positive is zero.
error InvalidAmount();

/// @notice A hash that must be set is zero.
/// @param field Name of the hash.
error HashMissing(bytes32 field);

/// @notice A number is outside its bounds. Where `min` is above `max`, no number is allowed now.
/// @param field Name of the number.
/// @param value What was given.
/// @param min Smallest allowed value.
/// @param max Largest allowed value.
error OutOfRange(bytes32 field, uint256 value, uint256 min, uint256 max);

/// @notice A number is not the one that is required.
/// @param field Name of the number.
/// @param actual What was given.
/// @param expected What is required.
error ValueMismatch(bytes32 field, uint256 actual, uint256 expected);

/// @notice A hash is not the one that is required.
/// @param field Name of the hash.
/// @param actual What was given.
/// @param expected What is required.
error HashMismatch(bytes32 field, bytes32 actual, bytes32 expected);

/// @notice An account is not above the one before it in the list: it is out of order, listed twice, or zero.
/// @param previous The account before; zero for the first.
/// @param account The account that is refused.
error NotAscending(address previous, address account);

/// @notice The caller is not the one account or contract that may call this function.
/// @param caller Who called.
/// @param expected Who may call; zero when nobody may.
error UnauthorizedCaller(address caller, address expected);

/// @notice An account that would receive tokens is one of the protocol's own contracts.
/// @param account The account that is refused.
error ProtocolContract(address account);

/// @notice The model is not in the status that the step needs; `NONE` is that of an unknown id.
/// @param model The model.
/// @param actual Its status.
/// @param required The status that the step needs, at least or exactly.
error WrongModelStatus(ModelId model, ModelStatus actual, ModelStatus required);

/// @notice The model has no pool.
/// @param model The model.
error PoolNotFound(ModelId model);

/// @notice The last second in which the call was valid has passed.
/// @param deadline That second.
/// @param timestamp The present second.
error DeadlineExpired(uint256 deadline, uint256 timestamp);

/// @notice A verification method did not accept a statement, and gave no reason.
/// @param method The method.
error MethodRefused(address method);

/// @notice Another amount of the reserve token arrived than was sent.
/// @param received What arrived.
/// @param expected What was sent.
error UnexpectedReserveReceived(uint256 received, uint256 expected);

/// @dev Reverts `OutOfRange` unless `min ≤ value ≤ max`.
function requireWithin(bytes32 field, uint256 value, uint256 min, uint256 max) pure {
    if (value < min || value > max) revert OutOfRange(field, value, min, max);
}
