// Reads model files and the files that they name.

import { readFileSync, statSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { cwd } from "node:process";
import { Problem } from "../base/problem.ts";
import { readJson } from "../schemas/json.ts";
import { checkModelFile } from "../schemas/modelFile.ts";
import type { ModelFile } from "../schemas/model.ts";

/** Reads and checks a model file. Throws one {@link Problem} that names everything that is wrong. */
export async function readModelFile(path: string, isLocal: boolean): Promise<ModelFile> {
  return parseModelFile(readJson(relative(cwd(), path), Buffer.from(readContent(path)).toString()), path, isLocal);
}

/** Checks the content of a model file. The files that it names are relative to the folder of `path`. */
export function parseModelFile(content: unknown, path: string, isLocal: boolean): ModelFile {
  const folder = dirname(path);
  const source = { name: relative(cwd(), path), read: (name: string) => readContent(resolve(folder, name)) };
  return checkModelFile(content, source, isLocal);
}

/** Throws a {@link Problem} early if there is no model file, because the steps that follow take long. */
export function requireModelFile(path: string): void {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) {
    throw new Problem("NO_FILE", `there is no file ${relative(cwd(), path)}`);
  }
}

function readContent(path: string): Uint8Array {
  requireModelFile(path);
  return readFileSync(path);
}
