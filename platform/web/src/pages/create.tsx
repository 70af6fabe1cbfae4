// Creating a model in five steps; its market is shown while it is typed.

import { parseUnits } from "ethers";
import { useState } from "react";
import { TOKEN_DECIMALS } from "../../../../sdk/base/units.ts";
import { REWARD_DELTA_ONES } from "../../../../sdk/schemas/model.ts";
import { PRESETS } from "../../../../sdk/schemas/modelFile.ts";
import { useChain, useReading } from "../chain/chainContext.tsx";
import {
  sendLaunch,
  draftError,
  EMPTY_DRAFT,
  hashLicence,
  readLaunchRights,
  readOpeningTerms,
  type LaunchDraft,
} from "../chain/launch.ts";
import { findModel, readProtocol } from "../chain/protocol.ts";
import { PreviewChart } from "../charts/preview.tsx";
import { Link, useLocation } from "../router.tsx";
import { Datum, inPercent, readable, spanOf } from "../ui/figures.tsx";
import { Address, Card, Choice, Loading, Notice, TextField } from "../ui/parts.tsx";
import { TransactionStatus, useTransaction, WalletGate } from "../wallet/transaction.tsx";
import { useWallet } from "../wallet/walletContext.tsx";

const STEPS: readonly (readonly [string, readonly (keyof LaunchDraft)[]])[] = [
  ["Name", ["modelId", "name", "symbol"]],
  ["Tokens", ["supplier", "investor", "tokensPerDeltaOne", "expectedDeltaOnes"]],
  ["Licence and usage", ["licenceHash", "licenceUri", "infrastructurePercent", "pricePerThousandCalls"]],
  ["Keys", ["recipient", "governor"]],
  ["Review", []],
];

type PresetName = keyof typeof PRESETS | "custom";

const PRESET_NAMES: readonly (readonly [PresetName, string])[] = [
  ["experimental", "Experimental"],
  ["growth", "Growth"],
  ["mature", "Mature"],
  ["custom", "Custom"],
];

function presetOf({ supplier, investor, tokensPerDeltaOne }: LaunchDraft): PresetName {
  const found = Object.entries(PRESETS).find(
    ([, preset]) =>
      preset.supplier === supplier && preset.investor === investor && preset.tokensPerDeltaOne === tokensPerDeltaOne,
  );
  return (found?.[0] as PresetName | undefined) ?? "custom";
}

export function CreatePage() {
  const { query, go } = useLocation();
  const [draft, setDraft] = useState(EMPTY_DRAFT);
  const [isTold, setIsTold] = useState(false);
  const { account } = useWallet();
  const step = Math.min(STEPS.length, Math.max(1, Number(query.get("step")) || 1));
  const created = query.get("created");
  const filled: LaunchDraft = {
    ...draft,
    recipient: draft.recipient || (account ?? ""),
    governor: draft.governor || (account ?? ""),
  };
  const set = (change: Partial<LaunchDraft>) => setDraft((last) => ({ ...last, ...change }));
  const wrong = (STEPS[step - 1]?.[1] ?? []).filter((field) => draftError(filled, field) !== undefined);
  const move = (to: number) => {
    if (to > step && wrong.length > 0) return setIsTold(true);
    setIsTold(false);
    go(`/create?step=${to}`);
  };
  if (created !== null) return <CreatedCard modelId={created} />;
  // A later step was opened by its address, with nothing typed before it.
  const missing = STEPS.slice(0, step - 1).findIndex(([, fields]) =>
    fields.some((field) => draftError(filled, field) !== undefined),
  );
  const shown = missing >= 0 ? missing + 1 : step;

  return (
    <>
      <h1>Create a model</h1>
      <ol className="progress" aria-label="Steps">
        {STEPS.map(([name], index) => (
          <li key={name} aria-current={index + 1 === shown ? "step" : undefined}>
            {index + 1}. {name}
          </li>
        ))}
      </ol>
      <div className="narrow">
        <Card title={`Step ${shown} of ${STEPS.length}: ${STEPS[shown - 1]?.[0]}`}>
          <form
            onSubmit={(event) => {
              event.preventDefault();
              move(shown + 1);
            }}
          >
            <StepFields step={shown} draft={filled} set={set} isTold={isTold} />
            <div className="actions">
              {shown > 1 && (
                <button type="button" onClick={() => move(shown - 1)}>
                  Back
                </button>
              )}
              {shown < STEPS.length && (
                <button type="submit" className="primary">
                  Continue
                </button>
              )}
            </div>
          </form>
        </Card>
        <PreviewCard draft={filled} />
      </div>
    </>
  );
}

