// The platform's HTTP API: its request and response types, and its client.

export type * from "./chainWire.ts";
export type { PlatformOptions } from "./apiConnection.ts";
export { PlatformClient, type EvaluationUpload, type ModelLists, type ModelQuery, type PageQuery } from "./client.ts";
export type * from "./wire.ts";
