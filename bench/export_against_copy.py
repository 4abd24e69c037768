#!/usr/bin/env python3
"""Exports of a whole ledger beside DuckDB's own COPY of the same columns from the same file, in one
run: processor time (user and system), wall time and peak memory of each.

usage: bench/export_against_copy.py COST_OPS LEDGER.duckdb [ROUNDS [FORMAT...]]
LEDGER must be the one that COST_OPS uses by itself (see "cost-ops config").
"""
import os
import re
import subprocess
import sys
import tempfile
import time

PROGRAM, LEDGER = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
ROUNDS = int(sys.argv[3]) if len(sys.argv) > 3 else 3
FORMATS = sys.argv[4:] or ["csv", "ndjson", "parquet", "xlsx"]
# Columns that both name alike: the view of the ledger that users query by SQL.
COLUMNS = ("id,used_at,provider,model,organization,project,user,tags,input_tokens_uncached,"
           "output_tokens,currency,total_cost").split(",")
COPIES = {"csv": "FORMAT csv, HEADER", "ndjson": "FORMAT json",
          "parquet": "FORMAT parquet, COMPRESSION zstd"}
COPY = """
import ctypes, sys
class Out(ctypes.Structure):
    _fields_ = [(f"f{i}", ctypes.c_void_p) for i in range(8)]
duck = ctypes.CDLL(sys.argv[1])
duck.duckdb_result_error.restype = ctypes.c_char_p
setting, database, link, out = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_void_p(), Out()
duck.duckdb_create_config(ctypes.byref(setting))
duck.duckdb_set_config(setting, b"access_mode", b"READ_ONLY")
assert duck.duckdb_open_ext(sys.argv[2].encode(), ctypes.byref(database), setting, None) == 0
assert duck.duckdb_connect(database, ctypes.byref(link)) == 0
for query in sys.argv[3:]:
    if duck.duckdb_query(link, query.encode(), ctypes.byref(out)):
        sys.exit(duck.duckdb_result_error(ctypes.byref(out)).decode())
"""


def measured(words):
    began = time.monotonic()
    child = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    told = child.stderr.read().decode()
    _, status, used = os.wait4(child.pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 6):
        sys.exit(f"{words[:4]}: {told}")
    return used.ru_utime + used.ru_stime, time.monotonic() - began, used.ru_maxrss / 1024


def best(words, target):
    rounds = []
    for _ in range(ROUNDS):
        rounds.append(measured(words))
    return [min(column) for column in zip(*rounds)] + [os.path.getsize(target) / 1e6]


def main():
    linked = subprocess.run(["ldd", PROGRAM], capture_output=True, check=True).stdout.decode()
    found = re.search(r"libduckdb\.so => (\S+)", linked)
    # A program that loads its libraries when it needs them names none.
    here = os.path.dirname(os.path.abspath(__file__))
    library = found.group(1) if found else f"{here}/../.cache/duckdb/libduckdb.so"
    columns = ", ".join(f'"{name}"' for name in COLUMNS)
    print(f"{'format':8} {'who':8} {'cpu s':>8} {'wall s':>8} {'MiB':>8} {'MB file':>8}")
    with tempfile.TemporaryDirectory() as folder:
        for ending in FORMATS:
            target = f"{folder}/a.{ending}"
            ours = best([PROGRAM, "export", "-o", target, "--columns", ",".join(COLUMNS)], target)
            print(f"{ending:8} {'cost-ops':8} " + " ".join(f"{figure:8.2f}" for figure in ours))
            if ending not in COPIES:
                continue
            theirs = best([sys.executable, "-c", COPY, library, LEDGER, "SET TimeZone = 'UTC'",
                           f"COPY (SELECT {columns} FROM usage) TO '{target}' ({COPIES[ending]})"],
                          target)
            print(f"{ending:8} {'DuckDB':8} " + " ".join(f"{figure:8.2f}" for figure in theirs)
                  + f"   ours / DuckDB: cpu {ours[0] / theirs[0]:.2f}, wall "
                    f"{ours[1] / theirs[1]:.2f}")


if __name__ == "__main__":
    main()
