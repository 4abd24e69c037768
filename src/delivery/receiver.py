#!/usr/bin/env python3
"""A receiver of webhooks for tests, on loopback. Prints its port, then a line of JSON for each
request: path, headers, body. What it answers is told by the path."""
import http.server
import json
import socketserver
import sys
import threading

RELEASED = threading.Event()


class Receiver(http.server.BaseHTTPRequestHandler):
    seen = {}

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        count = Receiver.seen[self.path] = Receiver.seen.get(self.path, 0) + 1
        print(json.dumps({"path": self.path, "body": body,
                          "headers": {k.lower(): v for k, v in self.headers.items()}}), flush=True)
        port = self.server.server_address[1]
        if self.path == "/busy-once":
            self.answer(500 if count == 1 else 204)
        elif self.path.startswith("/status/"):
            self.answer(int(self.path.split("/")[2]), b"no such\nhook")
        elif self.path == "/late":
            RELEASED.wait(60)  # The sender has long gone by then; the test's end ends it.
        elif self.path == "/half":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"half")
            self.wfile.flush()
            self.connection.close()
        elif self.path == "/endless":
            self.send_response(200)
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b"x" * 65536)
            except OSError:
                pass
        elif self.path == "/to-other-host":
            self.answer(307, b"", [("Location", f"http://127.0.0.2:{port}/ok")])
        elif self.path == "/to-same-host":
            self.answer(308, b"", [("Location", "/ok")])
        elif self.path == "/to-get":
            self.answer(302, b"", [("Location", "/ok")])
        elif self.path == "/in-circles":
            self.answer(307, b"", [("Location", "/in-circles")])
        elif self.path == "/to-file":
            self.answer(307, b"", [("Location", "file:///etc/hostname")])
        else:
            self.answer(200, b"thanks")


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True


if __name__ == "__main__":
    with Server(("0.0.0.0", 0), Receiver) as server:
        print(server.server_address[1], flush=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        sys.stdin.read()  # Until whoever started it lets go.
