#!/bin/sh
# clang-format, clang-tidy and tidy.py; all of them, then fails if one did.
#
# usage: scripts/lint.sh BUILD [FILE]...     FILE: only these; else all of the project
# BUILD must be configured: clang-tidy reads its compile commands.
set -eu
cd "$(dirname "$0")/.."
build=$1
shift
if [ $# -eq 0 ]; then
  # shellcheck disable=SC2046  # no blanks in our file names
  set -- $(find include src apps tests bench fuzz \( -name '*.cc' -o -name '*.h' \) | sort)
fi
jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
status=0

clang-format-14 --dry-run --Werror "$@" || status=1

# Sources that the build knows; headers are checked through those that include them.
for file; do
  if grep -qF "/$file\"" "$build/compile_commands.json"; then echo "$file"; fi
done | xargs -r -P "$jobs" -n 1 clang-tidy-14 --quiet -p "$build" || status=1

scripts/tidy.py || status=1
[ "$status" -eq 0 ] && echo "lint: no findings"
exit "$status"
