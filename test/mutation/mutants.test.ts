import { expect } from "chai";
import solc from "solc";
import { dependantsAmong } from "../../scripts/dev/mutation/compiler";
import { mutantsOf, withFault, type Mutant } from "../../scripts/dev/mutation/mutants";
import type { SyntaxNode } from "../../scripts/dev/mutation/syntax";

const FILE = "contracts/Pool.sol";

/** The compiler's syntax tree of a source. */
function parse(source: string): SyntaxNode {
  const input = {
    language: "Solidity",
    sources: { [FILE]: { content: source } },
    settings: { outputSelection: { "*": { "": ["ast"] } } },
  };
  const { sources, errors = [] } = JSON.parse(solc.compile(JSON.stringify(input))) as {
    sources: Record<string, { ast: SyntaxNode }>;
    errors?: { severity: string; formattedMessage: string }[];
  };
  const error = errors.find(({ severity }) => severity === "error");
  if (error) throw new Error(error.formattedMessage);
  return sources[FILE]!.ast;
}

const mutantsIn = (source: string) => mutantsOf(FILE, Buffer.from(source), parse(source));
const told = ({ kind, mutated }: Mutant) => `${kind}: ${mutated}`;

/** The mutants of a line in a function. */
function mutantsOfLine(line: string): string[] {
  const source = `pragma solidity 0.8.30;
    error Refused(uint256 a);
    event Done(uint256 a);
    contract Pool {
      uint256 sum;
      function step() internal {}
      function leap() internal {}
      function check() internal view {}
      modifier guarded(uint256 a) { _; }
      function f(uint256 a, uint256 b, bool c, address to) external returns (uint256 y) {
        ${line}
      }
    }`;
  return mutantsIn(source)
    .filter(({ within }) => within === "Pool.f")
    .map(told);
}

