#!/usr/bin/env python3
"""Every format, read back by somebody else: its rows and control totals are the ledger's, to the
last digit; nasty texts come back whole; a killed, stopped or failed export leaves the old file.

usage: export_test.py COST_OPS [KILLS]
pyarrow is found where scripts/bootstrap.sh --dev puts it.
"""
import csv
import datetime
import glob
import gzip
import hashlib
import html.parser
import io
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from decimal import Decimal, getcontext

getcontext().prec = 60
PROGRAM = os.path.abspath(sys.argv[1])
HERE = os.path.dirname(os.path.abspath(__file__))
KILLS = int(sys.argv[2]) if len(sys.argv) > 2 else 6
RECORDS = 4_000
NASTY = ["=1+1", "+cmd|' /C calc'!A0", "-2", "@SUM(A1)", "\tx", 'quo"te', "a,b;c", "line\nbreak",
         "\r\n", "שלום\u202eabc", "😀 4 bytes", "<script>alert(1)</script>", "a|b`c`", "&amp;",
         "{{title}}", " edges ", "NULL", "x" * 200]
failures = []


def check(fact, found, expected):
    if found != expected:
        failures.append(f"{fact}: found {str(found)[:300]}, expected {str(expected)[:300]}")


def run(*words, code=0, **more):
    done = subprocess.run([PROGRAM, *words], capture_output=True, **more)
    if done.returncode != code:
        failures.append(f"{' '.join(words)}: exit {done.returncode}: {done.stderr.decode()}")
    return done.stdout.decode()


def records(count, long_text=None):
    pick = random.Random(6)
    for i in range(count):
        yield json.dumps({
            "id": f"r{i}",
            "timestamp": f"2026-0{6 + i % 2}-{1 + i % 28:02}T{i % 24:02}:{i // 24 % 60:02}:00Z",
            "provider": "openai", "model": pick.choice(["gpt-4o", "gpt-4o-mini"]),
            "organization_id": "initech", "project_id": NASTY[i % len(NASTY)],
            "user_id": long_text or f"u{i % 9}",
            "prompt_tokens": pick.randint(1, 99_999), "completion_tokens": pick.randint(1, 9_999)})


def ingest(lines):
    run("ingest", "--format", "usage_record", "-", input="\n".join(lines).encode())


def sums(rows):
    """(rows, {currency: total}) of (total_cost, currency) pairs."""
    totals, count = {}, 0
    for amount, currency in rows:
        count += 1
        totals[currency] = totals.get(currency, Decimal(0)) + Decimal(str(amount))
    return count, totals


# --- Readers, none of them ours ---

def of_csv(path):
    opened = gzip.open(path, "rt", newline="") if path.endswith("gz") else open(path, newline="")
    with opened as file:
        return [(row["total_cost"], row["currency"]) for row in csv.DictReader(file)]


def of_json(path):
    return [(row["total_cost"], row["currency"]) for row in json.load(open(path))]


def of_ndjson(path):
    return [(row["total_cost"], row["currency"]) for row in map(json.loads, open(path))]


def of_xlsx(path):
    import openpyxl
    book = openpyxl.load_workbook(path, read_only=True)
    found = []
    for sheet in book:
        rows = sheet.iter_rows(values_only=True)
        heading = next(rows)
        amount, currency = heading.index("total_cost (exact)"), heading.index("currency")
        found += [(row[amount], row[currency]) for row in rows]
    return found


def of_markdown(path):
    table = [line.strip()[1:-1] for line in open(path) if line.startswith("|")]
    cells = [[cell.strip().replace("\\_", "_") for cell in re.split(r"(?<!\\)\|", line)]
             for line in table]
    amount, currency = cells[0].index("total_cost"), cells[0].index("currency")
    return [(row[amount], row[currency]) for row in cells[2:]]


