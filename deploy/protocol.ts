import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { LocalReserve } from "../ignition/modules/LocalReserve";
import { ProtocolModule } from "../ignition/modules/Protocol";
import { developmentAddresses } from "../sdk/base/accounts";
import { Problem } from "../sdk/base/problem";
import type { Network } from "../sdk/client/access";
import type { Sent } from "../sdk/client/confirm";
import { connectAddresses, hasCode, type ContractAddresses, type DeployedContracts } from "../sdk/client/connect";
import { deployModule, type DeployOptions } from "./ignition";
import { AGAIN, findModule, type Addresses } from "./journal";
import { bornWith, readDeclaration } from "./declaration";
import { networkOf } from "./network";
import type { Parameters } from "./parameters";

/** A deployed protocol. */
export interface Protocol extends DeployedContracts {
  readonly network: Network;
  /** What is declared today; the constructors may have been given other values. */
  readonly parameters: Parameters;
  /** By contract name; the reserve token as `ReserveToken`. */
  readonly addresses: Addresses;
}

export interface DeployProtocolOptions {
  /** The declared state; by default from the parameter file that the network's record names, or from the network's own. */
  readonly parameters?: Parameters;
  /** Called with every transaction once it is confirmed. */
  readonly onSent?: (transaction: Sent) => void;
  /** Called with a reason for waiting. */
  readonly onWait?: (reason: string) => void;
  /** Salt of the addresses: see {@link deployModule}. */
  readonly salt?: string;
}

/**
 * Deploys what is missing of the network's protocol, and returns the protocol. Sends nothing if everything exists, and checks in either
 * case that the chain has what the journal says. Without the deployer's key, an existing protocol is found. Constructors get the values
 * that the protocol was first deployed with, whoever holds its roles today.
 */
export async function deployProtocol(
  hre: HardhatRuntimeEnvironment,
  { parameters: given, onSent = () => undefined, onWait, salt }: DeployProtocolOptions = {},
): Promise<Protocol> {
  const parameters = given ?? (await readDeclaration(hre)).parameters;
  const first = (await bornWith(hre)) ?? parameters;
  const sender = first.$global.deployer;
  const available = (await hre.ethers.getSigners()).map(({ address }) => address);
  const found = available.includes(sender) ? undefined : await findProtocol(hre, parameters);
  if (!found) await requireSender(hre, first, available);
  const options = { sender, onSent, ...(onWait && { onWait }), ...(salt && { salt }) };
  const contracts = found ?? (await deployContracts(hre, first, options));
  const protocol = await connectProtocol(hre, parameters, contracts);
  await requireWired(hre, protocol);
  return protocol;
}

/** The protocol in the network's journal, checked against the chain; throws if the network has none. */
export async function requireProtocol(hre: HardhatRuntimeEnvironment): Promise<Protocol> {
  const network = networkOf(hre);
  if (network.isEphemeral) {
    throw new Problem(
      "BAD_OPTION",
      "the chain in this process has no protocol: name another with --network, such as localhost.",
    );
  }
  const { parameters } = await readDeclaration(hre);
  const contracts = await findProtocol(hre, parameters);
  if (!contracts) {
    throw new Problem(
      "NOT_DEPLOYED",
      `the journal of ${network.name} has no complete deployment: deploy the protocol first.`,
    );
  }
  const protocol = await connectProtocol(hre, parameters, contracts);
  await requireWired(hre, protocol);
  return protocol;
}

/** Deploys the protocol, and the reserve token of a local chain, as far as they are missing. */
async function deployContracts(
  hre: HardhatRuntimeEnvironment,
  parameters: Parameters,
  options: Omit<DeployOptions, "parameters">,
): Promise<Addresses> {
  const reserveToken = parameters.$global.reserveToken || (await deployReserve(hre, options));
  const declared = { ...parameters, $global: { ...parameters.$global, reserveToken } };
  const contracts = await deployModule(hre, ProtocolModule, { ...options, parameters: declared });
  return { ...contracts, ReserveToken: reserveToken };
}

