// The life of a protocol: everything that can happen in it does, act by act, and leaves its logs.

import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { time } from "@nomicfoundation/hardhat-network-helpers";
import { type BaseContract, ZeroAddress, ZeroHash } from "ethers";
import { ethers } from "hardhat";
import { buildContributorTree } from "../../sdk/schemas/distribution";
import { roleId } from "../helpers/guarded.behavior";
import {
  benchmarkWith,
  buildContributors,
  deployImprovements,
  deployVerifier,
  improve,
  improveAndRelease,
  proposeModel,
  registerModel,
} from "../../scripts/dev/world/improvements";
import { buildPoolTerms, Direction, MethodAccess, Parameter } from "../../scripts/dev/world/models";
import { queuedBy, release, toPayout, waitFor } from "../../scripts/dev/world/payouts";
import { DAY, HOUR, MAX_UINT256, TOKEN, USDC } from "../../scripts/dev/world/units";
import { signPermit } from "../market/pool.support";

const FUNDS = 1_000_000n * USDC;
const invoice = (name: string) => ethers.id(name);

/** The protocol while it lives. */
export type Life = Awaited<ReturnType<typeof birth>>;

/** The deployed protocol with its first registered model, another whose scores fall, and one that is only proposed. */
export async function birth() {
  const firstBlock = (await ethers.provider.getBlockNumber()) + 1;
  const context = await deployImprovements();
  const { parameters } = context;
  const falling = { direction: Direction.MINIMISE, baselineScore: 2_000n };
  const second = await registerModel(context, { modelId: "second", benchmark: falling });
  const proposed = await proposeModel(context, { modelId: "proposed" });
  const usdc = await ethers.getContractAt("ReserveTokenMock", context.reserveToken);
  const signer = (list: readonly string[]) => ethers.getSigner(list[0]!);
  return {
    ...context,
    ...{ firstBlock, usdc, second, proposed },
    multisig: await signer(parameters.Governance.proposers),
    operator: await signer(parameters.Tokens.operators),
    payer: await signer(parameters.Models.payers),
  };
}

/** What happens, in this order. */
export const ACTS: readonly (readonly [name: string, act: (life: Life) => Promise<void>])[] = [
  ["pools are created", createPools],
  ["traders trade", trade],
  ["tokens change hands", transferTokens],
  ["users pay fees and these have streamed", payFees],
  ["governors change parameters", changeParameters],
  ["models improve", improveModels],
  ["payouts are stopped, made void and returned", stopPayouts],
  ["invoices are paid", payInvoices],
  ["governors and owners hand over", handOver],
  ["attesters are added and removed", changeAttesters],
  ["guardians pause", pause],
  ["roles are granted and revoked", changeRoles],
  ["the admin takes decisions", decideAsAdmin],
  ["a new verifier records an improvement", replaceVerifier],
  ["the admin is replaced", transferAdmin],
];

/** Lets the multisig decide: announces the calls, waits, and executes them in one block. */
async function decide(
  { timelock, multisig }: Life,
  ...calls: readonly (readonly [contract: BaseContract, name: string, args: readonly unknown[]])[]
): Promise<void> {
  const targets = await Promise.all(calls.map(([contract]) => contract.getAddress()));
  const payloads = calls.map(([contract, name, args]) => contract.interface.encodeFunctionData(name, args));
  const salt = ethers.id(`at ${await time.latest()}`);
  const operation = [targets, targets.map(() => 0n), payloads, ZeroHash, salt] as const;
  const delay = await timelock.getMinDelay();
  await timelock.connect(multisig).scheduleBatch(...operation, delay);
  await time.increase(delay);
  await timelock.connect(multisig).executeBatch(...operation);
}

async function poolOf({ factory }: Life, { id }: { id: string }) {
  return ethers.getContractAt("HokusaiAMM", await factory.poolOf(id));
}

