#!/usr/bin/env python3
"""Kills `cost-ops store ...` on purpose: upkeep.py PROGRAM LINES KILLS [FOLDER]

LINES is the generator of usage records (bench/usage_lines). Each command is killed (kill -9) at
random instants, in turn on a DuckDB and a SQLite ledger. After each kill the ledger that it works
on answers as before, what it makes is whole or not there, and at the end the same command succeeds.
"""
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

RECORDS = {"duckdb": 140_000, "sqlite": 20_000}  # More than one row group of DuckDB's.
PROGRAM, LINES, KILLS = sys.argv[1], sys.argv[2], int(sys.argv[3])
LOGS = ("", ".wal", "-wal", "-shm", "-journal")
OTHER = {"duckdb": "sqlite", "sqlite": "duckdb"}


def cost_ops(*arguments):
    return subprocess.run([PROGRAM, *map(str, arguments)], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True)


def totals(url):
    done = cost_ops("query", "--store", url, "-o", "json")
    assert done.returncode == 0, f"{url}: exit {done.returncode}: {done.stderr}"
    return json.loads(done.stdout)["totals"]


def sound(url, expected):
    held = totals(url)
    assert held == expected, f"{url} holds {held}, not {expected}"
    check = cost_ops("store", "check", "--store", url)
    assert check.returncode == 0, check.stdout + check.stderr


def remove(path):
    for suffix in LOGS:
        pathlib.Path(str(path) + suffix).unlink(missing_ok=True)


class Commands:
    """Each command with its ledgers: `arguments`, and `after` a kill or its end."""

    def __init__(self, folder, scheme, file):
        self.scheme = scheme
        self.ledger = folder / f"ledger.{scheme}"
        self.url = f"{scheme}:{self.ledger}"
        self.copy = folder / f"copy.{scheme}"
        self.moved = folder / f"moved.{scheme}"
        self.earlier, self.later = folder / f"earlier.{scheme}", folder / f"later.{scheme}"
        half = folder / f"half.{scheme}.ndjson"
        lines = file.read_bytes().splitlines(keepends=True)[:RECORDS[scheme]]
        half.write_bytes(b"".join(lines[:len(lines) // 2]))
        whole = folder / f"whole.{scheme}.ndjson"
        whole.write_bytes(b"".join(lines))
        self.old = self.ingest(half, self.earlier)
        self.all = self.ingest(whole, self.later)

    def ingest(self, file, backup):
        for command in (["ingest", file], ["store", "backup", backup]):
            done = cost_ops(*command, "--store", self.url)
            assert done.returncode == 0, done.stderr
        return totals(self.url)

    def arguments(self, command):
        if command == "compact":
            return ["store", "compact", "--store", self.url]
        if command == "backup":
            remove(self.copy)
            return ["store", "backup", "--store", self.url, self.copy]
        if command == "restore":
            other = self.earlier if totals(self.url) == self.all else self.later
            return ["store", "restore", "--store", self.url, "--force", other]
        remove(self.moved)
        return ["store", "migrate", self.url, f"{OTHER[self.scheme]}:{self.moved}"]

    def check(self, command):
        if command == "restore":
            held = totals(self.url)
            assert held in (self.old, self.all), f"{self.url} holds {held}"
            sound(self.url, held)
            return
        sound(self.url, self.all)
        if command == "backup" and self.copy.exists():
            sound(f"{self.scheme}:{self.copy}", self.all)
        if command == "migrate" and self.moved.exists():
            sound(f"{OTHER[self.scheme]}:{self.moved}", self.all)


def kill(commands, command, whole):
    process = subprocess.Popen([PROGRAM, *map(str, commands.arguments(command))],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    time.sleep(random.uniform(0, whole))
    process.kill()
    process.communicate()
    commands.check(command)
    return process.returncode == 0


def main():
    random.seed(int(os.environ.get("SEED", "12")))
    with tempfile.TemporaryDirectory(dir=sys.argv[4] if len(sys.argv) > 4 else None) as name:
        folder = pathlib.Path(name)
        file = folder / "usage.ndjson"
        subprocess.run([LINES, str(max(RECORDS.values())), str(file)], check=True,
                       stdout=subprocess.DEVNULL)
        both = [Commands(folder, scheme, file) for scheme in ("duckdb", "sqlite")]
        for command in ("compact", "backup", "migrate", "restore"):
            ended = 0
            for number in range(KILLS):
                commands = both[number % 2]
                if number < 2:
                    begun = time.monotonic()
                    done = cost_ops(*commands.arguments(command))
                    commands.whole = time.monotonic() - begun
                    assert done.returncode == 0, f"{command}: {done.stderr}"
                    commands.check(command)
                ended += kill(commands, command, commands.whole)
            for commands in both:
                done = cost_ops(*commands.arguments(command))
                assert done.returncode == 0, f"{command}: {done.stderr}"
                commands.check(command)
            left = [f.name for f in folder.iterdir() if f.suffix in (".unfinished", ".restored")]
            assert not left, f"{command} left {left}"
            print(f"{command}: {KILLS} kills ({ended} had ended before), old or new, never half",
                  flush=True)


if __name__ == "__main__":
    main()
