import { readFileSync } from "node:fs";
import { assess, completeSpecFor } from "./sdk/evaluation/evaluate";
import { readExamples } from "./sdk/evaluation/examples";
import { parseSpec } from "./sdk/evaluation/spec";
const spec = readFileSync("deploy/benchmarks/credit-default/benchmark.json","utf8");
const ex = readExamples({name:"e.csv", bytes: readFileSync("deploy/benchmarks/credit-default/evaluation.csv")});
for (const attempts of [1,10]) { console.time("t"); const { folds, spec: s, ...d } = assess({ spec: parseSpec(JSON.stringify({...JSON.parse(spec), attempts})), examples: ex }); console.timeEnd("t"); console.log(JSON.stringify(d,null,1), folds.map(f=>f.improved)); }
for (const [metric, direction, more] of [["accuracy","maximise",{}],["precision","maximise",{}],["f1","maximise",{}],["mcc","maximise",{}],["balanced_accuracy","maximise",{}],["macro_f1","maximise",{predictions:"score"}],["mse","minimise",{}],["rmse","minimise",{}],["mae","minimise",{}],["mse","minimise",{cap:1}],["r2","maximise",{}],["log_loss","minimise",{}],["log_loss","minimise",{cap:3}],["brier","minimise",{}],["average_precision","maximise",{}],["macro_auc","maximise",{}]] as const) {
  const t=Date.now();
  try { const s = completeSpecFor(JSON.stringify({name:"b",metric,direction,attempts:1,...more}), ex);
  const d = assess({spec:s, examples:ex});
  console.log(metric, d.baselineValue, d.candidateValue, d.deltaBps, d.lowerBoundBps, d.runs, d.interval?.method, d.reasons.map(r=>r.message).join("; "), Date.now()-t,"ms"); } catch(e) { console.log(metric, (e as Error).message); }
}
