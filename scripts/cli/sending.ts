// The options that all sending commands share: which keys sign, and what gas may cost.

import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { networkOf } from "../../deploy/network";
import { patientSigner } from "../../deploy/rpc";
import { sendingAs, type Sending } from "../../deploy/sends";
import { amount, type Fields } from "../../sdk/base/fields";
import { Problem } from "../../sdk/base/problem";
import { firstKey, namedKeys, openAccounts, type NamedKeys, type SigningAccount } from "../../sdk/node/keys";
import { fileName, type Streams } from "./command";

/** Wei, from gwei. */
const CEILING = amount(9, "0.001", "100000");

/** The usage lines for keys. */
export const KEYS_USAGE = `  --keystore <file>      encrypted key; its password is KEYSTORE_PASSWORD or asked for
  --ledger <account>     or a Ledger's account: its number, or a path such as 44'/60'/0'/0/0
  --kms <key>            or a key of AWS KMS, by its ARN, or of Google Cloud KMS, by the name of its version
  --remote <module>      or a module that signs elsewhere, see docs/signing.md; without any of them PRIVATE_KEY`;

/** The usage lines for everything that sends. */
export const SENDING_USAGE = `${KEYS_USAGE}
  --max-fee <gwei>       nothing is sent above this price of gas; by default MAX_FEE`;

/** A user's options for sending. */
export interface SendingOptions extends NamedKeys {
  /** The ceiling in wei per unit of gas; 0 without one. */
  readonly maxFee: bigint;
}

/** Reads the options for keys. */
export function readKeys(fields: Pick<Fields, "read">): NamedKeys {
  return {
    keystore: fields.read("keystore", fileName, ""),
    ledger: fields.read("ledger", fileName, ""),
    kms: fields.read("kms", fileName, ""),
    remote: fields.read("remote", fileName, ""),
  };
}

/** Reads the options for sending; the ceiling may also come from MAX_FEE. */
export function readSending(fields: Pick<Fields, "read" | "has">, env: NodeJS.ProcessEnv): SendingOptions {
  return { ...readKeys(fields), maxFee: fields.has("max-fee") ? fields.read("max-fee", CEILING) : readMaxFee(env) };
}

/** The ceiling from the environment, in wei; 0 without one. */
export function readMaxFee(env: NodeJS.ProcessEnv): bigint {
  const stated = env["MAX_FEE"] ?? "";
  if (stated === "") return 0n;
  const ceiling = CEILING.read(stated);
  if (ceiling === undefined)
    throw new Problem("BAD_OPTION", `MAX_FEE is "${stated}", expected ${CEILING.expected}: correct it.`);
  return ceiling;
}

/**
 * Runs an action that sends with the user's options. A local chain has accounts of its own, so keys in the environment do not apply to it;
 * a command that needs a user's key even there sets `needsKey`.
 */
export function sendAs<T>(
  hre: HardhatRuntimeEnvironment,
  options: SendingOptions,
  { env, askPassword, err }: Pick<Streams, "env" | "askPassword" | "err">,
  action: () => Promise<T>,
  needsKey = false,
): Promise<T> {
  const network = networkOf(hre);
  let opening: Promise<readonly SigningAccount[]> | undefined;
  const keys = () => {
    if (needsKey) return [firstKey(options, env)];
    return namedKeys(options, network.isLocal ? {} : env);
  };
  const sending: Sending = {
    ...(options.maxFee > 0n && { maxFeePerGas: options.maxFee }),
    accounts: () => (opening ??= openAccounts(network, keys(), { env, askPassword })),
    onNotice: err,
  };
  return sendingAs(sending, action);
}

/** The account that sends for a command, which is the first. */
export async function senderOf(hre: HardhatRuntimeEnvironment): Promise<HardhatEthersSigner> {
  const [sender] = await hre.ethers.getSigners();
  if (sender) return patientSigner(sender);
  throw new Problem(
    "BAD_KEY",
    `${hre.network.name} has no account to send from: set PRIVATE_KEY, or name a key with --keystore.`,
  );
}
