import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { id } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import type { HokusaiAMM, ModelToken } from "../.build/typechain";
import type { InitialParamsStruct } from "../.build/typechain/contracts/tokens/TokenManager";
import { printed } from "../sdk/base/printed";
import { Problem } from "../sdk/base/problem";
import { formatReserve, formatTokens } from "../sdk/base/units";
import { confirm } from "../sdk/client/confirm";
import { readEvents } from "../sdk/rpc/logs";
import { keyOf, virtualSupplyOf, type ModelFile } from "../sdk/schemas/model";
import { actAsAdmin } from "./admin";
import { checkBenchmark, checkToken, committedBy, requireSame, type CommittedBenchmark } from "./comparison";
import { AGAIN, blocksOf } from "./journal";
import { persist } from "./pending";
import type { Protocol } from "./protocol";
import { signerWithRole } from "./roles";
import type { Report } from "./step";
import { ensureRecipient, findWallet } from "./vesting";
import { ACCESS_OF, ensureMethod, MethodAccess, methodSteps } from "./zk";

/** Life cycle of a model, as on chain. */
export const Status = { NONE: 0n, PROPOSAL: 1n, REGISTERED: 2n, DEPLOYED: 3n } as const;

/** The name of a status. */
export function statusName(code: bigint): string {
  return Object.entries(Status).find(([, value]) => value === code)?.[0] ?? String(code);
}

/** A model that trades. */
export interface LaunchedModel {
  readonly file: ModelFile;
  readonly key: string;
  readonly token: ModelToken;
  readonly pool: HokusaiAMM;
}

/** What the steps of a launch work with. */
export interface Launch {
  readonly hre: HardhatRuntimeEnvironment;
  readonly protocol: Protocol;
  readonly file: ModelFile;
  readonly report: Report;
}

/** The role that takes each step of a launch, and the contract that grants it. */
const ROLES = {
  "deploy vesting wallet": ["tokenManager", "DEPLOYER_ROLE"],
  "deploy token": ["tokenManager", "DEPLOYER_ROLE"],
  "register model": ["registry", "REGISTRAR_ROLE"],
  "distribute supplier allocation": ["tokenManager", "DISTRIBUTOR_ROLE"],
  "create pool": ["registry", "POOL_CREATOR_ROLE"],
} as const satisfies Record<string, RoleOfStep>;

const REGISTER = "register model";
const SCHEDULE_REGISTRATION = "schedule registration";

type RoleOfStep = readonly [contract: "registry" | "tokenManager", role: string];

/**
 * Steps 1 to 4 of a launch. Each step looks for what exists, checks it against the file, and sends only what is missing. Pending
 * transactions are awaited first: those of an earlier run, and, after the endpoint has failed, those of this run.
 */
export async function launchModel(
  hre: HardhatRuntimeEnvironment,
  protocol: Protocol,
  file: ModelFile,
  report: Report,
  onWait: (reason: string) => void = () => undefined,
): Promise<LaunchedModel> {
  return persist(hre, onWait, () => takeSteps({ hre, protocol, file, report }));
}

/** The account in this environment that has the role for a step; throws if none has. Undefined for steps that need no role. */
export async function signerOfStep(
  hre: HardhatRuntimeEnvironment,
  protocol: Protocol,
  step: string,
): Promise<HardhatEthersSigner | undefined> {
  const role = (ROLES as Record<string, RoleOfStep>)[step];
  return role && signerWithRole(hre, protocol, ...role);
}

/** The steps of a launch that are already on chain. */
export async function stepsTaken(
  hre: HardhatRuntimeEnvironment,
  protocol: Protocol,
  file: ModelFile,
): Promise<ReadonlySet<string>> {
  const key = keyOf(file);
  const status = await protocol.registry.statusOf(key);
  const token = await findToken({ hre, protocol }, file.modelId);
  const hasWallet = token !== undefined || (await findWallet(hre, protocol, file)) !== undefined;
  const steps: Record<string, boolean> = {
    "deploy vesting wallet": hasWallet,
    "deploy token": token !== undefined,
    ...(await methodSteps(hre, protocol, file.benchmark)),
    [SCHEDULE_REGISTRATION]: status >= Status.REGISTERED,
    [REGISTER]: status >= Status.REGISTERED,
    "distribute supplier allocation": token !== undefined && (await token.isSupplierMinted()),
    "create pool": status >= Status.DEPLOYED,
  };
  return new Set(Object.keys(steps).filter((step) => steps[step]));
}

async function takeSteps(launch: Launch): Promise<LaunchedModel> {
  const { file } = launch;
  const token = await ensureToken(launch);
  await ensureRegistered(launch);
  await ensureDistributed(launch, file.modelId);
  const pool = await ensurePool(launch);
  return { file, key: keyOf(file), token, pool };
}

