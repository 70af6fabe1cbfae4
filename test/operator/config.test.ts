// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { join, resolve } from "node:path";
import { readConfig } from "../../operator/config";
import { KMS_NAMES, LEDGER_NAMES } from "../../sdk/node/vendors";
import { expectProblem, useFolder } from "../sdk/statements/support";

const REGISTRY = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
const TOKEN = "a".repeat(32);

const MINIMAL = {
  registry: REGISTRY,
  maxFeePerGas: "100",
  duties: { pools: { key: { environment: "POOLS_KEY" } } },
};

describe("operator configuration @uninstrumented", () => {
  const folder = useFolder();
  const read = (content: object, env: NodeJS.ProcessEnv = {}) =>
    readConfig(folder.write("operator.json", JSON.stringify(content)), env);
  const expectRefused = async (content: object, problem: string, env?: NodeJS.ProcessEnv) =>
    expectProblem(() => read(content, env), `${folder.path("operator.json")}: ${problem}.`);

  it("has a default for everything except the registry, the highest fee and the duties", () => {
    expect(read(MINIMAL)).to.deep.equal({
      registry: REGISTRY,
      fromBlock: 0,
      confirmations: 3,
      replaceAfterBlocks: 5,
      maxFeePerGas: 100_000_000_000n,
      pollMilliseconds: 4_000,
      maxHeadAge: 120,
      state: folder.path("state"),
      models: resolve(__dirname, "../../deploy/models"),
      duties: [{ name: "pools", key: { kind: "environment", variable: "POOLS_KEY" }, folder: "", limits: {} }],
      http: { host: "127.0.0.1", port: 9464, token: "" },
    });
  });

  it("reads every kind of key and resolves paths from the folder of the file", () => {
    const { duties, models } = read({
      ...MINIMAL,
      models: "models",
      duties: {
        distribute: { key: { keystore: "a.json", passwordFile: "a.password" } },
        pools: { key: { remote: "kms.js" } },
        release: { key: { ledger: "44'/60'/0'/0/0" } },
        submit: { key: { development: 19 }, folder: "bundles" },
        fees: { key: { keystore: "/keys/b.json" }, folder: "/fees" },
      },
    });
    const at = (name: string) => join(folder.path("."), name);
    expect(models).to.equal(at("models"));
    expect(duties).to.deep.equal([
      {
        name: "distribute",
        key: { kind: "keystore", file: at("a.json"), passwordFile: at("a.password") },
        folder: "",
        limits: {},
      },
      { name: "pools", key: { kind: "remote", module: at("kms.js") }, folder: "", limits: {} },
      { name: "submit", key: { kind: "development", index: 19 }, folder: at("bundles"), limits: {} },
      { name: "release", key: { kind: "ledger", account: "44'/60'/0'/0/0" }, folder: "", limits: {} },
      { name: "fees", key: { kind: "keystore", file: "/keys/b.json", passwordFile: "" }, folder: "/fees", limits: {} },
    ]);
    const kms = "arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d";
    const named = read({ ...MINIMAL, duties: { pools: { key: { kms } } } });
    expect(named.duties[0]!.key).to.deep.equal({ kind: "kms", name: kms });
  });

  it("refuses malformed names of Ledger and KMS keys", async () => {
    await expectRefused(
      { ...MINIMAL, duties: { pools: { key: { ledger: "first" } }, distribute: { key: { kms: "mine" } } } },
      `duties.distribute.key.kms is "mine", expected ${KMS_NAMES}; duties.pools.key.ledger is "first", expected ${LEDGER_NAMES}`,
    );
  });

  it("reads the address of the approvals, and their API key from the environment", () => {
    const { duties } = read(
      {
        ...MINIMAL,
        models: "models",
        duties: Object.fromEntries(
          ["admit", "register"].map((name) => [name, { key: { environment: "KEY" }, api: "https://api.example.org" }]),
        ),
      },
      { HOKUSAI_API_KEY: "hk_a_b" },
    );
    const approvals = { url: "https://api.example.org", key: "hk_a_b" };
    expect(duties.map((duty) => [duty.name, duty.approvals])).to.deep.equal([
      ["admit", approvals],
      ["register", approvals],
    ]);
  });

  it("refuses approvals without an API key or an HTTP address, and the duty register without a folder for models", async () => {
    await expectRefused(
      { ...MINIMAL, duties: { register: { key: { environment: "KEY" }, api: "ftp://example.org" } } },
      "models is missing, expected a folder of its own: register keeps declarations there; " +
        "HOKUSAI_API_KEY is missing, expected a key of the API with the scope admin in the environment; " +
        'duties.register.api is "ftp://example.org", expected an address as http://… or https://…, without a password',
    );
  });

  it("names everything that is missing in one message", async () => {
    await expectRefused(
      { duties: { fees: {} } },
      "registry is missing, expected an address, not zero, in lower case or with its checksum; " +
        'maxFeePerGas is missing, expected gwei as a decimal string from "0.001" to "100000"; ' +
        "duties.fees.folder is missing, expected text of 1 to 1024 bytes; " +
        "duties.fees.key names nothing, expected one of environment, keystore, ledger, kms, remote, development",
    );
    await expectRefused(
      { ...MINIMAL, duties: {} },
      "duties names none, expected at least one of distribute, pools, submit, release, fees, admit, register",
    );
  });

  it("refuses two keys for a duty, and an unknown duty", async () => {
    await expectRefused(
      { ...MINIMAL, duties: { pools: { key: { environment: "KEY", remote: "kms.js" } } } },
      "duties.pools.key names environment and remote, expected one of environment, keystore, ledger, kms, remote, development; " +
        "duties.pools.key.environment is unknown, expected one of remote",
    );
    await expectRefused(
      { ...MINIMAL, duties: { pool: {} } },
      "duties names none, expected at least one of distribute, pools, submit, release, fees, admit, register; duties.pool is unknown, expected one of ",
    );
  });

  const bounds: [string, unknown, boolean][] = [
    ["confirmations", 0, false],
    ["confirmations", 1, true],
    ["confirmations", 256, true],
    ["confirmations", 257, false],
    ["replaceAfterBlocks", 0, false],
    ["replaceAfterBlocks", 1, true],
    ["replaceAfterBlocks", 1000, true],
    ["replaceAfterBlocks", 1001, false],
    ["pollMilliseconds", 49, false],
    ["pollMilliseconds", 50, true],
    ["pollMilliseconds", 60_000, true],
    ["pollMilliseconds", 60_001, false],
    ["maxHeadAgeSeconds", 9, false],
    ["maxHeadAgeSeconds", 10, true],
    ["maxHeadAgeSeconds", 86_400, true],
    ["maxHeadAgeSeconds", 86_401, false],
    ["maxFeePerGas", "0.000999999", false],
    ["maxFeePerGas", "0.001", true],
    ["maxFeePerGas", "100000", true],
    ["maxFeePerGas", "100000.000000001", false],
    ["maxFeePerGas", 100, false],
    ["fromBlock", -1, false],
    ["fromBlock", 0, true],
  ];
  for (const [name, value, isRight] of bounds) {
    it(`${isRight ? "accepts" : "refuses"} ${name} of ${JSON.stringify(value)}`, () => {
      const reading = () => read({ ...MINIMAL, [name]: value });
      if (isRight) expect(reading).not.to.throw();
      else expect(reading).to.throw(`${name} is ${JSON.stringify(value)}, expected `);
    });
  }

  it("reads the spending limits of the duty fees to a millionth of a USDC, and refuses them for other duties", async () => {
    const fees = (limits: object) => ({
      ...MINIMAL,
      duties: { fees: { key: { environment: "FEES_KEY" }, folder: "fees", ...limits } },
    });
    expect(read(fees({ mostPerRecord: "0.000001", mostPerDay: "2500.5" })).duties[0]?.limits).to.deep.equal({
      perRecord: 1n,
      perDay: 2_500_500_000n,
    });
    await expectRefused(
      fees({ mostPerDay: 2500 }),
      "duties.fees.mostPerDay is 2500, expected a decimal string from 0.000001 to 1000000000, of at most 6 decimals",
    );
    await expectRefused(
      { ...MINIMAL, duties: { pools: { ...MINIMAL.duties.pools, mostPerDay: "1" } } },
      "duties.pools.mostPerDay is unknown, expected one of key",
    );
  });

  it("listens on a public address only if a token of at least 32 characters is set", async () => {
    const open = { ...MINIMAL, http: { host: "0.0.0.0" } };
    await expectRefused(
      open,
      "http.host is 0.0.0.0 and OPERATOR_TOKEN is missing, expected a token in the environment or 127.0.0.1",
    );
    await expectRefused(open, "OPERATOR_TOKEN has 31 characters, expected at least 32", {
      OPERATOR_TOKEN: TOKEN.slice(1),
    });
    expect(read(open, { OPERATOR_TOKEN: TOKEN }).http.token).to.equal(TOKEN);
    for (const host of ["127.0.0.1", "::1", "localhost"])
      expect(() => read({ ...MINIMAL, http: { host } })).not.to.throw();
  });
});
