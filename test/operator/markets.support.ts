// SPDX-License-Identifier: MIT
import { id, MaxUint256, parseUnits } from "ethers";
import hre from "hardhat";
import type { IERC20Metadata, UsageFeeRouter } from "../../.build/typechain";
import { DUTY_ACCOUNTS } from "../../operator/embedded";
import { developmentKey } from "../../sdk/base/accounts";
import { deployTools } from "../sdk/statements/support";
import { buildModelFile, register } from "./support";

/** The account of the fees. */
export const payer = developmentKey(DUTY_ACCOUNTS.fees);
/** What it has. */
export const FUNDS = parseUnits("100000", 6);
/** Of a thousand calls. */
const PRICE = "2.5";

/** The protocol with two models that trade, at a price for calls, and a fee account with funds. */
export async function deployMarkets() {
  const tools = await deployTools();
  const files = ["paid", "other"].map((model) => buildModelFile(tools, model, { pricePerThousandCalls: PRICE }));
  const [distributor, poolCreator] = await Promise.all(
    [DUTY_ACCOUNTS.distribute, DUTY_ACCOUNTS.pools].map(async (index) =>
      hre.ethers.getSigner(developmentKey(index).address),
    ),
  );
  for (const content of files) {
    const { modelId, pool } = await register(tools, content);
    await tools.tokenManager.connect(distributor!).distributeModelSupplierAllocation(modelId);
    const token = await tools.registry.tokenOf(id(modelId));
    const { crr, tradeFee, ibrDuration, virtualReserve, initialPrice } = pool;
    await tools.factory
      .connect(poolCreator!)
      .createPoolWithParams(modelId, token, crr, tradeFee, ibrDuration, virtualReserve, initialPrice);
  }
  const router: UsageFeeRouter = await hre.ethers.getContractAt("UsageFeeRouter", await tools.factory.feeRouter());
  const account = await hre.ethers.getSigner(payer.address);
  const reserve = await hre.ethers.getContractAt("ReserveTokenMock", await tools.factory.reserveToken(), account);
  await reserve.mint(account, FUNDS);
  await reserve.approve(router, MaxUint256);
  return { tools, router, reserve: reserve as unknown as IERC20Metadata };
}
