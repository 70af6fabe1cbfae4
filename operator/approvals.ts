// SPDX-License-Identifier: MIT
// What people approved, as the platform's API tells it. Whatever it says, the chain decides: nothing here is believed beyond what a
// duty's own key may do.

import { address, Fields, publishedId, text } from "../sdk/base/fields";
import { printed } from "../sdk/base/printed";
import { Problem } from "../sdk/base/problem";
import { readJson } from "../sdk/schemas/json";
import { rpcMessageOf } from "./rpc";

/** Milliseconds that the API has to answer. */
const LONGEST_ANSWER = 10_000;

/** The largest page, in bytes. */
const LARGEST_PAGE = 16 * 1_048_576;

/** Items per page, and the most pages that are read. */
const [PAGE, MOST_PAGES] = [100, 1_000];

const LONGEST_FILE = 1_048_576;

/** Address of the API, and the key that reads approvals. */
export interface ApprovalsSource {
  readonly url: string;
  readonly key: string;
}

/** A model whose registration a person approved, with the files that declare it. */
export interface ApprovedModel {
  readonly modelId: string;
  /** The token that the person examined. */
  readonly token: string;
  /** Contract of the verification method. */
  readonly method: string;
  /** A model file, and the two files that it refers to as `<modelId>.benchmark` and `<modelId>.licence`. */
  readonly files: { readonly model: string; readonly benchmark: string; readonly licence: string };
}

/** Reads approvals, page by page. */
export class Approvals {
  /** Requests that are under way fail once `ending` aborts. */
  constructor(
    private readonly source: ApprovalsSource,
    private readonly ending: AbortSignal,
  ) {}

  /** Wallets that may deploy models. */
  async admittedWallets(): Promise<string[]> {
    return this.all("admissions", (fields) => {
      const wallet = fields.read("address", address);
      fields.read("admitted_at", ANYTHING);
      return wallet;
    });
  }

  /** Models that are to be registered. */
  async approvedModels(): Promise<ApprovedModel[]> {
    return this.all("registrations", (fields) => {
      for (const name of ["draft_id", "approved_at"]) fields.read(name, ANYTHING);
      const files = fields.child("files");
      return {
        modelId: fields.read("model_id", publishedId),
        token: fields.read("token", address),
        method: fields.read("method", address),
        files: {
          model: files.read("model", FILE),
          benchmark: files.read("benchmark", FILE),
          licence: files.read("licence", FILE),
        },
      };
    });
  }

  private async all<T>(name: string, read: (fields: Fields) => T): Promise<T[]> {
    const items: T[] = [];
    for (let page = 1; page <= MOST_PAGES; page++) {
      const path = `/api/v1/operator/${name}?page=${page}&page_size=${PAGE}`;
      const fields = new Fields(readJson(path, await this.get(path)));
      for (const key of ["total", "page", "page_size"]) fields.read(key, ANYTHING);
      const part = fields.list("items").map(read);
      fields.refuse(`the answer to ${path}`);
      items.push(...part);
      if (part.length < PAGE) break;
    }
    return items;
  }

  private async get(path: string): Promise<string> {
    const { url, key } = this.source;
    const signal = AbortSignal.any([this.ending, AbortSignal.timeout(LONGEST_ANSWER)]);
    try {
      const response = await fetch(new URL(path, url), {
        headers: { authorization: `Bearer ${key}` },
        redirect: "error",
        signal,
      });
      const body = await textOf(response, path);
      if (response.ok) return body;
      throw new Problem("NODE_FAILED", `the API answers ${path} with ${response.status}: ${printed(body)}.`);
    } catch (error) {
      if (error instanceof Problem) throw error;
      this.ending.throwIfAborted();
      const { cause } = error as { readonly cause?: unknown };
      throw new Problem("NODE_FAILED", `the API does not answer ${path}: ${rpcMessageOf(cause ?? error)}.`);
    }
  }
}

/** Rule for fields that only people read. */
const ANYTHING = { expected: "a value", none: undefined, read: (value: unknown) => value ?? null };

const FILE = text(1, LONGEST_FILE);

/** Reads a body; stops as soon as it is too large. */
async function textOf({ body }: Response, path: string): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of body ?? []) {
    length += part.length;
    if (length > LARGEST_PAGE)
      throw new Problem("NODE_FAILED", `the API's answer to ${path} is larger than ${LARGEST_PAGE} bytes.`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}
