import { time } from "@nomicfoundation/hardhat-network-helpers";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { concat, zeroPadValue } from "ethers";
import { ethers } from "hardhat";
import type { Caller, Effect } from "../../sdk/state/authority";
import { roleId } from "../helpers/guarded.behavior";
import { buildPoolTerms, buildModel, modelIdOf, Parameter } from "../../scripts/dev/world/models";
import {
  attest,
  benchmarkWith,
  buildContributors,
  buildStatement,
  deployImprovements,
  improve,
  type Improvements,
} from "../../scripts/dev/world/improvements";
import { queuedBy, waitFor } from "../../scripts/dev/world/payouts";
import { argumentsOf } from "../../scripts/dev/world/protocol";
import { HOUR, MAX_UINT256, TOKEN, USDC } from "../../scripts/dev/world/units";

/** Id of the model that trades. */
export const LIVE = "credit-default";

/** Id of a model that has a token only, and of one that is registered. */
export const [PROPOSED, REGISTERED] = ["proposed", "registered"];

const FUNDS = 1_000_000n * USDC;
const INVOICE = ethers.id("invoice");

/** Every key, by what it is called in the table of roles. */
export type Key = Exclude<Caller, "anyone" | "contract" | "successor"> | "attacker" | "attester" | "treasury";

/** A protocol in use. */
export type World = Awaited<ReturnType<typeof protocolInUse>>;

/**
 * The protocol as it is shipped, with a model that trades, streams fees and has money in the infrastructure reserve, one that
 * is only registered and one that is only proposed. One payout of the first is void, one has waited and can be released. Every
 * key has money that is approved to everything; the attester is one of two that must sign.
 */
export async function protocolInUse() {
  const context = await deployImprovements();
  const { parameters, tokenManager, registry, factory, infrastructureReserve, feeRouter, reserveToken, model } =
    context;
  const signer = (address: string) => ethers.getSigner(address);
  const keys: Record<Key, HardhatEthersSigner> = {
    admin: context.admin,
    multisig: await signer(parameters.Governance.proposers[0]!),
    guardian: context.guardian,
    operator: await signer(parameters.Tokens.operators[0]!),
    launcher: context.launcher,
    registrar: context.registrar,
    distributor: context.distributor,
    poolCreator: context.poolCreator,
    payer: await signer(parameters.Models.payers[0]!),
    governor: context.governor,
    owner: context.supplier,
    wirer: context.deployer,
    attester: context.attesters[0]!,
    treasury: await signer(parameters.Market.treasury),
    attacker: context.mallory,
  };
  const usdc = await ethers.getContractAt("ReserveTokenMock", reserveToken);
  for (const modelId of [PROPOSED, REGISTERED]) {
    const launch = buildModel({ supplierRecipient: keys.owner.address, governor: keys.governor.address }, { modelId });
    await tokenManager.connect(keys.launcher).deployTokenWithAllocations(...argumentsOf(launch));
  }
  await registry.connect(keys.registrar).registerModel(modelIdOf(REGISTERED), await benchmarkWith(context));
  const { crr, tradeFee, ibrDuration, virtualReserve, initialPrice } = buildPoolTerms({ ibrDuration: 0n });
  await factory
    .connect(keys.poolCreator)
    .createPoolWithParams(LIVE, model.token, crr, tradeFee, ibrDuration, virtualReserve, initialPrice);
  const pool = await ethers.getContractAt("HokusaiAMM", await factory.poolOf(model.id));

  const holder = context.alice;
  for (const account of [...Object.values(keys), holder]) {
    await usdc.mint(account, FUNDS);
    for (const spender of [pool, feeRouter]) await usdc.connect(account).approve(spender, MAX_UINT256);
  }
  await pool.connect(holder).buy(1_000n * USDC, 0, holder, MAX_UINT256);
  await pool.connect(keys.attacker).buy(10n * USDC, 0, keys.attacker, MAX_UINT256);
  await registry.connect(keys.governor).setPricePerThousandCalls(model.id, USDC);
  await infrastructureReserve.connect(keys.governor).approvePayee(model.id, context.bob);
  const { voided, waiting } = await queuePayouts(context);
  await feeRouter.connect(holder).depositFee(model.id, 1_000n * USDC);
  await registry.connect(keys.governor).setTokensPerDeltaOne(model.id, 200n * TOKEN);
  const statement = await buildStatement(context, model);
  const lonely = await attest(context, statement, [keys.attester]);
  const tokens = { registered: await registry.tokenOf(modelIdOf(REGISTERED)) };
  return { ...context, usdc, tokens, keys, pool, holder, payee: context.bob, statement, lonely, voided, waiting };
}

