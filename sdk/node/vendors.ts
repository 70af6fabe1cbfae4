// SPDX-License-Identifier: MIT
// Keys in hardware wallets and key management services. The vendors' packages are large and useful only to owners of such keys, who install
// them; they are loaded when a key needs them.

import { hexlify, TypedDataEncoder, type Signer } from "ethers";
import { createPublicKey } from "node:crypto";
import { createRequire } from "node:module";
import { join } from "node:path";
import { within } from "../base/bound.ts";
import { printed } from "../base/printed.ts";
import { Problem } from "../base/problem.ts";
import { RemoteSigner, type RemoteBackend, type RemoteKey } from "./remote.ts";

/** The number of characters of a vendor's message that are shown. */
const LONGEST_MESSAGE = 200;

/** How long a connected device may take to identify itself, and its owner to read and confirm, in milliseconds. */
const [DEVICE_ANSWERS, OWNER_CONFIRMS] = [30_000, 180_000];

const ARN = /^arn:aws[a-z-]*:kms:([a-z0-9-]+):\d{12}:(key|alias)\/[A-Za-z0-9/_-]+$/;
const KEY_VERSION =
  /^projects\/[^/\s]+\/locations\/[^/\s]+\/keyRings\/[^/\s]+\/cryptoKeys\/[^/\s]+\/cryptoKeyVersions\/\d+$/;

/** The forms of names of keys in key management services. */
export const KMS_NAMES =
  "arn:aws:kms:<region>:<account>:key/<id> or projects/…/locations/…/keyRings/…/cryptoKeys/…/cryptoKeyVersions/<n>";

/** The forms of names of keys on a Ledger. */
export const LEDGER_NAMES = "the number of an account, such as 0, or a path such as 44'/60'/0'/0/0";

/** Whether this names a key in a key management service. */
export function isKmsName(name: string): boolean {
  return ARN.test(name) || KEY_VERSION.test(name);
}

/** Returns the path of a Ledger's account, which may be given by its number, or undefined if the name is neither a number nor a path. */
export function ledgerPath(name: string): string | undefined {
  if (/^\d{1,4}$/.test(name)) return `44'/60'/${name}'/0/0`;
  const path = name.replace(/^m\//, "");
  return /^\d{1,10}'?(\/\d{1,10}'?){1,9}$/.test(path) ? path : undefined;
}

/** Returns the signer of a key in AWS KMS or Google Cloud KMS, by the key's name there. */
export async function openKms(name: string): Promise<Signer> {
  const region = ARN.exec(name)?.[1];
  if (region === undefined && !KEY_VERSION.test(name)) {
    throw new Problem("BAD_KEY", `the KMS key is ${printed(name)}, expected ${KMS_NAMES}.`);
  }
  const key = region === undefined ? googleKey(name) : amazonKey(name, region);
  const telling = <T>(asked: Promise<T>) =>
    asked.catch((error: unknown) => {
      throw error instanceof Problem ? error : refusal(`the KMS key ${name}`, error, "its region, name and permission");
    });
  return RemoteSigner.of({
    sign: (digest) => telling(key.sign(digest)),
    publicKey: () => telling(key.publicKey()),
  });
}

interface AmazonPackage {
  readonly KMSClient: new (settings: { region: string }) => {
    send(command: unknown): Promise<{ readonly Signature?: Uint8Array; readonly PublicKey?: Uint8Array }>;
  };
  readonly SignCommand: new (input: object) => unknown;
  readonly GetPublicKeyCommand: new (input: object) => unknown;
}

function amazonKey(KeyId: string, region: string): RemoteKey {
  const { KMSClient, SignCommand, GetPublicKeyCommand } = load("@aws-sdk/client-kms", "AWS KMS") as AmazonPackage;
  const client = new KMSClient({ region });
  const how = { MessageType: "DIGEST", SigningAlgorithm: "ECDSA_SHA_256" };
  return {
    sign: async (Message) => {
      const { Signature: der } = await client.send(new SignCommand({ KeyId, Message, ...how }));
      return given(der);
    },
    publicKey: async () => given((await client.send(new GetPublicKeyCommand({ KeyId }))).PublicKey),
  };
}

interface GooglePackage {
  readonly KeyManagementServiceClient: new () => {
    getPublicKey(request: { name: string }): Promise<readonly [{ readonly pem?: string | null }]>;
    asymmetricSign(request: {
      name: string;
      digest: { sha256: Uint8Array };
    }): Promise<readonly [{ readonly signature?: Uint8Array | string | null }]>;
  };
}

