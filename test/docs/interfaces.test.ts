import { expect } from "chai";
import { artifacts } from "hardhat";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { compilationOf, type Node, reachedBy, tagsOf } from "./natspec";

const FOLDER = join(__dirname, "../../contracts/interfaces");

/** Errors of a contract that no call of it can meet: a pool's figures are within the curve's domain from its creation. */
const UNREACHABLE: Readonly<Record<string, readonly string[]>> = {
  HokusaiAMM: ["OutOfCurveDomain", "AmountExceedsSupply"],
};

/** Errors of the library that callers meet everywhere: interfaces name only the first. */
const LIBRARY = ["AccessControlUnauthorizedAccount"];

interface Declared {
  readonly file: string;
  readonly contract: Node;
  readonly members: readonly Node[];
}

/** A function behind an interface, and what it can emit and revert with. */
interface Implemented {
  readonly contract: string;
  /** What the contract says of the function by itself, and what its interfaces say of all. */
  readonly text: string;
  readonly events: ReadonlySet<string>;
  readonly errors: ReadonlySet<string>;
}

const valuesOf = (node: Node, wanted: string) =>
  tagsOf(node)
    .filter(([tag]) => tag === wanted)
    .map(([, value]) => value);

const parametersOf = ({ parameters, members }: Node) => members ?? parameters?.parameters ?? [];

