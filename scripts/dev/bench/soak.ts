/**
 * `npm run bench:operator -- --soak <minutes>`: two operators with the same keys and folders work through registrations, bundles and fee
 * records, some of them poisonous. Their node lags, limits, drops and reorganises beyond the confirmations, and one of the two operators is
 * killed again and again. Nothing may be lost or happen twice, every poisonous item must be named, and the answers of `/ready` are compared
 * with the facts.
 *
 * A day of the chain, and what a day brings, is scaled to the available minutes.
 */
import { JsonRpcProvider } from "ethers";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { startFaultyRpc } from "../world/faultyRpc";
import type { Entry } from "../world/operatorProcess";
import { rpc, startAnvil } from "../world/process";
import { deployForQueue, HOLDERS, LOCAL_CHAIN, type QueueDeployment } from "./launches";
import { MAX_HEAD_AGE, SoakInstance, SoakWitness } from "./soakInstances";
import { SoakNode } from "./soakNode";
import { findFaults, prepareSoak, SOAK_ACCOUNTS, SOAK_LIMITS, type SoakLoad, type SoakRecord } from "./soakWork";

const DAY = 86_400;

/** What a day brings, and how much of it two cores can do in a minute. */
const FULL = { registrations: 5_000, bundles: 5_000, records: 5_000 } as const;
const PER_MINUTE = { registrations: 20, bundles: 10, records: 100 } as const;

/** The share of the time that has faults. Afterwards the node is calm, and everything must get done. */
const ROUGH = 0.6;

/** Milliseconds without progress after which what is missing counts as lost. A slow machine takes longer, but makes progress. */
const PATIENCE = 120_000;

/** Within the rough part: when the chain stands still and when the node is away, as fractions of it, and for how many seconds. */
const [STALL_AT, AWAY_AT, HOLE] = [0.3, 0.6, 45];

/** Numbers of kills, reorganisations, posts and clock jumps in a soak, evenly spread. */
const [KILLS, REORGANISATIONS, POSTS, JUMPS] = [8, 12, 20, 30];

/** Number of blocks whose states the chain keeps: many times as many as a reorganisation undoes. */
const STATES = 200;

/** The most faults, and errors of the log, that are shown. */
const SHOWN = 20;

