// Arguments with which the functions of the table of roles are called.

import { ZeroHash } from "ethers";
import { ethers } from "hardhat";
import { hashDistribution } from "../../sdk/schemas/distribution";
import { ACCESS, AUTHORITY } from "../../sdk/state/authority";
import { roleId } from "../helpers/guarded.behavior";
import { toCall } from "../../scripts/dev/world/improvements";
import { buildModel, buildPoolTerms, MethodAccess, modelIdOf, Parameter } from "../../scripts/dev/world/models";
import { releaseArguments, toPayout } from "../../scripts/dev/world/payouts";
import { argumentsOf } from "../../scripts/dev/world/protocol";
import { HOUR, MAX_UINT256, TOKEN, USDC } from "../../scripts/dev/world/units";
import { LIVE, PROPOSED, REGISTERED, type World } from "./authority.fixture";

const PERMIT = { deadline: MAX_UINT256, v: 27, r: ZeroHash, s: ZeroHash };
/** An invoice that nobody has paid. */
export const INVOICE = ethers.id("invoice");

/** Salt of operations, and what else needs to be some word. */
export const SALT = ethers.id("salt");

type Arguments = (world: World, sender: string) => unknown[];

const live = ({ model }: World) => model.id;
const termsList = () => {
  const { crr, tradeFee, ibrDuration, virtualReserve, initialPrice } = buildPoolTerms();
  return [crr, tradeFee, ibrDuration, virtualReserve, initialPrice];
};
const deposits = (world: World) => [{ model: live(world), amount: USDC }];
const payment = (world: World) => ({
  model: live(world),
  payee: world.payee.address,
  amount: USDC,
  invoiceHash: INVOICE,
});
const operation = (world: World): unknown[] => [world.registry.target, 0n, "0x", ZeroHash, SALT];
const claim = ({ model, statement, keys }: World) => ({
  token: model.token.target,
  root: ZeroHash,
  total: TOKEN,
  distributionId: hashDistribution(model.id, statement.evaluationId),
  index: 0n,
  account: keys.attacker.address,
  from: 0n,
  to: 10n ** 18n,
  proof: [],
});

const ACCESS_ARGUMENTS: Readonly<Record<string, Arguments>> = {
  grantRole: ({ keys }) => [roleId("DEPLOYER_ROLE"), keys.attacker.address],
  revokeRole: ({ keys }) => [roleId("DEPLOYER_ROLE"), keys.launcher.address],
  renounceRole: (_, sender) => [roleId("DEPLOYER_ROLE"), sender],
  suspendRole: ({ keys }) => [roleId("PAYER_ROLE"), keys.payer.address],
  beginDefaultAdminTransfer: ({ keys }) => [keys.attacker.address],
  cancelDefaultAdminTransfer: () => [],
  acceptDefaultAdminTransfer: () => [],
  changeDefaultAdminDelay: () => [HOUR],
  rollbackDefaultAdminDelay: () => [],
};

