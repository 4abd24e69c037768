#!/usr/bin/env python3
"""Documents as their readers see them: PDF by pdftotext, HTML by Chromium, workbooks by their XML.
Each shows the ledger's total, to the last digit, and each of its rows.

usage: documents_test.py COST_OPS
"""
import html
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from decimal import Decimal

from loopback import Failures, Program


def read_pdf(path):
    return subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True,
                          check=False).stdout


def read_html(path):
    done = subprocess.run(
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", "file://" + path],
        capture_output=True, text=True, check=False)
    return html.unescape(re.sub(r"<[^>]*>", "", done.stdout.split("<body", 1)[-1]))


def read_workbook(path):
    """The sheet's texts, and the sum of the column of exact totals: a workbook has no total."""
    with zipfile.ZipFile(path) as file:
        sheet = file.read("xl/worksheets/sheet1.xml").decode()
    exact = re.findall(r'<c r="L\d+" t="inlineStr"><is><t>([\d.]+)</t>', sheet)
    return f"{sheet} {sum(map(Decimal, exact))}"


READERS = {"pdf": ("pdftotext", read_pdf), "html": ("chromium", read_html),
           "xlsx": (None, read_workbook)}


def main():
    failures = Failures()
    with tempfile.TemporaryDirectory() as home:
        program = Program(os.path.abspath(sys.argv[1]), home, failures)
        program.run("pricing", "add", "--provider", "acme", "--model", "small", "--input",
                    "0.123457", "--output", "0")
        program.write("usage.jsonl", "".join(json.dumps(
            {"id": str(i), "timestamp": f"2026-07-{i % 28 + 1:02}T10:00:00Z", "provider": "acme",
             "model": "small", "organization_id": "acme", "project_id": f"p{i:03}",
             "prompt_tokens": 1000 + i, "completion_tokens": 0}) + "\n" for i in range(150)))
        program.run("ingest", "usage.jsonl")
        # By hand: 150 x 1000 + 149 x 150 / 2 = 161,175 tokens at 0.123457 per million.
        total = "0.019898181975"
        for format_, (tool, read) in READERS.items():
            if tool and not shutil.which(tool):
                print(f"SKIPPED: no {tool}, {format_} is not read back")
                continue
            path = os.path.join(home, "report." + format_)
            program.run("report", "cost", "--group-by", "project", "-o", path)
            text = read(path)
            failures.expect(total in text, f"{format_}: the total is not {total}: {text[:300]}")
            missing = [f"p{i:03}" for i in range(150) if f"p{i:03}" not in text]
            failures.expect(not missing, f"{format_}: no rows of {missing}")
            with open(path, "rb") as file:
                before = file.read()
            program.run("report", "cost", "--group-by", "project", "-o", path)
            with open(path, "rb") as file:
                failures.expect(file.read() == before, f"{format_}: other bytes on a re-run")
    print("\n".join(failures) if failures else "documents: the ledger's total in each")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
