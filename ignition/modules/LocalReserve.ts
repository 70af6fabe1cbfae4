import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

/** A reserve token that anybody may mint, for local chains whose parameters name none. */
export const LocalReserve = buildModule("LocalReserve", (m) => ({ reserveToken: m.contract("ReserveTokenMock") }));
