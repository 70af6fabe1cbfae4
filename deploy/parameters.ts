import { readDeploymentParameters } from "@nomicfoundation/hardhat-ignition/helpers";
import type { DeploymentParameters } from "@nomicfoundation/ignition-core";
import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { cwd } from "node:process";
import { developmentAddresses } from "../sdk/base/accounts";
import { address, addresses, Fields, integer, type Rule } from "../sdk/base/fields";
import { Problem } from "../sdk/base/problem";

const FOLDER = join(__dirname, "../ignition/parameters");
const LONGEST_DELAY = 30 * 86_400;
const MOST_ATTESTERS = 64;

/** Bounds of the registry's constructor in seconds: 10 minutes and 14 days. */
const [SHORTEST_PAYOUT_DELAY, LONGEST_PAYOUT_DELAY] = [600, 1_209_600];

/** What a network's parameter file declares, by the Ignition module that uses it; `$global` is for several modules. */
const DECLARED = {
  $global: { deployer: address, adminDelay: integer(1, LONGEST_DELAY), guardians: addresses, reserveToken: address },
  Governance: { proposers: addresses, executors: addresses },
  Models: {
    registrars: addresses,
    poolCreators: addresses,
    payers: addresses,
    payoutDelay: integer(SHORTEST_PAYOUT_DELAY, LONGEST_PAYOUT_DELAY),
  },
  Methods: { attesters: addresses, threshold: integer(1, MOST_ATTESTERS) },
  Tokens: { operators: addresses, deployers: addresses, distributors: addresses },
  Market: { treasury: address },
} as const satisfies Record<string, Record<string, Rule<string> | Rule<number> | Rule<string[]>>>;

/** The declared state of a network's protocol. Only a local chain may leave the reserve token to the deployment. */
export type Parameters = {
  -readonly [Module in keyof typeof DECLARED]: {
    -readonly [Name in keyof (typeof DECLARED)[Module]]: (typeof DECLARED)[Module][Name] extends Rule<infer T>
      ? T
      : never;
  };
};

/** The parameter file of a network: ignition/parameters/<network>.json5; both kinds of local chain share localhost.json5. */
export function parametersFile(network: { name: string; isLocal: boolean }): string {
  return join(FOLDER, `${network.isLocal ? "localhost" : network.name}.json5`);
}

/** Reads and checks a parameter file, by default the network's own; `record` is the record that names the file, if any. */
export async function readParameters(
  network: { name: string; isLocal: boolean },
  file = parametersFile(network),
  record?: string,
): Promise<Parameters> {
  const name = relative(cwd(), file);
  if (!existsSync(file)) {
    throw new Problem(
      "NO_FILE",
      record === undefined
        ? `${name} does not exist: write it to deploy to ${network.name}.`
        : `${name} does not exist, which ${relative(cwd(), record)} names: put it back, or name another by deploy --parameters.`,
    );
  }
  return parseParameters(await readDeploymentParameters(file), name, network.isLocal);
}

/** Checks parameters; throws one {@link Problem} that names everything wrong at once. */
export function parseParameters(parameters: DeploymentParameters, file: string, isLocal: boolean): Parameters {
  const fields = new Fields(parameters);
  const development = isLocal ? new Set<string>() : developmentAddresses();
  const modules = Object.entries(DECLARED).map(([module, rules]) => {
    const group = fields.child(module);
    const values = Object.entries(rules).map(([name, rule]: [string, Rule<unknown>]) => {
      if (isLocal && name === "reserveToken" && !group.has(name)) return [name, ""];
      const value = group.read(name, rule);
      for (const account of [value].flat().filter((entry) => development.has(String(entry)))) {
        group.report(`${module}.${name} is ${account}, a development account whose key everybody knows`);
      }
      return [name, value];
    });
    return [module, Object.fromEntries(values)];
  });
  const declared: Parameters = Object.fromEntries(modules);
  const { attesters, threshold } = declared.Methods;
  if (attesters.length > 0 && threshold > attesters.length) {
    fields.report(`Methods.threshold is ${threshold}, expected at most the number of attesters, ${attesters.length}`);
  }
  fields.refuse(file);
  return declared;
}