class Page(html.parser.HTMLParser):
    """The table's cells, and whatever a page must not hold."""

    def __init__(self):
        super().__init__()
        self.names, self.rows, self.foot, self.tags, self.part, self.open = [], [], [], set(), "", 0

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        if tag in ("thead", "tbody", "tfoot"):
            self.part = tag
        elif tag == "th":
            self.names.append(dict(attributes)["data-column"])
        elif tag == "tr":
            {"tbody": self.rows, "tfoot": self.foot}.get(self.part, []).append([])
        elif tag == "td":
            self.open = 1
            self.into().append("")

    def into(self):
        return (self.rows if self.part == "tbody" else self.foot)[-1]

    def handle_endtag(self, tag):
        self.open = 0 if tag == "td" else self.open

    def handle_data(self, data):
        if self.open:
            self.into()[-1] += data


def page_of(path):
    page = Page()
    page.feed(open(path, newline="").read())
    return page


def of_html(path):
    page = page_of(path)
    check("a page runs no script", "script" in page.tags, False)
    amount, currency = page.names.index("total_cost"), page.names.index("currency")
    found = [(row[amount].replace(",", ""), row[currency]) for row in page.rows]
    check("the foot of a page is the sum of its rows",
          {row[-1]: Decimal(row[1].replace(",", "")) for row in page.foot}, sums(found)[1])
    return found


def of_pdf(path):
    """With --columns used_at,total_cost,currency a line of text is a row."""
    text = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True)
    found = re.findall(r"^\d{4}-\d\d-\d\d \S+Z +([\d,.-]+) +([A-Z]{3})$", text.stdout.decode(),
                       re.MULTILINE)
    return [(amount.replace(",", ""), currency) for amount, currency in found]


DUCKDB = """
import ctypes, sys
class Out(ctypes.Structure):
    _fields_ = [(f"f{i}", ctypes.c_void_p) for i in range(8)]
duck = ctypes.CDLL(sys.argv[1])
duck.duckdb_value_varchar.restype = ctypes.c_void_p
duck.duckdb_value_varchar.argtypes = [ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint64]
duck.duckdb_row_count.restype = ctypes.c_uint64
database, link, out = ctypes.c_void_p(), ctypes.c_void_p(), Out()
assert duck.duckdb_open(None, ctypes.byref(database)) == 0
assert duck.duckdb_connect(database, ctypes.byref(link)) == 0
query = ("SELECT CAST(total_cost AS VARCHAR), currency FROM read_parquet('%s')" % sys.argv[2])
assert duck.duckdb_query(link, query.encode(), ctypes.byref(out)) == 0
for row in range(duck.duckdb_row_count(ctypes.byref(out))):
    print(*(ctypes.cast(duck.duckdb_value_varchar(ctypes.addressof(out), c, row),
                        ctypes.c_char_p).value.decode() for c in (0, 1)))
"""


def of_parquet(path):
    linked = subprocess.run(["ldd", PROGRAM], capture_output=True, check=True).stdout.decode()
    found = re.search(r"libduckdb\.so => (\S+)", linked)
    # A program that loads its libraries when it needs them names none.
    library = found.group(1) if found else os.path.join(HERE, "../../.cache/duckdb/libduckdb.so")
    done = subprocess.run([sys.executable, "-c", DUCKDB, library, path], capture_output=True)
    check("DuckDB reads the file", (done.returncode, done.stderr), (0, b""))
    return [tuple(line.split()) for line in done.stdout.decode().splitlines()]


# --- Facts ---

