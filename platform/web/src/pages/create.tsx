// Creates a model in five steps. Its market is shown while its terms are typed, and the platform keeps it as a draft.

import { parseUnits } from "ethers";
import { useState } from "react";
import { TOKEN_DECIMALS } from "../../../../sdk/base/units.ts";
import { REWARD_DELTA_ONES } from "../../../../sdk/schemas/model.ts";
import { useReading } from "../chain/chainContext.tsx";
import { draftError, EMPTY_DRAFT, readOpeningTerms, type LaunchDraft } from "../chain/launch.ts";
import { PreviewChart } from "../charts/preview.tsx";
import { useLocation } from "../router.tsx";
import { useDraft } from "../service/useDraft.ts";
import { Datum, inPercent, readable, spanOf } from "../ui/figures.tsx";
import { Card, Loading } from "../ui/parts.tsx";
import { useWallet } from "../wallet/walletContext.tsx";
import { CREATE_STEPS, CreateFields } from "./createFields.tsx";
import { ReviewStep } from "./createReview.tsx";
import { DraftCard } from "./draftCard.tsx";
import { CreatedCard } from "./proposal.tsx";

export function CreatePage() {
  const created = useLocation().query.get("created");
  return created === null ? <CreateForm /> : <CreatedCard modelId={created} />;
}

const isWrong = (draft: LaunchDraft, fields: readonly (keyof LaunchDraft)[]) =>
  fields.some((field) => draftError(draft, field) !== undefined);

function CreateForm() {
  const { query, go } = useLocation();
  const [typed, setTyped] = useState(EMPTY_DRAFT);
  const [isTold, setIsTold] = useState(false);
  const { account = "" } = useWallet();
  const draft: LaunchDraft = {
    ...typed,
    recipient: typed.recipient || account,
    governor: typed.governor || account,
  };
  const set = (change: Partial<LaunchDraft>) => setTyped((last) => ({ ...last, ...change }));
  const step = Math.min(CREATE_STEPS.length, Math.max(1, Number(query.get("step")) || 1));
  // The address may open a later step although the earlier ones are still empty.
  const missing = CREATE_STEPS.slice(0, step - 1).findIndex(([, fields]) => isWrong(draft, fields));
  const shown = missing >= 0 ? missing + 1 : step;
  const draftId = query.get("draft");
  const keeping = useDraft(draftId, draft, {
    onRead: set,
    onMade: (id) => go(`/create?step=${shown}&draft=${id}`, { replace: true }),
  });
  const move = (to: number) => {
    const isStuck = to > shown && isWrong(draft, CREATE_STEPS[shown - 1]?.[1] ?? []);
    setIsTold(isStuck);
    if (!isStuck) go(`/create?step=${to}${draftId === null ? "" : `&draft=${draftId}`}`);
  };

  return (
    <>
      <h1>Create a model</h1>
      <ol className="progress" aria-label="Steps">
        {CREATE_STEPS.map(([name], index) => (
          <li key={name} aria-current={index + 1 === shown ? "step" : undefined}>
            {index + 1}. {name}
          </li>
        ))}
      </ol>
      <div className="narrow">
        <Card title={`Step ${shown} of ${CREATE_STEPS.length}: ${CREATE_STEPS[shown - 1]?.[0]}`}>
          <form
            onSubmit={(event) => {
              event.preventDefault();
              move(shown + 1);
            }}
          >
            {shown === CREATE_STEPS.length ? (
              <ReviewStep draft={draft} keeping={keeping} />
            ) : (
              <CreateFields step={shown} draft={draft} set={set} isTold={isTold} />
            )}
            <div className="actions">
              {shown > 1 && (
                <button type="button" onClick={() => move(shown - 1)}>
                  Back
                </button>
              )}
              {shown < CREATE_STEPS.length && (
                <button type="submit" className="primary">
                  Continue
                </button>
              )}
            </div>
          </form>
        </Card>
        <div className="stack">
          <PreviewCard draft={draft} />
          <DraftCard draft={draft} keeping={keeping} />
        </div>
      </div>
    </>
  );
}

function PreviewCard({ draft }: { readonly draft: LaunchDraft }) {
  const isValid = !isWrong(draft, ["supplier", "investor", "tokensPerDeltaOne", "expectedDeltaOnes"]);
  const [supplier, investor, rate, expected] = [
    Number(draft.supplier),
    Number(draft.investor),
    Number(draft.tokensPerDeltaOne),
    Number(draft.expectedDeltaOnes),
  ];
  const launch = supplier + investor;
  const { value: terms } = useReading(isValid ? `terms ${draft.supplier} ${draft.investor}` : undefined, (site) =>
    readOpeningTerms(site, parseUnits(draft.supplier, TOKEN_DECIMALS) + parseUnits(draft.investor, TOKEN_DECIMALS)),
  );
  if (!isValid) return <Card title="Its market">Type the allocations to see the curve.</Card>;
  const rewards = rate * expected;
  return (
    <Card title="Its market" intro="On the terms on which a pool opens, as the chain has them now.">
      {terms === undefined ? (
        <Loading what="the terms" />
      ) : (
        <PreviewChart terms={terms} cap={investor} symbol={draft.symbol} />
      )}
      <dl className="list">
        <Datum name="Supply at launch, when all is sold">{readable(launch)} tokens</Datum>
        <Datum name="Rewards, ever, at most">{readable(rate * REWARD_DELTA_ONES)} tokens</Datum>
        <Datum name="Expected rewards of two years">{readable(rewards)} tokens</Datum>
        <Datum name="Their share in the supply then">
          {inPercent(Math.round((rewards / (launch + rewards)) * 10_000))}
        </Datum>
        {terms && (
          <>
            <Datum name="Reserve ratio">{inPercent(terms.ratio * 10_000)}</Datum>
            <Datum name="Trade fee, each way">{inPercent(terms.fee * 10_000)}</Datum>
            <Datum name="Nobody can sell for">{spanOf(terms.window)}</Datum>
          </>
        )}
      </dl>
    </Card>
  );
}
