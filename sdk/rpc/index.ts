// The client of a node: it retries while the node is busy, splits requests if the node has limits, and never shows the node's address.

export { isOutage, isUnanswered, NodeFailure, type FailureKind } from "./answers.ts";
export { Endpoint, type ChainClient, type EndpointOptions } from "./endpoint.ts";
export { readEvents, readLogs, type Blocks } from "./logs.ts";
export { openNodes } from "./nodes.ts";
export { EndpointProvider } from "./provider.ts";
export { Chain, type Event, type Located } from "./snapshot.ts";
