// The platform's HTTP interface: the types of what is sent and answered, and its client.

export type * from "./chainWire.ts";
export type { PlatformOptions } from "./apiConnection.ts";
export { PlatformClient, type EvaluationUpload, type ModelLists, type ModelQuery, type PageQuery } from "./client.ts";
export type * from "./wire.ts";
