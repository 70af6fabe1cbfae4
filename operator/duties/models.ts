// SPDX-License-Identifier: MIT
// Which models are registered, which of them are declared in files, and what is still to be done for them.

import type { Interface, Log } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { ModelRegistry, ModelToken } from "../../.build/typechain";
import { checkBenchmark, checkToken, type CommittedBenchmark } from "../../deploy/launch";
import { networkOf } from "../../deploy/network";
import { Problem } from "../../sdk/base/problem";
import { readModelFile } from "../../sdk/node/modelFile";
import { isUnanswered } from "../../sdk/rpc/answers";
import { keyOf, type ModelFile } from "../../sdk/schemas/modelFile";
import { Stopped, type PatientProvider } from "../rpc";
import type { Telemetry } from "../telemetry";
import type { ChainView } from "./duty";

/** Steps of a launch that the service takes. */
export type LaunchStep = "distribute" | "pools";

/** A registered model with its file. */
export interface WatchedModel {
  readonly key: string;
  readonly file: ModelFile;
  readonly token: string;
}

interface KnownFile {
  readonly changed: number;
  readonly file?: ModelFile;
}

/** A view of each kind of verification method that no other kind has. */
const KINDS = { OracleAttestation: "epoch", ZkProof: "keyHash", Hybrid: "methods" } as const;

/** How many models are compared with the chain at once. */
export const AT_ONCE = 16;

/** Follows the logs of registry and TokenManager up to the confirmed block, and the folder of model files. */
export class WatchedModels {
  private readonly files = new Map<string, KnownFile>();
  private declared = new Map<string, ModelFile>();
  private names = new Map<string, string>();
  private registered = new Map<string, CommittedBenchmark>();
  private taken: Record<LaunchStep, Set<string>> = { distribute: new Set(), pools: new Set() };
  private readonly compared = new Map<string, { readonly file: ModelFile; readonly model: WatchedModel }>();
  private readonly told = new Set<string>();
  private cursor: { readonly block: number; readonly hash: string } | undefined;

  constructor(
    private readonly hre: HardhatRuntimeEnvironment,
    private readonly provider: PatientProvider,
    private readonly registry: ModelRegistry,
    private readonly tokenManager: { readonly address: string; readonly interface: Interface },
    private readonly options: { readonly folder: string; readonly fromBlock: number },
    private readonly telemetry: Telemetry,
  ) {
    if (!existsSync(options.folder))
      throw new Problem(`there is no folder ${options.folder}: create it for model files.`);
  }

  /** Reads what is new in the folder and on chain. */
  async advance(view: ChainView): Promise<void> {
    await this.readFiles();
    await this.readLogs(view);
    this.tellUndeclared();
  }

  /** Declared models whose step is not taken, in the order of their registration. */
  open(step: LaunchStep): string[] {
    return [...this.registered.keys()].filter((key) => this.declared.has(key) && !this.taken[step].has(key));
  }

  /** The model's file as it was read last. */
  fileOf(key: string): ModelFile | undefined {
    return this.declared.get(key);
  }

  /** Published id of a model. */
  nameOf(key: string): string {
    return this.declared.get(key)?.modelId ?? this.names.get(key) ?? key;
  }

  /** The model, if the chain has what its file says; throws a problem that names every difference. */
  async compare(key: string): Promise<WatchedModel> {
    const file = this.declared.get(key) as ModelFile;
    const known = this.compared.get(key);
    if (known?.file === file) return known.model;

    const committed = this.registered.get(key) as CommittedBenchmark;
    const method = String(committed.method);
    const subject = { hre: this.hre, protocol: { registry: this.registry }, file };
    const token: ModelToken = await this.hre.ethers.getContractAt("ModelToken", await this.registry.tokenOf(key));
    await checkToken(subject, token);
    await this.requireKind(file, method);
    checkBenchmark(file, committed, method);
    const model = { key, file, token: await token.getAddress() };
    this.compared.set(key, { file, model });
    return model;
  }

  /** A file names the kind of its method; on chain it is one of those that the admin allowed. */
  private async requireKind({ modelId, benchmark: { method } }: ModelFile, address: string): Promise<void> {
    if (await this.answers(address, method, KINDS[method])) return;
    throw new Problem(`the method of ${modelId} is ${address}, which does not answer as the file's ${method}.`);
  }

  private async answers(address: string, contract: string, view: string): Promise<boolean> {
    const method = await this.hre.ethers.getContractAt(contract, address);
    try {
      await method.getFunction(view)();
      return true;
    } catch (error) {
      if (error instanceof Stopped || isUnanswered(error)) throw error;
      return false;
    }
  }

  /** Reads files that are new or have changed; one that cannot be read is told and left out. */
  private async readFiles(): Promise<void> {
    const { folder } = this.options;
    const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
    const gone = [...this.files.keys()].filter((name) => !names.includes(name));
    let hasChanged = gone.length > 0;
    for (const name of gone) this.files.delete(name);
    for (const name of names) {
      const path = join(folder, name);
      const changed = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
      if (this.files.get(name)?.changed === changed) continue;
      hasChanged = true;
      const file = await readModelFile(path, networkOf(this.hre).isLocal).catch((error: unknown) => {
        const reason = (error as Error).message.split("\n")[0];
        this.telemetry.log("error", "model file cannot be read", { file: name, reason });
        return undefined;
      });
      this.files.set(name, { changed, ...(file && { file }) });
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

  private async readLogs({ confirmed }: ChainView): Promise<void> {
    if (this.cursor) {
      const block = await this.provider.getBlock(this.cursor.block);
      if (block?.hash !== this.cursor.hash) this.forget();
    }
    const from = this.cursor ? this.cursor.block + 1 : this.options.fromBlock;
    if (confirmed < from) return;
    const last = await this.provider.getBlock(confirmed); // before the logs: a reorganisation meanwhile shows next time
    if (!last?.hash) return;
    for (const log of await this.provider.logsIn({ from, to: confirmed }, this.filter())) this.apply(log);
    this.cursor = { block: confirmed, hash: last.hash };
  }

  /** The chain is another one than was relied on: everything is read again. */
  private forget(): void {
    this.telemetry.count("reorgs_total");
    this.telemetry.log("warn", "reorganisation deeper than the confirmations", { block: this.cursor?.block });
    this.registered = new Map();
    this.names = new Map();
    this.taken = { distribute: new Set(), pools: new Set() };
    this.compared.clear();
    this.cursor = undefined;
  }

  private filter() {
    const topics = ["ModelCreated", "ModelRegistered", "BenchmarkReplaced", "ModelPoolSet"].map((name) =>
      topicOf(this.registry.interface, name),
    );
    const distributed = topicOf(this.tokenManager.interface, "SupplierAllocationDistributed");
    return { address: [this.registry.target as string, this.tokenManager.address], topics: [[...topics, distributed]] };
  }

  private apply(log: Log): void {
    const isRegistry = log.address === this.registry.target;
    const event = (isRegistry ? this.registry.interface : this.tokenManager.interface).parseLog(log);
    const key = log.topics[1] as string;
    switch (event?.name) {
      case "ModelCreated":
        this.names.set(key, String(event.args["modelId"]));
        break;
      case "ModelRegistered":
      case "BenchmarkReplaced":
        this.registered.set(key, event.args["benchmark"] as CommittedBenchmark);
        this.compared.delete(key);
        break;
      case "ModelPoolSet":
        this.taken.pools.add(key);
        break;
      case "SupplierAllocationDistributed":
        this.taken.distribute.add(key);
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
