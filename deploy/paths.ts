import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { AsyncLocalStorage } from "node:async_hooks";
import { join, relative, resolve, sep } from "node:path";
import { networkOf } from "./network";

const ROOT = resolve(__dirname, "..");

const elsewhere = new AsyncLocalStorage<string>();

/** Does something whose journals, locks and records are kept in a folder of their own. */
export function keepingIn<T>(folder: string, action: () => Promise<T>): Promise<T> {
  return elsewhere.run(folder, action);
}

/** The folder that somebody names instead of the project's. */
const namedFolder = () => elsewhere.getStore() ?? process.env.DEPLOYMENTS;

/** A file as a record names it: from the root of the project, alike wherever a command is started and on every system. */
export function fromRoot(file: string): string {
  return relative(ROOT, resolve(file)).split(sep).join("/");
}

/** The file that {@link fromRoot} named. */
export function atRoot(name: string): string {
  return resolve(ROOT, name);
}

/** The file that only one run on a network holds at a time. */
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
