// Evaluates beside the page, which stays responsive meanwhile: with the very code of the command `evaluate`.

import { assess } from "../../../../sdk/evaluation/evaluate.ts";
import { joinExamples, readExamples } from "../../../../sdk/evaluation/readExamples.ts";
import { parseSpec, wantedOf } from "../../../../sdk/evaluation/spec.ts";
import type { EvaluationMessage, EvaluationTask } from "./messages.ts";

const page = self as unknown as { postMessage(message: EvaluationMessage): void };
const tell = (message: EvaluationMessage) => page.postMessage(message);

self.addEventListener("message", ({ data }: MessageEvent<EvaluationTask>) => {
  const begun = performance.now();
  const { benchmark, examples: files, contribution, attempt, registeredScore } = data;
  try {
    tell({ kind: "progress", words: "Reading the predictions …" });
    const spec = parseSpec(benchmark);
    const wanted = wantedOf(spec);
    const [first, second] = files;
    const examples = second === undefined ? readExamples(first, wanted) : joinExamples(first, second, wanted);
    tell({ kind: "progress", words: `Measuring ${examples.size.toLocaleString("en")} examples …` });
    const document = assess({
      ...{ spec, examples, attempt },
      ...(contribution !== undefined && { contribution }),
      ...(registeredScore !== undefined && { registeredScore }),
    });
    tell({ kind: "result", document, seconds: (performance.now() - begun) / 1000 });
  } catch (error) {
    tell({ kind: "failure", words: error instanceof Error ? error.message : String(error) });
  }
});
