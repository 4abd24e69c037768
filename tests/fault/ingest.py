#!/usr/bin/env python3
"""Breaks `cost-ops ingest` on purpose: ingest.py PROGRAM LINES KILLS [FOLDER]

LINES is the generator of usage records (bench/peers/usage_lines). Each part ends with the same
demand: after one more ingest the ledger holds every record once, `store check` finds it sound, and
whatever went wrong was said in a message.

  killed     kill -9 at KILLS random instants of ingests into one ledger
  full       a disk that fills up at several sizes (needs root; says so where it is skipped)
  truncated  a gzip file without its end, later whole
  replaced   a file that another one is renamed over while it is read
  both       two ingests of one file into one ledger at the same time
  memory     less memory than the work needs
  read_only  a file and a folder that may not be written
  clock      a clock that goes back
"""
import gzip
import json
import os
import pathlib
import random
import resource
import subprocess
import sys
import tempfile
import time

RECORDS = 300_000  # Three commits.
PROGRAM, LINES, KILLS = sys.argv[1], sys.argv[2], int(sys.argv[3])


def ingest(file, ledger, *more, **how):
    return subprocess.Popen(
        [PROGRAM, "ingest", str(file), "--store", f"duckdb:{ledger}", "--threads", "2",
         "-o", "json", *more],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        **{"stdin": subprocess.DEVNULL, **how})


def run(file, ledger, *more, **how):
    process = ingest(file, ledger, *more, **how)
    out, err = process.communicate()
    return process.returncode, out, err


def tokens_and_records(ledger):
    done = subprocess.run([PROGRAM, "query", "--store", f"duckdb:{ledger}", "-o", "json"],
                          capture_output=True, text=True)
    assert done.returncode in (0, 6), done.stderr  # 6: something is in quarantine.
    totals = json.loads(done.stdout)["totals"]
    counts = ("input_tokens_uncached", "cache_read_tokens", "output_tokens")
    return (sum(int(row["quantities"].get(name, 0)) for row in totals for name in counts),
            sum(int(row["quantities"].get("requests", 0)) for row in totals))


def check(ledger, tokens, records):
    held = tokens_and_records(ledger)
    assert held == (tokens, records), f"the ledger holds {held}, not {(tokens, records)}"
    sound = subprocess.run([PROGRAM, "store", "check", "--store", f"duckdb:{ledger}"],
                           capture_output=True, text=True)
    assert sound.returncode == 0, sound.stdout + sound.stderr


def finish(file, ledger, tokens, records):
    """The next run repairs it."""
    code, out, err = run(file, ledger)
    assert code == 0, f"exit {code}: {err}"
    check(ledger, tokens, records)
    return json.loads(out)


def has_open(pid, file):
    try:
        return any(os.readlink(entry.path) == str(file) for entry in os.scandir(f"/proc/{pid}/fd"))
    except FileNotFoundError:  # A file that was closed meanwhile.
        return False


def is_locked(file):
    inode = f":{file.stat().st_ino} "
    return inode in pathlib.Path("/proc/locks").read_text()


def generate(file, records):
    return int(subprocess.run([LINES, str(records), str(file)], capture_output=True, text=True,
                              check=True).stdout)


def killed(folder, file, tokens):
    ledger = folder / "killed.duckdb"
    begun = time.monotonic()
    code, _, err = run(file, folder / "whole.duckdb")
    whole = time.monotonic() - begun
    assert code == 0, err
    check(folder / "whole.duckdb", tokens, RECORDS)
    completed = 0
    for number in range(KILLS):
        process = ingest(file, ledger)
        time.sleep(random.uniform(0, whole))
        process.kill()
        process.communicate()
        completed += process.returncode == 0
        if process.returncode == 0 or number % 4 == 3:  # The next one begins with nothing again.
            finish(file, ledger, tokens, RECORDS)
            for left in folder.glob("killed.duckdb*"):
                left.unlink()
    finish(file, ledger, tokens, RECORDS)
    print(f"killed: {KILLS} times ({completed} had ended before), nothing lost, nothing twice")


def full(folder, file, tokens):
    if os.geteuid() != 0:
        print("full: SKIPPED, only root may mount a small tmpfs")
        return
    disk = folder / "disk"
    disk.mkdir()
    for megabytes in (1, 2, 4, 7, 9, 12, 15, 18):
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", disk],
                                 capture_output=True, text=True)
        if mounted.returncode != 0:
            print(f"full: SKIPPED, no tmpfs here: {mounted.stderr.strip()}")
            return
        try:
            ledger = disk / "ledger.duckdb"
            code, _, err = run(file, ledger)
            assert code == 1, f"{megabytes} MB: exit {code}: {err}"
            assert err.startswith("cost-ops: ") and err.count("\n") <= 2, err
            assert any(word in err.lower() for word in ("space", "disk", "full")), err
            subprocess.run(["mount", "-o", "remount,size=200m", disk], check=True)
            finish(file, ledger, tokens, RECORDS)
        finally:
            subprocess.run(["umount", disk], check=True)
    print("full: at 8 sizes, said so, repaired by the next run")


