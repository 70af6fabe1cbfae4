// Commitments to rows, their openings, and what a proof reveals.

export { CAPACITIES, Domain, FIELD, type Opening } from "./circuit.ts";
export { commit } from "./commitment.ts";
export { countRows, ONE_ATTEMPT, packCounts, provenBy, quantileE9, type Counts, type ProvenScore } from "./counts.ts";
export { domainOf, drawOpening, formatOpening, readCandidate, readOpening, readRows } from "./openings.ts";
