# SPDX-License-Identifier: MIT
"""The evaluation once more, written from docs/evaluation.md, to be compared bit for bit with sdk/evaluation."""

import math
from decimal import Decimal
from fractions import Fraction as F

M32 = 0xFFFFFFFF
UNIT24 = 10**24


# --- random numbers -------------------------------------------------------------------------------------------------------------

class Random:
    """xoroshiro128+ (24, 16, 37) on 64-bit words, of which the lower half of the sum is taken."""

    def __init__(self, seed):
        self.s0 = (M32 << 32) | (~seed & M32)
        self.s1 = (seed & M32) << 32

    def copy(self):
        other = Random(0)
        other.s0, other.s1 = self.s0, self.s1
        return other

    def next(self):
        s0, s1 = self.s0, self.s1
        out = (s0 + s1) & M32
        s1 ^= s0
        rotate = lambda x, k: ((x << k) | (x >> (64 - k))) & ((1 << 64) - 1)
        self.s0 = rotate(s0, 24) ^ s1 ^ ((s1 << 16) & ((1 << 64) - 1))
        self.s1 = rotate(s1, 37)
        return out

    def below(self, size):
        limit = (2**32 // size) * size if size > 2 else 2**32
        while True:
            value = (self.next() + 2**31) & M32
            if value < limit:
                return value % size

    def uniform(self):
        high, low = self.next() >> 5, self.next() >> 6
        return (high * 67108864 + low) / 9007199254740992


def shuffled(values, random):
    values = list(values)
    for last in range(len(values) - 1, 0, -1):
        other = random.below(last + 1)
        values[last], values[other] = values[other], values[last]
    return values


# --- elementary functions ---------------------------------------------------------------------------------------------------------

LN2_HIGH, LN2_LOW, LN2, ROOT_HALF = 0.69314718036912381649, 1.9082149292705877e-10, 0.6931471805599453, 0.7071067811865476


def twice_artanh(s):
    square, total = s * s, 0.0
    for term in range(13, 0, -1):
        total = (total + 1 / (2 * term + 1)) * square
    return 2 * s * (1 + total)


def ln(x):
    if not x > 0:
        return -math.inf if x == 0 else math.nan
    exponent = 0
    while x >= 2 * ROOT_HALF:
        x /= 2
        exponent += 1
    while x < ROOT_HALF:
        x *= 2
        exponent -= 1
    return exponent * LN2_HIGH + (twice_artanh((x - 1) / (x + 1)) + exponent * LN2_LOW)


def exp(x):
    if x < -745.2:
        return 0.0
    power = math.floor(x / LN2 + 0.5)
    rest = x - power * LN2_HIGH - power * LN2_LOW
    total = 1.0
    for term in range(17, 0, -1):
        total = 1 + (total * rest) / term
    for _ in range(abs(power)):
        total = total * 2 if power > 0 else total / 2
    return total


def ln_factorial(k):
    if k < 16:
        return ln(float(math.factorial(k)))
    inverse = 1 / k
    square = inverse * inverse
    series = inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680)))
    return (k + 0.5) * ln(k) - k + 0.9189385332046728 + series


def binomial(trials, probability, random):
    if trials == 0 or probability <= 0:
        return 0
    if probability >= 1:
        return trials
    against = 1 - probability
    mode = math.floor((trials + 1) * probability)
    odds = probability / against
    mass = exp(ln_factorial(trials) - ln_factorial(mode) - ln_factorial(trials - mode) + mode * ln(probability) + (trials - mode) * ln(against))
    rest = random.uniform() - mass
    below = above = mode
    below_mass = above_mass = mass
    while rest >= 0 and (below > 0 or above < trials):
        if below > 0:
            below_mass = (below_mass * below) / ((trials - below + 1) * odds)
            below -= 1
            rest -= below_mass
            if rest < 0:
                return below
        if above < trials:
            above_mass = (above_mass * (trials - above) * odds) / (above + 1)
            above += 1
            rest -= above_mass
            if rest < 0:
                return above
    return mode


