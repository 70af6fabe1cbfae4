import { expect } from "chai";
import { createApiKey } from "../../api/keys";
import {
  readDocument,
  type ApiDocument,
  type DocumentOperation,
  type DocumentParameter,
  type DocumentSchema,
} from "./operations";
import { ask, indexChain, indexModel, useApi, type Received } from "./support";

/** A value that no schema of the document takes. */
const WRONG: readonly unknown[] = [null, { nested: [] }, "\u202e".repeat(200_000), -1.5];

/** Operations that refuse a request that fits: they need what only other requests make, or a file with a format of its own. */
const REFUSED = [
  ...["GET", "PUT", "DELETE"].map((method) => `404 ${method} /api/v1/models/drafts/{id}`),
  ...["publish", "deployed", "approve"].map((step) => `404 POST /api/v1/models/drafts/{id}/${step}`),
  ...["GET", "PUT", "DELETE"].map((method) => `404 ${method} /api/v1/benchmarks/{id}`),
  ...["404 POST /api/models/tokenized-registration-events", "404 POST /api/v1/models/{id}/evaluate"],
  ...["status", "document"].map((part) => `404 GET /api/v1/models/{id}/evaluations/{job}/${part}`),
  ...["404 DELETE /api/v1/models/{id}/evaluations/{job}", "404 GET /api/v1/evaluations/{evaluationId}"],
  ...["422 PUT /api/v1/claims/{root}", "404 GET /api/v1/claims/{root}", "404 DELETE /api/v1/keys/{prefix}"],
];

