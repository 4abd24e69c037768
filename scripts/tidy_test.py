#!/usr/bin/env python3
"""Each rule of tidy.py bites, and nothing beside it: (path, text, the findings expected)."""
import sys
from pathlib import Path

import tidy

HEADER = "// rate.h - what one unit costs.\n#pragma once\n"
NO_ROOM_ABOVE = "domain may not use pricing; it may use: no room"

CASES = [
    ("src/engine/total.cc", '#include "costops/pricing/price.h"\n', []),
    ("src/engine/total_test.cc", '#include "engine/sum.h"\n#include <vector>\n', []),
    ("src/domain/money.cc", '#include "costops/pricing/price.h"\n', [(1, NO_ROOM_ABOVE)]),
    ("src/pricing/tier.cc", '#include "engine/sum.h"\n',
     [(1, "pricing may not use engine; it may use: domain json")]),
    ("include/costops/domain/rate.h", HEADER + '#include "domain/parts.h"\n',
     [(3, "a public header may not include the private domain/parts.h")]),
    ("apps/cli/query.cc", '#include "storage/schema.h"\n',
     [(1, "apps use public headers only, not the private storage/schema.h")]),
    ("src/ingestion/lines.cc", "#include <simdjson.h>\n",
     [(1, "simdjson.h is used by json only: go through costops/json/")]),
    ("src/json/parser.cc", "#include <simdjson.h>\n", []),
    ("src/engine/total.cc", "double cost = 0;\n",
     [(1, "double in a room of money; instead: Amount, Rate, integers")]),
    ("src/engine/total.cc", "// a double rounds\nauto s = \"double\";\n", []),
    ("src/forecasting/trend.cc", "double slope = 0;\n", []),
    ("src/json/text.cc", "auto x = std::stod(s);\n",
     [(1, '"std::stod(" is banned; instead: parse_amount, or from_chars')]),
    ("src/json/text.cc", "auto x = std::" "stod_like(s);\nint newest = renew;\n", []),
    ("src/engine/total.cc", "auto* t = new Total;\n",
     [(1, '"new T" is banned; instead: make_unique, or a value')]),
    ("src/engine/total.h", "// total.h - sums.\n#pragma once\nclass TotalManager {};\n",
     [(3, '"TotalManager" says nothing; name it by what it is')]),
    ("src/engine/total.cc", 'fmt::print("x");\n',
     [(1, '"fmt::print" is banned; instead: return the text: apps print')]),
    ("apps/cli/main.cc", 'fmt::print("x");\n', []),
    ("src/engine/total.cc", "// TO" "DO: later\n", [(1, "left open; do it, or write an issue")]),
    ("src/engine/total.cc", "int a; \n\tint b;\n",
     [(1, "blanks at the end of the line"), (2, "a tab; use blanks")]),
    ("src/engine/total.cc", "// " + "é" * 97 + "\n// " + "e" * 98 + "\n",
     [(2, "101 columns; 100 at most")]),
    ("src/engine/price_util.cc", "",
     [(1, 'file name "price_util.cc": "util" says nothing; name it by its concept')]),
    ("src/engine/Total.cc", "", [(1, 'file name "Total.cc": lower_case.cc, lower_case.h')]),
    ("src/engine/total.h", "#pragma once\n",
     [(1, 'a header starts with "// total.h - what it is"')]),
    ("src/engine/total.h", "// total.h - sums.\n", [(1, "a header without #pragma once")]),
]


def main():
    failures = 0
    for path, text, expected in CASES:
        found = list(tidy.check(path, text))
        if found != expected:
            failures += 1
            print(f"{path}: {text!r}\n  expected {expected}\n  found    {found}")
    raw = 'auto a = R"(double\n)";\nchar c = \'"\';  // "\ndouble d;\n'
    code = tidy.without_comments_and_strings(raw).splitlines()
    if [i for i, line in enumerate(code, 1) if "double" in line] != [4]:
        failures += 1
        print(f"strings and comments: {code}")
    print(f"{len(CASES) + 1} cases, {failures} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    sys.exit(main())
