// SPDX-License-Identifier: MIT
// Keys that sign without leaving the place where they are kept, and the conversion of their signatures to an account's.

import {
  AbstractSigner,
  computeAddress,
  copyRequest,
  getBytes,
  hashMessage,
  hexlify,
  N,
  recoverAddress,
  resolveAddress,
  Signature,
  toBeHex,
  toUtf8Bytes,
  Transaction,
  TypedDataEncoder,
  type Provider,
  type TransactionRequest,
  type TypedDataDomain,
  type TypedDataField,
} from "ethers";
import { createPublicKey } from "node:crypto";
import { within } from "../base/bound.ts";
import { Problem } from "../base/problem.ts";

/** A key that signs 32 bytes where it is kept, as AWS KMS does with keys of kind ECC_SECG_P256K1. */
export interface RemoteKey {
  /** Signs 32 bytes and returns the DER signature, as `Sign` does with message type DIGEST and algorithm ECDSA_SHA_256. */
  sign(digest: Uint8Array): Promise<Uint8Array>;
  /** Returns the DER SubjectPublicKeyInfo, as `GetPublicKey` does. */
  publicKey(): Promise<Uint8Array>;
}

export interface SignatureNumbers {
  readonly r: bigint;
  readonly s: bigint;
}

/** Signs for one account elsewhere. Each kind of data has a method of its own, because some devices display what they sign. */
export interface RemoteBackend {
  readonly address: string;
  /** The longest time that a signature may take, in milliseconds. */
  readonly patience: number;
  signTransaction(transaction: Transaction): Promise<SignatureNumbers>;
  signMessage(message: Uint8Array): Promise<SignatureNumbers>;
  signTypedData(
    domain: TypedDataDomain,
    types: Record<string, TypedDataField[]>,
    value: Record<string, unknown>,
  ): Promise<SignatureNumbers>;
}

/** The longest time that a machine may take for a signature, in milliseconds. */
const PATIENCE = 30_000;

/** A signer whose key is kept elsewhere. Every signature is checked before it is used. */
export class RemoteSigner extends AbstractSigner {
  constructor(
    private readonly backend: RemoteBackend,
    provider: Provider | null = null,
  ) {
    super(provider);
  }

  /** Asks a key for its address and returns its signer. Neither this nor a signature may take longer than `patience` milliseconds. */
  static async of(key: RemoteKey, provider: Provider | null = null, patience = PATIENCE): Promise<RemoteSigner> {
    const address = addressOf(await within(patience, "the remote key has not told its public key", key.publicKey()));
    const sign = async (digest: string) => readSignature(await key.sign(getBytes(digest)));
    const backend: RemoteBackend = {
      address,
      patience,
      signTransaction: ({ unsignedHash }) => sign(unsignedHash),
      signMessage: (message) => sign(hashMessage(message)),
      signTypedData: (domain, types, value) => sign(TypedDataEncoder.hash(domain, types, value)),
    };
    return new RemoteSigner(backend, provider);
  }

  /** @inheritdoc */
  override getAddress(): Promise<string> {
    return Promise.resolve(this.backend.address);
  }

  /** @inheritdoc */
  override connect(provider: Provider | null): RemoteSigner {
    return new RemoteSigner(this.backend, provider);
  }

  /** @inheritdoc */
  override async signTransaction(request: TransactionRequest): Promise<string> {
    const { address } = this.backend;
    const { from, to, ...rest } = copyRequest(request);
    if (from && (await resolveAddress(from, this.provider)) !== address) {
      throw new Problem("BAD_KEY", `the transaction is from ${String(from)}, the key is that of ${address}.`);
    }
    const transaction = Transaction.from({ ...rest, to: to ? await resolveAddress(to, this.provider) : null });
    transaction.signature = await this.checked(transaction.unsignedHash, this.backend.signTransaction(transaction));
    return transaction.serialized;
  }

  /** @inheritdoc */
  override async signMessage(message: string | Uint8Array): Promise<string> {
    const bytes = typeof message === "string" ? toUtf8Bytes(message) : message;
    return (await this.checked(hashMessage(bytes), this.backend.signMessage(bytes))).serialized;
  }

  /** @inheritdoc */
  override async signTypedData(
    domain: TypedDataDomain,
    types: Record<string, TypedDataField[]>,
    value: Record<string, unknown>,
  ): Promise<string> {
    const digest = TypedDataEncoder.hash(domain, types, value);
    return (await this.checked(digest, this.backend.signTypedData(domain, types, value))).serialized;
  }

  /**
   * Returns the signature in the form that the chain accepts: the lower of the two possible values of s, and the parity bit, found by
   * trying
   * both. Throws a {@link Problem} if the signature is not the account's.
   */
  private async checked(digest: string, signing: Promise<SignatureNumbers>): Promise<Signature> {
    const { address, patience } = this.backend;
    const { r, s } = await within(patience, `the key of ${address} has not signed`, signing);
    const low = s > N / 2n ? N - s : s;
    for (const yParity of [0, 1] as const) {
      const signature = Signature.from({ r: toBeHex(r, 32), s: toBeHex(low, 32), yParity });
      if (recoverAddress(digest, signature) === address) return signature;
    }
    throw new Problem("BAD_KEY", `the remote key's signature is not that of ${address}.`);
  }
}

/** Returns the address of a secp256k1 public key in DER form. */
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

/** Parses a DER signature: a sequence of two integers, shorter than 128 bytes. */
export function readSignature(der: Uint8Array): SignatureNumbers {
  const malformed = new Problem("BAD_KEY", "the remote key's answer is not a DER signature.");
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