async function createPools({ factory, governor, poolCreator, tokenManager, distributor, ...life }: Life) {
  const { model, second } = life;
  const terms = buildPoolTerms({ ibrDuration: DAY });
  await factory.connect(governor).setPoolTerms(model.id, ethers.id("other terms"));
  await factory.connect(governor).setPoolTerms(model.id, await factory.hashTerms(terms));
  const { crr, tradeFee, ibrDuration, virtualReserve, initialPrice } = terms;
  await factory
    .connect(poolCreator)
    .createPoolWithParams("credit-default", model.token, crr, tradeFee, ibrDuration, virtualReserve, initialPrice);
  await factory.connect(poolCreator).createPool("second", second.token);
  await tokenManager.connect(distributor).distributeModelSupplierAllocation("credit-default");
}

async function trade(life: Life) {
  const { usdc, feeRouter, model, second, alice, bob, carol } = life;
  const [pool, other] = [await poolOf(life, model), await poolOf(life, second)];
  for (const account of [alice, bob, carol]) {
    await usdc.mint(account, FUNDS);
    for (const spender of [pool, other, feeRouter]) await usdc.connect(account).approve(spender, MAX_UINT256);
  }
  await pool.connect(alice).buy(1_000n * USDC, 0, alice, MAX_UINT256);
  await pool.connect(bob).buyExactOut(5_000n * TOKEN, 0, MAX_UINT256, carol, MAX_UINT256);
  await other.connect(bob).buy(777n * USDC + 1n, 0, bob, MAX_UINT256);
  const permit = await signPermit(usdc, carol, await other.getAddress(), 50n * USDC);
  await other.connect(carol).buyWithPermit(50n * USDC, 0, carol, MAX_UINT256, permit);
  await time.increase(DAY);
  await pool.connect(alice).sell(1_234n * TOKEN + 5n, 0, bob, MAX_UINT256);
  await pool.connect(alice).collectFees();
}

async function transferTokens({ model, alice, bob, carol, mallory }: Life) {
  const token = model.token.connect(alice);
  await token.transfer(mallory, 10n * TOKEN);
  await token.approve(bob, 7n * TOKEN);
  await token.approve(bob, 3n * TOKEN);
  await token.approve(carol, MAX_UINT256);
  await model.token.connect(carol).transferFrom(alice, carol, TOKEN); // an unlimited allowance stays
  const { deadline, v, r, s } = await signPermit(model.token, carol, mallory.address, 9n * TOKEN);
  await model.token.permit(carol, mallory, 9n * TOKEN, deadline, v, r, s);
}

async function payFees(life: Life) {
  const { registry, governor, feeRouter, usdc, model, second, proposed, alice, bob, carol } = life;
  const pool = await poolOf(life, model);
  await registry.connect(governor).setPricePerThousandCalls(model.id, 2n * USDC);
  await feeRouter.connect(alice).depositFee(model.id, 100n * USDC + 1n);
  await time.increase(5n * HOUR);
  await feeRouter.connect(bob).payForCalls(model.id, 12_345n, MAX_UINT256);
  await pool.connect(bob).buy(20n * USDC, 0, bob, MAX_UINT256);
  await time.increase(HOUR);
  await pool.connect(alice).sell(100n * TOKEN, 0, alice, MAX_UINT256);
  await feeRouter.connect(carol).depositFees([
    { model: model.id, amount: 3n * USDC },
    { model: proposed.id, amount: 3n * USDC },
    { model: second.id, amount: 11n * USDC },
  ]);
  await pool.connect(carol).depositFees(17n * USDC);
  await usdc.connect(carol).transfer(pool, 5n * USDC); // a donation
  await pool.connect(alice).buyExactOut(TOKEN, 0, MAX_UINT256, alice, MAX_UINT256);
  await time.increase(2n * HOUR);
  await pool.connect(alice).collectFees();
}