/** The addresses of a completely deployed protocol from the journal. */
export async function findProtocol(
  hre: HardhatRuntimeEnvironment,
  parameters: Parameters,
): Promise<Addresses | undefined> {
  const contracts = await findModule(hre, ProtocolModule);
  const local = await findModule(hre, LocalReserve);
  const reserveToken = parameters.$global.reserveToken || local?.ReserveTokenMock;
  return contracts && reserveToken ? { ...contracts, ReserveToken: reserveToken } : undefined;
}

async function deployReserve(hre: HardhatRuntimeEnvironment, options: Omit<DeployOptions, "parameters">) {
  const { ReserveTokenMock } = await deployModule(hre, LocalReserve, { ...options, parameters: {} });
  return ReserveTokenMock as string;
}

/** Throws if the deployer's key is missing, is a development key on a public network, or cannot pay. */
async function requireSender(
  hre: HardhatRuntimeEnvironment,
  parameters: Parameters,
  available: readonly string[],
): Promise<void> {
  const network = networkOf(hre);
  const { deployer } = parameters.$global;
  const known = network.isLocal ? undefined : available.find((account) => developmentAddresses().has(account));
  if (known)
    throw new Problem("BAD_KEY", `the key is that of ${known}, a development account whose key everybody knows.`);
  if (!available.includes(deployer)) {
    const found = available.length === 0 ? "no key is named" : `the key is that of ${available.join(", ")}`;
    throw new Problem("BAD_KEY", `${found}, expected that of the declared deployer ${deployer}.`);
  }
  const isPoor = (await hre.ethers.provider.getBalance(deployer)) === 0n;
  if (isPoor && (await findProtocol(hre, parameters)) === undefined) {
    throw new Problem(
      "NO_FUNDS",
      `the deployer ${deployer} has no ether on ${network.name}: send it some to pay for gas.`,
    );
  }
}

/** The protocol at known addresses, unchecked. */
export async function connectProtocol(
  hre: HardhatRuntimeEnvironment,
  parameters: Parameters,
  addresses: Addresses,
): Promise<Protocol> {
  const contracts = await connectAddresses(hre, addresses as ContractAddresses);
  return { network: networkOf(hre), parameters, addresses, ...contracts };
}

/** Requires that the chain has every contract, that they know each other by these addresses, and that the timelock is their admin. */
async function requireWired(hre: HardhatRuntimeEnvironment, protocol: Protocol): Promise<void> {
  const { network, addresses, registry, tokenManager, factory, infrastructureReserve, oracleAttestation } = protocol;
  for (const [name, address] of Object.entries(addresses)) {
    if (!(await hasCode(hre, address))) {
      throw new Problem(
        "NOT_DEPLOYED",
        `${name} has no code at ${address} on ${network.name}: if the RPC endpoint lags behind, ${AGAIN}; else, is this the chain of its journal?`,
      );
    }
  }
  const book: [string, string, string | undefined][] = [
    ["ModelRegistry.tokenManager", await registry.tokenManager(), addresses.TokenManager],
    ["ModelRegistry.factory", await registry.factory(), addresses.HokusaiAMMFactory],
    ["ModelRegistry.verifier", await registry.verifier(), addresses.DeltaOneVerifier],
    ["HokusaiAMMFactory.registry", await factory.registry(), addresses.ModelRegistry],
    ["HokusaiAMMFactory.reserveToken", await factory.reserveToken(), addresses.ReserveToken],
    ["HokusaiAMMFactory.feeRouter", await factory.feeRouter(), addresses.UsageFeeRouter],
    ["InfrastructureReserve.registry", await infrastructureReserve.registry(), addresses.ModelRegistry],
    ["InfrastructureReserve.reserveToken", await infrastructureReserve.reserveToken(), addresses.ReserveToken],
    ["OracleAttestation.registry", await oracleAttestation.registry(), addresses.ModelRegistry],
  ];
  const administered = { registry, tokenManager };
  for (const [name, contract] of Object.entries(administered)) {
    book.push([`${name}.defaultAdmin`, await contract.defaultAdmin(), addresses.TimelockController]);
  }
  const wrong = book.filter(([, actual, declared]) => actual !== declared);
  if (wrong.length > 0) {
    const list = wrong.map(([view, actual, declared]) => `${view} is ${actual}, expected ${declared}`);
    throw new Problem("CONFLICT", `the protocol on ${network.name} is not as its journal says: ${list.join("; ")}.`);
  }
}