interface StepProps {
  readonly step: number;
  readonly draft: LaunchDraft;
  readonly set: (change: Partial<LaunchDraft>) => void;
  /** Whether what is wrong is told already: not before the reader wants to go on. */
  readonly isTold: boolean;
}

function StepFields({ step, draft, set, isTold }: StepProps) {
  const [licence, setLicence] = useState("");
  const bind = (field: keyof LaunchDraft) => ({
    value: draft[field],
    onChange: (value: string) => set({ [field]: value }),
    error: isTold || (draft[field] !== "" && field !== "licenceHash") ? draftError(draft, field) : undefined,
  });
  switch (step) {
    case 1:
      return (
        <>
          <TextField
            label="Id"
            placeholder="credit-default"
            hint="How programs name it; it can never change."
            {...bind("modelId")}
          />
          <TextField label="Name" placeholder="Credit Default Model" {...bind("name")} />
          <TextField label="Ticker" placeholder="CRDEF" hint="3 to 6 upper-case letters." {...bind("symbol")} />
        </>
      );
    case 2:
      return (
        <>
          <div className="field">
            <span className="label">Preset</span>
            <Choice
              label="Preset"
              options={PRESET_NAMES}
              value={presetOf(draft)}
              onChange={(name) => {
                if (name !== "custom") set(PRESETS[name]);
              }}
            />
          </div>
          <TextField label="For the supplier" unit="tokens" inputMode="decimal" {...bind("supplier")} />
          <TextField label="For investors, at most" unit="tokens" inputMode="decimal" {...bind("investor")} />
          <TextField
            label="Reward for one DeltaOne"
            unit="tokens"
            inputMode="decimal"
            hint="One DeltaOne is an improvement by 100 bps of the score."
            {...bind("tokensPerDeltaOne")}
          />
          <TextField
            label="DeltaOnes that you expect in two years"
            inputMode="numeric"
            hint="For the preview alone: it is not written to the chain."
            {...bind("expectedDeltaOnes")}
          />
        </>
      );
    case 3:
      return (
        <>
          <label className="file">
            Licence, its very file
            <input
              type="file"
              onChange={(event) => {
                const file = event.target.files?.[0];
                if (file) void hashLicence(file).then((licenceHash) => (setLicence(file.name), set({ licenceHash })));
              }}
            />
          </label>
          {draft.licenceHash !== "" && (
            <p>
              {licence} hashes to <Address value={draft.licenceHash} label="hash" />. The file stays on your machine.
            </p>
          )}
          {isTold && draft.licenceHash === "" && <p className="error">Choose the licence&apos;s file.</p>}
          <TextField label="Where the licence can be read" placeholder="https://" {...bind("licenceUri")} />
          <TextField
            label="Share of usage fees for infrastructure"
            unit="%"
            inputMode="decimal"
            hint="The rest flows into the pool."
            {...bind("infrastructurePercent")}
          />
          <TextField
            label="Price of 1,000 calls"
            unit="USDC"
            inputMode="decimal"
            hint="0 leaves it unset."
            {...bind("pricePerThousandCalls")}
          />
        </>
      );
    case 4:
      return (
        <>
          <TextField
            label="Supplier's recipient"
            hint="Receives the supplier's tokens, and owns the model: 30 % of each reward."
            {...bind("recipient")}
          />
          <TextField
            label="Governor"
            hint="May change reward, fees and licence within bounds; a Safe is a good choice."
            {...bind("governor")}
          />
        </>
      );
    default:
      return <Review draft={draft} />;
  }
}

