// An opening that only the holder of a key can read: given to the label holder with the commitment, so that no contributor can
// block a model by withholding what the next proof needs. X25519, HKDF-SHA256 and AES-256-GCM of Node's own library.

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
import { Fields, text } from "../../deploy/fields";
import { Problem } from "../../deploy/problem";
import { readJson, toJson } from "../lib/files";

const FORMAT = "hokusai-escrow-1";
const CIPHER = "aes-256-gcm";
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const FIELD = text(1, 100_000);

/** Encrypts a text to a public key. */
export function seal(content: string, recipient: KeyObject): string {
  const sender = generateKeyPairSync("x25519");
  const nonce = randomBytes(NONCE_BYTES);
  const key = sharedKey(sender.privateKey, recipient, nonce);
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(FORMAT));
  const sealed = Buffer.concat([cipher.update(content, "utf8"), cipher.final()]);
  return toJson({
    format: FORMAT,
    sender: sender.publicKey.export({ type: "spki", format: "der" }).toString("base64"),
    nonce: nonce.toString("base64"),
    tag: cipher.getAuthTag().toString("base64"),
    sealed: sealed.toString("base64"),
  });
}

/** Decrypts what was sealed to the key; refuses what was changed or sealed to another. */
export function unseal(name: string, content: string, recipient: KeyObject): string {
  const fields = new Fields(readJson(name, content));
  fields.read("format", { ...FIELD, expected: FORMAT, read: (value) => (value === FORMAT ? FORMAT : undefined) });
  const [sender, nonce, tag, sealed] = ["sender", "nonce", "tag", "sealed"].map((field) =>
    Buffer.from(fields.read(field, FIELD), "base64"),
  ) as [Buffer, Buffer, Buffer, Buffer];
  fields.refuse(name);
  try {
    const publicKey = createPublicKey({ key: sender, type: "spki", format: "der" });
    const decipher = createDecipheriv(CIPHER, sharedKey(recipient, publicKey, nonce), nonce, { authTagLength: 16 });
    decipher.setAAD(Buffer.from(FORMAT)).setAuthTag(tag);
    return Buffer.concat([decipher.update(sealed), decipher.final()]).toString("utf8");
  } catch {
    throw new Problem(`${name} cannot be opened with this key: it was sealed to another, or changed.`);
  }
}

/** Whether a file is sealed. */
export function isSealed(content: string): boolean {
  return content.includes(FORMAT);
}

/** A public key from PEM, as `openssl pkey -pubout` prints it. */
export function readPublicKey(name: string, pem: string): KeyObject {
  return readKey(name, "public", () => createPublicKey(pem));
}

/** A private key from PEM, as `openssl genpkey -algorithm x25519` prints it. */
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
  if (key?.asymmetricKeyType !== "x25519") throw new Problem(`${name} is no X25519 ${kind} key in PEM form.`);
  return key;
}

function sharedKey(privateKey: KeyObject, publicKey: KeyObject, salt: Buffer): Buffer {
  const secret = diffieHellman({ privateKey, publicKey });
  return Buffer.from(hkdfSync("sha256", secret, salt, FORMAT, KEY_BYTES));
}