const ARGUMENTS: Readonly<Record<string, Readonly<Record<string, Arguments>>>> = {
  ModelRegistry: {
    wire: ({ keys }) => [...Array<string>(3).fill(keys.attacker.address), [keys.attacker.address]],
    setVerifier: ({ keys }) => [keys.attacker.address],
    setMethodAccess: ({ keys }) => [keys.attacker.address, MethodAccess.REGISTRAR],
    createModel: ({ keys }) => [
      ...[modelIdOf("new"), "new", keys.attacker.address, keys.attacker.address],
      buildModel({ supplierRecipient: keys.attacker.address, governor: keys.attacker.address }).params,
    ],
    registerModel: (world) => [modelIdOf(PROPOSED), benchmark(world)],
    replaceBenchmark: (world) => [live(world), benchmark(world)],
    setDailyLimit: (world) => [live(world), 10_000n],
    pauseSubmissions: () => [HOUR],
    resumeSubmissions: () => [],
    setTokensPerDeltaOne: (world) => [live(world), 300n * TOKEN],
    setInfrastructureAccrual: (world) => [live(world), 10_000n],
    setPricePerThousandCalls: (world) => [live(world), 10n ** 12n],
    cancelChange: (world) => [live(world), Parameter.TOKENS_PER_DELTA_ONE],
    setLicense: (world) => [live(world), SALT, "ipfs://none"],
    proposeGovernor: (world) => [live(world), world.keys.attacker.address],
    acceptGovernor: (world) => [live(world)],
    proposeOwner: (world) => [live(world), world.keys.attacker.address],
    acceptOwner: (world) => [live(world)],
    recordImprovement: ({ statement }) => [statement.evaluation, statement.evaluationId, SALT],
    releasePayout: ({ waiting }) => [waiting.model, waiting.evaluationId, toPayout(waiting)],
    stopPayouts: ({ oracleAttestation }) => [oracleAttestation.target, 1n],
    liftPayoutStop: ({ oracleAttestation }) => [oracleAttestation.target],
    voidPayouts: ({ oracleAttestation, voided }) => [oracleAttestation.target, voided.queuedAt, MAX_UINT256],
    returnVoided: ({ voided }) => [voided.model, voided.evaluationId, toPayout(voided)],
    setPool: ({ keys }) => [modelIdOf(REGISTERED), keys.attacker.address],
  },
  TokenManager: {
    deployTokenWithAllocations: ({ keys }) => [
      ...argumentsOf(
        buildModel({ supplierRecipient: keys.attacker.address, governor: keys.attacker.address }, { modelId: "new" }),
      ),
    ],
    distributeModelSupplierAllocation: () => [LIVE],
    releasePayout: ({ waiting }) => [...releaseArguments(waiting)],
    setPool: ({ keys }) => [modelIdOf(REGISTERED), keys.attacker.address],
    pauseLaunches: () => [HOUR],
    resumeLaunches: () => [],
  },
  ModelToken: {
    transfer: ({ keys }) => [keys.attacker.address, 0n],
    transferFrom: ({ holder, keys }) => [holder.address, keys.attacker.address, 1n],
    approve: ({ keys }) => [keys.attacker.address, MAX_UINT256],
    permit: ({ holder, keys }) => [
      holder.address,
      keys.attacker.address,
      MAX_UINT256,
      MAX_UINT256,
      27,
      ZeroHash,
      ZeroHash,
    ],
    mint: ({ keys }) => [keys.attacker.address, TOKEN],
    burn: ({ holder }) => [holder.address, 1n],
    mintRewards: ({ keys }) => [[keys.attacker.address], [TOKEN]],
    mintSupplierAllocation: () => [],
    setPool: ({ keys }) => [keys.attacker.address],
  },
  HokusaiAMMFactory: {
    createPool: ({ tokens }) => [REGISTERED, tokens.registered],
    createPoolWithParams: ({ tokens }) => [REGISTERED, tokens.registered, ...termsList()],
    setPoolTerms: () => [modelIdOf(REGISTERED), SALT],
    pauseBuys: (world) => [live(world), HOUR],
    resumeBuys: (world) => [live(world)],
    setTreasury: ({ keys }) => [keys.attacker.address],
  },
  HokusaiAMM: {
    buy: (_, sender) => [USDC, 0n, sender, MAX_UINT256],
    buyWithPermit: (_, sender) => [USDC, 0n, sender, MAX_UINT256, PERMIT],
    buyExactOut: (_, sender) => [TOKEN, 0n, MAX_UINT256, sender, MAX_UINT256],
    buyExactOutWithPermit: (_, sender) => [TOKEN, 0n, MAX_UINT256, sender, MAX_UINT256, PERMIT],
    sell: (_, sender) => [TOKEN, 0n, sender, MAX_UINT256],
    depositFees: () => [USDC],
    collectFees: () => [],
    setBuysPausedUntil: () => [2n ** 40n - 1n],
  },
  UsageFeeRouter: {
    depositFee: (world) => [live(world), USDC],
    depositFeeWithPermit: (world) => [live(world), USDC, PERMIT],
    payForCalls: (world) => [live(world), 1_000n, MAX_UINT256],
    payForCallsWithPermit: (world) => [live(world), 1_000n, MAX_UINT256, PERMIT],
    depositFees: (world) => [deposits(world)],
    depositFeesWithPermit: (world) => [deposits(world), USDC, PERMIT],
    depositFromBatch: (world) => [world.holder.address, live(world), USDC],
  },
  InfrastructureReserve: {
    credit: (world) => [live(world), USDC],
    pay: (world) => Object.values(payment(world)),
    payMany: (world) => [[payment(world)]],
    payFromBatch: (world) => [payment(world)],
    approvePayee: (world) => [live(world), world.keys.attacker.address],
    revokePayee: (world) => [live(world), world.payee.address],
    rescueSurplus: ({ usdc, keys }) => [usdc.target, keys.attacker.address, 0n],
  },
  OracleAttestation: {
    addAttester: ({ keys }) => [keys.attacker.address],
    setThreshold: () => [1n],
    removeAttester: ({ attesters }) => [attesters[2]!.address],
  },
  DeltaOneVerifier: { processImprovement: ({ statement, lonely }) => [toCall(statement), lonely] },
  RewardDistributor: {
    claim: (world) => [claim(world)],
    claimMany: (world) => [[claim(world)]],
    createDistribution: ({ model, statement }) => [model.id, statement.evaluationId, model.token.target, SALT, TOKEN],
  },
  TimelockController: {
    schedule: (world) => [...operation(world), 172_800n],
    scheduleBatch: ({ registry }) => [[registry.target], [0n], ["0x"], ZeroHash, SALT, 172_800n],
    execute: operation,
    executeBatch: ({ registry }) => [[registry.target], [0n], ["0x"], ZeroHash, SALT],
    cancel: () => [SALT],
    updateDelay: () => [0n],
    grantRole: ({ keys }) => [roleId("PROPOSER_ROLE"), keys.attacker.address],
    revokeRole: ({ keys }) => [roleId("PROPOSER_ROLE"), keys.multisig.address],
    renounceRole: (_, sender) => [roleId("PROPOSER_ROLE"), sender],
    onERC721Received: ({ keys }) => [keys.attacker.address, keys.attacker.address, 0n, "0x"],
    onERC1155Received: ({ keys }) => [keys.attacker.address, keys.attacker.address, 0n, 0n, "0x"],
    onERC1155BatchReceived: ({ keys }) => [keys.attacker.address, keys.attacker.address, [], [], "0x"],
  },
};

/** Arguments with which an attacker would gain, or at least harm, most, and with which who may call succeeds. */
export function argumentsFor(contract: string, name: string): Arguments {
  const isAccess = AUTHORITY[contract]?.[name] === ACCESS[name];
  const found = isAccess ? ACCESS_ARGUMENTS[name] : ARGUMENTS[contract]?.[name];
  if (!found) throw new Error(`no arguments for ${contract}.${name}`);
  return found;
}

function benchmark({ statement, oracleAttestation }: World) {
  const { specHash, evaluationDataHash } = statement.evaluation;
  return {
    ...{
      specHash,
      evaluationDataHash,
      modelCommitment: ZeroHash,
      method: oracleAttestation.target,
      metric: 0,
      direction: 0,
    },
    ...{ baselineScore: 0, targetScore: 0, minImprovementBps: 10, minSampleSize: 1, minRuns: 1, minLowerBoundBps: 1 },
  };
}
