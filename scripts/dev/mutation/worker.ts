/**
 * A process that puts mutants into the chain of Hardhat, one after the other, and runs tests on each: started by ../mutation.ts, which
 * sends a {@link Job} and awaits a {@link MutantVerdict}. Hardhat, the compiler and what they have loaded serve all mutants.
 */
import { clearSnapshots } from "@nomicfoundation/hardhat-network-helpers";
import hre from "hardhat";
import type { Artifact } from "hardhat/types";
import Mocha from "mocha";
import { join, sep } from "node:path";
import { ContractCompiler, type CompiledCode } from "./compiler";
import type { Job, MutantVerdict, TestName } from "./work";

const ROOT = join(__dirname, "../../..");
/** What tests keep in their modules is not for the next mutant. */
const FORGOTTEN = ["test", "scripts/dev/world"].map((folder) => join(ROOT, folder) + sep);
const LONGEST_TEST = 180_000; // ms; the slowest takes a tenth of it

const compiler = new ContractCompiler(ROOT, hre.config.solidity.compilers[0]?.settings as object);
let mutated: ReadonlyMap<string, CompiledCode> = new Map();

const { artifacts } = hre;
const readArtifact = artifacts.readArtifact.bind(artifacts);
const readArtifactSync = artifacts.readArtifactSync.bind(artifacts);
artifacts.readArtifact = async (name: string) => withCode(await readArtifact(name));
artifacts.readArtifactSync = (name: string) => withCode(readArtifactSync(name));

/** What a contract is deployed from: its own artifact but for the mutant's code. */
function withCode(artifact: Artifact): Artifact {
  return { ...artifact, ...mutated.get(`${artifact.sourceName}:${artifact.contractName}`) };
}

async function judge({ file, text, contracts, first, tests }: Job): Promise<MutantVerdict> {
  const compiled = contracts.length === 0 ? new Map() : compiler.compile(file, text, contracts);
  if (!compiled) return { outcome: "invalid" };
  const originals = await Promise.all(contracts.map(readArtifact));
  const isSame = contracts.every((name, at) => compiled.get(name)?.bytecode === originals[at]?.bytecode);
  if (isSame && contracts.length > 0) return { outcome: "equivalent" };
  mutated = compiled;

  const titles = first.map(({ test }) => test);
  let killer = first.length === 0 ? undefined : await firstFailure(first, titles);
  for (const group of tests) killer ??= await firstFailure(group.map((path) => ({ file: path })));
  return killer ? { outcome: "killed", killer } : { outcome: "survived" };
}

/** Runs tests on a new chain until the first fails: all of the files, or those with these titles. */
async function firstFailure(
  tests: readonly Pick<TestName, "file">[],
  titles?: readonly string[],
): Promise<MutantVerdict["killer"]> {
  for (const path of Object.keys(require.cache)) {
    if (FORGOTTEN.some((folder) => path.startsWith(folder))) Reflect.deleteProperty(require.cache, path);
  }
  await clearSnapshots();
  await hre.network.provider.send("hardhat_reset");

  const mocha = new Mocha({ ...hre.config.mocha, bail: true, timeout: LONGEST_TEST, reporter: Silent });
  for (const file of new Set(tests.map((test) => test.file))) mocha.addFile(join(ROOT, file));
  if (titles) mocha.grep(new RegExp(`^(?:${titles.map(escaped).join("|")})$`));
  let killer: MutantVerdict["killer"];
  let passed = 0;
  await new Promise<void>((done) => {
    mocha
      .run(() => done())
      .on("pass", () => passed++)
      .on("fail", (test, error: Error) => {
        const file = (test.file ?? "").slice(ROOT.length + 1);
        const { currentTest } = test.ctx ?? {}; // what a hook was run for
        const title = (currentTest ?? test).fullTitle();
        killer ??= { file, test: title, error: String(error.message).split("\n")[0] ?? "" };
      });
  });
  mocha.dispose();
  if (!killer && passed === 0) throw new Error(`${tests.map(({ file }) => file).join(", ")}: no test ran`);
  return killer;
}

function escaped(title: string): string {
  return title.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

/** Prints nothing: what is worth telling is the verdict. */
class Silent extends Mocha.reporters.Base {}

process.on("message", (job: Job) => {
  void judge(job).then(
    (verdict) => process.send?.(verdict),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.send?.("ready");
