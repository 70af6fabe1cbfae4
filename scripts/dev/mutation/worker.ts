/**
 * A process that puts one mutant after another into the artifacts of Hardhat and runs tests on it. ../mutation.ts starts it, sends a
 * {@link Job} and receives a {@link MutantVerdict}. Hardhat and the compiler stay loaded from one mutant to the next.
 */
import { clearSnapshots } from "@nomicfoundation/hardhat-network-helpers";
import hre from "hardhat";
import type { Artifact } from "hardhat/types";
import Mocha from "mocha";
import fs, { type PathOrFileDescriptor } from "node:fs";
import { join, resolve, sep } from "node:path";
import { ContractCompiler, type CompiledCode } from "./compiler";
import type { Job, MutantVerdict, TestName } from "./work";

const ROOT = join(__dirname, "../../..");
/** Folders whose modules are loaded anew for each mutant, as tests keep state in them. */
const FORGOTTEN = ["test", "scripts/dev/world"].map((folder) => join(ROOT, folder) + sep);
const LONGEST_TEST = 180_000; // ms; the slowest takes a tenth of it

const compiler = new ContractCompiler(ROOT, hre.config.solidity.compilers[0]?.settings as object);
let mutated: ReadonlyMap<string, CompiledCode> = new Map();
/** Whether code without a fault was compared with the artifacts: if it differs, no mutant would count as equivalent. */
let isCompared = false;

/** Tests that read the source of a contract have to see the fault there, too. */
const readFileSync = fs.readFileSync.bind(fs) as (path: PathOrFileDescriptor, options?: unknown) => unknown;
const UNCHANGED = { path: "", text: "" };
let source = UNCHANGED;
fs.readFileSync = ((path: PathOrFileDescriptor, options?: unknown) => {
  if (resolve(String(path)) !== source.path) return readFileSync(path, options);
  return options === undefined ? Buffer.from(source.text) : source.text;
}) as typeof fs.readFileSync;

const { artifacts } = hre;
const readArtifact = artifacts.readArtifact.bind(artifacts);
const readArtifactSync = artifacts.readArtifactSync.bind(artifacts);
artifacts.readArtifact = async (name: string) => withCode(await readArtifact(name));
artifacts.readArtifactSync = (name: string) => withCode(readArtifactSync(name));

/** Returns the artifact with the code of the mutant, if the mutant changes it. */
function withCode(artifact: Artifact): Artifact {
  return { ...artifact, ...mutated.get(`${artifact.sourceName}:${artifact.contractName}`) };
}

async function judge({ file, text, contracts, first, tests }: Job): Promise<MutantVerdict> {
  source = UNCHANGED; // or the compiler would read the fault of the mutant before
  const compiled = contracts.length === 0 ? new Map() : compiler.compile(file, text, contracts);
  if (!compiled) return { outcome: "invalid" };
  const originals = await Promise.all(contracts.map(readArtifact));
  const isSame = (code?: ReadonlyMap<string, CompiledCode>) =>
    contracts.every((name, at) => code?.get(name)?.bytecode === originals[at]?.bytecode);
  if (contracts.length > 0) {
    if (!isCompared && !isSame(compiler.compile(file, fs.readFileSync(join(ROOT, file), "utf8"), contracts)))
      throw new Error(`${contracts.join()}: the artifacts differ from the sources; run npx hardhat compile --force.`);
    isCompared = true;
    if (isSame(compiled)) return { outcome: "equivalent" };
  }
  mutated = compiled;
  source = { path: join(ROOT, file), text };

  const titles = first.map(({ test }) => test);
  let killer = first.length === 0 ? undefined : await firstFailure(first, titles);
  for (const group of tests) killer ??= await firstFailure(group.map((path) => ({ file: path })));
  return killer ? { outcome: "killed", killer } : { outcome: "survived" };
}

/** Runs tests on a new chain until the first one fails: all tests of the files, or only those with these titles. */
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
        const { currentTest } = test.ctx ?? {}; // a failing hook counts as its test
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

/** Prints nothing, as only the verdict matters. */
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
