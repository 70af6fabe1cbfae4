import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import {
  attest,
  buildContributors,
  buildStatement,
  deployImprovements,
  deployVerifier,
  expectImproved,
  expectRefused,
  type Improvements,
  registerModel,
  type RegisteredModel,
  submit,
  toCall,
} from "../../scripts/dev/world/improvements";
import { BPS } from "../../scripts/dev/world/units";

describe("DeltaOneVerifier replays", () => {
  let context: Improvements;
  let model: RegisteredModel;

  beforeEach(async () => {
    context = await loadFixture(deployImprovements);
    model = context.model;
  });

  describe("V1: when a statement is replayed elsewhere", () => {
    it("refuses it at another verifier", async () => {
      const { registry, oracleAttestation, admin } = context;
      const statement = await buildStatement(context, model);
      const proof = await attest(context, statement);
      const verifier = await deployVerifier(context);
      await registry.connect(admin).setVerifier(verifier);
      const replaced = { ...context, verifier };
      const refusal = { contract: oracleAttestation, error: "InvalidSignature", args: [context.attesters[0]!.address] };
      await expectRefused(replaced, model, statement, proof, refusal);

      // The attesters' word for the new one counts, and the old one has lost its power.
      await expect(submit(context, statement, proof))
        .to.be.revertedWithCustomError(registry, "UnauthorizedCaller")
        .withArgs(await context.verifier.getAddress(), await verifier.getAddress());
      await expectImproved(replaced, model, statement, await attest(replaced, statement));
    });

    it("refuses it if it was signed for another chain", async () => {
      const statement = await buildStatement(context, model);
      const elsewhere = { ...context, network: { ...context.network, chainId: context.network.chainId + 1 } };
      const proof = await attest(elsewhere, statement);
      await expectRefused(context, model, statement, proof, {
        contract: context.oracleAttestation,
        error: "InvalidSignature",
        args: [context.attesters[0]!.address],
      });
    });

    it("refuses it for a twin of the model", async () => {
      const twin = await registerModel(context, { modelId: "twin" });
      const statement = await buildStatement(context, model);
      const proof = await attest(context, statement);
      const replayed = { ...statement, evaluation: { ...statement.evaluation, model: twin.id } };
      expect(replayed).to.deep.equal(await buildStatement(context, twin, { ...statement, evaluation: {} }));
      await expectRefused(context, twin, replayed, proof, {
        contract: context.oracleAttestation,
        error: "InvalidSignature",
        args: [context.attesters[0]!.address],
      });
    });
  });

  describe("when the encoding has bits set beyond the type of a field", () => {
    const WORD = 32;

    /** The call with bits set above the type of a contributor's field. */
    async function withDirtyBits(offsetInContributor: number, byte: number) {
      const { verifier, alice, relayer } = context;
      const contributors = buildContributors([alice], [BPS]);
      const statement = await buildStatement(context, model, { contributors });
      const proof = await attest(context, statement);
      const data = ethers.getBytes(
        verifier.interface.encodeFunctionData("processImprovement", [toCall(statement), proof]),
      );
      const account = Buffer.from(ethers.getBytes(ethers.zeroPadValue(alice.address, WORD)));
      const at = Buffer.from(data).indexOf(account) + offsetInContributor + byte;
      expect(data[at]).to.equal(0);
      data[at] = 1;
      return relayer.sendTransaction({ to: verifier, data: ethers.hexlify(data) });
    }

    it("refuses dirty bits above an account", async () => {
      await expect(withDirtyBits(0, 11)).to.be.revertedWithoutReason();
    });

    it("refuses dirty bits above a share", async () => {
      await expect(withDirtyBits(WORD, 29)).to.be.revertedWithoutReason();
    });
  });
});
