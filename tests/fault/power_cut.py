#!/usr/bin/env python3
"""Cuts the power, on paper: power_cut.py PROGRAM LINES RECORDER CUTS [FOLDER]

Commands run with RECORDER preloaded (power_cut.cc), which writes down every change to a file and
every sync. For CUTS random instants, the files are then built as a disk may hold them after a power
cut at that instant: what was synced, and of what was not yet synced a random part, torn at sectors
(nothing of it, all of it, or any). With these files:

* everything that a command had acknowledged by ending is there, and only whole batches;
* `store check` finds the ledger sound; a backup is whole or not there;
* ingesting again completes it, each record once.

A sync of a new file makes its name durable too (as ext4, xfs and btrfs do), and every name that was
given or taken away before it; a rename or a removal is durable when the folder is synced.
"""
import json
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile

PROGRAM, LINES, RECORDER, CUTS = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
RECORDS = {"duckdb": 130_000, "sqlite": 6_000}  # More than one row group of DuckDB's.
SECTOR = 4096
HEAD = struct.Struct("<cHIQ")


class File:
    def __init__(self):
        self.durable = bytearray()
        self.pending = []  # (offset, bytes), or (length, None): truncated.


def put(content, offset, data):
    if data is None:
        del content[offset:]
        content.extend(bytes(offset - len(content)))
        return
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset:offset + len(data)] = data


class Disk:
    """Files by name: as programs see them, and as they are after a power cut."""

    def __init__(self):
        self.names, self.durable_names, self.pending_names = {}, {}, []

    def apply(self, kind, path, number, data):
        if kind == "o":
            self.names[path] = File()
            self.pending_names.append(("link", path, self.names[path]))
        elif kind == "w":
            self.names[path].pending.append((number, data))
        elif kind == "t":
            self.names[path].pending.append((number, None))
        elif kind == "r":
            to = data.decode()
            self.names[to] = self.names.pop(path)
            self.pending_names.append(("rename", path, to))
        elif kind == "u":
            if self.names.pop(path, None):
                self.pending_names.append(("unlink", path, None))
        elif kind == "s" and path in self.names:
            file = self.names[path]
            for offset, part in file.pending:
                put(file.durable, offset, part)
            file.pending.clear()
            links = [i for i, e in enumerate(self.pending_names) if e[2] is file]
            self.make_durable(links[-1] + 1 if links else 0)
        elif kind == "s":  # The folder.
            self.make_durable(len(self.pending_names))

    def make_durable(self, count):
        for entry in self.pending_names[:count]:
            self.name(self.durable_names, entry)
        del self.pending_names[:count]

    @staticmethod
    def name(names, entry):
        kind, path, what = entry
        if kind == "link":
            names[path] = what
        elif kind == "rename" and path in names:
            names[what] = names.pop(path)
        elif kind == "unlink":
            names.pop(path, None)

    def cut(self, folder, share):
        """Writes what is left; `share` of what was not synced is."""
        names = dict(self.durable_names)
        for entry in self.pending_names:
            if random.random() >= share:
                break
            self.name(names, entry)
        for path, file in names.items():
            content = bytearray(file.durable)
            for offset, data in file.pending:
                if data is None or share in (0, 1):
                    if random.random() < share:
                        put(content, offset, data)
                    continue
                for at in range(0, len(data), SECTOR):
                    if random.random() < share:
                        put(content, offset + at, data[at:at + SECTOR])
            if not path.endswith("-shm"):  # Memory, not a file: it is built anew.
                (folder / pathlib.Path(path).name).write_bytes(content)


def changes(log):
    raw = log.read_bytes()
    at, out = 0, []
    while at < len(raw):
        kind, path_length, length, number = HEAD.unpack_from(raw, at)
        at += HEAD.size
        path = raw[at:at + path_length].decode()
        at += path_length
        out.append((kind.decode(), path, number, raw[at:at + length]))
        at += length
    return out


def cost_ops(*arguments, **environment):
    return subprocess.run([PROGRAM, *map(str, arguments)], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, env={**os.environ, **environment})


def records(url):
    done = cost_ops("query", "--store", url, "-o", "json")
    assert done.returncode == 0, f"{url}: exit {done.returncode}: {done.stderr}"
    totals = json.loads(done.stdout)["totals"]
    return sum(int(row["requests"]) for row in totals)


