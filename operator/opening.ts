// SPDX-License-Identifier: MIT
// What a service is put together from: the protocol, found by its registry, and the duties. What cannot work is refused here, before
// anything is sent.

import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { networkOf } from "../deploy/network";
import { Problem } from "../sdk/base/problem";
import type { Access } from "../sdk/client/access";
import { hasEther, type RegisteredContracts } from "../sdk/client/connect";
import { Approvals, type ApprovalsSource } from "./approvals";
import type { Follower } from "./chain/follower";
import type { Config, DutyConfig } from "./config";
import { AdmitDuty } from "./duties/admit";
import type { Duty, Tools } from "./duties/duty";
import { FeesDuty } from "./duties/fees";
import { LaunchDuty } from "./duties/launch";
import { WatchedModels } from "./duties/models";
import { WatchedPayouts } from "./duties/payouts";
import { RegisterDuty } from "./duties/register";
import { ReleaseDuty } from "./duties/release";
import { SubmitDuty } from "./duties/submit";
import type { Inbox } from "./inbox";
import type { PatientProvider } from "./rpc";
import type { Telemetry } from "./telemetry";

/** Throws if the node serves another chain. */
export async function requireChain(hre: HardhatRuntimeEnvironment, provider: PatientProvider): Promise<void> {
  const { name, chainId } = networkOf(hre);
  const actual = Number(await provider.send("eth_chainId", []));
  if (actual !== chainId)
    throw new Problem(
      "WRONG_CHAIN",
      `the node answers for chain ${actual}, ${name} is chain ${chainId}: correct its address.`,
    );
}

/** What the duties of a service share. */
export interface Shared {
  readonly config: Config;
  readonly contracts: RegisteredContracts;
  readonly follower: Follower;
  /** Absent without a duty that launches. */
  readonly models: WatchedModels | undefined;
}

/** Opens the models for the duties of a launch; undefined without such a duty. */
export async function openModels(
  hre: HardhatRuntimeEnvironment,
  provider: PatientProvider,
  { config, contracts: { registry, tokenManager }, follower }: Omit<Shared, "models">,
  telemetry: Telemetry,
): Promise<WatchedModels | undefined> {
  if (!config.duties.some(({ name }) => name === "distribute" || name === "pools")) return undefined;
  const manager = { address: await tokenManager.getAddress(), interface: tokenManager.interface };
  return new WatchedModels(hre, provider, registry, manager, config.models, follower, telemetry);
}

/** Opens a duty with what it needs. */
export async function openDuty(
  { name, limits, approvals: source }: DutyConfig,
  tools: Tools,
  { config, contracts, follower, models }: Shared,
  inbox: Inbox | undefined,
): Promise<Duty> {
  const { registry, tokenManager, factory, feeRouter, reserveToken } = contracts;
  const verifier = contracts.verifier.interface; // the same for every verifier that the registry accepts
  const approvals = () => new Approvals(source as ApprovalsSource, tools.provider.ending);
  switch (name) {
    case "distribute":
      return new LaunchDuty(name, tools, models as WatchedModels, {
        address: await tokenManager.getAddress(),
        interface: tokenManager.interface,
      });
    case "pools":
      return new LaunchDuty(name, tools, models as WatchedModels, {
        address: await factory.getAddress(),
        interface: factory.interface,
      });
    case "submit":
      return new SubmitDuty(tools, inbox as Inbox, registry, verifier, follower);
    case "release": {
      const payouts = new WatchedPayouts(tools.provider, registry, verifier, follower, tools.telemetry);
      return new ReleaseDuty(tools, payouts, registry, tokenManager);
    }
    case "fees":
      return new FeesDuty(
        tools,
        inbox as Inbox,
        feeRouter,
        reserveToken,
        { follower, fromBlock: config.fromBlock },
        limits,
      );
    case "admit":
      return new AdmitDuty(tools, approvals(), tokenManager, follower);
    case "register":
      return new RegisterDuty(tools, approvals(), registry, config.models);
  }
}

/** Requires that an account can pay, and that the account of `fees` has no other duty, because its nonces tell what was paid. */
export async function requireFit(access: Access, address: string, duties: readonly Duty[]): Promise<void> {
  const names = duties.map(({ name }) => name);
  if (names.includes("fees") && names.length > 1) {
    throw new Problem("BAD_OPTION", `${address} has the duties ${names.join(", ")}: give fees a key of its own.`);
  }
  if (!(await hasEther(access, address))) {
    throw new Problem(
      "NO_FUNDS",
      `${address}, the account for ${names.join(", ")}, has no ether: send it some to pay for gas.`,
    );
  }
}
