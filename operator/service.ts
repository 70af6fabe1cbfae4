// SPDX-License-Identifier: MIT
// The service: looks at the chain again and again, and lets each duty do what is to be done. It keeps nothing that the chain and its
// folders do not have, so it can be ended at any point, begun again elsewhere, or run twice.

import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { setTimeout as pause } from "node:timers/promises";
import type {
  HokusaiAMMFactory,
  IERC20Metadata,
  ModelRegistry,
  TokenManager,
  UsageFeeRouter,
} from "../.build/typechain";
import { networkOf } from "../deploy/network";
import { Problem } from "../sdk/base/problem";
import { explain } from "../sdk/client/errors";
import type { Secrets } from "../sdk/node/keys";
import { isUnanswered } from "../sdk/rpc/answers";
import { readJson } from "../sdk/schemas/json";
import type { Config, DutyName } from "./config";
import type { ChainView, Duty, Tools } from "./duties/duty";
import { FeesDuty, formatMeteringRecord, readMeteringRecord } from "./duties/fees";
import { LaunchDuty } from "./duties/launch";
import { WatchedModels } from "./duties/models";
import { WatchedPayouts } from "./duties/payouts";
import { ReleaseDuty } from "./duties/release";
import { nameOfBundle, SubmitDuty } from "./duties/submit";
import { openDoor, type Reply } from "./http";
import { Inbox } from "./inbox";
import { openDutyKey } from "./keys";
import { PatientProvider, rpcMessageOf, Stopped, through } from "./rpc";
import { Sender } from "./sender";
import type { Telemetry } from "./telemetry";

/** How long a pass may take after the service was told to stop, in milliseconds. */
const GRACE = 5_000;

/** A service is unwell when the chain has not answered, or no pass was finished, for so long, in milliseconds. */
const PATIENCE = 60_000;

/** What a service needs besides its configuration. */
export interface Surroundings {
  readonly hre: HardhatRuntimeEnvironment;
  /** Address of the chain's node, or several with commas between. */
  readonly url: string;
  readonly secrets: Secrets;
  readonly telemetry: Telemetry;
}

interface Contracts {
  readonly registry: ModelRegistry;
  readonly tokenManager: TokenManager;
  readonly factory: HokusaiAMMFactory;
  readonly router: UsageFeeRouter;
  readonly reserveToken: IERC20Metadata;
}

/** Whoever uses one account, in turn. */
interface Crew {
  readonly sender: Sender;
  readonly duties: Duty[];
}

/** A running service. */
export class Service {
  private readonly started = Date.now();
  private lastPass = this.started;
  private head = 0;
  private isStopping = false;

  private constructor(
    private readonly config: Config,
    private readonly surroundings: Surroundings,
    private readonly provider: PatientProvider,
    private readonly controller: AbortController,
    private readonly models: WatchedModels | undefined,
    private readonly crews: readonly Crew[],
    private readonly inboxes: ReadonlyMap<DutyName, Inbox>,
  ) {}

  /** Opens keys and folders, and refuses what cannot work before anything is sent. */
  static async open(config: Config, surroundings: Surroundings): Promise<Service> {
    const { url, telemetry, secrets } = surroundings;
    const controller = new AbortController();
    const provider = new PatientProvider(url, networkOf(surroundings.hre).chainId, telemetry, controller.signal);
    const hre = through(surroundings.hre, provider);
    await requireChain(hre, provider);
    const contracts = await findContracts(hre, provider, config.registry);
    const isLaunching = config.duties.some(({ name }) => name === "distribute" || name === "pools");
    const models = isLaunching ? await openModels(hre, provider, contracts, config, telemetry) : undefined;

    const crews = new Map<string, Crew>();
    const inboxes = new Map<DutyName, Inbox>();
    for (const { name, key, folder } of config.duties) {
      const signer = await openDutyKey(hre, key, secrets);
      const address = await signer.getAddress();
      const crew = crews.get(address) ?? {
        sender: new Sender(address, signer, provider, config, telemetry),
        duties: [],
      };
      crews.set(address, crew);
      if (folder !== "") inboxes.set(name, new Inbox(folder));
      const tools = { hre, provider, sender: crew.sender, telemetry };
      crew.duties.push(await openDuty(name, tools, contracts, config, { models, inbox: inboxes.get(name) }));
      telemetry.log("info", "duty", { duty: name, account: address });
    }
    for (const { sender, duties } of crews.values()) await requireFit(provider, sender.address, duties);
    return new Service(config, surroundings, provider, controller, models, [...crews.values()], inboxes);
  }

