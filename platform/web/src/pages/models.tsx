// All models: search, status, price, score.

import { useState } from "react";
import { useReading } from "../chain/chainContext.tsx";
import { readModels, type ListedModel } from "../chain/protocol.ts";
import { Sparkline } from "../charts/sparkline.tsx";
import { Link, useLocation } from "../router.tsx";
import { AtBlockNote, inPercent, Price, Score, TokenAmount, wholePrice } from "../ui/figures.tsx";
import { Choice, Loading, Notice, TextField } from "../ui/parts.tsx";

const STATUSES = [
  ["", "All"],
  ["PROPOSAL", "Proposed"],
  ["REGISTERED", "Registered"],
  ["DEPLOYED", "Trading"],
] as const;

const SHOWN = 60;

export const statusWords: Readonly<Record<string, string>> = {
  PROPOSAL: "Proposed",
  REGISTERED: "Registered",
  DEPLOYED: "Trading",
};

export function ModelsPage() {
  const { query, go } = useLocation();
  const [search, setSearch] = useState(query.get("search") ?? "");
  const status = STATUSES.find(([key]) => key === query.get("status"))?.[0] ?? "";
  const { value: models, block, trouble } = useReading("models", readModels);

  const address = (next: { readonly search?: string; readonly status?: string }) => {
    const wanted = new URLSearchParams(Object.entries({ search, status, ...next }).filter(([, value]) => value !== ""));
    go(`/${wanted.size > 0 ? `?${wanted}` : ""}`, { replace: true });
  };
  const words = search.trim().toLowerCase();
  const found = models?.filter(
    ({ state, name, symbol }) =>
      (status === "" || state.status === status) &&
      [state.modelId, name, symbol].some((text) => text.toLowerCase().includes(words)),
  );

  return (
    <>
      <h1>Models</h1>
      <p className="lead">
        Each model has a token. Its price follows a curve as people buy and sell, and whoever improves the model,
        measured on a benchmark that was fixed beforehand, is paid in it.
      </p>
      <div className="filters">
        <TextField
          label="Search by name, ticker or id"
          type="search"
          value={search}
          onChange={(value) => {
            setSearch(value);
            address({ search: value });
          }}
        />
        <Choice label="Status" options={STATUSES} value={status} onChange={(value) => address({ status: value })} />
      </div>
      {trouble !== undefined && models !== undefined && <Notice tone="warning">{trouble}</Notice>}
      {found === undefined ? (
        trouble === undefined && <Loading what="all models" />
      ) : (
        <>
          <p role="status" className="count">
            {found.length} of {models?.length} {models?.length === 1 ? "model" : "models"}
          </p>
          {found.length === 0 && (
            <p className="empty">
              {models?.length === 0 ? "No model has been created so far." : "No match: search for something else."}
            </p>
          )}
          <ul className="models">
            {found.slice(0, SHOWN).map((model) => (
              <ModelCard key={model.state.id} model={model} />
            ))}
          </ul>
          {found.length > SHOWN && <p className="empty">The first {SHOWN} are shown: search to narrow them down.</p>}
        </>
      )}
      <AtBlockNote block={block} />
    </>
  );
}

function ModelCard({ model }: { readonly model: ListedModel }) {
  const { state, name, symbol, supply, spotPrice, prices } = model;
  const values = prices.map(wholePrice);
  const [first = 0, last = 0] = [values[0], values.at(-1)];
  return (
    <li className="card model-card">
      <div className="model-head">
        <h2>
          <Link to={`/models/${encodeURIComponent(state.modelId)}`}>{name}</Link>
        </h2>
        <p>
          <strong>{symbol}</strong> <span className={`status ${state.status}`}>{statusWords[state.status]}</span>
        </p>
      </div>
      <dl>
        <div>
          <dt>Price</dt>
          <dd>{spotPrice === undefined ? "no pool yet" : <Price wad={spotPrice} symbol={symbol} />}</dd>
        </div>
        <div>
          <dt>Since launch</dt>
          <dd className="trend">
            {first > 0 ? inPercent(Math.round((last / first - 1) * 10_000), true) : "–"}
            <Sparkline values={values} />
          </dd>
        </div>
        <div>
          <dt>Score</dt>
          <dd>{state.benchmark === undefined ? "no benchmark yet" : <Score bps={state.score} />}</dd>
        </div>
        <div>
          <dt>Supply</dt>
          <dd>
            <TokenAmount wei={supply} symbol={symbol} />
          </dd>
        </div>
      </dl>
    </li>
  );
}
