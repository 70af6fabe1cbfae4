// Improvements with their rewards, and the status of each reward.

import type { Improvement, ModelFacts } from "../chain/model.ts";
import { inPercent, spanOf, Time, TokenAmount } from "../ui/figures.tsx";
import { Address, DataTable } from "../ui/parts.tsx";

/** What a status means to somebody who waits for the reward. */
export function payoutWords(
  { status, releasableFrom }: Pick<Improvement, "status"> & { readonly releasableFrom: bigint | number },
  now: number,
): string {
  switch (status) {
    case "waits":
      return `waits for ${spanOf(Number(releasableFrom) - now)}`;
    case "due":
      return "can be released by anyone";
    case "stopped":
      return "stopped by a guardian; the admin decides";
    case "void":
      return "void: goes back to the model";
    case "released":
      return "paid";
    case "returned":
      return "void, went back to the model";
  }
}

interface PayoutTableProps {
  readonly facts: ModelFacts;
  readonly payouts: readonly Improvement[];
  readonly now: number;
}

export function PayoutTable({ facts: { symbol, times }, payouts, now }: PayoutTableProps) {
  return (
    <DataTable
      caption="Improvements and their rewards, the latest first"
      rows={payouts}
      keyOf={({ evaluationId }) => evaluationId}
      empty="Nobody has improved the model so far."
      columns={[
        { name: "Time", isText: true, cell: ({ block }) => <Time seconds={times.get(block) ?? 0} /> },
        {
          name: "Improvement",
          cell: ({ baselineScore, candidateScore, lowerBoundBps }) => (
            <>
              {inPercent(candidateScore - baselineScore, true)}
              {lowerBoundBps !== undefined && <small className="note">at least {inPercent(lowerBoundBps, true)}</small>}
            </>
          ),
        },
        { name: "Reward", cell: ({ reward }) => <TokenAmount wei={reward} symbol={symbol} /> },
        { name: "Status", isText: true, cell: (payout) => payoutWords(payout, now) },
        {
          name: "Paid to",
          isText: true,
          cell: ({ accounts, amounts }) => (
            <ul className="payees">
              {accounts.map((account, index) => (
                <li key={account}>
                  <Address value={account} label="payee" /> <TokenAmount wei={amounts[index] ?? 0n} symbol={symbol} />
                </li>
              ))}
            </ul>
          ),
        },
        { name: "Block", cell: ({ block }) => block.toLocaleString("en") },
      ]}
    />
  );
}
