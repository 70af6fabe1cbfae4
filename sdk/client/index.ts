// A deployment on a chain: its models, markets and rewards, and decoded reverts.

export type { Access, Network, Site } from "./access.ts";
export { confirm, receiptOf, type Sent } from "./confirm.ts";
export { connect, readModel, timeOf, type Connection, type ImprovableModel } from "./connect.ts";
export type {
  DeltaOneVerifier,
  Hybrid,
  HokusaiAMM,
  HokusaiAMMFactory,
  IERC20Metadata,
  InfrastructureReserve,
  ModelRegistry,
  ModelToken,
  OracleAttestation,
  RewardDistributor,
  TimelockController,
  TokenManager,
  UsageFeeRouter,
  ZkProof,
} from "./contracts.ts";
export {
  addressesIn,
  DEPLOYED_CONTRACTS,
  LOCAL_CHAIN_ID,
  siteAt,
  type DeployedContract,
  type DeploymentAddresses,
  type RecordedContracts,
} from "./deployment.ts";
export { decodeRevert, explain, problemOf, type Revert } from "./errors.ts";
export {
  findMarket,
  priceAtCreation,
  priceOf,
  readPool,
  readState,
  readSupply,
  type MarketState,
  type ModelMarket,
  type PoolFigures,
  type SupplyState,
} from "./market.ts";
export { readPayouts, releaseCall, returnCall, type Payout } from "./payouts.ts";
export type { PayoutStatus, QueuedPayout } from "../state/payouts.ts";
export {
  executeOrder,
  limitOf,
  priceImpact,
  quoteTrade,
  sendOrder,
  settleTrade,
  type TradeOrder,
  type Quote,
  type Trade,
  type TradeTerms,
} from "./trade.ts";
