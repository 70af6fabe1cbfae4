// Which chain the platform works on: its own, with the protocol and two models, or a network with an existing deployment.

import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { join } from "node:path";
import { readDeclaration } from "../deploy/declaration";
import { deployTo } from "../deploy/deployment";
import { networkOf, nodesOf } from "../deploy/network";
import { recordOf, type ModelRecord } from "../deploy/record";
import { environmentFor } from "../deploy/rehearsal";
import { noting } from "../deploy/sends";
import { Problem } from "../sdk/base/problem";
import { addressesIn, type DeploymentAddresses } from "../sdk/client/deployment";
import { readModelFile } from "../sdk/node/modelFile";
import { startLocalChain } from "./chain/local";
import { openNodesOf } from "./indexer/source";

/** A chain with the protocol on it. */
export interface PlatformSite {
  readonly hre: HardhatRuntimeEnvironment;
  /** Address of its node, or several separated by commas. */
  readonly url: string;
  readonly deployment: DeploymentAddresses;
  /** The models launched from here, by their published ids. */
  readonly models: Readonly<Record<string, ModelRecord>>;
  /** Number of blocks of an earlier run that the chain has mined again; undefined on a network that is not ours. */
  readonly resumed?: number;
  close(): Promise<void>;
}

/** The models with which the platform's own chain begins. */
const DEMO = ["sentiment-v2", "credit-default"].map((name) => join(__dirname, `../deploy/models/${name}.json`));

/** Starts the platform's own chain, and deploys and launches whatever is missing on it. */
export async function openOwnSite(
  hre: HardhatRuntimeEnvironment,
  {
    folder,
    hasDemo,
    say,
  }: { readonly folder: string; readonly hasDemo: boolean; readonly say: (line: string) => void },
): Promise<PlatformSite> {
  process.env["DEPLOYMENTS"] = join(folder, "deployments"); // where the journal and record of a deployment are looked for
  const chain = await startLocalChain(hre, { file: join(folder, "chain.jsonl"), port: 0 });
  try {
    const { url, resumed } = chain;
    say(resumed > 0 ? `chain: ${resumed} blocks of the last run mined again` : "chain: new");
    const own = Object.assign(environmentFor(hre, "localhost", { url }), { artifacts: hre.artifacts });
    const { parameters, file: parametersFile } = await readDeclaration(own);
    const files = await Promise.all((hasDemo ? DEMO : []).map((path) => readModelFile(path, true)));
    const tell = (what: string) => say(`chain: ${what}`);
    // A chain that ends with the command has no pending transactions that a failure would have to report.
    const { record } = await noting([], () =>
      deployTo(
        own,
        { parameters, parametersFile, files },
        {
          onPlan: () => undefined,
          onSent: ({ name }) => tell(name),
          onProtocol: () => undefined,
          onStep: ({ name, sent }) => sent && tell(name),
          onWait: tell,
        },
      ),
    );
    if (!record) throw new Error("a deployment on a chain that stays leaves a record");
    return {
      hre: own,
      url,
      resumed,
      deployment: addressesIn(record),
      models: record.models,
      close: () => chain.close(),
    };
  } catch (error) {
    await chain.close();
    throw error;
  }
}

/**
 * Opens a network on which the protocol was deployed from these sources.
 * @throws {Problem} `NOT_DEPLOYED` if there is no record of the deployment, `WRONG_CHAIN` if its nodes serve another chain.
 */
export async function openPublicSite(hre: HardhatRuntimeEnvironment): Promise<PlatformSite> {
  const record = await recordOf(hre);
  const { name } = networkOf(hre);
  if (!record)
    throw new Problem(
      "NOT_DEPLOYED",
      `there is no record of a deployment on ${name}: run npm run deploy -- --network ${name}.`,
    );
  const url = nodesOf(hre) as string;
  const deployment = addressesIn(record);
  await openNodesOf(deployment, url); // fails before anything is created for it
  return { hre, url, deployment, models: record.models, close: async () => undefined };
}
