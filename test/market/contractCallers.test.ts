import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import type { Interface } from "ethers";
import { ethers } from "hardhat";
import type { ERC1271WalletMock } from "../../.build/typechain";
import { roleId } from "../helpers/guarded.behavior";
import { buildPoolTerms } from "../../scripts/dev/world/models";
import { deployToken, registerModel } from "../../scripts/dev/world/protocol";
import { HOUR, TOKEN, USDC } from "../../scripts/dev/world/units";
import { FUNDS, modelBuy, modelSell, NO_DEADLINE, stateOf, tradingPool } from "./pool.support";

const AMOUNT = 100n * USDC;
const TOKENS = 1_000n * TOKEN;
const HASH = ethers.id("terms");

/** A contract that sends what mallory tells it to; alice, whose transactions these are not, holds tokens. */
async function withWallet() {
  const context = await tradingPool();
  const { reserveToken, pool } = context;
  const wallet = await ethers.deployContract("ERC1271WalletMock");
  await reserveToken.mint(wallet, FUNDS);
  await wallet.execute(reserveToken, reserveToken.interface.encodeFunctionData("approve", [pool.target, FUNDS]));
  return { ...context, wallet };
}

/** A model without a pool, whose governor is the wallet. */
async function withGovernor() {
  const context = await withWallet();
  const { registry, governor, wallet } = context;
  const waiting = await deployToken(context, { modelId: "waiting" });
  await registerModel(context, waiting.modelId);
  await registry.connect(governor).proposeGovernor(waiting.id, wallet);
  await wallet.execute(registry, registry.interface.encodeFunctionData("acceptGovernor", [waiting.id]));
  return { ...context, waiting };
}