def multinomial(counts, size, random):
    left, mass, drawn = size, size, []
    for count in counts:
        hit = left if count == mass else binomial(left, count / mass, random)
        drawn.append(hit)
        left -= hit
        mass -= count
    return drawn


def quantile(kind, tail, degrees=None):
    """SciPy's, rounded up to 1e-9."""
    from scipy.stats import norm, t

    exact = norm.isf(tail) if kind == "normal" else t.isf(tail, max(2, degrees))
    return math.ceil(exact * 1e9 - 1e-3) / 1e9


# --- metrics ------------------------------------------------------------------------------------------------------------------------

def number(text):
    return F(Decimal(text))


def nearest(value):
    """The double nearest to a fraction."""
    return value.numerator / value.denominator


def root(value, degree):
    """A lower bound that has 60 right digits, exact where the root is."""
    scale = 10**80
    found = value
    for _ in range(1 if degree == 2 else 2):
        a, b = math.isqrt(found.numerator), math.isqrt(found.denominator)
        if a * a == found.numerator and b * b == found.denominator:
            found = F(a, b)
        else:
            found = F(math.isqrt(found.numerator * scale * scale // found.denominator), scale)
    return found




def tokenise(name, text):
    if name == "whitespace":
        return text.split()
    if name == "rouge":
        from rouge_score import tokenize

        return tokenize.tokenize(text, None)
    from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a

    return Tokenizer13a()(text).split()


def count_formula(metric):
    """Of (size, actual, predicted, right) a value in any arithmetic, or None."""
    average = {"macro": False, "weighted": True}

    def of(counts, exact):
        size, actual, predicted, right = counts
        ratio = (lambda a, b: F(a, b)) if exact else (lambda a, b: a / b)
        kinds = {
            "precision": lambda k: (right[k], predicted[k]),
            "recall": lambda k: (right[k], actual[k]),
            "f1": lambda k: (2 * right[k], actual[k] + predicted[k]),
        }
        if metric == "accuracy" or metric.startswith("micro"):
            return ratio(sum(right), size)
        if metric in kinds:
            a, b = kinds[metric](1)
            return ratio(a, b) if b else None
        if metric == "mcc":
            dot = lambda x, y: sum(a * b for a, b in zip(x, y))
            covariance = size * sum(right) - dot(actual, predicted)
            a, b = size * size - dot(actual, actual), size * size - dot(predicted, predicted)
            if a == 0 or b == 0:
                return None
            if exact:
                value = root(F(covariance * covariance, a * b), 2)
                return value if covariance >= 0 else -value
            return covariance / (math.sqrt(a) * math.sqrt(b))
        if metric == "balanced_accuracy":
            if 0 in actual:
                return None
            kind, weighted = kinds["recall"], False
        else:
            prefix, name = metric.split("_")
            kind, weighted = kinds[name], average[prefix]
        total = F(0) if exact else 0.0
        for k in range(len(actual)):
            a, b = kind(k)
            if b:
                weight = actual[k] if weighted else 1
                total += F(weight * a, b) if exact else (weight * a) / b
        return total / (size if weighted else len(actual))

    return of


class Sums:
    """A metric of sums: `rows` of exact statistics for each model, an exact formula and one in doubles."""

    def __init__(self, baseline, candidate, exact, estimate, is_mean):
        self.rows = {"baseline": baseline, "candidate": candidate}
        self.exact, self.estimate, self.is_mean = exact, estimate, is_mean

    def value(self, model, rows):
        columns = zip(*(self.rows[model][row] for row in rows))
        return self.exact([sum(column) for column in columns])


def ratio(sums):
    return sums[0] / sums[1] if sums[1] else None


def mean_of(values):
    return [(value, F(1)) for value in values]


def bleu_exact(sums):
    if 0 in sums[:4]:
        return F(0)
    value = root(math.prod((sums[n] / sums[4 + n] for n in range(4)), start=F(1)), 4)
    return value * exponential(1 - sums[9] / sums[8]) if sums[8] < sums[9] else value


def bleu_estimate(sums):
    logarithm = 0.0
    for n in range(4):
        if sums[n] == 0:
            return 0.0
        logarithm += ln(sums[n] / sums[4 + n]) / 4
    return exp(logarithm + min(0, 1 - sums[9] / sums[8]))


def exponential(value):
    from decimal import localcontext

    with localcontext() as context:
        context.prec = 80
        return F((Decimal(value.numerator) / Decimal(value.denominator)).exp())


def ngrams(words, n):
    from collections import Counter

    return Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1))


