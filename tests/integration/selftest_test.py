#!/usr/bin/env python3
"""A short "cost-ops selftest" measures and accounts for every trial: selftest_test.py PROGRAM

What it measures depends on the machine and is not judged here; that each comparison has exactly one
outcome, and that all of them are told, does not.
"""
import json
import subprocess
import sys

OUTCOMES = ("equivalent", "inconclusive", "improvements", "regressions", "invalid", "failed")


def main():
    done = subprocess.run(
        [sys.argv[1], "selftest", "--aa", "2", "--inject", "20", "--trials", "1", "--budget", "0.1",
         "--targets", "cost_calculator", "--format", "json"],
        stdout=subprocess.PIPE, text=True, check=True)
    result = json.loads(done.stdout)
    assert result["kind"] == "selftest" and result["interrupted"] is False, result
    assert result["empty_loop_ns"] > 0 and result["timer_share"] > 0, result
    asked = [(0, 2), (20, 1)]
    assert [(row["injected_percent"], row["trials"]) for row in result["rows"]] == asked, result
    for row in result["rows"]:
        outcomes = {name: row[name] for name in OUTCOMES}
        assert sum(outcomes.values()) == row["trials"], row
        called = row["called_changed"]
        assert 0 <= called["low"] <= called["share"] <= called["high"] <= 1, row
        assert 0 < row["measured_cpu_s_median"] <= row["total_cpu_s_median"], row


main()
