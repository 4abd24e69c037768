#!/usr/bin/env python3
"""Ingest into ClickHouse beside a bare HTTP client, and two shards beside one:
clickhouse.py BUILD [RECORDS]

The bare client sends the rows that cost-ops wrote, prepared as RowBinary blocks of the same size,
into an empty table of the same kind. Servers answer with one thread for each question, so that two
shards have something to add on a machine of two cores. Prints ratios from one run; three rounds,
the best of each counts."""
import http.client
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests/integration"))
from clickhouse_cluster import Cluster, missing  # noqa: E402

BUILD = pathlib.Path(sys.argv[1]).resolve()
RECORDS = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
ROUNDS = 3
ASKS = 7


def run(folder, *words):
    begun = time.monotonic()
    done = subprocess.run([BUILD / "cost-ops", *words], capture_output=True, text=True,
                          env={**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder)})
    if done.returncode:
        sys.exit(f"{words}: exit {done.returncode}: {done.stderr}")
    return time.monotonic() - begun, done.stdout


def blocks_of(node, database):
    """The ledger's rows, batch by batch."""
    batches = node.ask(f"SELECT batch FROM {database}.batches WHERE entries > 0").split()
    for batch in batches:
        connection = http.client.HTTPConnection("127.0.0.1", node.http)
        connection.request("POST", "/", f"SELECT * FROM {database}.entries WHERE batch = "
                                        f"toUInt64({batch}) FORMAT RowBinary")
        yield connection.getresponse().read()


def send_bare(node, blocks):
    """Seconds for blocks over one connection into a new table."""
    node.ask("DROP TABLE IF EXISTS bare.entries")
    node.ask("CREATE TABLE bare.entries AS round_0.entries")
    connection = http.client.HTTPConnection("127.0.0.1", node.http)
    begun = time.monotonic()
    for block in blocks:
        connection.request("POST", "/?query=INSERT%20INTO%20bare.entries%20FORMAT%20RowBinary",
                           block)
        answer = connection.getresponse()
        if answer.read() or answer.status != 200:
            sys.exit("the server refused a block")
    seconds = time.monotonic() - begun
    if int(node.ask("SELECT count() FROM bare.entries")) != RECORDS:
        sys.exit("the bare client's rows are not all there")
    return seconds


def compare_inserts(folder, node, file):
    ours, bare = [], []
    blocks = None
    node.ask("CREATE DATABASE bare")
    for number in range(ROUNDS):
        url = f"clickhouse://127.0.0.1:{node.http}/round_{number}"
        ours.append(run(folder, "ingest", str(file), "--store", url)[0])
        blocks = blocks or list(blocks_of(node, "round_0"))
        bare.append(send_bare(node, blocks))
    size = sum(map(len, blocks)) / RECORDS
    print(f"{len(blocks)} blocks, {size:.0f} bytes a row\n"
          f"cost-ops ingest: {RECORDS / min(ours):,.0f} records/s\n"
          f"bare client:     {RECORDS / min(bare):,.0f} rows/s\n"
          f"ratio:           {min(bare) / min(ours):.2f}")


def compare_shards(folder, cluster, file):
    one = f"clickhouse://127.0.0.1:{cluster.nodes[0].http}/round_0"
    two = cluster.url("two")
    run(folder, "ingest", str(file), "--store", two)
    for words in (["--group-by", "model"], ["--group-by", "organization,day"],
                  ["--group-by", "organization,project,model"]):
        took, sums = {one: [], two: []}, {}
        for _ in range(ASKS):
            for url, times in took.items():
                seconds, out = run(folder, "query", *words, "-o", "json", "--store", url)
                times.append(seconds)
                sums[url] = json.loads(out)["rows"]
        if sums[one] != sums[two]:
            sys.exit(f"{words}: two shards answer something else than one")
        print(f"{' '.join(words)}: one shard {min(took[one]):.2f} s, two {min(took[two]):.2f} s, "
              f"ratio {min(took[one]) / min(took[two]):.2f}")


def main():
    if missing():
        sys.exit(missing())
    with tempfile.TemporaryDirectory() as name, \
            Cluster(2, 1, "<max_threads>1</max_threads>") as cluster:
        folder = pathlib.Path(name)
        file = folder / "usage.ndjson"
        subprocess.run([BUILD / "bench/usage_lines", str(RECORDS), str(file)], check=True,
                       stdout=subprocess.DEVNULL)
        print(f"{RECORDS:,} records, load {os.getloadavg()[0]:.1f}")
        compare_inserts(folder, cluster.nodes[0], file)
        compare_shards(folder, cluster, file)


if __name__ == "__main__":
    main()
