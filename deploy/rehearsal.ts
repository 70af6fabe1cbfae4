import { isAddress, toQuantity, Transaction, type TransactionResponse } from "ethers";
import { HardhatContext } from "hardhat/internal/context";
import { Environment } from "hardhat/internal/core/runtime-environment";
import { ProviderWrapper } from "hardhat/plugins";
import type {
  EIP1193Provider,
  HardhatRuntimeEnvironment,
  NetworkConfig,
  NetworksConfig,
  ProviderExtender,
  RequestArguments,
} from "hardhat/types";
import type { Sent } from "../sdk/client/confirm";
import type { ModelFile } from "../sdk/schemas/model";
import { CREATE_X, saltOf } from "./create2";
import { launchModel } from "./launch";
import { networkOf } from "./network";
import type { Parameters } from "./parameters";
import { deployProtocol, type Protocol } from "./protocol";
import { sendingAs } from "./sends";

/** Balance of each account in a rehearsal in wei, so that none runs out. */
export const RICHES = 10n ** 24n;

/** A transaction of a rehearsal. */
export interface RehearsedStep {
  readonly name: string;
  /** The gas that it used. */
  readonly gas: bigint;
  /** Its gas limit; part of it is refunded at the end. */
  readonly gasLimit: bigint;
  /** The serialised transaction without its signature, from which a rollup's publication fee is computed. */
  readonly unsigned: string;
  readonly model?: ModelFile;
}

/** A deployment that took place on an in-process chain. */
export interface Rehearsal {
  readonly hre: HardhatRuntimeEnvironment;
  readonly protocol: Protocol;
  readonly steps: readonly RehearsedStep[];
}

/**
 * Deploys the protocol and launches models on an empty in-process chain that has the id of the real one: with the same code, to the same
 * addresses, with the same gas and the same resulting code, by the declared accounts without their keys. Whatever would be refused is
 * refused here, before anything is sent.
 */
export async function rehearse(
  hre: HardhatRuntimeEnvironment,
  parameters: Parameters,
  files: readonly ModelFile[],
): Promise<Rehearsal> {
  // No accounts with keys: nothing is at stake, so no device is asked to sign, and no price is too high.
  return sendingAs({ accounts: async () => [] }, () => play(hre, parameters, files));
}

async function play(
  hre: HardhatRuntimeEnvironment,
  parameters: Parameters,
  files: readonly ModelFile[],
): Promise<Rehearsal> {
  const stage = await buildStage(hre, parameters);
  const sends: { readonly sent: Sent; readonly model?: ModelFile }[] = [];
  const protocol = await deployProtocol(stage, {
    parameters,
    salt: saltOf(parameters.$global.deployer),
    onSent: (sent) => sends.push({ sent }),
  });
  for (const model of files) {
    await launchModel(stage, protocol, model, ({ name, sent }) => {
      if (sent) sends.push({ sent: { ...sent, name }, model });
    });
  }
  const steps = await Promise.all(sends.map(({ sent, model }) => stepOf(stage, sent, model)));
  return { hre: stage, protocol, steps };
}

async function stepOf(
  { ethers }: HardhatRuntimeEnvironment,
  { name, hash, gasUsed }: Sent,
  model: ModelFile | undefined,
): Promise<RehearsedStep> {
  const { to, data, nonce, chainId, gasLimit } = (await ethers.provider.getTransaction(hash)) as TransactionResponse;
  const { unsignedSerialized } = Transaction.from({ type: 2, to, data, nonce, chainId, gasLimit });
  return { name, gas: gasUsed, gasLimit, unsigned: unsignedSerialized, ...(model && { model }) };
}

async function buildStage(hre: HardhatRuntimeEnvironment, parameters: Parameters): Promise<HardhatRuntimeEnvironment> {
  const accounts = declaredAccounts(parameters);
  const { chainId } = networkOf(hre);
  // Without accounts of its own, because deriving the development keys would take longer than everything else. Gas is estimated, as on a
  // live chain, instead of being a whole block's.
  const settings = { chainId, accounts: [], gas: "auto" as const };
  const stage = environmentFor(hre, "hardhat", settings, async (provider) => new StageProvider(provider, accounts));

  const { provider } = stage.network;
  for (const account of accounts) {
    await provider.send("hardhat_impersonateAccount", [account]);
    await provider.send("hardhat_setBalance", [account, toQuantity(RICHES)]);
  }
  const factory: unknown = await hre.network.provider.send("eth_getCode", [CREATE_X, "latest"]);
  if (factory !== "0x") await provider.send("hardhat_setCode", [CREATE_X, factory]);
  const { reserveToken } = parameters.$global;
  if (reserveToken !== "") {
    const { deployedBytecode } = await hre.artifacts.readArtifact("ReserveTokenMock");
    await provider.send("hardhat_setCode", [reserveToken, deployedBytecode]);
  }
  return stage;
}

/** Every account that the parameters name. */
export function declaredAccounts(parameters: Parameters): string[] {
  const declared = Object.values(parameters).flatMap((group) => Object.values(group).flat() as (string | number)[]);
  return [...new Set(declared)].filter((value): value is string => isAddress(value));
}

/** Another environment with the same configuration, on a network with other settings. */
export function environmentFor(
  hre: HardhatRuntimeEnvironment,
  network: string,
  settings: Partial<NetworkConfig>,
  ...extenders: ProviderExtender[]
): HardhatRuntimeEnvironment {
  const { environmentExtenders, providerExtenders, tasksDSL } = HardhatContext.getHardhatContext();
  const { networks } = hre.config;
  const changed = { ...networks[network], ...settings } as NetworkConfig;
  return new Environment(
    { ...hre.config, networks: { ...networks, [network]: changed } as NetworksConfig },
    { ...hre.hardhatArguments, network },
    tasksDSL.getTaskDefinitions(),
    tasksDSL.getScopesDefinitions(),
    environmentExtenders,
    hre.userConfig,
    [...providerExtenders, ...extenders],
  ) as unknown as HardhatRuntimeEnvironment;
}

/** The in-process chain, with the accounts of the real one. */
class StageProvider extends ProviderWrapper {
  constructor(
    provider: EIP1193Provider,
    private readonly accounts: readonly string[],
  ) {
    super(provider);
  }

  async request(args: RequestArguments): Promise<unknown> {
    return args.method === "eth_accounts" ? this.accounts : this._wrappedProvider.request(args);
  }
}
