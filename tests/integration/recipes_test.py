#!/usr/bin/env python3
"""The scripts of docs/recipes.md, as they stand there, against servers on loopback.

usage: recipes_test.py COST_OPS SOURCE_DIR
"""
import base64
import json
import os
import re
import shutil
import socket
import sys
import tempfile
import threading

from loopback import Failures, Program, Server
from webhooks_test import ACCOUNT


class MailServer:
    """Takes one mail by SMTP (RFC 5321)."""

    def __init__(self):
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.mail = b""
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        connection, _ = self.listening.accept()
        with connection, connection.makefile("rwb", buffering=0) as stream:
            stream.write(b"220 test\r\n")
            for line in iter(stream.readline, b""):
                if line.upper().startswith(b"DATA"):
                    stream.write(b"354 go on\r\n")
                    for part in iter(stream.readline, b".\r\n"):
                        self.mail += part
                stream.write(b"221 bye\r\n" if line.upper().startswith(b"QUIT") else b"250 ok\r\n")


def check_drop(program, script):
    server = Server()
    os.makedirs(os.path.join(program.home, ".config/cost-ops"))
    program.write(".config/cost-ops/focus.toml", ACCOUNT)
    program.shell(script, STORE=server.url + "/bucket", DAY="2026-07-31")
    got = {path: body.decode() for method, path, _, body in server.requests if method == "PUT"}
    folder = "focus/billing_period=2026-07/"
    program.failures.expect(
        [path for _, path, _, _ in server.requests] ==
        [f"/bucket/{folder}usage.csv{end}" for end in ("", ".metadata.json", ".manifest.json")],
        f"the drop: {list(got)}")
    for path, body in got.items():
        program.failures.expect(body == program.text(path.removeprefix("/bucket/")), path)


def check_mail(program, script):
    server = MailServer()
    program.shell(script, SMTP=f"smtp://127.0.0.1:{server.port}", FROM="a@example.com",
                  TO="b@example.com")
    server.thread.join(30)
    head, _, body = server.mail.partition(b"\r\n\r\n")
    program.failures.expect(b"Subject: LLM costs, last week" in head, head)
    with open(os.path.join(program.home, "week.pdf"), "rb") as file:
        program.failures.expect(base64.b64decode(body) == file.read(), "another PDF was mailed")


def check_comment(program, script):
    comments = [{"id": 7, "body": "looks good"}]

    def answer(method, path, body):
        if method == "POST":
            comments.append({"id": 8, "body": json.loads(body)["body"]})
        elif method == "PATCH":
            found = [c for c in comments if path == f"/repos/o/r/issues/comments/{c['id']}"]
            found[0]["body"] = json.loads(body)["body"]
        return 200, json.dumps(comments)

    server = Server(answer)
    variables = {"API": server.url, "REPO": "o/r", "PR": "5", "TOKEN": "t"}
    program.run("report", "cost", "--format", "json", "--period", "2026-07", "-o", "main.json")
    for gate in (3, 3):
        program.shell(script, code=gate, **variables)
    program.failures.expect([c["id"] for c in comments] == [7, 8], f"not one comment: {comments}")
    program.failures.expect(comments[0]["body"] == "looks good", "somebody else's was changed")
    program.failures.expect(comments[1]["body"] == program.text("comment.md"), comments[1])
    methods = [method for method, _, _, _ in server.requests]
    program.failures.expect(methods == ["GET", "POST", "GET", "PATCH"], methods)


def main():
    failures = Failures()
    with open(os.path.join(sys.argv[2], "docs/recipes.md"), encoding="utf-8") as file:
        drop, mail, comment = re.findall(r"```sh\n(.*?)```", file.read(), re.DOTALL)
    with tempfile.TemporaryDirectory() as home:
        program = Program(os.path.abspath(sys.argv[1]), home, failures)
        program.usage()
        for check, script, tools in ((check_drop, drop, ["curl"]), (check_mail, mail, ["curl"]),
                                     (check_comment, comment, ["curl", "jq"])):
            absent = [tool for tool in tools if not shutil.which(tool)]
            if absent:
                print(f"SKIPPED: {check.__name__}: no {absent[0]}")
                continue
            check(program, script)
    print("\n".join(failures) if failures else "recipes: they do what they say")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
