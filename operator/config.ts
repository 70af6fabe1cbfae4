// SPDX-License-Identifier: MIT
// What a service is told to do.

import { parseUnits } from "ethers";
import { dirname, join, resolve } from "node:path";
import { address, amount, Fields, integer, pattern, text, type Rule } from "../sdk/base/fields";
import { RESERVE_DECIMALS } from "../sdk/base/units";
import { readText } from "../sdk/node/files";
import { isKmsName, KMS_NAMES, LEDGER_NAMES, ledgerPath } from "../sdk/node/vendors";
import { readJson } from "../sdk/schemas/json";
import type { ApprovalsSource } from "./approvals";
import type { SpendingLimits } from "./duties/feeBatch";
import type { DutyKey } from "./keys";
import type { SendingPolicy } from "./sender";

const ROOT = join(__dirname, "..");

/** Everything that a service may do, each with a key of its own. */
export const DUTIES = ["distribute", "pools", "submit", "release", "fees", "admit", "register"] as const;

export type DutyName = (typeof DUTIES)[number];

/** A duty and what it needs. */
export interface DutyConfig {
  readonly name: DutyName;
  readonly key: DutyKey;
  /** Folder with the duty's tasks; empty for duties that find their tasks on chain. */
  readonly folder: string;
  /** What `fees` may spend. */
  readonly limits: SpendingLimits;
  /** Where `admit` and `register` read what people approved. */
  readonly approvals?: ApprovalsSource;
}

/** The configuration of a service. */
export interface Config extends SendingPolicy {
  /** Address of the ModelRegistry, from which all other addresses are read. */
  readonly registry: string;
  /** First block from which the protocol's events are read. */
  readonly fromBlock: number;
  readonly pollMilliseconds: number;
  /** Seconds after which the service is not ready because the head is too old; 0 for a chain that makes blocks only on request. */
  readonly maxHeadAge: number;
  /** Folder for what was read from the chain. */
  readonly state: string;
  /** Folder of model files. */
  readonly models: string;
  readonly duties: readonly DutyConfig[];
  readonly http: { readonly host: string; readonly port: number; readonly token: string };
}

/** Name of the environment variable with the token that posts must show. */
export const TOKEN = "OPERATOR_TOKEN";
/** Name of the environment variable with the key that reads approvals. */
export const APPROVALS_KEY = "HOKUSAI_API_KEY";
const SHORTEST_TOKEN = 32;
const LOOPBACK = ["127.0.0.1", "::1", "localhost"];
export const GWEI_DECIMALS = 9;
const DEVELOPMENT_ACCOUNTS = 20;
export const MODELS = join(ROOT, "deploy/models");

const HOST = pattern(/^[A-Za-z0-9.:-]{1,253}$/, "a host name or address");
const PATH = text(1, 1024);
const WEB_ADDRESS = pattern(/^https?:\/\/[^\s@]{1,1000}$/, "an address as http://… or https://…, without a password");
const VARIABLE = pattern(/^[A-Z][A-Z0-9_]{0,63}$/, "the name of a variable of the environment");

/** The kinds of place that a duty's key may be in. */
const KEY_KINDS = ["environment", "keystore", "ledger", "kms", "remote", "development"] as const;

const LEDGER_ACCOUNT: Rule<string> = {
  expected: LEDGER_NAMES,
  none: "",
  read: (value) => (typeof value === "string" && ledgerPath(value) !== undefined ? value : undefined),
};

const KMS_KEY: Rule<string> = {
  expected: KMS_NAMES,
  none: "",
  read: (value) => (typeof value === "string" && isKmsName(value) ? value : undefined),
};
/** Reserve units, from a decimal string of USDC. */
const USDC = amount(RESERVE_DECIMALS, "0.000001", "1000000000");

/** Wei, from a decimal string of gwei. */
const FEE: Rule<bigint> = {
  expected: 'gwei as a decimal string from "0.001" to "100000"',
  none: 0n,
  read: (value) => {
    if (typeof value !== "string" || !/^\d{1,6}(\.\d{1,9})?$/.test(value)) return undefined;
    const wei = parseUnits(value, GWEI_DECIMALS);
    return wei >= 10n ** 6n && wei <= 10n ** 14n ? wei : undefined;
  },
};

