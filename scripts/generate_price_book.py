#!/usr/bin/env python3
"""Makes data/price_book.json.zst, the price book that is built into the program.

    scripts/generate_price_book.py [--sources DIR] [--build DIR]

Reads the two public price files in DIR (../shared/data/prices), our overlay in data/overlay, and
runs build/release/generate_price_book, which imports and joins them with the program's own
importers: there is one implementation of what these files mean. Commit the result.
"""

import argparse
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
GENAI_PRICES = "genai-prices_2026-08-21.json"
LITELLM = "litellm_2026-08-01.json"
SIZE_MAX = 250 * 1024


def date_of(name: str) -> str:
    """The date on which a file was published, which its name ends with."""
    return pathlib.Path(name).stem.rsplit("_", 1)[1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sources", type=pathlib.Path, default=ROOT / "../shared/data/prices")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    args = parser.parse_args()
    overlay = ROOT / "data/overlay"
    output = ROOT / "data/price_book.json.zst"
    subprocess.run(["cmake", "--build", args.build, "--target", "generate_price_book"], check=True)
    subprocess.run(
        [
            args.build / "generate_price_book",
            output,
            args.sources / GENAI_PRICES,
            date_of(GENAI_PRICES),
            args.sources / LITELLM,
            date_of(LITELLM),
            overlay / "discounts.json",
            *sorted(overlay.glob("*.toml")),
        ],
        check=True,
    )
    if output.stat().st_size > SIZE_MAX:
        print(f"{output} is larger than {SIZE_MAX} bytes", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
