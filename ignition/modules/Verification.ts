import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import { Market } from "./Market";
import { Models } from "./Models";
import { Tokens } from "./Tokens";

/** What pays for improvements that a method vouches for. */
export const Verification = buildModule("Verification", (m) => {
  const { registry } = m.useModule(Models);
  const { tokenManager } = m.useModule(Tokens);
  const { factory } = m.useModule(Market);
  const verifier = m.contract("DeltaOneVerifier", [registry, tokenManager, factory]);

  return { verifier };
});
