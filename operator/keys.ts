// SPDX-License-Identifier: MIT
// The keys of the service: from an encrypted keystore, the environment, or a machine that signs and never shows its key.

import {
  AbstractSigner,
  computeAddress,
  copyRequest,
  hashMessage,
  hexlify,
  N,
  recoverAddress,
  resolveAddress,
  Signature,
  toBeHex,
  Transaction,
  TypedDataEncoder,
  type Provider,
  type Signer,
  type TransactionRequest,
  type TypedDataDomain,
  type TypedDataField,
} from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { createPublicKey } from "node:crypto";
import { resolve } from "node:path";
import { networkOf, siteOf } from "../deploy/network";
import { developmentAddresses, developmentKey } from "../sdk/base/accounts";
import { Problem } from "../sdk/base/problem";
import { readText } from "../sdk/node/files";
import { readSigner, type Secrets } from "../sdk/node/keys";
import { within } from "./bound";

/** Milliseconds that a machine may take to say whose key it keeps. */
const LONGEST_ANSWER = 10_000;

/** A key that signs where it is kept, as AWS KMS does with a key of kind ECC_SECG_P256K1. */
export interface RemoteKey {
  /** `Sign` with message type DIGEST and algorithm ECDSA_SHA_256: the DER signature of 32 bytes. */
  sign(digest: Uint8Array): Promise<Uint8Array>;
  /** `GetPublicKey`: the DER SubjectPublicKeyInfo. */
  publicKey(): Promise<Uint8Array>;
}

/** Where a duty's key comes from: exactly one of these. */
export type KeyRef =
  | { readonly kind: "environment"; readonly variable: string }
  | { readonly kind: "keystore"; readonly file: string; readonly passwordFile: string }
  | { readonly kind: "remote"; readonly module: string }
  | { readonly kind: "development"; readonly index: number };

/** The signer of a key; a development key is refused where it is worth anything. */
export async function openKey(hre: HardhatRuntimeEnvironment, key: KeyRef, secrets: Secrets): Promise<Signer> {
  const { env, askPassword } = secrets;
  switch (key.kind) {
    case "development":
      return developmentSigner(hre, key.index);
    case "remote":
      return openRemote(hre, key.module);
    case "environment":
      return readSigner(siteOf(hre), { keystore: "", env: { PRIVATE_KEY: env[key.variable] }, askPassword }).catch(
        renaming("PRIVATE_KEY", key.variable),
      );
    case "keystore": {
      const password = key.passwordFile ? readText(key.passwordFile).replace(/\r?\n$/, "") : env["KEYSTORE_PASSWORD"];
      return readSigner(siteOf(hre), { keystore: key.file, env: { KEYSTORE_PASSWORD: password }, askPassword });
    }
  }
}

/** Messages name the variable that the configuration names. */
function renaming(from: string, to: string): (error: unknown) => never {
  return (error) => {
    throw error instanceof Problem ? new Problem(error.code, error.message.replaceAll(from, to), error) : error;
  };
}

async function developmentSigner(hre: HardhatRuntimeEnvironment, index: number): Promise<Signer> {
  const { isLocal, name } = networkOf(hre);
  if (!isLocal)
    throw new Problem("BAD_KEY", `a development key is asked for on ${name}: name a keystore, a variable or a module.`);
  return developmentKey(index);
}

async function openRemote(hre: HardhatRuntimeEnvironment, module: string): Promise<Signer> {
  const loaded = (await import(resolve(module))) as { default?: () => RemoteKey };
  if (typeof loaded.default !== "function") {
    throw new Problem(
      "BAD_KEY",
      `${module} has no default export, expected a function that returns { sign, publicKey }.`,
    );
  }
  const signer = await RemoteSigner.of(loaded.default());
  const address = await signer.getAddress();
  if (!networkOf(hre).isLocal && developmentAddresses().has(address)) {
    throw new Problem("BAD_KEY", `the key is that of ${address}, a development account whose key everybody knows.`);
  }
  return signer;
}