/** The arguments of `TokenManager.deployTokenWithAllocations` for a model file; the supplier allocation goes to `recipient`. */
export function tokenArguments(
  file: ModelFile,
  recipient: string,
): [string, string, string, bigint, string, bigint, InitialParamsStruct] {
  return [
    file.modelId,
    file.name,
    file.symbol,
    file.supplierAllocation,
    recipient,
    file.investorAllocation,
    {
      tokensPerDeltaOne: file.tokensPerDeltaOne,
      infrastructureAccrualBps: file.infrastructureAccrualBps,
      initialOraclePricePerThousandUsd: file.pricePerThousandCalls,
      licenseHash: file.licenseHash,
      licenseURI: file.licenseURI,
      governor: file.governor,
    },
  ];
}

/** Step 1: the model's token. If the file names a vesting wallet for the supplier allocation, it comes first. */
export async function ensureToken(launch: Launch): Promise<ModelToken> {
  const { hre, protocol, file, report } = launch;
  const { tokenManager } = protocol;
  const name = "deploy token";
  const existing = await findToken(launch, file.modelId);
  if (existing) {
    await checkToken(launch, existing);
    report({ name, outcome: `${file.symbol} at ${await existing.getAddress()}` });
    return existing;
  }

  const signer = await signerWithRole(hre, protocol, ...ROLES[name]);
  const recipient = await ensureRecipient(launch, signer.address);
  const sent = await confirm(
    name,
    tokenManager.connect(signer).deployTokenWithAllocations(...tokenArguments(file, recipient)),
  );
  const token = await findToken(launch, file.modelId);
  if (token === undefined)
    throw new Problem("UNKNOWN_OUTCOME", `${file.modelId} has no token after ${sent.hash}: run the command again.`);
  await checkToken(launch, token);
  report({ name, sent, outcome: `${file.symbol} at ${await token.getAddress()}, nothing minted; status PROPOSAL` });
  return token;
}

/**
 * Step 2: the model's benchmark. If the protocol lacks its verification method, that is deployed first. If registrars may not use the
 * method, the admin registers the model, in one operation that also allows the method if necessary.
 */
export async function ensureRegistered(launch: Launch): Promise<void> {
  const { hre, protocol, file, report } = launch;
  const { registry } = protocol;
  const key = keyOf(file);
  const { method } = file.benchmark;
  const address = await ensureMethod(hre, protocol, file.benchmark, report);
  const benchmark = { ...file.benchmark, method: address };
  const isNew = (await registry.statusOf(key)) < Status.REGISTERED;
  const outcome = async () => `score ${await registry.scoreOf(key)} bps, verified by ${method}`;

  const before = await registry.methodAccessOf(address);
  const access = before === MethodAccess.NONE ? ACCESS_OF[method] : before;
  const isAdmins = isNew && access === MethodAccess.ADMIN;
  const calls = [
    ...(before === MethodAccess.NONE
      ? [registry.interface.encodeFunctionData("setMethodAccess", [address, access])]
      : []),
    ...(isAdmins ? [registry.interface.encodeFunctionData("registerModel", [key, benchmark])] : []),
  ];
  if (calls.length > 0) {
    const target = await registry.getAddress();
    const why = isAdmins
      ? `${file.modelId} is verified by ${method} at ${address}, with which only the admin registers a model`
      : `${method} at ${address} is not allowed yet`;
    const steps = isAdmins
      ? {
          command: "model:register",
          schedule: SCHEDULE_REGISTRATION,
          execute: REGISTER,
          outcome: async () => `${await outcome()}; status REGISTERED, by the admin`,
        }
      : {
          command: "model:register",
          schedule: `schedule ${method}`,
          execute: `allow ${method}`,
          outcome: async () => `${address} may verify benchmarks`,
        };
    await actAsAdmin(
      hre,
      protocol,
      calls.map((data) => ({ target, data })),
      why,
      steps,
      report,
    );
  }
  const registering =
    isNew && !isAdmins
      ? await confirm(
          REGISTER,
          registry.connect(await signerWithRole(hre, protocol, ...ROLES[REGISTER])).registerModel(key, benchmark),
        )
      : undefined;

  checkBenchmark(file, await committedBenchmark(launch), address);
  if (isAdmins) return;
  report({ name: REGISTER, sent: registering, outcome: `${await outcome()}${isNew ? "; status REGISTERED" : ""}` });
}

/** Whether the admin takes a step, if it has not been taken yet. */
export function isAdminStep(step: string, { benchmark }: ModelFile): boolean {
  return /^(schedule|allow) /.test(step) || (step === REGISTER && ACCESS_OF[benchmark.method] === MethodAccess.ADMIN);
}

