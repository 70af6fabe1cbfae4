// SPDX-License-Identifier: MIT
// The keys of attesters and senders: in the environment, in an encrypted keystore, or in a device or service that signs without revealing
// them.

import { getAddress, isKeystoreJson, Wallet, type Signer } from "ethers";
import { resolve } from "node:path";
import { developmentAddresses } from "../base/accounts.ts";
import { Problem } from "../base/problem.ts";
import type { Network } from "../client/access.ts";
import { readText } from "./files.ts";
import { RemoteSigner, type RemoteKey } from "./remote.ts";
import { openKms, openLedger } from "./vendors.ts";

/** What is needed to open keys. */
export interface Secrets {
  readonly env: NodeJS.ProcessEnv;
  /** Asks for the keystore's password if KEYSTORE_PASSWORD is not set. */
  readonly askPassword: () => Promise<string>;
}

/** The location of a key. */
export type KeyRef =
  /** A variable of the environment. If it holds several keys separated by commas, `place` counts from 0. */
  | { readonly kind: "environment"; readonly variable: string; readonly place?: number }
  /** An encrypted file. Without a password file, the password is KEYSTORE_PASSWORD, or the user is asked for it. */
  | { readonly kind: "keystore"; readonly file: string; readonly passwordFile: string }
  /** An account of the connected Ledger. */
  | { readonly kind: "ledger"; readonly account: string }
  /** A key of AWS KMS or Google Cloud KMS. */
  | { readonly kind: "kms"; readonly name: string }
  /** A CommonJS module whose default export returns a {@link RemoteKey}. */
  | { readonly kind: "remote"; readonly module: string };

/** The keys that a user names, separated by commas if there are several, or empty. */
export interface NamedKeys {
  readonly keystore: string;
  readonly ledger: string;
  readonly kms: string;
  readonly remote: string;
}

/** The environment variables that correspond to the options of a command. */
export const KEY_VARIABLES = {
  keystore: "KEYSTORE",
  ledger: "LEDGER",
  kms: "KMS",
  remote: "REMOTE_SIGNER",
} as const satisfies Record<keyof NamedKeys, string>;

/** The value if no key is named on the command line. */
export const UNNAMED: NamedKeys = { keystore: "", ledger: "", kms: "", remote: "" };

/** An account that signs. If a keystore states its address, nothing is decrypted until something has to be signed. */
export interface SigningAccount {
  readonly address: string;
  /** The location of the key, for people. */
  readonly origin: string;
  readonly open: () => Promise<Signer>;
}

const PLAIN_KEY = /^(0x)?[0-9a-fA-F]{64}$/;

/**
 * Returns the keys named by the options, and no others. Without options, returns those named by the environment variables, or else those
 * in PRIVATE_KEY.
 */
export function namedKeys(options: NamedKeys, env: NodeJS.ProcessEnv): KeyRef[] {
  const chosen = keysIn((kind) => options[kind]);
  if (chosen.length > 0) return chosen;
  const set = keysIn((kind) => env[KEY_VARIABLES[kind]] ?? "");
  if (set.length > 0) return set;
  const variable = "PRIVATE_KEY";
  return parts(env[variable] ?? "").map((_, place) => ({ kind: "environment", variable, place }));
}

function keysIn(named: (kind: keyof NamedKeys) => string): KeyRef[] {
  const [keystores, ledgers, kms, remotes] = (["keystore", "ledger", "kms", "remote"] as const).map((kind) =>
    parts(named(kind)),
  ) as [string[], string[], string[], string[]];
  return [
    ...keystores.map((file): KeyRef => ({ kind: "keystore", file, passwordFile: "" })),
    ...ledgers.map((account): KeyRef => ({ kind: "ledger", account })),
    ...kms.map((name): KeyRef => ({ kind: "kms", name })),
    ...remotes.map((module): KeyRef => ({ kind: "remote", module })),
  ];
}

const parts = (list: string) =>
  list
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");

/** Returns the one key that a command signs with: the first of {@link namedKeys}, or PRIVATE_KEY even if it is not set. */
export function firstKey(options: NamedKeys, env: NodeJS.ProcessEnv): KeyRef {
  return namedKeys(options, env)[0] ?? { kind: "environment", variable: "PRIVATE_KEY" };
}

