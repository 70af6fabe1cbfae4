// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Groth16, VerifyingKey} from "../verification/methods/zk/Groth16.sol";

/// @notice Opens the verifier to tests, for any public inputs, and to the benchmark.
contract Groth16Harness is Groth16 {
    constructor(VerifyingKey memory key) Groth16(key) {}

    function isValid(uint256[8] calldata proof, uint256[5] calldata inputs) external view returns (bool) {
        return _isValid(proof, inputs);
    }

    /// @notice Gas of the verification alone.
    function gasOf(
        uint256[8] calldata proof_,
        uint256[5] calldata inputs_
    ) external view returns (bool valid, uint256 gas) {
        uint256[8] memory proof = proof_;
        uint256[5] memory inputs = inputs_;
        gas = gasleft();
        valid = _isValid(proof, inputs);
        gas -= gasleft();
    }
}
