"""Checks that a forecast's sums are exactly those of their parts: sums_of_forecasts.py FILE.json

Prints how many sums it has checked; ends with 1 at the first that is none.
"""
import json
import sys
from decimal import Decimal

NOT_DIMENSIONS = {"currency", "method", "parameters", "trend", "season", "season_strength",
                  "filled_gaps", "points", "total", "backtest"}

told = json.load(open(sys.argv[1]))
checked = 0
for whole in told["sums"]:
    shared = {k: v for k, v in whole.items() if k not in NOT_DIMENSIONS} | {
        "currency": whole["currency"]}
    parts = [f for f in told["forecasts"] if shared.items() <= f.items()]
    for i, point in enumerate(whole["points"]):
        if sum(Decimal(part["points"][i]["mean"]) for part in parts) != Decimal(point["mean"]):
            sys.exit(f"{shared}: {point} is not the sum of {len(parts)} parts")
    if sum(Decimal(part["total"]["mean"]) for part in parts) != Decimal(whole["total"]["mean"]):
        sys.exit(f"{shared}: the total is not the sum of {len(parts)} parts")
    checked += 1
print(checked, "sums hold")
