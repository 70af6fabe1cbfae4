// SPDX-License-Identifier: MIT
// The command line of `zk:setup`: compiles the circuit, makes its development keys, and compares them with the recorded ones.

import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { cwd } from "node:process";
import { parseArgs } from "node:util";
import { Problem } from "../deploy/problem";
import { toJson } from "./lib/files";
import { CAPACITIES } from "./zk/commitment";
import { differingFiles, hashSetup, readKey, setUp, setupFolder, type CircuitKey } from "./zk/prover";

const USAGE = `usage: npm run zk:setup -- [options] [<rows>]          rows that the circuit holds: ${CAPACITIES.join(", ")}; default 1024
  --force     make everything again, also what is there and as recorded
  --record    record the hashes and the key in circuits/keys instead of comparing with them
  --help      print this text`;

const DEFAULT_CAPACITY = 1_024;

/** Runs the command and returns its exit code. */
export async function main(args: readonly string[], print: (text: string) => void = console.log): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { force: { type: "boolean" }, record: { type: "boolean" }, help: { type: "boolean" } },
    });
    print(values.help ? USAGE : await setup(capacityOf(positionals), values));
    return 0;
  } catch (error) {
    console.error(`zk:setup: ${(error as Error).message.split("\n")[0]}`);
    return 1;
  }
}

function capacityOf([given, surplus]: readonly string[]): number {
  if (surplus !== undefined) throw new Problem(`unexpected argument "${surplus}", expected one number of rows.`);
  const capacity = CAPACITIES.find((rows) => String(rows) === (given ?? String(DEFAULT_CAPACITY)));
  if (capacity === undefined) throw new Problem(`rows are "${given}", expected one of ${CAPACITIES.join(", ")}.`);
  return capacity;
}

async function setup(capacity: number, { force, record }: { force?: boolean; record?: boolean }): Promise<string> {
  const folder = relative(cwd(), setupFolder(capacity));
  if (!record && !force && (await differingFiles(readKey(capacity))).length === 0)
    return `${folder} is there and as recorded.`;

  const start = Date.now();
  const { constraints, verificationKey } = await setUp(capacity);
  const seconds = Math.round((Date.now() - start) / 1000);
  if (record) {
    const sha256 = await hashSetup(capacity);
    const key: CircuitKey = { capacity, constraints, isDevelopment: true, sha256, verificationKey };
    writeFileSync(join(__dirname, `../circuits/keys/score-${capacity}.json`), `${toJson(key)}\n`);
    return `${folder} made in ${seconds} s and recorded.`;
  }
  const differing = await differingFiles(readKey(capacity));
  if (differing.length > 0) throw new Problem(`${differing.join(", ")} in ${folder} came out other than recorded.`);
  return `${folder} made in ${seconds} s, as recorded: ${constraints} constraints.`;
}

if (require.main === module) void main(process.argv.slice(2)).then((code) => (process.exitCode = code));
