import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import { Fees } from "./Fees";
import { Governance } from "./Governance";
import { Market } from "./Market";
import { Methods } from "./Methods";
import { Models } from "./Models";
import { Tokens } from "./Tokens";
import { Verification } from "./Verification";

/** Every contract of the protocol with its final role holders, before the registry knows the other contracts. */
export const Contracts = buildModule("Contracts", (m) => ({
  ...m.useModule(Governance),
  ...m.useModule(Models),
  ...m.useModule(Methods),
  ...m.useModule(Tokens),
  ...m.useModule(Fees),
  ...m.useModule(Market),
  ...m.useModule(Verification),
}));

/** The whole protocol. The call of `wire` tells the registry the other addresses; after it, the deploying account can do nothing more. */
export const ProtocolModule = buildModule("Protocol", (m) => {
  const contracts = m.useModule(Contracts);
  m.call(contracts.registry, "wire", [
    contracts.tokenManager,
    contracts.factory,
    contracts.verifier,
    [contracts.oracleAttestation],
  ]);

  return contracts;
});