/** Reads and checks a configuration; throws one problem that names everything wrong at once. Paths are relative to the file. */
export function readConfig(path: string, env: NodeJS.ProcessEnv): Config {
  const fields = new Fields(readJson(path, readText(path)));
  const at = (name: string) => (name === "" ? "" : resolve(dirname(path), name));
  const list = fields.child("duties");
  const duties = DUTIES.filter((name) => list.has(name)).map((name) => readDuty(list.child(name), name, at, env));
  if (duties.length === 0) fields.report(`duties names none, expected at least one of ${DUTIES.join(", ")}`);
  if (list.has("register") && !fields.has("models"))
    fields.report("models is missing, expected a folder of its own: register keeps declarations there");
  const http = fields.child("http");
  const config = {
    registry: fields.read("registry", address),
    fromBlock: fields.read("fromBlock", integer(0, Number.MAX_SAFE_INTEGER), 0),
    confirmations: fields.read("confirmations", integer(1, 256), 3),
    replaceAfterBlocks: fields.read("replaceAfterBlocks", integer(1, 1_000), 5),
    maxFeePerGas: fields.read("maxFeePerGas", FEE),
    pollMilliseconds: fields.read("pollMilliseconds", integer(50, 60_000), 4_000),
    maxHeadAge: fields.read("maxHeadAgeSeconds", integer(10, 86_400), 120),
    state: at(fields.read("state", PATH, "state")),
    models: at(fields.read("models", PATH, MODELS)),
    duties,
    http: {
      host: http.read("host", HOST, "127.0.0.1"),
      port: http.read("port", integer(0, 65_535), 9464),
      token: env[TOKEN] ?? "",
    },
  };
  reportOpenDoor(fields, config);
  fields.refuse(path);
  return config;
}

function readDuty(fields: Fields, name: DutyName, at: (path: string) => string, env: NodeJS.ProcessEnv): DutyConfig {
  const isFed = name === "submit" || name === "fees";
  const folder = isFed ? at(fields.read("folder", PATH)) : "";
  return {
    name,
    key: readKey(fields.child("key"), at),
    folder,
    limits: name === "fees" ? readLimits(fields) : {},
    ...((name === "admit" || name === "register") && { approvals: readApprovals(fields, env) }),
  };
}

/** The key comes from the environment, and never appears in a message. */
function readApprovals(fields: Fields, env: NodeJS.ProcessEnv): ApprovalsSource {
  const key = env[APPROVALS_KEY] ?? "";
  if (key === "")
    fields.report(`${APPROVALS_KEY} is missing, expected a key of the API with the scope admin in the environment`);
  return { url: fields.read("api", WEB_ADDRESS), key };
}

function readLimits(fields: Fields): SpendingLimits {
  return {
    ...(fields.has("mostPerRecord") && { perRecord: fields.read("mostPerRecord", USDC) }),
    ...(fields.has("mostPerDay") && { perDay: fields.read("mostPerDay", USDC) }),
  };
}

function readKey(fields: Fields, at: (path: string) => string): DutyKey {
  const kinds = KEY_KINDS.filter((kind) => fields.has(kind));
  if (kinds.length !== 1) {
    fields.report(
      `${fields.path.slice(0, -1)} names ${kinds.join(" and ") || "nothing"}, expected one of ${KEY_KINDS.join(", ")}`,
    );
  }
  if (fields.has("keystore")) {
    const [file, passwordFile] = [fields.read("keystore", PATH), fields.read("passwordFile", PATH, "")];
    return { kind: "keystore", file: at(file), passwordFile: at(passwordFile) };
  }
  if (fields.has("ledger")) return { kind: "ledger", account: fields.read("ledger", LEDGER_ACCOUNT) };
  if (fields.has("kms")) return { kind: "kms", name: fields.read("kms", KMS_KEY) };
  if (fields.has("remote")) return { kind: "remote", module: at(fields.read("remote", PATH)) };
  if (fields.has("development")) {
    return { kind: "development", index: fields.read("development", integer(0, DEVELOPMENT_ACCOUNTS - 1)) };
  }
  return { kind: "environment", variable: fields.read("environment", VARIABLE, "PRIVATE_KEY") };
}

/** Requires a token if the service can be reached from other machines. The token never appears in a message. */
function reportOpenDoor(fields: Fields, { http: { host, token } }: Pick<Config, "http">): void {
  if (token !== "" && token.length < SHORTEST_TOKEN) {
    fields.report(`${TOKEN} has ${token.length} characters, expected at least ${SHORTEST_TOKEN}`);
  }
  if (token === "" && !LOOPBACK.includes(host)) {
    fields.report(
      `http.host is ${host} and ${TOKEN} is missing, expected a token in the environment or ${LOOPBACK[0]}`,
    );
  }
}
