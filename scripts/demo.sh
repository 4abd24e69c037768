#!/bin/sh
# The main job on the sample usage: logs in, exact and explained costs out. Leaves nothing behind.
set -eu
cd "$(dirname "$0")/.."
program=$PWD/build/release/cost-ops
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM

show() { # WORDS...: runs cost-ops on the demo's ledger and shows the command as a user types it
  printf '\n$ cost-ops %s\n' "$*"
  status=0
  "$program" --store "duckdb:$folder/ledger.duckdb" "$@" || status=$?
  # 6: some records have no price or are in doubt; the sample holds such on purpose.
  [ "$status" -eq 0 ] || [ "$status" -eq 6 ] || {
    echo "demo: cost-ops $* ended with $status" >&2
    exit "$status"
  }
}

say() { printf '\n# %s\n' "$*"; }

say "Logs of several kinds, some compressed, some repeating themselves:"
show ingest data/sample
say "Once more: nothing is counted twice."
show ingest data/sample
say "What it cost:"
show summary --range all
show query --range all --group-by day
show query --range all --group-by model
show query --range all --group-by project
say "What has no price, and what is in doubt, is set apart:"
show quarantine list
say "Two equal calls, one microsecond apart, around a price change:"
show explain call-before
show explain call-after
