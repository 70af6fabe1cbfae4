// The contracts with their types and ABIs. This is the only place in the library that knows where the compiler puts them.

export type { TimelockController } from "../../.build/typechain/@openzeppelin/contracts/governance/TimelockController.ts";
export type { IERC20Metadata } from "../../.build/typechain/@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.ts";
export type { TypedContractEvent, TypedDeferredTopicFilter, TypedEventLog } from "../../.build/typechain/common.ts";
export type { InfrastructureReserve } from "../../.build/typechain/contracts/fees/InfrastructureReserve.ts";
export type { UsageFeeRouter } from "../../.build/typechain/contracts/fees/UsageFeeRouter.ts";
export type { HokusaiAMM } from "../../.build/typechain/contracts/market/HokusaiAMM.ts";
export type { HokusaiAMMFactory } from "../../.build/typechain/contracts/market/HokusaiAMMFactory.ts";
export type { ModelRegistry } from "../../.build/typechain/contracts/models/ModelRegistry.ts";
export type { ModelToken } from "../../.build/typechain/contracts/tokens/ModelToken.ts";
export type {
  IRewardDistributor,
  RewardDistributor,
} from "../../.build/typechain/contracts/tokens/RewardDistributor.ts";
export type { TokenManager } from "../../.build/typechain/contracts/tokens/TokenManager.ts";
export type { DeltaOneVerifier } from "../../.build/typechain/contracts/verification/DeltaOneVerifier.ts";
export type { Hybrid } from "../../.build/typechain/contracts/verification/methods/Hybrid.ts";
export type { OracleAttestation } from "../../.build/typechain/contracts/verification/methods/OracleAttestation.ts";
export type { ZkProof } from "../../.build/typechain/contracts/verification/methods/zk/ZkProof.ts";

/** A function, event or error of a contract. */
export interface AbiEntry {
  readonly type: string;
  readonly name?: string;
}

/** A contract as its ABI describes it. */
export interface ContractAbi {
  readonly name: string;
  readonly abi: readonly AbiEntry[];
  /** Whether this is a contract, not an interface. */
  readonly isDeployable: boolean;
}

/**
 * Returns every contract and interface of the protocol by name. The ABIs are imported on demand, because a command starts before
 * compilation and a page may never need them.
 */
export async function readAbis(): Promise<ReadonlyMap<string, ContractAbi>> {
  const [abis, { DEPLOYABLE }] = await Promise.all([
    import("../../.build/abi/index.ts"),
    import("../../.build/abi/deployable.ts"),
  ]);
  return new Map(
    Object.entries(abis).map(([name, abi]) => [name, { name, abi, isDeployable: DEPLOYABLE.includes(name) }]),
  );
}
