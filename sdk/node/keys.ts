// SPDX-License-Identifier: MIT
// The key of whoever attests, submits or claims: from the environment or an encrypted keystore. It is never shown.

import { isKeystoreJson, Wallet, type Signer } from "ethers";
import { developmentAddresses } from "../base/accounts.ts";
import { Problem } from "../base/problem.ts";
import type { Site } from "../client/access.ts";
import { readText } from "./files.ts";

/** What opens keys. */
export interface Secrets {
  readonly env: NodeJS.ProcessEnv;
  /** Asks for the keystore's password when KEYSTORE_PASSWORD is not set. */
  readonly askPassword: () => Promise<string>;
}

/** Where a key comes from. */
export interface KeySource extends Secrets {
  /** An encrypted keystore file; when it is empty the key is PRIVATE_KEY of the environment. */
  readonly keystore: string;
}

const KEY = /^(0x)?[0-9a-fA-F]{64}$/;

/** The signer of a key on the network; a development key is refused where it is worth anything. */
export async function readSigner({ access, network }: Site, source: KeySource): Promise<Signer> {
  const wallet = source.keystore === "" ? fromEnvironment(source.env) : await fromKeystore(source.keystore, source);
  if (!network.isLocal && developmentAddresses().has(wallet.address)) {
    throw new Problem(
      "BAD_KEY",
      `the key is that of ${wallet.address}, a development account whose key everybody knows.`,
    );
  }
  return new Wallet(wallet.privateKey, access.ethers.provider);
}

function fromEnvironment(env: NodeJS.ProcessEnv): { address: string; privateKey: string } {
  const key = env["PRIVATE_KEY"] ?? "";
  if (key === "")
    throw new Problem("BAD_KEY", "PRIVATE_KEY is missing: set it in the environment or name a file with --keystore.");
  const wrong = new Problem(
    "BAD_KEY",
    "PRIVATE_KEY is not a key, expected 64 hexadecimal digits: correct it in the environment.",
  );
  if (!KEY.test(key)) throw wrong;
  try {
    return new Wallet(key.startsWith("0x") ? key : `0x${key}`);
  } catch {
    throw wrong; // zero, or above the order of the curve
  }
}

async function fromKeystore(
  path: string,
  { env, askPassword }: KeySource,
): Promise<{ address: string; privateKey: string }> {
  const text = readText(path);
  if (!isKeystoreJson(text))
    throw new Problem("BAD_KEY", `${path} is not a keystore, expected encrypted JSON of version 3.`);
  const password = env["KEYSTORE_PASSWORD"] ?? (await askPassword());
  try {
    return await Wallet.fromEncryptedJson(text, password);
  } catch (error) {
    const isWrongPassword = /incorrect password/.test((error as Error).message);
    throw new Problem(
      "BAD_KEY",
      `${path} cannot be decrypted: ${isWrongPassword ? "the password is wrong" : "it is damaged"}.`,
    );
  }
}
