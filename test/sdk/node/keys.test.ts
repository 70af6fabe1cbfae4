// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { encryptKeystoreJsonSync } from "ethers";
import { join } from "node:path";
import { developmentKey } from "../../../sdk/base/accounts";
import { Problem } from "../../../sdk/base/problem";
import { firstKey, namedKeys, openAccounts, openKey, type Secrets } from "../../../sdk/node/keys";
import { expectProblem, useFolder } from "../statements/support";

const { address, privateKey } = developmentKey(0);
const PASSWORD = "correct horse";

/** The order of the curve: the first number that is no key. */
const ORDER = "0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";

const LOCAL = { isLocal: true };
const NOTHING = { keystore: "", ledger: "", kms: "", remote: "" };

interface Source {
  readonly keystore: string;
  readonly env: Secrets["env"];
  readonly askPassword: Secrets["askPassword"];
}

/** Opens the one key that options and the environment name. */
async function open(overrides: Partial<Source>, network = LOCAL) {
  const { keystore = "", env = {}, askPassword = () => Promise.reject(new Error("must not ask")) } = overrides;
  return openKey(network, firstKey({ ...NOTHING, keystore }, env), { env, askPassword });
}

const addressFrom = async (overrides: Partial<Source>) => (await open(overrides)).getAddress();

