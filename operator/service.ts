// SPDX-License-Identifier: MIT
// The service: looks at the chain again and again, and lets each duty do what is to be done. It keeps nothing that the chain and its
// folders do not have, so it can be ended at any point, begun again elsewhere, or run twice.

import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { setTimeout as pause } from "node:timers/promises";
import { networkOf, siteOf } from "../deploy/network";
import { Problem } from "../sdk/base/problem";
import { connectRegistry } from "../sdk/client/connect";
import { explain } from "../sdk/client/errors";
import type { Secrets } from "../sdk/node/keys";
import { isOutage } from "../sdk/rpc/answers";
import { version } from "../package.json";
import { WatchedBalances } from "./balances";
import { Checkpoint } from "./chain/checkpoint";
import { Follower } from "./chain/follower";
import { ChainHead, type ChainView } from "./chain/head";
import type { Config, DutyName } from "./config";
import type { Duty } from "./duties/duty";
import type { WatchedModels } from "./duties/models";
import { Health } from "./health";
import type { OpenDoor } from "./http";
import { Inbox } from "./inbox";
import { openDutyKey } from "./keys";
import { openDuty, openModels, requireChain, requireFit } from "./opening";
import { postsFor } from "./posts";
import { PatientProvider, rpcMessageOf, Stopped, through, Unsettled } from "./rpc";
import { Sender } from "./sender";
import type { Telemetry } from "./telemetry";

/** Milliseconds that a pass may take after the service was told to stop. */
const GRACE = 5_000;

/** What a service needs besides its configuration. */
export interface Surroundings {
  readonly hre: HardhatRuntimeEnvironment;
  /** Address of the chain's node, or several separated by commas. */
  readonly url: string;
  readonly secrets: Secrets;
  readonly telemetry: Telemetry;
}

/** The duties that share one account, which run in turn. */
interface Crew {
  readonly sender: Sender;
  readonly duties: Duty[];
}

/** What a service consists of. */
interface Parts {
  readonly provider: PatientProvider;
  readonly controller: AbortController;
  readonly head: ChainHead;
  readonly follower: Follower;
  readonly models: WatchedModels | undefined;
  readonly crews: readonly Crew[];
  readonly balances: WatchedBalances;
  readonly inboxes: ReadonlyMap<DutyName, Inbox>;
}

/** A running service. */
export class Service {
  readonly health: Health;
  private isStopping = false;

  private constructor(
    private readonly config: Config,
    private readonly surroundings: Surroundings,
    private readonly parts: Parts,
  ) {
    const { provider, follower } = parts;
    this.health = new Health(config.maxHeadAge, () => ({
      signAt: provider.signAt,
      failingSince: provider.failingSince,
      behind: follower.behind,
      readUpTo: follower.readUpTo,
      isStopping: this.isStopping,
    }));
  }

  /** Opens keys and folders, and refuses a configuration that cannot work before anything is sent. */
  static async open(config: Config, surroundings: Surroundings): Promise<Service> {
    const { url, telemetry, secrets } = surroundings;
    const controller = new AbortController();
    const { chainId } = networkOf(surroundings.hre);
    const provider = new PatientProvider(url, chainId, telemetry, controller.signal);
    const hre = through(surroundings.hre, provider);
    await requireChain(hre, provider);
    const contracts = await connectRegistry(siteOf(hre), config.registry);
    const follower = new Follower(provider, config.fromBlock, telemetry);
    const models = await openModels(hre, provider, { config, contracts, follower }, telemetry);

    const crews = new Map<string, Crew>();
    const inboxes = new Map<DutyName, Inbox>();
    for (const duty of config.duties) {
      const { name, key, folder } = duty;
      const signer = await openDutyKey(hre, key, secrets);
      const address = await signer.getAddress();
      const crew = crews.get(address) ?? {
        sender: new Sender(address, signer, provider, config, telemetry),
        duties: [],
      };
      crews.set(address, crew);
      if (folder !== "") inboxes.set(name, new Inbox(folder));
      const tools = { hre, provider, sender: crew.sender, telemetry };
      crew.duties.push(await openDuty(duty, tools, { config, contracts, follower, models }, inboxes.get(name)));
      telemetry.log("info", "duty", { duty: name, account: address });
    }
    for (const { sender, duties } of crews.values()) await requireFit(hre, sender.address, duties);
    follower.resume(new Checkpoint(config.state, [chainId, ...follower.purpose]));
    const head = new ChainHead(provider, config.confirmations);
    const payer = [...crews.values()].find(({ duties }) => duties.some(({ name }) => name === "fees"))?.sender.address;
    const fees = payer === undefined ? undefined : { purse: contracts, account: payer };
    const balances = new WatchedBalances(provider, telemetry, [...crews.keys()], fees);
    telemetry.set("build_info", 1, { version, node: process.version });
    const parts = { provider, controller, head, follower, models, crews: [...crews.values()], balances, inboxes };
    return new Service(config, surroundings, parts);
  }

