// Who may do what on a network. The contracts are asked each time, because roles are granted and revoked.

import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { id, ZeroAddress } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { Problem } from "../sdk/base/problem";
import { readEvents } from "../sdk/rpc/logs";
import { draftingSigner, isDrafting } from "./batch/drafting";
import { blocksOf } from "./journal";
import type { Protocol } from "./protocol";
import { patientSigner } from "./rpc";

/** Contracts that grant roles. */
const NAMES = { registry: "ModelRegistry", tokenManager: "TokenManager", timelock: "TimelockController" } as const;

type Granting = keyof typeof NAMES;

/**
 * The account of this environment that holds a role; throws a {@link Problem} that names the role and the contract if none does. While
 * drafting, a stand-in for the holder.
 */
export async function signerWithRole(
  hre: HardhatRuntimeEnvironment,
  protocol: Protocol,
  contract: Granting,
  role: string,
): Promise<HardhatEthersSigner> {
  if (isDrafting())
    return draftingSigner(hre, await holderOfRole(hre, protocol, contract, role), inWords(contract, role));
  const signers = await hre.ethers.getSigners();
  for (const signer of signers) {
    if (await protocol[contract].hasRole(id(role), signer.address)) return patientSigner(signer);
  }
  throw new Problem(
    "NOT_ALLOWED",
    `AccessControl: account ${signers[0]?.address} is missing role ${role} on ${NAMES[contract]}`,
  );
}

/** The signer of an account, if its key is here; while drafting, a stand-in. */
export async function signerOfAccount(
  hre: HardhatRuntimeEnvironment,
  account: string,
  as: string,
): Promise<HardhatEthersSigner | undefined> {
  if (isDrafting()) return draftingSigner(hre, account, as);
  const signer = (await hre.ethers.getSigners()).find(({ address }) => address === account);
  return signer && patientSigner(signer);
}

/**
 * A holder of a role on the chain: a contract, such as a multisig, rather than an account with a key; otherwise the account that was
 * granted the role first. Throws if there is none.
 */
export async function holderOfRole(
  hre: HardhatRuntimeEnvironment,
  protocol: Protocol,
  contract: Granting,
  role: string,
): Promise<string> {
  const granting = protocol[contract];
  const granted = await readEvents(await blocksOf(hre), granting, granting.filters.RoleGranted(id(role)));
  const holders: string[] = [];
  for (const account of new Set(granted.map(({ args }) => args.account))) {
    if (account !== ZeroAddress && (await granting.hasRole(id(role), account))) holders.push(account);
  }
  for (const account of holders) if ((await hre.ethers.provider.getCode(account)) !== "0x") return account;
  const [first] = holders;
  if (first !== undefined) return first;
  throw new Problem("NOT_ALLOWED", `nobody holds ${inWords(contract, role)}: let the admin grant it first.`);
}

const inWords = (contract: Granting, role: string) => `${role} of ${NAMES[contract]}`;
