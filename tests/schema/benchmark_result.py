#!/usr/bin/env python3
"""Runs the canonical benchmarks and holds every written file against the schema, and against what
a schema cannot say: integers written as integers, metrics that agree with each other.

usage: benchmark_result.py PROGRAM SCHEMA
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import jsonschema

# What the contract asks of each target beyond the metrics of all.
OWN_METRICS = {
    "cost_calculator": [],
    "aggregator": ["records_per_aggregation"],
    "forecasting": ["data_points"],
    "compression": ["throughput_mb_per_sec", "uncompressed_size_bytes"],
    "export": [],
    "storage": ["note"],
}
FLOOR = {"cost_calculator": 10_000, "aggregator": 1_000}


class Written(str):
    """A number as it stands in the text."""


def integers_of(schema):
    metrics = schema["properties"]["metrics"]["properties"]
    return [name for name, rule in metrics.items() if rule.get("type") == "integer"]


def check(text, schema):
    result = json.loads(text)
    jsonschema.validate(result, schema)
    assert list(result) == sorted(result) and len(result) == 3
    written = json.loads(text, parse_int=Written, parse_float=Written)["metrics"]
    for name in integers_of(schema):
        if name in written:
            assert re.fullmatch(r"[0-9]+", written[name]), f"{name} is written {written[name]}"
    metrics, target = result["metrics"], result["target_id"]
    assert abs(metrics["operations_per_second"] * metrics["mean_duration_ns"] / 1e9 - 1) < 1e-6
    assert metrics["p50_duration_ns"] <= metrics["p95_duration_ns"] <= metrics["p99_duration_ns"]
    assert metrics["total_iterations"] >= FLOOR.get(target, 100)
    for name in OWN_METRICS.get(target, []):
        assert name in metrics, f"{target} lacks {name}"
    if "throughput_mb_per_sec" in metrics:
        bytes_per_second = metrics["uncompressed_size_bytes"] * metrics["operations_per_second"]
        assert abs(metrics["throughput_mb_per_sec"] * 1e6 / bytes_per_second - 1) < 1e-3
    return target


def main():
    schema = json.loads(pathlib.Path(sys.argv[2]).read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    with tempfile.TemporaryDirectory(prefix="cost-ops-schema-") as folder:
        done = subprocess.run([sys.argv[1], "run", "--quick", "-o", folder], capture_output=True,
                              text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        files = sorted((pathlib.Path(folder) / "raw").iterdir())
        checked = [check(file.read_text(), schema) for file in files]
        lines = [line for file in pathlib.Path(folder).glob("history/*/*.ndjson")
                 for line in file.read_text().splitlines()]
        assert len(lines) == len(checked), "one line of history for each result"
    listed = subprocess.run([sys.argv[1], "run", "--list"], capture_output=True, text=True)
    known = sorted(line.split()[0] for line in listed.stdout.splitlines())
    assert checked == known, f"written {checked}, known {known}"
    print(f"{len(checked)} results are as the schema says: {', '.join(checked)}")


if __name__ == "__main__":
    main()
