#!/usr/bin/env python3
"""Prices real response bodies and compares each with what the price list's own tool computes.

provider_usages.py PROGRAM SHARED_DATA. Exit 77, and a line that says so, where the data is absent.
Each line of usages/provider_usages.ndjson must give one JSON object, in order, whose input_cost and
output_cost equal the line's expectation exactly, as decimals.
"""
import json
import pathlib
import subprocess
import sys
from decimal import Decimal

SKIPPED = 77


def problems_of(index, expected, actual):
    if actual["index"] != index:
        yield f"index is {actual['index']}"
    for key in ("input_cost", "output_cost"):
        if not isinstance(actual[key], str):
            yield f"{key} is not a string: {actual[key]!r}"
        elif Decimal(actual[key]) != Decimal(expected[key]):
            yield f"{key} is {actual[key]}, expected {expected[key]}"
    by_class = {name: Decimal(0) for name in ("input", "output", "other")}
    for charge in actual["charges"]:
        by_class[charge["class"]] += Decimal(charge["cost"])
    for name, total in by_class.items():
        if total != Decimal(actual[f"{name}_cost"]):
            yield f"charges of class {name} sum to {total}, {name}_cost is {actual[f'{name}_cost']}"


def main():
    program, data = sys.argv[1], pathlib.Path(sys.argv[2]) / "data"
    usages = data / "usages" / "provider_usages.ndjson"
    book = data / "prices" / "genai-prices_2026-08-21.json"
    if not usages.exists() or not book.exists():
        print(f"SKIPPED: no real data in {data}; configure with -DCOSTOPS_SHARED_DATA=FOLDER")
        return SKIPPED
    done = subprocess.run([program, "price", "--book", book, "--output", "json", usages],
                          stdout=subprocess.PIPE, text=True, timeout=300)
    bodies = usages.read_text().splitlines()
    expected = [json.loads(line)
                for line in usages.with_suffix(".expected.ndjson").read_text().splitlines()]
    actual = [json.loads(line) for line in done.stdout.splitlines()]
    if done.returncode not in (0, 6) or len(actual) != len(expected):
        print(f"exit {done.returncode}, {len(actual)} results for {len(expected)} bodies")
        return 1
    wrong = 0
    for index, (body, want, got) in enumerate(zip(bodies, expected, actual)):
        problems = list(problems_of(index, want, got))
        wrong += bool(problems)
        if problems and wrong <= 20:
            print(f"line {index + 1}: {'; '.join(problems)}\n  {got['status']}: {got['reason']}\n"
                  f"  {body[:300]}")
    print(f"{len(expected) - wrong} of {len(expected)} bodies agree")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
