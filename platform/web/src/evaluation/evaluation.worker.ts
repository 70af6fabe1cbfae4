// Evaluates in a worker, so that the page stays responsive, with the same code as the command `evaluate`.

import { assess } from "../../../../sdk/evaluation/evaluate.ts";
import { joinExamples, readExamples } from "../../../../sdk/evaluation/readExamples.ts";
import { parseSpec, wantedOf } from "../../../../sdk/evaluation/spec.ts";
import type { EvaluationMessage, EvaluationTask } from "./messages.ts";

const page = self as unknown as { postMessage(message: EvaluationMessage): void };
const tell = (message: EvaluationMessage) => page.postMessage(message);

const PIECE = 256 * 1024;

/** Exists only in workers, so the page's type definitions lack it. */
declare const FileReaderSync: { new (): { readAsArrayBuffer(blob: Blob): ArrayBuffer } };

/** Yields a file's bytes piece by piece, and reports how many were read. */
function* pieces(file: File, onRead: (bytes: number) => void): Generator<Uint8Array> {
  const reader = new FileReaderSync();
  for (let start = 0; start < file.size; start += PIECE) {
    const piece = new Uint8Array(reader.readAsArrayBuffer(file.slice(start, start + PIECE)));
    onRead(piece.length);
    yield piece;
  }
}

function evaluate({ benchmark, examples: files, contribution, attempt, registeredScore }: EvaluationTask) {
  const spec = parseSpec(benchmark);
  const wanted = wantedOf(spec);
  const size = files.reduce((sum, file) => sum + file.size, 0);
  let read = 0;
  const onRead = (bytes: number) => {
    read += bytes;
    tell({ kind: "progress", words: "Reading the predictions …", done: read / size });
  };
  const [first, second] = files.map((file) => ({ name: file.name, bytes: pieces(file, onRead) }));
  if (first === undefined) throw new Error("there are no predictions");
  const examples = second === undefined ? readExamples(first, wanted) : joinExamples(first, second, wanted);
  tell({
    kind: "progress",
    words: `Measuring ${examples.size.toLocaleString("en")} examples …`,
    done: undefined,
  });
  return assess({
    ...{ spec, examples, attempt },
    ...(contribution && { contribution: new Uint8Array(new FileReaderSync().readAsArrayBuffer(contribution)) }),
    ...(registeredScore !== undefined && { registeredScore }),
  });
}

self.addEventListener("message", ({ data }: MessageEvent<EvaluationTask>) => {
  const begun = performance.now();
  try {
    const document = evaluate(data);
    tell({ kind: "result", document, seconds: (performance.now() - begun) / 1000 });
  } catch (error) {
    tell({ kind: "failure", words: error instanceof Error ? error.message : String(error) });
  }
});
