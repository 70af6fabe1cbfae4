# SPDX-License-Identifier: MIT
"""Folds, scores and intervals, written from docs/evaluation.md."""

import math
from fractions import Fraction as F

from reference import Counts, Random, Ranks, build, ln, multinomial, nearest, number, quantile, shuffled


def total(values):
    sum_ = 0.0
    for value in values:
        sum_ += value
    return sum_


def johnson(third, variance, n, reach):
    if variance == 0:
        return 0.0
    quadratic = third / (3 * variance * variance)
    wanted = reach - third / (6 * variance * n)
    root = 1 + 4 * quadratic * wanted
    return math.inf if root < 0 else (2 * wanted) / (1 + math.sqrt(root))


def bound_mean(values, improvement, level, degrees=None):
    n = len(values)
    mean = total(values) / n
    squares = cubes = 0.0
    for value in values:
        deviation = value - mean
        squares += deviation * deviation
        cubes += deviation * deviation * deviation
    variance = squares / (n - 1)
    error = math.sqrt(variance / n)
    q = quantile("student", level / 2, n - 1 if degrees is None else degrees)
    reach = q * error
    low = improvement - max(reach, johnson(cubes / n, variance, n, reach))
    high = improvement + max(reach, johnson(-cubes / n, variance, n, reach))
    return {"low": low, "high": high, "standardError": error, "quantile": q}


def bet(values, level, cap, random):
    order = shuffled(range(len(values)), random)

    def largest(sign):
        x = [((sign * values[row]) / cap + 1) / 2 for row in order]
        n, bets, sum_, squares, variance = len(x), [], 0.5, 0.25, 0.25
        reward = 2 * -ln(level)
        for step, value in enumerate(x):
            bets.append(math.sqrt(reward / (n * variance)))
            sum_ += value
            deviation = value - sum_ / (step + 2)
            squares += deviation * deviation
            variance = squares / (step + 2)

        def refused(mean):
            capital, most = 1.0, 0.5 / mean if mean > 0 else math.inf
            for stake, value in zip(bets, x):
                capital *= 1 + min(stake, most) * (value - mean)
                if capital * level >= 1:
                    return True
            return False

        if not refused(0.0):
            return 0.0
        low, high = 0.0, 1.0
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if refused(middle) else (low, middle)
        return low

    return {"low": (2 * largest(1) - 1) * cap, "high": -(2 * largest(-1) - 1) * cap}


def share_bps(size, gained, lost, q, alpha, width):
    """The largest whole bps that the bound of a difference of accuracies reaches."""
    trials, delta, z = gained + lost, gained - lost, F(round(q * 10**9), 10**9)

    def reached(bps):
        difference = F(bps) * width / 10_000
        gap = delta - size * difference
        if gap < 0 or gap * gap < z * z * (trials - F(delta * delta, size)):
            return False
        if trials >= 150:
            return True
        if trials == 0:
            return difference < 0
        theta = (1 + size * difference / trials) / 2
        if theta <= 0 or theta >= 1:
            return theta <= 0
        tail = sum(math.comb(trials, k) * theta**k * (1 - theta) ** (trials - k) for k in range(gained, trials + 1))
        return tail <= alpha

    widest = math.ceil(10_000 * max(1, 1 / width))
    low, high = -widest - 1, widest + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if reached(middle) else (low, middle)
    return low


def certain(bps):
    return math.floor(bps - 1e-6) if math.isfinite(bps) else bps


