#!/bin/sh
# Writes a comparison as the one benchmark comment of a pull request: updates it where there is one,
# adds it where something changed, stays silent where nothing did.
#
# usage: GH_TOKEN=... GITHUB_API=.../repos/OWNER/NAME scripts/comment_benchmarks.sh FOLDER
# HEAD_SHA, where set, is the commit that was compared. FOLDER holds compare.md, and in
# pull_request and code the number and the comparison's exit code.
set -eu
marker="<!-- cost-ops benchmarks -->"
folder=$1
number=$(tr -cd 0-9 <"$folder/pull_request")
code=$(tr -cd 0-9 <"$folder/code")
[ -n "$number" ] || { echo "comment_benchmarks: no pull request number" >&2; exit 1; }

api() { # METHOD PATH [JSON FILE]
  curl --fail --silent --show-error -X "$1" -H "Authorization: Bearer $GH_TOKEN" \
    -H "Accept: application/vnd.github+json" ${3:+--data-binary "@$3"} "$GITHUB_API$2"
}

# The folder may come from a fork: its number counts only if that request is the one compared.
if [ -n "${HEAD_SHA:-}" ]; then
  sha=$(api GET "/pulls/$number" | jq -r .head.sha)
  [ "$sha" = "$HEAD_SHA" ] || {
    echo "comment_benchmarks: the comparison is not of pull request $number" >&2
    exit 1
  }
fi

page=1
existing=
while [ -z "$existing" ] && [ "$page" -le 10 ]; do
  comments=$(api GET "/issues/$number/comments?per_page=100&page=$page")
  existing=$(printf '%s' "$comments" |
    jq -r --arg marker "$marker" '[.[] | select(.body | startswith($marker))][0].id // empty')
  [ "$(printf '%s' "$comments" | jq length)" -eq 100 ] || break
  page=$((page + 1))
done
if [ -z "$existing" ] && [ "$code" = 0 ] && ! grep -q improvement "$folder/compare.md"; then
  exit 0
fi

# GitHub takes 65,536 characters.
head -c 60000 "$folder/compare.md" | jq -Rs --arg marker "$marker" \
  '{body: ($marker + "\n## Benchmarks: base against head\n\n" + .)}' >"$folder/comment.json"
if [ -n "$existing" ]; then
  api PATCH "/issues/comments/$existing" "$folder/comment.json" >/dev/null
else
  api POST "/issues/$number/comments" "$folder/comment.json" >/dev/null
fi
