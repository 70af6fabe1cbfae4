/** An expression of inline assembly: a number, a name, or a function of other expressions. */
export type Word = bigint | string | { readonly operation: string; readonly operands: readonly Word[] };

/** The assignment `name := value`; `isNew` tells whether `let` stands before it. */
export interface Assignment {
  readonly name: string;
  readonly value: Word;
  readonly isNew: boolean;
}

/** Reads assignments of inline assembly. Throws if the text contains anything but assignments and comments. */
export function assignmentsOf(text: string): Assignment[] {
  const tokens = text.replace(/\/\/.*$/gm, "").match(/:=|\w+|\S/g) ?? [];
  let at = 0;
  const next = () => {
    const token = tokens[at++];
    if (token === undefined) throw new Error(`assembly ends too early: ${text}`);
    return token;
  };
  const expect = (token: string) => {
    const found = next();
    if (found !== token) throw new Error(`assembly: expected ${token}, found ${found}: ${text}`);
  };

  function word(): Word {
    const token = next();
    if (/^\d/.test(token)) return BigInt(token);
    if (!/^\w+$/.test(token)) throw new Error(`assembly: expected a word, found ${token}: ${text}`);
    if (tokens[at] !== "(") return token;
    at++;
    const operands = [word()];
    for (let separator = next(); separator !== ")"; separator = next()) {
      if (separator !== ",") throw new Error(`assembly: expected a comma, found ${separator}: ${text}`);
      operands.push(word());
    }
    return { operation: token, operands };
  }

  const assignments: Assignment[] = [];
  while (at < tokens.length) {
    const isNew = tokens[at] === "let";
    if (isNew) at++;
    const name = next();
    expect(":=");
    assignments.push({ name, value: word(), isNew });
  }
  return assignments;
}

/**
 * Translates assembly to Solidity on variables of the type `int256`, which means the same as long as nothing overflows. For a shift by
 * a variable `k`, the specification declares a mapping `_powerOf` whose item `k` stands for 2^k. Throws on a function without a
 * translation here.
 */
export function asSolidity(text: string): string {
  return assignmentsOf(text)
    .map(({ name, value, isNew }) => `${isNew ? "int256 " : ""}${name} = ${solidity(value)};`)
    .join("\n");
}

function solidity(word: Word): string {
  if (typeof word !== "object") return String(word);
  const [x = 0n, y = 0n] = word.operands;
  const [left, right] = [solidity(x), solidity(y)];
  const shift = typeof x === "bigint" ? `2 ** ${x}` : `_powerOf[${left}]`;
  switch (word.operation) {
    case "add":
      return `(${left} + ${right})`;
    case "sub":
      return `(${left} - ${right})`;
    case "mul":
      return `(${left} * ${right})`;
    case "sdiv":
      return `(${left} / ${right})`;
    case "shl":
      return `(${right} * ${shift})`;
    case "shr":
      return `int256(uint256(${right}) / uint256(${shift}))`;
    case "gt":
      return `(uint256(${left}) > uint256(${right}) ? int256(1) : int256(0))`;
    case "sgt":
      return `(${left} > ${right} ? int256(1) : int256(0))`;
    default:
      throw new Error(`assembly: ${word.operation} has no form in Solidity`);
  }
}