describe("Keys", () => {
  const folder = useFolder();
  const keystore = (): string =>
    folder.write("key.json", encryptKeystoreJsonSync({ address, privateKey }, PASSWORD, { scrypt: { N: 2 } }));

  it("come from PRIVATE_KEY, with or without 0x", async () => {
    expect(await addressFrom({ env: { PRIVATE_KEY: privateKey } })).to.equal(address);
    expect(await addressFrom({ env: { PRIVATE_KEY: privateKey.slice(2) } })).to.equal(address);
  });

  it("come from a keystore with KEYSTORE_PASSWORD, which takes precedence over PRIVATE_KEY", async () => {
    const env = { KEYSTORE_PASSWORD: PASSWORD, PRIVATE_KEY: developmentKey(1).privateKey };
    expect(await addressFrom({ keystore: keystore(), env })).to.equal(address);
  });

  it("come from a keystore with a password that is asked for", async () => {
    expect(await addressFrom({ keystore: keystore(), askPassword: () => Promise.resolve(PASSWORD) })).to.equal(address);
  });

  it("come from every variable that is set, and from PRIVATE_KEY only if no other is", () => {
    const env = { KEYSTORE: "a.json, b.json", LEDGER: "1", KMS: "arn", REMOTE_SIGNER: "m.js", PRIVATE_KEY: "1,2" };
    expect(namedKeys(NOTHING, env)).to.deep.equal([
      { kind: "keystore", file: "a.json", passwordFile: "" },
      { kind: "keystore", file: "b.json", passwordFile: "" },
      { kind: "ledger", account: "1" },
      { kind: "kms", name: "arn" },
      { kind: "remote", module: "m.js" },
    ]);
    expect(namedKeys({ ...NOTHING, ledger: "0" }, env)).to.deep.equal([{ kind: "ledger", account: "0" }]);
    expect(namedKeys(NOTHING, { PRIVATE_KEY: "1, 2," })).to.deep.equal([
      { kind: "environment", variable: "PRIVATE_KEY", place: 0 },
      { kind: "environment", variable: "PRIVATE_KEY", place: 1 },
    ]);
    expect(namedKeys(NOTHING, {})).to.deep.equal([]);
  });

  it("come from a module that signs elsewhere, and name their origin", async () => {
    const helper = JSON.stringify(join(__dirname, "../../helpers/remoteKey.ts"));
    const module = folder.write(
      "signer.js",
      `const { localKey } = require(${helper}); module.exports = () => localKey("${privateKey}");`,
    );
    const file = keystore();
    const keys = [
      { kind: "remote", module },
      { kind: "keystore", file, passwordFile: "" },
    ] as const;
    const accounts = await openAccounts(LOCAL, keys, { env: {}, askPassword: async () => PASSWORD });
    expect(accounts.map((account) => [account.address, account.origin])).to.deep.equal([
      [address, module],
      [address, `the keystore ${file}`],
    ]);
    const empty = folder.write("empty.js", "module.exports = {};");
    await expectProblem(
      () => openKey(LOCAL, { kind: "remote", module: empty }, { env: {}, askPassword: async () => "" }),
      `${empty} has no default export, expected a function that returns { sign, publicKey }.`,
    );
  });

  it("in a Ledger or a KMS are refused if their name is invalid", async () => {
    const secrets = { env: {}, askPassword: async () => "" };
    for (const key of [
      { kind: "ledger", account: "my ledger" },
      { kind: "kms", name: "my key" },
    ] as const) {
      let problem: unknown;
      await openAccounts(LOCAL, [key], secrets).catch((error: unknown) => (problem = error));
      expect(problem).to.be.instanceOf(Problem).and.to.include({ code: "BAD_KEY" });
    }
  });

  it("in PRIVATE_KEY are told apart if there are several", async () => {
    const other = developmentKey(1);
    const env = { PRIVATE_KEY: `${privateKey},${other.privateKey}` };
    const accounts = await openAccounts(LOCAL, namedKeys(NOTHING, env), { env, askPassword: async () => "" });
    expect(accounts.map((account) => [account.address, account.origin])).to.deep.equal([
      [address, "PRIVATE_KEY"],
      [other.address, "PRIVATE_KEY"],
    ]);
    expect(await (await accounts[1]!.open()).getAddress()).to.equal(other.address);
  });

  describe("given a keystore as an account", () => {
    let asked: number;
    const accountOf = async (file: string) => {
      asked = 0;
      const askPassword = async () => {
        asked++;
        return PASSWORD;
      };
      const [account] = await openAccounts(LOCAL, [{ kind: "keystore", file, passwordFile: "" }], {
        env: {},
        askPassword,
      });
      return account!;
    };

    it("has its address without a password, and asks for it once when it signs", async () => {
      const file = keystore();
      const account = await accountOf(file);
      expect([account.address, account.origin, asked]).to.deep.equal([address, `the keystore ${file}`, 0]);
      await Promise.all([account.open(), account.open()]);
      expect(asked).to.equal(1);
    });

    it("asks at once if the file does not name the address", async () => {
      keystore();
      const secretive = { ...(JSON.parse(folder.read("key.json")) as object), address: undefined };
      const account = await accountOf(folder.write("key.json", JSON.stringify(secretive)));
      expect([account.address, asked]).to.deep.equal([address, 1]);
    });
  });

  describe("are refused, and not shown,", () => {
    const WRONG = "PRIVATE_KEY is not a key, expected 64 hexadecimal digits: correct it in the environment.";
    const wrong: [string, string, string][] = [
      ["when missing", "", "PRIVATE_KEY is missing: set it in the environment or name a file with --keystore."],
      ["when a digit is missing", privateKey.slice(0, -1), WRONG],
      ["when a character is not a digit", privateKey.replace(/.$/, "g"), WRONG],
      ["when zero", `0x${"0".repeat(64)}`, WRONG],
      ["when not below the order of the curve", ORDER, WRONG],
    ];
    for (const [what, key, message] of wrong) {
      it(what, () => expectProblem(() => open({ env: { PRIVATE_KEY: key } }), message));
    }

    it("when everybody knows them and the chain is public", async () => {
      await expectProblem(
        () => open({ env: { PRIVATE_KEY: privateKey } }, { isLocal: false }),
        `the key is that of ${address}, a development account whose key everybody knows.`,
      );
    });

    it("when the keystore is not there", async () => {
      const path = folder.path("none.json");
      await expectProblem(() => open({ keystore: path }), `there is no file ${path}.`);
    });

    it("when the file is not a keystore", async () => {
      const path = folder.write("key.json", JSON.stringify({ privateKey }));
      await expectProblem(
        () => open({ keystore: path }),
        `${path} is not a keystore, expected encrypted JSON of version 3.`,
      );
    });

    it("when the password is wrong", async () => {
      const path = keystore();
      await expectProblem(
        () => open({ keystore: path, env: { KEYSTORE_PASSWORD: "wrong" } }),
        `${path} cannot be decrypted: the password is wrong.`,
      );
    });

    it("when the keystore is damaged", async () => {
      keystore();
      const path = folder.write("key.json", folder.read("key.json").replace("aes-128-ctr", "none"));
      await expectProblem(
        () => open({ keystore: path, env: { KEYSTORE_PASSWORD: PASSWORD } }),
        `${path} cannot be decrypted: it is damaged.`,
      );
    });
  });
});
