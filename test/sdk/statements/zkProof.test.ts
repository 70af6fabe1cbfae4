// SPDX-License-Identifier: MIT
// The review of a statement whose model asks for a proof. test/sdk/proofs makes proofs that the chain accepts.

import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { makeError, type Provider, type TransactionRequest } from "ethers";
import { ethers } from "hardhat";
import { readModel } from "../../../sdk/client/connect";
import { encodePoints } from "../../../sdk/node/prover";
import { commit } from "../../../sdk/proofs/commitment";
import { compose } from "../../../sdk/statements/propose";
import { describe as describeReview, requireAcceptable } from "../../../sdk/statements/review";
import { DAY } from "../../../scripts/dev/world/units";
import { CANDIDATE, provenModels } from "../proofs/proven.fixture";
import { buildMeasured, expectProblem, refusalInWords } from "./support";

/** A proof in the right form that proves nothing. */
const NO_PROOF = encodePoints(
  { baselineCorrect: 45, candidateCorrect: 51, disagreements: 6 },
  Array<bigint>(8).fill(0n),
);

/** A statement about a model that asks for a proof, without one. */
async function unproven() {
  const context = await loadFixture(provenModels);
  const { chain, models, registry, alice } = context;
  const { bundle } = await compose(chain, await readModel(chain, "proven"), {
    modelId: "proven",
    evaluationName: "first",
    measured: await buildMeasured({ registry, model: models.proven }),
    contributors: [{ account: alice.address, weight: 1n }],
    candidateCommitment: commit(CANDIDATE),
    life: DAY,
  });
  return { ...context, bundle };
}

describe("Review of a statement whose model asks for a proof", () => {
  describe("given a proof that the chain refuses", () => {
    it("names the rule", async () => {
      const { chain, bundle } = await unproven();
      const { reason, fix } = refusalInWords("ProofInvalid");

      await expectProblem(
        () => requireAcceptable(chain, { ...bundle, proof: NO_PROOF }),
        `the chain would refuse the proof: ${reason}. ${fix}`,
      );
    });

    it("says why there is no rule when the proof does not decode", async () => {
      const { chain, bundle } = await unproven();

      await expectProblem(
        () => requireAcceptable(chain, { ...bundle, proof: NO_PROOF.slice(0, -2) }),
        "the chain would refuse the proof: it reverts without a reason, as it does when the arguments do not decode or there is too little gas",
      );
    });

    it("passes on a node's failure unchanged", async () => {
      const { chain, bundle, zkProof } = await unproven();
      const { selector } = zkProof.interface.getFunction("verify");
      const busy = makeError("missing revert data", "UNKNOWN_ERROR", {
        error: { code: 429, message: "Too Many" },
      } as never);
      const call = (request: TransactionRequest) =>
        request.data?.startsWith(selector) ? Promise.reject(busy) : ethers.provider.call(request);
      const provider: Provider = Object.create(ethers.provider, { call: { value: call } });
      const failing = { ...chain, access: { ...chain.access, ethers: { provider } } };

      expect(
        await requireAcceptable(failing, { ...bundle, proof: NO_PROOF }).catch((error: unknown) => error),
      ).to.equal(busy);
    });
  });

  describe("given a proof that the chain accepts", () => {
    it("shows the proof as valid", async () => {
      const { chain, bundle, zkProof } = await unproven();
      const { selector } = zkProof.interface.getFunction("verify");
      const accepted = zkProof.interface.encodeFunctionResult("verify", [selector]);
      const call = (request: TransactionRequest) =>
        request.data?.startsWith(selector) ? Promise.resolve(accepted) : ethers.provider.call(request);
      const provider: Provider = Object.create(ethers.provider, { call: { value: call } });
      const accepting = { ...chain, access: { ...chain.access, ethers: { provider } } };
      const review = await requireAcceptable(accepting, { ...bundle, proof: NO_PROOF });

      expect(await describeReview(accepting, review)).to.include("  proof            valid");
    });
  });
});
