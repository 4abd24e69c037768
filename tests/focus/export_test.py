#!/usr/bin/env python3
"""The ledger as FOCUS: every version, read back, checked by the program's own rules, its totals
held against the ledger's to the last digit.

usage: export_test.py COST_OPS SOURCE_DIR
"""
import csv
import glob
import json
import os
import subprocess
import sys
import tempfile
from decimal import Decimal, getcontext

getcontext().prec = 60
PROGRAM, SOURCE = sys.argv[1], sys.argv[2]
# What our own files support; the rest (reservations, commitments, zones) is not in them.
CRITERIA = ("ACCOUNT_NAMING_SUPPORTED,NEGOTIATED_PRICING_SUPPORTED,PUBLIC_PRICE_LIST_SUPPORTED,"
            "USAGE_MEASUREMENT_SUPPORTED,UNIT_PRICING_SUPPORTED,SUB_ACCOUNT_SUPPORTED,"
            "REGION_SUPPORTED,TAGGING_SUPPORTED,RESOURCE_TYPE_ASSIGNMENT_SUPPORTED,"
            "BILLING_BASED_ON_PROVISIONED_RESOURCES_SUPPORTED,"
            "MULTIPLE_SUB_ACCOUNT_TYPES_SUPPORTED,MULTIPLE_BILLING_ACCOUNT_TYPES_SUPPORTED,"
            "PRICING_BILLING_CURRENCY_DIFFERENCES_SUPPORTED,MULTIPLE_PRICING_CATEGORIES_SUPPORTED")
SETTINGS = """
[[account]]
provider = "{}"
billing_account_id = "org-{}"
billing_account_name = "Acme at {}"
"""
CHARGES = """
[[account]]
provider = "openai"
billing_account_id = "org-openai"
billing_account_name = "Acme at OpenAI"
prepaid = true
pricing_currency = "Credits"
credits_per_unit = "100"
[[charge]]
provider = "openai"
category = "Purchase"
covers = "future"
description = "Prepaid credits"
amount = "250"
quantity = "25000"
unit = "Credits"
sku = "credits"
from = "2026-07-01"
to = "2027-07-01"
[[charge]]
provider = "anthropic"
category = "Credit"
description = "Grant"
amount = "-5.5"
from = "2026-07-01"
to = "2026-08-01"
[[charge]]
provider = "anthropic"
category = "Tax"
description = "VAT"
amount = "1.66"
from = "2026-07-01"
to = "2026-08-01"
invoice_id = "inv-7"
"""


