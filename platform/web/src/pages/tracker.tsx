// How models have performed: a report on each, a comparison of several, and both as files.

import { getAddress, isAddress } from "ethers";
import { useEffect, useRef, useState } from "react";
import { compareModels } from "../../../../sdk/tracking/comparison.ts";
import type { PerformanceReport, Timeframe } from "../../../../sdk/tracking/tracker.ts";
import { useChain, useReading } from "../chain/chainContext.tsx";
import { readModels } from "../chain/protocol.ts";
import { useLocation } from "../router.tsx";
import { ServiceNotice } from "../service/parts.tsx";
import { readReports, REPORT_FORMS, reportText, type ReportWish } from "../service/report.ts";
import { useService } from "../service/serviceContext.tsx";
import { AtBlockNote } from "../ui/figures.tsx";
import { Choice, Loading, Notice, SelectField, TextField } from "../ui/parts.tsx";
import { saveFile } from "../ui/save.ts";
import { useWallet } from "../wallet/walletContext.tsx";
import { wordsOf } from "../wallet/words.ts";
import { ComparisonCard } from "./comparison.tsx";
import { ReportCards } from "./report.tsx";

const TIMEFRAME_CHOICES: readonly (readonly [Timeframe, string])[] = [
  ["last_30_days", "30 days"],
  ["last_90_days", "90 days"],
  ["all", "All"],
];

/** The most models that are compared at once. */
const MOST_MODELS = 8;

const FORM_NAMES: Readonly<Record<keyof typeof REPORT_FORMS, string>> = {
  json: "JSON",
  csv: "CSV",
  txt: "Text",
  html: "Page",
};

export function TrackerPage() {
  const { query, go } = useLocation();
  const { value: all } = useReading("models", readModels);
  const named = query.getAll("model").slice(0, MOST_MODELS);
  const first = all?.find(({ state }) => state.pool) ?? all?.[0];
  const models = named.length > 0 ? [...new Set(named)] : first ? [first.state.modelId] : [];
  const timeframe = TIMEFRAME_CHOICES.find(([key]) => key === query.get("timeframe"))?.[0] ?? "last_30_days";
  const accounts = query.getAll("account").filter((account) => isAddress(account));
  const wish: ReportWish = { models, timeframe, accounts };
  const address = (next: Partial<ReportWish>) => {
    const wanted = { ...wish, ...next };
    const parameters = new URLSearchParams([
      ...wanted.models.map((model) => ["model", model]),
      ["timeframe", wanted.timeframe],
      ...wanted.accounts.map((account) => ["account", account]),
    ]);
    go(`/tracker?${parameters}`, { replace: true });
  };
  const others = (all ?? []).filter(({ state }) => !models.includes(state.modelId));

  return (
    <>
      <h1>Tracker</h1>
      <p className="lead">
        What has become of models: scores, improvements and what was paid for them. It is the report of the command{" "}
        <code>hokusai report</code>, made here from the chain.
      </p>
      <div className="filters">
        {models.length < MOST_MODELS && others.length > 0 && (
          <SelectField
            label="Compare with"
            value=""
            options={[["", "another model …"], ...others.map(({ state, name }) => [state.modelId, name] as const)]}
            onChange={(model) => model !== "" && address({ models: [...models, model] })}
          />
        )}
        <Choice
          label="Timeframe"
          options={TIMEFRAME_CHOICES}
          value={timeframe}
          onChange={(next) => address({ timeframe: next })}
        />
        <HolderField accounts={accounts} onChange={(next) => address({ accounts: next })} />
      </div>
      {models.length > 1 && (
        <ul className="chips" aria-label="Models in the report">
          {models.map((model) => (
            <li key={model}>
              {model}
              <button
                type="button"
                className="quiet"
                aria-label={`Leave ${model} out`}
                onClick={() => address({ models: models.filter((each) => each !== model) })}
              >
                ×
              </button>
            </li>
          ))}
        </ul>
      )}
      <ServiceNotice what="documents of evaluations and lists of contributors" />
      {models.length > 0 ? (
        <Reports wish={wish} />
      ) : all === undefined ? (
        <Loading what="all models" />
      ) : (
        <p className="empty">No model has been created so far.</p>
      )}
    </>
  );
}

interface HolderFieldProps {
  readonly accounts: readonly string[];
  readonly onChange: (accounts: readonly string[]) => void;
}

/** The field for the account whose return is reported. */
function HolderField({ accounts, onChange }: HolderFieldProps) {
  const { account } = useWallet();
  const [text, setText] = useState(accounts[0] ?? "");
  const set = (next: string) => {
    setText(next);
    if (next === "") onChange([]);
    else if (isAddress(next)) onChange([getAddress(next)]);
  };
  return (
    <>
      <TextField
        label="Return of a holder"
        value={text}
        placeholder="0x…"
        onChange={set}
        error={text !== "" && !isAddress(text) ? "Type an address: 0x and 40 hexadecimal digits." : undefined}
      />
      {account !== undefined && text !== account && (
        <button type="button" onClick={() => set(account)}>
          My wallet
        </button>
      )}
    </>
  );
}

interface Made {
  readonly of: string;
  readonly reports: readonly PerformanceReport[];
}

function Reports({ wish }: { readonly wish: ReportWish }) {
  const { site, block } = useChain();
  const { client, state } = useService();
  const [made, setMade] = useState<Made>();
  const [trouble, setTrouble] = useState<string>();
  const [turn, setTurn] = useState(0);
  const key = JSON.stringify(wish);
  const isServed = state.kind === "up";
  const isReady = site !== undefined && block !== undefined && state.kind !== "unknown";
  const latest = useRef({ block, client });
  latest.current = { block, client };

  useEffect(() => {
    const { block: at, client: platform } = latest.current;
    if (!isReady || site === undefined || at === undefined) return;
    let isOver = false;
    readReports(site, at, isServed ? platform : undefined, JSON.parse(key) as ReportWish).then(
      (reports) => {
        if (isOver) return;
        setMade({ of: key, reports });
        setTrouble(undefined);
      },
      async (error: unknown) => {
        const words = await wordsOf(site.chain.access, error);
        if (!isOver) setTrouble(words);
      },
    );
    return () => void (isOver = true);
  }, [key, isReady, isServed, site, turn]);

  const reports = made?.of === key ? made.reports : undefined;
  const own = reports?.[0];
  return (
    <>
      {trouble !== undefined && <Notice tone="bad">{trouble}</Notice>}
      {reports === undefined ? (
        trouble === undefined && <Loading what="the history of the chain" />
      ) : (
        <>
          <div className="actions" role="group" aria-label="Save the report">
            {Object.entries(REPORT_FORMS).map(([form, type]) => (
              <button
                key={form}
                type="button"
                className="small"
                onClick={() => {
                  const name = `${reports.map(({ model }) => model.modelId).join("-")}-${wish.timeframe}.${form}`;
                  saveFile(name, `${reportText(form as keyof typeof REPORT_FORMS, reports)}\n`, type);
                }}
              >
                Save as {FORM_NAMES[form as keyof typeof REPORT_FORMS]}
              </button>
            ))}
            <button type="button" className="small" onClick={() => setTurn((last) => last + 1)}>
              Read it again
            </button>
          </div>
          {reports.length > 1 && <ComparisonCard comparison={compareModels(reports)} />}
          {reports.map((report) => (
            <ReportCards key={report.model.key} report={report} />
          ))}
          {own && <AtBlockNote block={own.block} />}
        </>
      )}
    </>
  );
}
