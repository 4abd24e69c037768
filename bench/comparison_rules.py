#!/usr/bin/env python3
"""Other tools' rules on the samples of `cost-ops selftest --samples FILE`: how often each calls a
change, by what was injected. Prints a Markdown table.

usage: bench/comparison_rules.py FILE...

* Google Benchmark: tools/compare.py tests repetitions with the Mann-Whitney U test at 0.05. Here
  each round's base and head block is a repetition: 10 of them, spread over the session.
* nanobench: its table gives a median and the median relative error of each side; a change counts
  where the medians differ by more than both errors.
* 10 % on means: the usual threshold in CI.

The rules get samples that were already interleaved, bound to one CPU and taken from fresh
processes; taken one build after the other, they do far worse.
"""
import collections
import json
import math
import statistics
import sys

REPETITIONS = 10


def mann_whitney_p(a, b):
    """Two-sided p by the normal approximation with continuity correction; ties get mid-ranks."""
    pooled = sorted([(value, 0) for value in a] + [(value, 1) for value in b])
    ranks, ties, i = [0.0, 0.0], 0, 0
    while i < len(pooled):
        j = i
        while j < len(pooled) and pooled[j][0] == pooled[i][0]:
            j += 1
        for k in range(i, j):
            ranks[pooled[k][1]] += (i + j + 1) / 2
        ties += (j - i) ** 3 - (j - i)
        i = j
    n, m = len(a), len(b)
    u = ranks[0] - n * (n + 1) / 2
    size = n + m
    variance = n * m / 12 * ((size + 1) - ties / (size * (size - 1)))
    if variance == 0:
        return 1.0
    z = max(0.0, abs(u - n * m / 2) - 0.5) / math.sqrt(variance)
    return math.erfc(z / math.sqrt(2))


def google_benchmark(base, head):
    step = max(1, len(base) // REPETITIONS)
    return mann_whitney_p(base[::step][:REPETITIONS], head[::step][:REPETITIONS]) < 0.05


def nanobench(base, head):
    def error(values):
        middle = statistics.median(values)
        return statistics.median(abs(value / middle - 1) for value in values)
    ratio = statistics.median(head) / statistics.median(base)
    return abs(ratio - 1) > error(base) + error(head)


def ten_percent(base, head):
    return abs(statistics.fmean(head) / statistics.fmean(base) - 1) > 0.10


RULES = {"Google Benchmark, U test": google_benchmark,
         "nanobench, median relative error": nanobench,
         "10 % on means": ten_percent}


def main():
    trials = collections.defaultdict(list)
    for name in sys.argv[1:]:
        with open(name) as file:
            for line in file:
                trial = json.loads(line)
                trials[trial["injected_percent"]].append(trial)
    if not trials:
        sys.exit(__doc__)
    injected = sorted(trials)
    heads = ["nothing" if p == 0 else f"+{p} %" for p in injected]
    print("| called a change | " + " | ".join(f"{h} ({len(trials[p])})" for h, p in
                                              zip(heads, injected)) + " |")
    print("|---|" + "--:|" * len(injected))

    def row(name, called):
        shares = [100 * sum(map(called, trials[p])) / len(trials[p]) for p in injected]
        print(f"| {name} | " + " | ".join(f"{share:.1f} %" for share in shares) + " |")
    row("cost-ops compare", lambda t: t["verdict"] in ("regression", "improvement"))
    for name, rule in RULES.items():
        row(name, lambda t: bool(t["rounds"]) and rule([r[1] for r in t["rounds"]],
                                                       [r[3] for r in t["rounds"]]))


if __name__ == "__main__":
    main()
