/** What the operator is given in a soak, good and poisonous, and what the chain and the folders must contain at the end. */
import { Contract, id, JsonRpcProvider, MaxUint256, parseUnits, ZeroHash } from "ethers";
import hre from "hardhat";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { networkOf, siteOf } from "../../../deploy/network";
import { environmentFor } from "../../../deploy/rehearsal";
import { developmentKey } from "../../../sdk/base/accounts";
import { connect } from "../../../sdk/client/connect";
import type { ModelFile } from "../../../sdk/schemas/model";
import { formatBundle, type Bundle } from "../../../sdk/schemas/bundle";
import { STATEMENT_TYPES, statementDomain, toCall } from "../../../sdk/schemas/statement";
import { propose } from "../../../sdk/statements/propose";
import { confirm } from "../../../sdk/client/confirm";
import { type Node } from "../world/process";
import { HOLDERS, registerQueued, writeQueuedModels, type QueueDeployment } from "./launches";
import { Dice } from "./soakNode";

/** Accounts besides {@link HOLDERS}: two attesters, and those of the operator's duties. */
export const SOAK_ACCOUNTS = { attesters: [9, 10], submit: 17, fees: 18 } as const;

/** The most USDC that one record, and all records of a day, may cost in a soak. */
export const SOAK_LIMITS = { mostPerRecord: "100", mostPerDay: "1000000" } as const;

/** Number of models whose calls are paid at their price; the calls of one model are paid together. */
const CALLED = 5;

const [DELTA, LIFE] = [100n, 2n * 86_400n - 60n];

/** How many of each kind the operator is given. */
export interface SoakLoad {
  readonly registrations: number;
  readonly bundles: number;
  readonly records: number;
}

/** A record that must be paid, and its cost in reserve units. */
export interface SoakRecord {
  readonly id: string;
  readonly model: string;
  readonly amount?: string;
  readonly calls?: number;
  readonly cost: bigint;
}

/** Everything that a soak gives the operator, and the names under which it must report what is wrong. */
export interface SoakWork {
  readonly models: readonly ModelFile[];
  readonly bundles: readonly Bundle[];
  readonly records: readonly SoakRecord[];
  /** Registered models that must not be launched. */
  readonly unlaunched: readonly string[];
  readonly poison: readonly string[];
}

/** Registers the models, funds the fee account, and writes bundles and poison to the folders. */
export async function prepareSoak(
  node: Node,
  provider: JsonRpcProvider,
  deployment: QueueDeployment,
  folder: string,
  load: SoakLoad,
): Promise<SoakWork> {
  for (const name of ["bundles", "fees"]) mkdirSync(join(folder, name));
  const all = writeQueuedModels(folder, load.registrations + 2);
  await registerQueued(provider, deployment, all);
  const models = all.slice(0, load.registrations);
  const [changed, broken] = all.slice(load.registrations) as [ModelFile, ModelFile];
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  const path = join(folder, "models", `${changed.modelId}.json`);
  writeFileSync(path, JSON.stringify({ ...(JSON.parse(readFileSync(path, "utf8")) as object), name: "Another Model" }));
  write(`models/${broken.modelId}.json`, "{");
  await fundFees(provider, deployment);

  const bundles = await signBundles(node, deployment, models.slice(0, load.bundles));
  for (const bundle of bundles) write(`bundles/${bundle.modelId}.json`, formatBundle(bundle));
  const poison = [
    changed.modelId,
    broken.modelId,
    ...poisonBundles(folder, bundles[0] as Bundle),
    ...poisonRecords(folder, models[0] as ModelFile),
  ];
  const unlaunched = [changed.modelId, broken.modelId];
  return { models, bundles, records: buildRecords(models, load.records), unlaunched, poison };
}

async function fundFees(provider: JsonRpcProvider, { addresses }: QueueDeployment): Promise<void> {
  const payer = developmentKey(SOAK_ACCOUNTS.fees).connect(provider);
  const at = async (name: string, address: string) =>
    new Contract(address, (await hre.artifacts.readArtifact(name)).abi, payer);
  const reserve = await at("ReserveTokenMock", addresses["ReserveToken"] as string);
  const factory = await at("HokusaiAMMFactory", addresses["HokusaiAMMFactory"] as string);
  const router = (await factory.getFunction("feeRouter")()) as string;
  await confirm("mint", reserve.getFunction("mint")(payer, parseUnits("100000000", 6)));
  await confirm("approve", reserve.getFunction("approve")(router, MaxUint256));
}

