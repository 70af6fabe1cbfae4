// A process that runs one evaluation. It needs neither a database nor a chain, and may be ended at any time.

import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { assess } from "../../../sdk/evaluation/evaluate";
import { readExamples } from "../../../sdk/evaluation/readExamples";
import { Refusal } from "../../../sdk/evaluation/refusal";
import { parseSpec, wantedOf } from "../../../sdk/evaluation/spec";
import type { JobTask, WorkerMessage } from "./messages";

const PIECE = 1 << 20;

/** The progress of an evaluation once everything is read. */
const READ = 0.5;

function tell(message: WorkerMessage, told: () => void = () => undefined): void {
  process.send?.(message, undefined, undefined, told);
}

/** Yields the file piece by piece, because it need not fit into memory. */
function* piecesOf(path: string): Generator<Uint8Array> {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    for (let done = 0; ;) {
      const piece = new Uint8Array(PIECE);
      const length = readSync(file, piece);
      if (length === 0) return;
      done += length;
      tell({ kind: "progress", progress: (READ * done) / size });
      yield piece.subarray(0, length);
    }
  } finally {
    closeSync(file);
  }
}

function evaluate({ file, spec: text, attempt, registeredScore, contribution }: JobTask): WorkerMessage {
  try {
    const spec = parseSpec(text);
    const examples = readExamples({ name: "the predictions", bytes: piecesOf(file), separator: "," }, wantedOf(spec));
    const document = assess({
      ...{ spec, examples, attempt },
      ...(registeredScore !== null && { registeredScore }),
      ...(contribution !== null && { contribution }),
    });
    return { kind: "evaluated", document: JSON.stringify(document) };
  } catch (error) {
    if (error instanceof Refusal) return { kind: "refused", message: error.message };
    throw error;
  }
}

/**
 * An evaluation never yields to the event loop, so a second thread ends the process once its parent is gone. The thread is told the
 * parent's id, because the parent may be gone before the thread has started.
 */
const WATCH = `const { workerData: waiting } = require("node:worker_threads");
  setInterval(() => process.ppid === waiting || process.kill(process.pid, "SIGKILL"), 500);`;
new Worker(WATCH, { eval: true, execArgv: [], workerData: Number(process.argv[2]) }).unref();

process.on("message", (task: JobTask) => {
  tell(evaluate(task), () => process.disconnect?.());
});
