#!/bin/sh
# Runs every benchmark of a build and prints its rates and ratios. Each checks its own answer.
#
# usage: scripts/bench.sh BUILD [GOOGLE BENCHMARK OPTION]...
set -eu
build=$1
shift
status=0
found=no
for program in "$build"/bench/*_bench; do
  [ -x "$program" ] || continue
  found=yes
  printf '\n== %s\n' "$(basename "$program")"
  "$program" "$@" </dev/null || status=1
done
[ "$found" = yes ] || { echo "bench: no program in $build/bench" >&2; exit 1; }
exit "$status"
