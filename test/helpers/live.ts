import { parseEther, toQuantity, Wallet } from "ethers";
import hre from "hardhat";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import type { Parameters } from "../../deploy/parameters";
import { environmentFor } from "../../deploy/rehearsal";
import { rpc, type Node } from "./process";

const FUNDS = parseEther("100");

/** Keys of a deployment that nobody knows: one deploys, one holds every role that the backend needs. */
export interface Keys {
  readonly deployer: Wallet;
  readonly backend: Wallet;
}

/** The same keys in every run, so that addresses are. */
export const KEYS: Keys = {
  deployer: new Wallet(`0x${"d".repeat(64)}`),
  backend: new Wallet(`0x${"b".repeat(64)}`),
};

/** An environment whose network is a chain of the test's own, with keys as a user's configuration has them. */
export function environmentOn(
  { url }: { url: string },
  network: string,
  { deployer, backend }: Keys = KEYS,
): HardhatRuntimeEnvironment {
  return environmentFor(hre, network, { url, accounts: [deployer.privateKey, backend.privateKey] });
}

/** Gives accounts what they pay for gas with. */
export async function fund({ url }: Pick<Node, "url">, { deployer, backend }: Keys = KEYS): Promise<void> {
  for (const { address } of [deployer, backend]) {
    await rpc(url, "anvil_setBalance", [address, toQuantity(FUNDS)]);
  }
}

/** Parameters with the backend's key in every role. */
export function parametersOf({ deployer, backend }: Keys = KEYS, reserveToken = ""): Parameters {
  const holder = [backend.address];
  return {
    $global: { deployer: deployer.address, adminDelay: 172_800, guardians: holder, reserveToken },
    Governance: { proposers: holder, executors: holder },
    Methods: { attesters: holder, threshold: 1 },
    Models: { registrars: holder, poolCreators: holder, payers: holder },
    Tokens: { operators: holder, deployers: holder, distributors: holder },
    Market: { treasury: backend.address },
  };
}