def sound(url):
    check = cost_ops("store", "check", "--store", url)
    assert check.returncode == 0, f"{url}: {check.stdout}{check.stderr}"


def record(folder, scheme, inputs):
    """Runs the commands; returns the changes, and how many there were after each command."""
    disk, log = folder / f"{scheme}-disk", folder / f"{scheme}.log"
    disk.mkdir()
    url = f"{scheme}:{disk}/ledger"
    watch = {"LD_PRELOAD": RECORDER, "POWER_CUT_FOLDER": str(disk), "POWER_CUT_LOG": str(log)}
    commands = [["ingest", inputs[0], "--store", url], ["ingest", inputs[1], "--store", url],
                ["store", "backup", "--store", url, disk / "backup"],
                ["store", "compact", "--store", url],
                ["ingest", inputs[2], "--store", url]]
    ends = []
    for command in commands:
        done = cost_ops(*command, **watch)
        assert done.returncode == 0, f"{command}: {done.stderr}"
        ends.append(len(changes(log)))
    assert ends[0] > 0 and ends[-1] > ends[-2], "nothing was recorded"
    return changes(log), ends


def cut_power(folder, scheme, inputs, counts):
    done, ends = record(folder, scheme, inputs)
    instants = sorted(random.choice(ends) if i % 5 == 0 else random.randint(1, ends[-1])
                      for i in range(CUTS))
    disk, applied = Disk(), 0
    for number, instant in enumerate(instants):
        for change in done[applied:instant]:
            disk.apply(*change)
        applied = instant
        left = folder / "left"
        shutil.rmtree(left, ignore_errors=True)
        left.mkdir()
        share = (0, 0.5, 1, 0.9, 0.1)[number % 5]
        disk.cut(left, share)
        acknowledged = sum(instant >= end for end in ends)
        where = f"{scheme}, change {instant} of {ends[-1]}, {share:.0%} of what was not synced"
        try:
            look(left, scheme, inputs, counts, acknowledged)
        except AssertionError as error:
            kept = pathlib.Path(tempfile.mkdtemp(prefix="power-cut-"))
            shutil.copytree(left, kept, dirs_exist_ok=True)
            raise AssertionError(f"{where} (kept in {kept}): {error}") from None
    print(f"{scheme}: {CUTS} power cuts within {ends[-1]} changes, nothing acknowledged was lost",
          flush=True)


def look(left, scheme, inputs, counts, acknowledged):
    url, backup = f"{scheme}:{left}/ledger", left / "backup"
    ingested = (0, 1, 2, 2, 2, 3)[acknowledged]
    if acknowledged >= 3:
        assert backup.exists(), "the backup is gone"
    if backup.exists():
        copy = f"{scheme}:{backup}"
        assert records(copy) == counts[1], f"the backup holds {records(copy)}"
        sound(copy)
    begun = cost_ops("query", "--store", url).stderr if acknowledged == 0 else ""
    if f"there is no ledger at {url}" not in begun:
        held = records(url)
        assert held >= (0, *counts)[ingested], f"{held} records are left"
        sound(url)
    for file in inputs:
        again = cost_ops("ingest", file, "--store", url)
        assert again.returncode == 0, again.stderr
    assert records(url) == counts[2], f"{records(url)} records in the end, not {counts[2]}"
    sound(url)


def main():
    random.seed(int(os.environ.get("SEED", "13")))
    with tempfile.TemporaryDirectory(dir=sys.argv[5] if len(sys.argv) > 5 else None) as name:
        folder = pathlib.Path(name)
        for scheme, count in RECORDS.items():
            file = folder / "usage.ndjson"
            subprocess.run([LINES, str(count), str(file)], check=True, stdout=subprocess.DEVNULL)
            lines = file.read_bytes().splitlines(keepends=True)
            ends = (len(lines) // 100, len(lines) * 98 // 100, len(lines))
            inputs = []
            for part, (first, last) in enumerate(zip((0, *ends), ends)):
                inputs.append(folder / f"{scheme}-{part}.ndjson")
                inputs[-1].write_bytes(b"".join(lines[first:last]))
            cut_power(folder, scheme, inputs, ends)


if __name__ == "__main__":
    main()
