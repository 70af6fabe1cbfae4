// Encrypts openings to the label holder. A contributor hands over such a file with the commitment, and so cannot block a model by
// withholding what the next proof needs. Uses X25519, HKDF-SHA256 and AES-256-GCM from Node's own library. Each file has a sender's key of
// its
// own. The cipher key depends on both public keys as they are encoded, because X25519 accepts several encodings of the same key.

import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  randomBytes,
  type KeyObject,
} from "node:crypto";
import { Fields, text } from "../base/fields.ts";
import { Problem } from "../base/problem.ts";
import { readJson, toJson } from "../schemas/json.ts";

const FORMAT = "hokusai-escrow-1";
const CIPHER = "aes-256-gcm";
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const FIELD = text(1, 100_000);

/** Encrypts a text to a public key. */
export function seal(content: string, recipient: KeyObject): string {
  const { publicKey, privateKey } = generateKeyPairSync("x25519");
  const [sender, nonce] = [encode(publicKey), randomBytes(NONCE_BYTES)];
  const key = deriveKey(diffieHellman({ privateKey, publicKey: recipient }), nonce, sender, encode(recipient));
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(FORMAT));
  const sealed = Buffer.concat([cipher.update(content, "utf8"), cipher.final()]);
  return toJson({
    format: FORMAT,
    sender: sender.toString("base64"),
    nonce: nonce.toString("base64"),
    tag: cipher.getAuthTag().toString("base64"),
    sealed: sealed.toString("base64"),
  });
}

/** Decrypts a text that was sealed to the key. Throws a {@link Problem} if it was changed or sealed to another key. */
export function unseal(name: string, content: string, recipient: KeyObject): string {
  const fields = new Fields(readJson(name, content));
  fields.read("format", { ...FIELD, expected: FORMAT, read: (value) => (value === FORMAT ? FORMAT : undefined) });
  const [sender, nonce, tag, sealed] = ["sender", "nonce", "tag", "sealed"].map((field) =>
    Buffer.from(fields.read(field, FIELD), "base64"),
  ) as [Buffer, Buffer, Buffer, Buffer];
  fields.refuse(name);
  try {
    const publicKey = createPublicKey({ key: sender, type: "spki", format: "der" });
    const secret = diffieHellman({ privateKey: recipient, publicKey });
    const key = deriveKey(secret, nonce, sender, encode(createPublicKey(recipient)));
    const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(FORMAT)).setAuthTag(tag);
    return Buffer.concat([decipher.update(sealed), decipher.final()]).toString("utf8");
  } catch {
    throw new Problem("BAD_KEY", `${name} cannot be opened with this key: it was sealed to another, or changed.`);
  }
}

/** Whether the content of a file is sealed. */
export function isSealed(content: string): boolean {
  return content.includes(FORMAT);
}

/** Parses a public key in PEM form, as `openssl pkey -pubout` prints it. */
export function readPublicKey(name: string, pem: string): KeyObject {
  return readKey(name, "public", () => {
    const publicKey = createPublicKey(pem);
    // Throws for the few weak keys with which everybody derives the same secret.
    diffieHellman({ privateKey: generateKeyPairSync("x25519").privateKey, publicKey });
    return publicKey;
  });
}

/** Parses a private key in PEM form, as `openssl genpkey -algorithm x25519` prints it. */
export function readPrivateKey(name: string, pem: string): KeyObject {
  return readKey(name, "private", () => createPrivateKey(pem));
}

function readKey(name: string, kind: "public" | "private", read: () => KeyObject): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = read();
  } catch {
    key = undefined;
  }
  if (key?.asymmetricKeyType !== "x25519")
    throw new Problem("BAD_KEY", `${name} is not an X25519 ${kind} key in PEM form.`);
  return key;
}

function encode(publicKey: KeyObject): Buffer {
  return publicKey.export({ type: "spki", format: "der" });
}

function deriveKey(secret: Buffer, nonce: Buffer, sender: Buffer, recipient: Buffer): Buffer {
  const context = Buffer.concat([Buffer.from(FORMAT), sender, recipient]);
  return Buffer.from(hkdfSync("sha256", secret, nonce, context, KEY_BYTES));
}