async function changeParameters({ registry, guardian, governor, model, second }: Life) {
  const governed = registry.connect(governor);
  await governed.setTokensPerDeltaOne(model.id, 1_100n * TOKEN);
  await governed.setTokensPerDeltaOne(model.id, 1_200n * TOKEN); // in place of the first
  await governed.setTokensPerDeltaOne(second.id, 500n * TOKEN);
  await governed.setInfrastructureAccrual(model.id, 9_000n);
  await governed.setInfrastructureAccrual(second.id, 4_000n); // lower: at once
  await governed.setInfrastructureAccrual(second.id, 6_000n);
  await governed.setPricePerThousandCalls(model.id, USDC);
  await registry.connect(guardian).cancelChange(model.id, Parameter.INFRASTRUCTURE_ACCRUAL);
  await governed.setLicense(model.id, ethers.id("another licence"), "ipfs://another-licence");
  await time.increase(3n * DAY); // the others are due, and nobody has settled them
  await governed.setPricePerThousandCalls(model.id, 3n * USDC);
  await governed.setInfrastructureAccrual(second.id, 7_000n);
  await governed.cancelChange(second.id, Parameter.INFRASTRUCTURE_ACCRUAL);
  await governed.setTokensPerDeltaOne(second.id, 600n * TOKEN); // stays pending
}

async function improveModels(life: Life) {
  const { model, second, rewardDistributor, alice, bob, carol, mallory } = life;
  await improveAndRelease(life, model);
  await improve(life, model, { contributors: buildContributors([bob, carol, mallory], [1n, 9_000n, 999n]) });
  const evaluationId = ethers.id("many contributors");
  const { root, distributionId, leaves } = buildContributorTree(second.id, evaluationId, [
    { account: alice.address, weight: 5n },
    { account: bob.address, weight: 3n },
    { account: carol.address, weight: 1n },
  ]);
  const many = await improveAndRelease(life, second, { evaluationId, contributors: [], contributorsRoot: root });
  const total = many.queued.amounts[1]!;
  for (const leaf of [leaves[0]!, leaves[2]!]) {
    await rewardDistributor.claim({
      ...{ token: second.token, root, total, distributionId },
      ...leaf,
      proof: [...leaf.proof],
    });
  }
  await time.increase(DAY);
  await improve(life, model);
}

async function stopPayouts(life: Life) {
  const { registry, guardian, model, oracleAttestation, mallory } = life;
  const method = oracleAttestation.target;
  const queue = async () => queuedBy(life, (await improve(life, model)).transaction);
  const before = await queue();
  await time.increase(DAY);
  const forged = await queue();
  await registry.connect(guardian).stopPayouts(method, forged.queuedAt);
  await registry.connect(guardian).stopPayouts(method, forged.queuedAt - 5n); // since a little earlier
  await registry.connect(guardian).stopPayouts(mallory, 1n); // of a method that nobody uses
  await decide(
    life,
    [registry, "voidPayouts", [method, forged.queuedAt, MAX_UINT256]],
    [registry, "liftPayoutStop", [mallory.address]],
  );
  await registry.connect(mallory).returnVoided(model.id, forged.evaluationId, toPayout(forged));
  await waitFor(life, before);
  await release(life, before);
}

async function payInvoices(life: Life) {
  const { infrastructureReserve, usdc, guardian, governor, payer, model, second, alice, bob, carol, mallory } = life;
  const governed = infrastructureReserve.connect(governor);
  await governed.approvePayee(model.id, bob);
  await governed.approvePayee(model.id, mallory);
  await governed.approvePayee(second.id, carol);
  await governed.approvePayee(second.id, bob);
  await infrastructureReserve.connect(guardian).revokePayee(model.id, mallory);
  await governed.revokePayee(second.id, bob);
  await time.increase(2n * DAY);
  await infrastructureReserve.connect(payer).pay(model.id, bob, 7n * USDC, invoice("1"));
  await infrastructureReserve.connect(payer).payMany([
    { model: model.id, payee: bob, amount: USDC, invoiceHash: invoice("2") },
    { model: second.id, payee: carol, amount: FUNDS, invoiceHash: invoice("3") },
    { model: second.id, payee: carol, amount: 2n * USDC, invoiceHash: invoice("4") },
  ]);
  await usdc.connect(alice).transfer(infrastructureReserve, 4n * USDC);
  await decide(life, [infrastructureReserve, "rescueSurplus", [usdc.target, alice.address, 4n * USDC]]);
}