def truncated(folder, file, tokens):
    ledger, packed = folder / "truncated.duckdb", folder / "usage.ndjson.gz"
    whole = gzip.compress(file.read_bytes(), 1)
    packed.write_bytes(whole[:len(whole) // 2])
    code, out, err = run(packed, ledger)
    assert code == 6, f"exit {code}: {err}"
    assert json.loads(out)["quarantined"] == 1, out
    held = tokens_and_records(ledger)[1]
    assert RECORDS * 0.4 < held < RECORDS * 0.6, held
    packed.write_bytes(whole)
    finish(packed, ledger, tokens, RECORDS)
    print("truncated: what was there is kept, the rest came with the whole file")


def replaced(folder, file, tokens):
    ledger, shown, other = folder / "replaced.duckdb", folder / "shown.ndjson", folder / "o.ndjson"
    lines = file.read_bytes().splitlines(keepends=True)
    shown.write_bytes(b"".join(lines[:RECORDS // 2]))
    other.write_bytes(b"".join(lines[RECORDS // 2:]))
    process = ingest(shown, ledger)
    while not has_open(process.pid, shown) and process.poll() is None:
        time.sleep(0.001)
    os.replace(other, shown)
    _, err = process.communicate()
    assert process.returncode == 0, err
    finish(shown, ledger, tokens, RECORDS)
    print("replaced: both files are in the ledger, each record once")


def both(folder, file, tokens):
    ledger = folder / "both.duckdb"
    runs = [ingest(file, ledger, "--wait", "60") for _ in range(2)]
    for process in runs:
        _, err = process.communicate()
        assert process.returncode == 0, err
    check(ledger, tokens, RECORDS)
    ledger = folder / "one.duckdb"
    # The first one waits for its input, so it is there for sure.
    first = ingest("-", ledger, stdin=subprocess.PIPE)
    while not (ledger.exists() and is_locked(ledger)):
        assert first.poll() is None, first.communicate()
        time.sleep(0.001)
    told = run(file, ledger)
    assert told == (1, "", f"cost-ops: ledger {ledger} is in use by process {first.pid} "
                    "(cost-ops): try again when it has ended, or give --wait\n"), told
    _, first_err = first.communicate(file.read_text())
    assert first.returncode == 0, first_err
    check(ledger, tokens, RECORDS)
    print("both: the second one waits, or says which process holds the ledger")


def memory(folder, file, tokens):
    told = 0
    for number, megabytes in enumerate((250, 350, 450, 550, 700, 900)):
        ledger = folder / f"memory{number}.duckdb"
        limit = megabytes << 20
        bounds = (limit, limit)
        code, _, err = run(file, ledger,
                           preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, bounds))
        if code != 0:
            told += 1
            assert code == 1, f"{megabytes} MB: exit {code}: {err}"
            advice = "what was committed is kept; run it again with more memory or fewer threads"
            words = [f"cost-ops: {what}: {advice}\n" for what in
                     ("out of memory",
                      "no memory or thread left (Resource temporarily unavailable)")]
            database = err.startswith("cost-ops: the ledger's database ") and err.count("\n") == 1
            assert err in words or (database and "memory" in err.lower()), f"{megabytes} MB: {err}"
        finish(file, ledger, tokens, RECORDS)
    print(f"memory: {told} of 6 limits were too small, said so, repaired by the next run")


def cost_ops(*arguments, **environment):
    done = subprocess.run([PROGRAM, *map(str, arguments)], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, env={**os.environ, **environment})
    return done.returncode, done.stdout, done.stderr


def read_only(folder, file, tokens):
    disk, some = folder / "disk", folder / "some.ndjson"
    some.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:100]))
    disk.mkdir(exist_ok=True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m", "none", disk],
                             capture_output=True, text=True)
    if mounted.returncode != 0:
        print(f"read_only: SKIPPED, no tmpfs here: {mounted.stderr.strip()}")
        return
    try:
        schemes = ("duckdb", "sqlite")
        for scheme in schemes:
            assert cost_ops("ingest", some, "--store", f"{scheme}:{disk}/{scheme}")[0] == 0
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        for scheme in schemes:
            ledger = disk / scheme
            code, out, err = cost_ops("query", "--store", f"{scheme}:{ledger}", "-o", "csv")
            assert code == 0 and out.splitlines()[1].startswith("100,"), err
            for arguments in (["ingest", file], ["store", "compact"]):
                told = cost_ops(*arguments, "--store", f"{scheme}:{ledger}")
                assert told == (1, "", "cost-ops: cannot write to the ledger "
                                f"{ledger}: Read-only file system\n"), told
            told = cost_ops("ingest", file, "--store", f"{scheme}:{disk}/new")
            assert told == (1, "", "cost-ops: cannot create the ledger "
                            f"{disk}/new: Read-only file system\n"), told
    finally:
        subprocess.run(["umount", disk], check=True)
    print("read_only: answers questions, and says what it may not write")


def clock(folder, file, tokens):
    lines = file.read_bytes().splitlines(keepends=True)
    for scheme in ("duckdb", "sqlite"):
        grows, store = folder / f"grows.{scheme}", f"{scheme}:{folder}/clock.{scheme}"
        for count, now, new in ((100, "2026-08-02", 100), (200, "2026-08-01", 100),
                                (200, "2026-07-31", 0), (250, "2026-07-01", 50)):
            grows.write_bytes(b"".join(lines[:count]))
            code, out, err = cost_ops("ingest", grows, "--store", store, "-o", "json",
                                      COSTOPS_NOW=now)
            report = json.loads(out)
            assert code == 0 and report["new"] == new and report["duplicate"] == 0, (out, err)
            assert report["files_unchanged"] == (new == 0), out
        assert cost_ops("store", "check", "--store", store)[0] == 0
    print("clock: what is newer is what came later, whatever the clock says")


def main():
    random.seed(int(os.environ.get("SEED", "11")))
    with tempfile.TemporaryDirectory(dir=sys.argv[4] if len(sys.argv) > 4 else None) as name:
        folder = pathlib.Path(name)
        file = folder / "usage.ndjson"
        tokens = generate(file, RECORDS)
        for part in (killed, full, truncated, replaced, both, memory, read_only, clock):
            begun = time.monotonic()
            part(folder, file, tokens)
            print(f"  {time.monotonic() - begun:.1f} s", flush=True)


if __name__ == "__main__":
    main()
