// SPDX-License-Identifier: MIT
// Registers models whose registration a person approved: freezes the benchmark. The chain must have the model's token with everything
// that its declaration says; the declaration is kept in the folder of model files, for the duties that launch.

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ModelRegistry, ModelToken } from "../../.build/typechain";
import { checkToken } from "../../deploy/comparison";
import { Status } from "../../deploy/launch";
import { networkOf } from "../../deploy/network";
import { Problem } from "../../sdk/base/problem";
import { writeWhole } from "../../sdk/node/files";
import { pinned } from "../../sdk/rpc/pinned";
import { readJson } from "../../sdk/schemas/json";
import { keyOf, type ModelFile } from "../../sdk/schemas/model";
import { checkModelFile } from "../../sdk/schemas/modelFile";
import type { Approvals, ApprovedModel } from "../approvals";
import type { ChainView } from "../chain/head";
import { through } from "../rpc";
import type { Slot } from "../sender";
import { refusalOf, Refusals, tellEnd, type Duty, type Tools } from "./duty";
import { AT_ONCE } from "./models";

/** The revert which means that somebody else registered the model first. */
const DONE = "WrongModelStatus";

/** Sends `registerModel` for approved models. The contract guarantees that a model is registered once. */
export class RegisterDuty implements Duty {
  readonly name = "register";
  /** By the model's id. */
  private readonly sent = new Map<string, Slot>();
  private readonly refusals: Refusals;

  /** `folder` is where declarations are kept. */
  constructor(
    private readonly tools: Tools,
    private readonly approvals: Approvals,
    private readonly registry: ModelRegistry,
    private readonly folder: string,
  ) {
    this.refusals = new Refusals(this.name, tools.telemetry);
  }

  /** @inheritdoc */
  async advance({ confirmed }: ChainView): Promise<boolean> {
    const { sender, telemetry } = this.tools;
    const ended = [...this.sent].filter(([, { outcome }]) => outcome !== undefined);
    for (const [modelId, slot] of ended) this.end(modelId, slot);

    const approved = await this.approvals.approvedModels();
    telemetry.set("waiting", approved.length, { duty: this.name });
    this.refusals.keep(new Set(approved.map(({ modelId }) => modelId)));
    const ready = approved.filter(
      (model) =>
        confirmed >= 0 && !this.sent.has(model.modelId) && !this.refusals.isResting(model.modelId, versionOf(model)),
    );
    let count = 0;
    for (const model of ready.slice(0, Math.min(AT_ONCE, sender.free))) if (await this.start(model, confirmed)) count++;
    return ended.length + count > 0;
  }

  private async start(approved: ApprovedModel, block: number): Promise<boolean> {
    const { hre, sender, telemetry } = this.tools;
    const { modelId, method } = approved;
    try {
      const file = declarationIn(approved, networkOf(hre).isLocal);
      const key = keyOf(file);
      const status = await this.registry.statusOf(key, { blockTag: block });
      if (status === Status.NONE) return false; // the token is not confirmed yet
      if (status > Status.PROPOSAL) {
        this.declare(approved); // whoever registered it: the launch needs the file
        return false;
      }
      await this.requireToken(approved, file, block);
      this.declare(approved);
      const data = this.registry.interface.encodeFunctionData("registerModel", [key, { ...file.benchmark, method }]);
      const slot = await sender.send({ to: this.registry.target as string, data });
      this.sent.set(modelId, slot);
      this.refusals.delete(modelId);
      telemetry.log("info", "sent", { duty: this.name, model: modelId, nonce: slot.nonce, hash: slot.hashes[0] });
      return true;
    } catch (error) {
      const { name, reason } = await refusalOf(hre, error);
      if (name !== DONE) this.refusals.add(modelId, reason, { version: versionOf(approved) });
      return false;
    }
  }

  /** Requires that the approved token is the model's, and that it agrees with the declaration. */
  private async requireToken({ modelId, token }: ApprovedModel, file: ModelFile, block: number): Promise<void> {
    const provider = pinned(this.tools.provider, block);
    const [hre, registry] = [through(this.tools.hre, provider), this.registry.connect(provider)];
    const present = await registry.tokenOf(keyOf(file));
    if (present !== token)
      throw new Problem("CONFLICT", `the token of ${modelId} is ${present}, approved was ${token}: approve it again.`);
    const contract: ModelToken = await hre.ethers.getContractAt("ModelToken", token);
    await checkToken({ hre, protocol: { registry }, file }, contract);
  }

  /** Writes the declaration, unless the model is declared already. */
  private declare({ modelId, files }: ApprovedModel): void {
    const path = (name: string) => join(this.folder, `${modelId}.${name}`);
    if (existsSync(path("json"))) return;
    writeWhole(path("benchmark"), files.benchmark);
    writeWhole(path("licence"), files.licence);
    writeWhole(path("json"), files.model); // last, because it names the others
  }

  /** Handles a final transaction. If it did not succeed, the model is examined again. */
  private end(modelId: string, slot: Slot): void {
    this.sent.delete(modelId);
    tellEnd(this.tools, this.name, slot, { model: modelId });
  }
}

/** Identifies an approval, so that another approval of the same model is examined at once. */
function versionOf({ token, method, files }: ApprovedModel): string {
  return [token, method, ...Object.values(files)].join("\n");
}

/** The approved model file; throws one {@link Problem} that names everything wrong with it. */
function declarationIn({ modelId, files }: ApprovedModel, isLocal: boolean): ModelFile {
  const name = `the declaration of ${modelId}`;
  const named = new Map([
    [`${modelId}.benchmark`, files.benchmark],
    [`${modelId}.licence`, files.licence],
  ]);
  const read = (path: string): Uint8Array => {
    const content = named.get(path);
    if (content === undefined) throw new Problem("NO_FILE", `there is no file ${path}`);
    return Buffer.from(content, "utf8");
  };
  const file = checkModelFile(readJson(name, files.model), { name, read }, isLocal);
  if (file.modelId !== modelId) throw new Problem("CONFLICT", `${name} is that of ${file.modelId}.`);
  return file;
}
