#!/usr/bin/env python3
"""Writes the compact rule table of FOCUS 1.2, src/export/focus/rules_1_2.inc, from the
machine-readable requirements model that the FOCUS project publishes with its specification.

usage: scripts/generate_focus_rules.py requirements-model-1.2.json > src/export/focus/rules_1_2.inc

The table holds facts only: rule, level, applicability criteria, condition, check. A rule that only
groups others is gone: its condition and criteria stand in those below it. Left out are rules that
no program can check ("Dynamic") and permissions ("MAY"), which nothing can violate; both are
counted. The library reads an official model file the same way (model.cc), and a test holds the two
together.
"""
import json
import sys

# Rules whose machine form contradicts their own sentence. Here they say what the sentence says.
CORRECTED = {
    "CommitmentDiscountStatus-C-003-C": (
        "the model demands a value where its sentence demands null",
        '(null CommitmentDiscountStatus)', '(null CommitmentDiscountId)'),
    "CommitmentDiscountStatus-C-004-C": (
        "the model's condition is turned around and lacks the charge category (FOCUS_Spec#2394)",
        '(not-null CommitmentDiscountStatus)',
        '(and (not-null CommitmentDiscountId) (is ChargeCategory "Usage"))'),
    "CommitmentDiscountStatus-C-005-M": (
        "the model allows Active, Expired, Pending; the specification Used, Unused",
        '(in CommitmentDiscountStatus "Used" "Unused")', '(not-null CommitmentDiscountStatus)'),
    "CommitmentDiscountCategory-C-005-M": (
        "the model demands a value also where CommitmentDiscountCategory-C-003-C demands null",
        '(in CommitmentDiscountCategory "Spend" "Usage")', '(not-null CommitmentDiscountCategory)'),
    "ConsumedQuantity-C-006-C": (
        "the model turns the condition on the charge class around",
        '(not-null ConsumedQuantity)',
        '(and (is ChargeCategory "Usage") (is-not CommitmentDiscountStatus "Unused") '
        '(is-not ChargeClass "Correction"))'),
    "PricingCurrencyEffectiveCost-C-004-M": (
        "the model looks at PricingCurrencyListUnitPrice",
        '(decimal PricingCurrencyEffectiveCost)', '-'),
}
# Rules that a sound file cannot satisfy, because no column tells what they depend on.
KNOWN = {
    "InvoiceId-C-004-C": "whether an invoice exists is not in the data; the model demands null "
                         "always, and InvoiceId-C-005-C the opposite",
    "InvoiceId-C-005-C": "whether an invoice exists is not in the data; the model forbids null "
                         "always, and InvoiceId-C-004-C the opposite",
    "EffectiveCost-C-005-C": "whether a purchase covers future charges is not in the data; the "
                             "model takes every purchase for one (seats are none)",
}
LEAVES = {
    "ColumnPresent": "present", "TypeString": "type-string", "TypeDecimal": "type-decimal",
    "TypeDateTime": "type-datetime", "FormatString": "format-string",
    "FormatNumeric": "format-numeric", "FormatDateTime": "format-datetime",
    "FormatUnit": "format-unit", "FormatCurrency": "format-currency",
    "FormatKeyValue": "format-key-value", "CheckNationalCurrency": "national-currency",
    "CheckDecimalValue": "decimal",
}


def quoted(value):
    return '"' + value + '"'


def expression(node):
    """A requirement or condition as one expression; "-" where there is none."""
    if not node:
        return "-"
    function = node.get("CheckFunction")
    # Some conditions hang under a bare "AND", and one names its column "CheckCondition".
    if function is None and "AND" in node:
        inner = node["AND"]
        items = inner if isinstance(inner, list) else [inner]
        return joined("and", [expression(item) for item in items])
    column = node.get("ColumnName", node.get("CheckCondition"))
    if function in ("AND", "OR"):
        return joined(function.lower(), [expression(item) for item in node["Items"]])
    if function in LEAVES:
        return f"({LEAVES[function]} {column})"
    if function in ("CheckValue", "CheckNotValue"):
        wanted = function == "CheckValue"
        if node["Value"] is None:
            return f"({'null' if wanted else 'not-null'} {column})"
        if isinstance(node["Value"], int):
            assert wanted
            return f"(number {column} {quoted(str(node['Value']))})"
        return f"({'is' if wanted else 'is-not'} {column} {quoted(node['Value'])})"
    if function == "CheckGreaterOrEqualThanValue":
        return f"(at-least {column} {quoted(str(node['Value']))})"
    pair = f"{node['ColumnAName']} {node['ColumnBName']}"
    if function == "CheckSameValue":
        return f"(same {pair})"
    if function == "CheckNotSameValue":
        return f"(different {pair})"
    if function == "CheckDistinctCount":
        assert node["ExpectedCount"] == 1
        return f"(one-parent {pair})"
    assert function == "ColumnByColumnEqualsColumnValue", function
    return f"(product {pair} {node['ResultColumnName']})"


