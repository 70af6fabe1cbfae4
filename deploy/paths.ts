import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { AsyncLocalStorage } from "node:async_hooks";
import { join, relative, resolve, sep } from "node:path";
import { networkOf } from "./network";

const ROOT = resolve(__dirname, "..");

const elsewhere = new AsyncLocalStorage<string>();

/** Runs an action that keeps its journals, locks and records in the given folder. */
export function keepingIn<T>(folder: string, action: () => Promise<T>): Promise<T> {
  return elsewhere.run(folder, action);
}

/** The folder that was named instead of the project's, if any. */
const namedFolder = () => elsewhere.getStore() ?? process.env.DEPLOYMENTS;

/** A file's path for a record: relative to the project's root, and the same on every system and from every working directory. */
export function fromRoot(file: string): string {
  return relative(ROOT, resolve(file)).split(sep).join("/");
}

/** The file at a path from {@link fromRoot}. */
export function atRoot(name: string): string {
  return resolve(ROOT, name);
}

/** The lock file that only one run on a network holds at a time. */
export function lockFile(hre: HardhatRuntimeEnvironment): string {
  return join(deploymentsFolder(hre), `chain-${networkOf(hre).chainId}.lock`);
}

/** The record of what is on a network: deploy/addresses/<chainId>.json, or in the folder that DEPLOYMENTS names. */
export function recordFile({ chainId }: { chainId: number }): string {
  return join(namedFolder() ?? join(__dirname, "addresses"), `${chainId}.json`);
}

/** The folder of a network's journal. */
export function journalFolder(hre: HardhatRuntimeEnvironment): string {
  return join(deploymentsFolder(hre), `chain-${networkOf(hre).chainId}`);
}

/** Where journals are kept: in the project, or in the folder that DEPLOYMENTS names. */
export function deploymentsFolder(hre: HardhatRuntimeEnvironment): string {
  return namedFolder() ?? join(hre.config.paths.ignition, "deployments");
}
