// What the commands share: their streams, and how they reach the platform, a node and MLflow.

import type { Signer } from "ethers";
import { Problem } from "../base/problem.ts";
import { addressesIn, siteAt, type DeploymentAddresses, type RecordedContracts } from "../client/deployment.ts";
import type { Site } from "../client/access.ts";
import { MlflowClient } from "../mlflow/client.ts";
import type { CommandLine } from "../node/commandLine.ts";
import { readText } from "../node/files.ts";
import { firstKey, openKey, UNNAMED } from "../node/keys.ts";
import { PlatformClient } from "../platform/client.ts";
import { Endpoint } from "../rpc/endpoint.ts";
import { EndpointProvider } from "../rpc/provider.ts";
import { readJson } from "../schemas/json.ts";

/** Where a command reads and writes. */
export interface HokusaiStreams {
  readonly env: Readonly<Record<string, string | undefined>>;
  readStandardInput(): string;
  out(text: string): void;
  err(text: string): void;
  /** Shows progress if the output is a terminal. An empty text clears it. */
  progress(text: string): void;
}

export interface HokusaiCommand {
  /** The line in the list of commands. */
  readonly summary: string;
  /** The text that `--help` prints, which also declares the options. */
  readonly usage: string;
  /** Returns what is to be printed. */
  readonly run: (line: CommandLine, streams: HokusaiStreams) => Promise<string>;
}

function setting({ env }: HokusaiStreams, name: string, what: string): string {
  const value = env[name] ?? "";
  if (value === "") throw new Problem("BAD_OPTION", `${name} is missing: set it in the environment to ${what}.`);
  return value;
}

/** Returns a client of the platform at HOKUSAI_API_URL, with HOKUSAI_API_KEY if it is set. */
export function platformOf(streams: HokusaiStreams): PlatformClient {
  const url = setting(streams, "HOKUSAI_API_URL", "the platform's address");
  const key = streams.env["HOKUSAI_API_KEY"] ?? "";
  return new PlatformClient({ url, ...(key !== "" && { key }) });
}

/**
 * Returns a client of the tracking server at MLFLOW_TRACKING_URI. If that is not set, requests go through the platform to its own server.
 */
export function mlflowOf(streams: HokusaiStreams): MlflowClient {
  const { env } = streams;
  const [url, token] = [env["MLFLOW_TRACKING_URI"] ?? "", env["MLFLOW_TRACKING_TOKEN"] ?? ""];
  if (url !== "") return new MlflowClient({ url, ...(token !== "" && { token }) });
  const platform = setting(streams, "HOKUSAI_API_URL", "the platform's address, or set MLFLOW_TRACKING_URI");
  const key = setting(streams, "HOKUSAI_API_KEY", "a key of the platform");
  return new MlflowClient({ url: `${platform.replace(/\/$/, "")}/api/mlflow`, token: key });
}

/** A deployment, and the node at HOKUSAI_RPC_URL through which it is reached. */
export interface DeploymentPlace {
  readonly site: Site;
  readonly deployment: DeploymentAddresses;
  readonly close: () => void;
}

/**
 * Connects to a deployment.
 * @param path The record of the deployment, which is the deployer's file deploy/addresses/<chainId>.json.
 */
export async function deploymentAt(path: string, streams: HokusaiStreams): Promise<DeploymentPlace> {
  const record = readJson(path, readText(path), true) as RecordedContracts;
  if (typeof record !== "object" || record === null || typeof record.contracts !== "object")
    throw new Problem("BAD_FILE", `${path} is no record of a deployment.`);
  const deployment = addressesIn(record);
  const endpoint = new Endpoint(setting(streams, "HOKUSAI_RPC_URL", "the address of a node"));
  const chainId = Number(await endpoint.send<string>("eth_chainId"));
  const provider = new EndpointProvider(endpoint, chainId);
  return { site: await siteAt(provider, deployment), deployment, close: () => provider.destroy() };
}

/** Opens the key that pays for gas, from a keystore or from PRIVATE_KEY. */
export async function payingSigner(
  { site }: DeploymentPlace,
  keystore: string,
  streams: HokusaiStreams,
): Promise<Signer> {
  const env = { ...streams.env };
  const askPassword = () =>
    Promise.reject(new Problem("BAD_KEY", "KEYSTORE_PASSWORD is missing: set it in the environment."));
  const signer = await openKey(site.network, firstKey({ ...UNNAMED, keystore }, env), { env, askPassword });
  return signer.connect(site.access.ethers.provider);
}

/** Returns the argument of a command that takes exactly one. */
export function onlyArgument({ paths }: CommandLine, what: string): string {
  const [first, second] = paths;
  if (first === undefined || second !== undefined)
    throw new Problem("BAD_OPTION", `${paths.length} arguments are given, expected one: ${what}.`);
  return first;
}
