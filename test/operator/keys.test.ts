// SPDX-License-Identifier: MIT
import { expect } from "chai";
import {
  encryptKeystoreJsonSync,
  getBytes,
  hashMessage,
  hexlify,
  N,
  parseEther,
  recoverAddress,
  Signature,
  SigningKey,
  Transaction,
  verifyMessage,
  verifyTypedData,
  Wallet,
} from "ethers";
import hre from "hardhat";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { join } from "node:path";
import { developmentKey } from "../../sdk/base/accounts";
import { openDutyKey, type DutyKey } from "../../operator/keys";
import { readSignature, RemoteSigner, type RemoteKey } from "../../sdk/node/remote";
import { expectProblem, useFolder } from "../sdk/statements/support";
import { encodeDer, localKey } from "../helpers/remoteKey";

const { address, privateKey } = developmentKey(0);
const PASSWORD = "correct horse";
const MODULE = join(__dirname, "../helpers/remoteKey.ts");

const streams = (env: NodeJS.ProcessEnv = {}, password?: string) => ({
  env,
  readStandardInput: () => "",
  askPassword: () => (password === undefined ? Promise.reject(new Error("must not ask")) : Promise.resolve(password)),
  out: () => undefined,
  err: () => undefined,
});

describe("operator keys @uninstrumented", () => {
  const folder = useFolder();
  const open = async (key: DutyKey, env?: NodeJS.ProcessEnv, password?: string) =>
    (await openDutyKey(hre, key, streams(env, password))).getAddress();
  const keystore = () =>
    folder.write("key.json", encryptKeystoreJsonSync({ address, privateKey }, PASSWORD, { scrypt: { N: 2 } }));
  /** The environment of a public network, where a development key is worth nothing to its owner. */
  const onPublic = () =>
    Object.create(hre, {
      network: { value: { name: "sepolia", config: { chainId: 11_155_111 } } },
    }) as HardhatRuntimeEnvironment;

  describe("given a key in the environment, a keystore or a module", () => {
    it("reads a key from the environment variable that the configuration names", async () => {
      const key = { kind: "environment", variable: "POOLS_KEY" } as const;
      expect(await open(key, { POOLS_KEY: privateKey })).to.equal(address);
      await expectProblem(
        () => open(key),
        "POOLS_KEY is missing: set it in the environment or name a file with --keystore.",
      );
      await expectProblem(
        () => open(key, { POOLS_KEY: "0x12" }),
        "POOLS_KEY is not a key, expected 64 hexadecimal digits: correct it in the environment.",
      );
    });

    it("reads a key from a keystore, with the password from a file, the environment or the terminal", async () => {
      const file = keystore();
      const passwordFile = folder.write("password", `${PASSWORD}\n`);
      const key = { kind: "keystore", file, passwordFile: "" } as const;
      expect(await open({ ...key, passwordFile })).to.equal(address);
      expect(await open(key, { KEYSTORE_PASSWORD: PASSWORD })).to.equal(address);
      expect(await open(key, {}, PASSWORD)).to.equal(address);
      await expectProblem(() => open(key, {}, "wrong"), `${file} cannot be decrypted: the password is wrong.`);
    });

    it("loads a key from a module that signs elsewhere", async () => {
      expect(await open({ kind: "remote", module: MODULE })).to.equal(
        await (await RemoteSigner.of(localKey())).getAddress(),
      );
      const module = folder.write("empty.js", "module.exports = {};");
      await expectProblem(
        () => open({ kind: "remote", module }),
        `${module} has no default export, expected a function that returns { sign, publicKey }.`,
      );
    });
  });

  it("refuses a publicly known key on a public network", async () => {
    const known = `the key is that of ${address}, a development account whose key everybody knows.`;
    const variable = { kind: "environment", variable: "KEY" } as const;
    await expectProblem(() => openDutyKey(onPublic(), variable, streams({ KEY: privateKey })), known);
    await expectProblem(
      () => openDutyKey(onPublic(), { kind: "development", index: 0 }, streams()),
      "a development key cannot be used on sepolia: name a keystore, a variable or a module.",
    );
    const module = folder.write(
      "known.js",
      `const { localKey } = require(${JSON.stringify(MODULE)}); module.exports = () => localKey("${privateKey}");`,
    );
    await expectProblem(() => openDutyKey(onPublic(), { kind: "remote", module }, streams()), known);
  });

  describe("given a remote key", () => {
    it("has the address of its public key", async () => {
      for (let round = 0; round < 5; round++) {
        const wallet = new Wallet(hexlify(randomBytes(32)));
        expect(await (await RemoteSigner.of(localKey(wallet.privateKey))).getAddress()).to.equal(wallet.address);
      }
    });

    it("signs transactions, messages and typed data from which its address can be recovered", async () => {
      const wallet = new Wallet(hexlify(randomBytes(32)));
      const signer = await RemoteSigner.of(localKey(wallet.privateKey));
      const request = {
        type: 2,
        chainId: 1,
        nonce: 7,
        to: address,
        value: parseEther("1"),
        gasLimit: 21_000,
        maxFeePerGas: 9n,
        maxPriorityFeePerGas: 1n,
      };
      const domain = { name: "test", chainId: 1 };
      const types = { Note: [{ name: "text", type: "string" }] };
      // Each signature has a nonce of its own: both recovery bits and both halves of s occur.
      for (let round = 0; round < 16; round++) {
        const signed = Transaction.from(await signer.signTransaction({ ...request, from: wallet.address }));
        expect(signed.from).to.equal(wallet.address);
        expect(signed.unsignedHash).to.equal(Transaction.from(request).unsignedHash);
      }
      expect(verifyMessage("hello", await signer.signMessage("hello"))).to.equal(wallet.address);
      const signature = await signer.signTypedData(domain, types, { text: "hello" });
      expect(verifyTypedData(domain, types, { text: "hello" }, signature)).to.equal(wallet.address);
    });

    it("refuses a transaction from a different account", async () => {
      const signer = await RemoteSigner.of(localKey());
      let message = "";
      await signer.signTransaction({ from: address, to: address }).catch((error: Error) => (message = error.message));
      expect(message).to.equal(`the transaction is from ${address}, the key is that of ${await signer.getAddress()}.`);
    });

    it("returns the lower s and the right recovery bit, whichever s the remote key returns", async () => {
      const wallet = new Wallet(hexlify(randomBytes(32)));
      const local = localKey(wallet.privateKey);
      const digest = getBytes(hashMessage("hello"));
      const { r, s } = new SigningKey(wallet.privateKey).sign(digest);
      for (const given of [BigInt(s), N - BigInt(s)]) {
        const key: RemoteKey = { ...local, sign: () => Promise.resolve(encodeDer(BigInt(r), given)) };
        const signature = Signature.from(await (await RemoteSigner.of(key)).signMessage("hello"));
        expect(BigInt(signature.s)).to.equal(BigInt(s));
        expect(recoverAddress(digest, signature)).to.equal(wallet.address);
      }
    });

    it("refuses a signature by a different key", async () => {
      const stranger = localKey(hexlify(randomBytes(32)));
      const signer = await RemoteSigner.of({ ...localKey(), sign: stranger.sign });
      let message = "";
      await signer.signMessage("hello").catch((error: Error) => (message = error.message));
      expect(message).to.equal(`the remote key's signature is not that of ${await signer.getAddress()}.`);
    });

    it("gives up if the key does not answer in time", async () => {
      const silent = new Promise<never>(() => undefined);
      await expectProblem(
        () => RemoteSigner.of({ ...localKey(), publicKey: () => silent }, null, 20),
        "the remote key has not told its public key within 0.02 s: check whether it is available.",
      );
      const signer = await RemoteSigner.of({ ...localKey(), sign: () => silent }, null, 2_000);
      await expectProblem(
        () => signer.signMessage("hello"),
        `the key of ${await signer.getAddress()} has not signed within 2 s: check whether it is available.`,
      );
    });

    it("refuses a key on another curve", async () => {
      const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
      const key = {
        ...localKey(),
        publicKey: () => Promise.resolve(publicKey.export({ format: "der", type: "spki" })),
      };
      await expectProblem(() => RemoteSigner.of(key), "the remote key is on P-256, expected secp256k1.");
    });
  });

  describe("given a DER signature", () => {
    it("reads r and s", () => {
      for (const [r, s] of [
        [1n, 1n],
        [N - 1n, N - 1n],
        [0x80n, 2n ** 255n],
      ] as const) {
        expect(readSignature(encodeDer(r, s))).to.deep.equal({ r, s });
      }
    });
    const right = encodeDer(5n, 7n);
    const wrong: [string, Uint8Array][] = [
      ["is empty", new Uint8Array()],
      ["is too short", right.subarray(0, -1)],
      ["is too long", Buffer.concat([right, Buffer.from([0])])],
      ["is not a sequence", Buffer.concat([Buffer.from([0x31]), right.subarray(1)])],
      ["has no integers", Buffer.from([0x30, 0x06, 0x04, 0x01, 0x05, 0x02, 0x01, 0x07])],
      ["has an r of zero", encodeDer(0n, 7n)],
      ["has an s of the order of the curve", encodeDer(5n, N)],
    ];
    for (const [name, bytes] of wrong) {
      it(`refuses a signature that ${name}`, () => {
        expect(() => readSignature(bytes)).to.throw("the remote key's answer is not a DER signature");
      });
    }
  });
});
