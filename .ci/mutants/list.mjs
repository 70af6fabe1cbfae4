// Writes every mutant that Stryker makes of files, as JSON: `node list.mjs <file> …`, each with its place (from 0) and its key.
import { commonTokens } from "@stryker-mutator/api/plugin";
import { createInstrumenter } from "@stryker-mutator/instrumenter";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { createInjector } from "typed-inject";
import { keyOf } from "./plugin.mjs";

const silent = { debug() {}, info() {}, warn: console.error, error: console.error, isDebugEnabled: () => false };
const instrumenter = createInjector().provideValue(commonTokens.logger, silent).injectFunction(createInstrumenter);
const files = process.argv.slice(2);
const sources = files.map((file) => ({ name: resolve(file), mutate: true, content: readFileSync(file, "utf8") }));
const { mutants } = await instrumenter.instrument(sources, { plugins: null, excludedMutations: [], ignorers: [] });
const listed = mutants.map((mutant) => ({
  key: keyOf(mutant),
  file: files.find((file) => resolve(file) === mutant.fileName),
  kind: mutant.mutatorName,
  replacement: mutant.replacement,
  ...mutant.location,
}));
process.stdout.write(JSON.stringify(listed));
