#!/usr/bin/env python3
"""Seeded faults: a sound FOCUS file is broken in one place at a time, one kind of rule after the
other. The program must find each, and count every rule as the plain second implementation does.

usage: validate_test.py COST_OPS SOURCE_DIR
"""
import csv
import io
import json
import os
import subprocess
import sys
import tempfile

import rules as plain

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM, SOURCE = sys.argv[1], sys.argv[2]
FOCUS = os.path.join(SOURCE, "src", "export", "focus")

# (kind of rule, rule that must find it, row, column, new value). Row 0 is the first of sound.csv;
# row None: of the header (value None: the column is taken away). Rows: see sound.csv.
USAGE, BATCH, PURCHASE, CREDIT, TAX, COMMITTED, SEAT, CORRECTION = range(8)
FAULTS = [
    ("mandatory column absent", "CostAndUsage-D-006-M", None, "BilledCost", None),
    ("conditional column absent", "CostAndUsage-D-063-C", None, "RegionId", None),
    ("recommended column absent", "CostAndUsage-D-003-C", None, "AvailabilityZone", None),
    ("text where a number belongs", "BilledCost-C-001-M", USAGE, "BilledCost", "three"),
    ("separator of thousands", "ListCost-C-002-M", USAGE, "ListCost", "1,000.00"),
    ("plus in the exponent", "EffectiveCost-C-002-M", USAGE, "EffectiveCost", "3.75E+0"),
    ("no decimal at all", "BilledCost-C-004-M", USAGE, "BilledCost", "$3"),
    ("cost missing", "ContractedCost-C-003-M", USAGE, "ContractedCost", ""),
    ("text missing", "ProviderName-C-003-M", USAGE, "ProviderName", ""),
    ("account missing", "BillingAccountId-C-001-M", USAGE, "BillingAccountId", ""),
    ("time missing", "ChargePeriodStart-C-003-M", USAGE, "ChargePeriodStart", ""),
    ("no time at all", "ChargePeriodEnd-C-001-M", USAGE, "ChargePeriodEnd", "4/1/25"),
    ("time with offset", "BillingPeriodStart-C-002-M", USAGE, "BillingPeriodStart",
     "2026-07-01T00:00:00+00:00"),
    ("day that is none", "BillingPeriodEnd-C-002-M", USAGE, "BillingPeriodEnd",
     "2026-02-30T00:00:00Z"),
    ("category unknown", "ChargeCategory-C-003-M", USAGE, "ChargeCategory", "usage"),
    ("frequency unknown", "ChargeFrequency-C-003-M", USAGE, "ChargeFrequency", "Daily"),
    ("frequency against category", "ChargeFrequency-C-004-C", PURCHASE, "ChargeFrequency",
     "Usage-Based"),
    ("class unknown", "ChargeClass-C-005-C", USAGE, "ChargeClass", "Fix"),
    ("service category unknown", "ServiceCategory-C-003-M", USAGE, "ServiceCategory", "AI"),
    ("subcategory unknown", "ServiceSubcategory-C-003-M", USAGE, "ServiceSubcategory",
     "prompt_token"),
    ("subcategory of another category", "ServiceSubcategory-C-004-M", USAGE,
     "ServiceSubcategory", "Block Storage"),
    ("service in two categories", "ServiceName-C-005-C", USAGE, "ServiceCategory", "Analytics"),
    ("service in two subcategories", "ServiceName-C-008-C", USAGE, "ServiceSubcategory",
     "Machine Learning"),
    ("SKU price with two SKUs", "SkuPriceId-C-008-M", CORRECTION, "SkuId", "acme/small/else"),
    ("unit price below zero", "ListUnitPrice-C-008-M", USAGE, "ListUnitPrice", "-3.0"),
    ("list cost off by a hair", "ListCost-C-009-C", USAGE, "ListCost",
     "3.7500000000000000000000001"),
    ("contracted cost off", "ContractedUnitPrice-C-011-C", USAGE, "ContractedCost", "3.76"),
    ("unit in small letters", "ConsumedUnit-C-003-O", USAGE, "ConsumedUnit", "tokens"),
    ("unit with a letter for millions", "PricingUnit-C-003-O", USAGE, "PricingUnit", "1M Tokens"),
    ("unit without quantity", "PricingUnit-C-005-C", TAX, "PricingUnit", "Tokens"),
    ("quantity without unit", "ConsumedUnit-C-006-C", USAGE, "ConsumedUnit", ""),
    ("quantity on tax", "PricingQuantity-C-004-C", TAX, "PricingQuantity", "1"),
    ("consumption on a purchase", "ConsumedQuantity-C-004-C", PURCHASE, "ConsumedQuantity", "1"),
    ("consumption missing", "ConsumedQuantity-C-006-C", USAGE, "ConsumedQuantity", ""),
    ("SKU missing", "SkuId-C-005-C", USAGE, "SkuId", ""),
    ("SKU on tax", "SkuId-C-004-C", TAX, "SkuId", "acme/tax"),
    ("meter without SKU", "SkuMeter-C-004-C", TAX, "SkuMeter", "Input Tokens"),
    ("currency in small letters", "PricingCurrency-C-003-M", USAGE, "PricingCurrency", "usd"),
    ("virtual currency on the bill", "BillingCurrency-C-006-M", USAGE, "BillingCurrency",
     "Acme Credits"),
    ("tags not as JSON", "Tags-C-001-M", USAGE, "Tags", "team=search"),
    ("tags nested", "Tags-C-001-M", USAGE, "Tags", '{"team":{"name":"search"}}'),
    ("a key twice", "SkuPriceDetails-C-001-M", USAGE, "SkuPriceDetails", '{"a":1,"a":2}'),
    ("details without SKU price", "SkuPriceDetails-C-004-C", TAX, "SkuPriceDetails", "{}"),
    ("region name without region", "RegionName-C-004-C", TAX, "RegionName", "Europe"),
    ("region without name", "RegionName-C-005-C", USAGE, "RegionName", ""),
    ("resource type without resource", "ResourceType-C-004-C", USAGE, "ResourceType", "Endpoint"),
    ("commitment status unknown", "CommitmentDiscountStatus-C-005-M", COMMITTED,
     "CommitmentDiscountStatus", "Active"),
    ("commitment without category", "CommitmentDiscountCategory-C-004-C", COMMITTED,
     "CommitmentDiscountCategory", ""),
    ("reservation unused without id", "CapacityReservationId-C-005-C", USAGE,
     "CapacityReservationStatus", "Unused"),
    ("pricing category unknown", "PricingCategory-C-007-M", USAGE, "PricingCategory", "OnDemand"),
    ("paid by a third party, yet billed", "BilledCost-C-005-C", USAGE, "InvoiceIssuerName",
     "Marketplace"),
    ("cost of prepaid credits counted twice", "EffectiveCost-C-005-C", PURCHASE, "EffectiveCost",
     "100.0"),
]


