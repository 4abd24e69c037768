#!/usr/bin/env python3
"""Style rules that no compiler checks: which room may use which, banned names and calls, money
without floating point, listed files, links. Prints file:line: what is wrong and what to do.

usage: scripts/tidy.py [FOLDER]     FOLDER: the project's root, if it is not this script's parent
"""
import os
import re
import sys
from pathlib import Path

# The only table of which room may include which. Every room may use itself.
EVERYTHING_BELOW_EXPORT = "domain json pricing ingestion engine storage accounting"
MAY_USE = {
    "domain": "",
    "json": "domain",
    "pricing": "domain json",
    "ingestion": "domain json",
    "engine": "domain pricing",
    "storage": "domain json",
    "accounting": "domain json pricing ingestion engine storage forecasting",
    "export": EVERYTHING_BELOW_EXPORT + " compression forecasting",
    "forecasting": "domain",
    "compression": "domain",
    "delivery": "domain",
    "benchmarks": EVERYTHING_BELOW_EXPORT + " export forecasting compression",
}
# Libraries with one door.
ONLY_IN = {"simdjson.h": "json", "duckdb.h": "storage", "sqlite3.h": "storage",
           "re2/re2.h": "pricing"}

MONEY_ROOMS = {"domain", "pricing", "engine", "storage", "accounting"}
# Where a rule does not hold, and why: {(file, text that the rule finds): reason}.
ALLOWED = {
    ("src/ingestion/paths.cc", "getenv("): "coding agents name their folders in the environment",
    ("src/storage/duckdb_ledger.cc", "new D"): "a private constructor, owned in the same line",
    ("src/storage/clickhouse_ledger.cc", "new C"): "a private constructor, owned in the same line",
    ("src/storage/clickhouse_cluster.cc", "new C"): "a private constructor, owned in the same line",
    ("src/storage/sqlite_ledger.cc", "new S"): "a private constructor, owned in the same line",
    ("src/storage/duckdb_test.cc", "sleep_for"): "a process is killed at any instant",
    ("src/accounting/accounting_test.cc", "sleep_for"): "a process is killed at any instant",
    ("include/costops/accounting/forecasts.h", "double"): "estimates: never charged",
    ("include/costops/accounting/price_changes.h", "double"): "estimates: never charged",
    ("src/accounting/forecasts.cc", "double"): "estimates: never charged",
    ("src/accounting/forecasts_test.cc", "double"): "estimates: never charged",
    ("src/accounting/price_changes.cc", "double"): "estimates: never charged",
    ("src/storage/duckdb_ledger.cc", "new D"): "make_unique cannot call a private constructor",
    ("src/storage/duckdb_test.cc", "sleep_for"): "kills a process at random instants",
    ("src/accounting/accounting_test.cc", "sleep_for"): "kills a process at random instants",
}

# In code, without comments and strings. Patterns are split so that this file passes its own rules.
BANNED = [
    (r"\b(?:std::)?(?:stod|stof|atof|strtod|strtof)\s*\(", "parse_amount, or from_chars"),
    (r"\bthrow\b", "return fail(...)"),
    (r"\bcatch\s*\(\s*\.\.\.\s*\)", "catch what the library documents, in the file that calls it"),
    (r"\bnew\s+[A-Za-z_:]", "make_unique, or a value"),
    (r"\bdelete\s+[A-Za-z_*\[]", "unique_ptr, or a value"),
    (r"\bshared_ptr<(?!const\b)", "one owner: unique_ptr; or shared and const"),
    (r"\bdynamic_cast\b", "a virtual function, or a variant"),
    (r"\bstd::regex\b", "re2"),
    (r"\busing\s+namespace\s+std\s*;", "std:: where it is used"),
    (r"\bstd::endl\b", "'\\n'"),
    (r"\bviews::\w+|\branges::(?:unique|remove|search|partition|rotate|equal_range)\b",
     "the algorithm on iterators: clang 14 cannot compile these of libstdc++ 12"),
    (r"\b(?:std::)?s?rand\s*\(", "std::mt19937_64 with a fixed seed"),
    (r"\b(?:sleep_for|sleep_until|usleep)\b", "wait for the event itself"),
]
BANNED_IN_LIBRARY = [
    (r"\bstd::c(?:out|err)\b|\bprintf\s*\(|\bfmt::print\b", "return the text: apps print"),
    (r"\bgetenv\s*\(", "an option that apps fill in"),
    (r"\babort\s*\(|\bstd::terminate\b|\b(?:std::|::)_?exit\s*\(", "return fail(...)"),
]
EMPTY_NAMES = ("Manager Helper Helpers Util Utils Common Base Impl Processor Handler Service Data "
               "Info")
TYPE_NAMED_EMPTILY = re.compile(
    r"\b(?:class|struct|enum class)\s+(\w*(?:" + "|".join(EMPTY_NAMES.split()) + r"))\b")
LEFT_OPEN = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')
MARKDOWN_LINK = re.compile(r"\]\((?!\w+:|#)([^)#\s]+)")

COLUMNS = 100
SOURCE = {".cc", ".h"}
TEXT = SOURCE | {".py", ".sh", ".cmake"}
FOLDERS = "include src apps tests bench fuzz scripts cmake docs data".split()


def without_comments_and_strings(text):
    """The code alone; line numbers stay."""
    pattern = re.compile(
        r'R"([^()\\\s]{0,16})\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<!\w)\'(?:\\.|[^\'\\\n])+\''
        r'|//[^\n]*|/\*.*?\*/',
        re.DOTALL)

    def blank(match):
        piece = match.group(0)
        return ('""' if piece[0] in '"R\'' else " ") + "\n" * piece.count("\n")
    return pattern.sub(blank, text)


