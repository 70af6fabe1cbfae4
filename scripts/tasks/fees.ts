// SPDX-License-Identifier: MIT
// The task of whoever collects usage fees.

import { id } from "ethers";
import { requirePool } from "../../deploy/launch";
import { amount } from "../../sdk/base/fields";
import { formatReserve, RESERVE_DECIMALS } from "../../sdk/base/units";
import { confirm } from "../../sdk/client/confirm";
import { table } from "../cli/terminal";
import { approve, once, readId, readSender, signerOf, type Work } from "./run";

const FEES = amount(RESERVE_DECIMALS, "0.000001", "1000000000");

/** Deposits usage fees. */
export const deposit: Work = (args) => {
  const modelId = readId(args);
  const fees = args.read("usdc", FEES);
  const from = readSender(args);
  args.refuse();
  return once(async (context) => {
    const { protocol, report } = context;
    const { feeRouter } = protocol;
    const key = id(modelId);
    const pool = await requirePool(context, modelId);
    const sender = await signerOf(context, from);
    const [infrastructure, streamed] = await feeRouter.quoteSplit(key, fees);
    await approve(context, sender, feeRouter, fees);
    const sent = await confirm("deposit fees", feeRouter.connect(sender).depositFee(key, fees));
    const split = `${formatReserve(infrastructure)} to infrastructure, ${formatReserve(streamed)} to the pool's stream`;
    report({ name: sent.name, sent, outcome: split });
    const streamEnd = await pool.streamEnd();
    return {
      lines: table(
        [`fees of ${modelId} in USDC`, ""],
        [
          ["paid", formatReserve(fees)],
          ["to infrastructure", formatReserve(infrastructure)],
          ["to the pool's stream", formatReserve(streamed)],
        ],
      ),
      document: { model: { id: modelId }, fees, infrastructure, streamed, streamEnd },
    };
  });
};