function Review({ draft }: { readonly draft: LaunchDraft }) {
  const { site } = useChain();
  const { go } = useLocation();
  const { account, signer } = useWallet();
  const { progress, run, isBusy } = useTransaction();
  const rights = useReading(account && `rights ${account} ${draft.modelId}`, (at) =>
    readLaunchRights(at, account ?? "", draft.modelId),
  ).value;
  const send = () =>
    run(async (teller) => {
      if (site === undefined) throw new Error("there is no chain");
      const block = await sendLaunch(site, await signer(), draft, teller);
      go(`/create?created=${encodeURIComponent(draft.modelId)}`);
      return `Created in block ${block.toLocaleString("en")}.`;
    });
  return (
    <>
      <dl className="list">
        <Datum name="Id">{draft.modelId}</Datum>
        <Datum name="Name and ticker">
          {draft.name} {draft.symbol}
        </Datum>
        <Datum name="Supplier">{readable(Number(draft.supplier))} tokens</Datum>
        <Datum name="Investors, at most">{readable(Number(draft.investor))} tokens</Datum>
        <Datum name="Reward for one DeltaOne">{readable(Number(draft.tokensPerDeltaOne))} tokens</Datum>
        <Datum name="Fees for infrastructure">{draft.infrastructurePercent} %</Datum>
        <Datum name="Price of 1,000 calls">
          {Number(draft.pricePerThousandCalls) === 0 ? "not set" : `${draft.pricePerThousandCalls} USDC`}
        </Datum>
        <Datum name="Licence">
          <span className="breakable">{draft.licenceUri}</span> <Address value={draft.licenceHash} label="hash" />
        </Datum>
        <Datum name="Recipient and owner">
          <Address value={draft.recipient} />
        </Datum>
        <Datum name="Governor">
          <Address value={draft.governor} />
        </Datum>
      </dl>
      <Notice tone="info">
        Allocations, recipient and id can never be changed. Nothing is minted now; the operator registers the benchmark
        and opens the pool.
      </Notice>
      {rights?.isFree === false && <Notice tone="bad">There is a model of this id already: take another.</Notice>}
      {rights?.mayDeploy === false && (
        <Notice tone="warning">Your account is not admitted to create models: ask the operator to admit it.</Notice>
      )}
      <WalletGate to="create the model">
        <button
          type="button"
          className="primary wide"
          disabled={isBusy || rights?.isFree !== true || !rights.mayDeploy}
          onClick={() => void send()}
        >
          Create {draft.symbol}
        </button>
      </WalletGate>
      <TransactionStatus progress={progress} />
    </>
  );
}

function PreviewCard({ draft }: { readonly draft: LaunchDraft }) {
  const isValid = (["supplier", "investor", "tokensPerDeltaOne", "expectedDeltaOnes"] as const).every(
    (field) => draftError(draft, field) === undefined,
  );
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
    <Card title="Its market" intro="On the terms that a pool opens on, as the chain has them now.">
      {terms === undefined ? (
        <Loading what="the terms" />
      ) : (
        <PreviewChart terms={terms} cap={investor} symbol={draft.symbol} />
      )}
      <dl className="list">
        <Datum name="Supply at launch, when all is sold">{readable(launch)} tokens</Datum>
        <Datum name="Rewards, ever, at most">{readable(rate * REWARD_DELTA_ONES)} tokens</Datum>
        <Datum name="Rewards of two years, as expected">{readable(rewards)} tokens</Datum>
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

const STAGES = [
  ["PROPOSAL", "The token is deployed; nothing is minted."],
  ["REGISTERED", "A registrar has committed the benchmark."],
  ["DISTRIBUTED", "The supplier's tokens are minted to their recipient."],
  ["DEPLOYED", "The pool is open: anyone can buy."],
] as const;

/** The operator's steps, as they happen on chain. */
function CreatedCard({ modelId }: { readonly modelId: string }) {
  const { value: model, block } = useReading(`created ${modelId}`, async (site, at) =>
    findModel(await readProtocol(site, at), modelId),
  );
  if (block === undefined) return <Loading what={modelId} />;
  const done = {
    PROPOSAL: model !== undefined,
    REGISTERED: model?.benchmark !== undefined,
    DISTRIBUTED: model?.isDistributed ?? false,
    DEPLOYED: model?.pool !== undefined,
  };
  return (
    <>
      <h1>{modelId}</h1>
      <Card title="On its way" intro="This list follows the chain: it can be left and opened again by its address.">
        <ol className="steps">
          {STAGES.map(([stage, words]) => (
            <li key={stage}>
              <strong>{done[stage] ? "Done" : "Waits"}</strong>: {words}
            </li>
          ))}
        </ol>
        {model && (
          <p className="actions">
            <Link to={`/models/${encodeURIComponent(modelId)}`}>Open {modelId}</Link>
          </p>
        )}
      </Card>
    </>
  );
}