/** Two improvements: the admin has made the payout of the first void, that of the second has waited. */
async function queuePayouts(context: Improvements) {
  const { registry, oracleAttestation, admin, guardian, model, bob, carol } = context;
  const contributors = buildContributors([bob, carol], [5_000n, 5_000n]);
  const queue = async () => queuedBy(context, (await improve(context, model, { contributors })).transaction);
  const voided = await queue();
  await registry.connect(guardian).stopPayouts(oracleAttestation, voided.queuedAt);
  await registry.connect(admin).voidPayouts(oracleAttestation, voided.queuedAt, MAX_UINT256);
  await time.increase(HOUR);
  const waiting = await queue();
  await waitFor(context, waiting);
  return { voided, waiting };
}

/** Contracts by the name in the table of roles. */
export function contractsOf(world: World) {
  return {
    ModelRegistry: world.registry,
    TokenManager: world.tokenManager,
    ModelToken: world.model.token,
    HokusaiAMMFactory: world.factory,
    HokusaiAMM: world.pool,
    UsageFeeRouter: world.feeRouter,
    InfrastructureReserve: world.infrastructureReserve,
    OracleAttestation: world.oracleAttestation,
    DeltaOneVerifier: world.verifier,
    RewardDistributor: world.rewardDistributor,
    TimelockController: world.timelock,
  } as const;
}

/** Which account holds which role, as words: hundreds of questions, so they go without the library's encoder. */
function holdersOf(
  contract: World["registry" | "tokenManager" | "timelock"],
  roles: readonly string[],
  accounts: readonly HardhatEthersSigner[],
): Promise<string[]> {
  const { selector } = contract.interface.getFunction("hasRole");
  const asked = roles.flatMap((role) =>
    accounts.map(({ address }) => concat([selector, role, zeroPadValue(address, 32)])),
  );
  const { provider } = ethers;
  return Promise.all(asked.map((data) => provider.send("eth_call", [{ to: contract.target, data }, "latest"])));
}