/** Opens the accounts of keys. Development keys are refused on chains where tokens have value. */
export async function openAccounts(
  network: Pick<Network, "isLocal">,
  keys: readonly KeyRef[],
  secrets: Secrets,
): Promise<SigningAccount[]> {
  const accounts: SigningAccount[] = [];
  for (const key of keys) accounts.push(await openAccount(network, key, secrets));
  return accounts;
}

async function openAccount(network: Pick<Network, "isLocal">, key: KeyRef, secrets: Secrets): Promise<SigningAccount> {
  const origin = originOf(key);
  const known = key.kind === "keystore" ? addressIn(key.file) : undefined;
  if (known !== undefined) {
    let opening: Promise<Signer> | undefined;
    return { address: known, origin, open: () => (opening ??= openKey(network, key, secrets)) };
  }
  const signer = await openKey(network, key, secrets);
  return { address: await signer.getAddress(), origin, open: () => Promise.resolve(signer) };
}

function originOf(key: KeyRef): string {
  switch (key.kind) {
    case "environment":
      return key.variable;
    case "keystore":
      return `the keystore ${key.file}`;
    case "ledger":
      return `the Ledger, account ${key.account}`;
    case "kms":
      return key.name;
    case "remote":
      return key.module;
  }
}

/** Returns the signer of a key without a provider. Development keys are refused on chains where tokens have value. */
export async function openKey(network: Pick<Network, "isLocal">, key: KeyRef, secrets: Secrets): Promise<Signer> {
  const signer = await signerOf(key, secrets);
  const address = await signer.getAddress();
  if (!network.isLocal && developmentAddresses().has(address)) {
    throw new Problem("BAD_KEY", `the key is that of ${address}, a development account whose key everybody knows.`);
  }
  return signer;
}

async function signerOf(key: KeyRef, { env, askPassword }: Secrets): Promise<Signer> {
  switch (key.kind) {
    case "environment":
      return fromEnvironment(env, key.variable, key.place);
    case "keystore": {
      const password = key.passwordFile ? readText(key.passwordFile).replace(/\r?\n$/, "") : env["KEYSTORE_PASSWORD"];
      return fromKeystore(key.file, async () => password ?? askPassword());
    }
    case "ledger":
      return openLedger(key.account);
    case "kms":
      return openKms(key.name);
    case "remote":
      return fromModule(key.module);
  }
}

function fromEnvironment(env: NodeJS.ProcessEnv, variable: string, place: number | undefined): Signer {
  const value = env[variable] ?? "";
  const key = place === undefined ? value : (parts(value)[place] ?? "");
  if (key === "")
    throw new Problem("BAD_KEY", `${variable} is missing: set it in the environment or name a file with --keystore.`);
  const wrong = new Problem(
    "BAD_KEY",
    `${variable} is not a key, expected 64 hexadecimal digits: correct it in the environment.`,
  );
  if (!PLAIN_KEY.test(key)) throw wrong;
  try {
    return new Wallet(key.startsWith("0x") ? key : `0x${key}`);
  } catch {
    throw wrong; // zero, or not below the order of the curve
  }
}

function keystoreIn(path: string): string {
  const text = readText(path);
  if (!isKeystoreJson(text))
    throw new Problem("BAD_KEY", `${path} is not a keystore, expected encrypted JSON of version 3.`);
  return text;
}

/** Returns the address that a keystore states, or undefined: some keystores omit it. */
function addressIn(path: string): string | undefined {
  const { address } = JSON.parse(keystoreIn(path)) as { address?: unknown };
  return typeof address === "string" && /^(0x)?[0-9a-f]{40}$/i.test(address)
    ? getAddress(`0x${address.slice(-40).toLowerCase()}`)
    : undefined;
}

async function fromKeystore(path: string, password: () => Promise<string>): Promise<Signer> {
  const text = keystoreIn(path);
  const secret = await password();
  try {
    const { privateKey } = await Wallet.fromEncryptedJson(text, secret);
    return new Wallet(privateKey);
  } catch (error) {
    const isWrongPassword = /incorrect password/.test((error as Error).message);
    throw new Problem(
      "BAD_KEY",
      `${path} cannot be decrypted: ${isWrongPassword ? "the password is wrong" : "it is damaged"}.`,
    );
  }
}

async function fromModule(path: string): Promise<Signer> {
  const loaded = (await import(resolve(path))) as { default?: () => RemoteKey };
  if (typeof loaded.default !== "function") {
    throw new Problem(
      "BAD_KEY",
      `${path} has no default export, expected a function that returns { sign, publicKey }.`,
    );
  }
  return RemoteSigner.of(loaded.default());
}
