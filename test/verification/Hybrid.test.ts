import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { encodeHybridProof } from "../../sdk/schemas/statement";
import { attest, benchmarkWith, buildStatement, expectImproved, expectRefused, submit } from "../helpers/improvements";
import { MethodAccess } from "../helpers/models";
import { field, MAX_UINT256 } from "../helpers/units";
import { hybridFixture } from "./methods.fixture";
import { shouldBehaveLikeVerificationMethod } from "./VerificationMethod.behavior";

const OTHER_ANSWERS = ["0x00000000", "0xffffffff", "0x1626ba7e"];
const [LOW, HIGH] = ["0x01", "0x02"].map((end) => ethers.zeroPadValue(end, 20));

describe("Hybrid", () => {
  shouldBehaveLikeVerificationMethod(hybridFixture);

  describe("V2: when not every method accepts", () => {
    for (const position of [0, 1]) {
      it(`refuses when proof ${position} is of another statement`, async () => {
        const context = await loadFixture(hybridFixture);
        const { model, proofsOf, hybrid } = context;
        const statement = await buildStatement(context, model);
        const proofs = await proofsOf(statement);
        const others = await proofsOf({ ...statement, deadline: statement.deadline - 1n });
        proofs[position] = others[position]!;
        await expect(submit(context, statement, encodeHybridProof(proofs))).to.be.reverted;
        expect(await context.verifier.isUsed(model.id, statement.evaluationId)).to.equal(false);
        expect(await hybrid.methods()).to.have.length(proofs.length);
      });
    }

    it("refuses the oracle's proof alone", async () => {
      const context = await loadFixture(hybridFixture);
      const { model, hybrid } = context;
      const statement = await buildStatement(context, model);
      const oracle = await attest(context, statement);
      await expect(submit(context, statement, oracle)).to.be.reverted;
      for (const proofs of [[], [oracle], [oracle, oracle, oracle]]) {
        const refusal = { contract: hybrid, error: "ValueMismatch", args: [field("proofs"), proofs.length, 2] };
        await expectRefused(context, model, statement, encodeHybridProof(proofs), refusal);
      }
      for (const proofs of [
        [oracle, oracle],
        [oracle, "0x"],
        ["0x", oracle],
      ]) {
        await expect(submit(context, statement, encodeHybridProof(proofs))).to.be.reverted;
      }
    });

    it("refuses the proofs in the other order", async () => {
      const context = await loadFixture(hybridFixture);
      const statement = await buildStatement(context, context.model);
      const proofs = await context.proofsOf(statement);
      await expect(submit(context, statement, encodeHybridProof([...proofs].reverse()))).to.be.reverted;
    });

    for (const answer of OTHER_ANSWERS) {
      it(`refuses a method that answers ${answer}`, async () => {
        const context = await loadFixture(hybridFixture);
        const { model, hybrid, second, prove } = context;
        const statement = await buildStatement(context, model);
        await second.setAnswer(answer);
        const args = [await second.getAddress()];
        const proof = await prove(statement);
        await expectRefused(context, model, statement, proof, { contract: hybrid, error: "MethodRefused", args });
      });
    }

    it("refuses an oracle that lost an attester since the signing", async () => {
      const context = await loadFixture(hybridFixture);
      const { model, oracleAttestation, guardian, attesters, prove } = context;
      const statement = await buildStatement(context, model);
      const proof = await prove(statement);
      await oracleAttestation.connect(guardian).removeAttester(attesters[2]!);
      await expect(submit(context, statement, proof))
        .to.be.revertedWithCustomError(oracleAttestation, "ValueMismatch")
        .withArgs(field("attesterEpoch"), 1, 2);
      const renewed = { ...statement, attesterEpoch: 2n };
      await expectImproved(context, model, renewed, await prove(renewed));
    });
  });

  describe("when it is constructed", () => {
    it("lists its methods", async () => {
      const { hybrid, methods } = await loadFixture(hybridFixture);
      expect(await hybrid.methods()).to.deep.equal(methods);
    });

    it("refuses fewer than two", async () => {
      const factory = await ethers.getContractFactory("Hybrid");
      for (const methods of [[], [LOW!]]) {
        await expect(factory.deploy(methods))
          .to.be.revertedWithCustomError(factory, "OutOfRange")
          .withArgs(field("methods"), methods.length, 2, MAX_UINT256);
      }
    });

    const unordered: [string, string, string][] = [
      ["descending", HIGH!, LOW!],
      ["the same twice", LOW!, LOW!],
    ];
    for (const [name, first, second] of unordered) {
      it(`refuses ${name}`, async () => {
        const factory = await ethers.getContractFactory("Hybrid");
        await expect(factory.deploy([first, second]))
          .to.be.revertedWithCustomError(factory, "NotAscending")
          .withArgs(first, second);
      });
    }

    it("refuses zero", async () => {
      const factory = await ethers.getContractFactory("Hybrid");
      await expect(factory.deploy([ethers.ZeroAddress, LOW!]))
        .to.be.revertedWithCustomError(factory, "NotAscending")
        .withArgs(ethers.ZeroAddress, ethers.ZeroAddress);
    });
  });
});

describe("DeltaOneVerifier with a method that does not answer", () => {
  for (const answer of OTHER_ANSWERS) {
    it(`refuses the answer ${answer}`, async () => {
      const context = await loadFixture(hybridFixture);
      const { registry, verifier, admin, second, model, proofsOf, methods } = context;
      const address = await second.getAddress();
      await registry.connect(admin).setMethodAccess(address, MethodAccess.ADMIN);
      const benchmark = await benchmarkWith(context, { method: address });
      await registry.connect(admin).replaceBenchmark(model.id, benchmark);
      const statement = await buildStatement(context, model);
      const proof = (await proofsOf(statement))[methods.indexOf(address)]!;
      await second.setAnswer(answer);
      await expectRefused(context, model, statement, proof, {
        contract: verifier,
        error: "MethodRefused",
        args: [address],
      });
      await second.setAnswer(second.interface.getFunction("verify").selector);
      await expectImproved(context, model, statement, proof);
    });
  }
});
