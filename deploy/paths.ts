import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { join, relative, resolve, sep } from "node:path";
import { networkOf } from "./network";

const ROOT = resolve(__dirname, "..");

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
  return join(process.env.DEPLOYMENTS ?? join(__dirname, "addresses"), `${chainId}.json`);
}

/** Where journals are kept: in the project, or in the folder that DEPLOYMENTS names. */
export function deploymentsFolder(hre: HardhatRuntimeEnvironment): string {
  return process.env.DEPLOYMENTS ?? join(hre.config.paths.ignition, "deployments");
}