def every_format_says_what_the_ledger_says():
    rows = json.loads(run("query", "--output", "json"))["rows"]
    ledger = {row["currency"]: Decimal(row["total_cost"]) for row in rows}
    check("the ledger has costs", all(ledger.values()) and len(ledger) > 0, True)
    readers = {"csv": of_csv, "csv.gz": of_csv, "json": of_json, "ndjson": of_ndjson,
               "md": of_markdown, "html": of_html, "parquet": of_parquet, "xlsx": of_xlsx,
               "pdf": of_pdf}
    for ending, read in readers.items():
        if ending == "xlsx" and not has_openpyxl():
            continue
        if ending == "pdf" and not shutil.which("pdftotext"):
            print("SKIPPED: no pdftotext (poppler-utils), PDF is not read back")
            continue
        run("export", "-o", f"a.{ending}", "--columns", "used_at,total_cost,currency")
        check(f"{ending}: rows and totals", sums(read(f"a.{ending}")), (RECORDS, ledger))
        first = open(f"a.{ending}", "rb").read()
        run("export", "-o", f"a.{ending}", "--columns", "used_at,total_cost,currency")
        check(f"{ending}: the same bytes again", open(f"a.{ending}", "rb").read() == first, True)
    read_parquet_with_pyarrow(ledger)


def read_parquet_with_pyarrow(ledger):
    """Arrow's reader: types, totals, and the texts of a file with everything in it."""
    try:
        import pyarrow
        import pyarrow.parquet as parquet
    except ImportError:
        print("SKIPPED: no pyarrow (scripts/bootstrap.sh --dev): DuckDB alone reads Parquet back")
        return
    table = parquet.read_table("a.parquet")
    check("pyarrow: types", [str(field.type) for field in table.schema],
          ["timestamp[us, tz=UTC]", "decimal128(38, 12)", "string"])
    found = table.to_pydict()
    check("pyarrow: rows and totals", sums(zip(found["total_cost"], found["currency"])),
          (RECORDS, ledger))
    run("export", "-o", "w.parquet")
    run("export", "-o", "w.ndjson")
    whole = parquet.read_table("w.parquet")
    check("pyarrow: a row group is bounded", max(
        parquet.ParquetFile("w.parquet").metadata.row_group(g).num_rows for g in range(
            parquet.ParquetFile("w.parquet").num_row_groups)) <= 122_880, True)
    lines = [json.loads(line) for line in open("w.ndjson")]
    check("pyarrow: columns", whole.column_names, list(lines[0]))
    for name in whole.column_names:
        kind = whole.schema.field(name).type
        cells = whole.column(name).to_pylist()
        told = [line[name] for line in lines]
        if pyarrow.types.is_decimal(kind):
            told = [None if text is None else Decimal(text) for text in told]
        elif pyarrow.types.is_timestamp(kind):
            cells = [None if cell is None else cell.timestamp() for cell in cells]
            told = [None if text is None else
                    datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
                    for text in told]
        check(f"pyarrow: {name} is what NDJSON says", cells == told, True)


def has_openpyxl():
    try:
        import openpyxl  # noqa: F401
        return True
    except ImportError:
        print("SKIPPED: no openpyxl (python3-openpyxl), XLSX is not read back")
        return False


def nasty_texts_come_back_whole():
    want = sorted(NASTY[i % len(NASTY)] for i in range(RECORDS))
    columns = ("--columns", "project")
    run("export", "-o", "n.csv", "--formulas", "keep", *columns)
    with open("n.csv", newline="") as file:
        check("csv: texts", sorted(row["project"] for row in csv.DictReader(file)), want)
    run("export", "-o", "d.csv", *columns)
    with open("d.csv", newline="") as file:
        runs = [row["project"] for row in csv.DictReader(file) if row["project"][:1] in "=+-@\t\r"]
    check("csv: no text begins like a formula", runs, [])
    run("export", "-o", "n.ndjson", *columns)
    found = sorted(row["project"] for row in map(json.loads, open("n.ndjson")))
    check("ndjson: texts", found, want)
    run("export", "-o", "n.html", *columns)
    # A reader of HTML takes CR LF and CR for LF.
    plain = sorted(text.replace("\r\n", "\ufffd\n") for text in want)
    check("html: texts", sorted(row[0] for row in page_of("n.html").rows), plain)
    if has_openpyxl():
        import openpyxl
        run("export", "-o", "n.xlsx", *columns)
        sheet = openpyxl.load_workbook("n.xlsx").active
        cells = [row[0] for row in sheet.iter_rows(min_row=2)]
        check("xlsx: no cell is a formula", {cell.data_type for cell in cells}, {"s"})
        found = sorted(str(cell.value).replace("_x000D_", "\r") for cell in cells)
        check("xlsx: texts", found, want)


