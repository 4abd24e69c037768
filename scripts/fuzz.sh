#!/bin/sh
# Runs fuzz targets, each for so many seconds, on its seeds in fuzz/corpus/<name>.
#
# usage: scripts/fuzz.sh SECONDS [NAME]...     SECONDS "default": $COSTOPS_FUZZ_SECONDS, else 5
#
# New inputs gather in build/fuzz/corpus/<name>; findings in build/fuzz/findings/<name>, which are
# tried again at the next run.
set -eu
cd "$(dirname "$0")/.."
[ $# -ge 1 ] || { echo "usage: scripts/fuzz.sh SECONDS [NAME]..." >&2; exit 2; }
seconds=$1
shift
[ "$seconds" != default ] || seconds=${COSTOPS_FUZZ_SECONDS:-5}

programs=build/fuzz/fuzz
if [ $# -eq 0 ]; then
  for program in "$programs"/fuzz_*; do
    [ -x "$program" ] || { echo "fuzz: nothing is built: cmake --preset fuzz &&" \
      "cmake --build build/fuzz --target fuzz_targets" >&2; exit 1; }
    set -- "$@" "${program##*/fuzz_}"
  done
fi

symbolizer=/usr/bin/llvm-symbolizer-14
[ ! -x "$symbolizer" ] || export ASAN_SYMBOLIZER_PATH="$symbolizer" UBSAN_OPTIONS=print_stacktrace=1

status=0
for name; do
  gathered=build/fuzz/corpus/$name
  findings=build/fuzz/findings/$name
  mkdir -p "$gathered" "$findings"
  seeds=fuzz/corpus/$name
  [ -d "$seeds" ] || seeds=
  log=build/fuzz/$name.log
  # A parser must do with 2 GB and 10 seconds for any input of up to 64 KiB.
  if "$programs/fuzz_$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
    -max_len=65536 -artifact_prefix="$findings/" "$gathered" "$findings" ${seeds:+"$seeds"} \
    >"$log" 2>&1 </dev/null; then
    echo "fuzz_$name: no finding; $(tail -n 1 "$log")"
  else
    tail -n 40 "$log"
    echo "fuzz_$name: FINDING, kept in $findings (whole log: $log)"
    status=1
  fi
done
exit $status