  /** Works until it is told to stop. */
  async run(): Promise<void> {
    const { config, surroundings } = this;
    const { telemetry } = surroundings;
    const posts = this.posts();
    const door = await openDoor({ ...config.http, telemetry, posts, health: () => this.health() });
    const { chainId } = networkOf(surroundings.hre);
    telemetry.log("info", "started", { url: door.url, chainId, registry: config.registry });
    try {
      while (!this.isStopping) {
        const hasMoved = await this.pass();
        // Whatever moved may have made room for more: look again at once.
        if (!hasMoved && !this.isStopping) await this.rest();
      }
    } finally {
      await door.close();
      this.provider.destroy();
      telemetry.log("info", "stopped");
    }
  }

  /** Finishes the present pass, and leaves what is not finished soon: the chain has it, or it has not happened. */
  stop(): void {
    if (this.isStopping) return this.controller.abort(new Stopped());
    this.isStopping = true;
    this.waking.abort();
    if (this.provider.failingSince !== undefined) return this.controller.abort(new Stopped());
    setTimeout(() => this.controller.abort(new Stopped()), GRACE).unref();
  }

  /** Looks at everything once; answers whether anything moved. No error but the end of the service stops the next pass. */
  async pass(): Promise<boolean> {
    const { telemetry } = this.surroundings;
    let hasMoved = false;
    try {
      const block = await this.provider.getBlock("latest");
      if (block === null) return false;
      this.head = block.number;
      const [head, time] = [block.number, BigInt(block.timestamp)];
      const view = { head, confirmed: head - this.config.confirmations + 1, time };
      telemetry.set("head_block", view.head);
      await this.models?.advance(view);
      // All are waited for, failures included: a pass must never begin while a duty is still at the one before.
      const passes = this.crews.map(async (crew) => this.passCrew(crew, view, block.baseFeePerGas ?? 0n));
      for (const result of await Promise.allSettled(passes)) {
        if (result.status === "rejected") await this.note("service", result.reason);
        else if (result.value) hasMoved = true;
      }
      this.lastPass = Date.now();
      telemetry.set("last_pass_timestamp_seconds", Math.floor(this.lastPass / 1000));
    } catch (error) {
      await this.note("service", error);
    }
    return hasMoved;
  }

  private async passCrew({ sender, duties }: Crew, view: ChainView, baseFeePerGas: bigint): Promise<boolean> {
    let hasMoved = await sender.advance(view.head, baseFeePerGas);
    for (const duty of duties) {
      try {
        if (await duty.advance(view)) hasMoved = true;
      } catch (error) {
        await this.note(duty.name, error);
      }
    }
    return hasMoved;
  }

  private async note(duty: string, error: unknown): Promise<void> {
    if (error instanceof Stopped) return;
    const { hre, telemetry } = this.surroundings;
    const reason = error instanceof Problem ? error.message : rpcMessageOf(error);
    telemetry.count("failures_total", { duty });
    telemetry.log("error", "pass failed", { duty, reason: /revert/.test(reason) ? await explain(hre, error) : reason });
  }

  /** What wakes the service from its rest between two passes. */
  private readonly waking = new AbortController();

  private async rest(): Promise<void> {
    await pause(this.config.pollMilliseconds, undefined, { signal: this.waking.signal }).catch(() => undefined);
  }

  /** How the service is. */
  private health(): Reply {
    const now = Date.now();
    const { failingSince } = this.provider;
    const patience = Math.max(PATIENCE, 10 * this.config.pollMilliseconds);
    const problems = [
      ...(failingSince !== undefined && now - failingSince > patience ? ["the chain does not answer"] : []),
      ...(now - this.lastPass > patience ? ["no pass was finished"] : []),
      ...(this.isStopping ? ["the service stops"] : []),
    ];
    const body = {
      status: problems.length === 0 ? "ok" : "unwell",
      problems,
      head: this.head,
      secondsSinceLastPass: Math.floor((now - this.lastPass) / 1000),
      isChainAnswering: failingSince === undefined,
    };
    return { status: problems.length === 0 ? 200 : 503, body };
  }