def rows_stand_in_the_ledgers_order():
    """In the order of their taking, over the borders of the blocks in which a ledger is read."""
    count = 300_000
    os.environ["HOME"] = os.path.abspath("order")
    # Ids that are UUIDs are not kept as texts: their column has no values.
    line = ('{"id":"%08x-0000-4000-8000-000000000000","timestamp":"2026-06-01T00:00:00Z",'
            '"provider":"openai",'
            '"organization_id":"initech","model":"gpt-4o-mini","prompt_tokens":%d,'
            '"completion_tokens":1}')
    ingest(line % (i * 7919 % count, i + 1) for i in range(count))
    run("export", "-o", "o.ndjson")
    check("every column, every row", sum(1 for _ in open("o.ndjson")), count)
    for _ in range(2):
        run("export", "-o", "o.csv", "--columns", "input_tokens_uncached")
        with open("o.csv") as file:
            next(file)
            check("rows are in the order of their taking", list(map(int, file)),
                  list(range(1, count + 1)))
    run("export", "-o", "o.parquet", "--columns", "input_tokens_uncached,total_cost,currency")
    try:
        import pyarrow.parquet as parquet
        found = parquet.read_table("o.parquet").column("input_tokens_uncached").to_pylist()
        check("parquet: the same order", found == list(range(1, count + 1)), True)
    except ImportError:
        print("SKIPPED: no pyarrow, the order of Parquet's rows is not looked at")
    run("export", "-o", "o", "--format", "csv", "--max-rows-per-file", "100000",
        "--columns", "input_tokens_uncached")
    found = []
    for part in sorted(glob.glob("o-0*")):
        found += list(map(int, open(part).read().split()[1:]))
    check("files go on in that order", found == list(range(1, count + 1)), True)
    os.environ["HOME"] = os.getcwd()


def entries():
    return sorted(name for name in os.listdir(".") if name.startswith((".k.", ".b", "k.")))


def a_killed_export_leaves_the_old_file():
    """kill -9 at random instants: old or new bytes, and the next export cleans up."""
    pick = random.Random(9)
    for ending in ("csv", "xlsx", "parquet", "pdf"):
        path = f"k.{ending}"
        started = time.monotonic()
        run("export", "-o", path)
        took = time.monotonic() - started
        whole = hashlib.sha256(open(path, "rb").read()).hexdigest()
        for _ in range(KILLS):
            open(path, "w").write("old")
            child = subprocess.Popen([PROGRAM, "export", "-o", path], stderr=subprocess.DEVNULL)
            time.sleep(pick.uniform(0, took))
            child.kill()
            child.wait()
            found = open(path, "rb").read()
            check(f"{ending} after kill -9 is old or new",
                  found == b"old" or hashlib.sha256(found).hexdigest() == whole, True)
        run("export", "-o", path)
        check(f"{ending}: nothing is left over", entries(), [path])
        os.remove(path)


