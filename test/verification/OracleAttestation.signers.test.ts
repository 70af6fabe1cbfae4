import { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { loadFixture, setCode } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { AbiCoder, Signature } from "ethers";
import { ethers } from "hardhat";
import { encodeProof, type ImprovementStatement } from "../../sdk/schemas/statement";
import {
  attest,
  buildStatement,
  type Deployed,
  deployImprovements,
  expectImproved,
  expectRefused,
  signStatement,
  toCall,
} from "../../scripts/dev/world/improvements";
import { field } from "../../scripts/dev/world/units";

/** Order of the group of secp256k1: s and n − s sign the same. */
const GROUP_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** Behaviours of the wallet, as in the mock. */
const Behaviour = {
  SIGN: 0n,
  ACCEPT_ALL: 1n,
  FAIL: 2n,
  BURN_GAS: 3n,
  DIRTY_WORD: 4n,
  SHORT_ANSWER: 5n,
  LONG_ANSWER: 6n,
  NOTHING: 7n,
  REQUIRE_REENTRY: 8n,
  REQUIRE_CAP: 9n,
  HUGE_ANSWER: 10n,
  MEGABYTE_ANSWER: 11n,
} as const;

const ERC1271_GAS = 150_000n;

/** More than a verification with one signer takes besides, calldata included. */
const BASE_GAS = 60_000n;

/** Signers and signatures as they are given, in whatever order. */
function encodeAsGiven(signers: readonly string[], signatures: readonly string[]): string {
  return AbiCoder.defaultAbiCoder().encode(["address[]", "bytes[]"], [signers, signatures]);
}

/** One attester must sign, so that each signature stands alone; a contract is among them. */
async function walletFixture() {
  const context = await deployImprovements();
  const { oracleAttestation, admin } = context;
  const wallet = await ethers.deployContract("ERC1271WalletMock");
  await oracleAttestation.connect(admin).setThreshold(1);
  await oracleAttestation.connect(admin).addAttester(wallet);
  return { ...context, wallet };
}

/** The digest that the verifier hashes. */
function digestOf({ verifier }: Deployed, statement: ImprovementStatement): Promise<string> {
  return verifier.hashStatement(toCall(statement));
}

describe("OracleAttestation signatures", () => {
  let context: Awaited<ReturnType<typeof walletFixture>>;
  let statement: ImprovementStatement;
  let signer: HardhatEthersSigner;
  let signature: string;

  beforeEach(async () => {
    context = await loadFixture(walletFixture);
    statement = await buildStatement(context, context.model);
    signer = context.attesters[1]!;
    signature = await signStatement(context, statement, signer);
  });

  async function refuse(proof: string, error: string, args: readonly unknown[]) {
    const refusal = { contract: context.oracleAttestation, error, args };
    await expectRefused(context, context.model, statement, proof, refusal);
  }

  describe("V2: of a key", () => {
    it("are accepted in 65 bytes", async () => {
      expect(ethers.dataLength(signature)).to.equal(65);
      await expectImproved(context, context.model, statement, encodeProof([{ signer: signer.address, signature }]));
    });

    const malformed: [string, (signature: Signature) => string][] = [
      ["empty", () => "0x"],
      ["64 bytes, compact", (s) => s.compactSerialized],
      ["64 bytes, cut", (s) => ethers.dataSlice(s.serialized, 0, 64)],
      ["66 bytes", (s) => ethers.concat([s.serialized, "0x00"])],
      ["s replaced by n − s", (s) => ethers.concat([s.r, ethers.toBeHex(GROUP_ORDER - BigInt(s.s), 32), v(55 - s.v)])],
      [
        "s replaced by n − s, v kept",
        (s) => ethers.concat([s.r, ethers.toBeHex(GROUP_ORDER - BigInt(s.s), 32), v(s.v)]),
      ],
      ["the other v", (s) => ethers.concat([s.r, s.s, v(55 - s.v)])],
      ["v of 0 or 1", (s) => ethers.concat([s.r, s.s, v(s.v - 27)])],
      ["r of zero", (s) => ethers.concat([ethers.ZeroHash, s.s, v(s.v)])],
      ["all zero", () => ethers.zeroPadBytes("0x", 65)],
      ["all ones", () => `0x${"ff".repeat(65)}`],
    ];
    for (const [name, alter] of malformed) {
      it(`are refused: ${name}`, async () => {
        const altered = alter(Signature.from(signature));
        expect(altered).to.not.equal(signature);
        const proof = encodeAsGiven([signer.address], [altered]);
        await refuse(proof, "InvalidSignature", [signer.address]);
      });
    }

    it("are refused if the digest was signed as a personal message", async () => {
      const personal = await signer.signMessage(ethers.getBytes(await digestOf(context, statement)));
      await refuse(encodeAsGiven([signer.address], [personal]), "InvalidSignature", [signer.address]);
    });

    it("are refused in the name of another attester", async () => {
      const other = context.attesters[2]!.address;
      await refuse(encodeAsGiven([other], [signature]), "InvalidSignature", [other]);
    });

    it("are refused from a key that is not an attester", async () => {
      const { mallory } = context;
      await refuse(await attest(context, statement, [mallory]), "NotAttester", [mallory.address]);
    });

    it("are refused for the zero address, to which an unrecoverable signature would recover", async () => {
      const { ZeroAddress } = ethers;
      await refuse(encodeAsGiven([ZeroAddress], ["0x"]), "NotAscending", [ZeroAddress, ZeroAddress]);
    });

    function v(value: number): string {
      return ethers.toBeHex(value, 1);
    }
  });

  describe("V2: of several keys", () => {
    it("are refused out of order", async () => {
      const signers = [context.attesters[1]!, context.attesters[0]!];
      const signatures = await Promise.all(signers.map((key) => signStatement(context, statement, key)));
      const [first, second] = signers.map(({ address }) => address);
      await refuse(encodeAsGiven([first!, second!], signatures), "NotAscending", [first, second]);
    });

    it("are refused from one signer twice", async () => {
      const { address } = signer;
      const proof = encodeAsGiven([address, address], [signature, signature]);
      await refuse(proof, "NotAscending", [address, address]);
    });

    it("are refused if one beyond the threshold is wrong", async () => {
      const [first, second] = context.attesters;
      const good = await signStatement(context, statement, first!);
      const proof = encodeAsGiven([first!.address, second!.address], [good, good]);
      await refuse(proof, "InvalidSignature", [second!.address]);
    });

    for (const [signers, signatures] of [
      [1, 2],
      [2, 1],
      [0, 1],
      [1, 0],
    ] as const) {
      it(`are refused if ${signatures} of them come with ${signers} signers`, async () => {
        const keys = context.attesters.slice(0, Math.max(signers, signatures));
        const all = await Promise.all(keys.map((key) => signStatement(context, statement, key)));
        const proof = encodeAsGiven(
          keys.slice(0, signers).map(({ address }) => address),
          all.slice(0, signatures),
        );
        await refuse(proof, "ValueMismatch", [field("signatures"), signatures, signers]);
      });
    }
  });

  describe("V2: of a key whose account has code", () => {
    /** The account delegates to code, as by EIP-7702, which would sign anything or nothing. */
    async function delegate(behaviour: bigint) {
      const { wallet } = context;
      await setCode(signer.address, (await wallet.getDeployedCode())!);
      const account = await ethers.getContractAt("ERC1271WalletMock", signer.address);
      await account.connect(context.relayer).setBehaviour(behaviour);
    }

    for (const [name, behaviour] of Object.entries(Behaviour).filter(([name]) => name !== "ACCEPT_ALL")) {
      it(`are accepted from the key, whatever the code does: ${name}`, async () => {
        await delegate(behaviour);
        await expectImproved(context, context.model, statement, encodeProof([{ signer: signer.address, signature }]));
      });
    }

    it("are accepted from the code as well", async () => {
      await delegate(Behaviour.SIGN);
      const word = await digestOf(context, statement);
      await expectImproved(context, context.model, statement, encodeAsGiven([signer.address], [word]));
    });
  });

  describe("V2: of a contract", () => {
    let account: string;

    beforeEach(async () => {
      account = await context.wallet.getAddress();
      signature = await digestOf(context, statement);
    });

    it("are accepted if it answers as ERC-1271 requires", async () => {
      await expectImproved(context, context.model, statement, encodeAsGiven([account], [signature]));
    });

    it("are refused if the contract refuses them", async () => {
      await refuse(encodeAsGiven([account], ["0x"]), "InvalidSignature", [account]);
      await refuse(encodeAsGiven([account], [ethers.id("something else")]), "InvalidSignature", [account]);
    });

    it("are accepted in any length", async () => {
      await context.wallet.setBehaviour(Behaviour.ACCEPT_ALL);
      for (const any of ["0x", `0x${"11".repeat(65)}`, `0x${"22".repeat(2_000)}`]) {
        const proof = encodeAsGiven([account], [any]);
        expect(await context.verifier.verifyAndCalculateReward(toCall(statement), proof)).to.be.above(0);
      }
    });

    for (const name of [
      "FAIL",
      "BURN_GAS",
      "DIRTY_WORD",
      "SHORT_ANSWER",
      "LONG_ANSWER",
      "NOTHING",
      "HUGE_ANSWER",
      "MEGABYTE_ANSWER",
    ] as const) {
      it(`are refused if its answer is invalid: ${name}`, async () => {
        await context.wallet.setBehaviour(Behaviour[name]);
        await refuse(encodeAsGiven([account], [signature]), "InvalidSignature", [account]);
      });
    }

    it("are checked with limited gas, however much there is", async () => {
      const { oracleAttestation, wallet, verifier } = context;
      expect(await oracleAttestation.ERC1271_GAS()).to.equal(ERC1271_GAS);
      await wallet.setBehaviour(Behaviour.REQUIRE_CAP);
      const proof = encodeAsGiven([account], [signature]);
      for (const gasLimit of [20n * ERC1271_GAS, 100n * ERC1271_GAS]) {
        expect(await verifier.verifyAndCalculateReward(toCall(statement), proof, { gasLimit })).to.be.above(0);
      }
    });

    for (const name of ["FAIL", "HUGE_ANSWER", "MEGABYTE_ANSWER"] as const) {
      it(`cost no more than the gas that the contract may use, whatever it answers: ${name} @uninstrumented`, async () => {
        const { oracleAttestation, wallet } = context;
        await wallet.setBehaviour(Behaviour[name]);
        const digest = await digestOf(context, statement);
        const proof = encodeAsGiven([account], [signature]);
        // A 64th stays with the caller. To copy 200,000 bytes would take 117,000 more.
        const gasLimit = BASE_GAS + (ERC1271_GAS * 64n) / 63n;
        await expect(
          oracleAttestation.verify(statement.evaluation, statement.attesterEpoch, digest, proof, { gasLimit }),
        )
          .to.be.revertedWithCustomError(oracleAttestation, "InvalidSignature")
          .withArgs(account);
      });
    }

    it("are refused if it tries to submit another statement meanwhile", async () => {
      const { verifier, attesters, model, wallet } = context;
      const other = { ...statement, evaluationId: ethers.id("other") };
      const otherProof = await attest(context, other, [attesters[0]!]);
      await wallet.reenter(
        verifier,
        verifier.interface.encodeFunctionData("processImprovement", [toCall(other), otherProof]),
      );
      await context.wallet.setBehaviour(Behaviour.REQUIRE_REENTRY);
      await refuse(encodeAsGiven([account], [signature]), "InvalidSignature", [account]);
      expect(await verifier.isUsed(model.id, other.evaluationId)).to.equal(false);
      // It would have been paid by itself.
      await expectImproved(context, model, other, otherProof);
    });

    it("become void when it is removed", async () => {
      const { oracleAttestation, guardian } = context;
      await oracleAttestation.connect(guardian).removeAttester(account);
      await refuse(encodeAsGiven([account], [signature]), "ValueMismatch", [field("attesterEpoch"), 1, 2]);
    });
  });
});
