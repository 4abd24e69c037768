#!/bin/sh
# The main job on the sample usage: logs in, exact and explained costs out. Leaves nothing behind.
set -eu
cd "$(dirname "$0")/.."
program=$PWD/build/release/cost-ops
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM
# A ledger of the demo's own, and nobody's configuration.
export HOME="$folder" XDG_DATA_HOME="$folder/data" XDG_CONFIG_HOME="$folder/config"

show() { # WORDS...: runs cost-ops and shows the command as a user types it
  printf '\n$ cost-ops %s\n' "$*"
  status=0
  "$program" "$@" || status=$?
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
say "What is in doubt is set apart, and what has no price is not free:"
show quarantine list
show explain call-0007
say "Two equal calls, one microsecond apart, around a price change:"
show explain call-before
show explain call-after
say "How fast this machine prices (cost-ops run, without --quick, is more exact):"
cd "$folder"
show run --quick
