#!/usr/bin/env python3
"""Forecast, anomalies and budgets on a ledger of real calls: traces_test.py PROGRAM TRACES

TRACES holds AzureLLMInferenceTrace_code.csv: 8,819 calls of one hour in 2023. Here each of them is
three quarters of an hour after the one before, which keeps their sizes and their order and makes
275 days of them. Calls 7,000 to 7,009 are made a thousand times as large: that must be found.
"""
import csv
import datetime
import decimal
import json
import os
import pathlib
import subprocess
import sys
import tempfile

BOOK = {"format": "cost-ops-prices/1", "source": "example", "kind": "reference",
        "url": "https://example.com/prices", "learned_at": "2025-01-01",
        "prices": [{"provider": "acme", "model": "code",
                    "rates": {"input_tokens": "2", "output_tokens": "6"}}]}
START = datetime.datetime(2025, 1, 1, tzinfo=datetime.timezone.utc)
STEP = datetime.timedelta(minutes=45)
NOW = "2025-10-04T00:00:00Z"
SKIPPED = 77


def usage(path, into):
    """Writes the calls; what each day costs, worked out here."""
    days = {}
    for i, row in enumerate(csv.DictReader(path.open())):
        larger = 1000 if 7000 <= i < 7010 else 1
        counts = int(row["ContextTokens"]) * larger, int(row["GeneratedTokens"])
        at = START + i * STEP
        into.write(json.dumps({"id": f"call-{i}", "timestamp": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
                               "provider": "acme", "model": {"name": "code"},
                               "organization_id": "acme", "project_id": "editor",
                               "prompt_tokens": counts[0], "completion_tokens": counts[1],
                               "total_tokens": sum(counts)}) + "\n")
        day = at.strftime("%Y-%m-%d")
        cost = decimal.Decimal(2 * counts[0] + 6 * counts[1]) / 1_000_000
        days[day] = days.get(day, 0) + cost
    return days


def main(program, traces):
    trace = pathlib.Path(traces) / "AzureLLMInferenceTrace_code.csv"
    if not trace.exists():
        print(f"SKIPPED: no {trace}")
        return SKIPPED
    program = os.path.abspath(program)
    with tempfile.TemporaryDirectory() as home:
        environment = {"HOME": home, "COSTOPS_NOW": NOW, "PATH": os.environ["PATH"]}

        def run(*words, code=0):
            done = subprocess.run([program, *words], cwd=home, capture_output=True, text=True,
                                  env=environment)
            told = done.stdout + done.stderr
            assert done.returncode == code, f"{words}: {done.returncode}\n{told}"
            return done.stdout

        with open(home + "/usage.ndjson", "w") as file:
            days = usage(trace, file)
        pathlib.Path(home, "book.json").write_text(json.dumps(BOOK))
        run("ingest", "--book", "book.json", "usage.ndjson")
        check_forecast(run)
        check_anomalies(run, days)
        check_budget(run, days)
    return 0


def check_forecast(run):
    told = json.loads(run("forecast", "--until", "2025-10-14", "--output", "json"))
    [forecast] = told["forecasts"]
    points = forecast["points"]
    assert points[0]["period"] == "2025-10-04" and points[-1]["period"] == "2025-10-14", points
    for point in points:
        order = [float(point[k]) for k in ("lower_95", "lower_80", "mean", "upper_80", "upper_95")]
        assert order == sorted(order) and order[0] >= 0, point
    total = sum(float(point["mean"]) for point in points)
    assert abs(total - float(forecast["total"]["mean"])) < 1e-4, total
    cut = ("forecast", "--history-until", "2025-06-01", "--horizon", "7d", "--output", "csv")
    assert run(*cut).splitlines()[1].startswith("USD,2025-06-01,"), run(*cut)


def check_anomalies(run, days):
    found = json.loads(run("anomalies", "--output", "json"))["anomalies"]
    spikes = [each for each in found if each["first"] <= "2025-08-07" <= each["last"]]
    assert len(spikes) == 1 and spikes[0]["kind"] == "spike", found
    actual = sum(days[day] for day in days if spikes[0]["first"] <= day <= spikes[0]["last"])
    assert abs(decimal.Decimal(spikes[0]["actual"]) - actual) < decimal.Decimal("1e-4"), spikes
    # The trace's own quiet days may count as drops; nothing else in it is told as too much.
    assert [each for each in found if each["kind"] in ("spike", "rise")] == spikes, found


def check_budget(run, days):
    spent = sum(cost for day, cost in days.items() if day >= "2025-10-01")
    run("budget", "set", "team", "20", "--thresholds", "1,80")
    state = json.loads(run("budget", "check", "--output", "json"))["budgets"][0]
    assert decimal.Decimal(state["spent"]) == spent, (state, spent)
    assert [each["threshold"] for each in state["alerts"]] == ["1"], state
    assert float(state["projected"]) >= float(state["spent"]), state
    again = json.loads(run("budget", "check", "--output", "json"))["budgets"][0]
    assert again["alerts"] == [], again
    run("budget", "set", "none", "0")
    run("budget", "check", "--budget", "none", code=3)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