class Case:
    def __init__(self, home):
        self.home = home
        self.failures = []
        self.environment = {"HOME": home, "PATH": os.environ["PATH"],
                            "COSTOPS_NOW": "2026-08-20T12:00:00Z"}

    def run(self, *words, code=0):
        done = subprocess.run([PROGRAM, *words], cwd=self.home, env=self.environment,
                              capture_output=True, text=True, check=False)
        self.expect(done.returncode == code, f"{' '.join(words)}: exit {done.returncode}, expected "
                                             f"{code}: {done.stderr}")
        return done

    def expect(self, truth, message):
        if not truth:
            self.failures.append(message)

    def path(self, name):
        return os.path.join(self.home, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def rows(self, name):
        if self.bytes(name) == b"absent":
            return []
        with open(self.path(name), encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def bytes(self, name):
        try:
            with open(self.path(name), "rb") as file:
                return file.read()
        except FileNotFoundError:
            return b"absent"


def total(rows, column, category=None):
    return sum((Decimal(row[column]) for row in rows
                if category in (None, row["ChargeCategory"])), Decimal(0))


def providers_of(case):
    answer = json.loads(case.run("query", "--group-by", "provider", "--output", "json",
                                 code=6).stdout)
    ledger = sum((Decimal(row["total_cost"]) for row in answer["rows"]), Decimal(0))
    # Response bodies name no provider; the sample's are of providers that other records name, too.
    return sorted({row["provider"] for row in answer["rows"] if row["provider"]}), ledger


def check_accounts_are_never_invented(case):
    done = case.run("focus", "export", "-o", "none.csv", code=1)
    case.expect("focus.toml: no such file" in done.stderr, done.stderr)
    case.write("partial.toml", SETTINGS.format("nobody", "nobody", "nobody"))
    done = case.run("focus", "export", "-o", "none.csv", "--settings", "partial.toml", code=1)
    case.expect("no [[account]] for provider" in done.stderr and
                "billing_account_id and billing_account_name" in done.stderr, done.stderr)
    case.expect(not os.path.exists(case.path("none.csv")), "a file without account was written")


def check_versions(case, ledger):
    for version in ("1.2", "1.3", "1.4"):
        name = f"focus-{version}.csv"
        words = ("focus", "export", "-o", name, "--settings", "focus.toml", "--focus-version",
                 version)
        case.run(*words, code=6)
        first = case.bytes(name), case.bytes(name + ".metadata.json")
        case.run(*words, code=6)
        case.expect(first == (case.bytes(name), case.bytes(name + ".metadata.json")),
                    f"{version}: not the same bytes again")
        rows = case.rows(name)
        case.expect(total(rows, "EffectiveCost", "Usage") == ledger,
                    f"{version}: usage costs {total(rows, 'EffectiveCost', 'Usage')}, in the "
                    f"ledger {ledger}")
        columns = list(rows[0])
        case.expect(("ProviderName" in columns) == (version != "1.4"), f"{version}: ProviderName")
        case.expect(("ServiceProviderName" in columns) == (version != "1.2"),
                    f"{version}: ServiceProviderName")
        metadata = json.loads(first[1])["Schema"]
        case.expect(metadata["FocusVersion"] == version, f"{version}: metadata")
        case.expect([c["ColumnName"] for c in metadata["ColumnDefinition"]] == columns,
                    f"{version}: metadata has other columns")


def check_rules(case):
    done = case.run("focus", "validate", "focus-1.2.csv", "--criteria", CRITERIA, "--format",
                    "json")
    broken = {rule["rule"]: rule["verdict"] for rule in json.loads(done.stdout)["rules"]
              if rule["verdict"] in ("failed", "advice", "known")}
    case.expect(broken == {"InvoiceId-C-004-C": "known", "InvoiceId-C-005-C": "known"},
                f"our own file breaks {broken}")


def check_costs_apart(case):
    rows = case.rows("focus-1.2.csv")
    openai = [row for row in rows if row["ProviderName"] == "OpenAI"]
    case.expect(total(openai, "BilledCost", "Usage") == 0, "prepaid usage was billed")
    case.expect(total(openai, "EffectiveCost", "Usage") > 0, "prepaid usage costs nothing")
    case.expect(total(openai, "BilledCost", "Purchase") == 250, "the purchase is not billed")
    case.expect(total(openai, "EffectiveCost", "Purchase") == 0, "the purchase counts twice")
    for row in openai:
        if row["ChargeCategory"] == "Usage":
            case.expect(Decimal(row["PricingCurrencyEffectiveCost"])
                        == 100 * Decimal(row["EffectiveCost"]), "credits are not 100 to the dollar")
    case.expect(total(rows, "BilledCost", "Credit") == Decimal("-5.5"), "the credit is missing")
    tax = [row for row in rows if row["ChargeCategory"] == "Tax"]
    case.expect([(row["BilledCost"], row["InvoiceId"], row["SkuId"]) for row in tax]
                == [("1.66", "inv-7", "")], f"tax rows: {tax}")


def check_vantage(case):
    case.run("focus", "export", "-o", "upload.csv", "--settings", "focus.toml", "--preset",
             "vantage", code=6)
    parts = sorted(glob.glob(case.path("upload-*.csv")))
    rows = [row for part in parts for row in case.rows(os.path.basename(part))]
    case.expect(len(rows[0]) == 25, f"Vantage takes 25 columns, not {len(rows[0])}")
    case.expect(len(rows) == len(case.rows("focus-1.2.csv")), "rows were lost between the parts")
    case.expect(all(os.path.getsize(part) <= 2 * 1024 * 1024 for part in parts), "a large part")


def check_parquet(case, ledger):
    case.run("export", "--format", "focus", "-o", "focus.parquet", "--settings", "focus.toml",
             code=6)
    done = case.run("focus", "validate", "focus.parquet", "--criteria", CRITERIA, "--format",
                    "json")
    answer = json.loads(done.stdout)
    case.expect(answer["rows"] == len(case.rows("focus-1.2.csv")), "parquet has other rows")
    case.expect(ledger > 0, "an empty ledger")


def check_nothing(case):
    done = case.run("focus", "export", "-o", "empty.csv", "--settings", "focus.toml", "--period",
                    "2020", code=5)
    case.expect("holds no priced usage" in done.stderr, done.stderr)
    case.expect(not os.path.exists(case.path("empty.csv")), "an empty file was written")


def check_corrections(case):
    """A price learned after July closed: July stays as it was, August corrects it."""
    usage = {"timestamp": "2026-07-04T10:00:00Z", "provider": "acme", "model": "late",
             "organization_id": "acme", "prompt_tokens": 1000000, "completion_tokens": 0}
    case.write("usage.jsonl", json.dumps({**usage, "id": "one"}) + "\n")
    price = ("pricing", "add", "--provider", "acme", "--model", "late", "--output", "0")
    case.write("acme.toml", SETTINGS.format("acme", "acme", "acme"))
    words = ("--store", "duckdb:late.duckdb")
    export = ("focus", "export", "-o", "late.csv", "--settings", "acme.toml", *words)
    case.environment["COSTOPS_NOW"] = "2026-07-05T00:00:00Z"
    case.run(*price, "--input", "2")
    case.run("ingest", "usage.jsonl", *words)
    case.run(*export, "--late", "correct")
    before = case.bytes("late.csv")
    case.environment["COSTOPS_NOW"] = "2026-08-20T12:00:00Z"
    case.run(*price, "--input", "1.5", "--source", "contract")
    case.run("reprice", "--all", *words)
    case.run(*export, "--late", "correct")
    after = case.bytes("late.csv")
    case.expect(after.startswith(before), "the closed month changed")
    found = [(r["ChargeClass"], r["BillingPeriodStart"][:7], r["ChargePeriodStart"][:10],
              Decimal(r["PricingQuantity"]), Decimal(r["ListUnitPrice"]), Decimal(r["BilledCost"]))
             for r in case.rows("late.csv")]
    case.expect(sorted(found) == [
        ("", "2026-07", "2026-07-04", 1, 2, 2),
        ("Correction", "2026-08", "2026-07-04", -1, 2, -2),
        ("Correction", "2026-08", "2026-07-04", 1, Decimal("1.5"), Decimal("1.5"))],
        f"corrections: {found}")
    for month, charged in (("2026-07", ["2"]), ("2026-08", ["-2", "1.5"])):
        case.run("focus", "export", "-o", "month.csv", "--settings", "acme.toml", *words,
                 "--late", "correct", "--period", month)
        found = sorted(Decimal(r["BilledCost"]) for r in case.rows("month.csv"))
        case.expect(found == [Decimal(c) for c in charged], f"{month} alone: {found}")
        case.expect({r["BillingPeriodStart"][:7] for r in case.rows("month.csv")} == {month},
                    f"{month} alone bills another month")
    case.run("focus", "export", "-o", "none.csv", "--settings", "acme.toml", *words, "--late",
             "correct", "--period", "2026-06", code=5)
    case.run(*export, "--late", "replace")
    found = [(r["ChargeClass"], Decimal(r["BilledCost"])) for r in case.rows("late.csv")]
    case.expect(found == [("", Decimal("1.5"))], f"replaced: {found}")


def main():
    with tempfile.TemporaryDirectory() as home:
        case = Case(home)
        case.run("ingest", os.path.join(SOURCE, "data", "sample"), code=6)
        providers, ledger = providers_of(case)
        check_accounts_are_never_invented(case)
        case.write("focus.toml", "".join(SETTINGS.format(p, p, p) for p in providers
                                         if p != "openai") + CHARGES)
        check_versions(case, ledger)
        check_rules(case)
        check_costs_apart(case)
        check_vantage(case)
        check_parquet(case, ledger)
        check_nothing(case)
        check_corrections(case)
        print("\n".join(case.failures) if case.failures else
              f"FOCUS 1.2, 1.3, 1.4: usage of {len(providers)} providers costs {ledger} as in "
              "the ledger")
        return 1 if case.failures else 0


if __name__ == "__main__":
    sys.exit(main())
