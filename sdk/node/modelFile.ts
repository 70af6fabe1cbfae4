// Model files, and the files that they name.

import { readFileSync, statSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { cwd } from "node:process";
import { Problem } from "../base/problem.ts";
import { checkModelFile, type ModelFile } from "../schemas/modelFile.ts";

/** Reads and checks a model file; throws one {@link Problem} that names everything wrong at once. */
export async function readModelFile(path: string, isLocal: boolean): Promise<ModelFile> {
  return parseModelFile(parseJson(readContent(path), relative(cwd(), path)), path, isLocal);
}

/** Checks the content of a model file. Files that it names are found from the folder of `path`. */
export function parseModelFile(content: unknown, path: string, isLocal: boolean): ModelFile {
  const folder = dirname(path);
  const source = { name: relative(cwd(), path), read: (name: string) => readContent(resolve(folder, name)) };
  return checkModelFile(content, source, isLocal);
}

/** Refuses a model file that is not there: soon, since what follows takes its time. */
export function requireModelFile(path: string): void {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) {
    throw new Problem("NO_FILE", `there is no file ${relative(cwd(), path)}`);
  }
}

function readContent(path: string): Uint8Array {
  requireModelFile(path);
  return readFileSync(path);
}

function parseJson(bytes: Uint8Array, file: string): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch (error) {
    throw new Problem("BAD_FILE", `${file} is not JSON: ${(error as Error).message}`);
  }
}
