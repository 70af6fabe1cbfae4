// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @notice A Groth16 verification key over BN254 for five public inputs. Points are affine; coordinates of G2 have the
/// imaginary part first.
/// @param alpha α in G1.
/// @param beta β in G2.
/// @param gamma γ in G2.
/// @param delta δ in G2.
/// @param inputs The constant point, then the point for a unit of each public input, in G1.
struct VerifyingKey {
    uint256[2] alpha;
    uint256[4] beta;
    uint256[4] gamma;
    uint256[4] delta;
    uint256[2][6] inputs;
}

/// @title Groth16
/// @notice Verifies Groth16 proofs over BN254 against one key, which is part of the code:
/// e(A, B) = e(α, β) · e(Σ, γ) · e(C, δ), Σ being the combination of the key's input points by the public inputs.
/// @dev Trusts: that whoever made the key has destroyed the numbers behind it. (−A, −B, C) is as good a proof as (A, B, C), so
/// nothing may depend on the bytes of a proof. A point off its curve makes a precompile take all gas it was given: simulate
/// first.
abstract contract Groth16 {
    /// @notice Order of the groups: public inputs are below it.
    uint256 internal constant FIELD = 21888242871839275222246405745257275088548364400416034343698204186575808495617;

    /// @dev Field of the coordinates.
    uint256 private constant BASE_FIELD = 21888242871839275222246405745257275088696311157297823662689037894645226208583;

    uint256 private constant EC_ADD = 0x06;
    uint256 private constant EC_MUL = 0x07;
    uint256 private constant EC_PAIRING = 0x08;

    /// @notice keccak256 of the ABI-encoded key, by which it can be compared with a published one.
    bytes32 public immutable keyHash;

    uint256 private immutable _alphaX;
    uint256 private immutable _alphaY;
    // The right side of the equation is moved to the left, once and for all: −β, −γ, −δ.
    uint256 private immutable _betaX1;
    uint256 private immutable _betaX0;
    uint256 private immutable _betaY1;
    uint256 private immutable _betaY0;
    uint256 private immutable _gammaX1;
    uint256 private immutable _gammaX0;
    uint256 private immutable _gammaY1;
    uint256 private immutable _gammaY0;
    uint256 private immutable _deltaX1;
    uint256 private immutable _deltaX0;
    uint256 private immutable _deltaY1;
    uint256 private immutable _deltaY0;
    uint256 private immutable _input0X;
    uint256 private immutable _input0Y;
    uint256 private immutable _input1X;
    uint256 private immutable _input1Y;
    uint256 private immutable _input2X;
    uint256 private immutable _input2Y;
    uint256 private immutable _input3X;
    uint256 private immutable _input3Y;
    uint256 private immutable _input4X;
    uint256 private immutable _input4Y;
    uint256 private immutable _input5X;
    uint256 private immutable _input5Y;

    /// @notice A point of the key is zero.
    /// @param index Which point, counted α, β, γ, δ, inputs.
    /// @custom:fix Deploy with the key that the setup printed.
    error KeyPointZero(uint256 index);

    /// @notice A point of the key is not in its group.
    /// @param index Which point, counted α, β, γ, δ, inputs.
    /// @custom:fix Deploy with the key that the setup printed; the imaginary part of a coordinate comes first.
    error KeyPointInvalid(uint256 index);

    /// @notice γ = ±δ: the key never went through its second phase, and everybody can forge proofs against it.
    /// @custom:fix Contribute to the key first, see docs/zk.md.
    error KeyGammaIsDelta();

    /// @notice A public input is not below the order of the groups: it would stand for another value.
    /// @param index Which input, from 0.
    /// @param value The input.
    /// @custom:fix Use commitments as `commit` prints them: inputs are the labels' (0), the baseline's (1) and the candidate's
    /// (2), the counts (3) and the statement (4). If the benchmark itself has such a hash, the admin replaces it.
    error InputOutOfField(uint256 index, uint256 value);

    /// @dev Reverts `KeyPointZero`, `KeyPointInvalid`, `KeyGammaIsDelta`.
    /// @param key Every point in its group and not zero, γ ≠ ±δ.
    constructor(VerifyingKey memory key) {
        _requireG1(0, key.alpha);
        _requireG2(1, key.beta);
        _requireG2(2, key.gamma);
        _requireG2(3, key.delta);
        for (uint256 i; i < key.inputs.length; ++i) {
            _requireG1(4 + i, key.inputs[i]);
        }
        if (key.gamma[0] == key.delta[0] && key.gamma[1] == key.delta[1]) revert KeyGammaIsDelta();

        keyHash = keccak256(abi.encode(key));
        (_alphaX, _alphaY) = (key.alpha[0], key.alpha[1]);
        (_betaX1, _betaX0) = (key.beta[0], key.beta[1]);
        (_betaY1, _betaY0) = (_negate(key.beta[2]), _negate(key.beta[3]));
        (_gammaX1, _gammaX0) = (key.gamma[0], key.gamma[1]);
        (_gammaY1, _gammaY0) = (_negate(key.gamma[2]), _negate(key.gamma[3]));
        (_deltaX1, _deltaX0) = (key.delta[0], key.delta[1]);
        (_deltaY1, _deltaY0) = (_negate(key.delta[2]), _negate(key.delta[3]));
        (_input0X, _input0Y) = (key.inputs[0][0], key.inputs[0][1]);
        (_input1X, _input1Y) = (key.inputs[1][0], key.inputs[1][1]);
        (_input2X, _input2Y) = (key.inputs[2][0], key.inputs[2][1]);
        (_input3X, _input3Y) = (key.inputs[3][0], key.inputs[3][1]);
        (_input4X, _input4Y) = (key.inputs[4][0], key.inputs[4][1]);
        (_input5X, _input5Y) = (key.inputs[5][0], key.inputs[5][1]);
    }

    /// @notice Whether the proof is valid for the public inputs.
    /// @dev Reverts `InputOutOfField`.
    /// @param proof A in G1, B in G2, C in G1.
    /// @param inputs Public inputs, each below {FIELD}.
    /// @return valid Whether it is.
    function _isValid(uint256[8] memory proof, uint256[5] memory inputs) internal view returns (bool valid) {
        for (uint256 i; i < 5; ++i) {
            if (inputs[i] >= FIELD) revert InputOutOfField(i, inputs[i]);
        }
        uint256[24] memory pairs;
        uint256[4] memory sum; // the sum so far, and room for the next summand
        (sum[0], sum[1]) = (_input0X, _input0Y);
        valid = _accumulate(sum, _input1X, _input1Y, inputs[0]);
        valid = _accumulate(sum, _input2X, _input2Y, inputs[1]) && valid;
        valid = _accumulate(sum, _input3X, _input3Y, inputs[2]) && valid;
        valid = _accumulate(sum, _input4X, _input4Y, inputs[3]) && valid;
        valid = _accumulate(sum, _input5X, _input5Y, inputs[4]) && valid;

        for (uint256 i; i < 6; ++i) {
            pairs[i] = proof[i];
        }
        (pairs[6], pairs[7]) = (_alphaX, _alphaY);
        (pairs[8], pairs[9], pairs[10], pairs[11]) = (_betaX1, _betaX0, _betaY1, _betaY0);
        (pairs[12], pairs[13]) = (sum[0], sum[1]);
        (pairs[14], pairs[15], pairs[16], pairs[17]) = (_gammaX1, _gammaX0, _gammaY1, _gammaY0);
        (pairs[18], pairs[19]) = (proof[6], proof[7]);
        (pairs[20], pairs[21], pairs[22], pairs[23]) = (_deltaX1, _deltaX0, _deltaY1, _deltaY0);
        return _isProductOne(pairs) && valid;
    }

    /// @dev sum += factor · (x, y); false when a precompile refuses.
    function _accumulate(uint256[4] memory sum, uint256 x, uint256 y, uint256 factor) private view returns (bool ok) {
        // Writes to memory that is not allocated and to `sum`.
        assembly ("memory-safe") {
            let term := mload(0x40)
            mstore(term, x)
            mstore(add(term, 0x20), y)
            mstore(add(term, 0x40), factor)
            ok := staticcall(gas(), EC_MUL, term, 0x60, add(sum, 0x40), 0x40)
            ok := and(ok, staticcall(gas(), EC_ADD, sum, 0x80, sum, 0x40))
        }
    }

    /// @dev Whether the pairings of four pairs multiply to one; false when the precompile refuses or is not there.
    function _isProductOne(uint256[24] memory pairs) private view returns (bool isOne) {
        // Writes to scratch space. It is cleared first: no call without an answer may leave a one there.
        assembly ("memory-safe") {
            mstore(0, 0)
            isOne := staticcall(gas(), EC_PAIRING, pairs, 0x300, 0, 0x20)
            isOne := and(isOne, eq(mload(0), 1))
        }
    }

    /// @dev Adds zero: the precompile gives no answer to what is not in the group.
    function _requireG1(uint256 index, uint256[2] memory point) private view {
        if (point[0] | point[1] == 0) revert KeyPointZero(index);
        (, bytes memory answer) = address(uint160(EC_ADD)).staticcall(abi.encode(point, 0, 0));
        if (answer.length != 0x40) revert KeyPointInvalid(index);
    }

    /// @dev Pairs with zero: the precompile gives no answer to what is not in the group, which is smaller than the curve.
    function _requireG2(uint256 index, uint256[4] memory point) private view {
        if (point[0] | point[1] | point[2] | point[3] == 0) revert KeyPointZero(index);
        (, bytes memory answer) = address(uint160(EC_PAIRING)).staticcall(abi.encode(0, 0, point));
        if (answer.length != 0x20) revert KeyPointInvalid(index);
    }

    function _negate(uint256 coordinate) private pure returns (uint256) {
        return (BASE_FIELD - coordinate) % BASE_FIELD;
    }
}
