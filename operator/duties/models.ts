// SPDX-License-Identifier: MIT
// Which models are registered, which of them are declared in files, and what is still to be done for them.

import type { Interface, Log } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { ModelRegistry, ModelToken } from "../../.build/typechain";
import { checkBenchmark, checkToken, committedBy, type CommittedBenchmark } from "../../deploy/comparison";
import { networkOf } from "../../deploy/network";
import { Problem } from "../../sdk/base/problem";
import { readModelFile } from "../../sdk/node/modelFile";
import { isUnanswered } from "../../sdk/rpc/answers";
import { pinned } from "../../sdk/rpc/pinned";
import { keyOf, type ModelFile } from "../../sdk/schemas/model";
import type { Fact } from "../chain/checkpoint";
import type { Follower } from "../chain/follower";
import { Stopped, through, type PatientProvider } from "../rpc";
import type { Telemetry } from "../telemetry";

/** Steps of a launch that the service takes. */
export type LaunchStep = "distribute" | "pools";

/** A registered model with its file. */
export interface WatchedModel {
  readonly key: string;
  readonly file: ModelFile;
  readonly token: string;
}

/** What the chain's logs say about a model. */
type ModelFact = Fact & { readonly key: string } & (
    | { readonly kind: "created"; readonly name: string }
    | { readonly kind: "registered"; readonly benchmark: CommittedBenchmark }
    | { readonly kind: LaunchStep }
  );

interface KnownFile {
  readonly changed: number;
  readonly file?: ModelFile;
  /** Why the file cannot be read. */
  readonly reason?: string;
}

/** For each kind of verification method, a view that no other kind has. */
const KINDS = { OracleAttestation: "epoch", ZkProof: "keyHash", Hybrid: "methods" } as const;

/** How many models are compared with the chain at once. */
export const AT_ONCE = 16;

/** Follows the logs of the registry and the TokenManager, and the folder of model files. */
export class WatchedModels {
  private readonly files = new Map<string, KnownFile>();
  private declared = new Map<string, ModelFile>();
  private names = new Map<string, string>();
  private registered = new Map<string, CommittedBenchmark>();
  private taken: Record<LaunchStep, Set<string>> = { distribute: new Set(), pools: new Set() };
  private readonly compared = new Map<string, { readonly file: ModelFile; readonly model: WatchedModel }>();
  private readonly told = new Set<string>();

  constructor(
    private readonly hre: HardhatRuntimeEnvironment,
    private readonly provider: PatientProvider,
    private readonly registry: ModelRegistry,
    private readonly tokenManager: { readonly address: string; readonly interface: Interface },
    private readonly folder: string,
    follower: Follower,
    private readonly telemetry: Telemetry,
  ) {
    if (!existsSync(folder)) throw new Problem("NO_FILE", `there is no folder ${folder}: create it for model files.`);
    const topics = ["ModelCreated", "ModelRegistered", "BenchmarkReplaced", "ModelPoolSet"].map((name) =>
      topicOf(registry.interface, name),
    );
    follower.follow<ModelFact>({
      name: "models",
      addresses: [registry.target as string, tokenManager.address],
      events: [...topics, topicOf(tokenManager.interface, "SupplierAllocationDistributed")],
      read: (log) => this.read(log),
      apply: (fact) => this.apply(fact),
      clear: () => this.clear(),
      undone: (facts) => this.tellUndone(facts),
    });
  }

  /** Reads new and changed files in the folder. */
  async advance(): Promise<void> {
    await this.readFiles();
    this.tellUndeclared();
  }

  /** Keys of declared models whose step has not been taken, in the order of registration. */
  open(step: LaunchStep): string[] {
    return [...this.registered.keys()].filter((key) => this.declared.has(key) && !this.taken[step].has(key));
  }

  /** The model's file as it was last read. */
  fileOf(key: string): ModelFile | undefined {
    return this.declared.get(key);
  }

  /** Published id of a model; its key if the id is unknown. */
  nameOf(key: string): string {
    return this.declared.get(key)?.modelId ?? this.names.get(key) ?? key;
  }

  /** Returns the model if its file agrees with the chain at a block; throws a problem that names every difference. */
  async compare(key: string, block: number): Promise<WatchedModel> {
    const file = this.declared.get(key) as ModelFile;
    const known = this.compared.get(key);
    if (known?.file === file) return known.model;

    const committed = this.registered.get(key) as CommittedBenchmark;
    const { method } = committed;
    const provider = pinned(this.provider, block);
    const [hre, registry] = [through(this.hre, provider), this.registry.connect(provider)];
    const subject = { hre, protocol: { registry }, file };
    const token: ModelToken = await hre.ethers.getContractAt("ModelToken", await registry.tokenOf(key));
    await checkToken(subject, token);
    await this.requireKind(hre, file, method);
    checkBenchmark(file, committed, method);
    const model = { key, file, token: await token.getAddress() };
    this.compared.set(key, { file, model });
    return model;
  }

