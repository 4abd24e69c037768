#!/usr/bin/env python3
"""Line coverage per room, from the preset `coverage` after its tests ran (./run coverage).

usage: scripts/coverage.py BUILD [--minimum PERCENT ROOM...] [--missed]
  --minimum   fail if one of these rooms is below
  --missed    list the lines that no test reaches
"""
import argparse
import collections
import gzip
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def notes(build):
    """The data files of the room libraries; a test program's own objects are not measured."""
    for path in sorted(Path(build).rglob("*.gcda")):
        if not path.name.endswith("_test.cc.gcda"):
            yield path.resolve()


def executions(build):
    """{source: {line: times}}, over all objects: a header's line counts where any object ran it."""
    lines = collections.defaultdict(lambda: collections.defaultdict(int))
    with tempfile.TemporaryDirectory() as folder:
        for number, data in enumerate(notes(build)):
            target = Path(folder) / str(number)
            target.mkdir()
            subprocess.run(["gcov", "--json-format", str(data)], cwd=target, check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            for report in target.glob("*.gcov.json.gz"):
                with gzip.open(report, "rt", encoding="utf-8") as file:
                    add(json.load(file), lines)
    return lines


def add(report, lines):
    for file in report["files"]:
        path = Path(os.path.join(report["current_working_directory"], file["file"])).resolve()
        if not path.is_relative_to(ROOT):
            continue
        source = path.relative_to(ROOT).as_posix()
        for line in file["lines"]:
            lines[source][line["line_number"]] += line["count"]


def room_of(source):
    parts = source.split("/")
    if source.endswith("_test.cc") or len(parts) < 3:
        return None
    if parts[:2] == ["include", "costops"] and len(parts) > 3:
        return parts[2]
    return parts[1] if parts[0] == "src" else None


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("build")
    arguments.add_argument("--minimum", nargs="+", default=[], metavar="PERCENT ROOM")
    arguments.add_argument("--missed", action="store_true")
    options = arguments.parse_args()
    lines = executions(options.build)
    rooms = collections.defaultdict(lambda: [0, 0])
    for source, counts in sorted(lines.items()):
        room = room_of(source)
        if not room:
            continue
        rooms[room][0] += sum(1 for times in counts.values() if times)
        rooms[room][1] += len(counts)
        missed = [str(line) for line, times in sorted(counts.items()) if not times]
        if options.missed and missed:
            print(f"{source}: {' '.join(missed)}")
    if not rooms:
        sys.exit(f"coverage: no data in {options.build}: run the tests of that preset first")
    minimum = float(options.minimum[0]) if options.minimum else 0
    low = False
    for room, (reached, total) in sorted(rooms.items()):
        percent = 100 * reached / total
        wanted = room in options.minimum[1:]
        low |= wanted and percent < minimum
        note = f"  (at least {minimum:g})" if wanted else ""
        print(f"{room:<12} {percent:6.1f} %  {reached:>6} of {total:>6} lines{note}")
    missing = [room for room in options.minimum[1:] if room not in rooms]
    if missing:
        print(f"no data for: {' '.join(missing)}")
    sys.exit(1 if low or missing else 0)


if __name__ == "__main__":
    main()