function googleKey(name: string): RemoteKey {
  const { KeyManagementServiceClient } = load("@google-cloud/kms", "Google Cloud KMS") as GooglePackage;
  const client = new KeyManagementServiceClient();
  return {
    // The service has no parameter for Keccak digests. It signs any 32 bytes that are passed as a SHA-256 hash.
    sign: async (sha256) => {
      const [{ signature }] = await client.asymmetricSign({ name, digest: { sha256 } });
      return typeof signature === "string" ? Buffer.from(signature, "base64") : given(signature);
    },
    publicKey: async () => {
      const [{ pem }] = await client.getPublicKey({ name });
      return createPublicKey(given(pem)).export({ format: "der", type: "spki" });
    },
  };
}

function given<T>(answer: T | null | undefined): T {
  if (answer === undefined || answer === null) throw new Error("the answer is empty");
  return answer;
}

interface LedgerSignature {
  readonly r: string;
  readonly s: string;
}

interface LedgerApp {
  getAddress(path: string): Promise<{ readonly address: string }>;
  signTransaction(path: string, unsigned: string, resolution: null): Promise<LedgerSignature>;
  signPersonalMessage(path: string, message: string): Promise<LedgerSignature>;
  signEIP712HashedMessage(path: string, domain: string, message: string): Promise<LedgerSignature>;
}

/** Returns the signer of an account on the connected Ledger. The owner confirms each signature on the device. */
export async function openLedger(name: string): Promise<Signer> {
  const path = ledgerPath(name);
  if (path === undefined)
    throw new Problem("BAD_KEY", `the Ledger's account is ${printed(name)}, expected ${LEDGER_NAMES}.`);
  const app = await ledgerApp();
  const telling = async (asked: Promise<LedgerSignature>) => {
    const { r, s } = await asked.catch((error: unknown) => {
      throw refusal("the Ledger", error, "that it is unlocked, with the Ethereum app open, and that you confirm");
    });
    return { r: BigInt(`0x${r}`), s: BigInt(`0x${s}`) };
  };
  const asked = app.getAddress(path).catch((error: unknown) => {
    throw refusal("the Ledger", error, "that it is unlocked, with the Ethereum app open");
  });
  const { address } = await within(DEVICE_ANSWERS, "the Ledger has not said who it is", asked);
  const backend: RemoteBackend = {
    address,
    patience: OWNER_CONFIRMS,
    signTransaction: ({ unsignedSerialized }) => telling(app.signTransaction(path, bare(unsignedSerialized), null)),
    signMessage: (message) => telling(app.signPersonalMessage(path, bare(hexlify(message)))),
    signTypedData: (domain, types, value) =>
      telling(
        app.signEIP712HashedMessage(
          path,
          bare(TypedDataEncoder.hashDomain(domain)),
          bare(TypedDataEncoder.from(types).hash(value)),
        ),
      ),
  };
  return new RemoteSigner(backend);
}

async function ledgerApp(): Promise<LedgerApp> {
  const transports = load("@ledgerhq/hw-transport-node-hid", "a Ledger") as Exported<{ create(): Promise<unknown> }>;
  const apps = load("@ledgerhq/hw-app-eth", "a Ledger") as Exported<new (transport: unknown) => LedgerApp>;
  const creating = exportedBy(transports)
    .create()
    .catch((error: unknown) => {
      throw refusal("the Ledger", error, "that it is plugged in and unlocked");
    });
  const transport = await within(DEVICE_ANSWERS, "no Ledger was found", creating);
  const App = exportedBy(apps);
  return new App(transport);
}

type Exported<T> = T | { readonly default: T };

const exportedBy = <T extends object>(module: Exported<T>): T =>
  "default" in module ? (module.default as T) : (module as T);

const bare = (hex: string) => hex.replace(/^0x/, "");

function refusal(what: string, error: unknown, advice: string): Problem {
  const { name, message } = error as Error;
  const said = printed(`${name}: ${String(message).split("\n")[0]}`, LONGEST_MESSAGE).replace(/\.$/, "");
  return new Problem("NODE_FAILED", `${what} does not answer as it should: ${said}; check ${advice}.`);
}

/** Loads one of the user's own packages, from the working directory or a folder above it, or from NODE_PATH. */
function load(name: string, whatFor: string): unknown {
  const require = createRequire(join(process.cwd(), "package.json"));
  try {
    require.resolve(name);
  } catch {
    throw new Problem(
      "BAD_OPTION",
      `${whatFor} needs the package ${name}: install it with npm install --no-save ${name}.`,
    );
  }
  return require(name);
}
