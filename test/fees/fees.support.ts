import { setCode, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import type { Signer } from "ethers";
import { ethers } from "hardhat";
import type { ERC1271WalletMock, HostileReserveTokenMock } from "../../.build/typechain";
import { modelIdOf } from "../../scripts/dev/world/models";
import { deployProtocol, deployToken, launchModel, registerModel } from "../../scripts/dev/world/protocol";
import { BPS, DAY, MAX_UINT256, USDC } from "../../scripts/dev/world/units";

/** What every payer of the fixtures has, and has approved to the router. */
export const FUNDS = 10_000_000n * USDC;

/** Infrastructure share of the models of {@link paidModels}, in bps. */
export const ACCRUAL = 3_333n;

/** Price of 1000 calls of the first model, in reserve units. */
export const PRICE = 2_500_001n;

const CALLS_PER_PRICE = 1_000n;

/** Time from a payee's approval to its first payment, in seconds. */
export const PAYEE_DELAY = 2n * DAY;

/** Half a day before the last second that 32 bits, and the last day that 16 bits, can count. */
export const LATE_TIMES: readonly (readonly [day: string, seconds: bigint])[] = [
  ["2106-02-06", 2n ** 32n - DAY / 2n],
  ["2149-06-06", 2n ** 16n * DAY - DAY / 2n],
];

/** Id of a model that nobody deployed. */
export const UNKNOWN = modelIdOf("unknown");

/** What the fixtures of fees give. */
export type FeeContext = Awaited<ReturnType<typeof paidModels>>;

/**
 * Two models with pools, the first with a price and the second without; a third that has a price and no pool. Alice and bob
 * are payers of fees, mallory is funded too but has approved nothing.
 */
export async function paidModels() {
  const protocol = await deployProtocol();
  const priced = { infrastructureAccrualBps: ACCRUAL, initialOraclePricePerThousandUsd: PRICE };
  const first = await launchModel(protocol, { model: { params: priced }, distributed: false });
  const second = await launchModel(protocol, {
    model: { modelId: "second", params: { infrastructureAccrualBps: 1_000n } },
    distributed: false,
  });
  const poolless = await deployToken(protocol, { modelId: "poolless", params: priced });
  await registerModel(protocol, poolless.modelId);
  const { alice, bob, mallory, reserveToken, feeRouter } = protocol;
  for (const payer of [alice, bob, mallory]) await reserveToken.mint(payer, FUNDS);
  for (const payer of [alice, bob]) await reserveToken.connect(payer).approve(feeRouter, MAX_UINT256);
  return { ...protocol, first, second, poolless };
}

/** The same with two invoices' worth of money for each model, and a payee of the first that can be paid. */
export async function fundedReserve() {
  const context = await paidModels();
  const { feeRouter, infrastructureReserve, governor, alice, bob, first, second } = context;
  await feeRouter.connect(alice).depositFee(first.id, 3_000n * USDC);
  await feeRouter.connect(alice).depositFee(second.id, 3_000n * USDC);
  await infrastructureReserve.connect(governor).approvePayee(first.id, bob);
  await time.increase(PAYEE_DELAY);
  return { ...context, payee: bob };
}

/** What {@link fundedReserve} gives. */
export type FundedContext = Awaited<ReturnType<typeof fundedReserve>>;

/** What each model of {@link fundedReserve} owns. */
export const OWED = {
  first: splitOf(3_000n * USDC).infrastructure,
  second: splitOf(3_000n * USDC, 1_000n).infrastructure,
};

/** What {@link buildPayment} pays, and for which invoice. */
export const INVOICED = 100n * USDC;
export const INVOICE = ethers.id("invoice 1");

/** A payment that succeeds in {@link fundedReserve}. */
export function buildPayment(
  { first, payee }: FundedContext,
  overrides: Partial<{ model: string; payee: string; amount: bigint; invoiceHash: string }> = {},
) {
  return { model: first.id, payee: payee.address, amount: INVOICED, invoiceHash: INVOICE, ...overrides };
}

/** Sends such a payment by the payer. */
export function payInvoice(context: FundedContext, overrides: Parameters<typeof buildPayment>[1] = {}) {
  const { model, payee, amount, invoiceHash } = buildPayment(context, overrides);
  return context.infrastructureReserve.connect(context.payer).pay(model, payee, amount, invoiceHash);
}

/** A contract with money of its own, which it has approved to the router; it sends what any account tells it to. */
export async function contractPayer({ reserveToken, feeRouter }: FeeContext): Promise<ERC1271WalletMock> {
  const wallet = await ethers.deployContract("ERC1271WalletMock");
  await reserveToken.mint(wallet, FUNDS);
  const approval = reserveToken.interface.encodeFunctionData("approve", [await feeRouter.getAddress(), MAX_UINT256]);
  await wallet.execute(reserveToken, approval);
  return wallet;
}

/** Makes somebody else the governor of the first model, by the governor's own proposal. */
export async function handOver({ registry, first }: FeeContext, from: Signer, to: Signer): Promise<void> {
  await registry.connect(from).proposeGovernor(first.id, to);
  await registry.connect(to).acceptGovernor(first.id);
}

/** What calls cost at a price per thousand, in reserve units, rounded up. */
export const costOf = (calls: bigint, price = PRICE): bigint =>
  (calls * price + CALLS_PER_PRICE - 1n) / CALLS_PER_PRICE;

/** The two parts of a fee, by the published formula. */
export function splitOf(amount: bigint, accrualBps: bigint = ACCRUAL) {
  const infrastructure = (amount * accrualBps) / BPS;
  return { infrastructure, pool: amount - infrastructure };
}

/** The protocol's reserve token can misbehave from now on; balances and allowances stay. */
export async function turnHostile({ reserveToken }: FeeContext): Promise<HostileReserveTokenMock> {
  const hostile = await ethers.deployContract("HostileReserveTokenMock", [6]);
  await setCode(await reserveToken.getAddress(), (await ethers.provider.getCode(hostile))!);
  const turned = hostile.attach(await reserveToken.getAddress()) as HostileReserveTokenMock;
  await turned.setArrivingBps(BPS);
  return turned;
}

/** All money that a fee may touch: who holds what, and what the contracts say of it. */
export async function booksOf(context: FeeContext) {
  const { reserveToken, feeRouter, infrastructureReserve, first, second, alice, bob, mallory } = context;
  const holders = [feeRouter, infrastructureReserve, first.pool, second.pool, alice, bob, mallory];
  return {
    balances: await Promise.all(holders.map((holder) => reserveToken.balanceOf(holder))),
    owed: await Promise.all([first, second].map(({ id }) => infrastructureReserve.balanceOf(id))),
    totalOwed: await infrastructureReserve.totalOwed(),
    streams: await Promise.all(
      [first, second].map(async ({ pool }) => (await pool.reserve()) + (await pool.pendingStream())),
    ),
  };
}

/** No money has moved and no book has changed. */
export async function expectUnchanged(context: FeeContext, act: () => Promise<unknown>): Promise<void> {
  const before = await booksOf(context);
  await act();
  expect(await booksOf(context)).to.deep.equal(before);
}

/** F2, F3: the router is empty, and the infrastructure reserve holds what the models are owed. */
export async function expectConserved({ reserveToken, feeRouter, infrastructureReserve, first, second }: FeeContext) {
  expect(await reserveToken.balanceOf(feeRouter)).to.equal(0);
  const owed = (await infrastructureReserve.balanceOf(first.id)) + (await infrastructureReserve.balanceOf(second.id));
  expect(await infrastructureReserve.totalOwed()).to.equal(owed);
  expect(await reserveToken.balanceOf(infrastructureReserve)).to.be.at.least(owed);
}

/** Sends several transactions into one block, in this order. */
export async function inOneBlock(...sends: (() => Promise<unknown>)[]): Promise<void> {
  await ethers.provider.send("evm_setAutomine", [false]);
  for (const send of sends) await send();
  await ethers.provider.send("evm_mine");
  await ethers.provider.send("evm_setAutomine", [true]);
}