describe("NatSpec of the interfaces @uninstrumented", () => {
  const interfaces: Declared[] = [];
  const ownErrors = new Set<string>(LIBRARY);
  const ownEvents = new Set<string>();
  /** By interface and selector. */
  const implementations = new Map<string, Implemented[]>();

  before(async () => {
    for (const name of readdirSync(FOLDER)) {
      const file = `contracts/interfaces/${name}`;
      const { roots } = compilationOf(`${file}:${name.replace(".sol", "")}`);
      const contract = roots.get(file)!.nodes!.find(({ nodeType }) => nodeType === "ContractDefinition")!;
      interfaces.push({ file, contract, members: contract.nodes ?? [] });
    }
    for (const qualified of await artifacts.getAllFullyQualifiedNames()) {
      if (!qualified.startsWith("contracts/") || qualified.startsWith("contracts/mocks/")) continue;
      const [file = "", name] = qualified.split(":");
      const compilation = compilationOf(qualified);
      const nodes = compilation.roots.get(file)!.nodes!;
      const declarations = [...nodes, ...nodes.flatMap((node) => node.nodes ?? [])];
      for (const { nodeType, name: declared } of declarations) {
        if (nodeType === "ErrorDefinition") ownErrors.add(declared!);
        if (nodeType === "EventDefinition") ownEvents.add(declared!);
      }
      const contract = nodes.find((node) => node.nodeType === "ContractDefinition" && node.name === name);
      if (contract?.contractKind !== "contract" || contract.abstract) continue;
      const bases = contract.linearizedBaseContracts!.map((id) => compilation.nodes.get(id)!);
      const functions = bases.flatMap((base) => base.nodes ?? []).filter(({ body }) => body);
      for (const base of bases.filter(({ contractKind }) => contractKind === "interface")) {
        for (const { functionSelector } of (base.nodes ?? []).filter((node) => node.functionSelector)) {
          const found = functions.find((node) => node.functionSelector === functionSelector);
          if (!found) continue; // a public variable
          const key = `${base.name} ${functionSelector}`;
          const text = [found, ...bases.filter(({ contractKind }) => contractKind === "interface")]
            .flatMap((node) => [...valuesOf(node, "dev"), ...valuesOf(node, "notice")])
            .join(" ");
          const reached = { contract: contract.name!, text, ...reachedBy(compilation, contract, found) };
          implementations.set(key, [...(implementations.get(key) ?? []), reached]);
        }
      }
    }
    expect(implementations.size).to.be.greaterThan(100);
  });

  const functionsOf = ({ members }: Declared) => members.filter(({ nodeType }) => nodeType === "FunctionDefinition");

  /** What is said of emitting and reverting, with what the functions say that it refers to. */
  function promised({ contract }: Declared, node: Node, seen = new Set<Node>()): string {
    if (seen.has(node)) return "";
    seen.add(node);
    const text = valuesOf(node, "dev").join(" ");
    const references = [...text.matchAll(/\{(?:(\w+)-)?(\w+)\}/g)];
    const others = references.flatMap(([, other, name]) =>
      interfaces
        .filter(({ contract: { name: of } }) => of === (other ?? contract.name) || isPart(other, of))
        .flatMap((declared) =>
          functionsOf(declared)
            .filter((f) => f.name === name)
            .map((f) => promised(declared, f, seen)),
        ),
    );
    return [text, ...others].join(" ");
  }

  /** The registry's interface is three. */
  const isPart = (name: string | undefined, other: string | undefined) =>
    name === "IModelRegistry" && (other === "IModelImprovements" || other === "IModelGovernance");

  for (const [kind, nodeType] of [
    ["function", "FunctionDefinition"],
    ["event", "EventDefinition"],
    ["error", "ErrorDefinition"],
    ["struct", "StructDefinition"],
  ] as const) {
    it(`describes every ${kind} and each of its parameters`, () => {
      const problems: string[] = [];
      for (const { file, members } of interfaces) {
        for (const node of members.filter((member) => member.nodeType === nodeType)) {
          const what = `${file}: ${kind} ${node.name}`;
          if ((valuesOf(node, "notice")[0] ?? "") === "") problems.push(`${what} has no @notice`);
          const described = valuesOf(node, "param").map((value) => value.split(" ")[0]);
          const names = parametersOf(node).map(({ name }) => name);
          if (described.join() !== names.join()) problems.push(`${what} has @param ${described}, expected ${names}`);
          for (const value of valuesOf(node, "param")) {
            if (!value.includes(" ")) problems.push(`${what}: @param ${value} says nothing`);
          }
        }
      }
      expect(problems).to.deep.equal([]);
    });
  }

  it("describes what every function returns, by its name if it has one", () => {
    const problems: string[] = [];
    for (const declared of interfaces) {
      for (const node of functionsOf(declared)) {
        const what = `${declared.file}: ${node.name}`;
        const returned = node.returnParameters?.parameters ?? [];
        const described = valuesOf(node, "return");
        if (described.length !== returned.length)
          problems.push(`${what} has ${described.length} @return, expected ${returned.length}`);
        returned.forEach(({ name }, i) => {
          if (name && described[i]?.split(" ")[0] !== name)
            problems.push(`${what}: @return ${described[i]} is not ${name}`);
        });
      }
    }
    expect(problems).to.deep.equal([]);
  });

  it("names every event and error of each function", () => {
    const problems: string[] = [];
    for (const declared of interfaces) {
      for (const node of functionsOf(declared)) {
        const isView = ["view", "pure"].includes(node.stateMutability ?? "");
        const ofInterface = promised(declared, node);
        for (const { contract, events, errors, text: ofContract } of implementations.get(
          `${declared.contract.name} ${node.functionSelector}`,
        ) ?? []) {
          const unreachable = UNREACHABLE[contract] ?? [];
          const text = `${ofInterface} ${ofContract}`;
          const expected = [
            ...(isView ? [] : [...events].filter((name) => ownEvents.has(name))),
            ...[...errors].filter((name) => ownErrors.has(name) && !unreachable.includes(name)),
          ];
          const missing = expected.filter((name) => !text.includes(`\`${name}`)); // with arguments, too
          if (missing.length > 0) problems.push(`${declared.file}: ${node.name} does not say ${missing.join(", ")}`);
          if (!isView && events.size > 0 && !/\b[Ee]mits?\b/.test(text))
            problems.push(`${declared.file}: ${node.name}: Emits?`);
          if (!isView && errors.size > 0 && !/\b[Rr]everts?\b/.test(text))
            problems.push(`${declared.file}: ${node.name}: Reverts?`);
        }
      }
    }
    expect(problems).to.deep.equal([]);
  });
});
