// SPDX-License-Identifier: MIT
import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { id } from "ethers";
import hre from "hardhat";
import { healthy } from "../../scripts/dev/world/faultyRpc";
import { improve, registerModel } from "../../scripts/dev/world/improvements";
import { queuedBy, release, waitFor } from "../../scripts/dev/world/payouts";
import type { Tools } from "../sdk/statements/support";
import { deployMarkets, payer } from "./markets.support";
import { useApprovals } from "./approvals.support";
import { openService, useChain, useFolders } from "./support";

/** A fact of a checkpoint. */
interface Kept {
  readonly kind?: string;
  readonly block: number;
  readonly transaction: string;
  readonly name?: string;
}

describe("operator: what its duties keep of the chain @uninstrumented", () => {
  const chain = useChain();
  const folders = useFolders();
  const api = useApprovals();
  let tools: Tools;
  let facts: Record<string, Kept[]>;
  let last: Record<"improved" | "released" | "deposited" | "suspended", Kept>;
  let evaluationId: string;
  let model: string;

  beforeEach(async () => {
    const { tools: deployed, router } = await loadFixture(deployMarkets);
    tools = deployed;
    chain.rpc.policy = healthy;
    const placeOf = async (sending: { wait(): Promise<{ hash: string; blockNumber: number } | null> }) => {
      const { hash: transaction, blockNumber: block } = (await sending.wait())!;
      return { transaction, block };
    };
    const registered = await registerModel(tools, { modelId: "first" });
    const { transaction } = await improve(tools, registered);
    const payout = await queuedBy(tools, transaction);
    ({ evaluationId, model } = payout);
    const improved = await placeOf(transaction);
    await waitFor(tools, payout);
    const released = await placeOf(await release(tools, payout));
    const account = await hre.ethers.getSigner(payer.address);
    const deposited = await placeOf(await router.connect(account).depositFee(id("paid"), 1_000_000n));
    const role = id("DEPLOYER_ROLE");
    const suspended = await placeOf(await tools.tokenManager.connect(tools.guardian).suspendRole(role, tools.launcher));
    last = { improved, released, deposited, suspended };
    const { settle } = await openService(tools, chain, folders, {
      duties: ["admit", "distribute", "submit", "release", "fees"],
      approvals: { url: api.url, key: "hk_test_secret" },
    });
    await settle();
    const [file] = folders.names("state");
    ({ facts } = folders.json(`state/${file}`) as unknown as { facts: typeof facts });
  });
  const kindsOf = (name: string) => [...new Set(facts[name]?.map(({ kind }) => kind))].sort();

  it("is stored under the name of each subject, which a later process expects", () => {
    expect(Object.keys(facts).sort()).to.deep.equal([
      "deployers",
      "improvements",
      "models",
      `payments of ${payer.address}`,
      "payouts",
    ]);
  });

  it("is an improvement's place by its model and evaluation", () => {
    expect(facts["improvements"]).to.deep.equal([{ ...last.improved, key: `${model} ${evaluationId}` }]);
  });

  it("is each step of a model", () => {
    expect(kindsOf("models")).to.deep.equal(["created", "distribute", "pools", "registered"]);
    expect(facts["models"]!.filter(({ kind }) => kind === "created").map(({ name }) => name)).to.deep.equal([
      "credit-default",
      "paid",
      "other",
      "first",
    ]);
  });

  it("is each verifier, model, recorded improvement and its end", () => {
    expect(kindsOf("payouts")).to.deep.equal(["model", "over", "queued", "verifier"]);
    const { payeesHash, ...queued } = facts["payouts"]!.find(({ kind }) => kind === "queued") as Kept & {
      payeesHash: string;
    };
    expect(queued).to.deep.equal({ ...last.improved, kind: "queued", model, evaluationId });
    expect(payeesHash).to.match(/^0x[0-9a-f]{64}$/);
    expect(facts["payouts"]!.filter(({ kind }) => kind === "over")).to.deep.equal([
      { ...last.released, kind: "over", key: `${model} ${evaluationId}` },
    ]);
  });

  it("is each grant and loss of the deployer's role", () => {
    expect(kindsOf("deployers")).to.deep.equal(["granted", "revoked"]);
    expect(facts["deployers"]!.filter(({ kind }) => kind === "revoked")).to.deep.equal([
      { ...last.suspended, kind: "revoked", account: tools.launcher.address },
    ]);
  });

  it("is each deposit of the fee account, until its transaction is read", () => {
    expect(facts[`payments of ${payer.address}`]).to.deep.equal([{ ...last.deposited, kind: "deposit" }]);
  });
});