def read_sound():
    with open(os.path.join(HERE, "sound.csv"), encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def broken(rows, row, column, value):
    rows = [list(cells) for cells in rows]
    place = rows[0].index(column)
    if row is None:
        for cells in rows:
            del cells[place]
    else:
        rows[row + 1][place] = value
    return as_csv(rows)


def as_csv(rows):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def validated(text, folder, *options):
    path = os.path.join(folder, "file.csv")
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text)
    run = subprocess.run([PROGRAM, "focus", "validate", path, "--criteria", "ALL", "--format",
                          "json", *options], capture_output=True, text=True, check=False)
    if run.returncode not in (0, 3):
        sys.exit(f"exit {run.returncode}: {run.stderr}")
    result = json.loads(run.stdout)
    assert result["passed"] == (run.returncode == 0)
    return result


def counts_of(result):
    return {rule["rule"]: rule["violations"] for rule in result["rules"]
            if rule["verdict"] != "not_checked"}


def main():
    rules, currencies = plain.load(os.path.join(FOCUS, "rules_1_2.inc"),
                                   os.path.join(FOCUS, "formats.cc"))
    checker = plain.Checker(rules, currencies, ["ALL"])
    sound = read_sound()
    failures = []

    def expect(truth, message):
        if not truth:
            failures.append(message)

    with tempfile.TemporaryDirectory() as folder:
        result = validated(as_csv(sound), folder)
        expect(result["passed"], "the sound file is found unsound")
        bad = {r["rule"]: r["verdict"] for r in result["rules"] if r["violations"]}
        expect(bad == {"InvoiceId-C-004-C": "known", "InvoiceId-C-005-C": "known",
                       "EffectiveCost-C-005-C": "known"}, f"the sound file breaks {bad}")
        before = counts_of(result)
        expect(before == checker.violations(as_csv(sound)), "the sound file is counted differently")
        kinds = set()
        for kind, rule, row, column, value in FAULTS:
            kinds.add(kind)
            text = broken(sound, row, column, value)
            counts = counts_of(validated(text, folder))
            expect(counts.get(rule, 0) == before.get(rule, 0) + 1,
                   f"{kind}: {rule} has {counts.get(rule)} violations")
            second = checker.violations(text)
            for name in sorted(set(counts) | set(second)):
                expect(counts.get(name) == second.get(name),
                       f"{kind}: {name} is broken {counts.get(name)} times, in the second "
                       f"implementation {second.get(name)}")
        expect(len(kinds) >= 40, f"only {len(kinds)} kinds of faults")
    print("\n".join(failures) if failures else f"all {len(FAULTS)} seeded faults found")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
