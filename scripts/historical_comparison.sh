#!/bin/sh
# How the benchmarks went on this machine, target by target. Options go to "cost-ops history".
#
# usage: scripts/historical_comparison.sh [TARGET]... [OPTION]...
set -eu
cd "$(dirname "$0")/.."
[ -x build/release/cost-ops ] || ./run build
exec build/release/cost-ops history "$@"