  /** A model file names the kind of its method; on chain the method is a contract that the admin allowed. */
  private async requireKind(
    hre: HardhatRuntimeEnvironment,
    { modelId, benchmark: { method } }: ModelFile,
    address: string,
  ): Promise<void> {
    if (await this.answers(hre, address, method, KINDS[method])) return;
    throw new Problem(
      "CONFLICT",
      `the method of ${modelId} is ${address}, which does not answer as the file's ${method}.`,
    );
  }

  private async answers(
    hre: HardhatRuntimeEnvironment,
    address: string,
    contract: string,
    view: string,
  ): Promise<boolean> {
    const method = await hre.ethers.getContractAt(contract, address);
    try {
      await method.getFunction(view)();
      return true;
    } catch (error) {
      if (error instanceof Stopped || isUnanswered(error)) throw error;
      return false;
    }
  }

  /** Reads files that are new or have changed. A file that cannot be read is logged and left out. */
  private async readFiles(): Promise<void> {
    const { folder } = this;
    const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
    const gone = [...this.files.keys()].filter((name) => !names.includes(name));
    let hasChanged = gone.length > 0;
    for (const name of gone) this.files.delete(name);
    for (const name of names) {
      const path = join(folder, name);
      const changed = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
      const known = this.files.get(name);
      // The fault may be in another file that this one names, such as the licence, so a faulty file is read again until it is right.
      if (known?.changed === changed && known.file !== undefined) continue;
      const read = await this.readFile(path);
      if (read.reason !== undefined && read.reason !== known?.reason) {
        this.telemetry.log("error", "model file cannot be read", { file: name, reason: read.reason });
      }
      hasChanged ||= read.file !== undefined || known?.changed !== changed;
      this.files.set(name, { changed, ...read });
    }
    if (!hasChanged) return;

    this.declared = new Map();
    for (const [name, { file }] of this.files) {
      if (file === undefined) continue;
      if (this.declared.has(keyOf(file))) {
        this.telemetry.log("error", "model declared twice", { file: name, model: file.modelId });
      } else this.declared.set(keyOf(file), file);
    }
    const invalid = [...this.files.values()].filter(({ file }) => file === undefined).length;
    this.telemetry.set("model_files_invalid", invalid);
  }

  private async readFile(path: string): Promise<Omit<KnownFile, "changed">> {
    try {
      return { file: await readModelFile(path, networkOf(this.hre).isLocal) };
    } catch (error) {
      return { reason: (error as Error).message.split("\n")[0] as string };
    }
  }

  private read(log: Log): ModelFact | undefined {
    const isRegistry = log.address === this.registry.target;
    const event = (isRegistry ? this.registry.interface : this.tokenManager.interface).parseLog(log);
    const fact = { block: log.blockNumber, transaction: log.transactionHash, key: log.topics[1] as string };
    switch (event?.name) {
      case "ModelCreated":
        return { ...fact, kind: "created", name: String(event.args["modelId"]) };
      case "ModelRegistered":
      case "BenchmarkReplaced":
        return { ...fact, kind: "registered", benchmark: committedBy(event) };
      case "ModelPoolSet":
        return { ...fact, kind: "pools" };
      case "SupplierAllocationDistributed":
        return { ...fact, kind: "distribute" };
      default:
        return undefined;
    }
  }

  private apply(fact: ModelFact): void {
    if (fact.kind === "created") this.names.set(fact.key, fact.name);
    else if (fact.kind === "registered") {
      this.registered.set(fact.key, fact.benchmark);
      this.compared.delete(fact.key);
    } else this.taken[fact.kind].add(fact.key);
  }

  private clear(): void {
    this.registered = new Map();
    this.names = new Map();
    this.taken = { distribute: new Set(), pools: new Set() };
    this.compared.clear();
  }

  /** Only logs what was undone: the duties repeat the steps. */
  private tellUndone(facts: readonly ModelFact[]): void {
    for (const { kind, key, block, transaction } of facts) {
      this.telemetry.log("warn", "undone", { what: kind, model: this.nameOf(key), block, hash: transaction });
    }
  }

  private tellUndeclared(): void {
    const undeclared = [...this.registered.keys()].filter(
      (key) => !this.declared.has(key) && !(this.taken.pools.has(key) && this.taken.distribute.has(key)),
    );
    for (const key of undeclared.filter((entry) => !this.told.has(entry))) {
      this.told.add(key);
      this.telemetry.log("warn", "model without a file", { model: this.nameOf(key), key });
    }
    this.telemetry.set("models_undeclared", undeclared.length);
  }
}

const topicOf = (contract: Interface, name: string) => (contract.getEvent(name) as { topicHash: string }).topicHash;
