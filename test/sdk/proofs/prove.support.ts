// What the tests of `prove` share: its options and files, and what it answers with.

import { expect } from "chai";
import { generateKeyPairSync } from "node:crypto";
import { main as prove } from "../../../scripts/prove";
import { readBundle, type Bundle } from "../../../sdk/schemas/bundle";
import { useSetup } from "../../circuits/setup";
import { run, useFolder } from "../statements/support";
import { CAPACITY, EVALUATION, proofFiles, type Kind, type provenModels } from "./proven.fixture";

export type Context = Awaited<ReturnType<typeof provenModels>>;

/** What `prove` says on the error stream while it works. */
export const PROGRESS = [
  "60 rows, 45 → 51 right, 6 disagreements",
  "computing the circuit's values",
  "proving",
  "the chain accepts the proof",
];

/** A key pair as openssl makes it. */
export function keyPair() {
  const { publicKey, privateKey } = generateKeyPairSync("x25519");
  return {
    publicKey: publicKey.export({ type: "spki", format: "pem" }).toString(),
    privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

/** Makes the circuit's setup before the tests of a suite, and gives each of them a folder. */
export function useProver() {
  const folder = useFolder();
  useSetup(CAPACITY);

  /** The options of `prove` for a model, with files for them. */
  const optionsFor = ({ address, carol }: Context, model: Kind | "nobody", changes: Record<string, string> = {}) =>
    Object.entries({
      "--network": "hardhat",
      "--verifier": address,
      "--model": model,
      "--evaluation-id": EVALUATION,
      ...proofFiles(folder, carol.address),
      ...changes,
    })
      .filter(([, value]) => value !== "")
      .flat();

  /** Proves and answers with the bundle. */
  async function proven(context: Context, model: Kind, changes?: Record<string, string>): Promise<Bundle> {
    const { code, out, err } = await run(prove, optionsFor(context, model, changes));
    expect({ code, err }).to.deep.equal({ code: 0, err: `${PROGRESS.join("\n")}\n` });
    return readBundle("bundle", out);
  }

  return { folder, optionsFor, proven };
}
