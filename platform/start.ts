// The command line of `npm run platform`: runs a chain, the operator, the indexer and the API until it is told to stop. See
// docs/platform.md.

import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { join } from "node:path";
import { withLock } from "../deploy/lock";
import { flag, mainOf, networkName, runAsScript, type CommandLine, type Streams } from "../scripts/cli/command";
import { stopOnSignals } from "../scripts/cli/signals";
import { developmentKey } from "../sdk/base/accounts";
import { startServices, type PlatformServices } from "./services";
import { openOwnSite, openPublicSite, type PlatformSite } from "./site";
import { openStore } from "./store/open";

const USAGE = `usage: npm run platform [-- options]
  --network <name>  sepolia, base-sepolia, base or mainnet, deployed before; a chain of its own without it
  --no-demo         launch no models on the chain of its own
  --json            also print a failure as one JSON document, on standard output
  --help            print this text`;

/** Where the platform keeps its files, unless PLATFORM_FOLDER names another folder. */
const FOLDER = join(__dirname, "../.build/platform");

/** Milliseconds that everything has for stopping. */
const LONGEST_STOP = 15_000;

/** Development accounts to introduce: see ignition/parameters/localhost.json5. */
const ACCOUNTS = [
  [0, "develops models"],
  [8, "invests"],
  [12, "governs the models"],
  [9, "attests, with the next two"],
] as const;

/** Runs the command until the process is told to stop, and returns its exit code. */
export const main = mainOf({ name: "platform", usage: USAGE, read, run });

function read({ options: fields }: CommandLine) {
  const network = fields.read("network", networkName, "hardhat");
  const hasDemo = !fields.read("no-demo", flag, false);
  fields.refuse("options");
  return { network, hasDemo };
}

async function run(
  hre: HardhatRuntimeEnvironment,
  { network, hasDemo }: ReturnType<typeof read>,
  { env, out }: Streams,
): Promise<string> {
  const isOwn = network === "hardhat";
  const folder = join(env["PLATFORM_FOLDER"] ?? FOLDER, isOwn ? "own" : network);
  return withLock(join(folder, "platform.lock"), async () => {
    let isStopping = false;
    const stopped = new Promise<void>((stop) =>
      stopOnSignals(() => {
        isStopping = true;
        out("stopping …");
        stop();
      }, LONGEST_STOP),
    );
    const closing: (() => Promise<void>)[] = [];
    try {
      const site = await (isOwn ? openOwnSite(hre, { folder, hasDemo, say: out }) : openPublicSite(hre));
      closing.unshift(() => site.close());
      const url = env["DATABASE_URL"];
      const store = await openStore({ folder: join(folder, "db"), ...(url && { url }) });
      closing.unshift(() => store.close());
      if (!isStopping) {
        const services = await startServices({ site, store, folder, env, say: out });
        closing.unshift(() => services.stop());
        if (!isStopping) for (const line of introduction(site, services, folder)) out(line);
        await Promise.race([stopped, services.failed]);
      }
    } finally {
      for (const close of closing) await close();
    }
    return "stopped; the same command goes on from here";
  });
}

/** Tells the user what to do next. */
function introduction(
  { url, deployment, models, resumed }: PlatformSite,
  services: PlatformServices,
  folder: string,
): string[] {
  const { api, operator, adminKeyFile } = services;
  const ofOwn =
    resumed === undefined
      ? []
      : [
          `  operator   ${operator}   (log: ${join(folder, "operator.log")})`,
          "",
          "Accounts for trying, whose keys everybody knows:",
          ...ACCOUNTS.map(
            ([index, what]) => `  ${developmentKey(index).address}   ${developmentKey(index).privateKey}   ${what}`,
          ),
        ];
  return [
    "",
    `  page       ${api}`,
    `  API        ${api}   (operations: ${api}/openapi.json)`,
    ...(resumed === undefined ? [] : [`  chain      ${url}   (id ${deployment.chainId})`]),
    `  registry   ${deployment.contracts.ModelRegistry}`,
    ...Object.entries(models).map(
      ([id, { token, pool }]) => `  model      ${id}   (token ${token.address}, pool ${pool.address})`,
    ),
    `  admin key  ${adminKeyFile}   (send it as: Authorization: Bearer <key>)`,
    ...ofOwn,
    "",
    "Next:",
    `  curl ${api}/ready`,
    `  curl ${api}/api/v1/models`,
    ...Object.keys(models)
      .slice(0, 1)
      .map(
        (id) => `  HOKUSAI_API_URL=${api} HOKUSAI_API_KEY=$(cat ${adminKeyFile}) npm run hokusai -- model status ${id}`,
      ),
    "Ctrl-C ends all of it.",
  ];
}

runAsScript(module, main);
