import { parseEther, toQuantity, Wallet } from "ethers";
import hre from "hardhat";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import type { Parameters } from "../../../deploy/parameters";
import { environmentFor } from "../../../deploy/rehearsal";
import type { Main, Streams } from "../../cli/command";
import { rpc, type Node, type Outcome } from "./process";

const FUNDS = parseEther("100");

/** Secret keys of a deployment: one deploys, the other holds every role that the backend needs. */
export interface Keys {
  readonly deployer: Wallet;
  readonly backend: Wallet;
}

/** The same keys in every run, so that addresses are the same too. */
export const KEYS: Keys = {
  deployer: new Wallet(`0x${"d".repeat(64)}`),
  backend: new Wallet(`0x${"b".repeat(64)}`),
};

/** An environment whose network is a chain of the test's own, with keys as in a user's configuration. */
export function environmentOn(
  { url }: { url: string },
  network: string,
  { deployer, backend }: Keys = KEYS,
): HardhatRuntimeEnvironment {
  return environmentFor(hre, network, { url, accounts: [deployer.privateKey, backend.privateKey] });
}

const environments = new Map<string, HardhatRuntimeEnvironment>();

/** The environment of a network for a command in this process. Environments of chains are kept, and all share one build. */
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
 * Runs a command like `runScript`, but in this process, which has already loaded what would take another process seconds. One at a time,
 * because the command replaces the variables of this process meanwhile.
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

/** Runs an action that keeps its deployments in a folder, such as that of a {@link Node}. */
export async function withDeployments<T>(folder: string | undefined, action: () => Promise<T>): Promise<T> {
  return withVariables({ DEPLOYMENTS: folder }, action);
}

/** Runs an action while variables of this process have other values, or none. */
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

/** Gives accounts the ether that they pay for gas with. */
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