/** Signs an improvement of each model with as many attesters as the threshold requires. All models have the same benchmark. */
async function signBundles(
  node: Node,
  { addresses }: QueueDeployment,
  models: readonly ModelFile[],
): Promise<Bundle[]> {
  const environment = environmentFor(hre, "localhost", { url: node.url });
  const chain = await connect(siteOf(environment), addresses["DeltaOneVerifier"] as string);
  const [first] = models as [ModelFile];
  const benchmark = await chain.registry.benchmarkOf(id(first.modelId));
  const measured = {
    specHash: benchmark.specHash,
    evaluationDataHash: benchmark.evaluationDataHash,
    baselineScore: benchmark.baselineScore,
    candidateScore: benchmark.baselineScore + DELTA,
    sampleSize: benchmark.minSampleSize,
    runs: benchmark.minRuns,
    lowerBoundBps: benchmark.minLowerBoundBps,
    contributionDataHash: id("contributed data"),
  };
  const contributors = [{ account: developmentKey(HOLDERS.supplier).address, weight: 1n }];
  const { modelId } = first;
  const proposal = { modelId, evaluationName: "", measured, contributors, candidateCommitment: ZeroHash, life: LIFE };
  const { bundle } = await propose(chain, proposal);
  const domain = statementDomain(BigInt(networkOf(environment).chainId), bundle.verifier);
  const signed: Bundle[] = [];
  for (const model of models) {
    const evaluation = { ...bundle.statement.evaluation, model: id(model.modelId) };
    const statement = { ...bundle.statement, evaluation, evaluationId: id(`soak of ${model.modelId}`) };
    const attestations = await Promise.all(
      SOAK_ACCOUNTS.attesters.map(async (index) => {
        const key = developmentKey(index);
        return { signer: key.address, signature: await key.signTypedData(domain, STATEMENT_TYPES, toCall(statement)) };
      }),
    );
    signed.push({ ...bundle, modelId: model.modelId, statement, attestations });
  }
  return signed;
}

function poisonBundles(folder: string, good: Bundle): string[] {
  const at = (name: string) => join(folder, "bundles", `${name}.json`);
  const other = { ...good, statement: { ...good.statement, evaluationId: id("never signed") } };
  mkdirSync(at("poison-folder"));
  symlinkSync("poison-loop.json", at("poison-loop"));
  writeFileSync(at("poison-text"), "no bundle");
  writeFileSync(at("poison-chain"), formatBundle({ ...good, chainId: 1 }));
  writeFileSync(at("poison-few"), formatBundle({ ...other, attestations: good.attestations.slice(1) }));
  writeFileSync(at("poison-signature"), formatBundle(other));
  return ["folder", "loop", "text", "chain", "few", "signature"].map((name) => `poison-${name}.json`);
}

function poisonRecords(folder: string, { modelId: model }: ModelFile): string[] {
  const at = (name: string) => join(folder, "fees", `${name}.json`);
  const record = (name: string, content: object) => writeFileSync(at(name), JSON.stringify({ id: name, ...content }));
  mkdirSync(at("poison-drawer"));
  symlinkSync("poison-ring.json", at("poison-ring"));
  writeFileSync(at("poison-words"), "no record");
  record("poison-due", { model, amount: "1", calls: 1 });
  record("poison-model", { model: "nowhere", amount: "1" });
  record("poison-price", { model: "nowhere", calls: 1 });
  record("poison-large", { model, amount: "100.000001" });
  return ["drawer", "ring", "words", "due", "model", "price", "large"].map((name) => `poison-${name}.json`);
}

/**
 * Records of amounts for all models, and of calls for some. Two of their files are named in a way that could collide with a result's file.
 */