def lcs(a, b):
    previous = [0] * (len(b) + 1)
    for word in a:
        current = [0]
        for j, other in enumerate(b):
            current.append(previous[j] + 1 if word == other else max(previous[j + 1], current[j]))
        previous = current
    return previous[-1]


def build(spec, rows):
    metric = spec["metric"]
    labels, models = [row[1] for row in rows], {"baseline": [row[2] for row in rows], "candidate": [row[3] for row in rows]}
    classes = {name: k for k, names in enumerate(spec.get("classes", [])) for name in names}
    cap = number(str(spec["cap"])) if "cap" in spec else None
    each = lambda make: (make(models["baseline"]), make(models["candidate"]))
    capped = lambda value: value if cap is None else min(value, cap)
    if metric in ("mse", "rmse", "mae"):
        power = 1 if metric == "mae" else 2
        losses = each(lambda texts: mean_of([capped(abs(number(p) - number(y)) ** power) for y, p in zip(labels, texts)]))
        if metric == "rmse":
            return Sums(*losses, lambda sums: root(ratio(sums), 2), lambda sums: math.sqrt(sums[0] / sums[1]), False)
        return Sums(*losses, ratio, ratio, True)
    if metric in ("human_score", "custom"):
        return Sums(*each(lambda texts: mean_of([number(p) for p in texts])), ratio, ratio, True)
    if metric in ("brier", "log_loss"):
        probabilities = lambda text: [1 - number(text), number(text)] if len(text.split()) == 1 else [number(p) for p in text.split()]

        def loss(label, text):
            values = probabilities(text)
            if metric == "brier":
                first = 1 if len(values) == 2 else 0
                return sum((p - (k == label)) ** 2 for k, p in enumerate(values) if k >= first)
            value = -ln(nearest(values[label]))
            return capped(F(math.floor((value if cap is None else min(value, float(cap))) * 1e12 + 0.5), 10**12))

        losses = each(lambda texts: mean_of([loss(classes[y], p) for y, p in zip(labels, texts)]))
        margin = F(1, 10**12) if metric == "log_loss" else F(0)
        return Sums(*losses, lambda sums: max(F(0), ratio(sums) - margin), ratio, True)
    if metric == "r2":
        numbers = [number(y) for y in labels]
        unit = F(1, max(value.denominator for value in numbers + [F(1)]))
        decimals = max(len(y.split(".")[1]) if "." in y else 0 for y in labels)
        total = sum(numbers) * 10**decimals
        origin = F(int(total / len(numbers)), 10**decimals)
        make = lambda texts: [((number(p) - y) ** 2, y - origin, (y - origin) ** 2, F(1)) for y, p in zip(numbers, texts)]
        formula = lambda sums: 1 - (sums[3] * sums[0]) / (sums[3] * sums[2] - sums[1] * sums[1])
        return Sums(*each(make), formula, formula, False)
    if metric == "perplexity":
        make = lambda texts: [(-sum(number(t) for t in text.split()), F(len(text.split()))) for text in texts]
        return Sums(*each(make), lambda sums: exponential(ratio(sums)), lambda sums: exp(sums[0] / sums[1]), False)
    if metric == "bleu":

        def bleu_row(y, p):
            expected, given = tokenise(spec["tokeniser"], y), tokenise(spec["tokeniser"], p)
            matches = [sum((ngrams(expected, n) & ngrams(given, n)).values()) for n in range(1, 5)]
            totals = [max(0, len(given) - n + 1) for n in range(1, 5)]
            return tuple(F(value) for value in [*matches, *totals, len(given), len(expected)])

        return Sums(*each(lambda texts: [bleu_row(y, p) for y, p in zip(labels, texts)]), bleu_exact, bleu_estimate, False)
    if metric == "rouge_l":

        def rouge_row(y, p):
            expected, given = tokenise(spec["tokeniser"], y), tokenise(spec["tokeniser"], p)
            length = len(expected) + len(given)
            if length == 0:
                return F(0)
            return F((2 * 2 * lcs(expected, given) * 10**15 + length) // (2 * length), 10**15)

        return Sums(*each(lambda texts: mean_of([rouge_row(y, p) for y, p in zip(labels, texts)])), ratio, ratio, True)
    actual = [classes[y] for y in labels]
    if metric in ("roc_auc", "average_precision"):
        return Ranks(metric, actual, *each(lambda texts: [[number(p) for p in texts]]), 2)
    if metric == "macro_auc":
        scores = lambda text: [1 - number(text), number(text)] if len(text.split()) == 1 else [number(p) for p in text.split()]
        make = lambda texts: [list(column) for column in zip(*(scores(text) for text in texts))]
        return Ranks(metric, actual, *each(make), len(spec["classes"]))
    threshold = number(str(spec["threshold"])) if "threshold" in spec else None
    guess = lambda text: classes[text] if threshold is None else int(number(text) >= threshold)
    return Counts(metric, actual, *each(lambda texts: [guess(p) for p in texts]), len(spec["classes"]))


class Counts:
    def __init__(self, metric, actual, baseline, candidate, classes):
        self.metric, self.actual, self.classes = metric, actual, classes
        self.predicted = {"baseline": baseline, "candidate": candidate}
        self.formula = count_formula(metric)
        self.strata = actual

    def counts(self, model, rows):
        actual, predicted, right = ([0] * self.classes for _ in range(3))
        for row in rows:
            a, p = self.actual[row], self.predicted[model][row]
            actual[a] += 1
            predicted[p] += 1
            right[a] += a == p
        return len(rows), actual, predicted, right

    def value(self, model, rows):
        return self.formula(self.counts(model, rows), True)


class Ranks:
    def __init__(self, metric, actual, baseline, candidate, classes):
        self.metric, self.actual, self.classes = metric, actual, classes
        self.scores = {"baseline": baseline, "candidate": candidate}
        self.strata = actual
        self.looked_for = range(classes) if metric == "macro_auc" else [1]

    def wins(self, model, place, k, rows):
        """For each row twice the rows of the other class that it is ranked right against, plus the ties."""
        from bisect import bisect_left, bisect_right

        scores = self.scores[model][place]
        up = sorted(scores[row] for row in rows if self.actual[row] == k)
        down = sorted(scores[row] for row in rows if self.actual[row] != k)
        result = []
        for row in rows:
            score = scores[row]
            if self.actual[row] == k:
                result.append(bisect_left(down, score) + bisect_right(down, score))
            else:
                result.append(2 * len(up) - bisect_left(up, score) - bisect_right(up, score))
        return result, len(up), len(down)

    def area(self, model, place, k, rows):
        wins, up, down = self.wins(model, place, k, rows)
        return F(sum(w for w, row in zip(wins, rows) if self.actual[row] == k), 2 * up * down) if up and down else None

    def value(self, model, rows):
        if self.metric == "average_precision":
            return self.average_precision(model, rows)
        areas = [self.area(model, place, k, rows) for place, k in enumerate(self.looked_for)]
        return None if None in areas else sum(areas) / len(areas)

    def average_precision(self, model, rows):
        scores = self.scores[model][0]
        total = hits = seen = 0
        ordered = sorted(rows, key=lambda row: -scores[row])
        place = 0
        while place < len(ordered):
            tied = [row for row in ordered[place:] if scores[row] == scores[ordered[place]]] if place + 1 < len(ordered) and scores[ordered[place + 1]] == scores[ordered[place]] else ordered[place : place + 1]
            found = sum(self.actual[row] for row in tied)
            hits += found
            seen += len(tied)
            place += len(tied)
            if found:
                total += found * hits * UNIT24 // seen
        return F(total, hits * UNIT24) if hits else None
