// Who made a model's improvements, and what holders of its tokens gained.

import type { ContributionEntry, HolderReturn } from "../../../../sdk/tracking/contributions.ts";
import { formatDeltaOnes } from "../../../../sdk/tracking/formats.ts";
import type { TokenValue } from "../../../../sdk/tracking/value.ts";
import { inPercent, readable, TokenAmount, Usdc, wholeTokens } from "../ui/figures.tsx";
import { Address, Card, DataTable } from "../ui/parts.tsx";

const PART_WORDS: Readonly<Record<ContributionEntry["part"], string>> = {
  owner: "owner",
  contributor: "contributor",
  contributors: "contributors behind a root",
};

interface ContributionsProps {
  readonly contributions: readonly ContributionEntry[];
  readonly symbol: string;
}

export function ContributionsCard({ contributions, symbol }: ContributionsProps) {
  return (
    <Card
      title="Who made the improvements"
      className="wide"
      intro="Shares of this period's rewards. A mark is the spot price times the tokens; a sale would pay less."
    >
      <DataTable
        caption="Contributions, the largest first"
        rows={contributions}
        keyOf={({ account, part }) => `${account} ${part}`}
        empty="Nobody was rewarded in this period."
        columns={[
          { name: "Account", isText: true, cell: ({ account }) => <Address value={account} /> },
          { name: "As", isText: true, cell: ({ part }) => PART_WORDS[part] },
          { name: "Improvements", cell: ({ improvements }) => String(improvements) },
          {
            name: "DeltaOnes",
            cell: ({ part, deltaOnes }) => (part === "owner" ? "–" : formatDeltaOnes(deltaOnes)),
          },
          {
            name: "Share",
            cell: ({ shareBps }) => (
              <>
                {inPercent(shareBps)}
                <meter className="share" value={shareBps} max={10_000} aria-label="share" />
              </>
            ),
          },
          { name: "Rewards", cell: ({ rewards }) => <TokenAmount wei={rewards} symbol={symbol} /> },
          { name: "Mark", cell: ({ value }) => (value ? <Usdc units={value.mark} /> : "no pool") },
          {
            name: "A sale would pay",
            cell: ({ value }) => (value ? <SaleValue value={value} symbol={symbol} /> : "no pool"),
          },
        ]}
      />
    </Card>
  );
}

/** What a sale would pay now, for as many of the tokens as the pool would take. */
function SaleValue({
  value: { tokens, sellable, sale },
  symbol,
}: {
  readonly value: TokenValue;
  readonly symbol: string;
}) {
  if (sellable === 0n && tokens > 0n) return "nobody can sell yet";
  return (
    <>
      <Usdc units={sale} />
      {sellable < tokens && (
        <small className="note">
          for the {readable(wholeTokens(sellable))} {symbol} that the pool would take
        </small>
      )}
    </>
  );
}

function SignedUsdc({ units, bps }: { readonly units: bigint; readonly bps: number | null }) {
  return (
    <>
      {units < 0n && "−"}
      <Usdc units={units < 0n ? -units : units} />
      {bps !== null && <small className="note">{inPercent(bps, true)}</small>}
    </>
  );
}

export function ReturnsCard({
  returns,
  symbol,
}: {
  readonly returns: readonly HolderReturn[];
  readonly symbol: string;
}) {
  return (
    <Card
      title="Returns of holders"
      className="wide"
      intro="Since launch, as far as the pool and the protocol record it; transfers between accounts are not counted. The spot price is only a mark: nobody buys more than a few tokens at it. A sale of everything would pay the amount beside it."
    >
      <DataTable
        caption="Returns since launch"
        rows={returns}
        keyOf={({ account }) => account}
        empty=""
        columns={[
          { name: "Account", isText: true, cell: ({ account }) => <Address value={account} /> },
          { name: "Holds", cell: ({ held }) => <TokenAmount wei={held} symbol={symbol} /> },
          { name: "Paid", cell: ({ bought }) => <Usdc units={bought.reserve} /> },
          { name: "Received", cell: ({ sold }) => <Usdc units={sold.reserve} /> },
          { name: "A sale would pay", cell: ({ value }) => <SaleValue value={value} symbol={symbol} /> },
          {
            name: "Return at mark",
            cell: ({ returnAtMark, returnAtMarkBps }) => <SignedUsdc units={returnAtMark} bps={returnAtMarkBps} />,
          },
          {
            name: "Return at a sale",
            cell: ({ returnAtSale, returnAtSaleBps }) => <SignedUsdc units={returnAtSale} bps={returnAtSaleBps} />,
          },
        ]}
      />
    </Card>
  );
}
