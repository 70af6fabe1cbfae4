/**
 * Runs Slither on the production contracts as Hardhat compiled them, and compares its findings of high and medium impact with
 * test/static/answers.json. `slither` must be on the PATH: `pip install --requirement test/static/requirements.txt`.
 */
import hre from "hardhat";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compareFindings, type Answer, type StaticFinding } from "./static/findings";

const ROOT = join(__dirname, "../..");
const ANSWERS = "test/static/answers.json";

/** The part of Slither's output that is used here. */
interface SlitherReport {
  readonly success: boolean;
  readonly error: string | null;
  readonly results: { readonly detectors?: readonly { readonly check: string; readonly description: string }[] };
}

/** Returns all findings of high or medium impact in contracts/, except the mocks. */
function slither(): StaticFinding[] {
  const { artifacts, cache } = hre.config.paths;
  const compiled = [
    "--hardhat-ignore-compile",
    "--hardhat-artifacts-directory",
    artifacts,
    "--hardhat-cache-directory",
    cache,
  ];
  const { stdout, stderr, error } = spawnSync(
    "slither",
    [
      ...[".", "--compile-force-framework", "hardhat", ...compiled, "--json", "-"],
      ...["--exclude-low", "--exclude-informational", "--exclude-optimization"],
      ...["--filter-paths", "node_modules|contracts/mocks"],
    ],
    { cwd: ROOT, encoding: "utf8", maxBuffer: 2 ** 28 },
  );
  if (error) throw error;
  // If Slither cannot translate a function, no detector has checked it.
  if (!stdout.startsWith("{") || /Impossible to generate IR|Function not found/.test(stderr)) throw new Error(stderr);

  const report = JSON.parse(stdout) as SlitherReport;
  if (!report.success) throw new Error(report.error ?? stderr);
  return (report.results.detectors ?? []).map(({ check, description }) => ({ detector: check, description }));
}

/** Compiles everything into a single build file if there are several: Slither reads all of them, including outdated ones. */
async function compile() {
  await hre.run("compile", { quiet: true });
  const outputs = await hre.artifacts.getBuildInfoPaths();
  if (outputs.length > 1) await hre.run("compile", { quiet: true, force: true });
}

async function main() {
  await compile();
  const findings = slither();
  const answers = JSON.parse(readFileSync(join(ROOT, ANSWERS), "utf8")) as Answer[];
  const { unanswered, superfluous } = compareFindings(findings, answers);

  for (const { detector, finding } of unanswered) {
    console.error(
      `${detector}: ${finding}\n  has no answer in ${ANSWERS}: change the code, or add the finding with its reason.`,
    );
  }
  for (const { detector, finding } of superfluous) {
    console.error(`${detector}: ${finding}\n  is answered in ${ANSWERS} but no longer found: remove the answer.`);
  }
  console.log(`Slither: ${findings.length} findings of high or medium impact, ${unanswered.length} without an answer.`);
  if (unanswered.length + superfluous.length > 0) process.exitCode = 1;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
