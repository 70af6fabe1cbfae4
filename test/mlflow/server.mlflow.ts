// The client against a real tracking server. Not part of `npm test`: it installs MLflow from PyPI into .build/mlflow.

import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { freePort } from "../../scripts/dev/world/process";
import { shouldBehaveLikeMlflow } from "../sdk/mlflow/mlflow.behavior";

const VERSION = "3.17.2";
const FOLDER = process.env["MLFLOW_VENV"] ?? resolve(__dirname, "../../.build/mlflow");

/** Until it answers, in tries of a quarter of a second. */
const TRIES = 480;

function install(): void {
  if (existsSync(join(FOLDER, "bin/mlflow"))) return;
  execFileSync("python3", ["-m", "venv", FOLDER], { stdio: "inherit" });
  execFileSync(join(FOLDER, "bin/pip"), ["install", "--quiet", `mlflow==${VERSION}`], { stdio: "inherit" });
}

describe("MlflowClient on a real server @uninstrumented", function () {
  this.timeout(600_000);
  let folder: string;
  let server: ChildProcess;
  let url: string;

  before(async () => {
    install();
    folder = mkdtempSync(join(tmpdir(), "mlflow-server-"));
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const store = ["--backend-store-uri", `sqlite:///${join(folder, "mlflow.db")}`];
    const artifacts = ["--artifacts-destination", join(folder, "artifacts"), "--serve-artifacts"];
    const args = ["server", "--host", "127.0.0.1", "--port", String(port), "--workers", "1", ...store, ...artifacts];
    server = spawn(join(FOLDER, "bin/mlflow"), args, { cwd: folder, stdio: "ignore", detached: true });
    for (let tried = 0; tried < TRIES && server.exitCode === null; tried++) {
      if (
        await fetch(`${url}/health`).then(
          ({ ok }) => ok,
          () => false,
        )
      )
        return;
      await new Promise((done) => setTimeout(done, 250));
    }
    throw new Error("the server has not started");
  });

  after(async () => {
    if (server?.pid !== undefined && server.exitCode === null) {
      const end = once(server, "exit");
      // The server has workers: all of its group ends.
      process.kill(-server.pid, "SIGKILL");
      await end;
    }
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  shouldBehaveLikeMlflow(() => url);
});
