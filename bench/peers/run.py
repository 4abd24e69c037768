#!/usr/bin/env python3
"""cost-ops beside other programs on the same input: run.py BUILD [RECORDS] [CLAUDE_MB]

BUILD is a build folder with the program and bench/. Prints a table of ratios from one run; each
program must find the same totals. Peers that are not installed are named and left out: jq, and
ccusage (CCUSAGE names the program; `npm install ccusage` brings it).
"""
import json
import os
import pathlib
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time

BUILD = pathlib.Path(sys.argv[1]).resolve()
RECORDS = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
CLAUDE_MB = int(sys.argv[3]) if len(sys.argv) > 3 else 100
COUNTS = ("input_tokens_uncached", "cache_read_tokens", "cache_write_tokens",
          "cache_write_5m_tokens", "cache_write_1h_tokens", "output_tokens")


def measured(command, **how):
    """Wall and CPU seconds, and what the program printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.monotonic()
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **how)
    wall = time.monotonic() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 6):
        sys.exit(f"{command[0]}: exit {done.returncode}: {done.stderr}")
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout


def tokens_in(ledger):
    out = measured([BUILD / "cost-ops", "query", "--store", f"duckdb:{ledger}", "-o", "json"])[2]
    return sum(int(row["quantities"].get(name, 0))
               for row in json.loads(out)["totals"] for name in COUNTS)


def row(name, wall, cpu, ours):
    print(f"{name:34} {wall:8.2f} {cpu:8.2f} {wall / ours[0]:9.2f} {cpu / ours[1]:9.2f}")


def ingest(name, source, ledger, tokens):
    command = [BUILD / "cost-ops", "ingest", source, "--store", f"duckdb:{ledger}"]
    ours = measured(command)[:2]
    assert tokens_in(ledger) == tokens, f"{name}: {tokens_in(ledger)} tokens, not {tokens}"
    row(name, *ours, ours)
    again = measured(command)[:2]
    row("  again, nothing new", *again, ours)
    return ours


def sqlite_inserts(file, database):
    """Prepared inserts, in a process of its own so that its time is its own."""
    code = """
import json, sqlite3, sys
base = sqlite3.connect(sys.argv[2])
base.execute("CREATE TABLE usage (id, at, provider, model, organization, project, user, "
             "input INTEGER, output INTEGER, cached INTEGER, latency INTEGER, tags)")
lines = map(json.loads, open(sys.argv[1]))
base.executemany("INSERT INTO usage VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", (
    (r["id"], r["timestamp"], r["provider"], r["model"]["name"], r["organization_id"],
     r["project_id"], r["user_id"], r["prompt_tokens"], r["completion_tokens"],
     r["cached_tokens"], r["latency_ms"], json.dumps(r["tags"])) for r in lines))
base.commit()
print(base.execute("SELECT sum(input + output) FROM usage").fetchone()[0])
"""
    return measured([sys.executable, "-c", code, file, database])


def usage_records(folder):
    file = folder / "usage.ndjson"
    tokens = int(measured([BUILD / "bench/usage_lines", RECORDS, file])[2])
    print(f"{RECORDS} usage records, {file.stat().st_size / 1e6:.0f} MB")
    ledger = folder / "ledger.duckdb"
    ours = ingest("cost-ops ingest", file, ledger, tokens)
    peers = [("DuckDB read_json", lambda: measured([BUILD / "bench/duckdb_read_json", file,
                                                    folder / "peer.duckdb"])),
             ("SQLite prepared inserts (Python)",
              lambda: sqlite_inserts(file, folder / "peer.sqlite"))]
    if shutil.which("jq"):
        total = "reduce inputs as $r (0; . + $r.prompt_tokens + $r.completion_tokens)"
        peers.append(("jq, sums only", lambda: measured(["jq", "-n", total, file])))
    else:
        print("jq: not installed, left out")
    for name, peer in peers:
        wall, cpu, out = peer()
        assert int(out) == tokens, f"{name}: {out} tokens, not {tokens}"
        row(name, wall, cpu, ours)
    print(f"{ledger.stat().st_size / RECORDS:.1f} bytes a record in the ledger")


def claude_line(chance, number):
    """A response as Claude Code writes it, and how many tokens it counts."""
    counts = [chance.randrange(1, 2000), chance.randrange(5000), chance.randrange(100_000),
              chance.randrange(1, 4000)]
    at = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(1_767_225_600 + number * 3))
    usage = dict(zip(("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens",
                      "output_tokens"), counts))
    message = {"id": f"msg_{number:09}", "type": "message", "role": "assistant",
               "model": "claude-sonnet-4-5-20250929",
               "content": [{"type": "text", "text": "word " * chance.randrange(20, 400)}],
               "usage": usage}
    line = {"parentUuid": None, "isSidechain": False, "cwd": "/home/a/project", "sessionId": "s",
            "version": "2.0.1", "type": "assistant", "requestId": f"req_{number:09}",
            "uuid": f"u-{number}", "timestamp": at, "message": message}
    return json.dumps(line, separators=(",", ":")) + "\n", sum(counts)


def claude_code(folder):
    chance = random.Random(5)
    projects = folder / "claude" / "projects" / "project"
    projects.mkdir(parents=True)
    size = number = tokens = 0
    while size < CLAUDE_MB * 1_000_000:
        with open(projects / f"session-{number}.jsonl", "w") as session:
            for _ in range(2000):
                line, counted = claude_line(chance, number)
                session.write(line)
                size, number, tokens = size + len(line), number + 1, tokens + counted
    print(f"\n{number} responses of Claude Code, {size / 1e6:.0f} MB")
    ours = ingest("cost-ops ingest", projects, folder / "claude.duckdb", tokens)
    program = os.environ.get("CCUSAGE", shutil.which("ccusage"))
    if not program:
        return print("ccusage: not installed, left out")
    wall, cpu, out = measured([program, "daily", "--json", "--offline"],
                              env=dict(os.environ, CLAUDE_CONFIG_DIR=str(folder / "claude")))
    found = json.loads(out)["totals"]["totalTokens"]
    assert found == tokens, f"ccusage: {found} tokens, not {tokens}"
    row("ccusage daily", wall, cpu, ours)


def main():
    print(f"{'':34} {'wall s':>8} {'CPU s':>8} {'x wall':>9} {'x CPU':>9}")
    with tempfile.TemporaryDirectory() as name:
        usage_records(pathlib.Path(name))
        claude_code(pathlib.Path(name))
    print(f"\nload {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
