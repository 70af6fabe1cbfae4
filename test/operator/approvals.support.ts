// SPDX-License-Identifier: MIT
import { id } from "ethers";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { tokenArguments } from "../../deploy/launch";
import { parseModelFile } from "../../sdk/node/modelFile";
import type { ModelFile } from "../../sdk/schemas/model";
import type { Tools } from "../sdk/statements/support";
import { buildModelFile } from "./support";

/** The platform's API as far as the duties read it. */
export interface ApprovalsDouble {
  readonly url: string;
  admissions: object[];
  registrations: object[];
  /** Answers instead of a list, if set. */
  fault: { readonly status: number; readonly body: string } | undefined;
  /** What was asked for: path and authorization. */
  readonly requests: { readonly path: string; readonly authorization: string }[];
}

/** An API that says what a test lets it say, a page at a time. */
export function useApprovals(): ApprovalsDouble {
  let server: Server;
  const api = { url: "", admissions: [], registrations: [], fault: undefined, requests: [] } as ApprovalsDouble & {
    url: string;
    requests: ApprovalsDouble["requests"];
  };
  before(async () => {
    server = createServer((request, response) => {
      const url = new URL(request.url ?? "/", api.url);
      api.requests.push({ path: url.pathname + url.search, authorization: request.headers.authorization ?? "" });
      const [page, size] = [Number(url.searchParams.get("page")), Number(url.searchParams.get("page_size"))];
      const all = url.pathname === "/api/v1/operator/admissions" ? api.admissions : api.registrations;
      const body = {
        items: all.slice((page - 1) * size, page * size),
        total: all.length,
        page,
        page_size: size,
      };
      response.writeHead(api.fault?.status ?? 200, { "content-type": "application/json" });
      response.end(api.fault?.body ?? JSON.stringify(body));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    api.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(() => {
    [api.admissions, api.registrations, api.fault] = [[], [], undefined];
    api.requests.length = 0;
  });
  after(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  });
  return api;
}

/** Deploys the token of a model as its developer's wallet would. */
export async function deployDeclared(tools: Tools, modelId: string): Promise<ModelFile> {
  const file = parseModelFile(buildModelFile(tools, modelId), join(__dirname, "model.json"), true);
  await tools.tokenManager
    .connect(tools.launcher)
    .deployTokenWithAllocations(...tokenArguments(file, tools.supplier.address));
  return file;
}

/** What the API answers of an approved model; `model` changes its declaration. */
export async function buildApproval(
  tools: Tools,
  modelId: string,
  { model = {}, ...overrides }: { model?: object; [key: string]: unknown } = {},
) {
  const content = buildModelFile(tools, modelId, model);
  const declared = {
    ...content,
    license: { ...content.license, file: `${modelId}.licence` },
    benchmark: { ...content.benchmark, spec: `${modelId}.benchmark` },
  };
  return {
    draft_id: "draft",
    model_id: modelId,
    token: await tools.registry.tokenOf(id(modelId)),
    method: await tools.oracleAttestation.getAddress(),
    approved_at: 1_700_000_000,
    files: {
      model: JSON.stringify(declared),
      benchmark: readFileSync(content.benchmark.spec, "utf8"),
      licence: readFileSync(content.license.file, "utf8"),
    },
    ...overrides,
  };
}
