#!/bin/sh
# Draws the history: benchmarks/charts/index.html, and one SVG per target.
#
# usage: scripts/generate_charts.sh [OPTION OF cost-ops history]...
set -eu
cd "$(dirname "$0")/.."
[ -x build/release/cost-ops ] || ./run build
program=build/release/cost-ops
charts=benchmarks/charts
mkdir -p "$charts"
"$program" history --format html -o "$charts/index.html" "$@"
for target in $("$program" history "$@" | awk 'NR > 1 { print $1 }'); do
  "$program" history "$target" --format svg -o "$charts/$target.svg" "$@"
done
echo "$charts/index.html"