def pieces(part):
    """The parts of an (and ...), or the part itself."""
    if not part.startswith("(and "):
        return [part]
    out, depth, inside = [""], 0, False
    for letter in part[len("(and "):-1]:
        inside ^= letter == '"'
        depth += 0 if inside else (letter == "(") - (letter == ")")
        if letter == " " and depth == 0 and not inside:
            out.append("")
        else:
            out[-1] += letter
    return out


def joined(word, parts):
    """(and ...) or (or ...); (or) of values of one column becomes (in COLUMN ...)."""
    parts = [part for part in parts if part != "-"]
    if word == "and":
        parts = [piece for part in parts for piece in pieces(part)]
    parts = list(dict.fromkeys(parts))
    if len(parts) < 2:
        return parts[0] if parts else "-"
    heads = {part.split('"')[0] for part in parts}
    if word == "or" and len(heads) == 1 and next(iter(heads)).startswith("(is "):
        values = [part[part.index('"'):-1] for part in parts]
        return f"(in {parts[0].split()[1]} {' '.join(values)})"
    return f"({word} {' '.join(parts)})"


def groups(rule):
    """The rules that a rule groups; none if it checks something itself. Each is checked by itself,
    also the few that stand under an OR (their conditions exclude each other)."""
    requirement = rule["ValidationCriteria"]["Requirement"]
    items = requirement.get("Items", []) if requirement else []
    below = [item["ModelRuleId"] for item in items if item["CheckFunction"] == "CheckModelRule"]
    assert not below or len(below) == len(items)
    return below


def flattened(model):
    rules = model["ModelRules"]
    parent = {child: name for name, rule in rules.items() for child in reversed(groups(rule))}
    table, unchecked, permissions = [], 0, 0
    for name, rule in rules.items():
        criteria = rule["ValidationCriteria"]
        if rule["Type"] == "Dynamic":
            unchecked += 1
            continue
        if groups(rule):
            continue
        if criteria["Keyword"] == "MAY":
            permissions += 1
            continue
        conditions, needs, at = [], [], name
        while at:
            conditions.insert(0, expression(rules[at]["ValidationCriteria"]["Condition"]))
            needs += [need for need in rules[at]["ApplicabilityCriteria"] if need not in needs]
            at = parent.get(at)
        when, check, note = joined("and", conditions), expression(criteria["Requirement"]), "-"
        if name in CORRECTED:
            reason, check, when = CORRECTED[name]
            note = "corrected: " + reason
        elif name in KNOWN:
            note = "known: " + KNOWN[name]
        table.append((name, criteria["Keyword"], ",".join(sorted(needs)) or "-", when, check, note))
    return table, unchecked, permissions


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        model = json.load(file)
    table, unchecked, permissions = flattened(model)
    print("""// rules_1_2.inc - the rules of FOCUS 1.2, one a line. Generated by
// scripts/generate_focus_rules.py from the requirements model 1.2 of the FinOps Open Cost and Usage
// Specification (https://github.com/FinOps-Open-Cost-and-Usage-Spec/FOCUS_Spec, Creative Commons
// Attribution 4.0; (c) FOCUS, a series of Joint Development Foundation Projects, LLC).
// Changes: facts only, grouped rules taken apart, and the corrections that a line's end names.
//
// rule | level | criteria | when | check | note""")
    print(f"constexpr std::size_t kUncheckable = {unchecked};")
    print(f"constexpr std::size_t kPermissions = {permissions};")
    print("constexpr std::string_view kRules[] = {")
    for row in table:
        print(f'    R"~({" | ".join(row)})~",')
    print("};")


if __name__ == "__main__":
    main()
