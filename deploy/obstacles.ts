// Everything that stands in the way of a deployment, one function for each kind. All of it is reported at once, before the first
// transaction.

import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { developmentAddresses } from "../sdk/base/accounts";
import { Problem, type ProblemCode, type ProblemReason } from "../sdk/base/problem";
import { RESERVE_DECIMALS } from "../sdk/base/units";
import type { Network } from "../sdk/client/access";
import { readKey } from "../sdk/node/circuitKeys";
import type { ModelFile } from "../sdk/schemas/model";
import { CREATE_X } from "./create2";
import { journaledContracts, type Addresses } from "./journal";
import { isFork, isMainnet } from "./network";
import type { Parameters } from "./parameters";
import { presentSending } from "./sends";
import { requireSafeKey } from "./zk";

/** One thing that is in the way. */
export type PlanObstacle = ProblemReason<ProblemCode>;

/** Everything that is in the way, as one problem with the code of the first. */
export function refusalOfPlan(problems: readonly PlanObstacle[]): Problem {
  const reasons = [...new Map(problems.map((reason) => [reason.message, reason])).values()];
  const message = `${reasons.map((reason) => reason.message).join("; ")}. Nothing was sent.`;
  return new Problem((reasons[0] as PlanObstacle).code, message, { reasons });
}

/** Requires that the user has confirmed the chain id, if value is at stake. */
export function confirmationProblems({ name, chainId }: Network, confirmed: number | undefined): PlanObstacle[] {
  if (confirmed !== undefined && confirmed !== chainId) {
    return [
      { code: "WRONG_CHAIN", message: `--confirm-chain is ${confirmed}, expected ${chainId}, the id of ${name}` },
    ];
  }
  return isMainnet({ chainId }) && confirmed === undefined
    ? [
        {
          code: "BAD_OPTION",
          message: `${name} is a network where value is at stake: confirm its id with --confirm-chain ${chainId}`,
        },
      ]
    : [];
}

/**
 * Requires a key on a public network, named by a command or the configuration, that is not a development key. A local chain holds its own
 * keys.
 */
export async function keyProblems(hre: HardhatRuntimeEnvironment, { isLocal }: Network): Promise<PlanObstacle[]> {
  if (isLocal || isFork(hre)) return [];
  try {
    const accounts = await namedAccounts(hre);
    if (accounts?.length === 0)
      return [
        {
          code: "BAD_KEY",
          message: "no key is named: set PRIVATE_KEY in the environment, or name one with --keystore",
        },
      ];
    return (accounts ?? [])
      .filter((account) => developmentAddresses().has(account))
      .map((account) => ({
        code: "BAD_KEY",
        message: `the key is that of ${account}, a development account whose key everybody knows`,
      }));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return [{ code: error.code, message: error.message.replace(/\.$/, "") }];
  }
}

/** Addresses of the named keys, without a request to the chain; undefined if nothing names a key. */
async function namedAccounts(hre: HardhatRuntimeEnvironment): Promise<string[] | undefined> {
  const { accounts } = hre.network.config;
  if (Array.isArray(accounts)) {
    return accounts.map((key) => new hre.ethers.Wallet(typeof key === "string" ? key : key.privateKey).address);
  }
  return (await presentSending().accounts?.())?.map(({ address }) => address);
}

/** Refuses a circuit's development key on a public network. The rehearsal, where nothing is at stake, accepts it. */
export function circuitProblems(network: Network, files: readonly ModelFile[]): PlanObstacle[] {
  return files.flatMap(({ benchmark: { capacity } }) => {
    try {
      if (capacity !== undefined) requireSafeKey(readKey(capacity), network);
      return [];
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return [{ code: error.code, message: error.message.replace(/\.$/, "") }];
    }
  });
}

/** Reports nodes that serve another chain; this is their first request. */
export async function chainProblem(
  hre: HardhatRuntimeEnvironment,
  { name }: Network,
): Promise<PlanObstacle | undefined> {
  try {
    await hre.network.provider.send("eth_chainId");
    return undefined;
  } catch (error) {
    const ids = /HH101.* chain id (\d+).* chain with id (\d+)/.exec(String(error));
    if (!ids) throw error;
    return {
      code: "WRONG_CHAIN",
      message: `the RPC address of ${name} answers for chain ${ids[2]}, expected ${ids[1]}`,
    };
  }
}

/** Requires what the protocol is built on: the factory of deterministic addresses, and the reserve token. */
export async function foundationProblems(
  hre: HardhatRuntimeEnvironment,
  { name, isLocal }: Network,
  { $global: { reserveToken } }: Parameters,
): Promise<PlanObstacle[]> {
  const problems: PlanObstacle[] = [];
  const hasCode = async (address: string) => (await hre.ethers.provider.getCode(address)) !== "0x";
  if (!isLocal && !(await hasCode(CREATE_X))) {
    problems.push({
      code: "NOT_DEPLOYED",
      message: `${name} has no CreateX at ${CREATE_X}, through which contracts get the same address everywhere`,
    });
  }
  if (reserveToken === "") return problems;
  if (!(await hasCode(reserveToken)))
    return [
      ...problems,
      { code: "NOT_DEPLOYED", message: `$global.reserveToken ${reserveToken} has no code on ${name}` },
    ];
  const token = await hre.ethers.getContractAt("IERC20Metadata", reserveToken);
  const decimals = Number(await token.decimals());
  if (decimals !== RESERVE_DECIMALS) {
    problems.push({
      code: "CONFLICT",
      message: `$global.reserveToken ${reserveToken} has ${decimals} decimals, expected ${RESERVE_DECIMALS}`,
    });
  }
  return problems;
}

/** Reports contracts that an earlier run deployed at other addresses than these sources and parameters give. */
export async function journalProblems(hre: HardhatRuntimeEnvironment, expected: Addresses): Promise<PlanObstacle[]> {
  const contracts = await journaledContracts(hre);
  const moved = contracts.filter(({ contract, address }) => expected[contract] && expected[contract] !== address);
  if (moved.length === 0) return [];
  const list = moved.map(({ contract, address }) => `${contract} at ${address}`);
  return [
    {
      code: "CONFLICT",
      message: `the journal of ${hre.network.name} was written with other sources or parameters, for ${list.join(", ")}: use those, or, on a local chain, a new one`,
    },
  ];
}

/** Reports that there is no key for the deployer. */
export function wrongSigner(accounts: readonly string[], deployer: string): PlanObstacle {
  const found = accounts.length === 0 ? "no key is named" : `the key is that of ${accounts.join(", ")}`;
  return { code: "BAD_KEY", message: `${found}, expected that of the declared deployer ${deployer}` };
}
