// The process that makes an evaluation: what it is told, and what ends it.

import { expect } from "chai";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { until } from "../../../scripts/dev/world/process";
import { stateBenchmark } from "../../api/benchmarks";
import type { JobTask } from "../../api/jobs/messages";
import { startEvaluation } from "../../api/jobs/process";
import { buildBenchmarkInput } from "./support";

const ROOT = resolve(__dirname, "../../..");
const PREDICTIONS = "id,label,baseline,candidate\na,0,0,0\nb,1,1,1\n";

describe("API: process of an evaluation @uninstrumented", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "worker-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const taskOf = (file: string): JobTask => {
    const { spec } = stateBenchmark(buildBenchmarkInput());
    return { file, spec, attempt: 1, registeredScore: null, contribution: null };
  };

  it("does not inherit NODE_OPTIONS from the platform", async () => {
    const file = join(folder, "predictions.csv");
    writeFileSync(file, PREDICTIONS);
    const { NODE_OPTIONS } = process.env;
    process.env["NODE_OPTIONS"] = `--require=${join(folder, "missing.cjs")}`; // ends whichever process is told of it
    try {
      const { kind } = await startEvaluation(taskOf(file)).end;

      expect(kind).to.equal("evaluated");
    } finally {
      if (NODE_OPTIONS === undefined) delete process.env["NODE_OPTIONS"];
      else process.env["NODE_OPTIONS"] = NODE_OPTIONS;
    }
  });

  it("ends soon after the process that started it was killed, even while it waits for more of the file", async () => {
    const file = join(folder, "predictions.csv");
    execFileSync("mkfifo", [file]); // it waits for more of the file as long as somebody may write
    const start = `require("./platform/api/jobs/process").startEvaluation(${JSON.stringify(taskOf(file))})`;
    const waiting = spawn(process.execPath, ["-r", "ts-node/register/transpile-only", "-e", start], { cwd: ROOT });
    const source = await open(file, "w"); // once it reads
    try {
      const ended = once(waiting, "exit");
      waiting.kill("SIGKILL");
      await ended;

      await until(async () => {
        const written = await source.write("i").catch((error: NodeJS.ErrnoException) => error.code);
        return written === "EPIPE";
      });
    } finally {
      await source.close();
    }
  });
});
