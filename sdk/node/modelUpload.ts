// Uploads a model's file to MLflow as a stream, and verifies it by reading it back.

import { createHash } from "node:crypto";
import { createReadStream, openAsBlob, statSync } from "node:fs";
import { basename } from "node:path";
import { Problem } from "../base/problem.ts";
import type { MlflowClient, MlflowRun } from "../mlflow/client.ts";

/** An uploaded file. */
export interface UploadedModel {
  /** The path below the run's artifacts. */
  readonly path: string;
  readonly bytes: number;
  /** The hash in hexadecimal digits, which is the same for the local file and the server's copy. */
  readonly sha256: string;
}

/** The folder for the model among a run's artifacts. */
const FOLDER = "model";

/**
 * Uploads a file of any size and reads it back.
 * @throws {Problem} `NO_FILE` if there is no file or it is empty; `CONFLICT` if the server has other bytes or the file changed meanwhile.
 */
export async function uploadModel(mlflow: MlflowClient, run: MlflowRun, file: string): Promise<UploadedModel> {
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found?.isFile() || found.size === 0)
    throw new Problem("NO_FILE", `there is no file ${file}, or it is empty: name the model's file.`);
  const path = `${FOLDER}/${basename(file)}`;
  const here = await hashOf(createReadStream(file));
  await mlflow.uploadArtifact(run, path, await openAsBlob(file));
  const there = await hashOf(await mlflow.openArtifact(run, path));
  if (there.sha256 !== here.sha256) {
    throw new Problem(
      "CONFLICT",
      `MLflow has ${there.bytes} bytes with SHA-256 ${there.sha256} of ${file}, expected ${here.bytes} with ${here.sha256}: upload it again.`,
    );
  }
  return { path, ...here };
}

async function hashOf(pieces: AsyncIterable<Uint8Array>): Promise<Pick<UploadedModel, "bytes" | "sha256">> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const piece of pieces) {
    hash.update(piece);
    bytes += piece.length;
  }
  return { bytes, sha256: hash.digest("hex") };
}
