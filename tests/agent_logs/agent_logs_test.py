#!/usr/bin/env python3
"""Generated session folders, counted three ways: what the generator made up, a brute-force count in
Python, and the program. All must be equal, whatever the order of the files.

usage: agent_logs_test.py PROGRAM [price]
PROGRAM prints {model: {meter: sum}} of the files named; with `price` it is cost-ops itself, and the
quantities of its charges are added up.
"""
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import count
import generate

SEEDS = range(1, 9)


def run(program, arguments, codes):
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    if done.returncode not in codes:
        sys.exit("%s: exit %d: %s" % (program, done.returncode, done.stderr))
    return done.stdout


def sums_of(program, files):
    return json.loads(run(program, files, {0}))


def charged_quantities(program, files):
    """Of `cost-ops price`. Exit 6: the broken lines are quarantined."""
    sums = {}
    for line in run(program, ["price", "--output", "json", *files], {0, 6}).splitlines():
        record = json.loads(line)
        for charge in record["charges"]:
            if charge["meter"] != "requests" and charge["quantity"] != "0":
                per_model = sums.setdefault(record["model"], {})
                meter = charge["meter"]
                per_model[meter] = per_model.get(meter, 0) + int(charge["quantity"])
    return sums


def check(seed, program, sums):
    with tempfile.TemporaryDirectory() as folder:
        generate.generate(seed, folder)
        truth = json.loads(Path(folder, "truth.json").read_text())
        if count.count(folder) != truth:
            return "seed %d: the brute-force count is not what was generated" % seed
        files = sorted(str(p) for p in Path(folder).rglob("*.jsonl*"))
        shuffled = files[:]
        random.Random(seed).shuffle(shuffled)
        for order in (files, files[::-1], shuffled, files + files):
            found = sums(program, order)
            if found != truth:
                return "seed %d: expected\n%s\nfound\n%s" % (
                    seed, json.dumps(truth, sort_keys=True), json.dumps(found, sort_keys=True))
    return None


def main():
    program = sys.argv[1]
    sums = charged_quantities if sys.argv[2:] == ["price"] else sums_of
    failures = [failure for seed in SEEDS if (failure := check(seed, program, sums))]
    print("\n".join(failures) or "%d folders: equal sums in every order" % len(SEEDS))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
