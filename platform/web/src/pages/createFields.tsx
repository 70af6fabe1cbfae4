// The form for creating a model, step by step.

import { useState } from "react";
import { PRESETS } from "../../../../sdk/schemas/modelFile.ts";
import { draftError, readLicence, type LaunchDraft } from "../chain/launch.ts";
import { WhereServed } from "../service/parts.tsx";
import { useKept } from "../service/serviceContext.tsx";
import { Address, Choice, FileField, SelectField, TextArea, TextField } from "../ui/parts.tsx";

/** The steps, with the fields that must be valid before the next step. The last step shows everything. */
export const CREATE_STEPS: readonly (readonly [string, readonly (keyof LaunchDraft)[]])[] = [
  ["Model", ["modelId", "name", "symbol", "description", "category", "tags"]],
  ["Metric", ["metric", "currentValue", "targetValue"]],
  ["Tokens", ["supplier", "investor", "tokensPerDeltaOne", "expectedDeltaOnes"]],
  [
    "Licence and keys",
    ["licenceHash", "licenceUri", "infrastructurePercent", "pricePerThousandCalls", "recipient", "governor"],
  ],
  ["Review", []],
];

type PresetName = keyof typeof PRESETS | "custom";

const PRESET_NAMES: readonly (readonly [PresetName, string])[] = [
  ["experimental", "Experimental"],
  ["growth", "Growth"],
  ["mature", "Mature"],
  ["custom", "Custom"],
];

const CATEGORIES = ["Finance", "Healthcare", "NLP", "Vision", "Audio", "Science", "Other"];

const METRIC_CHOICES = [
  ["accuracy", "Accuracy"],
  ["f1", "F1"],
  ["roc_auc", "AUC-ROC"],
  ["", "Another"],
] as const;

function presetOf({ supplier, investor, tokensPerDeltaOne }: LaunchDraft): PresetName {
  const found = Object.entries(PRESETS).find(
    ([, preset]) =>
      preset.supplier === supplier && preset.investor === investor && preset.tokensPerDeltaOne === tokensPerDeltaOne,
  );
  return (found?.[0] as PresetName | undefined) ?? "custom";
}

interface FieldsProps {
  readonly draft: LaunchDraft;
  readonly set: (change: Partial<LaunchDraft>) => void;
  readonly bind: (field: keyof LaunchDraft) => {
    readonly value: string;
    readonly onChange: (value: string) => void;
    readonly error: string | undefined;
  };
  /** Whether to show what is wrong with empty fields; not before the reader wants to go on. */
  readonly isTold: boolean;
}

/** The fields of a step, counted from 1. */
export function CreateFields({ step, draft, set, isTold }: Omit<FieldsProps, "bind"> & { readonly step: number }) {
  const bind = (field: keyof LaunchDraft) => ({
    value: draft[field],
    onChange: (value: string) => set({ [field]: value }),
    error: isTold || draft[field] !== "" ? draftError(draft, field) : undefined,
  });
  const Fields = [ModelFields, MetricFields, TokenFields, LicenceFields][step - 1];
  return Fields === undefined ? null : <Fields {...{ draft, set, bind, isTold }} />;
}

function ModelFields({ draft, set, bind }: FieldsProps) {
  const known = CATEGORIES.includes(draft.category) ? CATEGORIES : [...CATEGORIES, draft.category];
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
      <TextArea label="Description" {...bind("description")} />
      <SelectField
        label="Category"
        value={draft.category}
        options={known.map((category) => [category, category] as const)}
        onChange={(category) => set({ category })}
      />
      <TextField label="Tags" placeholder="credit, banking" hint="Separated by commas." {...bind("tags")} />
    </>
  );
}

function MetricFields({ draft, set, bind }: FieldsProps) {
  const [isOther, setIsOther] = useState(!METRIC_CHOICES.some(([metric]) => metric === draft.metric));
  return (
    <>
      <div className="field">
        <span className="label">Metric</span>
        <Choice
          label="Metric"
          options={METRIC_CHOICES}
          value={isOther ? "" : (METRIC_CHOICES.find(([metric]) => metric === draft.metric)?.[0] ?? "")}
          onChange={(metric) => {
            setIsOther(metric === "");
            set({ metric });
          }}
        />
      </div>
      {isOther && <TextField label="Its name" placeholder="log_loss" {...bind("metric")} />}
      <div className="field">
        <span className="label">Direction</span>
        <Choice
          label="Direction"
          options={[
            ["higher_is_better", "Higher is better"],
            ["lower_is_better", "Lower is better"],
          ]}
          value={draft.direction}
          onChange={(direction) => set({ direction })}
        />
      </div>
      <TextField
        label="Value now"
        inputMode="decimal"
        placeholder="0.85"
        hint="On the metric's own scale."
        {...bind("currentValue")}
      />
      <TextField
        label="Target"
        inputMode="decimal"
        placeholder="0.91"
        hint="Not needed: rewards do not depend on it."
        {...bind("targetValue")}
      />
      <WhereServed what="the benchmarks that it keeps">
        <BenchmarkField draft={draft} set={set} />
      </WhereServed>
    </>
  );
}

/** Chooses which of the platform's benchmarks for this model id the model is to be registered with. */
function BenchmarkField({ draft, set }: Pick<FieldsProps, "draft" | "set">) {
  const { value = [] } = useKept(`benchmarks ${draft.modelId}`, async (client) =>
    (await client.benchmarks({ model_id: draft.modelId, page_size: 200 })).items.filter(({ is_active }) => is_active),
  );
  const options = value.map(({ id, metric_name, version }) => [id, `${metric_name}, version ${version}`] as const);
  return (
    <SelectField
      label="Benchmark"
      value={draft.benchmarkId}
      options={[["", options.length === 0 ? `none of ${draft.modelId} so far` : "not chosen yet"], ...options]}
      onChange={(benchmarkId) => set({ benchmarkId })}
      hint="States the data and the smallest improvement that counts. The model is registered once it has one."
    />
  );
}

function TokenFields({ draft, set, bind }: FieldsProps) {
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
}

function LicenceFields({ draft, set, bind, isTold }: FieldsProps) {
  const [name, setName] = useState("The file");
  const choose = async (file: File | undefined) => {
    if (file === undefined) return;
    const licence = await readLicence(file);
    setName(file.name);
    set(licence);
  };
  return (
    <>
      <FileField label="Licence, its very file" accept="" onChoose={(file) => void choose(file)} />
      {draft.licenceHash !== "" && (
        <p>
          {name} hashes to <Address value={draft.licenceHash} label="hash" />.{" "}
          {draft.licenceText === ""
            ? "The file stays on your machine."
            : "The file stays on your machine, unless you save a draft: that keeps its text."}
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
}
