// SPDX-License-Identifier: MIT
// Which attestations of a bundle are sent, if an attester is a contract.

import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import type { Provider, TransactionRequest } from "ethers";
import { ethers } from "hardhat";
import { readModel } from "../../../sdk/client/connect";
import { encodeProof, hashStatement, statementDomain, toCall } from "../../../sdk/schemas/statement";
import { encodeFor, selectValid } from "../../../sdk/statements/method";
import { describe as describeReview, requireAcceptable } from "../../../sdk/statements/review";
import { attesterKeys, deployTools, MODEL, proposed, signedBy } from "./support";

const [first, second, third] = attesterKeys;
const REVERTS = 2n;

/** A statement with two keys' attestations, which are enough, and that of a contract. */
async function signedByContract() {
  const tools = await deployTools();
  const { chain, oracleAttestation, admin } = tools;
  const wallet = await ethers.deployContract("ERC1271WalletMock");
  const signer = await wallet.getAddress();
  await oracleAttestation.connect(admin).addAttester(signer);
  const { bundle } = await proposed(tools);
  const signature = hashStatement(statementDomain(BigInt(bundle.chainId), bundle.verifier), toCall(bundle.statement));
  const keys = (await signedBy(tools, bundle, first!, third!)).attestations;
  const { method } = await readModel(chain, MODEL);
  return { ...tools, wallet, bundle, keys, method, attestation: { signer, signature } };
}

describe("Attestations", () => {
  describe("of a contract, besides those that are needed", () => {
    it("are sent if the contract confirms them", async () => {
      const { chain, method, bundle, keys, attestation } = await loadFixture(signedByContract);
      const whole = { ...bundle, attestations: [...keys, attestation] };

      expect(await selectValid(chain.access, method, whole)).to.deep.equal({ bundle: whole, leftOut: [] });
    });

    const refused = { signer: "", reason: "has not signed this statement" };

    it("are left out if the contract confirms another statement only", async () => {
      const { chain, method, bundle, keys, attestation } = await loadFixture(signedByContract);
      const other = { ...attestation, signature: ethers.id("another statement") };

      expect(await selectValid(chain.access, method, { ...bundle, attestations: [...keys, other] })).to.deep.equal({
        bundle: { ...bundle, attestations: keys },
        leftOut: [{ ...refused, signer: attestation.signer }],
      });
    });

    it("are left out if the contract reverts", async () => {
      const { chain, method, bundle, keys, attestation, wallet } = await loadFixture(signedByContract);
      await wallet.setBehaviour(REVERTS);

      expect(
        await selectValid(chain.access, method, { ...bundle, attestations: [...keys, attestation] }),
      ).to.deep.equal({
        bundle: { ...bundle, attestations: keys },
        leftOut: [{ ...refused, signer: attestation.signer }],
      });
    });

    it("are not left out because the node does not answer", async () => {
      const { chain, method, bundle, keys, attestation } = await loadFixture(signedByContract);
      const call = (request: TransactionRequest) =>
        request.to === attestation.signer ? Promise.reject(new Error("timeout")) : ethers.provider.call(request);
      const provider: Provider = Object.create(ethers.provider, { call: { value: call } });
      const whole = { ...bundle, attestations: [...keys, attestation] };

      await expect(selectValid({ ...chain.access, ethers: { provider } }, method, whole)).to.be.rejectedWith("timeout");
    });
  });

  it("are those of the lowest signers if there are more than needed, whatever their order", async () => {
    const tools = await loadFixture(deployTools);
    const { method } = await readModel(tools.chain, MODEL);
    const { bundle } = await proposed(tools);
    const { attestations } = await signedBy(tools, bundle, first!, second!, third!);

    const lowest = encodeProof(attestations.slice(0, 2));
    expect(encodeFor(method, { ...bundle, attestations })).to.equal(lowest);
    expect(encodeFor(method, { ...bundle, attestations: [...attestations].reverse() })).to.equal(lowest);
  });

  it("are listed with their signers in the review", async () => {
    const tools = await loadFixture(deployTools);
    const bundle = await signedBy(tools, (await proposed(tools)).bundle, first!, second!);
    const rows = await describeReview(tools.chain, await requireAcceptable(tools.chain, bundle));

    expect(rows).to.include(`  signed by        ${first!.address}, ${second!.address}`);
  });
});
