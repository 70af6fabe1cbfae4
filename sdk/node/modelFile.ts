// Model files, and the files that they name.

import { readFileSync, statSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { cwd } from "node:process";
import { Problem } from "../base/problem.ts";
import { readJson } from "../schemas/json.ts";
import { checkModelFile } from "../schemas/modelFile.ts";
import type { ModelFile } from "../schemas/model.ts";

/** Reads and checks a model file; throws one {@link Problem} that names everything wrong at once. */
export async function readModelFile(path: string, isLocal: boolean): Promise<ModelFile> {
  return parseModelFile(readJson(relative(cwd(), path), Buffer.from(readContent(path)).toString()), path, isLocal);
}

/** Checks the content of a model file. Files that it names are found from the folder of `path`. */
export function parseModelFile(content: unknown, path: string, isLocal: boolean): ModelFile {
  const folder = dirname(path);
  const source = { name: relative(cwd(), path), read: (name: string) => readContent(resolve(folder, name)) };
  return checkModelFile(content, source, isLocal);
}

/** Refuses a missing model file early, because what follows takes long. */
export function requireModelFile(path: string): void {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) {
    throw new Problem("NO_FILE", `there is no file ${relative(cwd(), path)}`);
  }
}

function readContent(path: string): Uint8Array {
  requireModelFile(path);
  return readFileSync(path);
}
