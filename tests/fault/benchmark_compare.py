#!/usr/bin/env python3
"""Breaks `cost-ops compare --ab` on purpose: benchmark_compare.py PROGRAM

  killed       kill -9 at random instants while a result is written again and again: it is the old
               one or the new one, and no worker is left behind
  interrupted  Ctrl-C: exit code 130, no worker is left behind
  full         a full disk: said, exit code 1, the result from before stays (needs root)
  hanging      a build whose worker hangs, one whose worker prints for ever: only its target fails
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

KILLS = 20
MARK = f"COSTOPS_FAULT_TEST={os.getpid()}"


def start(base, head, output, budget="0.01"):
    name, value = MARK.split("=")
    return subprocess.Popen(
        [base, "compare", "--ab", base, head, "--targets", "cost_calculator", "--budget", budget,
         "--gate", "none", "--format", "json", "-o", str(output)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        env=dict(os.environ, **{name: value}))


def left_behind():
    """Processes that carry the mark, but this one's children that are waited for."""
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if MARK.encode() in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            pass  # It has ended, or is somebody else's.
    return found


def nobody_is_left():
    """A killed process needs a moment to go."""
    for _ in range(100):
        if not left_behind():
            return
        time.sleep(0.05)
    raise AssertionError(f"left behind: {left_behind()}")


def killed(program, folder):
    random.seed(7)
    output = folder / "compare.json"
    begun = time.monotonic()
    process = start(program, program, output)
    assert process.wait() == 0, process.stderr.read()
    whole = time.monotonic() - begun
    for _ in range(KILLS):
        process = start(program, program, output)
        time.sleep(random.uniform(0, 1.2 * whole))
        process.kill()
        process.wait()
        report = json.loads(output.read_text())
        assert [t["target_id"] for t in report["targets"]] == ["cost_calculator"], report
    nobody_is_left()
    print(f"killed: {KILLS} times, the result whole each time, nobody left behind")


def interrupted(program, folder):
    process = start(program, program, folder / "compare.json", "60")
    while not any("bench-worker" in line for line in left_behind()):
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    code = process.wait()
    assert code == 130, f"exit code {code}: {process.stderr.read()}"
    nobody_is_left()
    print("interrupted: exit code 130, nobody left behind")


def full(program, folder):
    with small_disk(folder, "64k") as disk:
        if disk is None:
            return
        output = folder / "compare.json"
        assert start(program, program, output).wait() == 0
        before = output.read_bytes()
        fill(folder / "filler")
        process = start(program, program, output)
        errors = process.stderr.read()
        assert process.wait() == 1, errors
        assert "No space left on device" in errors, errors
        assert output.read_bytes() == before, "the result from before was changed"
        assert sorted(os.listdir(folder)) == ["compare.json", "filler"], os.listdir(folder)
        print("full: said, the result from before stays, nothing else is left")


def hanging(program, folder):
    script = ("#!/bin/sh\n"
              "[ \"$1\" = run ] && { echo 'cost_calculator  one'; exit 0; }\n")
    for name, rest in [("mute", "exec tail -f /dev/null\n"), ("talks", "exec cat /dev/zero\n")]:
        head = folder / name
        head.write_text(script + rest)
        head.chmod(0o700)
        output = folder / "compare.json"
        process = start(program, str(head), output)
        code = process.wait()
        target = json.loads(output.read_text())["targets"][0]
        assert code == 1 and target["outcome"] == "failed", (code, target)
        print(f"hanging: {target['why'].replace(str(folder), '')}")
    nobody_is_left()


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    for test in (killed, interrupted, full, hanging):
        with tempfile.TemporaryDirectory(prefix="cost-ops-fault-") as folder:
            test(program, pathlib.Path(folder))


if __name__ == "__main__":
    main()