describe("API: every operation of its OpenAPI document", () => {
  const world = useApi();
  let document: ApiDocument;
  let operations: ApiDocument["operations"];

  beforeEach(async () => {
    await indexChain(world);
    await indexModel(world, `0x${"00".repeat(32)}`);
    document = await readDocument(world);
    ({ operations } = document);
  });
  const resolved = (schema: DocumentSchema) => document.resolved(schema);
  const valueOf = (schema: DocumentSchema) => document.valueOf(schema);

  /** Whether a value is of a schema. */
  function fits(given: DocumentSchema, value: unknown): boolean {
    const schema = resolved(given);
    if (schema.anyOf) return schema.anyOf.some((option) => fits(option, value));
    const types = [schema.type ?? []].flat();
    if (value === null) return types.includes("null");
    if (types.length === 0) return true;
    if (Array.isArray(value)) return types.includes("array") && value.every((item) => fits(schema.items ?? {}, item));
    if (typeof value === "object") {
      const fields = value as Record<string, unknown>;
      const isComplete = (schema.required ?? []).every((key) => key in fields);
      const known = Object.entries(schema.properties ?? {});
      return (
        types.includes("object") &&
        isComplete &&
        known.every(([key, inner]) => !(key in fields) || fits(inner, fields[key]))
      );
    }
    if (typeof value === "number")
      return types.includes("number") || (types.includes("integer") && Number.isInteger(value));
    return types.includes(typeof value) && (!schema.enum || schema.enum.includes(value));
  }

  /** Whether a number may be below zero. */
  function isNegative(given: DocumentSchema): boolean {
    const { type, minimum = -1 } = resolved(given);
    return [type].flat().includes("number") && minimum < 0;
  }

  const bodySchema = ({ requestBody }: DocumentOperation): [string, DocumentSchema] | undefined => {
    const [first] = Object.entries(requestBody?.content ?? {});
    return first && [first[0], first[1].schema];
  };
  /** Sends a request, valid but for what is replaced. */
  async function send(
    operation: DocumentOperation,
    key: string | undefined,
    replaced: { readonly parameters?: Record<string, string>; readonly body?: unknown } = {},
  ): Promise<Received> {
    const { method, path, parameters = [] } = operation;
    const textOf = ({ name, schema }: DocumentParameter) => replaced.parameters?.[name] ?? String(valueOf(schema));
    const filled = path.replace(/\{(\w+)\}/g, (_, name: string) =>
      encodeURIComponent(textOf(parameters.find((each) => each.in === "path" && each.name === name)!)),
    );
    const query = parameters
      .filter((each) => each.in === "query")
      .map((each): [string, string] => [each.name, textOf(each)]);
    const [type, schema] = bodySchema(operation) ?? [];
    const body = "body" in replaced ? replaced.body : schema && valueOf(schema);
    return ask(world, method, `${filled}?${new URLSearchParams(query)}`, {
      key,
      ...(body !== undefined && { body, headers: { "content-type": type! } }),
    });
  }
  function expectRefusal(answer: Received, what: string, ...statuses: number[]): void {
    expect(statuses, `${what}: ${JSON.stringify(answer.body)}`).to.include(answer.status);
    const { error } = answer.body as { error: { code: string; message: string } };
    expect(Object.keys(answer.body), what).to.deep.equal(["error"]);
    expect([typeof error.code, typeof error.message], what).to.deep.equal(["string", "string"]);
    expect(error.message, what).not.to.match(/[\n\u202e]/);
  }
  const nameOf = ({ method, path }: DocumentOperation) => `${method} ${path}`;

  it("accepts a request that fits the document, except for the listed operations, and answers as the document says", async () => {
    const refused: string[] = [];
    for (const each of operations.filter(({ path }) => !path.endsWith("/events"))) {
      const answer = await send(each, world.keys.admin);
      const declared = each.responses[String(answer.status)];
      expect(declared, `${nameOf(each)} answers ${answer.status}: ${JSON.stringify(answer.body)}`).not.to.equal(
        undefined,
      );
      if (answer.status < 200 || answer.status > 299) refused.push(`${answer.status} ${nameOf(each)}`);
      const schema = declared?.content?.["application/json"]?.schema;
      if (schema) expect(fits(schema, answer.body), `${nameOf(each)}: ${JSON.stringify(answer.body)}`).to.equal(true);
    }
    expect(world.faults).to.deep.equal([]);
    expect(operations.length).to.be.greaterThan(25);
    expect(refused.sort()).to.deep.equal([...REFUSED].sort());
  });

  it("refuses a caller without a key or without the scope where the document requires one", async () => {
    const key = await createApiKey(world.store.db, "carol", []);
    const guarded = operations.filter(({ security }) => security !== undefined);
    for (const each of guarded) {
      expectRefusal(await send(each, undefined), nameOf(each), 401);
      expectRefusal(await send(each, key), nameOf(each), 403);
    }
    expect(guarded.length).to.be.greaterThan(15);
  });

  it("refuses every parameter that is not valid", async () => {
    let count = 0;
    for (const each of operations)
      for (const { name, in: place, schema } of each.parameters ?? []) {
        if (place === "header") continue;
        for (const value of ["..%2f..", "' OR 1=1 --", "\u202e", "-1", "x".repeat(5_000)]) {
          if (
            schema.pattern !== undefined &&
            new RegExp(schema.pattern, "u").test(value) &&
            value.length <= (schema.maxLength ?? 64)
          )
            continue;
          expectRefusal(
            await send(each, world.keys.admin, { parameters: { [name]: value } }),
            `${nameOf(each)} ${name} ${JSON.stringify(value.slice(0, 20))}`,
            400,
          );
          count++;
        }
      }
    expect(world.faults).to.deep.equal([]);
    expect(count).to.be.greaterThan(100);
  });

  it("refuses every body with a field that is missing, of another type, or unknown", async () => {
    let count = 0;
    const mutated = operations.filter((operation) => bodySchema(operation)?.[0] === "application/json");
    for (const each of mutated) {
      const schema = resolved(bodySchema(each)![1]);
      if (!schema.properties) continue; // a file of its own format
      const valid = valueOf(schema) as Record<string, unknown>;
      const bodies: [string, unknown][] = [
        ...(schema.required ?? []).map((key): [string, unknown] => [`without ${key}`, { ...valid, [key]: undefined }]),
        ...Object.keys(valid).flatMap((key) =>
          WRONG.filter((value) => typeof value !== "number" || !isNegative(schema.properties![key]!)).map(
            (value): [string, unknown] => [`with another ${key}`, { ...valid, [key]: value }],
          ),
        ),
        ["with an unknown field", { ...valid, surplus: 1 }],
        ["that is a list", [valid]],
        ["that is a text", '"text"'],
      ];
      for (const [what, body] of bodies) {
        expectRefusal(await send(each, world.keys.admin, { body }), `${nameOf(each)} ${what}`, 400, 413);
        count++;
      }
    }
    expect(world.faults).to.deep.equal([]);
    expect(count).to.be.greaterThan(150);
  });
});