describe("mutants of Solidity @uninstrumented", () => {
  const LINES: Readonly<Record<string, readonly [line: string, ...mutated: string[]]>> = {
    "exchange operators of sums, products, shifts and bits": [
      "sum = a + b * b;",
      "statement: {}",
      "arithmetic: sum = a - b * b;",
      "arithmetic: sum = a + b / b;",
    ],
    "exchange compound assignments, and the direction of a step": [
      "sum += a++;",
      "statement: {}",
      "arithmetic: sum -= a++;",
      "arithmetic: sum += a--;",
    ],
    "move the bound of a comparison, and reverse it": [
      "c = a < b;",
      "statement: {}",
      "comparison: c = a <= b;",
      "comparison: c = a >= b;",
    ],
    "exchange && with ||, and drop a negation": [
      "c = c && !c;",
      "statement: {}",
      "comparison: c = c || !c;",
      "condition: c = c && c;",
    ],
    "negate a condition, and leave out a revert": [
      "if (c) revert Refused(a);",
      "condition: if (!(c)) revert Refused(a);",
      "statement: if (c) {}",
    ],
    "negate an equality only by its operator": [
      "if (a == b) return a;",
      "comparison: if (a != b) return a;",
      "statement: if (a == b) {}",
    ],
    "leave out an event": ["emit Done(a);", "statement: {}"],
    "leave out the initial value of a variable": [
      "uint256 x = a - b;",
      "statement: uint256 x;",
      "arithmetic: uint256 x = a + b;",
    ],
    "move constants by one, but none below zero": [
      "sum = 7 days ** 0;",
      "statement: {}",
      "constant: sum = (7 days + 1) ** 0;",
      "constant: sum = (7 days - 1) ** 0;",
      "arithmetic: sum = 7 days * 0;",
      "constant: sum = 7 days ** (0 + 1);",
    ],
    "exchange two neighbouring calls": [
      "step(); leap();",
      "statement: {} leap();",
      "order: leap(); step();",
      "statement: step(); {}",
    ],
    "keep the order of a check and a call": ["check(); leap();", "statement: {} leap();", "statement: check(); {}"],
    "replace the caller by the origin and by a parameter": [
      "c = msg.sender == to;",
      "statement: {}",
      "caller: c = tx.origin == to;",
      "caller: c = to == to;",
      "comparison: c = msg.sender != to;",
    ],
    "change the bound and the step of a loop": [
      "for (uint256 i; i < a; ++i) {}",
      "comparison: for (uint256 i; i <= a; ++i) {}",
      "comparison: for (uint256 i; i >= a; ++i) {}",
      "arithmetic: for (uint256 i; i < a; --i) {}",
      "statement: for (uint256 i; i < a; ) {}",
    ],
    "change assembly too": [
      'assembly ("memory-safe") { y := shl(0x10, lt(a, b)) if c { revert(0, 0) } }',
      'statement: assembly ("memory-safe") { {} if c { revert(0, 0) } }',
      'arithmetic: assembly ("memory-safe") { y := shr(0x10, lt(a, b)) if c { revert(0, 0) } }',
      'constant: assembly ("memory-safe") { y := shl(0x11, lt(a, b)) if c { revert(0, 0) } }',
      'constant: assembly ("memory-safe") { y := shl(0xf, lt(a, b)) if c { revert(0, 0) } }',
      'comparison: assembly ("memory-safe") { y := shl(0x10, iszero(gt(a, b))) if c { revert(0, 0) } }',
      'comparison: assembly ("memory-safe") { y := shl(0x10, iszero(lt(a, b))) if c { revert(0, 0) } }',
      'condition: assembly ("memory-safe") { y := shl(0x10, lt(a, b)) if iszero(c) { revert(0, 0) } }',
      'statement: assembly ("memory-safe") { y := shl(0x10, lt(a, b)) if c { {} } }',
      'constant: assembly ("memory-safe") { y := shl(0x10, lt(a, b)) if c { revert(1, 0) } }',
      'constant: assembly ("memory-safe") { y := shl(0x10, lt(a, b)) if c { revert(0, 1) } }',
    ],
  };

  for (const [rule, [line, ...mutated]] of Object.entries(LINES)) {
    it(`${rule}: ${line}`, () => {
      expect(mutantsOfLine(line)).to.deep.equal(mutated);
    });
  }

  describe("given a whole source", () => {
    const SOURCE = `pragma solidity 0.8.30;
uint256 constant DAY = 1; // ≤ a day
interface IPool { function f(uint256[2] calldata) external; }
contract Pool {
  struct Pair { uint256[2] both; }
  modifier guarded() { _; }
  function f() external guarded {
    delete sum;
  }
  uint256 sum = DAY;
}`;

    it("include constants, functions and used modifiers, with their places and names, and no type declarations", () => {
      expect(mutantsIn(SOURCE).map(({ line, within, kind, original, mutated }) => [line, within, kind, original, mutated]))
        .to.deep.equal([
          [2, "DAY", "constant", "uint256 constant DAY = 1;", "uint256 constant DAY = (1 + 1);"],
          [2, "DAY", "constant", "uint256 constant DAY = 1;", "uint256 constant DAY = (1 - 1);"],
          [7, "Pool.f", "modifier", "function f() external guarded {", "function f() external {"],
          [8, "Pool.f", "statement", "delete sum;", "{}"],
        ]); // prettier-ignore
    });

    it("change only their own place, even after characters of several bytes", () => {
      const removed = mutantsIn(SOURCE).find(({ kind }) => kind === "statement")!;

      expect(withFault(Buffer.from(SOURCE), removed)).to.equal(SOURCE.replace("delete sum;", "{}"));
    });
  });
});

describe("contracts that depend on a mutant @uninstrumented", () => {
  const SOURCE = `pragma solidity 0.8.30;
library Sums { function add(uint256 a) internal pure returns (uint256) { return a + 1; } }
library Others { function twice(uint256 a) internal pure returns (uint256) { return a * 2; } }
abstract contract Base { function base() internal pure returns (uint256) { return Sums.add(2); } }
contract Pool is Base { function f() external pure returns (uint256) { return base(); } }
contract Factory { function g() external returns (Pool) { return new Pool(); } }
contract User { function h() external pure returns (uint256) { return Others.twice(3); } }`;

  it("are those that inherit, call or deploy it, directly or indirectly", () => {
    const tree = parse(SOURCE);
    const dependants = dependantsAmong([[FILE, tree]]);
    const named = new Map(
      mutantsOf(FILE, Buffer.from(SOURCE), tree).map(({ within, declaration }) => [
        within,
        dependants.get(declaration),
      ]),
    );
    const [pool, factory, user] = ["Pool", "Factory", "User"].map((name) => `${FILE}:${name}`);

    expect(named.get("Sums.add")).to.deep.equal([pool, factory]);
    expect(named.get("Others.twice")).to.deep.equal([user]);
    expect(named.get("Base.base")).to.deep.equal([pool, factory]);
    expect(named.get("Factory.g")).to.deep.equal([factory]);
  });
});
