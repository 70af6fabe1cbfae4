/**
 * Packs the two packages that others install into .build/packages: the protocol's (interfaces, types, ABIs, addresses) and the library's.
 * Prints the path of each.
 */
import hre from "hardhat";
import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { readRecord } from "../../deploy/record";
import { addressesIn, DEPLOYED_CONTRACTS, LOCAL_CHAIN_ID } from "../../sdk/client/deployment";

const ROOT = resolve(__dirname, "../..");
const BUILD = join(ROOT, ".build");
const FOLDER = join(BUILD, "packages");
const PROTOCOL = join(FOLDER, "protocol");
const SDK = join(FOLDER, "sdk");
const ADDRESSES = join(BUILD, "addresses.ts");

/** Compiler options for ES modules with types. */
const AS_MODULES = [
  ...["--target", "es2022", "--module", "esnext", "--moduleResolution", "bundler", "--strict", "--skipLibCheck"],
  ...["--declaration", "--rewriteRelativeImportExtensions", "--rootDir", BUILD, "--outDir", PROTOCOL],
];

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly devDependencies: Readonly<Record<string, string>>;
}

async function main(): Promise<void> {
  await hre.run("compile", { quiet: true });
  rmSync(FOLDER, { recursive: true, force: true });
  buildProtocol();
  buildSdk();
  for (const folder of [PROTOCOL, SDK]) {
    copyFileSync(join(ROOT, "LICENSE"), join(folder, "LICENSE"));
    writeFileSync(join(folder, "README.md"), readme());
    console.log(join(FOLDER, pack(folder)));
  }
}

/** The README of both packages, which names the other documents instead of linking to what is not in them. */
function readme(): string {
  const document = readFileSync(join(ROOT, "docs/integrating.md"), "utf8");
  return document.replace(/\[([\w-]+\.md)\]\(\1\)/g, "`docs/$1` in the repository");
}

function buildProtocol(): void {
  for (const part of ["interfaces", "types"]) {
    cpSync(join(ROOT, "contracts", part), join(PROTOCOL, "contracts", part), { recursive: true });
  }
  writeFileSync(ADDRESSES, addressesModule());
  compileTypeScript([...AS_MODULES, join(BUILD, "abi/index.ts"), ADDRESSES]);
  for (const file of readdirSync(join(PROTOCOL, "abi")).filter((name) => /^(?!index)\w+\.js$/.test(name))) {
    const [name = ""] = file.split(".");
    const { abi } = hre.artifacts.readArtifactSync(name) as { abi: readonly unknown[] };
    writeFileSync(join(PROTOCOL, "abi", `${name}.json`), `${JSON.stringify(abi, null, 2)}\n`);
  }
  writeFileSync(join(PROTOCOL, "package.json"), `${JSON.stringify(protocolManifest(), null, 2)}\n`);
}

/** The parts of the repository's manifest that others need, without anything that only builds the repository. */
function protocolManifest(): object {
  const { name, version, license, devDependencies } = readManifest();
  const module = (path: string) => ({ types: `${path}.d.ts`, default: `${path}.js` });
  return {
    ...{ name, version, license, type: "module", sideEffects: false },
    description: "Interfaces, ABIs and addresses of the Hokusai protocol",
    exports: {
      "./abi": module("./abi/index"),
      "./abi/*.json": "./abi/*.json",
      "./addresses": module("./addresses"),
      "./contracts/*": "./contracts/*",
      "./package.json": "./package.json",
    },
    peerDependencies: { "@openzeppelin/contracts": `^${devDependencies["@openzeppelin/contracts"]}` },
    peerDependenciesMeta: { "@openzeppelin/contracts": { optional: true } },
  };
}

/** Every recorded deployment, except those on local chains. */
function addressesModule(): string {
  const folder = join(ROOT, "deploy/addresses");
  const files = existsSync(folder) ? readdirSync(folder) : [];
  const chains = files.map((file) => Number(file.replace(".json", ""))).filter((id) => id !== LOCAL_CHAIN_ID);
  const records = chains.flatMap((chainId) => readRecord({ chainId }) ?? []);
  const addresses = Object.fromEntries(records.map((record) => [record.chainId, addressesIn(record)]));
  return `/** What a deployment put on a chain. No event of it is older than its first block. */
export interface DeploymentAddresses {
  readonly network: string;
  readonly chainId: number;
  readonly firstBlock: number;
  readonly contracts: Readonly<Record<${DEPLOYED_CONTRACTS.map((name) => JSON.stringify(name)).join(" | ")}, string>>;
}

/** Deployments by chain id. */
export const addresses: Readonly<Record<number, DeploymentAddresses>> = ${JSON.stringify(addresses, null, 2)};
`;
}

function buildSdk(): void {
  compileTypeScript(["-p", "sdk"]);
  copyFileSync(join(ROOT, "sdk/package.json"), join(SDK, "package.json"));
}

function compileTypeScript(args: readonly string[]): void {
  execFileSync(process.execPath, [require.resolve("typescript/bin/tsc"), ...args], { cwd: ROOT, stdio: "inherit" });
}

function readManifest(): Manifest {
  return JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Manifest;
}

/** Packs a folder, and returns the name of the file. */
function pack(folder: string): string {
  const args = ["pack", folder, "--pack-destination", FOLDER, "--json"];
  const [packed] = JSON.parse(execFileSync("npm", args, { encoding: "utf8" })) as [{ filename: string }];
  return packed.filename;
}

if (require.main === module) {
  main().catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
}
