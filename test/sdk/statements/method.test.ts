// SPDX-License-Identifier: MIT
// Methods that ask for a proof, as far as no proof has to be made: test/sdk/proofs makes some.

import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import type { Provider } from "ethers";
import { ethers } from "hardhat";
import { readModel } from "../../../sdk/client/connect";
import { commit } from "../../../sdk/proofs/commitment";
import type { Bundle } from "../../../sdk/schemas/bundle";
import { encodeHybridProof, encodeProof } from "../../../sdk/schemas/statement";
import { attest } from "../../../sdk/statements/attest";
import { encodeFor, Incomplete, readMethod, selectValid } from "../../../sdk/statements/method";
import { compose, propose, type Proposal } from "../../../sdk/statements/propose";
import { describe as describeReview, requireAcceptable } from "../../../sdk/statements/review";
import { ascending } from "../../../scripts/dev/world/improvements";
import { DAY } from "../../../scripts/dev/world/units";
import { CANDIDATE, provenModels, type Kind } from "../proofs/proven.fixture";
import { attesterKeys, buildMeasured, expectProblem } from "./support";

type Context = Awaited<ReturnType<typeof provenModels>>;

const [first, second] = attesterKeys;
const PROOF = "0x1234";

async function proposalFor({ registry, models, alice }: Context, modelId: Kind): Promise<Proposal> {
  return {
    modelId,
    evaluationName: "first",
    measured: await buildMeasured({ registry, model: models[modelId] }),
    contributors: [{ account: alice.address, weight: 1n }],
    candidateCommitment: commit(CANDIDATE),
    life: DAY,
  };
}

/** The method of a model, and a statement about it without proof and attestations. */
async function unproven(modelId: Kind) {
  const context = await loadFixture(provenModels);
  const { chain } = context;
  const model = await readModel(chain, modelId);
  const { bundle } = await compose(chain, model, await proposalFor(context, modelId));
  return { ...context, bundle, method: model.method };
}