def room_of(path):
    """The room that a file belongs to; None for apps, tests and the like."""
    parts = Path(path).parts
    if parts[:2] == ("include", "costops"):
        return parts[2]
    return parts[1] if parts[0] == "src" else None


def used_room(included):
    parts = included.split("/")
    if parts[0] == "costops" and len(parts) > 2:
        return parts[1]
    return parts[0] if parts[0] in MAY_USE and len(parts) == 2 else None


def check_includes(path, lines):
    room = room_of(path)
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        included = match.group(1)
        door = ONLY_IN.get(included)
        if door and room and door != room:
            yield number, f"{included} is used by {door} only: go through costops/{door}/"
        used = used_room(included)
        if room in MAY_USE and used and used != room and used not in MAY_USE[room].split():
            yield number, f"{room} may not use {used}; it may use: {MAY_USE[room] or 'no room'}"
        if path.startswith("include/") and used and not included.startswith("costops/"):
            yield number, f"a public header may not include the private {included}"
        if path.startswith("apps/") and used and not included.startswith("costops/"):
            yield number, f"apps use public headers only, not the private {included}"


def check_code(path, text):
    program = path.endswith("_test.cc") or "\nint main(" in text
    library = path.startswith(("src/", "include/")) and not program
    money = room_of(path) in MONEY_ROOMS
    for number, line in enumerate(without_comments_and_strings(text).splitlines(), 1):
        if INCLUDE.match(line):
            continue
        for pattern, instead in BANNED + (BANNED_IN_LIBRARY if library else []):
            match = re.search(pattern, line)
            if match and (path, match.group(0)) not in ALLOWED:
                yield number, f"\"{match.group(0).strip()}\" is banned; instead: {instead}"
        match = TYPE_NAMED_EMPTILY.search(line)
        if match:
            yield number, f"\"{match.group(1)}\" says nothing; name it by what it is"
        match = money and re.search(r"\b(?:double|float)\b", line)
        if match and (path, match.group(0)) not in ALLOWED:
            yield number, f"{match.group(0)} in a room of money; instead: Amount, Rate, integers"


def check_text(path, lines):
    generated = any("enerated by" in line for line in lines[:5])
    for number, line in enumerate(lines, 1):
        link = "http" in line or INCLUDE.match(line)
        if len(line) > COLUMNS and not generated and not link:
            yield number, f"{len(line)} columns; {COLUMNS} at most"
        if line != line.rstrip():
            yield number, "blanks at the end of the line"
        if "\t" in line:
            yield number, "a tab; use blanks"
        if LEFT_OPEN.search(line):
            yield number, "left open; do it, or write an issue"


def check_name(path, text):
    name = Path(path).name
    if not re.fullmatch(r"[a-z0-9_]+\.[a-z]+|CMakeLists\.txt|[\w-]+\.cmake", name):
        yield 1, f"file name \"{name}\": lower_case.cc, lower_case.h"
    empty = [w for w in Path(path).stem.split("_") if w in EMPTY_NAMES.lower().split()]
    if empty:
        yield 1, f"file name \"{name}\": \"{empty[0]}\" says nothing; name it by its concept"
    if path.endswith(".h"):
        if "#pragma once" not in text:
            yield 1, "a header without #pragma once"
        if not text.startswith(f"// {name} - "):
            yield 1, f"a header starts with \"// {name} - what it is\""


def check(path, text):
    """Findings of one file as (line, message); `path` is relative to the root, with slashes."""
    suffix = Path(path).suffix
    lines = text.splitlines()
    if suffix in TEXT or path.endswith("CMakeLists.txt"):
        yield from check_text(path, lines)
        yield from check_name(path, text)
    if suffix in SOURCE:
        yield from check_includes(path, lines)
        yield from check_code(path, text)


def check_listed(root, path):
    """A source that no CMakeLists.txt above it names is never built."""
    source = Path(path)
    for folder in list(source.parents)[:-1]:
        listing = root / folder / "CMakeLists.txt"
        if listing.exists():
            name = source.relative_to(folder).as_posix()
            listed = listing.read_text(encoding="utf-8")
            if re.search(rf"(?<![\w/]){re.escape(name)}(?!\w)", listed):
                return
    yield 1, "no CMakeLists.txt lists this file"


def check_links(root, path, text):
    for number, line in enumerate(text.splitlines(), 1):
        for target in MARKDOWN_LINK.findall(line):
            if not ((root / path).parent / target).exists():
                yield number, f"the link to {target} leads nowhere"


def files(root):
    yield from (name for name in sorted(os.listdir(root)) if (root / name).is_file())
    for folder in FOLDERS:
        for base, folders, names in os.walk(root / folder):
            folders[:] = sorted(f for f in folders if f not in ("__pycache__", "corpus"))
            for name in sorted(names):
                yield (Path(base) / name).relative_to(root).as_posix()


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent).resolve()
    count = 0
    for path in files(root):
        suffix = Path(path).suffix
        if suffix not in TEXT | {".md", ".txt"}:
            continue
        text = (root / path).read_text(encoding="utf-8")
        found = list(check(path, text))
        if suffix == ".cc" and "consumer/" not in path:
            found += check_listed(root, path)
        if suffix == ".md":
            found += check_links(root, path, text)
        for number, message in sorted(found):
            print(f"{path}:{number}: {message}")
        count += len(found)
    print(f"tidy: {count} findings" if count else "tidy: no findings")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
