import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { getCreateAddress } from "ethers";
import { ethers } from "hardhat";
import { encodeHybridProof, type ImprovementStatement } from "../../sdk/schemas/statement";
import {
  ascending,
  attest,
  benchmarkWith,
  buildStatement,
  expectImproved,
  expectRefused,
  registerModel,
  submit,
  toCall,
} from "../../scripts/dev/world/improvements";
import { MethodAccess } from "../../scripts/dev/world/models";
import { field, MAX_UINT256 } from "../../scripts/dev/world/units";
import { hybridFixture, oracleRefusal, proveToMock } from "./methods.fixture";
import { shouldBehaveLikeVerificationMethod } from "./VerificationMethod.behavior";

const OTHER_ANSWERS = ["0x00000000", "0xffffffff", "0x1626ba7e"];
const [LOW, HIGH] = ["0x01", "0x02"].map((end) => ethers.zeroPadValue(end, 20));

describe("Hybrid", () => {
  shouldBehaveLikeVerificationMethod(hybridFixture);

  describe("V2: when not every method accepts", () => {
    for (const position of [0, 1]) {
      it(`refuses a statement if proof ${position} belongs to another one`, async () => {
        const context = await loadFixture(hybridFixture);
        const { model, proofsOf, methods, second } = context;
        const statement = await buildStatement(context, model);
        const proofs = await proofsOf(statement);
        const others = await proofsOf({ ...statement, deadline: statement.deadline - 1n });
        proofs[position] = others[position]!;
        const refusal =
          methods[position] === (await second.getAddress())
            ? { contract: second, error: "ProofRefused", args: [others[position]] }
            : await oracleRefusal(context, statement);
        await expectRefused(context, model, statement, encodeHybridProof(proofs), refusal);
      });
    }

    it("refuses the oracle's proof alone", async () => {
      const context = await loadFixture(hybridFixture);
      const { model, hybrid, second, methods } = context;
      const statement = await buildStatement(context, model);
      const oracle = await attest(context, statement);
      await expect(submit(context, statement, oracle)).to.be.revertedWithoutReason();
      for (const proofs of [[], [oracle], [oracle, oracle, oracle]]) {
        const refusal = { contract: hybrid, error: "ValueMismatch", args: [field("proofs"), proofs.length, 2] };
        await expectRefused(context, model, statement, encodeHybridProof(proofs), refusal);
      }
      for (const other of [oracle, "0x"]) {
        const proofs = methods.map((method) => (method === second.target ? other : oracle));
        const refusal = { contract: second, error: "ProofRefused", args: [other] };
        await expectRefused(context, model, statement, encodeHybridProof(proofs), refusal);
      }
    });

    it("refuses the proofs in the wrong order", async () => {
      const context = await loadFixture(hybridFixture);
      const { methods, second } = context;
      const statement = await buildStatement(context, context.model);
      const [first, last] = (await context.proofsOf(statement)) as [string, string];
      const refused = expect(submit(context, statement, encodeHybridProof([last, first]))).to.be;
      if (methods[0] === second.target) await refused.revertedWithCustomError(second, "ProofRefused").withArgs(last);
      else await refused.revertedWithoutReason(); // the oracle method decodes no signatures
    });

    for (const answer of OTHER_ANSWERS) {
      it(`refuses a method that returns ${answer}`, async () => {
        const context = await loadFixture(hybridFixture);
        const { model, hybrid, second, prove } = context;
        const statement = await buildStatement(context, model);
        await second.setAnswer(answer);
        const args = [await second.getAddress()];
        const proof = await prove(statement);
        await expectRefused(context, model, statement, proof, { contract: hybrid, error: "MethodRefused", args });
      });
    }

    it("refuses a proof from before an attester was removed", async () => {
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

  describe("V2: when a method is itself a hybrid", () => {
    /** A model for which a hybrid and a third method must vouch, the hybrid being that of {@link hybridFixture}. */
    async function nestedFixture() {
      const context = await hybridFixture();
      const { registry, admin, hybrid, proofsOf } = context;
      const third = await ethers.deployContract("VerificationMethodMock");
      const inner = await hybrid.getAddress();
      const methods = ascending([{ address: inner }, { address: await third.getAddress() }]);
      const outer = await ethers.deployContract("Hybrid", [methods.map(({ address }) => address)]);
      await registry.connect(admin).setMethodAccess(outer, MethodAccess.REGISTRAR);
      const model = await registerModel(context, {
        modelId: "nested",
        benchmark: { method: await outer.getAddress() },
      });

      /** The proof of the outer hybrid, given that of the inner one. */
      const combine = async (statement: ImprovementStatement, innerProof: string) => {
        const thirdProof = await proveToMock(context, statement);
        return encodeHybridProof(methods.map(({ address }) => (address === inner ? innerProof : thirdProof)));
      };
      const prove = async (statement: ImprovementStatement) =>
        combine(statement, encodeHybridProof(await proofsOf(statement)));
      return { ...context, third, outer, model, combine, prove };
    }

    it("accepts a list of proofs in the place of one", async () => {
      const context = await loadFixture(nestedFixture);
      const { model, prove } = context;
      const statement = await buildStatement(context, model);
      await expectImproved(context, model, statement, await prove(statement));
    });

    it("refuses what the inner hybrid refuses: one proof too few, or a method that does not accept", async () => {
      const context = await loadFixture(nestedFixture);
      const { model, hybrid, second, combine, prove, proofsOf } = context;
      const statement = await buildStatement(context, model);
      const short = await combine(statement, encodeHybridProof((await proofsOf(statement)).slice(1)));
      const mismatch = { contract: hybrid, error: "ValueMismatch", args: [field("proofs"), 1, 2] };
      await expectRefused(context, model, statement, short, mismatch);
      await second.setAnswer(OTHER_ANSWERS[0]!);
      const refused = { contract: hybrid, error: "MethodRefused", args: [await second.getAddress()] };
      await expectRefused(context, model, statement, await prove(statement), refused);
    });

    it("refuses a statement if the third method does not accept", async () => {
      const context = await loadFixture(nestedFixture);
      const { model, outer, third, prove } = context;
      const statement = await buildStatement(context, model);
      await third.setAnswer(OTHER_ANSWERS[0]!);
      const refused = { contract: outer, error: "MethodRefused", args: [await third.getAddress()] };
      await expectRefused(context, model, statement, await prove(statement), refused);
    });

    it("accepts nothing if it lists itself, as no proof contains itself", async () => {
      const context = await loadFixture(hybridFixture);
      const { deployer, second, model, verifier } = context;
      const self = getCreateAddress({ from: deployer.address, nonce: await deployer.getNonce() });
      const methods = ascending([{ address: self }, { address: await second.getAddress() }]);
      const hybrid = await ethers.deployContract("Hybrid", [methods.map(({ address }) => address)], deployer);
      expect(await hybrid.methods()).to.include(self);

      const statement = await buildStatement(context, model);
      const digest = await verifier.hashStatement(toCall(statement));
      const ours = await proveToMock(context, statement);
      let proof = "0x";
      for (let depth = 0; depth < 5; depth++) {
        await expect(
          hybrid.verify(statement.evaluation, statement.attesterEpoch, digest, proof),
        ).to.be.revertedWithoutReason();
        const inner = proof;
        proof = encodeHybridProof(methods.map(({ address }) => (address === self ? inner : ours)));
      }
    });
  });

  describe("when it is constructed", () => {
    it("stores its methods", async () => {
      const { hybrid, methods } = await loadFixture(hybridFixture);
      expect(await hybrid.methods()).to.deep.equal(methods);
    });

    it("refuses fewer than two methods", async () => {
      const factory = await ethers.getContractFactory("Hybrid");
      for (const methods of [[], [LOW!]]) {
        await expect(factory.deploy(methods))
          .to.be.revertedWithCustomError(factory, "OutOfRange")
          .withArgs(field("methods"), methods.length, 2, MAX_UINT256);
      }
    });

    const unordered: [string, string, string][] = [
      ["methods in descending order", HIGH!, LOW!],
      ["the same method twice", LOW!, LOW!],
    ];
    for (const [name, first, second] of unordered) {
      it(`refuses ${name}`, async () => {
        const factory = await ethers.getContractFactory("Hybrid");
        await expect(factory.deploy([first, second]))
          .to.be.revertedWithCustomError(factory, "NotAscending")
          .withArgs(first, second);
      });
    }

    it("refuses zero as a method", async () => {
      const factory = await ethers.getContractFactory("Hybrid");
      await expect(factory.deploy([ethers.ZeroAddress, LOW!]))
        .to.be.revertedWithCustomError(factory, "NotAscending")
        .withArgs(ethers.ZeroAddress, ethers.ZeroAddress);
    });
  });
});

describe("DeltaOneVerifier, when the method does not accept", () => {
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
