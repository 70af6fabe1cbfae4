import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { byRole, type GuardedFunction, shouldBeGuarded, shouldHaveOnly } from "../helpers/guarded.behavior";
import {
  attest,
  buildStatement,
  deployImprovements,
  expectImproved,
  expectRefused,
  type Improvements,
  submit,
} from "../../scripts/dev/world/improvements";
import { field, MAX_UINT256 } from "../../scripts/dev/world/units";
import { oracleFixture } from "./methods.fixture";
import { shouldBehaveLikeVerificationMethod } from "./VerificationMethod.behavior";

const { ZeroAddress } = ethers;
const ATTESTERS = 3;
const THRESHOLD = 2;

/** The keys of {@link deployImprovements} with a fourth attester, so that one can be removed twice. */
async function guardedFixture() {
  const context = await deployImprovements();
  const [first, second] = context.attesters;
  await context.oracleAttestation.connect(context.admin).addAttester(context.carol);
  return { ...context, firstAttester: first!, secondAttester: second! };
}

type GuardedContext = Awaited<ReturnType<typeof guardedFixture>>;

const oracleOf = ({ oracleAttestation }: GuardedContext) => oracleAttestation;

const GUARDED: GuardedFunction<GuardedContext>[] = [
  {
    name: "addAttester",
    holders: ["admin"],
    ...byRole("DEFAULT_ADMIN_ROLE"),
    call: ({ oracleAttestation, alice }, sender) => oracleAttestation.connect(sender).addAttester(alice),
  },
  {
    name: "removeAttester",
    holders: ["admin", "guardian"],
    ...byRole("DEFAULT_ADMIN_ROLE"),
    call: async ({ oracleAttestation, firstAttester, carol }, sender) => {
      const isFirst = await oracleAttestation.isAttester(firstAttester);
      return oracleAttestation.connect(sender).removeAttester(isFirst ? firstAttester : carol);
    },
  },
  {
    name: "setThreshold",
    holders: ["admin"],
    ...byRole("DEFAULT_ADMIN_ROLE"),
    call: ({ oracleAttestation }, sender) => oracleAttestation.connect(sender).setThreshold(1),
  },
];

