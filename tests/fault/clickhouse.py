#!/usr/bin/env python3
"""A ClickHouse server behind a network that fails: clickhouse.py PROGRAM LINES ROUNDS [FOLDER]

Between `cost-ops ingest` and a real server stands a proxy that, at random, loses what was asked or
answered, cuts it in half, answers too late, answers nonsense, or says "done" without doing. Some
ingests are killed as well. After each round one undisturbed ingest repairs what is left: every
record is there once, `store check` finds the ledger sound, and each failure was a message."""
import http.client
import json
import os
import pathlib
import random
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
import http.server

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "integration"))
from clickhouse_cluster import Node, server_program  # noqa: E402

PROGRAM, LINES, ROUNDS = sys.argv[1], sys.argv[2], int(sys.argv[3])
SKIPPED = 77
RECORDS = 150_000  # Two batches.
TIMEOUT = 1        # Seconds of a statement; the program itself gives up 5 s later.


class Proxy(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True

    def __init__(self, target):
        super().__init__(("127.0.0.1", 0), Requests)
        self.target, self.seen, self.chance = target, {}, 0.0
        self.deck, self.dealing = [], threading.Lock()
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        pass  # The program was killed, or gave up.

    def deal(self):
        """The fault of the next request: each one in turn, in an order that changes."""
        with self.dealing:
            fault = "none"
            if random.random() < self.chance:
                self.deck = self.deck or random.sample(FAULTS, len(FAULTS))
                fault = self.deck.pop()
            self.seen[fault] = self.seen.get(fault, 0) + 1
            return fault


class Requests(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        getattr(self, self.server.deal())(body)

    def forward(self, body):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.target, timeout=60)
        headers = {name: value for name, value in self.headers.items()
                   if name.lower() not in ("host", "expect")}
        connection.request("POST", self.path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()

    def answer(self, status, body, length=None, name="X-ClickHouse-Server-Display-Name"):
        self.send_response(status)
        self.send_header(name, "test")
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def hang_up(self):
        self.close_connection = True

    def none(self, body):
        self.answer(*self.forward(body))

    def question_lost(self, _):
        self.hang_up()

    def answer_lost(self, body):
        self.forward(body)
        self.hang_up()

    def half_a_question(self, body):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.target, timeout=60)
        connection.putrequest("POST", self.path)
        for name, value in self.headers.items():
            if name.lower() not in ("host", "expect"):
                connection.putheader(name, value)
        connection.endheaders(body[:len(body) // 2])
        connection.close()
        self.hang_up()

    def half_an_answer(self, body):
        status, text = self.forward(body)
        self.answer(status, text[:len(text) // 2], max(len(text), 1))
        self.hang_up()

    def nonsense(self, _):
        self.answer(200, random.randbytes(random.randrange(1, 64)), name="Via")

    def lie(self, _):
        self.answer(200, b"", name="Via")

    def refusal(self, _):
        self.answer(503, b"Code: 202, e.displayText() = DB::Exception: Too many queries")

    def late(self, body):
        status, text = self.forward(body)
        time.sleep(TIMEOUT + 6)
        self.answer(status, text)


FAULTS = ["question_lost", "answer_lost", "half_a_question", "half_an_answer", "nonsense", "lie",
          "refusal", "late"]


class Ledger:
    def __init__(self, folder, server, proxy, name):
        self.folder, self.name, self.server, self.proxy = folder, name, server, proxy
        self.environment = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": f"{folder}/data"}

    def url(self, port):
        return f"clickhouse://127.0.0.1:{port}/{self.name}?timeout={TIMEOUT * 60}"

    def start(self, *words, url):
        return subprocess.Popen([PROGRAM, *words, "--store", url], env=self.environment, text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)

    def run(self, *words, url=None):
        process = self.start(*words, url=url or self.url(self.server.http))
        out, err = process.communicate()
        assert process.returncode == 0, f"{words}: exit {process.returncode}: {err}{out}"
        return out

    def totals(self, url=None):
        return json.loads(self.run("query", "--group-by", "model", "-o", "json", url=url))["rows"]

    def disturbed(self, file, kill):
        """An ingest through the proxy. Whether it said that it was done."""
        process = self.start("ingest", str(file), url=self.url(self.proxy.port).replace(
            f"timeout={TIMEOUT * 60}", f"timeout={TIMEOUT}"))
        if kill:
            time.sleep(random.uniform(0.1, 2.0))
            process.kill()
        _, err = process.communicate()
        if process.returncode not in (0, -9):
            assert process.returncode == 1, f"exit {process.returncode}: {err}"
            assert err.startswith("cost-ops: ") and err.count("\n") <= 2, err
        return process.returncode == 0, err


def rounds(folder, server, proxy, file, expected):
    done = killed = 0
    messages = set()
    number = 0
    while number < ROUNDS or not proxy.seen.keys() >= set(FAULTS):
        assert number < ROUNDS + 20, f"not every fault came up: {proxy.seen}"
        ledger = Ledger(folder, server, proxy, f"round_{number}")
        for _ in range(3):
            proxy.chance = random.choice([0.03, 0.1, 0.3])
            kill = random.random() < 0.3
            said_so, err = ledger.disturbed(file, kill)
            killed += kill
            done += said_so
            messages.add(err.split(" 127.0.0.1")[0][:60])
            if said_so:  # Acknowledged: it is there now, without another ingest.
                assert ledger.totals() == expected, "acknowledged, but not there"
        ledger.run("ingest", str(file))
        assert ledger.totals() == expected, f"round {number}: {ledger.totals()}"
        assert "sound" in ledger.run("store", "check")
        server.ask(f"DROP DATABASE round_{number}")
        number += 1
    print(f"{number} rounds, {3 * number} disturbed ingests ({done} ended well, {killed} killed): "
          f"nothing lost, nothing twice\nfaults: {dict(sorted(proxy.seen.items()))}")
    for message in sorted(messages - {""}):
        print("  said:", message)


def main():
    if not server_program():
        print("SKIPPED: clickhouse-server is not installed")
        sys.exit(SKIPPED)
    seed = int(os.environ.get("COSTOPS_TEST_SEED", "7"))
    random.seed(seed)
    with tempfile.TemporaryDirectory(dir=sys.argv[4] if len(sys.argv) > 4 else None) as name:
        folder = pathlib.Path(name)
        file = folder / "usage.ndjson"
        subprocess.run([LINES, str(RECORDS), str(file)], check=True, stdout=subprocess.DEVNULL)
        server = Node(folder, 1, 1)
        server.configure([server], None)
        server.start()
        try:
            server.wait()
            ledger = Ledger(folder, server, None, "none")
            alone = f"duckdb:{folder}/alone.duckdb"
            ledger.run("ingest", str(file), url=alone)
            rounds(folder, server, Proxy(server.http), file, ledger.totals(alone))
        finally:
            server.kill()


if __name__ == "__main__":
    main()
