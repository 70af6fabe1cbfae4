const WORD_BITS = 256;

/** A pattern for the model checker's conversion of an integer to bits. Group `group` is the integer, the next one the number of bits. */
const bits = (group: number, width = "\\d+") => {
  const [integer, same] = [`\\${group}`, `\\${group + 1}`];
  return `\\(ite \\(>= (\\S+) 0\\) \\(\\(_ int2bv (${width})\\) ${integer}\\) \\(bvneg \\(\\(_ int2bv ${same}\\) \\(- ${integer}\\)\\)\\)\\)`;
};
const word = (group: number) => bits(group, String(WORD_BITS));

const CONVERSION = new RegExp(`\\(bv2nat ${bits(1)}\\)`, "g");
/** Operations on whole words. Narrower ones wrap at other values and stay as they are. */
const OPERATION = new RegExp(`\\(bv2nat \\((bv\\w+) ${word(2)} ${word(4)}\\)\\)`, "g");
/** Bound names: with them, the same text could stand for different numbers. */
const BINDING = /\((?:let|forall|exists) /;

const power = (exponent: number | bigint) => String(1n << BigInt(exponent));
const isPowerOfTwo = (value: bigint) => value > 0n && (value & (value - 1n)) === 0n;

/**
 * Replaces bit operations in a query of solc's model checker by arithmetic, as solvers are slow where both meet. An operation without
 * such a form may answer any word, so that whatever is proved of the result holds for the query too. Throws if the query binds names.
 */
export function withoutBits(query: string): string {
  if (BINDING.test(query)) throw new Error("a query binds names, which withoutBits cannot read");
  const anyWords = new Map<string, string>();
  const anyWordFor = (term: string) => {
    const name = anyWords.get(term) ?? `|word_${anyWords.size}|`;
    anyWords.set(term, name);
    return name;
  };
  const facts = new Set<string>();
  const narrow = [...query.matchAll(CONVERSION)].map(([, , width]) => Number(width));

  const arithmetic = query
    .replace(CONVERSION, (_, x: string, width: string) => `(mod ${x} ${power(Number(width))})`)
    .replace(OPERATION, (term, name: string, x: string, _: string, y: string) => {
      const left = `(mod ${x} ${power(WORD_BITS)})`;
      const constant = valueOf(y, query); // 0 may only be the initial value of a variable
      const found = constant === undefined ? undefined : byConstant(name, left, constant);
      if (found !== undefined && constant !== 0n) return `(ite (= ${y} ${constant}) ${found} ${anyWordFor(term)})`;
      if (name === "bvshl" || name === "bvlshr") {
        for (const fact of factsOfPower(y)) facts.add(fact);
        return name === "bvshl"
          ? `(mod (* ${left} (|power| ${y})) ${power(WORD_BITS)})`
          : `(div ${left} (|power| ${y}))`;
      }
      const any = anyWordFor(term);
      if (name !== "bvor") return any;
      if (narrow.length === 0) facts.add(`(=> (<= 0 ${y}) (and (<= ${left} ${any}) (<= ${y} ${any})))`);
      return sumOfSeparateBits(left, y, new Set(narrow), any);
    });
  const declarations = [...anyWords.values()].map(
    (name) => `(declare-fun ${name} () Int)\n(assert (and (<= 0 ${name}) (< ${name} ${power(WORD_BITS)})))\n`,
  );
  if (arithmetic.includes("(|power| ")) declarations.push("(declare-fun |power| (Int) Int)\n");
  return arithmetic
    .replace("(set-logic ALL)\n", (line) => line + declarations.join(""))
    .replace(/\(check-sat\)|$/, (end) => [...facts].map((fact) => `(assert ${fact})\n`).join("") + end);
}

/** Returns facts about `power`, which stands for powers of two, at an exponent that is not constant. */
function factsOfPower(exponent: string): string[] {
  const value = `(|power| ${exponent})`;
  return [
    `(=> (<= 0 ${exponent}) (< ${exponent} ${value}))`,
    `(=> (= ${exponent} 0) (= ${value} 1))`,
    `(=> (< ${exponent} ${WORD_BITS}) (<= ${value} ${power(WORD_BITS - 1)}))`,
    `(=> (<= ${WORD_BITS} ${exponent}) (<= ${power(WORD_BITS)} ${value}))`,
  ];
}

function byConstant(operation: string, x: string, constant: bigint): string | undefined {
  if (operation === "bvshl" && constant < WORD_BITS) return `(mod (* ${x} ${power(constant)}) ${power(WORD_BITS)})`;
  if (operation === "bvlshr" && constant < WORD_BITS) return `(div ${x} ${power(constant)})`;
  if (!isPowerOfTwo(constant)) return undefined;
  const bit = `(mod (div ${x} ${constant}) 2)`;
  if (operation === "bvand") return `(* ${bit} ${constant})`;
  if (operation === "bvor") return `(ite (= ${bit} 1) ${x} (+ ${x} ${constant}))`;
  return undefined;
}

/** Returns `x | y` as a sum, which it is if x ends in as many zeros as y has bits. */
function sumOfSeparateBits(x: string, y: string, widths: ReadonlySet<number>, otherwise: string): string {
  return [...widths].reduce(
    (rest, width) =>
      `(ite (and (= (mod ${x} ${power(width)}) 0) (<= 0 ${y}) (< ${y} ${power(width)})) (+ ${x} ${y}) ${rest})`,
    otherwise,
  );
}

/** Returns the number that the query equates with the name, directly or through other names, as it does with constants of the source. */
function valueOf(name: string, query: string): bigint | undefined {
  const [, value = ""] = new RegExp(`\\(= ${name.replace(/[|$]/g, "\\$&")} ([^\\s()]+)\\)`).exec(query) ?? [];
  if (/^\d+$/.test(value)) return BigInt(value);
  return value === "" ? undefined : valueOf(value, query);
}
