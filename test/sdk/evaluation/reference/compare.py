# SPDX-License-Identifier: MIT
"""Repeats evaluations, compares them bit for bit, and compares values with scikit-learn and R on their own data. Run by `npm run test:evaluation:reference`.

Of scikit-learn's sets, intervals by resampling are left out: ten thousand resamples of a thousand rows take Python long. Random examples have them."""

import csv
import json
import math
import os
import subprocess
import sys
import tempfile

from bounds import Evaluation

HERE = os.path.dirname(os.path.abspath(__file__))
NODE = ["node", "-r", "ts-node/register/transpile-only", os.path.join(HERE, "cases.ts")]
TOPS = ("baselineValue", "candidateValue", "baselineScore", "candidateScore", "deltaBps", "runs")


def cases(*paths):
    output = subprocess.run([*NODE, *paths], check=True, capture_output=True, text=True).stdout
    found = [json.loads(line) for line in output.splitlines()]
    if not found:
        raise ValueError("the evaluation wrote no case")
    return found


def differences(case, is_real=False):
    document = case["document"]
    interval = document["interval"]
    reference = Evaluation(document, case["rows"])
    found = reference.values() if is_real and interval["method"] == "resampling" else reference.figures()
    pairs = [(key, document[key], found[key]) for key in TOPS]
    pairs += [(key, interval[key], value) for key, value in found.get("interval", {}).items()]
    finite = lambda value: None if isinstance(value, float) and not math.isfinite(value) else value
    return [f"{key}: {theirs!r}, the reference has {ours!r}" for key, theirs, ours in pairs if theirs != finite(ours)]


def real_sets(folder):
    """Benchmarks of data that scikit-learn and R ship, and what these say of their values."""
    import numpy as np
    from sklearn import datasets, metrics
    from sklearn.linear_model import LinearRegression, LogisticRegression
    from sklearn.model_selection import cross_val_predict
    from sklearn.naive_bayes import GaussianNB
    from sklearn.tree import DecisionTreeRegressor

    def write(name, spec, labels, baseline, candidate):
        benchmark, data = (os.path.join(folder, f"{name}.{ending}") for ending in ("json", "csv"))
        with open(benchmark, "w") as file:
            json.dump({"name": name, "attempts": 1, "dealings": 2, **spec}, file)
        text = lambda value: " ".join(repr(float(p)) for p in value) if isinstance(value, np.ndarray) else value
        with open(data, "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["id", "label", "baseline", "candidate"])
            for i, row in enumerate(zip(labels, baseline, candidate, strict=True)):
                writer.writerow([i, *(text(value) for value in row)])
        return benchmark, data

    cancer = datasets.load_breast_cancer()
    predict = lambda model, data, columns: cross_val_predict(model, data.data[:, :columns], data.target, cv=5, method="predict_proba")
    slow, fast = predict(GaussianNB(), cancer, 4), predict(LogisticRegression(max_iter=5000), cancer, 10)
    binary = {
        "roc_auc": metrics.roc_auc_score,
        "average_precision": metrics.average_precision_score,
        "brier": metrics.brier_score_loss,
        "log_loss": metrics.log_loss,
        "mcc": lambda y, p: metrics.matthews_corrcoef(y, p >= 0.5),
        "balanced_accuracy": lambda y, p: metrics.balanced_accuracy_score(y, p >= 0.5),
        "f1": lambda y, p: metrics.f1_score(y, p >= 0.5),
        "precision": lambda y, p: metrics.precision_score(y, p >= 0.5),
        "recall": lambda y, p: metrics.recall_score(y, p >= 0.5),
        "accuracy": lambda y, p: metrics.accuracy_score(y, p >= 0.5),
    }
    for metric, value in binary.items():
        spec = {"metric": metric, "direction": "minimise" if metric in ("brier", "log_loss") else "maximise"}
        columns = [[repr(float(p)) for p in model[:, 1]] for model in (slow, fast)]
        yield write(f"cancer-{metric}", spec, cancer.target, *columns), [value(cancer.target, model[:, 1]) for model in (slow, fast)]

    digits = datasets.load_digits()
    slow, fast = predict(GaussianNB(), digits, 40), predict(LogisticRegression(max_iter=5000), digits, 40)
    names = [f"digit {k}" for k in range(10)]
    for average in ("macro", "micro", "weighted"):
        for kind, score in (("f1", metrics.f1_score), ("precision", metrics.precision_score), ("recall", metrics.recall_score)):
            spec = {"metric": f"{average}_{kind}", "direction": "maximise", "classes": names}
            guesses = [model.argmax(axis=1) for model in (slow, fast)]
            columns = [[names[k] for k in guess] for guess in (digits.target, *guesses)]
            yield write(f"digits-{average}-{kind}", spec, *columns), [score(digits.target, guess, average=average) for guess in guesses]
    values = [metrics.roc_auc_score(digits.target, model, multi_class="ovr") for model in (slow, fast)]
    labels = [names[k] for k in digits.target]
    yield write("digits-auc", {"metric": "macro_auc", "direction": "maximise", "classes": names}, labels, slow, fast), values

    diabetes = datasets.load_diabetes()
    slow = cross_val_predict(DecisionTreeRegressor(max_depth=2, random_state=0), diabetes.data, diabetes.target, cv=5)
    fast = cross_val_predict(LinearRegression(), diabetes.data, diabetes.target, cv=5)
    errors = {
        "mse": metrics.mean_squared_error,
        "rmse": metrics.root_mean_squared_error,
        "mae": metrics.mean_absolute_error,
        "r2": metrics.r2_score,
    }
    for metric, value in errors.items():
        spec = {"metric": metric, "direction": "maximise" if metric == "r2" else "minimise"}
        columns = [[repr(float(v)) for v in column] for column in (diabetes.target, slow, fast)]
        yield write(f"diabetes-{metric}", spec, *columns), [value(diabetes.target, model) for model in (slow, fast)]

    with open(os.path.join(HERE, "r", "expected.json")) as file:
        found = json.load(file)
    for case in found:
        with open(os.path.join(HERE, "r", f"{case['set']}.csv"), newline="") as file:
            rows = list(csv.DictReader(file))
        spec = {"metric": case["metric"], "direction": "minimise" if case["metric"] in errors else "maximise"}
        columns = [[row[name] for row in rows] for name in ("label", case["baseline"], case["candidate"])]
        name = "-".join(case[key] for key in ("set", "metric", "baseline", "candidate"))
        yield write(name, spec, *columns), [case["baselineValue"], case["candidateValue"]]


def main():
    failures = count = 0
    for case in cases():
        count += 1
        spec = case["document"]["spec"]
        name = f"{spec['metric']}, {spec['attempts']} attempts{', groups' if 'group' in spec else ''}{', capped' if 'cap' in spec else ''}"
        for problem in differences(case):
            failures += 1
            print(f"random {name}: {problem}")
    with tempfile.TemporaryDirectory() as folder:
        sets = list(real_sets(folder))
        results = cases(*(path for paths, _ in sets for path in paths))
        for (paths, expected), case in zip(sets, results, strict=True):
            count += 1
            document, name = case["document"], os.path.basename(paths[0])
            problems = differences(case, is_real=True)
            for key, value in zip(("baselineValue", "candidateValue"), expected, strict=True):
                if not math.isclose(document[key], value, rel_tol=1e-9):
                    problems.append(f"{key}: {document[key]!r}, scikit-learn or R has {value!r}")
            for problem in problems:
                failures += 1
                print(f"{name}: {problem}")
    print(f"{count} evaluations compared, {failures} differences")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
