import { parseEther, toQuantity, Wallet } from "ethers";
import hre from "hardhat";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import type { Parameters } from "../../../deploy/parameters";
import { environmentFor } from "../../../deploy/rehearsal";
import type { Main, Streams } from "../../cli/command";
import { rpc, type Node, type Outcome } from "./process";

const FUNDS = parseEther("100");

/** Keys of a deployment that nobody knows: one deploys, one holds every role that the backend needs. */
export interface Keys {
  readonly deployer: Wallet;
  readonly backend: Wallet;
}

/** The same keys in every run, so that addresses are. */
export const KEYS: Keys = {
  deployer: new Wallet(`0x${"d".repeat(64)}`),
  backend: new Wallet(`0x${"b".repeat(64)}`),
};

/** An environment whose network is a chain of the test's own, with keys as a user's configuration has them. */
export function environmentOn(
  { url }: { url: string },
  network: string,
  { deployer, backend }: Keys = KEYS,
): HardhatRuntimeEnvironment {
  return environmentFor(hre, network, { url, accounts: [deployer.privateKey, backend.privateKey] });
}

const environments = new Map<string, HardhatRuntimeEnvironment>();

/** The environment of a network for a command in this process; that of a chain is kept. What is compiled serves them all. */
function environmentOf(network: string, env: Readonly<Record<string, string>>): HardhatRuntimeEnvironment {
  const open = (settings: { url?: string }) =>
    Object.assign(environmentFor(hre, network, settings), { artifacts: hre.artifacts });
  if (network === "hardhat") return open({});
  const url = env[`RPC_URL_${network.toUpperCase().replaceAll("-", "_")}`] ?? "";
  const key = `${network} ${url} ${env["DEPLOYMENTS"]}`;
  const environment = environments.get(key) ?? open({ url });
  environments.set(key, environment);
  return environment;
}

/**
 * Runs a command like `runScript`, but in this process, which has already loaded what takes another one seconds. One at a time:
 * the variables of the process are those of the command meanwhile.
 */
export async function runMain(
  main: Main,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
  input = "",
): Promise<Outcome> {
  const outcome = { stdout: "", stderr: "" };
  const streams: Streams = {
    env,
    readStandardInput: () => input,
    askPassword: () => Promise.reject(new Error("there is nobody to ask")),
    out: (text) => (outcome.stdout += `${text}\n`),
    err: (text) => (outcome.stderr += `${text}\n`),
  };
  const open = async (network: string) => environmentOf(network, env);
  const variables = { DEPLOYMENTS: env["DEPLOYMENTS"], NO_COLOR: "1" };
  const code = await withVariables(variables, () => main(args, streams, open));
  return { code, ...outcome };
}

/** Does something while deployments are kept in a folder, such as that of a {@link Node}. */
export async function withDeployments<T>(folder: string | undefined, action: () => Promise<T>): Promise<T> {
  return withVariables({ DEPLOYMENTS: folder }, action);
}

/** Does something while variables of this process have other values, or none. */
export async function withVariables<T>(
  variables: Readonly<Record<string, string | undefined>>,
  action: () => Promise<T>,
): Promise<T> {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  const set = (values: readonly (readonly [string, string | undefined])[]) => {
    for (const [name, value] of values) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
  };
  set(Object.entries(variables));
  try {
    return await action();
  } finally {
    set(before);
  }
}

/** Gives accounts what they pay for gas with. */
export async function fund({ url }: Pick<Node, "url">, { deployer, backend }: Keys = KEYS): Promise<void> {
  for (const { address } of [deployer, backend]) {
    await rpc(url, "anvil_setBalance", [address, toQuantity(FUNDS)]);
  }
}

/** Parameters with the backend's key in every role. */
export function parametersOf({ deployer, backend }: Keys = KEYS, reserveToken = ""): Parameters {
  const holder = [backend.address];
  return {
    $global: { deployer: deployer.address, adminDelay: 172_800, guardians: holder, reserveToken },
    Governance: { proposers: holder, executors: holder },
    Methods: { attesters: holder, threshold: 1 },
    Models: { registrars: holder, poolCreators: holder, payers: holder, payoutDelay: 172_800 },
    Tokens: { operators: holder, deployers: holder, distributors: holder },
    Market: { treasury: backend.address },
  };
}
