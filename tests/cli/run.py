#!/usr/bin/env python3
"""Runs golden tests of the command line: run.py PROGRAM FILE.test... [--update]

A test file is a list of steps, run in order in one fresh folder that is also HOME:

    # a comment
    $ cost-ops version            the command, for sh; "> " continues it on the next line
    cost-ops 0.1.0                its standard output, exactly
    ! a warning                   its standard error, exactly, each line behind "! "
    exit 0                        its exit code; ends the step

The folder is shown as HOME, tests/cli/data as DATA. The clock stands at 2026-08-01T12:00:00Z.
--update writes what the program does today into the files: read the difference before committing.
"""
import difflib
import os
import pathlib
import subprocess
import sys
import tempfile

DATA = pathlib.Path(__file__).resolve().parent / "data"


def environment(program, home):
    return {
        "HOME": home,
        "DATA": str(DATA),
        "PATH": f"{program.parent}:/usr/local/bin:/usr/bin:/bin",
        "COSTOPS_NOW": "2026-08-01T12:00:00Z",
        "LC_ALL": "C.UTF-8",
        "TZ": "Asia/Tokyo",  # The machine's zone must not matter.
    }


def perform(command, program, home):
    """The step's lines as they should stand in the file, from the program of today."""
    done = subprocess.run(["sh", "-c", command], cwd=home, env=environment(program, home),
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
    shown = lambda raw: (raw.decode("utf-8", "backslashreplace").replace(home, "HOME")
                         .replace(str(DATA), "DATA").replace("\r\n", "\\r\n").split("\n"))
    out, errors = shown(done.stdout), shown(done.stderr)
    lines = out[:-1] + ([out[-1] + "\\c"] if out[-1] else [])  # \c: no newline at the end
    lines += ["! " + line for line in errors[:-1] + ([errors[-1]] if errors[-1] else [])]
    return lines + [f"exit {done.returncode}"]


def run(program, file):
    """The whole file as it should be."""
    result, command = [], None
    with tempfile.TemporaryDirectory(prefix="cost-ops-test-") as home:
        for line in file.read_text().splitlines() + [None]:
            if line is not None and line.startswith("> ") and command is not None:
                command += "\n" + line[2:]
                result.append(line)
            elif line is not None and line.startswith("$ "):
                command = line[2:]
                result.append(line)
            elif command is not None:
                if line is not None and not line.startswith("exit "):
                    continue
                result += perform(command, program, home)
                command = None
            elif line is not None:
                result.append(line)
    return result


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    failed = 0
    for name in [a for a in sys.argv[2:] if a != "--update"]:
        file = pathlib.Path(name)
        expected = file.read_text().splitlines()
        actual = run(program, file)
        if "--update" in sys.argv:
            file.write_text("\n".join(actual) + "\n")
        elif actual != expected:
            failed += 1
            print("\n".join(difflib.unified_diff(expected, actual, name, "the program of today",
                                                 lineterm="")))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
