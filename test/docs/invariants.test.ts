import { expect } from "chai";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

const ROOT = resolve(__dirname, "../..");
const PAGE = join(ROOT, "docs/invariants.md");
const CODE = ["contracts", "sdk", "operator", "platform", "deploy", "scripts", "test"];
const GENERATED = ["node_modules", "snapshots"];

const NUMBER = "[SPBVRMFAGH][1-9]\\d?";
const NUMBERS = `${NUMBER}(?:(?:,| and)? ${NUMBER})*`;

/** The forms in which an invariant is cited; the same letters elsewhere name groups of a curve, metrics or amounts. */
const CITATIONS = [
  new RegExp(`\\b(?:invariant|test|testFuzz)_((?:${NUMBER}_)+)`, "g"), // a Solidity test
  new RegExp(`["'\`](${NUMBERS})(?=: | [a-z]|["'\`])`, "g"), // a title, a message, a check of the doctor
  new RegExp(`(?:/\\*\\*|///?|\\*|@dev|@notice|@title) (${NUMBERS})(?=[:,]| and)`, "g"), // a comment that begins with it
];

/** The invariants that a source cites. */
function citedIn(source: string): string[] {
  const groups = CITATIONS.flatMap((form) => [...source.matchAll(form)].map(([, numbers = ""]) => numbers));
  return [...new Set(groups.flatMap((numbers) => numbers.match(new RegExp(NUMBER, "g")) ?? []))];
}

/** Every source of the folder, by its path from the root. */
function sourcesOf(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return GENERATED.includes(entry.name) ? [] : sourcesOf(path);
    return /\.(ts|mjs|sol)$/.test(path) && resolve(ROOT, path) !== __filename ? [path] : [];
  });
}

interface Line {
  readonly number: string;
  readonly statement: string;
  readonly isWatched: boolean;
  readonly tests: readonly string[];
}

/** The lines of docs/invariants.md. */
function lines(): Line[] {
  const items = readFileSync(PAGE, "utf8").split(/^- (?=\*\*)/m);
  return items.slice(1).map((item) => {
    const [, number = "", statement = ""] = /^\*\*(\w+)\.\*\* ([^]*?)\n *Enforced by /.exec(item) ?? [];
    const [, tests = ""] = /\n *Tests: ([^]*?)\.(?:\n|$)/.exec(item) ?? [];
    const links = [...tests.matchAll(/\]\(([^)]+)\)/g)].map(([, link = ""]) => link);
    return {
      number,
      statement,
      isWatched: item.includes("Doctor: yes."),
      tests: links.map((link) => relative(ROOT, resolve(dirname(PAGE), link))),
    };
  });
}

describe("docs/invariants.md @uninstrumented", () => {
  const documented = lines();
  const numbers = documented.map(({ number }) => number);
  const cited = new Map(CODE.flatMap(sourcesOf).map((path) => [path, citedIn(readFileSync(join(ROOT, path), "utf8"))]));
  const citing = (number: string) => [...cited].filter(([, found]) => found.includes(number)).map(([path]) => path);

  it("has one entry for each invariant that tests and code cite, and no other", () => {
    const everywhere = [...new Set([...cited.values()].flat())];

    expect(numbers).to.have.length(new Set(numbers).size);
    expect([...numbers].sort()).to.deep.equal(everywhere.sort());
  });

  it("states each invariant", () => {
    expect(documented.filter(({ statement }) => statement.length < 20)).to.deep.equal([]);
  });

  it("names for each invariant only tests that cite it, and at least one", () => {
    const wrong = documented.flatMap(({ number, tests }) =>
      tests.length === 0
        ? [`${number} has no test`]
        : tests
            .filter((path) => !existsSync(join(ROOT, path)) || !cited.get(path)?.includes(number))
            .map((path) => `${path} does not cite ${number}`),
    );

    expect(wrong).to.deep.equal([]);
  });

  it("marks exactly the invariants that the doctor checks", () => {
    const watched = numbers.filter((number) => citing(number).some((path) => path.startsWith("deploy/doctor/")));

    expect(documented.filter(({ isWatched }) => isWatched).map(({ number }) => number)).to.deep.equal(watched);
  });

  it("recognises every form of a citation, and nothing else", () => {
    expect(
      citedIn(
        [
          "function invariant_P7_quotesAreExecutions() external {}",
          "function testFuzz_P3_P6_buy() external {}",
          'it("R1, R2: pays its own only after the delay", () => {});',
          'new Check("invariants", "S1 supply is within the caps");',
          "/// @dev V5: what is refused changes nothing.",
          "/// @notice V3 and the headroom rule.",
        ].join("\n"),
      ),
    ).to.have.members(["P7", "P3", "P6", "R1", "R2", "S1", "V5", "V3"]);
    expect(citedIn("/// @param alpha α in G1.\n enum Metric { F1, R2 }\n// S0 = R0·1e24 / (crr·price)")).to.deep.equal(
      [],
    );
  });
});