async function handOver(life: Life) {
  const { registry, governor, supplier, model, second, proposed, alice, bob, carol } = life;
  await registry.connect(supplier).proposeOwner(model.id, alice);
  await registry.connect(supplier).proposeOwner(model.id, bob);
  await registry.connect(bob).acceptOwner(model.id);
  await registry.connect(supplier).proposeOwner(second.id, bob);
  await registry.connect(supplier).proposeOwner(second.id, ZeroAddress);
  await registry.connect(supplier).proposeOwner(proposed.id, alice);
  await registry.connect(governor).proposeGovernor(second.id, alice);
  await registry.connect(alice).acceptGovernor(second.id); // what was pending of the rate is cancelled
  await life.infrastructureReserve.connect(alice).approvePayee(second.id, bob);
  await registry.connect(governor).proposeGovernor(model.id, alice);
  await registry.connect(governor).proposeGovernor(model.id, ZeroAddress);
  await decide(
    life,
    [registry, "proposeGovernor", [second.id, carol.address]],
    [registry, "proposeGovernor", [proposed.id, carol.address]],
  );
  await time.increase(7n * DAY);
  await registry.connect(carol).acceptGovernor(second.id);
  await life.factory.connect(carol).setPoolTerms(second.id, ZeroHash);
}

async function changeAttesters(life: Life) {
  const { oracleAttestation, guardian, model, attesters, mallory } = life;
  await decide(life, [oracleAttestation, "addAttester", [mallory.address]], [oracleAttestation, "setThreshold", [3n]]);
  await oracleAttestation.connect(guardian).removeAttester(mallory);
  await decide(
    life,
    [oracleAttestation, "setThreshold", [1n]],
    [oracleAttestation, "addAttester", [mallory.address]],
    [oracleAttestation, "removeAttester", [attesters[2]!.address]],
  );
  await improve(life, model); // of the new epoch
}

async function pause(life: Life) {
  const { factory, tokenManager, registry, guardian, model, second } = life;
  await factory.connect(guardian).pauseBuys(model.id, 7n * DAY);
  await factory.connect(guardian).pauseBuys(second.id, DAY);
  await factory.connect(guardian).pauseBuys(second.id, 2n * DAY); // longer
  await tokenManager.connect(guardian).pauseLaunches(3n * DAY);
  await registry.connect(guardian).pauseSubmissions(3n * DAY);
  await decide(
    life,
    [factory, "resumeBuys", [model.id]],
    [factory, "resumeBuys", [second.id]], // has ended already
    [tokenManager, "resumeLaunches", []],
    [registry, "resumeSubmissions", []],
  );
  await factory.connect(guardian).pauseBuys(model.id, DAY);
  await time.increase(DAY);
}

/** The contract that has a role, by who holds it. */
async function homeOf(life: Life, role: string, holder: HardhatEthersSigner) {
  const { registry, tokenManager, factory, infrastructureReserve, oracleAttestation } = life;
  for (const contract of [registry, tokenManager, factory, infrastructureReserve, oracleAttestation]) {
    if (!contract.interface.hasFunction("hasRole")) continue;
    if (await contract.getFunction("hasRole").staticCall(roleId(role), holder.address)) {
      return ethers.getContractAt("TokenManager", contract); // the interface of roles is everywhere the same
    }
  }
  throw new Error(`${holder.address} holds ${role} nowhere`);
}

