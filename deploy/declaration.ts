// A deployment has two sides: what it was deployed with, which stays in its record as constructor arguments, and what is declared today, in
// the parameter file that the record names. Rotating a role changes only the second.

import type { DeploymentParameters } from "@nomicfoundation/ignition-core";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { relative } from "node:path";
import { cwd } from "node:process";
import { ProtocolModule } from "../ignition/modules/Protocol";
import { findModule, journaledContracts } from "./journal";
import { networkOf } from "./network";
import { parametersFile, parseParameters, readParameters, type Parameters } from "./parameters";
import { atRoot, recordFile } from "./paths";
import { recordOf, type ContractRecord } from "./record";

/** The declared state of a network, and the file that states it. */
export interface Declaration {
  readonly parameters: Parameters;
  readonly file: string;
}

/**
 * Reads what is declared for the network today: from the given file, otherwise from the one that its record names, otherwise from the
 * network's own.
 */
export async function readDeclaration(hre: HardhatRuntimeEnvironment, given?: string): Promise<Declaration> {
  const network = networkOf(hre);
  const named = given === undefined ? (await recordOf(hre))?.parameters : undefined;
  const file = given ?? (named === undefined ? parametersFile(network) : atRoot(named));
  return {
    parameters: await readParameters(network, file, named === undefined ? undefined : recordFile(network)),
    file,
  };
}

/**
 * Returns what the network's protocol was deployed with, from its record or, if that is lost, from its journal. Undefined until the whole
 * protocol is deployed. The reserve token is empty if the deployment created it.
 */
export async function bornWith(hre: HardhatRuntimeEnvironment): Promise<Parameters | undefined> {
  const network = networkOf(hre);
  const record = await recordOf(hre);
  if (record) return fromArguments(Object.values(record.contracts), relative(cwd(), recordFile(network)));
  const isWhole = (await findModule(hre, ProtocolModule)) !== undefined;
  return isWhole ? fromArguments(await journaledContracts(hre), `the journal of ${network.name}`) : undefined;
}

/** Declared values that differ from the deployed ones although they can never change. */
export function changesOfFixed(declared: Parameters, born: Parameters): string[] {
  const fixed = [
    ["$global.deployer", declared.$global.deployer, born.$global.deployer],
    [
      "$global.reserveToken",
      declared.$global.reserveToken || "not named",
      born.$global.reserveToken || "one of its own",
    ],
    ["Models.payoutDelay", declared.Models.payoutDelay, born.Models.payoutDelay],
  ] as const;
  const isOwn = declared.$global.reserveToken === born.$global.reserveToken;
  return fixed
    .filter(([name, now, first]) => now !== first && !(isOwn && name === "$global.reserveToken"))
    .map(([name, now, first]) => `${name} is ${now}, deployed with ${first}: it cannot change, put it back`);
}

type Deployed = Pick<ContractRecord, "contract"> & Partial<Pick<ContractRecord, "arguments">>;

/** Parameters from the constructor arguments of the protocol's contracts; messages call their origin `source`. */
function fromArguments(contracts: readonly Deployed[], source: string): Parameters {
  const argumentsOf = (name: string) => contracts.find(({ contract }) => contract === name)?.arguments ?? [];
  const [adminDelay, proposers, executors] = argumentsOf("TimelockController");
  const [, , guardians, registrars, poolCreators, payers, deployer, payoutDelay] = argumentsOf("ModelRegistry");
  const [, attesters, threshold] = argumentsOf("OracleAttestation");
  const [, , , operators, deployers, distributors] = argumentsOf("TokenManager");
  const [, reserveToken, , treasury] = argumentsOf("HokusaiAMMFactory");
  const hasOwnReserve = contracts.some(({ contract }) => contract === "ReserveTokenMock");
  const given = {
    $global: { deployer, adminDelay: Number(adminDelay), guardians, ...(hasOwnReserve ? {} : { reserveToken }) },
    Governance: { proposers, executors },
    Models: { registrars, poolCreators, payers, payoutDelay: Number(payoutDelay) },
    Methods: { attesters, threshold: Number(threshold) },
    Tokens: { operators, deployers, distributors },
    Market: { treasury },
  };
  // These accounts are on the chain already, so only the form is checked.
  return parseParameters(given as DeploymentParameters, `${source}, in constructor arguments`, true);
}
