// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { Transaction, verifyMessage, verifyTypedData, Wallet } from "ethers";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { openKms, openLedger } from "../../../sdk/node/vendors";
import { expectProblem, useFolder } from "../statements/support";

const ARN = "arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d";
const VERSION = "projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1";

/** The key that the machines of these tests have. */
const wallet = new Wallet(`0x${"5e".repeat(32)}`);
const HELPER = join(__dirname, "../../helpers/remoteKey.ts");

/** Packages as the vendors' are used, with the key of this test in them. */
const PACKAGES = {
  "@aws-sdk/client-kms": `
    const { localKey } = require(${JSON.stringify(HELPER)});
    class Command { constructor(input) { this.input = input; } }
    exports.SignCommand = class extends Command {};
    exports.GetPublicKeyCommand = class extends Command {};
    exports.KMSClient = class {
      constructor({ region }) { this.region = region; }
      async send(command) {
        const { KeyId, Message, MessageType, SigningAlgorithm } = command.input;
        if (!KeyId.includes(":" + "eu-central-1" + ":") || this.region !== "eu-central-1") {
          throw Object.assign(new Error("Invalid arn " + this.region), { name: "NotFoundException" });
        }
        if (command instanceof exports.GetPublicKeyCommand) return { PublicKey: await localKey().publicKey() };
        if (MessageType !== "DIGEST" || SigningAlgorithm !== "ECDSA_SHA_256") throw new Error("wrong algorithm");
        const key = process.env.OTHER_KEY ? localKey(process.env.OTHER_KEY) : localKey();
        return { Signature: await key.sign(Message) };
      }
    };`,
  "@google-cloud/kms": `
    const { createPublicKey } = require("node:crypto");
    const { localKey } = require(${JSON.stringify(HELPER)});
    exports.KeyManagementServiceClient = class {
      async getPublicKey() {
        const key = createPublicKey({ key: await localKey().publicKey(), format: "der", type: "spki" });
        return [{ pem: key.export({ format: "pem", type: "spki" }) }];
      }
      async asymmetricSign({ digest: { sha256 } }) { return [{ signature: await localKey().sign(sha256) }]; }
    };`,
  "@ledgerhq/hw-transport-node-hid": `exports.default = { create: async () => ({}) };`,
  "@ledgerhq/hw-app-eth": `
    const { SigningKey, Transaction, hashMessage, keccak256, concat } = require(${JSON.stringify(require.resolve("ethers"))});
    const key = new SigningKey(${JSON.stringify(wallet.privateKey)});
    const bare = ({ r, s, v }) => ({ r: r.slice(2), s: s.slice(2), v });
    exports.default = class {
      async getAddress(path) {
        if (path !== "44'/60'/2'/0/0") throw Object.assign(new Error("Ledger device: UNKNOWN_ERROR (0x6511)"), { name: "TransportStatusError" });
        return { address: ${JSON.stringify(wallet.address)} };
      }
      async signTransaction(_, unsigned, resolution) {
        if (resolution !== null) throw new Error("would ask the vendor's servers");
        return bare(key.sign(keccak256("0x" + unsigned)));
      }
      async signPersonalMessage(_, message) { return bare(key.sign(hashMessage(Buffer.from(message, "hex")))); }
      async signEIP712HashedMessage(_, domain, message) {
        return bare(key.sign(keccak256(concat(["0x1901", "0x" + domain, "0x" + message]))));
      }
    };`,
};

const domain = { name: "Test", version: "1", chainId: 1 };
const types = { Note: [{ name: "text", type: "string" }] };

