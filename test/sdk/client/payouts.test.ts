import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { concat, ZeroHash } from "ethers";
import hre, { ethers } from "hardhat";
import { readPayouts, releaseCall, returnCall } from "../../../sdk/client/payouts";
import { OPEN_STOP, type PayoutStatus } from "../../../sdk/state/payouts";
import {
  deployImprovements,
  deployVerifier,
  improve,
  type Improvements,
} from "../../../scripts/dev/world/improvements";
import { queuedBy } from "../../../scripts/dev/world/payouts";
import { DAY } from "../../../scripts/dev/world/units";

const DELAY = 2n * DAY;

/** Code of a contract that logs what it is told: four topics, then the data. */
const TELLER = "0x601a600c600039601a6000f3606035604035602035600035608036038060806000376000a400";

describe("Payouts read from logs", () => {
  async function read({ registry }: Improvements, model?: string) {
    return readPayouts(hre, registry, { from: 0, to: await ethers.provider.getBlockNumber() }, model);
  }

  /** A protocol whose model was improved once. */
  async function queuedOnce() {
    const context = await deployImprovements();
    const { transaction } = await improve(context, context.model);
    const { reward, ...queued } = await queuedBy(context, transaction);
    return { ...context, queued: { ...queued, reward, baselineScore: 7_494n, candidateScore: 7_594n } };
  }

  async function statuses(context: Improvements): Promise<PayoutStatus[]> {
    return (await read(context)).map(({ status }) => status);
  }

  it("wait, are due and then released, with all that the release takes", async () => {
    const context = await loadFixture(queuedOnce);
    const { queued, model, tokenManager, relayer } = context;
    const releasableFrom = queued.queuedAt + DELAY;
    expect(await read(context, model.id)).to.deep.equal([{ ...queued, status: "waits", releasableFrom }]);
    expect(await read(context, ZeroHash)).to.deep.equal([]);

    await time.increaseTo(releasableFrom - 1n);
    expect(await statuses(context)).to.deep.equal(["waits"]);
    await time.increaseTo(releasableFrom);
    expect(await statuses(context)).to.deep.equal(["due"]);
    const [payout] = await read(context);
    await tokenManager.connect(relayer).releasePayout(...releaseCall(payout!));
    expect(await statuses(context)).to.deep.equal(["released"]);
    expect(await model.token.rewardsMinted()).to.equal(queued.reward);
  });

  it("are stopped, void and then returned", async () => {
    const context = await loadFixture(queuedOnce);
    const { queued, registry, guardian, admin, relayer } = context;
    await registry.connect(guardian).stopPayouts(queued.method, queued.queuedAt);
    expect((await registry.payoutStopOf(queued.method)).until).to.equal(OPEN_STOP);
    expect(await statuses(context)).to.deep.equal(["stopped"]);
    await registry.connect(admin).voidPayouts(queued.method, queued.queuedAt, OPEN_STOP);
    const [payout] = await read(context);
    expect(payout!.status).to.equal("void");
    await registry.connect(relayer).returnVoided(...returnCall(payout!));
    expect(await statuses(context)).to.deep.equal(["returned"]);
  });

  it("include those of every verifier, present and former", async () => {
    const context = await loadFixture(queuedOnce);
    const { registry, admin, model } = context;
    const verifier = await deployVerifier(context);
    await registry.connect(admin).setVerifier(verifier);
    const { transaction } = await improve({ ...context, verifier }, model);
    const later = await queuedBy({ verifier }, transaction);
    const payouts = await read(context, model.id);
    expect(payouts.map(({ evaluationId }) => evaluationId)).to.deep.equal([
      context.queued.evaluationId,
      later.evaluationId,
    ]);
    expect(payouts.map(({ status }) => status)).to.deep.equal(["waits", "waits"]);
  });

  it("do not include what a hostile verifier logs about another one's payout", async () => {
    const context = await loadFixture(queuedOnce);
    const { queued, registry, admin, verifier, mallory } = context;
    const deployed = await mallory.sendTransaction({ data: TELLER });
    const hostile = (await deployed.wait())!.contractAddress!;
    const former = await verifier.getAddress();
    await registry.connect(admin).setVerifier(hostile);
    const { model, evaluationId, method, reward } = queued;
    const { topics, data } = verifier.interface.encodeEventLog("PayoutQueued", [
      ...[model, evaluationId, method, 7_494n, 7_594n, reward, ZeroHash, ZeroHash, [mallory.address], [reward]],
    ]);
    await mallory.sendTransaction({ to: hostile, data: concat([...topics, data]) });
    expect(await registry.verifier()).to.not.equal(former);

    expect((await read(context)).map(({ accounts }) => accounts)).to.deep.equal([queued.accounts]);
  });
});
