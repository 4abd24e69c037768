#!/bin/sh
# Builds the program and runs the canonical benchmarks. Options go to "cost-ops run".
set -eu
cd "$(dirname "$0")/.."
./run build
exec build/release/cost-ops run "$@"
