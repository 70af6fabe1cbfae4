// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.6;

include "../score.circom";

component main {public [labelsCommitment, baselineCommitment, candidateCommitment, counts, statement]} = Score(16384);
