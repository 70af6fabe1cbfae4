import { expect } from "chai";
import hre from "hardhat";
import { TASK_COMPILE_SOLIDITY_LOG_COMPILATION_ERRORS } from "hardhat/builtin-tasks/task-names";

/** What is written to the error stream when the compiler answers with these remarks. */
async function toldOf(...remarks: readonly { file: string; severity: string }[]): Promise<string[]> {
  const { error, warn } = console;
  const told: string[] = [];
  console.error = console.warn = (text: string) => told.push(text);
  try {
    const errors = remarks.map(({ file, severity }) => ({
      severity,
      sourceLocation: { file },
      formattedMessage: `${severity} in ${file}`,
    }));
    await hre.run(TASK_COMPILE_SOLIDITY_LOG_COMPILATION_ERRORS, { output: { errors }, quiet: true });
  } finally {
    Object.assign(console, { error, warn });
  }
  return told;
}

describe("messages of the compiler @uninstrumented", () => {
  const OWN = "contracts/market/HokusaiAMM.sol";
  const DEPENDENCY = "@openzeppelin/contracts/utils/TransientSlot.sol";

  it("leave out warnings about dependencies", async () => {
    expect(await toldOf({ file: DEPENDENCY, severity: "warning" })).to.deep.equal([]);
  });

  it("include every warning about the project, and every error", async () => {
    const told = await toldOf(
      { file: OWN, severity: "warning" },
      { file: DEPENDENCY, severity: "warning" },
      { file: DEPENDENCY, severity: "error" },
    );

    expect(told).to.deep.equal([`warning in ${OWN}`, `error in ${DEPENDENCY}`]);
  });

  it("are empty if the compiler has none", async () => {
    expect(await toldOf()).to.deep.equal([]);
  });
});
