import { clearSnapshots } from "@nomicfoundation/hardhat-network-helpers";
import hre from "hardhat";
import { TASK_COMPILE } from "hardhat/builtin-tasks/task-names";

// A deployment compiles first, which in the sandbox, whose paths no cache knows, would mean everything. The artifacts are there.
hre.tasks[TASK_COMPILE]?.setAction(async () => undefined);

/** What mocha runs before the tests of each mutant: all mutants of a process have its chain, and none may leave anything to the next. */
export const mochaHooks = {
  async beforeAll(): Promise<void> {
    await clearSnapshots();
    await hre.network.provider.send("hardhat_reset");
  },
};
