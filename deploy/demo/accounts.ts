import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { Problem } from "../../sdk/base/problem";
import type { ModelFile } from "../../sdk/schemas/model";
import { networkOf } from "../network";
import type { Parameters } from "../parameters";

/** Throws a {@link Problem}, before anything is sent, if a local chain lacks the keys of enough attesters to reach the threshold. */
export async function requireAttesters(
  hre: HardhatRuntimeEnvironment,
  { Methods: { attesters, threshold } }: Parameters,
  { improvement, benchmark }: ModelFile,
): Promise<void> {
  const { name, isLocal } = networkOf(hre);
  if (!isLocal || improvement === undefined || benchmark.method === "ZkProof") return;
  const accounts = (await hre.ethers.getSigners()).map(({ address }) => address);
  const missing = attesters.filter((account) => !accounts.includes(account));
  if (attesters.length - missing.length >= threshold) return;
  throw new Problem(
    "BAD_KEY",
    `${name} has ${accounts.length} accounts, and of the attesters, of whom ${threshold} must sign, these are missing: ${missing.join(", ")}; ` +
      "start it with 20 accounts, as npx hardhat node does and anvil with --accounts 20. Nothing was sent.",
  );
}
