// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.6;

include "circomlib/circuits/poseidon.circom";

// Poseidon over any number of values: the first 16, then each time the digest so far with the next 15.
template Chain(count) {
    signal input in[count];
    signal output out;

    var last = count <= 16 ? count : (count - 17) % 15 + 1;
    var before = count - last;
    component tail = Poseidon(before > 0 ? last + 1 : last);
    component head;
    if (before > 0) {
        head = Chain(before);
        for (var i = 0; i < before; i++) head.in[i] <== in[i];
        tail.inputs[0] <== head.out;
    }
    for (var i = 0; i < last; i++) tail.inputs[before > 0 ? i + 1 : i] <== in[before + i];
    out <== tail.out;
}

// Commitment to m bits: Chain over [domain, n, salt, words of 248 bits, lowest first].
template Commitment(domain, m) {
    signal input n;
    signal input salt;
    signal input bits[m];
    signal output out;

    var words = (m + 247) \ 248;
    component chain = Chain(3 + words);
    chain.in[0] <== domain;
    chain.in[1] <== n;
    chain.in[2] <== salt;
    for (var w = 0; w < words; w++) {
        var word = 0;
        for (var j = 0; j < 248 && 248 * w + j < m; j++) word += bits[248 * w + j] * (1 << j);
        chain.in[3 + w] <== word;
    }
    out <== chain.out;
}

// Sum of m values, block by block: one long expression takes the compiler quadratic time.
template Sum(m) {
    signal input in[m];
    signal output out;

    var blocks = (m + 255) \ 256;
    signal partial[blocks];
    var total = 0;
    for (var k = 0; k < blocks; k++) {
        var part = 0;
        for (var i = 256 * k; i < 256 * (k + 1) && i < m; i++) part += in[i];
        partial[k] <== part;
        total += partial[k];
    }
    out <== total;
}

// Of n rows, 1 <= n <= m, with a label and two predictions each: how many predictions are right, and how many differ.
// counts = n + 2^32 · baseline's right ones + 2^64 · candidate's + 2^96 · rows in which the two differ.
template Score(m) {
    signal input labelsCommitment;
    signal input baselineCommitment;
    signal input candidateCommitment;
    signal input counts;
    signal input statement;

    signal input n;
    signal input labels[m];
    signal input baseline[m];
    signal input candidate[m];
    signal input labelsSalt;
    signal input baselineSalt;
    signal input candidateSalt;

    // active is 1 for the first n rows and 0 after: it starts at 1, ends at 0, and every difference is 0 or 1, so that
    // exactly one of them is 1.
    signal active[m + 1];
    for (var i = 0; i <= m; i++) active[i] <-- i < n ? 1 : 0;
    active[0] === 1;
    active[m] === 0;

    component rows = Sum(m);
    component labelSum = Sum(m);
    component baselineSum = Sum(m);
    component candidateSum = Sum(m);
    component agreedSum = Sum(m); // label 1 and predicted 1: the baseline's count, and 2^32 times the candidate's
    component bothSum = Sum(m); // both predict 1
    signal agreed[m];
    signal both[m];
    for (var i = 0; i < m; i++) {
        (active[i] - active[i + 1]) * (active[i] - active[i + 1] - 1) === 0;
        labels[i] * (labels[i] - active[i]) === 0;
        baseline[i] * (baseline[i] - active[i]) === 0;
        candidate[i] * (candidate[i] - active[i]) === 0;
        agreed[i] <== labels[i] * (baseline[i] + (1 << 32) * candidate[i]);
        both[i] <== baseline[i] * candidate[i];

        rows.in[i] <== active[i];
        labelSum.in[i] <== labels[i];
        baselineSum.in[i] <== baseline[i];
        candidateSum.in[i] <== candidate[i];
        agreedSum.in[i] <== agreed[i];
        bothSum.in[i] <== both[i];
    }
    n === rows.out;

    // A row is right when label and prediction are both 1 or both 0: n − Σy − Σp + 2·Σyp of them.
    var right = (1 + (1 << 32)) * (n - labelSum.out) - baselineSum.out - (1 << 32) * candidateSum.out + 2 * agreedSum.out;
    var disagreements = baselineSum.out + candidateSum.out - 2 * bothSum.out;
    counts === n + (1 << 32) * right + (1 << 96) * disagreements;

    signal opened[3];
    opened[0] <== Commitment(1, m)(n, labelsSalt, labels);
    opened[1] <== Commitment(2, m)(n, baselineSalt, baseline);
    opened[2] <== Commitment(2, m)(n, candidateSalt, candidate);
    labelsCommitment === opened[0];
    baselineCommitment === opened[1];
    candidateCommitment === opened[2];

    // Takes part in a constraint, so that no proof can be moved to another statement.
    signal bound <== statement * statement;
}