describe("the market, called by contracts", () => {
  describe("HokusaiAMM", () => {
    let context: Awaited<ReturnType<typeof withWallet>>;

    beforeEach(async () => {
      context = await loadFixture(withWallet);
    });

    const send = (data: string) => context.wallet.connect(context.mallory).execute(context.pool, data);

    it("takes the reserve tokens of the contract that buys", async () => {
      const { pool, token, reserveToken, wallet, mallory } = context;
      const { tokensOut, after } = modelBuy(await stateOf(pool), AMOUNT);
      const transaction = send(pool.interface.encodeFunctionData("buy", [AMOUNT, 0, wallet.target, NO_DEADLINE]));
      await expect(transaction)
        .to.emit(pool, "Bought")
        .withArgs(wallet, wallet, AMOUNT, tokensOut, after.reserve, after.supply);
      await expect(transaction).to.changeTokenBalances(reserveToken, [wallet, mallory], [-AMOUNT, 0n]);
      expect(await token.balanceOf(wallet)).to.equal(tokensOut);
    });

    it("burns the tokens of the contract that sells", async () => {
      const { pool, token, reserveToken, wallet, alice, mallory } = context;
      await token.connect(alice).transfer(wallet, TOKENS);
      await token.connect(alice).transfer(mallory, TOKENS);
      const { reserveOut, after } = modelSell(await stateOf(pool), TOKENS);
      const transaction = send(pool.interface.encodeFunctionData("sell", [TOKENS, 0, wallet.target, NO_DEADLINE]));
      await expect(transaction)
        .to.emit(pool, "Sold")
        .withArgs(wallet, wallet, TOKENS, reserveOut, after.reserve, after.supply);
      await expect(transaction).to.changeTokenBalances(token, [wallet, mallory], [-TOKENS, 0n]);
      await expect(transaction).to.changeTokenBalance(reserveToken, wallet, reserveOut);
    });

    it("takes fees from the contract that deposits them", async () => {
      const { pool, reserveToken, wallet, mallory } = context;
      const transaction = send(pool.interface.encodeFunctionData("depositFees", [AMOUNT]));
      const { reserve } = await stateOf(pool);
      const at = BigInt(await time.latest());
      await expect(transaction)
        .to.emit(pool, "FeesDeposited")
        .withArgs(wallet, AMOUNT, AMOUNT, at + 24n * HOUR, reserve);
      await expect(transaction).to.changeTokenBalances(reserveToken, [wallet, mallory], [-AMOUNT, 0n]);
    });
  });

  describe("HokusaiAMMFactory", () => {
    let context: Awaited<ReturnType<typeof withGovernor>>;

    beforeEach(async () => {
      context = await loadFixture(withGovernor);
    });

    /** What the wallet does for whoever signs. */
    const by = (wallet: ERC1271WalletMock, signer = context.mallory) => ({
      setPoolTerms: () =>
        wallet.connect(signer).execute(context.factory, encode("setPoolTerms", [context.waiting.id, HASH])),
      createPool: () =>
        wallet
          .connect(signer)
          .execute(context.factory, encode("createPool", [context.waiting.modelId, context.waiting.token.target])),
      createPoolWithParams: () =>
        wallet
          .connect(signer)
          .execute(
            context.factory,
            encode("createPoolWithParams", [
              context.waiting.modelId,
              context.waiting.token.target,
              ...Object.values(buildPoolTerms()),
            ]),
          ),
      pauseBuys: () => wallet.connect(signer).execute(context.factory, encode("pauseBuys", [context.id, HOUR])),
      resumeBuys: () => wallet.connect(signer).execute(context.factory, encode("resumeBuys", [context.id])),
      setTreasury: () =>
        wallet.connect(signer).execute(context.factory, encode("setTreasury", [context.mallory.address])),
    });

    const encode = (name: string, args: readonly unknown[]) =>
      (context.factory.interface as Interface).encodeFunctionData(name, args);

    it("lets a governor that is a contract fix terms, whoever signs", async () => {
      const { factory, wallet, waiting } = context;
      await expect(by(wallet).setPoolTerms())
        .to.emit(factory, "PoolTermsFixed")
        .withArgs(waiting.id, ethers.ZeroHash, HASH, 1);
    });

    it("lets a pool creator that is a contract create a pool, whoever signs", async () => {
      const { registry, factory, admin, wallet } = context;
      await registry.connect(admin).grantRole(roleId("POOL_CREATOR_ROLE"), wallet);
      await expect(by(wallet).createPool()).to.emit(factory, "PoolCreated");
    });

    it("lets a guardian that is a contract pause buys, whoever signs, and names it in the event", async () => {
      const { registry, factory, admin, wallet, id } = context;
      await registry.connect(admin).grantRole(roleId("GUARDIAN_ROLE"), wallet);
      const transaction = by(wallet).pauseBuys();
      await transaction;
      const until = BigInt(await time.latest()) + HOUR;
      await expect(transaction)
        .to.emit(factory, "BuysPaused")
        .withArgs(id, until, until + 5n * HOUR, wallet);
    });

    it("gives a contract none of the powers of whoever signs for it", async () => {
      const { registry, factory, poolCreator, guardian, admin, governor, waiting } = context;
      const stranger = await ethers.deployContract("ERC1271WalletMock");
      const refused = { interface: registry.interface };
      for (const [signer, name, role] of [
        [poolCreator, "createPool", "POOL_CREATOR_ROLE"],
        [poolCreator, "createPoolWithParams", "POOL_CREATOR_ROLE"],
        [guardian, "pauseBuys", "GUARDIAN_ROLE"],
        [admin, "resumeBuys", "DEFAULT_ADMIN_ROLE"],
        [admin, "setTreasury", "DEFAULT_ADMIN_ROLE"],
      ] as const) {
        await expect(by(stranger, signer)[name]())
          .to.be.revertedWithCustomError(refused, "AccessControlUnauthorizedAccount")
          .withArgs(stranger, roleId(role));
      }
      await expect(by(stranger, governor).setPoolTerms())
        .to.be.revertedWithCustomError(factory, "UnauthorizedCaller")
        .withArgs(stranger, await registry.governorOf(waiting.id));
    });
  });
});
