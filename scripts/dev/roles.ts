/** Writes docs/roles.md from the contracts' ABIs and sdk/state/authority.ts; without `--update`, reports whether it differs. */
import hre from "hardhat";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { ACCESS, AUTHORITY, ROLE_OF, type Caller, type Power } from "../../sdk/state/authority";
import { compile } from "../cli/compile";

const FILE = join(__dirname, "../../docs/roles.md");

const NAMES: Readonly<Record<Caller, string>> = {
  ...ROLE_OF,
  anyone: "anyone",
  admin: "admin",
  multisig: "the multisig behind the timelock",
  governor: "the model's governor",
  owner: "the model's owner",
  successor: "whoever was proposed",
  wirer: "the wirer",
  contract: "a contract of the protocol",
};

const INTRODUCTION = `# Roles

For every function that changes state, this page says who may call it, what a thief of the key can do with it at worst, and what delays
the effect. \`npm run roles -- --update\` generates the page. Tests fail on a function that is missing here; they
also let every key call every function, and compare what changes with these tables.

The admin of every contract is the timelock: the multisig proposes an operation, which waits two days in public and is then
executed. The default admin cannot be renounced or given to zero. The deploying key holds no role; it can only call \`wire\`, once.
`;

/** Names of the state-changing functions of a deployable contract, from its ABI. */
export async function changingFunctions(contract: string): Promise<string[]> {
  const { abi } = await hre.artifacts.readArtifact(contract);
  const entries = abi as { type: string; name?: string; stateMutability?: string }[];
  const names = entries
    .filter(({ type, stateMutability }) => type === "function" && !["view", "pure"].includes(stateMutability ?? ""))
    .map(({ name }) => name as string);
  return [...new Set(names)].sort();
}

/** The page, in the project's format. */
export async function rolesPage(): Promise<string> {
  const rows = (powers: readonly [string, Power][]) => [
    "| function | who | at worst | delay |",
    "| --- | --- | --- | --- |",
    ...powers.map(
      ([name, { callers, worst, delay }]) =>
        `| \`${name}\` | ${callers.map((caller) => NAMES[caller]).join(", ")} | ${worst} | ${delay} |`,
    ),
    "",
  ];
  const lines = [INTRODUCTION, "## Every contract with roles", "", ...rows(Object.entries(ACCESS))];
  for (const [contract, powers] of Object.entries(AUTHORITY)) {
    const functions = await changingFunctions(contract);
    const inherits = functions.includes("suspendRole");
    const listed = functions
      .filter((name) => !(inherits && name in ACCESS))
      .map((name): [string, Power] => {
        const entry = powers[name];
        if (!entry) throw new Error(`${contract}.${name} is not in sdk/state/authority.ts: say who may call it.`);
        return [name, entry];
      });
    lines.push(`## ${contract}`, "");
    lines.push(...(listed.length > 0 ? rows(listed) : ["No function changes state.", ""]));
  }
  return format(lines.join("\n"), { ...(await resolveConfig(FILE)), parser: "markdown" });
}

async function main(update: boolean): Promise<void> {
  await compile(hre);
  const page = await rolesPage();
  if (update) return writeFileSync(FILE, page);
  if (readFileSync(FILE, "utf8") !== page) {
    console.error("docs/roles.md differs from the contracts; npm run roles -- --update writes it.");
    process.exitCode = 1;
  }
}

if (require.main === module) void main(process.argv.includes("--update"));
