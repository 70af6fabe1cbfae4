// SPDX-License-Identifier: MIT
// What messages say about nodes that fail, transactions that revert, and files that cannot be used.

import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { makeError, type Provider, type Signer } from "ethers";
import { ethers } from "hardhat";
import { Problem } from "../../../sdk/base/problem";
import { releaseCall } from "../../../sdk/client/payouts";
import { claim } from "../../../sdk/statements/claim";
import { readMethod } from "../../../sdk/statements/method";
import { describe as describeReview, requireAcceptable } from "../../../sdk/statements/review";
import { submit } from "../../../sdk/statements/submit";
import { BASELINE } from "../../../scripts/dev/world/improvements";
import {
  attesterKeys,
  buildContributors,
  buildMeasured,
  deployTools,
  expectProblem,
  MODEL,
  proposed,
  signedBy,
  type Tools,
} from "./support";

const [first, second] = attesterKeys;

/** The relayer on a node whose receipts say that the transaction reverted. */
async function unlucky({ relayer }: Tools): Promise<Signer> {
  const receipt = { status: 0, blockNumber: (await ethers.provider.getBlockNumber()) + 1 };
  const provider: Provider = Object.create(ethers.provider, {
    getTransactionReceipt: { value: () => Promise.resolve(receipt) },
  });
  return Object.create(relayer, { provider: { value: provider } }) as Signer;
}

const REVERTED = "transaction 0x\\w{64} reverted in block \\d+; the same call now succeeds\\.$";

describe("Failures", () => {
  describe("of a transaction that succeeded when it was simulated", () => {
    it("are reported as the submission's", async () => {
      const tools = await loadFixture(deployTools);
      const bundle = await signedBy(tools, (await proposed(tools)).bundle, first!, second!);

      await expect(submit(tools.chain, bundle, await unlucky(tools))).to.be.rejectedWith(
        Problem,
        new RegExp(`^submit: ${REVERTED}`),
      );
    });

    it("are reported as the claim's", async () => {
      const tools = await loadFixture(deployTools);
      const { chain, relayer, registry, tokenManager } = tools;
      const { bundle, claims } = await proposed(tools, { contributors: buildContributors(65) });
      const { payout } = await submit(chain, await signedBy(tools, bundle, first!, second!), relayer);
      await time.increaseTo(payout.queuedAt + (await registry.payoutDelay()));
      await tokenManager.connect(relayer).releasePayout(...releaseCall(payout));
      const files = [{ name: "claims.json", claims: claims! }];

      await expect(claim(chain, files, await unlucky(tools), { fromBlock: 0 })).to.be.rejectedWith(
        Problem,
        new RegExp(`^claim: ${REVERTED}`),
      );
    });
  });

  describe("of a node that is asked for a method", () => {
    /** Reads a method from a node that fails in this way. */
    async function readFrom(failure: Error): Promise<unknown> {
      const { chain, oracleAttestation } = await loadFixture(deployTools);
      const provider: Provider = Object.create(ethers.provider, { call: { value: () => Promise.reject(failure) } });
      const access = { ...chain.access, ethers: { provider } };
      return readMethod(access, MODEL, await oracleAttestation.getAddress());
    }

    it("are passed on if they only look like a revert", async () => {
      const error = { code: 429, message: "Too Many Requests" };
      const busy = makeError("missing revert data", "UNKNOWN_ERROR", { error } as never);

      await expect(readFrom(busy)).to.be.rejectedWith("missing revert data");
    });

    it("are passed on if they say nothing about the contract", async () => {
      await expect(readFrom(new Error("out of memory"))).to.be.rejectedWith("out of memory");
    });
  });

  describe("of a list of contributors", () => {
    it("are reported as the contributors' for a root", async () => {
      const tools = await loadFixture(deployTools);
      const [one, ...others] = buildContributors(65);

      await expectProblem(
        () => proposed(tools, { contributors: [{ ...one!, weight: 0n }, ...others] }),
        `the contributors: weight of contributor ${one!.account} is 0, expected a positive integer.`,
      );
    });

    it("are reported as the claims file's in a review", async () => {
      const tools = await loadFixture(deployTools);
      const { bundle, claims } = await proposed(tools, { contributors: buildContributors(65) });
      const review = await requireAcceptable(tools.chain, bundle);

      await expectProblem(
        () => describeReview(tools.chain, review, { ...claims!, contributors: [] }),
        "the claims file: contributors are none, expected at least one.",
      );
    });
  });

  it("of a statement above the daily limit carry the chain's figures, for programs", async () => {
    const tools = await loadFixture(deployTools);
    const measured = await buildMeasured(tools, { candidateScore: BASELINE + 1_001n });
    const thrown: unknown = await proposed(tools, { measured }).catch((error: unknown) => error);

    expect(thrown).to.be.instanceOf(Problem);
    const { revert } = thrown as Problem;
    expect(revert?.name).to.equal("DailyLimitExceeded");
    expect(revert?.args).to.include({ deltaBps: "1001", remainingBps: "1000", limitBps: "1000" });
  });
});
