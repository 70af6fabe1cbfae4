import { ask, type ApiWorld } from "./support";

/** As much of a schema as the document uses. */
export interface DocumentSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly example?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly DocumentSchema[];
  readonly properties?: Readonly<Record<string, DocumentSchema>>;
  readonly required?: readonly string[];
  readonly items?: DocumentSchema;
  readonly minItems?: number;
  readonly minimum?: number;
  readonly pattern?: string;
  readonly maxLength?: number;
}

export interface DocumentParameter {
  readonly in: "path" | "query" | "header";
  readonly name: string;
  readonly schema: DocumentSchema;
}

/** An operation of the API's document. */
export interface DocumentOperation {
  readonly method: string;
  readonly path: string;
  readonly parameters?: readonly DocumentParameter[];
  readonly security?: readonly object[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: DocumentSchema }>> };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: DocumentSchema }>> }>
  >;
}

/** What an API's document says. */
export interface ApiDocument {
  readonly operations: readonly DocumentOperation[];
  resolved(schema: DocumentSchema): DocumentSchema;
  /** A value of a schema, with everything that may be there. */
  valueOf(schema: DocumentSchema): unknown;
}

export async function readDocument(world: Pick<ApiWorld, "app">): Promise<ApiDocument> {
  const { paths, components } = (await ask(world, "GET", "/openapi.json")).body as unknown as {
    paths: Record<string, Record<string, Omit<DocumentOperation, "method" | "path">>>;
    components: { schemas: Record<string, DocumentSchema> };
  };
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ ...operation, method: method.toUpperCase(), path })),
  );
  const resolved = (schema: DocumentSchema): DocumentSchema =>
    schema.$ref === undefined ? schema : components.schemas[schema.$ref.split("/").at(-1)!]!;
  function valueOf(given: DocumentSchema): unknown {
    const schema = resolved(given);
    if (schema.example !== undefined) return schema.example;
    if (schema.const !== undefined) return schema.const;
    if (schema.enum) return schema.enum[0];
    if (schema.anyOf) return valueOf(schema.anyOf[0]!);
    const type = typeof schema.type === "string" ? schema.type : schema.type?.[0];
    if (type === "object")
      return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([key, inner]) => [key, valueOf(inner)]));
    if (type === "array") return schema.minItems ? [valueOf(schema.items!)] : [];
    if (type === "boolean") return true;
    if (type === "number" || type === "integer") return schema.minimum ?? 1;
    return "text";
  }
  return { operations, resolved, valueOf };
}
