#!/usr/bin/env python3
"""The sample usage costs what it costs by hand: sample_test.py PROGRAM data/sample

The figures are sums of quantity x published rate per call, worked out with Python's Decimal from
the counts in the sample and the rates on the providers' pages of 2026-08 (per million tokens):
call-before is 100,000 x 1 + 10,000 x 6 = 0.16, call-after 100,000 x 0.2 + 10,000 x 1.2 = 0.032.
"""
import json
import subprocess
import sys
import tempfile

TOTAL = "4.9090667052"

BY_DAY = {
    "2026-07-28": "0.115492",
    "2026-07-29": "0.215978",
    "2026-07-30": "0.15638186",
    "2026-07-31": "4.41682061",
    "2026-08-01": "0.0043942352",
}

BY_MODEL = {
    "acme-support-7b": "0",  # Its only call is counted as unpriced: 0 is the sum of the others.
    "anthropic.claude-haiku-4-5-20251001-v1:0": "0.00181544",
    "anthropic/claude-sonnet-4.5": "0.0096",
    "claude-haiku-4-5-20251001": "0.00122",
    "claude-opus-4-6": "0.196918",
    "claude-sonnet-4-5": "0.028695",
    "claude-sonnet-4-5-20250929": "0.042095",
    "deepseek-chat": "0.00051161",
    "deepseek-v4-flash": "0.0023023952",
    "gemini-2.5-flash": "0.00154",
    "gemini-2.5-pro": "0.00431",
    "gpt-4.1-mini-2025-04-14": "0.0017564",
    "gpt-5.5": "0.09887",
    "gpt-5.6-luna": "0.19644412",
    "gpt-5.6-sol": "4.312766",
    "llama-3.3-70b-versatile": "0.00045344",
    "mistral-large-2512": "0.0081309",
    "text-embedding-3-small": "0.0016384",
}

SOME_UNPRICED_OR_QUARANTINED = 6


def run(program, store, *words):
    done = subprocess.run([program, "--store", f"duckdb:{store}", *words], capture_output=True,
                          text=True, stdin=subprocess.DEVNULL)
    if done.returncode != SOME_UNPRICED_OR_QUARANTINED:
        sys.exit(f"{' '.join(words)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def query(program, store, dimension):
    return json.loads(run(program, store, "query", "--group-by", dimension, "--output", "json"))


def facts(program, store):
    """What must be the same however often the sample is ingested: (what, found, expected)."""
    by_model = query(program, store, "model")
    yield "models", {row["model"]: row["total_cost"] for row in by_model["rows"]}, BY_MODEL
    by_day = query(program, store, "day")
    yield "days", {row["day"]: row["total_cost"] for row in by_day["rows"]}, BY_DAY
    yield "totals", [total["total_cost"] for total in by_day["totals"]], [TOTAL]
    yield "requests", sum(row["requests"] for row in by_day["rows"]), 31
    yield "unpriced", by_day["unpriced"], 1
    yield "quarantined", by_day["quarantined"], 2


def main():
    program, sample = sys.argv[1:]
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        store = f"{folder}/ledger.duckdb"
        for times in ("once", "twice"):
            run(program, store, "ingest", sample)
            for what, found, expected in facts(program, store):
                if found != expected:
                    failures += 1
                    print(f"{what}, ingested {times}:\n  found    {found}\n  expected {expected}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
