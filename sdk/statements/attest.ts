// SPDX-License-Identifier: MIT
// Signs a statement as an attester.

import type { Signer } from "ethers";
import { Problem } from "../base/problem.ts";
import type { Bundle } from "../schemas/bundle.ts";
import { STATEMENT_TYPES, statementDomain, toCall } from "../schemas/statement.ts";
import { requireProof } from "./method.ts";
import type { Review } from "./review.ts";

/**
 * Adds the signer's attestation to an acceptable statement. Throws a {@link Problem} if the signer is not an attester or has already
 * signed,
 * if the model needs no attestations, or if it needs a proof that the bundle lacks.
 */
export async function attest({ bundle, model }: Review, signer: Signer): Promise<Bundle> {
  const { attesters, zkProof } = model.method;
  if (attesters === undefined) {
    throw new Problem(
      "ALREADY_DONE",
      `${bundle.modelId} is verified by a proof alone: there is nothing to sign, submit it as it is.`,
    );
  }
  if (zkProof) requireProof(bundle);
  const account = await signer.getAddress();
  if (!(await attesters.contract.isAttester(account))) {
    throw new Problem("NOT_ALLOWED", `${account} is not an attester of ${await attesters.contract.getAddress()}.`);
  }
  if (bundle.attestations.some((attestation) => attestation.signer === account)) {
    throw new Problem("ALREADY_DONE", `${account} has signed this statement before.`);
  }
  const domain = statementDomain(BigInt(bundle.chainId), bundle.verifier);
  const signature = await signer.signTypedData(domain, STATEMENT_TYPES, toCall(bundle.statement));
  return { ...bundle, attestations: [...bundle.attestations, { signer: account, signature }] };
}