  /** Works, and serves HTTP through `door`, until it is told to stop; then closes the door. */
  async run(door: OpenDoor): Promise<void> {
    const { config, surroundings, health } = this;
    const { telemetry } = surroundings;
    door.change({
      posts: postsFor(this.parts.inboxes),
      live: () => health.live(),
      ready: () => health.ready(),
    });
    const { chainId } = networkOf(surroundings.hre);
    telemetry.log("info", "started", { url: door.url, chainId, registry: config.registry });
    try {
      while (!this.isStopping) {
        const hasMoved = await this.pass();
        // Something moved, which may have made room for more: look again at once.
        if (!hasMoved && !this.isStopping) await this.rest();
      }
    } finally {
      await door.close();
      for (const inbox of this.parts.inboxes.values()) inbox.close();
      this.parts.follower.close();
      this.parts.provider.destroy();
      telemetry.log("info", "stopped");
    }
  }

  /**
   * Lets the present pass finish, and breaks it off if it takes too long. That is safe: what was sent is on the chain, and the rest has not
   * happened.
   */
  stop(): void {
    const { controller, provider } = this.parts;
    this.isStopping = true;
    this.waking.abort();
    if (provider.failingSince !== undefined) return controller.abort(new Stopped());
    setTimeout(() => controller.abort(new Stopped()), GRACE).unref();
  }

  /**
   * Examines everything once; returns whether anything moved. Errors are recorded, so that only the end of the service stops the passes.
   */
  async pass(): Promise<boolean> {
    const { telemetry } = this.surroundings;
    const { head, balances, follower, models, crews } = this.parts;
    let hasMoved = false;
    try {
      const view = await head.look();
      if (view === undefined) return false;
      this.health.saw(view);
      telemetry.set("head_block", view.head);
      telemetry.set("head_timestamp_seconds", Number(view.time));
      await balances.advance();
      await follower.advance(view);
      if (follower.isAheadOf(view)) return false;
      await models?.advance();
      // All are awaited, even if some fail: a pass must not begin while a duty still works on the one before.
      const results = await Promise.allSettled(crews.map(async (crew) => this.passCrew(crew, view)));
      for (const result of results) {
        if (result.status === "rejected") await this.note("service", result.reason);
        else if (result.value) hasMoved = true;
      }
      if (results.every(({ status }) => status === "fulfilled")) this.health.passed("service");
      telemetry.set("last_pass_timestamp_seconds", Math.floor(Date.now() / 1000));
    } catch (error) {
      await this.note("service", error);
    } finally {
      this.health.ended();
    }
    return hasMoved;
  }

  private async passCrew({ sender, duties }: Crew, view: ChainView): Promise<boolean> {
    let hasMoved = await sender.advance(view);
    for (const duty of duties) {
      try {
        if (await duty.advance(view)) hasMoved = true;
        this.health.passed(duty.name);
      } catch (error) {
        await this.note(duty.name, error);
      }
    }
    return hasMoved;
  }

  private async note(duty: string, error: unknown): Promise<void> {
    if (error instanceof Stopped) return;
    const { hre, telemetry } = this.surroundings;
    const said = error instanceof Problem ? error.message : rpcMessageOf(error);
    const reason = /revert/.test(said) ? await explain(hre, error) : said;
    const isState = this.health.failed(duty, reason);
    telemetry.count("failures_total", { duty });
    const mayPass = !isState && (error instanceof Unsettled || isOutage(error));
    if (mayPass) telemetry.log("warn", "pass not finished", { duty, reason });
    else telemetry.log("error", "pass failed", { duty, reason });
  }

  /** Aborting it wakes the service from its rest between two passes. */
  private readonly waking = new AbortController();

  private async rest(): Promise<void> {
    await pause(this.config.pollMilliseconds, undefined, { signal: this.waking.signal }).catch(() => undefined);
  }
}
