// Commitments to rows, what opens them, and what a proof shows.

export { CAPACITIES, Domain, FIELD, type Opening } from "./circuit.ts";
export { commit } from "./commitment.ts";
export { countRows, ONE_ATTEMPT, packCounts, provenBy, quantileE9, type Counts, type ProvenScore } from "./counts.ts";
export { domainOf, drawOpening, formatOpening, readCandidate, readOpening, readRows } from "./openings.ts";
