// What the protocol's logs look like to a model of its state: every event of every contract, by its name.

import type {
  DeltaOneVerifier,
  HokusaiAMM,
  HokusaiAMMFactory,
  Hybrid,
  InfrastructureReserve,
  ModelRegistry,
  ModelToken,
  OracleAttestation,
  ReserveTokenMock,
  RewardDistributor,
  TimelockController,
  TokenManager,
  UsageFeeRouter,
  ZkProof,
} from "../../.build/typechain";
import type { TypedContractEvent, TypedEventLog } from "../../.build/typechain/common";
import type { State } from "./state";

/** A decoded log. */
export interface Log {
  readonly emitter: string;
  readonly name: string;
  /** By name, as the ABI has them. */
  readonly args: unknown;
  /** Of its block. */
  readonly timestamp: bigint;
}

type Filters =
  | DeltaOneVerifier["filters"]
  | HokusaiAMM["filters"]
  | HokusaiAMMFactory["filters"]
  | Hybrid["filters"]
  | InfrastructureReserve["filters"]
  | ModelRegistry["filters"]
  | ModelToken["filters"]
  | OracleAttestation["filters"]
  | ReserveTokenMock["filters"]
  | RewardDistributor["filters"]
  | TimelockController["filters"]
  | TokenManager["filters"]
  | UsageFeeRouter["filters"]
  | ZkProof["filters"];

type NamesIn<F> = F extends unknown ? Exclude<keyof F & string, `${string}(${string}`> : never;

type ArgsIn<F, Name> = F extends unknown
  ? Name extends keyof F
    ? F[Name] extends TypedContractEvent
      ? TypedEventLog<F[Name]>["args"]
      : never
    : never
  : never;

/** Every event of every contract has its entry: the type sees to it. */
export type Handlers = {
  readonly [Name in NamesIn<Filters>]: (state: State, args: ArgsIn<Filters, Name>, log: Log) => void;
};

export type Handler = (state: State, args: never, log: Log) => void;

/** What the model has, after the event has confirmed it. */
export function confirmed<T>(own: T, told: T, what: string, { name, emitter }: Log): T {
  if (own !== told) throw new Error(`${name} of ${emitter} tells ${what} ${told}, the logs before it make it ${own}`);
  return own;
}