function buildRecords(models: readonly ModelFile[], count: number): SoakRecord[] {
  const dice = new Dice(11);
  return Array.from({ length: count }, (_, index): SoakRecord => {
    const name = index === 0 ? "a.result" : index === 1 ? "a" : `r${index}`;
    const isCalls = dice.below(4) === 0;
    const { modelId: model } = models[
      dice.below(isCalls ? Math.min(CALLED, models.length) : models.length)
    ] as ModelFile;
    const number = 1 + dice.below(2_000);
    if (isCalls) return { id: name, model, calls: 2 * number, cost: BigInt(number) * 5_000n };
    return { id: name, model, amount: `0.${String(number).padStart(6, "0")}`, cost: BigInt(number) };
  });
}

/** What is not done, done twice or done wrong, one line each. */
export async function findFaults(
  provider: JsonRpcProvider,
  { registry, tokenManager, addresses }: QueueDeployment,
  { models, bundles, records, unlaunched }: SoakWork,
  folder: string,
): Promise<string[]> {
  const faults: string[] = [];
  const logsOf = async (contract: Contract, name: string) =>
    provider.getLogs({
      address: contract.target as string,
      topics: [contract.interface.getEvent(name)?.topicHash ?? null],
      fromBlock: 0,
    });
  const expectOnce = (what: string, wanted: ReadonlyMap<string, string>, found: readonly (string | undefined)[]) => {
    const counts = new Map<string, number>();
    for (const key of found) counts.set(String(key), (counts.get(String(key)) ?? 0) + 1);
    for (const [key, name] of wanted)
      if (counts.get(key) !== 1) faults.push(`${what} ${name}: ${counts.get(key) ?? 0} times`);
    for (const key of counts.keys()) if (!wanted.has(key)) faults.push(`${what} ${key}: not asked for`);
  };
  const launched = new Map(models.map(({ modelId }) => [id(modelId), modelId]));
  const topic = (place: number) => (log: { readonly topics: readonly string[] }) => log.topics[place];
  expectOnce("pool of", launched, (await logsOf(registry, "ModelPoolSet")).map(topic(1)));
  expectOnce("supplier of", launched, (await logsOf(tokenManager, "SupplierAllocationDistributed")).map(topic(1)));
  const improved = new Map(bundles.map(({ modelId, statement }) => [statement.evaluationId, modelId]));
  expectOnce("improvement of", improved, (await logsOf(registry, "ScoreMoved")).map(topic(2)));
  for (const model of unlaunched) if (launched.has(id(model))) faults.push(`${model} must not be launched`);

  const factory = new Contract(
    addresses["HokusaiAMMFactory"] as string,
    (await hre.artifacts.readArtifact("HokusaiAMMFactory")).abi,
    provider,
  );
  const router = new Contract(
    (await factory.getFunction("feeRouter")()) as string,
    (await hre.artifacts.readArtifact("UsageFeeRouter")).abi,
    provider,
  );
  const deposits = await logsOf(router, "FeeDeposited");
  const wanted = new Map(records.map((record) => [id(record.id), record.id]));
  const paid: string[] = [];
  for (const hash of new Set(deposits.map(({ transactionHash }) => transactionHash))) {
    const data = (await provider.getTransaction(hash))?.data ?? "0x";
    for (let end = data.length; end > 64; end -= 64) {
      const word = `0x${data.slice(end - 64, end)}`;
      if (!wanted.has(word)) break;
      paid.push(word);
    }
  }
  expectOnce("payment of", wanted, paid);
  const sum = deposits.reduce((total, log) => {
    const args = router.interface.parseLog(log)?.args;
    return total + BigInt(args?.["infrastructureAmount"]) + BigInt(args?.["poolAmount"]);
  }, 0n);
  const due = records.reduce((total, { cost }) => total + cost, 0n);
  if (sum !== due) faults.push(`fees: ${sum} were paid, ${due} were due`);
  for (const [inbox, names] of [
    ["fees", records.map((record) => record.id)],
    ["bundles", bundles.map(({ modelId }) => modelId)],
  ] as const) {
    const isDone = (name: string) => existsSync(join(folder, inbox, "done", `${name}.json`));
    for (const name of names) if (!isDone(name)) faults.push(`${inbox}: ${name} is not in done`);
    const left = readdirSync(join(folder, inbox)).filter(
      (name) => name.endsWith(".json") && !name.startsWith("poison-"),
    );
    for (const name of left) faults.push(`${inbox}: ${name} still waits`);
  }
  return faults;
}
