import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { formatTime, formatTokens } from "../../sdk/base/units";
import { confirm } from "../../sdk/client/confirm";
import { readPayouts, releaseCall, type Payout } from "../../sdk/client/payouts";
import { blocksOf } from "../journal";
import type { LaunchedModel } from "../launch";
import { passTimeTo } from "../localTime";
import type { Protocol } from "../protocol";
import type { Report } from "../step";
import { refusalOfAttempt, type Refused } from "./refused";

/** An account without any role, which releases: see ignition/parameters/localhost.json5. */
const ANYBODY = 18;

/** The results of a release. */
export interface Released {
  readonly evaluationId: string;
  readonly reward: bigint;
  readonly queuedAt: bigint;
  readonly releasableFrom: bigint;
  readonly releasedBy: string;
  /** The refused attempt to release too early; absent if the delay was over already. */
  readonly refused?: Refused;
  /** What each payee had before and has after, in wei. */
  readonly balances: readonly { readonly account: string; readonly before: bigint; readonly after: bigint }[];
}

/**
 * After step 6, on a local chain: shows the waiting reward, tries to release it too early, lets the delay pass, and lets an account without
 * a role release it. Undefined if nothing waits.
 */
export async function releaseReward(
  hre: HardhatRuntimeEnvironment,
  protocol: Protocol,
  { key, token, file: { symbol } }: LaunchedModel,
  report: Report,
): Promise<Released | undefined> {
  const { registry, tokenManager } = protocol;
  const payouts = await readPayouts(hre, registry, await blocksOf(hre), key);
  const payout = payouts.find(({ status }) => status === "waits" || status === "due");
  if (payout === undefined) return undefined;
  const { evaluationId, accounts, reward, queuedAt, releasableFrom } = payout;
  report({ name: "reward waits", isOffline: true, outcome: payoutInWords(payout, symbol) });

  const anybody = (await hre.ethers.getSigners())[ANYBODY] as HardhatEthersSigner;
  const releasing = tokenManager.connect(anybody);
  const call = releaseCall(payout);
  const refused =
    payout.status === "waits"
      ? await refusalOfAttempt(
          hre,
          report,
          "release before its time",
          "release before its time",
          releasing.releasePayout.staticCall(...call),
        )
      : undefined;
  await passTimeTo(hre, releasableFrom);
  report({ name: "pass time", isOffline: true, outcome: `it is ${formatTime(releasableFrom)} on this chain` });

  const payees = [...new Set(accounts)];
  const balances = () => Promise.all(payees.map((account) => token.balanceOf(account)));
  const before = await balances();
  const sent = await confirm("release reward", releasing.releasePayout(...call));
  const after = await balances();
  report({
    name: sent.name,
    sent,
    outcome: `by ${anybody.address}, who has no role: ${formatTokens(reward)} ${symbol} minted`,
  });
  return {
    evaluationId,
    reward,
    queuedAt,
    releasableFrom,
    releasedBy: anybody.address,
    ...(refused && { refused }),
    balances: payees.map((account, index) => ({
      account,
      before: before[index] as bigint,
      after: after[index] as bigint,
    })),
  };
}

/** Says who waits for how much, and until when. */
function payoutInWords({ reward, releasableFrom, accounts, amounts }: Payout, symbol: string): string {
  const parts = accounts.map((account, index) => `${formatTokens(amounts[index] as bigint)} to ${account}`);
  return `${formatTokens(reward)} ${symbol} from ${formatTime(releasableFrom)}: ${parts.join(", ")}`;
}
