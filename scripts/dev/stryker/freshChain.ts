import { clearSnapshots } from "@nomicfoundation/hardhat-network-helpers";
import hre from "hardhat";
import { TASK_COMPILE } from "hardhat/builtin-tasks/task-names";

// A deployment compiles first. In the sandbox, whose paths are not in the cache, it would compile everything, although the artifacts
// are there.
hre.tasks[TASK_COMPILE]?.setAction(async () => undefined);

/** Mocha runs this before the tests of each mutant, as all mutants of a process share a chain and must not affect each other. */
export const mochaHooks = {
  async beforeAll(): Promise<void> {
    await clearSnapshots();
    await hre.network.provider.send("hardhat_reset");
  },
};
