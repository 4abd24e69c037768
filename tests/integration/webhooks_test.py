#!/usr/bin/env python3
"""Finished exports and budget alerts as a receiver gets them: signed, once, from real commands.

usage: webhooks_test.py COST_OPS
"""
import base64
import hashlib
import hmac
import json
import os
import sys
import tempfile

from loopback import Failures, Program, Server

ACCOUNT = """
[[account]]
provider = "acme"
billing_account_id = "org-acme"
billing_account_name = "Acme"
"""


def check_signed(failures, request, secret):
    _, _, headers, body = request
    text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wanted = base64.b64encode(hmac.new(secret, text, hashlib.sha256).digest()).decode()
    failures.expect(headers.get("webhook-signature") == "v1," + wanted, f"signature: {headers}")
    failures.expect(headers["webhook-timestamp"] == "1787227200", headers)


def check_export(program, server):
    expect = program.failures.expect
    program.write("secret", "whsec_" + base64.b64encode(b"key of the test").decode() + "\n")
    words = ("export", "-o", "lake", "--partition", "month", "--format", "csv", "--webhook",
             server.url + "/exports", "--webhook-secret-file", "secret", "--webhook-allow-private")
    program.run(*words)
    expect(len(server.requests) == 1, server.requests)
    check_signed(program.failures, server.requests[0], b"key of the test")
    expect(server.requests[0][3].decode() == program.text("lake/manifest.json"), "other manifest")
    manifest = json.loads(server.requests[0][3])
    expect(manifest["totals"] == {"USD": "0.03"}, manifest["totals"])
    for partition in manifest["partitions"]:
        for file in partition["files"]:
            with open(os.path.join(program.home, "lake", file["path"]), "rb") as stream:
                digest = hashlib.sha256(stream.read()).hexdigest()
            expect(digest == file["sha256"], f"{file['path']} is not what the manifest says")
    program.run(*words)
    ids = {request[2]["webhook-id"] for request in server.requests}
    expect(len(server.requests) == 2 and len(ids) == 1, f"the same export has other ids: {ids}")


def check_focus(program, server):
    server.requests.clear()
    program.write("focus.toml", ACCOUNT)
    program.run("export", "-o", "focus.csv", "--format", "focus", "--focus-version", "1.3",
                "--settings", "focus.toml", "--webhook", server.url, "--webhook-allow-private")
    manifest = json.loads(server.requests[0][3])
    program.failures.expect(manifest["totals"] == {"USD": "0.03"}, manifest["totals"])
    program.failures.expect(manifest["partitions"][0]["files"][0]["path"] == "focus.csv", manifest)
    program.failures.expect("webhook-signature" not in server.requests[0][2], "signed by nobody")


def check_budget(program, server):
    server.requests.clear()
    program.run("budget", "set", "tiny", "0.01")
    program.run("budget", "check", "--webhook", server.url, "--webhook-allow-private", code=3)
    told = len(server.requests)
    program.failures.expect(told >= 3, f"thresholds of 50, 80 and 100 %: {server.requests}")
    program.run("budget", "check", "--webhook", server.url, "--webhook-allow-private", code=3)
    program.failures.expect(len(server.requests) == told, "an alert was told twice")


def check_refusals(program, server):
    server.requests.clear()
    expect = program.failures.expect
    done = program.run("export", "-o", "a.csv", "--webhook", server.url + "/token", code=1)
    expect("leads to a private address" in done.stderr and "the files are complete" in done.stderr
           and "token" not in done.stderr, done.stderr)
    expect(server.requests == [], "a private address was told unasked")
    expect(program.text("a.csv").count("\n") == 4, "the export is not there")
    done = program.run("export", "-o", "b.csv", "--webhook", "ftp://x", code=2)
    expect("is no http:// or https:// address" in done.stderr, done.stderr)
    expect(not os.path.exists(os.path.join(program.home, "b.csv")), "written all the same")
    done = program.run("export", "-o", "b.csv", "--webhook-secret-file", "secret", code=2)
    expect("options of a webhook need --webhook URL" in done.stderr, done.stderr)


def main():
    failures = Failures()
    with tempfile.TemporaryDirectory() as home:
        program = Program(os.path.abspath(sys.argv[1]), home, failures)
        program.usage()
        server = Server()
        for check in (check_export, check_focus, check_budget, check_refusals):
            check(program, server)
    print("\n".join(failures) if failures else "webhooks: told, signed, once")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
