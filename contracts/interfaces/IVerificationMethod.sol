// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ImprovementStatement} from "../types/ImprovementTypes.sol";

/// @title Verification method
/// @notice Decides whether a statement is vouched for. The verifier knows nothing else about a method; the admin's allow-list
/// says which exist.
interface IVerificationMethod {
    /// @notice Accepts the statement by returning this function's selector, or reverts with the reason.
    /// @dev When this is called, the registry has found that the statement's evaluation is of the model's present benchmark,
    /// score and baseline commitment; a method may take its public inputs from there.
    /// @param statement The statement.
    /// @param digest Its EIP-712 digest, which binds chain, verifier and every field.
    /// @param proof Whatever the method needs.
    function verify(
        ImprovementStatement calldata statement,
        bytes32 digest,
        bytes calldata proof
    ) external view returns (bytes4);
}
