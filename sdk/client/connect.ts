// SPDX-License-Identifier: MIT
// The protocol as the attester's tools see it, from the address of its verifier.

import { id, type Block, type Signer } from "ethers";
import type { DeltaOneVerifier, ModelRegistry, ModelToken } from "./contracts.ts";
import { printed } from "../base/printed.ts";
import { Problem, type ProblemCode } from "../base/problem.ts";
import { isUnanswered } from "../rpc/answers.ts";
import { readMethod } from "../statements/method.ts";
import { contractAt, type Site } from "./access.ts";
import { decodeRevert, inFigures, refused, type Revert } from "./errors.ts";

/** A network and the verifier on it that pays. */
export interface Connection extends Site {
  readonly address: string;
  readonly verifier: DeltaOneVerifier;
  readonly registry: ModelRegistry;
}

/** A registered model, with what an improvement must start from. */
export type ImprovableModel = Awaited<ReturnType<typeof readModel>>;

/** Finds the verifier and its registry. */
export async function connect({ access, network }: Site, address: string): Promise<Connection> {
  const verifier = await contractAt<DeltaOneVerifier>(access, "DeltaOneVerifier", address);
  const where = `on ${network.name}, chain ${network.chainId}`;
  if ((await access.ethers.provider.getCode(address)) === "0x") {
    throw new Problem("NOT_DEPLOYED", `the verifier is ${address}, where there is no contract ${where}.`);
  }
  const registry = await contractAt<ModelRegistry>(
    access,
    "ModelRegistry",
    await verifier.registry().catch((error: unknown) => {
      if (isUnanswered(error)) throw error;
      throw new Problem("NOT_DEPLOYED", `the contract at ${address} ${where} does not answer as a DeltaOneVerifier.`);
    }),
  );
  return { access, network, address, verifier, registry };
}

/**
 * The model's benchmark and score, and whom or what its benchmark trusts. Refuses a verifier that the registry no longer
 * listens to: nothing can be improved through it.
 */
export async function readModel({ access, network, address, registry }: Connection, modelId: string) {
  const present = await registry.verifier();
  if (present !== address) {
    throw new Problem(
      "CONFLICT",
      `the verifier is ${address}, but the registry on ${network.name} listens to ${present}.`,
    );
  }
  const model = id(modelId);
  const version = await registry.benchmarkVersionOf(model);
  if (version === 0n)
    throw new Problem("NOT_DEPLOYED", `${modelId} has no benchmark on ${network.name}: register the model first.`);
  const benchmark = await registry.benchmarkOf(model);
  const token = await contractAt<ModelToken>(access, "ModelToken", await registry.tokenOf(model));
  return {
    model,
    version,
    benchmark,
    method: await readMethod(access, modelId, benchmark.method),
    owner: await registry.ownerOf(model),
    token,
    symbol: printed(await token.symbol()),
  };
}

/** The time of the latest block, in seconds. */
export async function timeOf({ access }: Connection): Promise<bigint> {
  const block = (await access.ethers.provider.getBlock("latest")) as Block;
  return BigInt(block.timestamp);
}

/** Refuses an account that cannot pay for a transaction. */
export async function requireEther({ access, network }: Connection, sender: Signer): Promise<void> {
  const address = await sender.getAddress();
  if ((await access.ethers.provider.getBalance(address)) > 0n) return;
  throw new Problem("NO_FUNDS", `${address} has no ether on ${network.name}: send it some to pay for gas.`);
}

/**
 * Runs a call that is to be sent next; a revert becomes a {@link Problem} that names the rule, the values and what to do, or says
 * what `inWords` makes of it.
 */
export async function simulate<T>(
  chain: Connection,
  call: Promise<T>,
  inWords: (revert: Revert) => Weakness | undefined = () => undefined,
): Promise<T> {
  try {
    return await call;
  } catch (error) {
    const revert = await revertOf(chain, error);
    const weakness = inWords(revert);
    if (weakness)
      throw new Problem(weakness.code, `${weakness.words}; nothing was sent.`, { revert: inFigures(revert) });
    throw refused({ ...revert, message: `refused on chain: ${revert.message}; nothing was sent` });
  }
}

/** A revert for which the caller has words of its own. */
export interface Weakness {
  readonly code: ProblemCode;
  readonly words: string;
}

/** The revert that an error carries; any other error is thrown unchanged. */
export async function revertOf({ access }: Connection, error: unknown): Promise<Revert> {
  const revert = await decodeRevert(access, error);
  if (revert === undefined) throw error;
  return revert;
}
