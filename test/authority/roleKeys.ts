import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import type { BaseContract } from "ethers";
import { ethers } from "hardhat";
import { roleId } from "../helpers/guarded.behavior";
import { DAILY_LIMIT, RATE } from "../../scripts/dev/world/improvements";
import {
  buildBenchmark,
  buildModel,
  buildPoolTerms,
  MethodAccess,
  modelIdOf,
  Parameter,
  type PoolTerms,
} from "../../scripts/dev/world/models";
import { OPEN, queuedBy, release, waitFor } from "../../scripts/dev/world/payouts";
import { argumentsOf } from "../../scripts/dev/world/protocol";
import { DAY, field, MAX_UINT256, TOKEN, USDC } from "../../scripts/dev/world/units";
import { LIVE, PROPOSED, REGISTERED, type World } from "./authority.fixture";
import { forge, INVOICE, MINIMUM, refused, type Row } from "./keys.support";

/** Keys of roles, of models, and of the deployment. */
export const ROLE_KEYS: Readonly<Record<string, Row>> = {
  guardian: {
    can: {
      "pause buys, launches and improvements for seven days at a stretch": async (world) => {
        const { registry, tokenManager, factory, pool, keys, model, holder } = world;
        const firstUntil = BigInt(await time.latest()) + 1n + 7n * DAY;
        await time.setNextBlockTimestamp(firstUntil - 7n * DAY);
        await factory.connect(keys.guardian).pauseBuys(model.id, 7n * DAY);
        await time.setNextBlockTimestamp(firstUntil - 7n * DAY + 1n);
        await tokenManager.connect(keys.guardian).pauseLaunches(7n * DAY);
        await time.setNextBlockTimestamp(firstUntil - 7n * DAY + 2n);
        await registry.connect(keys.guardian).pauseSubmissions(7n * DAY);
        await time.increase(7n * DAY - 10n);
        await refused(pool.connect(holder).buy(USDC, 0, holder, MAX_UINT256), pool, "Paused", firstUntil);
        await refused(deployToken(world, "free-id"), tokenManager, "Paused", firstUntil + 1n);
        await refused(forge(world, MINIMUM), registry, "Paused", firstUntil + 2n);
      },
      "extend a pause beyond seven days, as the budget refills while it runs": async (world) => {
        const { factory, pool, keys, model, holder } = world;
        const asGuardian = factory.connect(keys.guardian);
        await asGuardian.pauseBuys(model.id, 604_800n);
        const end = BigInt(await time.latest()) + 604_800n;
        await time.setNextBlockTimestamp(end - 1n);
        const more = asGuardian.pauseBuys.staticCall(model.id, 100_801n, { blockTag: "pending" });
        await refused(more, factory, "OutOfRange", field("duration"), 100_801n, 2, 100_800n);
        await asGuardian.pauseBuys(model.id, 100_800n);
        const buy = pool.connect(holder).buy(USDC, 0, holder, MAX_UINT256);
        await refused(buy, pool, "Paused", end - 1n + 100_800n);
      },
      "stop payouts until the admin lifts the stop, repeatedly": async (world) => {
        const { registry, keys, waiting } = world;
        for (let i = 0; i < 2; i++) {
          await registry.connect(keys.guardian).stopPayouts(waiting.method, 1);
          await time.increase(30n * DAY);
          await refused(release(world, waiting), registry, "PayoutIsStopped", waiting.method, 1, OPEN);
          await registry.connect(keys.admin).liftPayoutStop(waiting.method);
        }
        await release(world, waiting);
      },
      "leave only the dishonest attesters, whose payouts can still be stopped": async (world) => {
        const { oracleAttestation, keys, attesters } = world;
        await oracleAttestation.connect(keys.guardian).removeAttester(attesters[2]!); // the honest one
        expect(await oracleAttestation.attesterCount()).to.equal(await oracleAttestation.threshold());
        const queued = await queuedBy(world, await forge(world, DAILY_LIMIT));
        await world.registry.connect(keys.guardian).stopPayouts(queued.method, queued.queuedAt);
        await waitFor(world, queued);
        const [since] = await world.registry.payoutStopOf(queued.method); // that of an earlier stop
        const stop = [queued.method, since, OPEN] as const;
        await refused(release(world, queued), world.registry, "PayoutIsStopped", ...stop);
      },
      "revoke operational roles, pending changes and approvals of payees": async ({
        registry,
        keys,
        model,
        infrastructureReserve,
        ...world
      }) => {
        await registry.connect(keys.guardian).suspendRole(roleId("PAYER_ROLE"), keys.payer);
        expect(await registry.hasRole(roleId("PAYER_ROLE"), keys.payer)).to.equal(false);
        await registry.connect(keys.guardian).cancelChange(model.id, Parameter.TOKENS_PER_DELTA_ONE);
        await infrastructureReserve.connect(keys.guardian).revokePayee(model.id, world.payee);
        expect(await infrastructureReserve.payableFrom(model.id, world.payee)).to.equal(0);
      },
    },
    cannot: {
      "G1: pause for longer than its budget": async ({ factory, keys, model }) => {
        const asGuardian = factory.connect(keys.guardian);
        const long = asGuardian.pauseBuys(model.id, 7n * DAY + 1n);
        await refused(long, factory, "OutOfRange", field("duration"), 7n * DAY + 1n, 1, 7n * DAY);
        await asGuardian.pauseBuys(model.id, 7n * DAY);
        await time.increase(7n * DAY - 1n);
        const again = asGuardian.pauseBuys(model.id, 7n * DAY);
        await refused(again, factory, "OutOfRange", field("duration"), 7n * DAY, 1, (7n * DAY) / 6n);
      },
      "end a pause, lift a stop or make a payout void": async ({
        registry,
        tokenManager,
        factory,
        keys,
        model,
        waiting,
      }) => {
        const args = [keys.guardian.address, roleId("DEFAULT_ADMIN_ROLE")];
        const denied = (call: Promise<unknown>, contract: BaseContract) =>
          refused(call, contract, "AccessControlUnauthorizedAccount", ...args);
        await denied(factory.connect(keys.guardian).resumeBuys(model.id), factory);
        await denied(tokenManager.connect(keys.guardian).resumeLaunches(), tokenManager);
        await denied(registry.connect(keys.guardian).resumeSubmissions(), registry);
        await denied(registry.connect(keys.guardian).liftPayoutStop(waiting.method), registry);
        await denied(registry.connect(keys.guardian).voidPayouts(waiting.method, 1, 2), registry);
      },
      "stop sales or transfers": async ({ factory, keys, model, pool, holder }) => {
        await factory.connect(keys.guardian).pauseBuys(model.id, 7n * DAY);
        await pool.connect(holder).sell(TOKEN, 0, holder, MAX_UINT256);
        await model.token.connect(holder).transfer(keys.attacker, TOKEN);
      },
      "leave fewer attesters than the threshold": async ({ oracleAttestation, keys, attesters }) => {
        await oracleAttestation.connect(keys.guardian).removeAttester(attesters[2]!);
        const call = oracleAttestation.connect(keys.guardian).removeAttester(attesters[1]!);
        await refused(call, oracleAttestation, "OutOfRange", field("threshold"), 2, 1, 1);
      },
    },
  },
  registrar: {
    can: {
      "commit a wrong benchmark, which the admin replaces": async ({ registry, keys, oracleAttestation }) => {
        const wrong = buildBenchmark(String(oracleAttestation.target), { specHash: ethers.id("wrong") });
        await registry.connect(keys.registrar).registerModel(modelIdOf(PROPOSED), wrong);
        const right = buildBenchmark(String(oracleAttestation.target));
        await registry.connect(keys.admin).replaceBenchmark(modelIdOf(PROPOSED), right);
        expect((await registry.benchmarkOf(modelIdOf(PROPOSED))).specHash).to.equal(right.specHash);
      },
    },
    cannot: {
      "M: use a method reserved for the admin": async ({ registry, keys }) => {
        await registry.connect(keys.admin).setMethodAccess(keys.attacker, MethodAccess.ADMIN);
        const call = registry
          .connect(keys.registrar)
          .registerModel(modelIdOf(PROPOSED), buildBenchmark(keys.attacker.address));
        await refused(call, registry, "MethodNotAllowed", keys.attacker.address, MethodAccess.ADMIN);
      },
      "change a committed benchmark": async ({ registry, keys, model, oracleAttestation }) => {
        const benchmark = buildBenchmark(String(oracleAttestation.target));
        const asRegistrar = registry.connect(keys.registrar);
        await refused(asRegistrar.registerModel(model.id, benchmark), registry, "WrongModelStatus", model.id, 3, 1);
        const role = roleId("DEFAULT_ADMIN_ROLE");
        const replace = asRegistrar.replaceBenchmark(model.id, benchmark);
        await refused(replace, registry, "AccessControlUnauthorizedAccount", keys.registrar.address, role);
      },
    },
  },
  "pool creator": {
    can: {
      "create a pool on the worst terms for ever: trade fee 10 %, crr 5 %, no sales for 30 days": async (world) => {
        const { factory, keys, tokens, usdc } = world;
        await createWorstPool(world);
        const pool = await ethers.getContractAt("HokusaiAMM", await factory.poolOf(modelIdOf(REGISTERED)));
        expect([await pool.tradeFee(), await pool.crr()]).to.deep.equal([1_000n, 50_000n]);
        await usdc.connect(keys.attacker).approve(pool, MAX_UINT256);
        await pool.connect(keys.attacker).buy(USDC, 0, keys.attacker, MAX_UINT256);
        const opensAt = await pool.sellsOpenAt();
        await time.setNextBlockTimestamp(opensAt - 1n);
        const sale = pool.connect(keys.attacker).sell(TOKEN, 0, keys.attacker, MAX_UINT256);
        await refused(sale, pool, "SellsNotOpen", opensAt);
        await refused(
          factory.connect(keys.poolCreator).createPool(REGISTERED, tokens.registered),
          ...([factory, "PoolAlreadyExists", modelIdOf(REGISTERED), pool.target] as const),
        );
      },
    },
    cannot: {
      "exceed the bounds": async (world) => {
        const { factory } = world;
        for (const [terms, name, value, min, max] of [
          [{ tradeFee: 1_001n }, "tradeFee", 1_001n, 0n, 1_000n],
          [{ crr: 49_999n }, "crr", 49_999n, 50_000n, 1_000_000n],
          [{ ibrDuration: 30n * DAY + 1n }, "ibrDuration", 30n * DAY + 1n, 0n, 30n * DAY],
        ] as const) {
          await refused(createWorstPool(world, terms), factory, "OutOfRange", field(name), value, min, max);
        }
      },
      "choose the terms once the governor has fixed them": async (world) => {
        const { factory, keys } = world;
        const fixed = ethers.id("fixed");
        await factory.connect(keys.governor).setPoolTerms(modelIdOf(REGISTERED), fixed);
        const worst = await factory.hashTerms(WORST_TERMS);
        await refused(createWorstPool(world), factory, "HashMismatch", field("termsHash"), worst, fixed);
      },
    },
  },
  distributor: {
    can: {
      "choose when a supplier allocation is minted": async ({ tokenManager, keys, model }) => {
        await tokenManager.connect(keys.distributor).distributeModelSupplierAllocation(LIVE);
        expect(await model.token.balanceOf(keys.owner)).to.equal(await model.token.supplierAllocation());
      },
    },
    cannot: {
      "mint a supplier allocation twice, or before the model is registered": async ({ tokenManager, keys, model }) => {
        const asDistributor = tokenManager.connect(keys.distributor);
        await asDistributor.distributeModelSupplierAllocation(LIVE);
        const again = asDistributor.distributeModelSupplierAllocation(LIVE);
        await expect(again).to.be.revertedWithCustomError(model.token, "SupplierAlreadyMinted");
        const early = asDistributor.distributeModelSupplierAllocation(PROPOSED);
        await refused(early, tokenManager, "WrongModelStatus", modelIdOf(PROPOSED), 1, 2);
      },
    },
  },
  "operator, deployers": {
    can: {
      "deploy useless tokens and so occupy model ids": async (world) => {
        await expect(deployToken(world, "free-id")).to.emit(world.tokenManager, "TokenDeployed");
      },
      "give DEPLOYER_ROLE back at once to an account that a guardian suspended, which the admin cannot": async ({
        tokenManager,
        keys,
      }) => {
        const role = roleId("DEPLOYER_ROLE");
        await tokenManager.connect(keys.guardian).suspendRole(role, keys.launcher);
        const byAdmin = tokenManager.connect(keys.admin).grantRole(role, keys.launcher);
        const needed = [keys.admin.address, roleId("OPERATOR_ROLE")];
        await refused(byAdmin, tokenManager, "AccessControlUnauthorizedAccount", ...needed);
        await tokenManager.connect(keys.operator).grantRole(role, keys.launcher);
        expect(await tokenManager.hasRole(role, keys.launcher)).to.equal(true);
      },
    },
    cannot: {
      "deploy a second token for an existing model": async (world) => {
        await expect(deployToken(world, LIVE)).to.be.revertedWith("Token already deployed for this model");
      },
      "grant any other role": async ({ tokenManager, keys }) => {
        const call = tokenManager.connect(keys.operator).grantRole(roleId("DISTRIBUTOR_ROLE"), keys.attacker);
        const needed = [keys.operator.address, roleId("DEFAULT_ADMIN_ROLE")];
        await refused(call, tokenManager, "AccessControlUnauthorizedAccount", ...needed);
      },
    },
  },
  payer: {
    can: {
      "pay an approved payee all that a model has accrued": async ({ infrastructureReserve, keys, model, payee }) => {
        const all = await infrastructureReserve.balanceOf(model.id);
        await infrastructureReserve.connect(keys.payer).pay(model.id, payee, all, ethers.id("early"));
        expect(await infrastructureReserve.balanceOf(model.id)).to.equal(0);
      },
      "use up the hash of another model's invoice by paying one unit under it": async ({
        infrastructureReserve,
        keys,
        model,
        payee,
      }) => {
        await infrastructureReserve.connect(keys.payer).pay(model.id, payee, 1, INVOICE);
        const honest = infrastructureReserve.connect(keys.payer).pay(modelIdOf(REGISTERED), payee, USDC, INVOICE);
        await refused(honest, infrastructureReserve, "InvoiceAlreadyPaid", INVOICE);
      },
    },
    cannot: {
      "pay anybody else, or more than the model owns": async ({ infrastructureReserve, keys, model, payee }) => {
        const asPayer = infrastructureReserve.connect(keys.payer);
        const theft = asPayer.pay(model.id, keys.attacker, 1, INVOICE);
        await refused(theft, infrastructureReserve, "PayeeNotApproved", model.id, keys.attacker.address, 0);
        const all = await infrastructureReserve.balanceOf(model.id);
        const more = asPayer.pay(model.id, payee, all + 1n, INVOICE);
        await refused(more, infrastructureReserve, "InsufficientBalance", model.id, all + 1n, all);
      },
    },
  },
  "governor of a model": {
    can: {
      "give its model's infrastructure money to anybody after two days, together with a payer": async (world) => {
        const { infrastructureReserve, keys, model, usdc } = world;
        await infrastructureReserve.connect(keys.governor).approvePayee(model.id, keys.attacker);
        await time.increase(2n * DAY);
        const [all, before] = [await infrastructureReserve.balanceOf(model.id), await usdc.balanceOf(keys.attacker)];
        await infrastructureReserve.connect(keys.payer).pay(model.id, keys.attacker, all, INVOICE);
        expect(await usdc.balanceOf(keys.attacker)).to.equal(before + all);
      },
      "keep its model from getting a pool": async (world) => {
        const { factory, keys } = world;
        const fixed = ethers.id("no such terms");
        await factory.connect(keys.governor).setPoolTerms(modelIdOf(REGISTERED), fixed);
        const worst = await factory.hashTerms(WORST_TERMS);
        await refused(createWorstPool(world), factory, "HashMismatch", field("termsHash"), worst, fixed);
      },
      "set the reward rate within the lifetime rewards, after two days": async ({ registry, keys, model }) => {
        await registry.connect(keys.governor).setTokensPerDeltaOne(model.id, 2n * RATE);
        await time.increase(2n * DAY + 1n);
        expect((await registry.parametersOf(model.id)).tokensPerDeltaOne).to.equal(2n * RATE);
      },
    },
    cannot: {
      "change a model that it has handed over, mint, or command a pool": async ({
        registry,
        keys,
        bob,
        model,
        pool,
        tokenManager,
        factory,
      }) => {
        await registry.connect(keys.governor).proposeGovernor(model.id, bob);
        await registry.connect(bob).acceptGovernor(model.id);
        const call = registry.connect(keys.governor).setTokensPerDeltaOne(model.id, RATE);
        await refused(call, registry, "UnauthorizedCaller", keys.governor.address, bob.address);
        const mint = model.token.connect(keys.governor).mint(keys.governor, 1);
        await refused(mint, model.token, "UnauthorizedCaller", keys.governor.address, pool);
        const rewards = model.token.connect(keys.governor).mintRewards([keys.governor], [1]);
        await refused(rewards, model.token, "UnauthorizedCaller", keys.governor.address, tokenManager);
        const pause = pool.connect(keys.governor).setBuysPausedUntil(1);
        await refused(pause, pool, "UnauthorizedCaller", keys.governor.address, factory);
      },
    },
  },
  "owner of a model": {
    can: {
      "hand the owner's share of later rewards to anybody": async ({ registry, keys, model }) => {
        await registry.connect(keys.owner).proposeOwner(model.id, keys.attacker);
        await registry.connect(keys.attacker).acceptOwner(model.id);
        expect(await registry.ownerOf(model.id)).to.equal(keys.attacker);
      },
    },
    cannot: {
      "change who is paid from what is already waiting, or the supplier recipient": async (world) => {
        const { registry, keys, model, waiting } = world;
        await registry.connect(keys.owner).proposeOwner(model.id, keys.attacker);
        await registry.connect(keys.attacker).acceptOwner(model.id);
        await expect(release(world, waiting)).to.changeTokenBalances(
          model.token,
          [keys.owner, keys.attacker],
          [waiting.amounts[0]!, 0n],
        );
        expect(await model.token.supplierRecipient()).to.equal(keys.owner);
      },
    },
  },
  "deploying key": {
    can: {},
    cannot: {
      "wire the address book a second time": async ({ registry, keys }) => {
        const { attacker } = keys;
        const call = registry.connect(keys.wirer).wire(attacker, attacker, attacker, [attacker]);
        await expect(call).to.be.revertedWithCustomError(registry, "AlreadyWired");
      },
    },
  },
};

const WORST_TERMS = buildPoolTerms({
  ...{ crr: 50_000n, tradeFee: 1_000n, ibrDuration: 30n * DAY },
  ...{ virtualReserve: 500n * USDC, initialPrice: 10_000n },
});

function createWorstPool({ factory, keys, tokens }: World, better: Partial<PoolTerms> = {}) {
  const { crr, tradeFee, ibrDuration, virtualReserve, initialPrice } = { ...WORST_TERMS, ...better };
  return factory
    .connect(keys.poolCreator)
    .createPoolWithParams(REGISTERED, tokens.registered, crr, tradeFee, ibrDuration, virtualReserve, initialPrice);
}

function deployToken({ tokenManager, keys }: World, modelId: string) {
  const accounts = { supplierRecipient: keys.attacker.address, governor: keys.attacker.address };
  return tokenManager
    .connect(keys.launcher)
    .deployTokenWithAllocations(...argumentsOf(buildModel(accounts, { modelId })));
}