/** Step 3: mints the supplier allocation once, to the recipient that was fixed with the token. */
export async function ensureDistributed(
  { hre, protocol, report }: Omit<Launch, "file">,
  modelId: string,
): Promise<ModelToken> {
  const name = "distribute supplier allocation";
  const token = await requireToken({ hre, protocol }, modelId);
  const isNew = !(await token.isSupplierMinted());
  const sent = isNew
    ? await confirm(
        name,
        protocol.tokenManager
          .connect(await signerWithRole(hre, protocol, ...ROLES[name]))
          .distributeModelSupplierAllocation(modelId),
      )
    : undefined;
  const amount = `${formatTokens(await token.supplierAllocation())} ${printed(await token.symbol())}`;
  report({ name, sent, outcome: `${amount} minted to ${await token.supplierRecipient()}` });
  return token;
}

/** Step 4: the model's pool, on the file's terms. */
export async function ensurePool({ hre, protocol, file, report }: Launch): Promise<HokusaiAMM> {
  const { factory, registry } = protocol;
  const key = keyOf(file);
  const name = "create pool";
  const token = await requireToken({ hre, protocol }, file.modelId);
  const { crr, tradeFee, ibrDuration, virtualReserve, initialPrice } = file.pool;
  const isNew = (await registry.statusOf(key)) < Status.DEPLOYED;
  const sent = isNew
    ? await confirm(
        name,
        factory
          .connect(await signerWithRole(hre, protocol, ...ROLES[name]))
          .createPoolWithParams(file.modelId, token, crr, tradeFee, ibrDuration, virtualReserve, initialPrice),
      )
    : undefined;

  const address = await registry.poolOf(key);
  const pool = await hre.ethers.getContractAt("HokusaiAMM", address);
  requireSame(`the pool of ${file.modelId}`, [
    ["token", await pool.token(), await token.getAddress()],
    ["crr", await pool.crr(), crr],
    ["tradeFee", await pool.tradeFee(), tradeFee],
    ["virtualReserve", await pool.virtualReserve(), virtualReserve],
    ["virtualSupply, which follows from initialPrice,", await pool.virtualSupply(), virtualSupplyOf(file.pool)],
  ]);
  const market = `${address}, ${formatReserve(virtualReserve)} USDC of virtual reserve`;
  report({ name, sent, outcome: `${market}${isNew ? "; status DEPLOYED" : ""}` });
  return pool;
}

type Site = Pick<Launch, "hre" | "protocol">;

/** The model's token, if it was deployed. */
export async function findToken({ hre, protocol }: Site, modelId: string): Promise<ModelToken | undefined> {
  const address = await protocol.registry.tokenOf(id(modelId));
  return BigInt(address) === 0n ? undefined : hre.ethers.getContractAt("ModelToken", address);
}

/** The model's token; throws if the model has none. */
export async function requireToken(site: Site, modelId: string): Promise<ModelToken> {
  const token = await findToken(site, modelId);
  if (token) return token;
  throw new Problem(
    "NOT_DEPLOYED",
    `${modelId} has no token on ${site.protocol.network.name}: check the id, or deploy the model first.`,
  );
}

/** The model's pool, if it was created. */
export async function findPool({ hre, protocol }: Site, modelId: string): Promise<HokusaiAMM | undefined> {
  const address = await protocol.registry.poolOf(id(modelId));
  return BigInt(address) === 0n ? undefined : hre.ethers.getContractAt("HokusaiAMM", address);
}

/** The model's pool; throws if the model has none. */
export async function requirePool(site: Site, modelId: string): Promise<HokusaiAMM> {
  const pool = await findPool(site, modelId);
  if (pool) return pool;
  throw new Problem(
    "NOT_DEPLOYED",
    `${modelId} has no pool on ${site.protocol.network.name}: check the id, or create the pool first.`,
  );
}

/** The benchmark that the registrar committed, or with which the admin last replaced it. */
async function committedBenchmark({ hre, protocol, file }: Launch): Promise<CommittedBenchmark> {
  const { registry } = protocol;
  const blocks = await blocksOf(hre);
  const [registered, replaced] = await Promise.all([
    readEvents(blocks, registry, registry.filters.ModelRegistered(keyOf(file))),
    readEvents(blocks, registry, registry.filters.BenchmarkReplaced(keyOf(file))),
  ]);
  const committed = replaced.at(-1) ?? registered[0];
  if (committed) return committedBy(committed);
  throw new Problem(
    "NODE_FAILED",
    `the RPC endpoint does not know how ${file.modelId} was registered, it may lag behind: ${AGAIN}.`,
  );
}
