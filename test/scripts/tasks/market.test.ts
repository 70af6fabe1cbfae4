// SPDX-License-Identifier: MIT
// Tasks that trade, pay usage fees and change parameters, on a model that is launched.

import { expect } from "chai";
import { Contract, id, parseEther, parseUnits } from "ethers";
import { formatTime } from "../../../sdk/base/units";
import { rpc } from "../../../scripts/dev/world/process";
import { type TaskCall } from "../../helpers/tasks";
import { DAY } from "../../../scripts/dev/world/units";
import { GOVERNOR, INVESTOR, LAUNCH, MODEL, useTaskChain } from "./support";

describe("tasks of a market @uninstrumented", () => {
  let pool: Contract;
  let token: Contract;
  let reserve: Contract;
  let from: string;

  const chain = useTaskChain(async (prepared) => {
    const launched = await prepared.documents(...LAUNCH);
    from = await prepared.accountOf(INVESTOR);
    pool = await prepared.contractAt("HokusaiAMM", launched[3]!.model.pool!, INVESTOR);
    token = await prepared.contractAt("ModelToken", launched[0]!.model.token!, INVESTOR);
    reserve = await prepared.contractAt("ReserveTokenMock", prepared.addresses.ReserveToken!, INVESTOR);
    await prepared.send(reserve, "mint", from, parseUnits("10000", 6));
  });
  const run = (...calls: readonly TaskCall[]) => chain().run(...calls);
  const documents = (...calls: readonly TaskCall[]) => chain().documents(...calls);

  const view = (contract: Contract, name: string, ...args: unknown[]) =>
    contract.getFunction(name)(...args) as Promise<bigint>;

  it("pool:buy spends exactly the USDC at the quoted price, and leaves no allowance", async () => {
    const paid = parseUnits("100.5", 6);
    const [quoted, bought] = await documents(
      ["pool:quote", { id: MODEL, usdc: "100.5" }],
      ["pool:buy", { id: MODEL, usdc: "100.5", slippageBps: "0", from }],
    );
    const trade = bought!.trade as Record<string, string>;

    expect(quoted).to.deep.include({ side: "buy", reserve: String(paid), tokens: trade.tokens });
    expect(quoted!.impactBps).to.equal(trade.impactBps);
    expect(quoted!.steps).to.deep.equal([]);
    expect(bought!.steps.map(({ name }) => name)).to.deep.equal(["approve", "buy"]);
    expect(await view(token, "balanceOf", from)).to.equal(BigInt(trade.tokens!));
    expect(await view(reserve, "balanceOf", from)).to.equal(parseUnits("10000", 6) - paid);
    expect(await view(reserve, "allowance", from, pool)).to.equal(0n);
    expect(await view(pool, "spotPrice")).to.equal(BigInt(trade.priceAfter!));
  });

  it("pool:buy buys exactly the tokens for at most the maximum, and is refused one unit below the price", async () => {
    const [quoted] = await documents(["pool:quote", { id: MODEL, tokens: "1000" }]);
    const cost = BigInt(quoted!.reserve as string);
    const max = (units: bigint) => `${units / 1_000_000n}.${String(units % 1_000_000n).padStart(6, "0")}`;
    const [tooLittle] = await run(["pool:buy", { id: MODEL, tokens: "1000", max: max(cost - 1n), from }]);
    const [bought] = await documents(["pool:buy", { id: MODEL, tokens: "1000", max: max(cost), from }]);

    expect(tooLittle!.code).to.equal(1);
    expect(tooLittle!.stderr).to.match(/\npool:buy: [^\n]+ \(\w+: [^\n]+\)\. [^\n]+\n$/);
    expect((bought!.trade as Record<string, string>).tokens).to.equal(String(parseEther("1000")));
    expect((bought!.trade as Record<string, string>).reserve).to.equal(String(cost));
  });

  it("pool:buy is refused if it would buy fewer tokens than the minimum", async () => {
    const [outcome] = await run(["pool:buy", { id: MODEL, usdc: "100", min: "1000000", from }]);

    expect(outcome!.code).to.equal(1);
    expect(outcome!.stderr).to.match(/\npool:buy: [^\n]+ \(\w+: [^\n]+\)\. [^\n]+\n$/);
    expect(await view(token, "balanceOf", from)).to.equal(0n);
  });

  it("pool:buy refuses a buyer without enough USDC, and sends nothing", async () => {
    const block = await chain().provider.getBlockNumber();
    const [outcome] = await run(["pool:buy", { id: MODEL, usdc: "10001", from }]);

    expect(outcome).to.deep.equal({
      code: 1,
      stdout: "",
      stderr: `pool:buy: ${from} has 10,000 USDC, expected at least 10,001: send it some; nothing was sent.\n`,
    });
    expect(await chain().provider.getBlockNumber()).to.equal(block);
  });

  it("pool:sell names the opening time while selling is closed, and sells at the quoted price afterwards", async () => {
    const [, early] = await run(
      ["pool:buy", { id: MODEL, usdc: "100", from }],
      ["pool:sell", { id: MODEL, tokens: "5000", from }],
    );
    const opens = await view(pool, "sellsOpenAt");
    await rpc(chain().node.url, "evm_setNextBlockTimestamp", [Number(opens)]);
    await rpc(chain().node.url, "evm_mine");
    const before = await view(reserve, "balanceOf", from);
    const [quoted, sold] = await documents(
      ["pool:quote", { id: MODEL, sell: "5000" }],
      ["pool:sell", { id: MODEL, tokens: "5000", from }],
    );

    expect(early!.code).to.equal(1);
    expect(early!.stderr).to.contain(
      `(SellsNotOpen: opensAt ${formatTime(BigInt(opens as bigint))}). Sell from \`opensAt\`.`,
    );
    expect((sold!.trade as Record<string, string>).reserve).to.equal(quoted!.reserve);
    expect(await view(reserve, "balanceOf", from)).to.equal(before + BigInt(quoted!.reserve as string));
  });

  it("fees:deposit splits the fee by the model's share, and leaves no allowance", async () => {
    const [document] = await documents(["fees:deposit", { id: MODEL, usdc: "200", from }]);
    const { infrastructureAccrualBps } = await (
      await chain().contractAt("ModelRegistry", chain().addresses.ModelRegistry!, 0)
    ).getFunction("parametersOf")(id(MODEL));
    const infrastructure = (parseUnits("200", 6) * BigInt(infrastructureAccrualBps)) / 10_000n;

    expect(document).to.deep.include({
      fees: String(parseUnits("200", 6)),
      infrastructure: String(infrastructure),
      streamed: String(parseUnits("200", 6) - infrastructure),
    });
    expect(await view(pool, "streamEnd")).to.equal(BigInt(document!.streamEnd as string));
    expect(await view(reserve, "allowance", from, chain().addresses.UsageFeeRouter)).to.equal(0n);
  });

  it("params:propose changes a parameter as the governor, and states when it takes effect", async () => {
    const [rate, share, shown] = await documents(
      ["params:propose", { id: MODEL, tokensPerDeltaOne: "90000" }],
      ["params:propose", { id: MODEL, infrastructureAccrualBps: "1000" }],
      ["model:show", { id: MODEL }],
    );
    const change = rate!.change as Record<string, string>;
    const { blockNumber } = (await chain().provider.getTransactionReceipt(rate!.steps[0]!.hash))!;
    const { timestamp } = (await chain().provider.getBlock(blockNumber))!;

    expect(change).to.deep.equal({
      parameter: "tokensPerDeltaOne",
      before: String(parseEther("100000")),
      after: String(parseEther("90000")),
      effectiveAt: String(BigInt(timestamp) + 2n * DAY),
    });
    expect(share!.change).to.not.have.property("effectiveAt");
    expect(shown!.pending).to.deep.equal([
      { parameter: "tokensPerDeltaOne", value: change.after, effectiveAt: change.effectiveAt },
    ]);
    expect(shown!.parameters).to.deep.include({
      tokensPerDeltaOne: change.before,
      infrastructureAccrualBps: "1000",
    });
    expect(rate!.model.governor).to.equal(await chain().accountOf(GOVERNOR));
  });

  it("model:show describes a model in text", async () => {
    const [outcome] = await run(["model:show", { id: MODEL }]);

    expect(outcome!.code).to.equal(0);
    expect(outcome!.stdout).to.match(/^Sentiment Model is DEPLOYED\n/);
    expect(outcome!.stdout).to.match(/supplier +400,000 +400,000 +0\n/);
    expect(outcome!.stdout).to.match(/price now +0\.01\n/);
    expect(outcome!.stdout).to.match(/tokensPerDeltaOne +100,000 tokens/);
  });
});
