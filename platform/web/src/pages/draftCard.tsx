// The draft of a model on the platform, saved and published when its developer asks for it.

import { useState } from "react";
import type { DraftView } from "../../../../sdk/platform/wire.ts";
import type { LaunchDraft } from "../chain/launch.ts";
import { Link } from "../router.tsx";
import { isWholeDraft } from "../service/drafts.ts";
import { KeyField, WhereServed } from "../service/parts.tsx";
import { useKept, useService } from "../service/serviceContext.tsx";
import type { DraftKeeping } from "../service/useDraft.ts";
import { Time } from "../ui/figures.tsx";
import { Card, Notice } from "../ui/parts.tsx";
import { wordsOf } from "../wallet/words.ts";

interface DraftCardProps {
  readonly draft: LaunchDraft;
  readonly keeping: DraftKeeping;
}

export function DraftCard(props: DraftCardProps) {
  return (
    <Card
      title="Draft on the platform"
      intro="A draft can be opened again by its address. Once it is published, everybody can read it; its operator registers the model after the draft was approved."
    >
      <WhereServed what="drafts">
        <KeyField />
        <DraftActions {...props} />
        <OwnDrafts />
      </WhereServed>
    </Card>
  );
}

function DraftActions({ draft, keeping }: DraftCardProps) {
  const { hasKey } = useService();
  const { kept, isUpToDate, save, publish } = keeping;
  const [trouble, setTrouble] = useState<string>();
  const [isBusy, setIsBusy] = useState(false);
  const isWhole = isWholeDraft(draft);
  const act = async (task: () => Promise<DraftView>) => {
    setIsBusy(true);
    setTrouble(undefined);
    try {
      await task();
    } catch (error) {
      setTrouble(await wordsOf(undefined, error));
    } finally {
      setIsBusy(false);
    }
  };
  const isFinal = kept !== undefined && kept.token !== null;
  return (
    <>
      {keeping.trouble !== undefined && <Notice tone="warning">{keeping.trouble}</Notice>}
      {kept !== undefined && (
        <Notice tone={isUpToDate ? "good" : "info"}>
          <p>
            {kept.status === "DRAFT" ? "Saved" : "Published"}, last changed <Time seconds={kept.updated_at} />
            {isUpToDate ? "." : "; what stands here now differs from it."}
          </p>
          {kept.status !== "DRAFT" && <Link to={`/proposals/${kept.id}`}>The proposal</Link>}
        </Notice>
      )}
      {hasKey && !isWhole && <p className="empty">It can be saved once the first four steps are filled in.</p>}
      {!isFinal && (
        <div className="actions">
          <button type="button" disabled={!hasKey || !isWhole || isBusy || isUpToDate} onClick={() => void act(save)}>
            Save the draft
          </button>
          {kept?.status === "DRAFT" && (
            <button type="button" disabled={!hasKey || !isWhole || isBusy} onClick={() => void act(publish)}>
              Publish it
            </button>
          )}
        </div>
      )}
      {trouble !== undefined && <Notice tone="bad">{trouble}</Notice>}
    </>
  );
}

/** The drafts of the account that the key belongs to. */
function OwnDrafts() {
  const { hasKey } = useService();
  const { value } = useKept(hasKey ? "own drafts" : undefined, (client) => client.drafts({ page_size: 200 }));
  if (value === undefined || value.items.length === 0) return null;
  return (
    <details>
      <summary>Your drafts ({value.total.toLocaleString("en")})</summary>
      <ul>
        {[...value.items].reverse().map(({ id, model_id, ticker, status, token }) => (
          <li key={id}>
            <Link to={token === null ? `/create?draft=${id}` : `/proposals/${id}`}>{model_id}</Link> {ticker},{" "}
            {status.toLowerCase()}
          </li>
        ))}
      </ul>
    </details>
  );
}
