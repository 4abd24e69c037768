"""The rules of FOCUS 1.2 a second time, as plainly as possible: whole file in memory, Python's own
fractions for exactness, no thought for speed. Only the table of rules is shared with the program.
"""
import csv
import io
import json
import re
from datetime import datetime
from fractions import Fraction

NUMBER = re.compile(r"[+-]?(\d*\.)?\d+([eE][+-]?\d{1,6})?", re.ASCII)
UNIT_WORDS = r"[A-Z](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?: [A-Z](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
MEASURED = rf"(?:[1-9]\d{{0,17}} )?{UNIT_WORDS}"
UNIT = re.compile(rf"{MEASURED}(?:/{MEASURED})?", re.ASCII)
DATETIME = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:\.\d+)?)?"
                      r"(?:Z|[+-]\d\d(?::?\d\d)?)?)?", re.ASCII)


def load(inc_file, formats_file):
    """The rules of the generated table, and the currencies of the program's list."""
    with open(inc_file, encoding="utf-8") as file:
        lines = re.findall(r'R"~\((.*)\)~",', file.read())
    with open(formats_file, encoding="utf-8") as file:
        listed = re.search(r"kNationalCurrencies =(.*?);", file.read(), re.DOTALL).group(1)
    currencies = set(re.findall(r"[A-Z]{3}", listed))
    return [Rule(line.split(" | ")) for line in lines], currencies


def parse(text):
    """An expression as nested lists."""
    if text == "-":
        return ["and"]
    tokens = re.findall(r'\(|\)|"[^"]*"|[^\s()]+', text)
    stack = [[]]
    for token in tokens:
        if token == "(":
            stack.append([])
        elif token == ")":
            done = stack.pop()
            stack[-1].append(done)
        else:
            stack[-1].append(token.strip('"'))
    return stack[0][0]


class Rule:
    def __init__(self, fields):
        self.id, self.level, criteria, when, check, self.note = fields
        self.criteria = [] if criteria == "-" else criteria.split(",")
        self.when, self.check = parse(when), parse(check)


def columns_of(expression):
    if expression[0] in ("and", "or"):
        return {name for item in expression[1:] for name in columns_of(item)}
    takes = {"product": 3, "same": 2, "different": 2, "one-parent": 2}.get(expression[0], 1)
    return set(expression[1:1 + takes])


def number(text):
    return Fraction(text) if len(text) <= 512 and NUMBER.fullmatch(text) else None


def is_moment(day, clock, second):
    try:
        datetime.strptime(f"{day} {clock}:{second}", "%Y-%m-%d %H:%M:%S")
        return int(second) < 60 and int(day[:4]) > 0
    except ValueError:
        return False


def is_datetime(text):
    found = DATETIME.fullmatch(text)
    return bool(found) and is_moment(found[1], found[2] or "00:00", found[3] or "00")


def is_flat_object(text):
    def unique(pairs):
        if len({key for key, _ in pairs}) < len(pairs):
            raise ValueError("a key twice")
        return dict(pairs)
    try:
        value = json.loads(text, object_pairs_hook=unique)
    except ValueError:
        return False
    return isinstance(value, dict) and not any(isinstance(v, (dict, list)) for v in value.values())


class Checker:
    def __init__(self, rules, currencies, criteria=()):
        self.rules, self.currencies, self.criteria = rules, currencies, set(criteria)

    def holds(self, expression, row):
        """Whether an expression holds for a row, a dict from column to text or None."""
        word, *rest = expression
        if word == "and":
            return all(self.holds(item, row) for item in rest)
        if word == "or":
            return any(self.holds(item, row) for item in rest)
        value = row.get(rest[0])
        if word == "null":
            return value is None
        if word == "not-null":
            return value is not None
        if word in ("is", "in"):
            return value in rest[1:]
        if word == "is-not":
            return value != rest[1]
        if word in ("same", "different"):
            return (value == row.get(rest[1])) == (word == "same")
        if word == "number":
            return value is not None and number(value) == Fraction(rest[1])
        if word == "product":
            values = [row.get(name) for name in rest]
            if None in values:
                return True
            numbers = [number(text) for text in values]
            return None not in numbers and numbers[0] * numbers[1] == numbers[2]
        return value is None or self.has_form(word, value, rest)

    def has_form(self, word, value, rest):
        if word == "at-least":
            return number(value) is not None and number(value) >= Fraction(rest[1])
        if word in ("type-decimal", "decimal"):
            return number(value) is not None
        if word == "format-numeric":
            return number(value) is not None and "+" not in value
        if word == "type-datetime":
            return is_datetime(value)
        if word == "format-datetime":
            return bool(re.fullmatch(r"[^ ]{10}T..:..:..Z", value)) and is_datetime(value)
        if word == "format-unit":
            return UNIT.fullmatch(value) is not None
        if word == "format-key-value":
            return is_flat_object(value)
        if word == "national-currency":
            return value in self.currencies
        if word == "format-currency":
            return value in self.currencies or (
                value.strip(" ") == value and value.upper() not in self.currencies)
        assert word in ("format-string", "type-string"), word
        return True

    def violations(self, text):
        """Violations by rule of a CSV text; rules on absent columns are left out."""
        rows = list(csv.reader(io.StringIO(text, newline="")))
        header = rows[0]
        rows = [dict(zip(header, (cell or None for cell in row))) for row in rows[1:]]
        counts = {}
        for rule in self.rules:
            if rule.check[0] == "present":
                if not set(rule.criteria) <= self.criteria and "ALL" not in self.criteria:
                    continue
                counts[rule.id] = 0 if rule.check[1] in header else 1
                continue
            if not columns_of(rule.check) <= set(header):
                continue
            matching = [row for row in rows if self.holds(rule.when, row)]
            if rule.check[0] == "one-parent":
                counts[rule.id] = self.orphans(rule.check, matching)
            else:
                counts[rule.id] = sum(not self.holds(rule.check, row) for row in matching)
        return counts

    @staticmethod
    def orphans(check, rows):
        _, child, parent = check
        parents = {}
        for row in rows:
            if row[child] is not None:
                parents.setdefault(row[child], set()).add(row[parent])
        return sum(len(values - {None}) != 1 for values in parents.values())