describe("Keys in a KMS or a Ledger @uninstrumented", () => {
  const folder = useFolder();
  const { cwd } = process;

  beforeEach(() => (process.cwd = () => folder.path(".")));
  afterEach(() => (process.cwd = cwd));

  /** Installs a package as its user would. */
  function install(name: keyof typeof PACKAGES): void {
    const path = `node_modules/${name}/index.js`;
    mkdirSync(dirname(folder.path(path)), { recursive: true });
    folder.write(path, PACKAGES[name]);
  }

  for (const [service, name, key] of [
    ["AWS KMS", "@aws-sdk/client-kms", ARN],
    ["Google Cloud KMS", "@google-cloud/kms", VERSION],
  ] as const) {
    describe(`given ${service}`, () => {
      it("sign for the account of their public key", async () => {
        install(name);
        const signer = await openKms(key);
        expect(await signer.getAddress()).to.equal(wallet.address);
        expect(verifyMessage("hello", await signer.signMessage("hello"))).to.equal(wallet.address);
        const raw = await signer.signTransaction({
          to: wallet.address,
          type: 2,
          chainId: 1,
          nonce: 7,
          gasLimit: 21_000,
        });
        expect(Transaction.from(raw).from).to.equal(wallet.address);
      });

      it("name the missing package", async () => {
        await expectProblem(
          () => openKms(key),
          `${service} needs the package ${name}: install it with npm install --no-save ${name}.`,
        );
      });
    });
  }

  it("report what a service refuses, such as a key of another region", async () => {
    install("@aws-sdk/client-kms");
    const other = ARN.replace("eu-central-1", "us-east-1");
    await expectProblem(
      () => openKms(other),
      `the KMS key ${other} does not answer as it should: NotFoundException: Invalid arn us-east-1; check its region, name and permission.`,
    );
  });

  it("refuse a signature of another key", async () => {
    install("@aws-sdk/client-kms");
    const signer = await openKms(ARN);
    process.env["OTHER_KEY"] = `0x${"6f".repeat(32)}`;
    try {
      await expectProblem(
        () => signer.signMessage("hello"),
        `the remote key's signature is not that of ${wallet.address}.`,
      );
    } finally {
      delete process.env["OTHER_KEY"];
    }
  });

  it("refuse a name that no service has", async () => {
    for (const name of ["alias/mine", "arn:aws:kms:eu:12:key/x", `${VERSION}x`]) {
      await expectProblem(
        () => openKms(name),
        `the KMS key is ${name}, expected arn:aws:kms:<region>:<account>:key/<id> or projects/…/locations/…/keyRings/…/cryptoKeys/…/cryptoKeyVersions/<n>.`,
      );
    }
  });

  describe("given a Ledger", () => {
    const both = () => (["@ledgerhq/hw-transport-node-hid", "@ledgerhq/hw-app-eth"] as const).forEach(install);

    it("sign what their owner confirms, by the account's number or path", async () => {
      both();
      for (const name of ["2", "44'/60'/2'/0/0", "m/44'/60'/2'/0/0"]) {
        const signer = await openLedger(name);
        expect(await signer.getAddress()).to.equal(wallet.address);
        const raw = await signer.signTransaction({
          to: wallet.address,
          type: 2,
          chainId: 1,
          nonce: 7,
          gasLimit: 21_000,
        });
        expect(Transaction.from(raw).from).to.equal(wallet.address);
        expect(verifyMessage("hello", await signer.signMessage("hello"))).to.equal(wallet.address);
        const signature = await signer.signTypedData(domain, types, { text: "hello" });
        expect(verifyTypedData(domain, types, { text: "hello" }, signature)).to.equal(wallet.address);
      }
    });

    it("name the missing package", async () => {
      await expectProblem(
        () => openLedger("0"),
        "a Ledger needs the package @ledgerhq/hw-transport-node-hid: install it with npm install --no-save @ledgerhq/hw-transport-node-hid.",
      );
    });

    it("report what the device refuses", async () => {
      both();
      await expectProblem(
        () => openLedger("0"),
        "the Ledger does not answer as it should: TransportStatusError: Ledger device: UNKNOWN_ERROR (0x6511); check that it is unlocked, with the Ethereum app open.",
      );
    });

    it("refuse an invalid account", async () => {
      await expectProblem(
        () => openLedger("first"),
        "the Ledger's account is first, expected the number of an account, such as 0, or a path such as 44'/60'/0'/0/0.",
      );
    });
  });
});
