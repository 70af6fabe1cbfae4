// A node: asked again when it is busy, in parts where it has limits; its address is never shown.

export { isOutage, isUnanswered, NodeFailure, type FailureKind } from "./answers.ts";
export { Endpoint, type ChainClient, type EndpointOptions } from "./endpoint.ts";
export { readEvents, readLogs, type Blocks } from "./logs.ts";
export { openNodes } from "./nodes.ts";
export { EndpointProvider } from "./provider.ts";
export { Chain, type Event, type Located } from "./snapshot.ts";
