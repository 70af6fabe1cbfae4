import { assignmentsOf } from "./assembly";
import { rangesOf, type Range } from "./ranges";
import { lines } from "./splice";

const ONE = 1n << 127n;

const LEMMAS: Readonly<Record<string, (source: string) => boolean>> = {
  /** k = floor(log2(quotient)), for quotients below 2^113. */
  U_bitsOfQuotient: (source) =>
    Array.from({ length: 113 }, (_, k) => BigInt(k)).every((k) => {
      const quotient: Range = [1n << k, (1n << (k + 1n)) - 1n];
      const found = rangesIn(source, "let k := shl(6", "k := or(k, byte(", { quotient });
      return isWithin(found["k"], [k, k]);
    }),

  /** The steps from the k, z and u of `U_ratio` and `U_argument` to the exponent of `_exp2`. */
  U_logarithm(source) {
    const [below, above] = [(13_573n * ONE) / 79_109n, (19_195n * ONE) / 111_877n];
    const { log } = rangesIn(source, "let log := ", ")".repeat(26), {
      k: [0n, 113n],
      z: [-below, above],
      u: [0n, above * above],
    });
    if (log === undefined || !isWithin(log, [-ONE, 114n * ONE])) return false;
    const parts: Range = [1n, 1_000_000n];
    const margin: Range = [-5_000n, 5_000n];
    const { y } = rangesIn(source, "y := add(sdiv", "y := mul(y", {
      ...{ log, p: parts, q: parts, logMargin: margin, expMargin: margin, y: [0n, 0n] },
    });
    return isWithin(y, [-(1n << 156n), (1n << 156n) - 1n]);
  },

  /** The steps from the r and v of `U_fraction` to a and b, which are positive and below 3.42. */
  U_power(source) {
    const half = ONE / 2n;
    const r: Range = [-half, half - 1n];
    const { g } = rangesIn(source, "let g :=", ")".repeat(16), { v: [0n, half * half] });
    if (g === undefined || !isWithin(g, [(288n * ONE) / 100n, (292n * ONE) / 100n])) return false;
    const { a, b } = rangesIn(source, "a := add(", "b := sub(", { g, r });
    const bounds: Range = [(238n * ONE) / 100n, (342n * ONE) / 100n];
    return isWithin(a, bounds) && isWithin(b, bounds);
  },
};

/** The lemmas about the curve's kernel that ranges prove. */
export const LEMMAS_OF_RANGES: readonly string[] = Object.keys(LEMMAS);

/** Tells whether a lemma of {@link LEMMAS_OF_RANGES} holds for this source of BondingCurve. */
export function isProvedByRanges(lemma: string, source: string): boolean {
  try {
    return LEMMAS[lemma]?.(source) ?? false;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function rangesIn(source: string, first: string, last: string, names: Readonly<Record<string, Range>>) {
  return rangesOf(assignmentsOf(lines(source, first, last, "BondingCurve")), names);
}

const isWithin = (range: Range | undefined, [low, high]: Range) =>
  range !== undefined && range[0] >= low && range[1] <= high;