/** Soaks the operator for some minutes, and ends the process with 0 if nothing is wrong. */
export async function runSoak(minutes: number): Promise<void> {
  if (!(minutes >= 5 && minutes <= 1_440)) throw new Error(`--soak is ${minutes}, expected minutes from 5 to 1440`);
  const load = Object.fromEntries(
    Object.entries(FULL).map(([name, count]) => [name, Math.min(count, PER_MINUTE[name as keyof SoakLoad] * minutes)]),
  ) as unknown as SoakLoad;
  // States that anvil 1.7.1 has written to disk come back empty after a reorganisation. With this option it keeps the last ones in memory
  // and drops the others.
  const chain = await startAnvil(["--prune-history", String(STATES)]);
  const folder = mkdtempSync(join(tmpdir(), "soak-"));
  const provider = new JsonRpcProvider(chain.url, LOCAL_CHAIN, {
    staticNetwork: true,
    batchMaxCount: 1,
    cacheTimeout: -1,
  });
  const jump = {
    seconds: Math.max(1, Math.floor(DAY / JUMPS)),
    every: (minutes * 60_000 * ROUGH) / JUMPS,
    count: JUMPS,
  };
  const node = new SoakNode(provider, jump);
  const door = await startFaultyRpc(chain.url, node.policy);
  const started: SoakInstance[] = [];
  try {
    const deployment = await deployForQueue(chain, provider);
    const work = await prepareSoak(chain, provider, deployment, folder, load);
    await rpc(chain.url, "evm_setAutomine", [false]);
    const first = (await provider.getBlock("latest")) as { readonly number: number; readonly timestamp: number };
    const mining = node.run();
    const env = { ...chain.env, RPC_URL_LOCALHOST: door.url };
    const config = configure(folder, deployment);
    const instances = [new SoakInstance(config, env), new SoakInstance(config, env)] as const;
    started.push(...instances);
    const witness = new SoakWitness(node, instances);
    const start = Date.now();
    const accepted = await weather(node, instances, witness, work.records, minutes);
    const faults = await clear(node, witness, async () => [
      ...(await findFaults(provider, deployment, work, folder)),
      ...(accepted < work.records.length ? [`${work.records.length - accepted} records were not accepted`] : []),
    ]);
    const isReady = await Promise.all(
      instances.map(async (instance) => (await instance.ask("/ready"))?.status === 200),
    );
    if (!isReady.every(Boolean)) faults.push("an instance is not ready at the end");
    for (const instance of instances) await instance.kill("SIGTERM");
    node.stop();
    await mining;
    const kills = instances.reduce((sum, { deaths }) => sum + deaths, 0);
    if (kills < KILLS) faults.push(`only ${kills} of ${KILLS} kills happened`);
    if (node.reorganisations < REORGANISATIONS)
      faults.push(`only ${node.reorganisations} of ${REORGANISATIONS} reorganisations happened`);
    const log = instances.flatMap(({ logs }) => logs);
    const told = log.filter(({ level }) => level !== "info").map((entry) => JSON.stringify(entry));
    const unnamed = work.poison.filter((name) => !told.some((line) => line.includes(name)));
    faults.push(...witness.faults, ...unnamed.map((name) => `${name} was never named`));
    const last = (await provider.getBlock("latest")) as { readonly number: number; readonly timestamp: number };
    console.table({
      minutes: Math.round((Date.now() - start) / 6_000) / 10,
      ...load,
      poison: work.poison.length,
      "hours of the chain": Math.round((last.timestamp - first.timestamp) / 360) / 10,
      blocks: last.number - first.number,
      "jumped seconds": node.skippedSeconds,
      kills,
      reorganisations: node.reorganisations,
      "requests that met a fault": node.faults,
      "said ready": witness.answers.ready,
      "said unready": witness.answers.unready,
      "unready while the chain stood still or was away": witness.answers.unreadyInHoles,
      "slowest /live in ms": witness.slowestLive,
      undone: log.filter(({ event }) => event === "undone").length,
      faults: faults.length,
    });
    console.log(`Unready because: ${[...witness.problems].join("; ") || "never"}`);
    console.log(`Said, apart from what is done:\n${summaryOf(log).join("\n")}`);
    for (const fault of faults.slice(0, SHOWN)) console.error(fault);
    if (faults.length > SHOWN) console.error(`and ${faults.length - SHOWN} more`);
    if (faults.length > 0)
      for (const entry of log.filter(({ level }) => level === "error").slice(-SHOWN))
        console.error(JSON.stringify(entry));
    process.exitCode = faults.length === 0 ? 0 : 1;
  } finally {
    node.stop();
    await Promise.all(started.map(async (instance) => instance.kill()));
    await door.stop();
    provider.destroy();
    await chain.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The rough part; returns how many records were accepted. */
async function weather(
  node: SoakNode,
  instances: readonly [SoakInstance, SoakInstance],
  witness: SoakWitness,
  records: readonly SoakRecord[],
  minutes: number,
): Promise<number> {
  await Promise.all(instances.map(async (instance) => instance.start()));
  const [start, length] = [Date.now(), minutes * 60_000 * ROUGH];
  const part = () => (Date.now() - start) / length;
  let [killed, reorganised, posted, accepted] = [0, 0, 0, 0];
  const size = Math.ceil(records.length / POSTS);
  const isHole = (at: number) => part() >= at && (Date.now() - start) / 1_000 < (at * length) / 1_000 + HOLE;
  let reviving: Promise<void> | undefined;
  const isLeft = () => accepted < records.length || killed < KILLS || reorganised < REORGANISATIONS;
  while (part() < 1 || isLeft()) {
    node.isStalled = isHole(STALL_AT);
    node.weather = isHole(AWAY_AT) ? "away" : "rough";
    const isCalm = !node.isStalled && node.weather === "rough";
    if (isCalm && reorganised < REORGANISATIONS && part() > (reorganised + 1) / (REORGANISATIONS + 1)) {
      await node.reorganise();
      reorganised++;
    }
    if (isCalm && killed < KILLS && part() > (killed + 1) / (KILLS + 1) && reviving === undefined) {
      const victim = instances[killed % 2] as SoakInstance;
      killed++;
      await victim.kill();
      reviving = victim
        .start()
        .catch((error: unknown) => void witness.faults.push((error as Error).message))
        .finally(() => (reviving = undefined));
    }
    if (posted < POSTS && part() > posted / POSTS) {
      const wave = records.slice(posted * size, (posted + 1) * size);
      const reply = await post(instances, wave);
      if (reply) [posted, accepted] = [posted + 1, accepted + wave.length];
    }
    await witness.look();
    await pause(500);
    if (part() > 1.5) break;
  }
  await reviving;
  return accepted;
}

/** Posts records to whichever instance takes them; returns whether one did. */
async function post(instances: readonly SoakInstance[], records: readonly SoakRecord[]): Promise<boolean> {
  const body = JSON.stringify(records.map((record) => ({ ...record, cost: undefined })));
  for (const instance of instances) {
    if ((await instance.ask("/fees", { method: "POST", body }))?.status === 202) return true;
  }
  return false;
}

/** The calm part: waits until nothing is missing, or until nothing has improved for a while; returns what is wrong then. */
async function clear(node: SoakNode, witness: SoakWitness, missing: () => Promise<string[]>): Promise<string[]> {
  [node.weather, node.isStalled] = ["calm", false];
  let [fewest, since] = [Infinity, Date.now()];
  for (let looks = 0; ; looks++) {
    await witness.look();
    await pause(1_000);
    if (looks % 5 !== 0) continue;
    // During a reorganisation the chain may not answer, so this is retried.
    const faults = await missing().catch((error: unknown) => error as Error);
    if (faults instanceof Error) {
      if (Date.now() - since > PATIENCE) return [`the chain cannot be read: ${faults.message}`];
      continue;
    }
    if (faults.length < fewest) [fewest, since] = [faults.length, Date.now()];
    if (fewest === 0 || Date.now() - since > PATIENCE) return faults;
  }
}

/** Warnings and errors of a log with their figures masked, each with its number of occurrences. */
function summaryOf(log: readonly Entry[]): string[] {
  const counts = new Map<string, number>();
  for (const { level, event, duty, reason } of log) {
    if (level === "info") continue;
    const why = typeof reason === "string" ? `: ${reason.replace(/0x[0-9a-f]+/gi, "0x…").replace(/\d+/g, "N")}` : "";
    const said = `${level} ${event}${typeof duty === "string" ? ` (${duty})` : ""}${why}`;
    counts.set(said, (counts.get(said) ?? 0) + 1);
  }
  return [...counts].sort().map(([said, count]) => `${count} × ${said}`);
}

function configure(folder: string, { registry }: QueueDeployment): string {
  const path = join(folder, "operator.json");
  const key = (index: number) => ({ key: { development: index } });
  const content = {
    registry: registry.target,
    confirmations: 2,
    maxFeePerGas: "1000",
    pollMilliseconds: 500,
    maxHeadAgeSeconds: MAX_HEAD_AGE,
    models: "models",
    duties: {
      distribute: key(HOLDERS.distribute),
      pools: key(HOLDERS.pools),
      submit: { ...key(SOAK_ACCOUNTS.submit), folder: "bundles" },
      fees: { ...key(SOAK_ACCOUNTS.fees), folder: "fees", ...SOAK_LIMITS },
    },
    http: { port: 0 },
  };
  writeFileSync(path, JSON.stringify(content));
  return path;
}