def a_killed_export_of_months_leaves_whole_months():
    pick = random.Random(10)
    run("export", "-o", "lake", "--partition", "month", "--format", "csv")
    names = ("lake/billing_period=2026-06/usage.csv", "lake/billing_period=2026-07/usage.csv")
    whole = {name: open(name, "rb").read() for name in names}
    for _ in range(KILLS):
        shutil.rmtree("lake")
        child = subprocess.Popen([PROGRAM, "export", "-o", "lake", "--partition", "month",
                                  "--format", "csv"], stderr=subprocess.DEVNULL)
        time.sleep(pick.uniform(0, 0.3))
        child.kill()
        child.wait()
        for name in glob.glob("lake/billing*/*"):
            check("a month is whole", open(name, "rb").read() == whole[name], True)
        if os.path.exists("lake/manifest.json"):
            check("a manifest names what is there",
                  all(map(os.path.exists, names)), True)
        run("export", "-o", "lake", "--partition", "month", "--format", "csv")
        check("no hidden folder is left", [n for n in os.listdir("lake") if n[0] == "."], [])
        check("all months", {name: open(name, "rb").read() for name in names} == whole, True)


def an_interrupted_export_leaves_the_old_file():
    """Ctrl-C while the hidden file is there: the old bytes stay, the hidden file goes."""
    child = subprocess.Popen([PROGRAM, "export", "-o", "-", "--format", "csv"],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    child.stdout.read(10)  # Nobody reads on: the signal finds it at work.
    child.send_signal(signal.SIGINT)
    _, told = child.communicate(timeout=60)
    check("Ctrl-C is told", (child.returncode, b"interrupted" in told), (130, True))
    os.environ["HOME"] = os.path.abspath("order")
    for ending in ("csv", "ndjson.gz", "xlsx", "parquet"):
        open(f"k.{ending}", "w").write("old")
        child = subprocess.Popen([PROGRAM, "export", "-o", f"k.{ending}"], stderr=subprocess.PIPE)
        while child.poll() is None and not glob.glob(f".k.{ending}.*.tmp"):
            time.sleep(0.001)
        child.send_signal(signal.SIGINT)
        _, told = child.communicate(timeout=60)
        check(f"{ending}: Ctrl-C is told", (child.returncode, told.decode()),
              (130, f"cost-ops: interrupted: nothing was replaced in k.{ending}\n"))
        check(f"{ending}: the old file stays", open(f"k.{ending}").read(), "old")
        check(f"{ending}: nothing is left over", entries(), [f"k.{ending}"])
        os.remove(f"k.{ending}")
    os.environ["HOME"] = os.getcwd()


def a_full_disk_is_told():
    if os.geteuid() != 0:
        print("SKIPPED: not root, no small disk to fill")
        return
    os.mkdir("small")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", "small"],
                             capture_output=True)
    if mounted.returncode != 0:
        print("SKIPPED: cannot mount a tmpfs, no small disk to fill")
        return
    try:
        for ending in ("csv", "csv.gz", "json", "xlsx", "parquet", "html", "pdf"):
            path = f"small/k.{ending}"
            open(path, "w").write("old")
            done = subprocess.run([PROGRAM, "export", "-o", path], capture_output=True)
            check(f"{ending}: a full disk fails", (done.returncode, open(path).read()), (1, "old"))
            check(f"{ending}: nothing is left over", os.listdir("small"), [f"k.{ending}"])
            os.remove(path)
    finally:
        subprocess.run(["umount", "small"], check=True)


def a_cell_beyond_the_workbooks_limit_is_refused():
    text = "y" * 32_768
    os.environ["HOME"] = os.path.abspath("long")
    ingest(records(2, long_text=text))
    open("l.xlsx", "w").write("old")
    done = subprocess.run([PROGRAM, "export", "-o", "l.xlsx"], capture_output=True)
    told = ("cost-ops: a value of user has 32768 characters, a cell of a workbook holds 32767: "
            "leave the column out, or choose another format")
    check("xlsx: the cell is refused", told in done.stderr.decode(), True)
    check("xlsx: the old file stays", open("l.xlsx").read(), "old")
    run("export", "-o", "l.csv", "--columns", "user")
    check("csv: the cell is whole", open("l.csv").read(), f"user\n{text}\n{text}\n")


