"""Servers on loopback for tests, and a program to run against them."""
import http.server
import json
import os
import socketserver
import subprocess
import threading


class Failures(list):
    def expect(self, truth, message):
        if not truth:
            self.append(str(message))


class Requests(http.server.BaseHTTPRequestHandler):
    """Keeps every request, answers by `answer(method, path, body)` -> (status, text)."""

    def log_message(self, *_):
        pass

    def serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.requests.append((self.command, self.path, headers, body))
        status, text = self.server.answer(self.command, self.path, body)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    do_GET = do_POST = do_PUT = do_PATCH = serve


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True

    def __init__(self, answer=lambda *_: (200, "")):
        super().__init__(("127.0.0.1", 0), Requests)
        self.requests, self.answer = [], answer
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Program:
    def __init__(self, path, home, failures):
        self.path, self.home, self.failures = path, home, failures
        self.environment = {"HOME": home, "COSTOPS_NOW": "2026-08-20T12:00:00Z",
                            "PATH": os.path.dirname(path) + ":" + os.environ["PATH"]}

    def run(self, *words, code=0):
        return self.checked([self.path, *words], code)

    def shell(self, script, code=0, **environment):
        return self.checked(["sh", "-c", script], code, environment)

    def checked(self, words, code, more=None):
        done = subprocess.run(words, cwd=self.home, env={**self.environment, **(more or {})},
                              capture_output=True, text=True, check=False)
        self.failures.expect(done.returncode == code, f"{' '.join(words)}: exit {done.returncode}, "
                                                      f"expected {code}: {done.stderr}")
        return done

    def write(self, name, text):
        with open(os.path.join(self.home, name), "w", encoding="utf-8") as file:
            file.write(text)

    def text(self, name):
        with open(os.path.join(self.home, name), encoding="utf-8") as file:
            return file.read()

    def usage(self):
        """Three records of made usage, 0.01 USD each: two of July, one of August."""
        self.run("pricing", "add", "--provider", "acme", "--model", "small", "--input", "10",
                 "--output", "0")
        rows = [("a", "2026-07-04T10:00:00Z"), ("b", "2026-07-05T10:00:00Z"),
                ("c", "2026-08-13T10:00:00Z")]
        self.write("usage.jsonl", "".join(json.dumps(
            {"id": name, "timestamp": at, "provider": "acme", "model": "small",
             "organization_id": "acme", "prompt_tokens": 1000, "completion_tokens": 0}) + "\n"
            for name, at in rows))
        self.run("ingest", "usage.jsonl")