class Evaluation:
    def __init__(self, document, rows):
        self.spec = spec = document["spec"]
        assert spec["f"] == "identity", "the reference knows the identity only"
        self.rows = sorted(rows, key=lambda row: row[0].encode("utf-16-be"))
        self.metric = build(spec, self.rows)
        self.sign = 1 if spec["direction"] == "maximise" else -1
        self.lo, self.hi = number(repr(spec["lo"])), number(repr(spec["hi"]))
        self.width = float(spec["hi"]) - float(spec["lo"])
        self.alpha = number(repr(spec["alpha"])) / spec["attempts"]
        self.level = nearest(self.alpha)
        self.random = Random(spec["seed"])
        self.groups = None
        if "group" in spec:
            index = {}
            self.groups = [index.setdefault(row[4], len(index)) for row in self.rows]
            self.count = len(index)

    def values(self):
        """Values and scores of both models, and the folds on which the candidate is better."""
        everyone = range(len(self.rows))
        before, after = (self.metric.value(model, everyone) for model in ("baseline", "candidate"))
        self.improvement = self.sign * (nearest(after) - nearest(before))
        scale = lambda value: 10_000 * (value - self.lo) / (self.hi - self.lo)
        up, down = math.ceil, math.floor
        first, second = (up, down) if self.sign > 0 else (down, up)
        scores = first(scale(before)), second(scale(after))
        return {
            "baselineValue": nearest(before),
            "candidateValue": nearest(after),
            "baselineScore": scores[0],
            "candidateScore": scores[1],
            "deltaBps": self.sign * (scores[1] - scores[0]),
            "runs": self.runs(),
        }

    def figures(self):
        """All of {values}, and the interval of the improvement."""
        values = self.values()
        interval = self.interval()
        low = interval["low"]
        interval.setdefault("lowBps", certain(10_000 * low / self.width))
        return {**values, "interval": interval}

    def runs(self):
        size, folds, improved = len(self.rows), self.spec["folds"], 0
        strata = getattr(self.metric, "strata", [0] * size)
        lists = [[row for row in range(size) if strata[row] == k] for k in range(max(strata), -1, -1)]
        for _ in range(self.spec["dealings"]):
            dealt = [row for rows in lists for row in shuffled(rows, self.random)]
            for fold in range(folds):
                rows = dealt[fold::folds]
                a, b = self.metric.value("baseline", rows), self.metric.value("candidate", rows)
                improved += a is not None and b is not None and self.sign * (b - a) > 0
        return improved // self.spec["dealings"]

    def interval(self):
        if isinstance(self.metric, Counts):
            return self.of_counts()
        if isinstance(self.metric, Ranks):
            return self.of_ranks()
        return self.of_sums()

    def by_group(self, values):
        if self.groups is None:
            return values
        sums = [0.0] * self.count
        for group, value in zip(self.groups, values):
            sums[group] += value
        return [(value * self.count) / len(values) for value in sums]

    def of_sums(self):
        rows, cap = self.metric.rows, self.spec.get("cap")
        if self.metric.is_mean and self.groups is None:
            values = [nearest(self.sign * (b[0] - a[0])) for a, b in zip(rows["baseline"], rows["candidate"])]
            if cap is not None:
                return bet(values, self.level, float(cap), self.random)
            return bound_mean(values, self.improvement, self.level)
        units = {}
        for model, statistics in rows.items():
            doubles = [[nearest(value) for value in row] for row in statistics]
            if self.groups is not None:
                sums = [[0.0] * len(doubles[0]) for _ in range(self.count)]
                for group, row in zip(self.groups, doubles):
                    for k, value in enumerate(row):
                        sums[group][k] += value
                doubles = sums
            units[model] = doubles
        totals = {model: [total(column) for column in zip(*list_)] for model, list_ in units.items()}
        n = len(units["baseline"])

        def without(unit):
            value = lambda model: self.metric.estimate([t - (0 if unit is None else units[model][unit][k]) for k, t in enumerate(totals[model])])
            return self.sign * (value("candidate") - value("baseline"))

        whole = without(None)
        return bound_mean([n * whole - (n - 1) * without(unit) for unit in range(n)], self.improvement, self.level)

    def of_counts(self):
        metric, size = self.metric, len(self.rows)
        estimate = lambda counts: (lambda value: math.nan if value is None else value)(metric.formula(counts, False))
        cells = list(zip(metric.actual, metric.predicted["baseline"], metric.predicted["candidate"]))
        if self.groups is not None:
            everyone = set(range(size))
            change = lambda rows: self.sign * (estimate(metric.counts("candidate", rows)) - estimate(metric.counts("baseline", rows)))
            whole = change(sorted(everyone))
            members = [[row for row in range(size) if self.groups[row] == group] for group in range(self.count)]
            values = [self.count * whole - (self.count - 1) * change(sorted(everyone - set(rows))) for rows in members]
            return bound_mean(values, whole, self.level)
        if metric.metric == "accuracy" or metric.metric.startswith("micro"):
            gained = sum(c == y != b for y, b, c in cells)
            lost = sum(b == y != c for y, b, c in cells)
            q, width = quantile("normal", self.level), self.hi - self.lo
            low = share_bps(size, gained, lost, q, self.alpha, width)
            high = -share_bps(size, lost, gained, q, self.alpha, width)
            in_units = lambda bps: (bps * self.width) / 10_000
            error = math.sqrt((gained + lost - (gained - lost) ** 2 / size) / size / size)
            return {"low": in_units(low), "high": in_units(high), "lowBps": low, "standardError": error, "quantile": q}
        occupied = sorted(set(cells))
        counts = [cells.count(cell) for cell in occupied]

        def tally(drawn, model):
            actual, predicted, right = ([0] * metric.classes for _ in range(3))
            for (y, *guesses), count in zip(occupied, drawn):
                guess = guesses[model]
                actual[y] += count
                predicted[guess] += count
                right[y] += count if y == guess else 0
            return size, actual, predicted, right

        resamples, improvements, exact = self.spec["resamples"], [], []
        for _ in range(resamples):
            drawn = multinomial(counts, size, self.random)
            value = self.sign * (estimate(tally(drawn, 1)) - estimate(tally(drawn, 0)))
            improvements.append(value if math.isfinite(value) else -math.inf)
            exact.append(drawn)
        tail = max(1, math.floor(self.level * (resamples + 1)))
        ordered = sorted(improvements)
        low, high = ordered[tail - 1], ordered[resamples - tail]
        result = {"low": low, "high": high}
        bps = 10_000 * low / self.width
        near = math.floor(bps + 0.5) if math.isfinite(bps) else 0
        if abs(bps - near) < 1e-5:
            reaches = lambda drawn: self.sign * (metric.formula(tally(drawn, 1), True) - metric.formula(tally(drawn, 0), True)) * 10_000 / (self.hi - self.lo) >= near
            below = sum(
                not (reaches(drawn) if abs(10_000 * value / self.width - near) < 1e-5 else 10_000 * value / self.width > near)
                for value, drawn in zip(improvements, exact)
            )
            result["lowBps"] = near if below < tail else near - 1
        return result

    def units_of(self, k):
        """Examples of a class, or groups that have some."""
        rows = [row for row, label in enumerate(self.metric.actual) if label == k]
        return len(rows) if self.groups is None else len({self.groups[row] for row in rows})

    def of_ranks(self):
        metric, n, everyone = self.metric, len(self.rows), range(len(self.rows))
        if metric.metric == "average_precision":
            before, after = (self.precision_influence(model) for model in ("baseline", "candidate"))
            values = self.by_group([b - a for a, b in zip(before, after)])
            return bound_mean(values, self.improvement, self.level, min(len(values), self.units_of(0), self.units_of(1)) - 1)
        influence = [0.0] * n
        sizes = [self.units_of(k) for k in range(metric.classes)]
        for place, k in enumerate(metric.looked_for):
            base, up, down = metric.wins("baseline", place, k, everyone)
            cand, _, _ = metric.wins("candidate", place, k, everyone)
            effects = [(c - b) / (2 * (down if metric.actual[row] == k else up)) for row, (b, c) in enumerate(zip(base, cand))]
            areas = [nearest(metric.area(model, place, k, everyone)) for model in ("baseline", "candidate")]
            centre = areas[1] - areas[0]
            for row in everyone:
                value = (n * (effects[row] - centre)) / (up if metric.actual[row] == k else down)
                influence[row] += value / len(sizes) if metric.metric == "macro_auc" else value
        if metric.metric == "macro_auc":
            before, after = ([nearest(metric.area(model, p, k, everyone)) for p, k in enumerate(metric.looked_for)] for model in ("baseline", "candidate"))
            improvement = total(after) / len(after) - total(before) / len(before)
            values = self.by_group(influence)
            return bound_mean(values, improvement, self.level, min(len(values), *sizes) - 1)
        if self.groups is not None:
            values = self.by_group(influence)
            return bound_mean(values, self.improvement, self.level, min(len(values), *sizes) - 1)

        def variance_of_mean(values):
            mean = total(values) / len(values)
            return total([(value - mean) * (value - mean) for value in values]) / (len(values) - 1) / len(values)

        error = math.sqrt(variance_of_mean([e for e, y in zip(effects, metric.actual) if y]) + variance_of_mean([e for e, y in zip(effects, metric.actual) if not y]))
        smaller = min(up, down)
        q = quantile("normal", self.level) if smaller >= 300 else quantile("student", self.level, smaller - 1)
        return {"low": self.improvement - q * error, "high": self.improvement + q * error, "standardError": error, "quantile": q}

    def precision_influence(self, model):
        metric, n = self.metric, len(self.rows)
        scores, positives = metric.scores[model][0], sum(metric.actual)
        value = nearest(metric.average_precision(model, range(n)))
        ranks = sorted(set(scores))
        by_rank = {score: [] for score in ranks}
        for row in range(n):
            by_rank[scores[row]].append(row)
        hits = seen = 0
        above = {}
        for score in reversed(ranks):
            hits += sum(metric.actual[row] for row in by_rank[score])
            seen += len(by_rank[score])
            above[score] = (hits, seen)
        result, gain, loss = [0.0] * n, 0.0, 0.0
        for score in ranks:
            hit, all_ = above[score]
            found = sum(metric.actual[row] for row in by_rank[score])
            gain += found / all_
            loss += (found * hit) / (all_ * all_)
            for row in by_rank[score]:
                y = metric.actual[row]
                result[row] = (n * (y * (hit / all_ - value) + y * gain - loss)) / positives
        return result
