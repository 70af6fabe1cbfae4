import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import { Market } from "./Market";
import { Models } from "./Models";
import { Tokens } from "./Tokens";

/** The verifier, which records improvements that a method has accepted. */
export const Verification = buildModule("Verification", (m) => {
  const { registry } = m.useModule(Models);
  const { tokenManager } = m.useModule(Tokens);
  const { factory } = m.useModule(Market);
  const verifier = m.contract("DeltaOneVerifier", [registry, tokenManager, factory]);

  return { verifier };
});
