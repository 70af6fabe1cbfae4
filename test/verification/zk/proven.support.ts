import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Domain, type Opening } from "../../../sdk/proofs/circuit";
import type { Claim, SnarkjsProof } from "../../../sdk/node/prover";

interface StoredOpening {
  readonly bits: string;
  readonly salt: string;
}

interface Stored {
  readonly capacity: number;
  readonly digest: string;
  readonly labels: StoredOpening;
  readonly baseline: StoredOpening;
  readonly candidate: StoredOpening;
  readonly publicSignals: readonly string[];
  readonly proof: SnarkjsProof;
}

/** A claim with a proof that the prover made of it; see test/fixtures/README.md. */
export function readProven(capacity: number) {
  const path = join(__dirname, `../../fixtures/zk/score-${capacity}.json`);
  const { labels, baseline, candidate, digest, publicSignals, proof } = JSON.parse(
    readFileSync(path, "utf8"),
  ) as Stored;
  const opening = (domain: Domain, { bits, salt }: StoredOpening): Opening => ({
    domain,
    capacity,
    bits: [...bits].map(Number),
    salt: BigInt(salt),
  });
  const claim: Claim = {
    labels: opening(Domain.Labels, labels),
    baseline: opening(Domain.Predictions, baseline),
    candidate: opening(Domain.Predictions, candidate),
    digest,
  };
  return { claim, publicSignals, proof };
}