/** A signer whose key is elsewhere. */
export class RemoteSigner extends AbstractSigner {
  private constructor(
    private readonly key: RemoteKey,
    private readonly address: string,
    provider: Provider | null,
  ) {
    super(provider);
  }

  /** Asks the key who it is. */
  static async of(key: RemoteKey, provider: Provider | null = null): Promise<RemoteSigner> {
    const publicKey = await within(LONGEST_ANSWER, "the remote key has not told its public key", key.publicKey());
    return new RemoteSigner(key, addressOf(publicKey), provider);
  }

  /** @inheritdoc */
  override getAddress(): Promise<string> {
    return Promise.resolve(this.address);
  }

  /** @inheritdoc */
  override connect(provider: Provider | null): RemoteSigner {
    return new RemoteSigner(this.key, this.address, provider);
  }

  /** @inheritdoc */
  override async signTransaction(request: TransactionRequest): Promise<string> {
    const { from, to, ...rest } = copyRequest(request);
    if (from && (await resolveAddress(from, this.provider)) !== this.address) {
      throw new Error(`the transaction is from ${String(from)}, the key is that of ${this.address}`);
    }
    const transaction = Transaction.from({ ...rest, to: to ? await resolveAddress(to, this.provider) : null });
    transaction.signature = await this.signDigest(transaction.unsignedHash);
    return transaction.serialized;
  }

  /** @inheritdoc */
  override async signMessage(message: string | Uint8Array): Promise<string> {
    return (await this.signDigest(hashMessage(message))).serialized;
  }

  /** @inheritdoc */
  override async signTypedData(
    domain: TypedDataDomain,
    types: Record<string, TypedDataField[]>,
    value: Record<string, unknown>,
  ): Promise<string> {
    return (await this.signDigest(TypedDataEncoder.hash(domain, types, value))).serialized;
  }

  /** The chain wants the lower of the two possible s, and a bit that only a trial tells. */
  private async signDigest(digest: string): Promise<Signature> {
    const { r, s } = readSignature(await this.key.sign(Buffer.from(digest.slice(2), "hex")));
    const low = s > N / 2n ? N - s : s;
    for (const yParity of [0, 1] as const) {
      const signature = Signature.from({ r: toBeHex(r, 32), s: toBeHex(low, 32), yParity });
      if (recoverAddress(digest, signature) === this.address) return signature;
    }
    throw new Error(`the remote key's signature is not that of ${this.address}`);
  }
}

/** The account of a public key on secp256k1 in DER. */
function addressOf(spki: Uint8Array): string {
  const { crv, x, y } = createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" }).export({
    format: "jwk",
  });
  if (crv !== "secp256k1" || !x || !y)
    throw new Problem("BAD_KEY", `the remote key is on ${crv ?? "no curve"}, expected secp256k1.`);
  const point = Buffer.concat([Buffer.from([4]), Buffer.from(x, "base64url"), Buffer.from(y, "base64url")]);
  return computeAddress(hexlify(point));
}

const [SEQUENCE, INTEGER] = [0x30, 0x02];

/** The two numbers of a DER signature: a sequence of two integers, each shorter than 128 bytes. */
export function readSignature(der: Uint8Array): { r: bigint; s: bigint } {
  const malformed = new Error("the remote key's answer is not a DER signature");
  const integerAt = (offset: number) => {
    const length = der[offset + 1] ?? 0;
    const bytes = der.subarray(offset + 2, offset + 2 + length);
    if (der[offset] !== INTEGER || length === 0 || length > 33 || bytes.length !== length) throw malformed;
    return { value: BigInt(hexlify(bytes)), end: offset + 2 + length };
  };
  if (der[0] !== SEQUENCE || der[1] !== der.length - 2) throw malformed;
  const r = integerAt(2);
  const s = integerAt(r.end);
  if (s.end !== der.length || r.value === 0n || r.value >= N || s.value === 0n || s.value >= N) throw malformed;
  return { r: r.value, s: s.value };
}