async function changeRoles(life: Life) {
  const { tokenManager, guardian, operator, launcher, registrar, poolCreator, payer, alice, bob, carol } = life;
  const deployerRole = roleId("DEPLOYER_ROLE");
  await tokenManager.connect(operator).grantRole(deployerRole, alice);
  await tokenManager.connect(operator).grantRole(deployerRole, bob);
  await tokenManager.connect(operator).revokeRole(deployerRole, bob);
  await tokenManager.connect(alice).renounceRole(deployerRole, alice);
  await tokenManager.connect(guardian).suspendRole(deployerRole, launcher);
  const hot = [["REGISTRAR_ROLE", registrar] as const, ["POOL_CREATOR_ROLE", poolCreator], ["PAYER_ROLE", payer]];
  for (const [role, holder] of hot as [string, HardhatEthersSigner][]) {
    const home = await homeOf(life, role, holder);
    await home.connect(guardian).suspendRole(roleId(role), holder);
    await decide(life, [home, "grantRole", [roleId(role), carol.address]]);
  }
}

async function decideAsAdmin(life: Life) {
  const { registry, factory, tokenManager, timelock, governor, multisig, model, second, alice, bob } = life;
  await registry.connect(governor).setTokensPerDeltaOne(model.id, 1_300n * TOKEN);
  await decide(
    life,
    [registry, "setDailyLimit", [model.id, 900n]],
    [registry, "setMethodAccess", [alice.address, MethodAccess.ADMIN]],
    [registry, "setMethodAccess", [bob.address, MethodAccess.REGISTRAR]],
    [registry, "setMethodAccess", [bob.address, MethodAccess.NONE]],
    [factory, "setTreasury", [bob.address]],
    [tokenManager, "grantRole", [roleId("GUARDIAN_ROLE"), bob.address]],
  );
  await registry.connect(governor).setTokensPerDeltaOne(model.id, 1_400n * TOKEN);
  // The new scale is more than what is left can pay for: the rate falls, and its pending change ends.
  await decide(life, [registry, "replaceBenchmark", [model.id, await benchmarkWith(life, { baselineScore: 0n })]]);
  await decide(life, [registry, "replaceBenchmark", [second.id, await benchmarkWith(life)]]);
  const operation = async (limit: bigint) => {
    const data = registry.interface.encodeFunctionData("setDailyLimit", [model.id, limit]);
    return [await registry.getAddress(), 0n, data, ZeroHash, ZeroHash] as const;
  };
  const [cancelled, waiting] = [await operation(1n), await operation(2n)];
  await timelock.connect(multisig).schedule(...cancelled, 3n * DAY);
  await timelock.connect(multisig).cancel(await timelock.hashOperation(...cancelled));
  await timelock.connect(multisig).schedule(...waiting, 4n * DAY);
  await decide(life, [timelock, "updateDelay", [3n * DAY]]);
  await (await poolOf(life, model)).collectFees();
}

async function replaceVerifier(life: Life) {
  const { registry, model } = life;
  const verifier = await deployVerifier(life);
  await decide(life, [registry, "setVerifier", [verifier.target]]);
  const evaluationId = ethers.id("many contributors"); // as of the other model, before
  const contributors = [{ account: life.alice.address, weight: 1n }];
  const { root } = buildContributorTree(model.id, evaluationId, contributors);
  await improveAndRelease({ ...life, verifier }, model, { evaluationId, contributors: [], contributorsRoot: root });
}

async function transferAdmin(life: Life) {
  const { registry, tokenManager, alice, bob } = life;
  await decide(
    life,
    [registry, "changeDefaultAdminDelay", [DAY]],
    [tokenManager, "changeDefaultAdminDelay", [10n * DAY]], // in five days
    [registry, "beginDefaultAdminTransfer", [alice.address]],
    [registry, "beginDefaultAdminTransfer", [bob.address]], // in place of the first
    [tokenManager, "beginDefaultAdminTransfer", [alice.address]],
  );
  await decide(life, [tokenManager, "cancelDefaultAdminTransfer", []], [tokenManager, "rollbackDefaultAdminDelay", []]);
  await registry.connect(bob).acceptDefaultAdminTransfer();
  await registry.connect(bob).changeDefaultAdminDelay(HOUR); // the day is in force by now
  await registry.connect(bob).beginDefaultAdminTransfer(alice);
}
