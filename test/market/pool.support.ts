import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { Decimal } from "decimal.js";
import { ethers } from "hardhat";
import type { HokusaiAMM, IERC20, ReserveTokenMock } from "../../.build/typechain";
import { deployProtocol, launchModel, type LaunchOverrides } from "../../scripts/dev/world/protocol";
import { BPS, DAY, MAX_UINT256, PPM, USDC } from "../../scripts/dev/world/units";
import { exactValue, type Side } from "./curveModel";

/** What every trader of the fixtures has, and has approved. */
export const FUNDS = 10_000_000n * USDC;

/** A deadline that never passes. */
export const NO_DEADLINE = MAX_UINT256;

/** Time in which a deposit of usage fees flows into the reserve. */
export const STREAM_DURATION = DAY;

/** Most that a pool holds, reserve and stream together: 72 bits. */
export const MAX_RESERVE = 2n ** 72n - 1n;

// What the reference may be off by where the exact value is an integer, and far below the distance of any other value from one.
const NOISE = new Decimal("1e-60");

/** What a trade depends on. */
export interface PoolState {
  reserve: bigint;
  supply: bigint;
  virtualReserve: bigint;
  crr: bigint;
  tradeFee: bigint;
}

/** A pool in its buy-only window; alice, bob and mallory are funded, nothing is distributed. */
export async function newPool(overrides: LaunchOverrides = {}) {
  const protocol = await deployProtocol();
  const launched = await launchModel(protocol, { distributed: false, ...overrides });
  const { alice, bob, mallory, reserveToken } = protocol;
  for (const trader of [alice, bob, mallory]) await fund(reserveToken, trader, launched.pool);
  return { ...protocol, ...launched };
}

/** A pool that both buys and sells are open on, on which alice holds tokens. */
export async function tradingPool() {
  const context = await newPool();
  const { pool, alice } = context;
  await pool.connect(alice).buy(1_000n * USDC, 0, alice, NO_DEADLINE);
  await time.increaseTo(await pool.sellsOpenAt());
  return context;
}

/** A pool without fees and without a buy-only window. */
export async function feelessPool() {
  return newPool({ terms: { tradeFee: 0n, ibrDuration: 0n } });
}

/** What the fixtures of pools give. */
export type PoolContext = Awaited<ReturnType<typeof newPool>>;

/** A fixture by the state in which it leaves the pool. */
export const load = { newPool: () => loadFixture(newPoolFixture), tradingPool: () => loadFixture(tradingPool) };

/** Mints reserve tokens to a trader, all of them approved to the pool. */
export async function fund(reserveToken: ReserveTokenMock, trader: HardhatEthersSigner, pool: HokusaiAMM) {
  await reserveToken.mint(trader, FUNDS);
  await reserveToken.connect(trader).approve(pool, MAX_UINT256);
}

/** Lets bob buy until only `room` is left to the cap. */
export async function fillCapUpTo({ pool, bob }: PoolContext, room: bigint) {
  const rest = (await pool.remainingInvestorAllocation()) - room;
  await pool.connect(bob).buyExactOut(rest, rest, FUNDS, bob, NO_DEADLINE);
  expect(await pool.remainingInvestorAllocation()).to.equal(room);
}

/** The pool's state at the latest block. */
export async function stateOf(pool: HokusaiAMM): Promise<PoolState> {
  return {
    reserve: await pool.reserve(),
    supply: await pool.curveSupply(),
    virtualReserve: await pool.virtualReserve(),
    crr: await pool.crr(),
    tradeFee: await pool.tradeFee(),
  };
}

/** The trade fee on an amount: ceil(amount · bps / 1e4). */
export function feeOn(amount: bigint, tradeFee: bigint): bigint {
  return ceilDiv(amount * tradeFee, BPS);
}

/** What `reserveIn` must buy. */
export function modelBuy(state: PoolState, reserveIn: bigint) {
  const net = reserveIn - feeOn(reserveIn, state.tradeFee);
  const tokensOut = floor(curve(state, "buy", net));
  return { net, tokensOut, after: { ...state, reserve: state.reserve + net, supply: state.supply + tokensOut } };
}

/** What `tokensOut` must cost. */
export function modelBuyExactOut(state: PoolState, tokensOut: bigint) {
  const net = ceil(curve(state, "buyExactOut", tokensOut));
  const reserveIn = ceilDiv(net * BPS, BPS - state.tradeFee);
  return { net, reserveIn, after: { ...state, reserve: state.reserve + net, supply: state.supply + tokensOut } };
}

/** What selling `tokensIn` must pay. */
export function modelSell(state: PoolState, tokensIn: bigint) {
  const gross = floor(curve(state, "sell", tokensIn));
  const reserveOut = gross - feeOn(gross, state.tradeFee);
  return { gross, reserveOut, after: { ...state, reserve: state.reserve - gross, supply: state.supply - tokensIn } };
}

/** Most that one sale can sell: S · (1 − (R0 / (R + R0))^w), rounded down. */
export function modelMaxSell({ reserve, supply, virtualReserve, crr }: PoolState): bigint {
  const left = decimal(virtualReserve)
    .div(decimal(reserve + virtualReserve))
    .pow(decimal(crr).div(decimal(PPM)));
  return floor(decimal(supply).mul(decimal(1n).sub(left)));
}

/** (R + R0) / (w · S) per whole token, with 18 decimals more, rounded down. */
export function modelSpotPrice({ reserve, supply, virtualReserve, crr }: PoolState): bigint {
  return ((reserve + virtualReserve) * 10n ** 36n * PPM) / (crr * supply);
}

/** What a stream of `pending` that has flowed for `elapsed` of `duration` seconds has released. */
export function modelReleased(pending: bigint, elapsed: bigint, duration: bigint): bigint {
  return elapsed >= duration ? pending : (pending * elapsed) / duration;
}

/** A signed ERC-2612 permit as the pool takes it. */
export async function signPermit(
  token: IERC20 & Pick<ReserveTokenMock, "eip712Domain" | "nonces">,
  owner: HardhatEthersSigner,
  spender: string,
  value: bigint,
  deadline: bigint = MAX_UINT256,
) {
  const { name, version, chainId, verifyingContract } = await token.eip712Domain();
  const signature = await owner.signTypedData(
    { name, version, chainId, verifyingContract },
    {
      Permit: [
        { name: "owner", type: "address" },
        { name: "spender", type: "address" },
        { name: "value", type: "uint256" },
        { name: "nonce", type: "uint256" },
        { name: "deadline", type: "uint256" },
      ],
    },
    { owner: owner.address, spender, value, nonce: await token.nonces(owner), deadline },
  );
  const { v, r, s } = ethers.Signature.from(signature);
  return { deadline, v, r, s };
}

/** The smallest integer not below a / b. */
export function ceilDiv(a: bigint, b: bigint): bigint {
  return (a + b - 1n) / b;
}

async function newPoolFixture() {
  return newPool();
}

function curve({ supply, reserve, virtualReserve, crr }: PoolState, side: Side, amount: bigint): Decimal {
  return exactValue({ side, supply, reserve: reserve + virtualReserve, amount, crrPpm: crr });
}

function decimal(value: bigint): Decimal {
  return new (Decimal.clone({ precision: 120, toExpPos: 1_000_000 }))(value.toString());
}

function floor(value: Decimal): bigint {
  return BigInt(value.add(NOISE).floor().toFixed(0));
}

function ceil(value: Decimal): bigint {
  return BigInt(value.sub(NOISE).ceil().toFixed(0));
}
