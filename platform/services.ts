// Everything that runs beside the chain, in the one process that owns the database: the indexer, the API and, on the platform's own chain,
// the operator.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { embed } from "../operator/embedded";
import { openDoor, STARTING, type OpenDoor } from "../operator/http";
import { Service } from "../operator/service";
import { Telemetry } from "../operator/telemetry";
import { openNodes } from "../sdk/rpc/nodes";
import { ensureAdminKey } from "./api/keys";
import { serveApi } from "./api/serve";
import { Indexer } from "./indexer/indexer";
import { LogFile } from "./logFile";
import type { PlatformSite } from "./site";
import type { Store } from "./store/open";

/** What a platform's services need. */
export interface ServicesOptions {
  readonly site: PlatformSite;
  readonly store: Store;
  /** Folder of keys, uploads and logs. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  /** Called with a line for the terminal. */
  readonly say: (line: string) => void;
}

/** Running services. */
export interface PlatformServices {
  readonly api: string;
  /** Address of the operator; undefined on a network that is not ours, where we do not run it. */
  readonly operator: string | undefined;
  readonly adminKeyFile: string;
  /** Rejects if a service ends unexpectedly. */
  readonly failed: Promise<never>;
  stop(): Promise<void>;
}

/** Folder of the built page: `npm run platform:build`. */
const PAGE = join(__dirname, "web/dist");

/** Evaluations at once. */
const WORKERS = 1;

/** Milliseconds after which the API stops waiting for the chain. */
const PATIENCE = 5_000;

/** Starts everything. On the platform's own chain, the API answers only once the tables are up to date. */
export async function startServices({ site, store, folder, env, say }: ServicesOptions): Promise<PlatformServices> {
  const ending = new AbortController();
  const closing: (() => Promise<unknown>)[] = [];
  let operator: { readonly service: Service; readonly running: Promise<void> } | undefined;
  const stop = async () => {
    operator?.service.stop();
    ending.abort();
    for (const close of closing.splice(0).reverse()) await close();
  };
  const { url, deployment } = site;
  mkdirSync(folder, { recursive: true });
  const log = new LogFile(join(folder, "platform.log"));
  const note = (fields: object) => log.write(JSON.stringify({ at: new Date().toISOString(), ...fields }));
  try {
    const indexer = await Indexer.open({
      ...{ store, url, deployment, signal: ending.signal },
      onNews: note,
    });
    closing.push(() => indexer.close());
    // On a public network the API does not wait for the history, which may take long to read.
    while (site.resumed !== undefined && (await indexer.step()));
    say(`indexer: has read up to block ${indexer.block}`);
    const indexing = indexer.run();
    indexing.catch(() => undefined); // reported through `failed`
    closing.push(async () => Promise.allSettled([indexing]));

    const adminKeyFile = join(folder, "admin.key");
    const admin = await ensureAdminKey(store.db, adminKeyFile);
    const operatorLog = new LogFile(join(folder, "operator.log"));
    const telemetry = new Telemetry((line) => operatorLog.write(line));
    const door =
      site.resumed === undefined
        ? undefined
        : await openDoor({ host: "127.0.0.1", port: 0, token: "", telemetry, ...STARTING });
    if (door) closing.push(async () => (operator ? Promise.allSettled([operator.running]) : door.close()));
    const node = openNodes(url, deployment.chainId, { tries: 1, timeout: PATIENCE });
    const api = await serveApi({
      ...{ store, uploads: join(folder, "uploads"), workers: WORKERS, host: "127.0.0.1", port: 0 },
      page: {
        ...{ dist: PAGE, deployment },
        node: openNodes(url, deployment.chainId, { batch: 50, tries: 1, timeout: 4 * PATIENCE }),
      },
      oracleAttestation: deployment.contracts.OracleAttestation,
      receiptOf: async (hash) => {
        const receipt = await node.send<Receipt | null>("eth_getTransactionReceipt", [hash]);
        if (receipt === null || Number(receipt.status) !== 1) return undefined;
        return { block: Number(receipt.blockNumber), addresses: receipt.logs.map(({ address }) => address) };
      },
      latestBlock: async () => node.send<string>("eth_blockNumber").then(Number, () => null),
      onFault: (error) => note({ fault: String((error as Error).stack) }),
      ...(env["MLFLOW_TRACKING_URI"] && { mlflow: env["MLFLOW_TRACKING_URI"] }),
      ...(door && { fees: { url: door.url, token: "" } }),
    });
    closing.push(() => api.close());

    if (door) operator = await startOperator(door);
    const failed = Promise.race([indexing.then(forEver), operator?.running.then(forEver) ?? forEver()]);
    failed.catch(() => undefined); // reported to whoever awaits it
    return { api: api.url, operator: door?.url, adminKeyFile, failed, stop };

    async function startOperator(own: OpenDoor) {
      const settings = { OPERATOR_FOLDER: join(folder, "operator"), HOKUSAI_API_URL: api.url };
      const config = await embed(site.hre, { ...settings, HOKUSAI_API_KEY: admin.key });
      const secrets = { env, askPassword: () => Promise.reject(new Error("there is nobody to ask")) };
      const service = await Service.open(config, { hre: site.hre, url, secrets, telemetry });
      return { service, running: service.run(own) };
    }
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Never settles, because a service that was told to stop is not a failure. */
const forEver = () => new Promise<never>(() => undefined);

interface Receipt {
  readonly status: string;
  readonly blockNumber: string;
  readonly logs: readonly { readonly address: string }[];
}
