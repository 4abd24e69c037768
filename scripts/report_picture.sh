#!/bin/sh
# Makes docs/pictures/report.png: a report over two months of made usage, as Chromium shows it.
#
# usage: scripts/report_picture.sh [COST_OPS]     default: build/release/cost-ops
set -eu
cd "$(dirname "$0")/.."
program=$(realpath "${1:-build/release/cost-ops}")
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
export HOME="$home" COSTOPS_NOW=2026-07-31T12:00:00Z

# 62 days of three projects and four models; work grows, weekends are quiet.
awk 'BEGIN {
  split("anthropic/claude-sonnet-4-5 openai/gpt-4o-mini openai/gpt-4o anthropic/claude-haiku-4-5",
        models, " "); split("search support agents", projects, " ");
  for (d = 0; d < 61; d++) for (m = 1; m <= 4; m++) for (p = 1; p <= 3; p++) {
    at = d < 30 ? sprintf("2026-06-%02d", d + 1) : sprintf("2026-07-%02d", d - 29);
    split(models[m], name, "/"); quiet = (d % 7 == 5 || d % 7 == 6) ? 0.35 : 1;
    tokens = int(quiet * (1 + d / 50) * (2000000 + 700000 * ((d * 7 + m * 3 + p * 5) % 5)) / m);
    printf "{\"id\":\"%d-%d-%d\",\"timestamp\":\"%sT12:00:00Z\",\"provider\":\"%s\"," \
      "\"model\":\"%s\",\"project_id\":\"%s\",\"prompt_tokens\":%d,\"completion_tokens\":%d}\n",
      d, m, p, at, name[1], name[2], projects[p], tokens, int(tokens / 9)
  } }' >"$home/usage.ndjson"
"$program" ingest --organization acme "$home/usage.ndjson" >/dev/null

"$program" report cost --group-by model,day --since 2026-06-01 --until 2026-08-01 \
  --title "LLM costs, June and July 2026" -o "$home/report.html"
chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1100,960 \
  --screenshot="$home/report.png" "file://$home/report.html" 2>/dev/null >/dev/null
mkdir -p docs/pictures
mv "$home/report.png" docs/pictures/report.png