describe("Method of a benchmark", () => {
  describe("given a ZkProof", () => {
    it("has a proof as its only part, and no attesters", async () => {
      const { method, zkProof } = await unproven("proven");

      expect(method.parts).to.deep.equal(["zkProof"]);
      expect(method.isHybrid).to.equal(false);
      expect(method.attesters).to.equal(undefined);
      expect(await method.zkProof!.getAddress()).to.equal(await zkProof.getAddress());
    });

    it("takes the bundle's proof as it is, and refuses a bundle without one", async () => {
      const { method, bundle } = await unproven("proven");

      expect(encodeFor(method, { ...bundle, proof: PROOF })).to.equal(PROOF);
      expect(() => encodeFor(method, bundle)).to.throw(
        Incomplete,
        "the bundle has no proof, which proven asks for: make it with prove.",
      );
    });

    it("drops no attestation", async () => {
      const { method, bundle, chain } = await unproven("proven");
      const attestations = [{ signer: first!.address, signature: "0x" }];

      expect(await selectValid(chain.access, method, { ...bundle, attestations })).to.deep.equal({
        bundle: { ...bundle, attestations },
        leftOut: [],
      });
    });

    it("makes a statement of epoch 0, whose review shows a missing proof and no signers", async () => {
      const { bundle, chain } = await unproven("proven");
      const rows = await describeReview(chain, await requireAcceptable(chain, bundle));

      expect(bundle.statement.attesterEpoch).to.equal(0n);
      expect(rows.filter((row) => /^ {2}(proof|must sign|signed by)/.test(row))).to.deep.equal([
        "  proof            missing",
      ]);
    });

    it("refuses a proposal without a proof, and any signature", async () => {
      const { bundle, chain, ...context } = await unproven("proven");
      const review = await requireAcceptable(chain, bundle);

      await expectProblem(
        async () => propose(chain, await proposalFor({ chain, ...context }, "proven")),
        "proven asks for a proof: make statement and proof with prove.",
      );
      await expectProblem(
        () => attest(review, first!),
        "proven is verified by a proof alone: there is nothing to sign, submit it as it is.",
      );
    });
  });

  describe("given a hybrid", () => {
    it("has both parts in the hybrid's order, with the figures of the attesters", async () => {
      const { method, methods, oracleAttestation } = await unproven("hybrid");
      const oracle = await oracleAttestation.getAddress();
      const { contract, ...numbers } = method.attesters!;

      expect(method.parts).to.deep.equal(methods.map((address) => (address === oracle ? "attesters" : "zkProof")));
      expect(method.isHybrid).to.equal(true);
      expect(numbers).to.deep.equal({ epoch: 1n, threshold: 2n, count: 3n });
      expect(await contract.getAddress()).to.equal(oracle);
    });

    it("takes the proof and the attestations in that order", async () => {
      const { method, bundle } = await unproven("hybrid");
      const attestations = [first!, second!].map(({ address }) => ({ signer: address, signature: "0x12" }));
      const encoded = { attesters: encodeProof(attestations), zkProof: PROOF };

      expect(encodeFor(method, { ...bundle, proof: PROOF, attestations })).to.equal(
        encodeHybridProof(method.parts.map((part) => encoded[part])),
      );
    });

    it("refuses a signature before there is a proof", async () => {
      const { bundle, chain } = await unproven("hybrid");
      const review = await requireAcceptable(chain, bundle);

      await expectProblem(
        () => attest(review, first!),
        "the bundle has no proof, which hybrid asks for: make it with prove.",
      );
    });
  });

  it("is refused if it is a hybrid with two parts of the same kind", async () => {
    const { chain, zkProof, otherKey } = await loadFixture(provenModels);
    const parts = await Promise.all([zkProof, otherKey].map(async (part) => ({ address: await part.getAddress() })));
    const twice = await ethers.deployContract("Hybrid", [ascending(parts).map(({ address }) => address)]);
    const address = await twice.getAddress();

    await expectProblem(
      () => readMethod(chain.access, "twice", address),
      `twice is verified by ${address}, expected an OracleAttestation, a ZkProof, or a hybrid of both.`,
    );
  });

  it("is refused if it is not a contract", async () => {
    const { chain, alice } = await loadFixture(provenModels);

    await expectProblem(
      () => readMethod(chain.access, "nobody", alice.address),
      `nobody is verified by ${alice.address}, expected an OracleAttestation, a ZkProof, or a hybrid of both.`,
    );
  });

  describe("given attestations", () => {
    it("keeps the bundle whole if too few are valid", async () => {
      const { method, bundle, chain, mallory } = await unproven("attested");
      const valid = await attest(await requireAcceptable(chain, bundle), first!);
      const whole = { ...valid, attestations: [...valid.attestations, { signer: mallory.address, signature: "0x" }] };

      expect(await selectValid(chain.access, method, whole)).to.deep.equal({ bundle: whole, leftOut: [] });
    });

    it("reports a node that does not answer, instead of taking it for a refusal", async () => {
      const { method, bundle, chain } = await unproven("attested");
      const call = () => Promise.reject(new Error("timeout"));
      const silent: Provider = Object.create(ethers.provider, { call: { value: call } });
      const access = { ...chain.access, ethers: { provider: silent } };
      const attestations = [{ signer: first!.address, signature: "0x" }];

      await expect(selectValid(access, method, { ...bundle, attestations })).to.be.rejectedWith("timeout");
      await expect(readMethod(access, "attested", ethers.ZeroAddress)).to.be.rejectedWith("timeout");
    });
  });

  it("needs no proof if it consists of attesters only", async () => {
    const { method, bundle } = await unproven("attested");
    const attestations = [first!, second!].map(({ address }) => ({ signer: address, signature: "0x12" }));
    const whole: Bundle = { ...bundle, attestations };

    expect(method.parts).to.deep.equal(["attesters"]);
    expect(encodeFor(method, whole)).to.equal(encodeProof(attestations));
  });
});
