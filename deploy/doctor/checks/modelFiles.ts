// SPDX-License-Identifier: MIT
// Whether a model is as its file declares it.

import type { ModelFile, Recipient } from "../../../sdk/schemas/model";
import { PARAMETERS, type ModelState } from "../../../sdk/state/protocolState";
import type { DeclaredModel } from "../declared";
import type { Check } from "../report";
import { contractOf, type Subject } from "../subject";
import { compareCode, shortText, type Immutables } from "./code";
import type { ModelViews } from "./modelReading";

const VESTING_SECONDS = 365n * 86_400n;

/** Compares a model with its file, and the code of its vesting wallet, if it has one. */
export function examineFile(
  subject: Subject,
  checks: { readonly files: Check; readonly vestingCode: Check },
  { model, registry, recipient }: ModelViews,
  { file, path, immutables }: DeclaredModel & { immutables: Immutables | undefined },
): void {
  const rows: (readonly [string, unknown, unknown])[] = [
    ["supplierAllocation", model.supplierAllocation, file.supplierAllocation],
    ["investorAllocation", model.investorAllocation, file.investorAllocation],
    ...(immutables
      ? ([
          ["name", shortText(immutables.get("EIP712._name") as string), file.name],
          ["symbol", shortText(immutables.get("ModelToken._symbol") as string), file.symbol],
        ] as const)
      : []),
    ...(registry
      ? ([
          ...PARAMETERS.map((name) => [name, registry.parameters[name], file[name]] as const),
          ["licenseHash", registry.parameters.licenseHash, file.licenseHash],
          ["licenseURI", registry.parameters.licenseURI, file.licenseURI],
          ["governor", registry.model.governor, file.governor],
        ] as const)
      : []),
    ...benchmarkRows(subject, model, file),
    ...poolRows(model, file),
    ...recipientRows(subject, checks.vestingCode, model, file.recipient, recipient),
  ];
  const fix = `change ${path}, or the chain by whoever may`;
  for (const [name, actual, expected] of rows) checks.files.same(`${name} of ${model.modelId}`, actual, expected, fix);
}

function benchmarkRows(subject: Subject, { benchmark }: ModelState, { benchmark: file }: ModelFile) {
  if (benchmark === undefined) return [];
  const { methods } = subject.declared;
  const method =
    file.capacity === undefined
      ? contractOf(subject, file.method).address
      : methods.find(
          ({ contract, capacity, quantileE9 }) =>
            contract === file.method && capacity === file.capacity && quantileE9 === file.quantileE9,
        )?.address;
  const declared: Readonly<Record<keyof typeof benchmark, unknown>> = { ...file, method };
  const names = Object.keys(benchmark) as (keyof typeof benchmark)[];
  return names.map((name) => [name, benchmark[name], declared[name]] as const);
}

function poolRows({ pool }: ModelState, { pool: file }: ModelFile) {
  if (pool === undefined) return [];
  const names = Object.keys(file) as (keyof typeof file)[];
  return names.map((name) => [name, pool[name], file[name]] as const);
}

function recipientRows(
  { build }: Subject,
  check: Check,
  { modelId, supplierRecipient: address }: ModelState,
  recipient: Recipient,
  read: ModelViews["recipient"],
) {
  if (recipient.kind === "account") return [["recipient", address, recipient.account] as const];
  if (read === undefined) return [];
  compareCode(check, { what: `the vesting wallet of ${modelId}`, address, code: read.code }, build("VestingWallet"));
  const [owner, duration] = read.terms ?? ["no answer", "no answer"];
  return [
    ["beneficiary", owner, recipient.beneficiary],
    ["duration of vesting", duration, VESTING_SECONDS],
  ] as const;
}
