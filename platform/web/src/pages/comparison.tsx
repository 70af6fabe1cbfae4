// Models side by side, from reports of the same time.

import type { ModelComparison } from "../../../../sdk/tracking/comparison.ts";
import { formatDeltaOnes } from "../../../../sdk/tracking/formats.ts";
import { Link } from "../router.tsx";
import { inPercent, Price, Score, TokenAmount, Usdc } from "../ui/figures.tsx";
import { Card, DataTable } from "../ui/parts.tsx";

export function ComparisonCard({ comparison: { models } }: { readonly comparison: ModelComparison }) {
  const most = models.reduce((top, { deltaOnes }) => (deltaOnes > top ? deltaOnes : top), 1n);
  return (
    <Card
      title="Side by side"
      intro="By DeltaOnes, highest first. A change in price is not a yield."
      className="spaced"
    >
      <DataTable
        caption="Models by DeltaOnes, highest first"
        rows={models}
        keyOf={({ modelId }) => modelId}
        empty=""
        columns={[
          {
            name: "Model",
            isText: true,
            cell: ({ modelId }) => <Link to={`/models/${encodeURIComponent(modelId)}`}>{modelId}</Link>,
          },
          {
            name: "DeltaOnes",
            cell: ({ deltaOnes }) => (
              <>
                {formatDeltaOnes(deltaOnes)}
                <meter
                  className="share"
                  value={Number((deltaOnes * 100n) / most)}
                  max={100}
                  aria-label="compared with the most"
                />
              </>
            ),
          },
          { name: "Improvements", cell: ({ improvements }) => String(improvements) },
          { name: "Score", cell: ({ score }) => (score === null ? "–" : <Score bps={score} />) },
          { name: "Better by", cell: ({ gainBps }) => (gainBps === null ? "–" : inPercent(gainBps, true)) },
          { name: "Rewards", cell: ({ rewards, symbol }) => <TokenAmount wei={rewards} symbol={symbol} /> },
          { name: "Contributors", cell: ({ contributors }) => String(contributors) },
          {
            name: "Price",
            cell: ({ spotPrice, symbol }) => (spotPrice === null ? "–" : <Price wad={spotPrice} symbol={symbol} />),
          },
          {
            name: "Change",
            cell: ({ priceChangeBps }) => (priceChangeBps === null ? "–" : inPercent(priceChangeBps, true)),
          },
          { name: "Traded", cell: ({ volume }) => <Usdc units={volume} /> },
        ]}
      />
    </Card>
  );
}
