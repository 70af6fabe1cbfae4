// The life of an improvement: proposed, reviewed, attested, submitted, claimed.

export { attest } from "./attest.ts";
export { claim, type Claimed, type ClaimOptions, type NamedClaims } from "./claim.ts";
export { readMethod, selectValid, type Attesters, type Method } from "./method.ts";
export { propose, readMeasured, type Measured, type Proposal, type Proposed } from "./propose.ts";
export { describe, requireAcceptable, type Review } from "./review.ts";
export { submit, type Payment, type Submission } from "./submit.ts";
