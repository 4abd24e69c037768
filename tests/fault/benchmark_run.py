#!/usr/bin/env python3
"""Breaks `cost-ops run` on purpose: benchmark_run.py PROGRAM

  killed    kill -9 at random instants, many times into the same folder: every file is the old one
            or the new one, every line of the history but a torn last one is whole, and --resume
            goes on from there
  full      a small tmpfs that fills up (needs root; says so where it is skipped)
  memory    how much the program itself adds while targets run
"""
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

from small_disk import fill, small_disk

KILLS = 40
RUN = ["run", "--quick", "--targets", "cost_calculator,aggregator"]


def start(program, folder, *more):
    return subprocess.Popen([program, *RUN, "-o", str(folder), *more], stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def check_files(folder):
    """Every file that a reader may see is whole."""
    raw = folder / "raw"
    for file in raw.iterdir() if raw.exists() else []:
        result = json.loads(file.read_text())
        assert file.name == result["target_id"] + ".json", f"{file}: of another target"
        assert set(result) == {"target_id", "metrics", "timestamp"}, f"{file}: other fields"
    if (folder / "run.json").exists():
        json.loads((folder / "run.json").read_text())
    torn = 0
    for file in (folder / "history").rglob("*.ndjson"):
        lines = file.read_text().split("\n")
        for number, line in enumerate(lines, 1):
            try:
                line and json.loads(line)
            except json.JSONDecodeError:
                torn += 1
                print(f"torn: {file.name}:{number}")
    return torn


def killed(program, folder):
    random.seed(8)
    process = start(program, folder)
    begun = time.monotonic()
    assert process.wait() == 0, process.stderr.read()
    whole = time.monotonic() - begun
    for _ in range(KILLS):
        process = start(program, folder)
        time.sleep(random.uniform(0, whole))
        process.kill()
        process.wait()
        check_files(folder)
    torn = check_files(folder)
    process = start(program, folder, "--resume")
    assert process.wait() == 0, process.stderr.read()
    manifest = json.loads((folder / "run.json").read_text())
    assert all(t["status"] == "ok" for t in manifest["targets"].values()), manifest
    assert len(manifest["targets"]) == 2, manifest
    shown = subprocess.run([program, "history", "--dir", str(folder / "history")],
                           capture_output=True, text=True)
    assert shown.returncode == 0, shown.stderr
    print(f"killed: {KILLS} times, every file whole, {torn} torn lines, resumed")


def interrupted(program, folder):
    process = start(program, folder)
    while not (folder / "run.json").exists():
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    code = process.wait()
    assert code in (0, 130), f"exit code {code}: {process.stderr.read()}"
    assert code == 0 or json.loads((folder / "run.json").read_text())["interrupted"]
    print(f"interrupted: exit code {code}")


def full(program, folder):
    with small_disk(folder, "256k") as disk:
        if disk is None:
            return
        out = folder / "out"
        assert start(program, out).wait() == 0
        before = {f: f.read_bytes() for f in (out / "raw").iterdir()}
        filler = folder / "filler"
        fill(filler)
        process = start(program, out)
        errors = process.stderr.read()
        assert process.wait() == 1, errors
        assert "No space left on device" in errors, errors
        assert errors.strip().startswith("cost-ops: cannot"), errors
        for file, content in before.items():
            assert file.read_bytes() == content, f"{file} was changed"
        assert check_files(out) == 0, "a line is torn"
        assert not list(folder.rglob("*.tmp")), "a temporary file was left behind"
        filler.unlink()
        assert start(program, out).wait() == 0
        assert check_files(out) == 0
        print("full: told, every file as before, works again once there is room")


def memory(program, folder):
    """The largest resident set of the program and its targets, less that of doing nothing."""
    def peak(*arguments):
        code = ("import resource, subprocess, sys; subprocess.run(sys.argv[1:], "
                "stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL); "
                "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
        done = subprocess.run([sys.executable, "-c", code, program, *arguments],
                              capture_output=True, text=True)
        return int(done.stdout) / 1024
    idle = peak("run", "--list")
    run = peak(*RUN, "-o", str(folder))
    print(f"memory: {run - idle:.1f} MiB above the {idle:.1f} MiB of listing targets")
    assert run - idle <= 8, "a run adds more than 8 MB"


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    for test in (killed, interrupted, full, memory):
        with tempfile.TemporaryDirectory(prefix="cost-ops-fault-") as folder:
            test(program, pathlib.Path(folder))


if __name__ == "__main__":
    main()