/** What the table of roles speaks of, part by part, as comparable text; and what no call of a stranger may ever move. */
export async function measure(world: World): Promise<Record<Effect | "holder", string>> {
  const { registry, tokenManager, factory, pool, infrastructureReserve, oracleAttestation, model, keys, usdc } = world;
  const { timelock, verifier, rewardDistributor, holder } = world;
  const ids = [model.id, modelIdOf(REGISTERED), modelIdOf(PROPOSED), modelIdOf("new")];
  const tokens = await Promise.all(ids.map((id) => registry.tokenOf(id)));
  const text = (value: unknown) =>
    JSON.stringify(value, (_, item: unknown) => (typeof item === "bigint" ? item.toString() : item));
  const each = <T>(read: (id: string) => Promise<T>) => Promise.all(ids.map(read));
  const administered = [registry, tokenManager];
  const roles = [
    "DEFAULT_ADMIN",
    "GUARDIAN",
    "OPERATOR",
    "DEPLOYER",
    "REGISTRAR",
    "DISTRIBUTOR",
    "POOL_CREATOR",
    "PAYER",
  ].map((role) => roleId(`${role}_ROLE`));
  const timelockRoles = ["DEFAULT_ADMIN_ROLE", "PROPOSER_ROLE", "EXECUTOR_ROLE", "CANCELLER_ROLE"].map(roleId);
  const accounts = Object.values(keys);
  const holdings = await Promise.all(administered.map((contract) => holdersOf(contract, roles, accounts)));
  const admins = await Promise.all(
    administered.map(async (contract) => [
      await contract.defaultAdmin(),
      [...(await contract.pendingDefaultAdmin())],
      await contract.defaultAdminDelay(),
      [...(await contract.pendingDefaultAdminDelay())],
    ]),
  );
  const timelockHoldings = await holdersOf(timelock, timelockRoles, accounts);
  const existing = tokens.filter((token) => token !== ethers.ZeroAddress);
  const supplies = await Promise.all(
    existing.map(async (address) => {
      const token = await ethers.getContractAt("ModelToken", address);
      return [await token.totalSupply(), await token.rewardsMinted(), await token.isSupplierMinted()];
    }),
  );
  // At the second of the stream's last settlement, so that time alone moves nothing.
  const [reserve, pending] = [await pool.reserve(), await pool.pendingStream()];
  return {
    roles: text([holdings, admins, timelockHoldings]),
    book: text([
      ...[await registry.tokenManager(), await registry.factory(), await registry.verifier(), await factory.treasury()],
      await registry.methodAccessOf(keys.attacker),
      await Promise.all(world.attesters.map((attester) => oracleAttestation.isAttester(attester))),
      await oracleAttestation.attesterCount(),
      ...[await oracleAttestation.threshold(), await oracleAttestation.epoch()],
    ]),
    lifecycle: text([
      await each(async (id) => [await registry.statusOf(id), await registry.poolOf(id), await registry.tokenOf(id)]),
      await each(async (id) => [[...(await registry.benchmarkOf(id))], await registry.benchmarkVersionOf(id)]),
      await each((id) => factory.poolTermsOf(id)),
    ]),
    payouts: text([
      [...(await registry.payoutStopOf(oracleAttestation))],
      await registry.rewardsRemainingOf(model.id),
      await Promise.all(
        [world.voided, world.waiting, world.statement].map(({ evaluationId }) =>
          registry.payoutOf(model.id, evaluationId),
        ),
      ),
    ]),
    limits: text(await each((id) => registry.dailyLimitOf(id))),
    parameters: text([
      await each(async (id) => [...(await registry.parametersOf(id))]),
      await each((id) =>
        Promise.all(Object.values(Parameter).map(async (p) => [...(await registry.pendingChangeOf(id, p))])),
      ),
    ]),
    handovers: text([
      await each(async (id) => [[...(await registry.governanceOf(id))], await registry.ownerOf(id)]),
      await each(async (id) => [(await registry.pendingGovernorOf(id))[0], await registry.pendingOwnerOf(id)]),
    ]),
    pauses: text([
      [...(await factory.buysPauseOf(model.id))],
      [await tokenManager.launchesPausedUntil(), await tokenManager.launchesPauseWholeAt()],
      [await registry.submissionsPausedUntil(), await registry.submissionsPauseWholeAt()],
    ]),
    payees: text(
      await Promise.all(
        accounts
          .map((account) => infrastructureReserve.payableFrom(model.id, account))
          .concat(infrastructureReserve.payableFrom(model.id, world.payee)),
      ),
    ),
    supply: text(supplies),
    market: text([
      reserve + pending,
      await pool.curveSupply(),
      await pool.uncollectedFees(),
      await factory.poolCount(),
    ]),
    bills: text([
      await each((id) => infrastructureReserve.balanceOf(id)),
      await infrastructureReserve.totalOwed(),
      await infrastructureReserve.isPaid(INVOICE),
    ]),
    // S7: what somebody owns who sent nothing and approved nothing to the sender.
    holder: text([
      ...[await usdc.balanceOf(holder), await model.token.balanceOf(holder)],
      ...[await usdc.allowance(holder, keys.attacker), await model.token.allowance(holder, keys.attacker)],
      ...[await usdc.balanceOf(rewardDistributor), await model.token.balanceOf(rewardDistributor)],
      await usdc.balanceOf(verifier),
    ]),
  };
}
