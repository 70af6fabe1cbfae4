import { useCallback, useEffect, useRef, useState } from "react";
import type { EvaluationMessage, EvaluationTask } from "./messages.ts";

/** The state of an evaluation. */
export type EvaluationRun = EvaluationMessage | { readonly kind: "idle" };

/** Runs one evaluation at a time, in a worker of its own; cancelling ends the worker. */
export function useEvaluation() {
  const [run, setRun] = useState<EvaluationRun>({ kind: "idle" });
  const worker = useRef<Worker | undefined>(undefined);

  const end = useCallback(() => {
    worker.current?.terminate();
    worker.current = undefined;
  }, []);
  useEffect(() => end, [end]);

  const start = useCallback(
    (task: EvaluationTask) => {
      end();
      const fresh = new Worker(new URL("./evaluation.worker.ts", import.meta.url), { type: "module" });
      worker.current = fresh;
      setRun({ kind: "progress", words: "Starting …", done: undefined });
      fresh.addEventListener("message", ({ data }: MessageEvent<EvaluationMessage>) => {
        setRun(data);
        if (data.kind !== "progress") end();
      });
      fresh.addEventListener("error", () => {
        setRun({
          kind: "failure",
          words: "The browser ended the evaluation: the files may be too large for its memory.",
        });
        end();
      });
      fresh.postMessage(task);
    },
    [end],
  );

  const cancel = useCallback(() => {
    end();
    setRun({ kind: "idle" });
  }, [end]);

  return { run, start, cancel };
}