def closed_months_keep_their_rows():
    """--late correct: what became known after a month closed stands in the month in which it did,
    as differences; months that are closed keep their bytes, and all together are the ledger."""
    os.environ["HOME"] = os.path.abspath("late")

    def usage(name, day, tokens, model="late"):
        return json.dumps({"id": name, "timestamp": f"{day}T10:00:00Z", "provider": "acme",
                           "organization_id": "acme", "model": model,
                           "prompt_tokens": tokens, "completion_tokens": 0})

    def at(day, *words, **more):
        return run(*words, env={**os.environ, "COSTOPS_NOW": f"{day}T00:00:00Z"}, **more)

    def take(day, *lines):
        return at(day, "ingest", "--format", "usage_record", "-", input="\n".join(lines).encode())

    def price(day, amount, *more):
        at(day, "pricing", "add", "--provider", "acme", "--model", "late", "--input", amount,
           "--output", "0", *more)

    def export():
        at("2026-09-09", "export", "-o", "late", "--partition", "month", "--format", "csv",
           "--late", "correct",
           "--columns", "source_id,charge_class,input_tokens_uncached,total_cost,currency,status")
        return {path.split("=")[1][:7]: open(path).read() for path in glob.glob("late/*/*.csv")}

    shutil.rmtree("late", ignore_errors=True)
    os.makedirs("late")
    price("2026-07-01", "1")
    take("2026-07-02", usage("a", "2026-07-01", 1_000_000))
    take("2026-08-02", usage("b", "2026-07-31", 2_000_000))  # July is open until the 4th.
    head = "source_id,charge_class,input_tokens_uncached,total_cost,currency,status\n"
    july = head + "a,,1000000,1,USD,priced\nb,,2000000,2,USD,priced\n"
    check("late: an open month has all", export(), {"2026-07": july})
    take("2026-08-05", usage("c", "2026-07-31", 4_000_000))  # Late.
    price("2026-09-05", "3", "--source", "contract")
    at("2026-09-06", "reprice", "--all")
    found = export()
    august = head + "c,Correction,4000000,4,USD,priced\n"
    september = head + ("a,Correction,0,2,USD,priced\nb,Correction,0,4,USD,priced\n"
                        "c,Correction,0,8,USD,priced\n")
    check("late: July", found.get("2026-07"), july)
    check("late: August", found.get("2026-08"), august)
    check("late: September", found.get("2026-09"), september)
    run("export", "-o", "whole.csv")
    rows = [row for path in glob.glob("late/*/*.csv") for row in of_csv(path)]
    check("late: the months add up to the ledger", sums(rows)[1], sums(of_csv("whole.csv"))[1])
    check("late: another run changes nothing", export(), found)
    run("export", "-o", "g.csv", "--late", "correct", "-g", "model", code=2)
    os.environ["HOME"] = os.getcwd()


def with_libraries():
    """Debian's Python where this one has no openpyxl: its packages are that one's."""
    try:
        import openpyxl  # noqa: F401
    except ImportError:
        debian = "/usr/bin/python3"
        if sys.executable != debian and os.path.exists(debian):
            os.execv(debian, [debian, *sys.argv])


def main():
    with_libraries()
    sys.path.append(os.path.join(HERE, "../../.cache/pyarrow"))
    # On a disk: a small one in memory would be filled by ourselves.
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name in [name for name in os.environ if name.startswith(("XDG_", "COST_OPS"))]:
            del os.environ[name]
        os.environ["HOME"] = folder
        ingest(records(RECORDS))
        every_format_says_what_the_ledger_says()
        nasty_texts_come_back_whole()
        rows_stand_in_the_ledgers_order()
        closed_months_keep_their_rows()
        a_killed_export_leaves_the_old_file()
        a_killed_export_of_months_leaves_whole_months()
        an_interrupted_export_leaves_the_old_file()
        a_full_disk_is_told()
        a_cell_beyond_the_workbooks_limit_is_refused()
        os.chdir("/")
    for failure in failures:
        print(failure)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
