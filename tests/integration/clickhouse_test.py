#!/usr/bin/env python3
"""A real cluster on loopback, 2 shards x 2 replicas: clickhouse_test.py PROGRAM LINES STORAGE_TEST

The ledger's contract on it; then ingests and questions while servers are killed and come back:
nothing lost, nothing twice, and a missing shard is told instead of a smaller sum."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

from clickhouse_cluster import Cluster, missing

PROGRAM, LINES, STORAGE_TEST = sys.argv[1:4]
SKIPPED = 77
RECORDS = 300_000


class Ledgers:
    def __init__(self, folder, cluster):
        self.folder, self.cluster = folder, cluster
        self.url = cluster.url("costs")
        self.environment = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": f"{folder}/data"}

    def start(self, *words, url=None):
        return subprocess.Popen([PROGRAM, *words, "--store", url or self.url],
                                env=self.environment, stdin=subprocess.DEVNULL, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run(self, *words, url=None, code=0):
        process = self.start(*words, url=url)
        out, err = process.communicate()
        assert process.returncode == code, f"{words}: exit {process.returncode}: {err}"
        return out if code == 0 else err

    def totals(self, url=None):
        return self.run("query", "--group-by", "model", "-o", "json", url=url)


def expect_same(a, b, what):
    assert json.loads(a)["rows"] == json.loads(b)["rows"], f"{what}:\n{a}\n{b}"


def contract(cluster):
    if STORAGE_TEST == "-":
        return
    servers = cluster.url("x").split("/x?")[0]
    subprocess.run([STORAGE_TEST, "--gtest_filter=*LedgerContract*/cluster", "--gtest_brief=1"],
                   env={**os.environ, "COSTOPS_TEST_CLUSTER": servers}, check=True)
    print("contract: passed on 2 shards x 2 replicas")


def a_replica_dies_while_writing(ledgers, file, expected):
    process = ledgers.start("ingest", str(file))
    time.sleep(0.7)
    victim = ledgers.cluster.node(1, 1)
    victim.kill()
    _, err = process.communicate()
    assert process.returncode == 0, f"exit {process.returncode}: {err}"
    expect_same(ledgers.totals(), expected, "a replica of shard 1 is down")
    victim.start()
    victim.wait()
    expect_same(ledgers.totals(), expected, "it is back")
    for shard in (1, 2):
        counts = [wait_for_rows(ledgers.cluster.node(shard, replica)) for replica in (1, 2)]
        assert counts[0] == counts[1], f"shard {shard}: {counts}"
    spread = ledgers.cluster.node(2, 1).ask("SELECT count() FROM costs.all_entries WHERE batch > 0")
    assert int(spread) == RECORDS, spread
    print("a replica killed while writing: nothing lost, nothing twice, it caught up")


def wait_for_rows(node):
    """Rows of a replica that has fetched everything."""
    behind = ("SELECT sum(queue_size + (log_max_index + 1 - log_pointer)) FROM system.replicas "
              "WHERE database = 'costs'")
    until = time.monotonic() + 60
    while node.ask(behind) != "0\n" and time.monotonic() < until:
        time.sleep(0.2)
    return node.ask("SELECT count(), sum(output_tokens) FROM costs.entries")


def a_shard_dies(ledgers, more, expected, both):
    dead = [ledgers.cluster.node(2, replica) for replica in (1, 2)]
    for node in dead:
        node.kill()
    err = ledgers.run("query", code=1)
    assert 'shard 2 of cluster "costs" is missing, and its records with it' in err, err
    err = ledgers.run("ingest", str(more), code=1)
    assert 'shard 2 of cluster "costs" is missing' in err, err
    for node in dead:
        node.start()
    for node in dead:
        node.wait()
    expect_same(ledgers.totals(), expected, "the shard is back")
    process = ledgers.start("ingest", str(more))
    time.sleep(0.5)
    for node in dead:
        node.kill()
    _, err = process.communicate()
    assert process.returncode == 0 or "the batch is kept in" in err or "is missing" in err, err
    for node in dead:
        node.start()
    for node in dead:
        node.wait()
    for node in dead:
        node.wait_for_zookeeper()
    ledgers.run("ingest", str(more))
    expect_same(ledgers.totals(), both, "the next run repaired it")
    print("a shard killed: told while reading and writing, the next run repaired the ingest")


def zookeeper_dies(ledgers, both):
    ledgers.cluster.zookeeper.kill()
    ledgers.cluster.zookeeper.wait()
    process = ledgers.start("query", "--group-by", "model", "-o", "json")
    out, err = process.communicate()
    ledgers.cluster.start_zookeeper()
    if process.returncode == 0:
        expect_same(out, both, "without ZooKeeper")
    else:
        assert "has not fetched everything" in err, err
    print("ZooKeeper killed: " + ("reading goes on" if process.returncode == 0 else "told"))


def check(ledgers):
    sound = ledgers.run("store", "check")
    assert "sound" in sound, sound
    print("store check:", sound.strip())


def main():
    if missing():
        print("SKIPPED: " + missing())
        sys.exit(SKIPPED)
    with tempfile.TemporaryDirectory() as name, Cluster() as cluster:
        folder = pathlib.Path(name)
        file, more = folder / "usage.ndjson", folder / "more.ndjson"
        subprocess.run([LINES, str(RECORDS), str(folder / "all")], check=True,
                       stdout=subprocess.DEVNULL)
        lines = (folder / "all").read_bytes().splitlines(keepends=True)
        file.write_bytes(b"".join(lines))
        more.write_bytes(b"".join(lines[:100]) + b"".join(
            line.replace(b'"id":"', b'"id":"again-', 1) for line in lines[:150_000]))
        ledgers = Ledgers(folder, cluster)
        alone = f"duckdb:{folder}/alone.duckdb"
        ledgers.run("ingest", str(file), url=alone)
        expected = ledgers.totals(alone)
        ledgers.run("ingest", str(more), url=alone)
        both = ledgers.totals(alone)
        for part in (lambda: contract(cluster),
                     lambda: a_replica_dies_while_writing(ledgers, file, expected),
                     lambda: a_shard_dies(ledgers, more, expected, both),
                     lambda: zookeeper_dies(ledgers, both), lambda: check(ledgers)):
            begun = time.monotonic()
            part()
            print(f"  {time.monotonic() - begun:.1f} s", flush=True)


if __name__ == "__main__":
    main()
