import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { id, parseUnits } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import type { Protocol } from "../../deploy/protocol";
import { formatPrice, formatReserve, formatTime, RESERVE_DECIMALS } from "../../sdk/base/units";
import { confirm } from "../../sdk/client/confirm";
import type { LaunchedModel } from "../launch";
import { chainTime, passTime } from "../localTime";
import type { Report } from "../step";

/** Development accounts: see ignition/parameters/localhost.json5. The last one supplies computing power. */
const [CUSTOMER, GOVERNOR, PAYER, PAYEE] = [8, 12, 15, 16];

/** What a day of API calls brings, in reserve units. */
const FEE = parseUnits("1000", RESERVE_DECIMALS);

const DAY = 86_400;
const PAYEE_DELAY = 2 * DAY;

/** The results of a day of usage. Amounts are in reserve units, prices in the unit of `spotPrice`. */
export interface Usage {
  readonly fee: bigint;
  readonly infrastructure: bigint;
  readonly pool: bigint;
  readonly invoice: { readonly payee: string; readonly amount: bigint };
  readonly priceBefore: bigint;
  readonly priceAfter: bigint;
}

/**
 * Step 7, on the in-process chain, whose clock can be moved: a day of usage fees, an invoice that the infrastructure share pays, and the
 * price before and after the rest has streamed into the pool. Undefined on any other chain.
 */
export async function use(
  hre: HardhatRuntimeEnvironment,
  protocol: Protocol,
  { key, pool }: LaunchedModel,
  report: Report,
): Promise<Usage | undefined> {
  if (!protocol.network.isEphemeral) return undefined;
  const { feeRouter, infrastructureReserve } = protocol;
  const signers = await hre.ethers.getSigners();
  const [customer, governor, payer, payee] = [CUSTOMER, GOVERNOR, PAYER, PAYEE].map((index) => signers[index]) as [
    HardhatEthersSigner,
    HardhatEthersSigner,
    HardhatEthersSigner,
    HardhatEthersSigner,
  ];
  const reserve = await hre.ethers.getContractAt(
    "ReserveTokenMock",
    await protocol.reserveToken.getAddress(),
    customer,
  );
  const approved = await confirm(
    "approve payee",
    infrastructureReserve.connect(governor).approvePayee(key, payee.address),
  );
  report({ name: approved.name, sent: approved, outcome: `${payee.address}, payable in two days` });
  await passTime(hre, PAYEE_DELAY);
  report({ name: "pass time", isOffline: true, outcome: `it is ${formatTime(await chainTime(hre))} on this chain` });

  const minted = await confirm("mint usage fees", reserve.mint(customer, FEE));
  report({ name: minted.name, sent: minted, outcome: `${formatReserve(FEE)} USDC to ${customer.address}` });
  const allowed = await confirm("approve the router", reserve.approve(feeRouter, FEE));
  report({ name: allowed.name, sent: allowed, outcome: `${formatReserve(FEE)} USDC` });
  const [infrastructure, streaming] = await feeRouter.quoteSplit(key, FEE);
  const priceBefore = await pool.spotPrice();
  const paid = await confirm("deposit usage fees", feeRouter.connect(customer).depositFee(key, FEE));
  const split = `${formatReserve(infrastructure)} to infrastructure, ${formatReserve(streaming)} to the pool's stream`;
  report({ name: paid.name, sent: paid, outcome: `${formatReserve(FEE)} USDC: ${split}` });

  const settled = await confirm(
    "pay invoice",
    infrastructureReserve.connect(payer).pay(key, payee.address, infrastructure, id("invoice")),
  );
  report({ name: settled.name, sent: settled, outcome: `${formatReserve(infrastructure)} USDC to ${payee.address}` });

  await passTime(hre, DAY);
  const priceAfter = await pool.spotPrice();
  const outcome = `a day later; price ${formatPrice(priceBefore)} → ${formatPrice(priceAfter)}`;
  report({ name: "stream usage fees", outcome, isOffline: true });
  const invoice = { payee: payee.address, amount: infrastructure };
  return { fee: FEE, infrastructure, pool: streaming, invoice, priceBefore, priceAfter };
}
