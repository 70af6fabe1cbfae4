// The head of every page about one model: its name, and links to its other pages.

import type { ModelFacts } from "../chain/model.ts";
import { Link, useLocation } from "../router.tsx";
import { statusWords } from "./models.tsx";

export function ModelHead({ facts }: { readonly facts: Pick<ModelFacts, "state" | "name" | "symbol"> }) {
  const { state, name, symbol } = facts;
  const { path } = useLocation();
  const home = `/models/${encodeURIComponent(state.modelId)}`;
  const parts: readonly (readonly [string, string])[] = [
    [home, "Overview"],
    ...(state.pool ? [[`${home}/trade`, "Trade"] as const] : []),
    ...(state.benchmark ? [[`${home}/contribute`, "Contribute"] as const] : []),
    [`${home}/govern`, "Govern"],
    [`/tracker?model=${encodeURIComponent(state.modelId)}`, "Report"],
  ];
  return (
    <div className="head">
      <p className="crumbs">
        <Link to="/">Models</Link> / <code>{state.modelId}</code>
      </p>
      <h1>
        {name} <span className="symbol">{symbol}</span>{" "}
        <span className={`status ${state.status}`}>{statusWords[state.status]}</span>
      </h1>
      <nav aria-label={`Pages of ${name}`} className="tabs">
        {parts.map(([to, label]) => (
          <Link key={to} to={to} isCurrent={path.replace(/\/$/, "") === to}>
            {label}
          </Link>
        ))}
      </nav>
    </div>
  );
}
