// SPDX-License-Identifier: MIT
// The keys of the service: those of every command, and on a local chain those that everybody knows.

import type { Signer } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { networkOf } from "../deploy/network";
import { developmentKey } from "../sdk/base/accounts";
import { Problem } from "../sdk/base/problem";
import { openKey, type KeyRef, type Secrets } from "../sdk/node/keys";

/** Where a duty's key comes from. */
export type DutyKey = KeyRef | { readonly kind: "development"; readonly index: number };

/** Opens the signer of a duty's key. */
export async function openDutyKey(hre: HardhatRuntimeEnvironment, key: DutyKey, secrets: Secrets): Promise<Signer> {
  const network = networkOf(hre);
  if (key.kind !== "development") return openKey(network, key, secrets);
  if (!network.isLocal) {
    throw new Problem(
      "BAD_KEY",
      `a development key cannot be used on ${network.name}: name a keystore, a variable or a module.`,
    );
  }
  return developmentKey(key.index);
}
