// A proposed model, and the backend's steps from draft to market as they happen.

import { id as keyOf } from "ethers";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { contractAt } from "../../../../sdk/client/access.ts";
import type { TokenManager } from "../../../../sdk/client/contracts.ts";
import type { DraftView } from "../../../../sdk/platform/wire.ts";
import { Problem } from "../../../../sdk/base/problem.ts";
import { readEvents } from "../../../../sdk/rpc/logs.ts";
import type { ModelState } from "../../../../sdk/state/protocolState.ts";
import { useReading } from "../chain/chainContext.tsx";
import { findModel, readProtocol } from "../chain/protocol.ts";
import type { BlockAt, PageSite } from "../chain/site.ts";
import { Link, useLocation } from "../router.tsx";
import { DIRECTION_WORDS } from "../service/drafts.ts";
import { KeyField, ServiceNotice } from "../service/parts.tsx";
import { useKept, useService } from "../service/serviceContext.tsx";
import { AtBlockNote, Datum, readable } from "../ui/figures.tsx";
import { Address, Card, Loading, Notice } from "../ui/parts.tsx";
import { wordsOf } from "../wallet/words.ts";

/** The model on chain, and the transaction that deployed its token. */
interface DeployedModel {
  readonly state: ModelState;
  readonly transaction: string;
}

async function readDeployed(site: PageSite, at: BlockAt, modelId: string): Promise<DeployedModel | null> {
  const state = findModel(await readProtocol(site, at), modelId);
  if (state === undefined) return null;
  const { contracts, firstBlock } = site.deployment;
  const manager = await contractAt<TokenManager>(site.chain.access, "TokenManager", contracts.TokenManager);
  const [event] = await readEvents(
    { from: firstBlock, to: at.number },
    manager,
    manager.filters.TokenDeployed(keyOf(modelId)),
  );
  return { state, transaction: event?.transactionHash ?? "" };
}

const useDeployed = (modelId: string | undefined) =>
  useReading(modelId && `deployed ${modelId}`, (site, at) => readDeployed(site, at, modelId ?? ""));

export function ProposalPage({ params }: { readonly params: Readonly<Record<string, string>> }) {
  const id = params["id"] ?? "";
  const { value: draft, trouble, again } = useKept(`draft ${id}`, (client) => client.draft(id));
  const { value: deployed, block } = useDeployed(draft?.model_id);
  if (draft === undefined)
    return (
      <>
        <h1>A proposed model</h1>
        <ServiceNotice what="proposals" />
        {trouble === undefined ? (
          <Loading what="the proposal" />
        ) : (
          <>
            <Notice tone="warning">{trouble} What is not published yet is shown to its owner&apos;s key alone.</Notice>
            <KeyField />
          </>
        )}
      </>
    );
  return (
    <>
      <p className="crumbs">
        <Link to="/">Models</Link> / <code>{draft.model_id}</code>
      </p>
      <h1>
        {draft.name} <span className="symbol">{draft.ticker}</span>
      </h1>
      <p className="lead">{draft.description}</p>
      <ServiceNotice what="the steps of the platform" />
      <div className="columns">
        <ProposalCard draft={draft} />
        <Card title="On its way" intro="This list follows the platform and the chain: it can be left and opened again.">
          <Stages
            stages={[
              [true, "The draft is saved."],
              [draft.status !== "DRAFT", "It is published: everybody can read it."],
              [Boolean(deployed), WORDS_ON_CHAIN.token],
              [draft.token !== null, "The platform has compared the token with the draft."],
              [draft.approved_at !== null, "Whoever runs the platform has approved the registration."],
              ...stagesOnChain(deployed?.state),
            ]}
          />
          {deployed && draft.token === null && (
            <HandOver key={draft.id} draft={draft} deployed={deployed} onDone={again} />
          )}
          {draft.token === null && deployed === null && (
            <p className="actions">
              <Link to={`/create?step=5&draft=${draft.id}`}>Go on with it</Link>
            </p>
          )}
          {deployed && <ModelLink modelId={draft.model_id} />}
        </Card>
      </div>
      <AtBlockNote block={block} />
    </>
  );
}

