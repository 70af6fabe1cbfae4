// The platform's HTTP interface: the types of what is sent and answered.

export type * from "./chainWire.ts";
export type * from "./wire.ts";
