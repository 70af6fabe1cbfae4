// What scripts/dev/mutationTypescript.ts adds to Stryker: that it runs only the mutants which were drawn, and tells each verdict as it falls.
import { CheckStatus } from "@stryker-mutator/api/check";
import {
  PluginKind,
  commonTokens,
  declareFactoryPlugin,
  declareValuePlugin,
  tokens,
} from "@stryker-mutator/api/plugin";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** What a mutant is called in all runs: Stryker's own ids count the mutants of one run. */
export function keyOf({ fileName, location: { start, end }, mutatorName, replacement }) {
  const place = [start.line, start.column, end.line, end.column];
  return JSON.stringify([relative(ROOT, fileName), ...place, mutatorName, replacement]);
}

// Within a mutant that was drawn there are others that were not.
drawn.inject = tokens(commonTokens.options);
function drawn({ drawn: keys }) {
  const wanted = new Set(keys);
  const isWanted = (mutant) => wanted.has(keyOf(mutant));
  const [run, leave] = [{ status: CheckStatus.Passed }, { status: CheckStatus.CompileError, reason: "not drawn" }];
  return {
    init: async () => {},
    group: async (mutants) => [mutants.map(({ id }) => id)],
    check: async (mutants) => Object.fromEntries(mutants.map((mutant) => [mutant.id, isWanted(mutant) ? run : leave])),
  };
}

verdicts.inject = tokens(commonTokens.options);
function verdicts({ drawn: names }) {
  const wanted = new Set(names);
  const keys = new Map();
  const files = new Map();
  return {
    onDryRunCompleted({ result }) {
      for (const { id, fileName } of result.tests) files.set(id, relative(ROOT, fileName ?? ""));
    },
    onMutationTestingPlanReady({ mutantPlans }) {
      for (const { mutant } of mutantPlans) keys.set(mutant.id, keyOf(mutant));
    },
    onMutantTested({ id, status, statusReason, killedBy: [test] = [] }) {
      const key = keys.get(id);
      if (!wanted.has(key)) return;
      const killer = status === "Killed" ? { file: files.get(test) ?? "", test: test ?? "" } : undefined;
      console.log(JSON.stringify({ key, status, reason: statusReason, killer }));
    },
  };
}

export const strykerValidationSchema = {
  type: "object",
  properties: { drawn: { type: "array", items: { type: "string" } } },
};

export const strykerPlugins = [
  declareFactoryPlugin(PluginKind.Checker, "drawn", drawn),
  declareFactoryPlugin(PluginKind.Reporter, "verdicts", verdicts),
];
