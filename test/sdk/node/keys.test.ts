// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { encryptKeystoreJsonSync, type Wallet } from "ethers";
import hre from "hardhat";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { siteOf } from "../../../deploy/network";
import { developmentKey } from "../../../sdk/base/accounts";
import { readSigner, type KeySource } from "../../../sdk/node/keys";
import { expectProblem, useFolder } from "../statements/support";

const { address, privateKey } = developmentKey(0);
const PASSWORD = "correct horse";

/** The order of the curve: the first number that is no key. */
const ORDER = "0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";

const sourceOf = (overrides: Partial<KeySource>): KeySource => ({
  keystore: "",
  env: {},
  askPassword: () => Promise.reject(new Error("must not ask")),
  ...overrides,
});

const addressFrom = async (overrides: Partial<KeySource>) =>
  (await readSigner(siteOf(hre), sourceOf(overrides))).getAddress();

describe("keys", () => {
  const folder = useFolder();
  const keystore = (): string =>
    folder.write("key.json", encryptKeystoreJsonSync({ address, privateKey }, PASSWORD, { scrypt: { N: 2 } }));

  it("come from PRIVATE_KEY, with or without 0x", async () => {
    expect(await addressFrom({ env: { PRIVATE_KEY: privateKey } })).to.equal(address);
    expect(await addressFrom({ env: { PRIVATE_KEY: privateKey.slice(2) } })).to.equal(address);
  });

  it("come from a keystore with KEYSTORE_PASSWORD, which wins over PRIVATE_KEY", async () => {
    const env = { KEYSTORE_PASSWORD: PASSWORD, PRIVATE_KEY: developmentKey(1).privateKey };
    expect(await addressFrom({ keystore: keystore(), env })).to.equal(address);
  });

  it("come from a keystore with a password that is asked for", async () => {
    expect(await addressFrom({ keystore: keystore(), askPassword: () => Promise.resolve(PASSWORD) })).to.equal(address);
  });

  it("are connected to the network", async () => {
    const signer = (await readSigner(siteOf(hre), sourceOf({ env: { PRIVATE_KEY: privateKey } }))) as Wallet;
    expect(signer.provider).to.equal(hre.ethers.provider);
  });

  describe("are refused, and not shown,", () => {
    const WRONG = "PRIVATE_KEY is not a key, expected 64 hexadecimal digits: correct it in the environment.";
    const wrong: [string, string, string][] = [
      ["when missing", "", "PRIVATE_KEY is missing: set it in the environment or name a file with --keystore."],
      ["when a digit is missing", privateKey.slice(0, -1), WRONG],
      ["when a digit is none", privateKey.replace(/.$/, "g"), WRONG],
      ["when zero", `0x${"0".repeat(64)}`, WRONG],
      ["when not below the order of the curve", ORDER, WRONG],
    ];
    for (const [what, key, message] of wrong) {
      it(what, () => expectProblem(() => readSigner(siteOf(hre), sourceOf({ env: { PRIVATE_KEY: key } })), message));
    }

    it("when everybody knows them and the chain is public", async () => {
      const network = { name: "mainnet", config: { chainId: 1 } };
      const mainnet = { ...hre, network } as HardhatRuntimeEnvironment;
      await expectProblem(
        () => readSigner(siteOf(mainnet), sourceOf({ env: { PRIVATE_KEY: privateKey } })),
        `the key is that of ${address}, a development account whose key everybody knows.`,
      );
    });

    it("when the keystore is not there", async () => {
      const path = folder.path("none.json");
      await expectProblem(() => readSigner(siteOf(hre), sourceOf({ keystore: path })), `there is no file ${path}.`);
    });

    it("when the file is not a keystore", async () => {
      const path = folder.write("key.json", JSON.stringify({ privateKey }));
      await expectProblem(
        () => readSigner(siteOf(hre), sourceOf({ keystore: path })),
        `${path} is not a keystore, expected encrypted JSON of version 3.`,
      );
    });

    it("when the password is wrong", async () => {
      const path = keystore();
      await expectProblem(
        () => readSigner(siteOf(hre), sourceOf({ keystore: path, env: { KEYSTORE_PASSWORD: "wrong" } })),
        `${path} cannot be decrypted: the password is wrong.`,
      );
    });

    it("when the keystore is damaged", async () => {
      keystore();
      const path = folder.write("key.json", folder.read("key.json").replace("aes-128-ctr", "none"));
      await expectProblem(
        () => readSigner(siteOf(hre), sourceOf({ keystore: path, env: { KEYSTORE_PASSWORD: PASSWORD } })),
        `${path} cannot be decrypted: it is damaged.`,
      );
    });
  });
});