describe("OracleAttestation", () => {
  shouldBehaveLikeVerificationMethod(oracleFixture);

  describe("callers", () => {
    shouldBeGuarded(guardedFixture, oracleOf, GUARDED);
    shouldHaveOnly(
      guardedFixture,
      oracleOf,
      GUARDED.map(({ name }) => name),
    );
  });

  describe("V6: when it is constructed", () => {
    async function deploy(attesters: string[], threshold: number) {
      const { registry } = await loadFixture(deployImprovements);
      return ethers.deployContract("OracleAttestation", [registry, attesters, threshold]);
    }
    const accounts = [1, 2, 3].map((i) => ethers.getAddress(ethers.toBeHex(i, 20)));

    for (const threshold of [1, ATTESTERS]) {
      it(`accepts ${ATTESTERS} attesters and a threshold of ${threshold}, at epoch 1`, async () => {
        const method = await deploy(accounts, threshold);
        for (const [i, account] of accounts.entries()) {
          expect(await method.isAttester(account)).to.equal(true);
          await expect(method.deploymentTransaction())
            .to.emit(method, "AttesterAdded")
            .withArgs(account, i + 1);
        }
        await expect(method.deploymentTransaction()).to.emit(method, "ThresholdChanged").withArgs(0, threshold);
        expect(await method.attesterCount()).to.equal(ATTESTERS);
        expect(await method.threshold()).to.equal(threshold);
        expect(await method.epoch()).to.equal(1);
      });
    }

    for (const threshold of [0, ATTESTERS + 1]) {
      it(`refuses a threshold of ${threshold}`, async () => {
        const { oracleAttestation } = await loadFixture(deployImprovements);
        await expect(deploy(accounts, threshold))
          .to.be.revertedWithCustomError(oracleAttestation, "OutOfRange")
          .withArgs(field("threshold"), threshold, 1, ATTESTERS);
      });
    }

    it("refuses an empty list of attesters, whatever the threshold", async () => {
      const { oracleAttestation } = await loadFixture(deployImprovements);
      for (const threshold of [0, 1]) {
        await expect(deploy([], threshold))
          .to.be.revertedWithCustomError(oracleAttestation, "OutOfRange")
          .withArgs(field("threshold"), threshold, 1, 0);
      }
    });

    it("refuses zero and the same attester twice", async () => {
      const { oracleAttestation } = await loadFixture(deployImprovements);
      await expect(deploy([ZeroAddress], 1)).to.be.revertedWithCustomError(oracleAttestation, "ZeroAddress");
      await expect(deploy([accounts[0]!, accounts[0]!], 1))
        .to.be.revertedWithCustomError(oracleAttestation, "AlreadyAttester")
        .withArgs(accounts[0]);
    });
  });

  describe("when attesters are added", () => {
    it("counts the new one at once, and keeps the epoch, so that earlier signatures stay valid", async () => {
      const context = await loadFixture(deployImprovements);
      const { oracleAttestation, admin, alice, model, attesters } = context;
      const statement = await buildStatement(context, model);
      const proof = await attest(context, statement, [attesters[0]!, alice]);
      const refusal = { contract: oracleAttestation, error: "NotAttester", args: [alice.address] };
      await expectRefused(context, model, statement, proof, refusal);

      await expect(oracleAttestation.connect(admin).addAttester(alice))
        .to.emit(oracleAttestation, "AttesterAdded")
        .withArgs(alice, ATTESTERS + 1);
      expect(await oracleAttestation.isAttester(alice)).to.equal(true);
      expect(await oracleAttestation.attesterCount()).to.equal(ATTESTERS + 1);
      expect(await oracleAttestation.epoch()).to.equal(1);
      await expectImproved(context, model, statement, proof);
    });

    it("refuses zero and an account that is an attester already", async () => {
      const { oracleAttestation, admin, attesters } = await loadFixture(deployImprovements);
      await expect(oracleAttestation.connect(admin).addAttester(ZeroAddress)).to.be.revertedWithCustomError(
        oracleAttestation,
        "ZeroAddress",
      );
      await expect(oracleAttestation.connect(admin).addAttester(attesters[0]!))
        .to.be.revertedWithCustomError(oracleAttestation, "AlreadyAttester")
        .withArgs(attesters[0]!);
      expect(await oracleAttestation.attesterCount()).to.equal(ATTESTERS);
    });
  });

  describe("V6: when attesters are removed", () => {
    for (const remover of ["guardian", "admin"] as const) {
      it(`makes all earlier signatures void at once when the ${remover} removes one`, async () => {
        const context = await loadFixture(deployImprovements);
        const { oracleAttestation, model, attesters } = context;
        const [removed, ...others] = attesters;
        const statement = await buildStatement(context, model);
        const proof = await attest(context, statement, others);

        await expect(oracleAttestation.connect(context[remover]).removeAttester(removed!))
          .to.emit(oracleAttestation, "AttesterRemoved")
          .withArgs(removed!, ATTESTERS - 1, 2);
        expect(await oracleAttestation.isAttester(removed!)).to.equal(false);
        expect(await oracleAttestation.attesterCount()).to.equal(ATTESTERS - 1);
        expect(await oracleAttestation.epoch()).to.equal(2);

        const stale = { contract: oracleAttestation, error: "ValueMismatch", args: [field("attesterEpoch"), 1, 2] };
        await expectRefused(context, model, statement, proof, stale);
        const renewed = { ...statement, attesterEpoch: 2n };
        const forged = await attest(context, renewed, [removed!, others[0]!]);
        const gone = { contract: oracleAttestation, error: "NotAttester", args: [removed!.address] };
        await expectRefused(context, model, renewed, forged, gone);
        await expectImproved(context, model, renewed, await attest(context, renewed, others));
      });
    }

    it("keeps as many attesters as must sign", async () => {
      const { oracleAttestation, guardian, admin, attesters } = await loadFixture(deployImprovements);
      await oracleAttestation.connect(guardian).removeAttester(attesters[0]!);
      for (const remover of [guardian, admin]) {
        await expect(oracleAttestation.connect(remover).removeAttester(attesters[1]!))
          .to.be.revertedWithCustomError(oracleAttestation, "OutOfRange")
          .withArgs(field("threshold"), THRESHOLD, 1, THRESHOLD - 1);
      }
      expect(await oracleAttestation.isAttester(attesters[1]!)).to.equal(true);
      expect(await oracleAttestation.epoch()).to.equal(2);
    });

    it("keeps the last attester", async () => {
      const { oracleAttestation, guardian, admin, attesters } = await loadFixture(deployImprovements);
      await oracleAttestation.connect(admin).setThreshold(1);
      await oracleAttestation.connect(guardian).removeAttester(attesters[0]!);
      await oracleAttestation.connect(guardian).removeAttester(attesters[1]!);
      await expect(oracleAttestation.connect(guardian).removeAttester(attesters[2]!))
        .to.be.revertedWithCustomError(oracleAttestation, "OutOfRange")
        .withArgs(field("threshold"), 1, 1, 0);
      expect(await oracleAttestation.attesterCount()).to.equal(1);
    });

    it("refuses an account that is not an attester, even one that was removed", async () => {
      const { oracleAttestation, guardian, attesters, alice } = await loadFixture(deployImprovements);
      await oracleAttestation.connect(guardian).removeAttester(attesters[0]!);
      for (const account of [alice, attesters[0]!]) {
        await expect(oracleAttestation.connect(guardian).removeAttester(account))
          .to.be.revertedWithCustomError(oracleAttestation, "NotAttester")
          .withArgs(account);
      }
      expect(await oracleAttestation.epoch()).to.equal(2);
    });

    it("does not revive old signatures when a removed attester is added again", async () => {
      const context = await loadFixture(deployImprovements);
      const { oracleAttestation, guardian, admin, attesters, model } = context;
      const statement = await buildStatement(context, model);
      const proof = await attest(context, statement);
      await oracleAttestation.connect(guardian).removeAttester(attesters[0]!);
      await oracleAttestation.connect(admin).addAttester(attesters[0]!);
      const stale = { contract: oracleAttestation, error: "ValueMismatch", args: [field("attesterEpoch"), 1, 2] };
      await expectRefused(context, model, statement, proof, stale);
    });
  });

  describe("V6: when the threshold changes", () => {
    it("requires as many signatures from then on", async () => {
      const context = await loadFixture(deployImprovements);
      const { oracleAttestation, admin, attesters, model } = context;
      const statement = await buildStatement(context, model);
      const proof = await attest(context, statement);
      await expect(oracleAttestation.connect(admin).setThreshold(ATTESTERS))
        .to.emit(oracleAttestation, "ThresholdChanged")
        .withArgs(THRESHOLD, ATTESTERS);
      expect(await oracleAttestation.threshold()).to.equal(ATTESTERS);
      const refusal = { contract: oracleAttestation, error: "NotEnoughSigners", args: [THRESHOLD, ATTESTERS] };
      await expectRefused(context, model, statement, proof, refusal);
      await expectImproved(context, model, statement, await attest(context, statement, attesters));
    });

    for (const threshold of [0n, BigInt(ATTESTERS + 1), 2n ** 64n + 1n, MAX_UINT256]) {
      it(`refuses ${threshold}`, async () => {
        const { oracleAttestation, admin } = await loadFixture(deployImprovements);
        await expect(oracleAttestation.connect(admin).setThreshold(threshold))
          .to.be.revertedWithCustomError(oracleAttestation, "OutOfRange")
          .withArgs(field("threshold"), threshold, 1, ATTESTERS);
        expect(await oracleAttestation.threshold()).to.equal(THRESHOLD);
      });
    }
  });

  describe("V2: given a number of signatures", () => {
    it("refuses one of two, and none", async () => {
      const context: Improvements = await loadFixture(deployImprovements);
      const { oracleAttestation: contract, attesters, model } = context;
      const statement = await buildStatement(context, model);
      for (const signers of [[], [attesters[1]!]]) {
        const proof = await attest(context, statement, signers);
        const refusal = { contract, error: "NotEnoughSigners", args: [signers.length, THRESHOLD] };
        await expectRefused(context, model, statement, proof, refusal);
      }
    });

    it("accepts more than the threshold", async () => {
      const context = await loadFixture(deployImprovements);
      const statement = await buildStatement(context, context.model);
      await expectImproved(context, context.model, statement, await attest(context, statement, context.attesters));
    });

    it("accepts a statement whoever relays it, and pays the relayer nothing", async () => {
      const context = await loadFixture(deployImprovements);
      const statement = await buildStatement(context, context.model);
      const proof = await attest(context, statement);
      await submit({ ...context, relayer: context.mallory }, statement, proof);
      expect(await context.model.token.balanceOf(context.mallory)).to.equal(0);
      expect(await context.verifier.isUsed(context.model.id, statement.evaluationId)).to.equal(true);
    });
  });
});
