import { expect } from "chai";
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { main } from "../../scripts/zk-setup";
import type { Phase1 } from "../../sdk/node/ceremony";
import type { Places } from "../../sdk/node/circuitKeys";

const ROOT = resolve(__dirname, "../..");
const SNARKJS = join(ROOT, "node_modules/snarkjs/build/cli.cjs");

/** Rows of the circuit that ceremonies of tests are for. */
export const CAPACITY = 64;

export const quiet = () => undefined;

/** Runs stock snarkjs. */
export const snarkjs = (...args: string[]) => execFileSync(process.execPath, [SNARKJS, ...args], { encoding: "utf8" });

/** A phase 1 for 2^power constraints that stands in for the published one. */
export function makePhase1({ build }: Places, power: number): Phase1 {
  const path = join(build, `phase1-${power}.ptau`);
  const { status } = spawnSync(process.execPath, ["circuits/zk.mjs", "phase1", String(power), path], { cwd: ROOT });
  expect(status).to.equal(0);
  return { path, hash: createHash("blake2b512").update(readFileSync(path)).digest("hex") };
}

/** `npm run zk:setup` for the circuit, in a project of its own. */
export async function zkSetup(places: Places, ...options: string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  const args = [...options, String(CAPACITY)];
  const code = await main(args, { out: (text) => out.push(text), err: (text) => err.push(text) }, places);
  return { code, out: out.join("\n"), err };
}

/** The options of a ceremony on a phase 1. */
export const optionsOf = ({ path, hash }: Phase1) => ["--phase1", path, "--phase1-hash", hash];