function ProposalCard({ draft }: { readonly draft: DraftView }) {
  const { allocations, licence } = draft;
  return (
    <Card title="What is proposed" intro="As its developer states it; the chain confirms what it knows.">
      <dl className="list">
        <Datum name="Category">{draft.category}</Datum>
        {draft.tags.length > 0 && <Datum name="Tags">{draft.tags.join(", ")}</Datum>}
        <Datum name="Metric">
          {draft.metric}, {DIRECTION_WORDS[draft.direction]}
        </Datum>
        <Datum name="Its value">{readable(draft.current_value)}</Datum>
        <Datum name="Target">{draft.target_value === undefined ? "none" : readable(draft.target_value)}</Datum>
        <Datum name="Reward for one verified DeltaOne">
          {readable(Number(allocations.tokens_per_delta_one))} {draft.ticker}
        </Datum>
        <Datum name="Expected in two years">{allocations.expected_delta_ones} DeltaOnes</Datum>
        <Datum name="Supplier">
          {readable(Number(allocations.supplier))} {draft.ticker}
        </Datum>
        <Datum name="Investors, at most">
          {readable(Number(allocations.investor))} {draft.ticker}
        </Datum>
        <Datum name="Licence">
          <span className="breakable">{licence.uri}</span> <Address value={licence.hash} label="hash" />
        </Datum>
        <Datum name="Benchmark">{draft.benchmark_spec_id === undefined ? "not chosen yet" : "chosen"}</Datum>
      </dl>
    </Card>
  );
}

/** Reports the token that a wallet has deployed to the platform; automatically if the wallet has just deployed it. */
function HandOver({
  draft,
  deployed: { state, transaction },
  onDone,
}: {
  readonly draft: DraftView;
  readonly deployed: DeployedModel;
  readonly onDone: () => void;
}) {
  const { client, hasKey, looks } = useService();
  const isOwn = useLocation().query.get("sent") !== null;
  const [trouble, setTrouble] = useState<string>();
  const task = useRef({ isBusy: false, isOver: false });
  const send = async () => {
    const own = task.current;
    if (own.isBusy || own.isOver) return;
    own.isBusy = true;
    try {
      await client.handOver(draft.id, { transaction_hash: transaction, token: state.token });
      own.isOver = true;
      setTrouble(undefined);
      onDone();
    } catch (error) {
      // The indexer may be a block behind, so this is retried.
      const isEarly = error instanceof Problem && (error.code === "NOT_YET" || error.code === "NODE_FAILED");
      own.isOver = !isEarly;
      setTrouble(isEarly ? undefined : await wordsOf(undefined, error));
    } finally {
      own.isBusy = false;
    }
  };
  useEffect(() => {
    if (isOwn && hasKey && transaction !== "") void send();
  }, [isOwn, hasKey, transaction, looks]);
  return (
    <>
      {trouble !== undefined && <Notice tone="bad">{trouble}</Notice>}
      {isOwn && hasKey && trouble === undefined ? (
        <p className="loading" role="status">
          Handing the token over to the platform …
        </p>
      ) : (
        <details>
          <summary>Hand the token over, if the draft is yours</summary>
          <KeyField />
          <button
            type="button"
            disabled={!hasKey || transaction === ""}
            onClick={() => {
              task.current.isOver = false;
              void send();
            }}
          >
            Hand it over
          </button>
        </details>
      )}
    </>
  );
}

const WORDS_ON_CHAIN = {
  token: "The token is deployed; nothing is minted.",
  benchmark: "A registrar has committed the benchmark.",
  supplier: "The supplier's tokens are minted to their recipient.",
  pool: "The pool is open: anyone can buy.",
} as const;

type Stage = readonly [isDone: boolean, words: string];

function stagesOnChain(model: ModelState | undefined): readonly Stage[] {
  return [
    [model?.benchmark !== undefined, WORDS_ON_CHAIN.benchmark],
    [model?.isDistributed ?? false, WORDS_ON_CHAIN.supplier],
    [model?.pool !== undefined, WORDS_ON_CHAIN.pool],
  ];
}

function Stages({ stages }: { readonly stages: readonly Stage[] }): ReactNode {
  return (
    <ol className="steps">
      {stages.map(([isDone, words]) => (
        <li key={words} className={isDone ? "is-done" : ""}>
          <strong>{isDone ? "Done" : "Waits"}</strong>: {words}
        </li>
      ))}
    </ol>
  );
}

function ModelLink({ modelId }: { readonly modelId: string }) {
  return (
    <p className="actions">
      <Link to={`/models/${encodeURIComponent(modelId)}`}>Open {modelId}</Link>
    </p>
  );
}

/** A model that was created without a draft: only the chain's steps. */
export function CreatedCard({ modelId }: { readonly modelId: string }) {
  const { value: deployed, block } = useDeployed(modelId);
  if (block === undefined) return <Loading what={modelId} />;
  return (
    <>
      <h1>{modelId}</h1>
      <Card title="On its way" intro="This list follows the chain: it can be left and opened again by its address.">
        <Stages stages={[[Boolean(deployed), WORDS_ON_CHAIN.token], ...stagesOnChain(deployed?.state)]} />
        {deployed && <ModelLink modelId={modelId} />}
      </Card>
    </>
  );
}