  /** What may be posted: what could as well be dropped into a folder of a duty. */
  private posts(): Map<string, (text: string) => Reply> {
    const posts = new Map<string, (text: string) => Reply>();
    const [bundles, fees] = [this.inboxes.get("submit"), this.inboxes.get("fees")];
    if (bundles) posts.set("/bundles", (text) => store(bundles, [[nameOfBundle(text), text]]));
    if (fees) {
      posts.set("/fees", (text) => {
        const records = [readJson("the body", text)].flat().map((entry) => readMeteringRecord("the record", entry));
        return store(
          fees,
          records.map((record) => [`${record.id}.json`, formatMeteringRecord(record)]),
        );
      });
    }
    return posts;
  }
}

/** Stores each, or says which name is taken by something else; what was stored before stays. */
function store(inbox: Inbox, entries: readonly (readonly [name: string, text: string])[]): Reply {
  for (const [name, text] of entries) {
    if (!inbox.store(name, text)) return { status: 409, body: { error: `${name} is waiting with another content` } };
  }
  return { status: 202, body: { accepted: entries.map(([name]) => name) } };
}

async function requireChain(hre: HardhatRuntimeEnvironment, provider: PatientProvider): Promise<void> {
  const { name, chainId } = networkOf(hre);
  const actual = Number(await provider.send("eth_chainId", []));
  if (actual !== chainId)
    throw new Problem(`the node answers for chain ${actual}, ${name} is chain ${chainId}: correct its address.`);
}

async function findContracts(
  hre: HardhatRuntimeEnvironment,
  provider: PatientProvider,
  address: string,
): Promise<Contracts> {
  const { getContractAt } = hre.ethers;
  if ((await provider.getCode(address)) === "0x") {
    throw new Problem(`registry is ${address}, where there is no contract on ${hre.network.name}.`);
  }
  const registry: ModelRegistry = await getContractAt("ModelRegistry", address);
  const tokenManager = await registry.tokenManager().catch((error: unknown) => {
    if (error instanceof Stopped || isUnanswered(error)) throw error;
    throw new Problem(`registry is ${address}, which does not answer as a ModelRegistry.`);
  });
  if (BigInt(tokenManager) === 0n)
    throw new Problem(`the registry ${address} is not wired yet: finish the deployment.`);
  const factory: HokusaiAMMFactory = await getContractAt("HokusaiAMMFactory", await registry.factory());
  return {
    registry,
    factory,
    tokenManager: await getContractAt("TokenManager", tokenManager),
    router: await getContractAt("UsageFeeRouter", await factory.feeRouter()),
    reserveToken: await getContractAt("IERC20Metadata", await factory.reserveToken()),
  };
}

async function openModels(
  hre: HardhatRuntimeEnvironment,
  provider: PatientProvider,
  { registry, tokenManager }: Contracts,
  { models: folder, fromBlock }: Config,
  telemetry: Telemetry,
): Promise<WatchedModels> {
  const manager = { address: await tokenManager.getAddress(), interface: tokenManager.interface };
  return new WatchedModels(hre, provider, registry, manager, { folder, fromBlock }, telemetry);
}

async function openDuty(
  name: DutyName,
  tools: Tools,
  { registry, tokenManager, factory, router, reserveToken }: Contracts,
  { fromBlock }: Config,
  { models, inbox }: { models: WatchedModels | undefined; inbox: Inbox | undefined },
): Promise<Duty> {
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
      return new SubmitDuty(tools, inbox as Inbox, registry, fromBlock);
    case "release": {
      const verifier = await tools.hre.ethers.getContractAt("DeltaOneVerifier", await registry.verifier());
      const { provider, telemetry } = tools;
      const payouts = new WatchedPayouts(provider, registry, verifier.interface, fromBlock, telemetry);
      return new ReleaseDuty(tools, payouts, registry, tokenManager);
    }
    case "fees":
      return new FeesDuty(tools, inbox as Inbox, router, reserveToken, fromBlock);
  }
}

/** An account must be able to pay; that of the fees must be theirs alone, since its nonces tell what was paid. */
async function requireFit(provider: PatientProvider, address: string, duties: readonly Duty[]): Promise<void> {
  const names = duties.map(({ name }) => name);
  if (names.includes("fees") && names.length > 1) {
    throw new Problem(`${address} has the duties ${names.join(", ")}: give fees a key of its own.`);
  }
  if ((await provider.getBalance(address)) === 0n) {
    throw new Problem(`${address}, the account for ${names.join(", ")}, has no ether: send it some to pay for gas.`);
  }
}
