#!/usr/bin/env python3
"""Counts the tokens of Claude Code and Codex session folders by brute force: everything in memory,
every rule written out, nothing shared with the program that it checks.

usage: count.py FOLDER...     prints {model: {meter: sum}}
"""
import gzip
import json
import sys
from pathlib import Path


def lines_of(path):
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        return file.read().split("\n")


def parsed(line):
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def claude_meters(usage):
    parts = usage.get("cache_creation") or {}
    five = parts.get("ephemeral_5m_input_tokens", 0)
    hour = parts.get("ephemeral_1h_input_tokens", 0)
    written = usage.get("cache_creation_input_tokens", five + hour)
    thinking = (usage.get("output_tokens_details") or {}).get("thinking_tokens", 0)
    return {"input_tokens_uncached": usage.get("input_tokens", 0),
            "cache_read_tokens": usage.get("cache_read_input_tokens", 0),
            "cache_write_5m_tokens": five, "cache_write_1h_tokens": hour,
            "cache_write_tokens": written - five - hour,
            "output_tokens": usage.get("output_tokens", 0) - thinking,
            "output_reasoning_tokens": thinking,
            "web_searches": (usage.get("server_tool_use") or {}).get("web_search_requests", 0)}


def output_of(meters):
    return meters.get("output_tokens", 0) + meters.get("output_reasoning_tokens", 0)


def count_claude(paths):
    best = {}  # The largest state of each call, wherever it stands.
    for path in paths:
        seen = {}
        for text in lines_of(path):
            line = parsed(text)
            if line is None or line.get("type", "assistant") != "assistant":
                continue
            message = line.get("message") or {}
            usage = message.get("usage")
            if not isinstance(usage, dict) or message.get("model") == "<synthetic>":
                continue
            key = (message.get("id", ""), line.get("requestId", ""))
            if key == ("", ""):
                key = ("uuid", line.get("uuid", ""))
            if key == ("uuid", ""):
                seen[text] = seen.get(text, 0) + 1
                key = ("text", text, seen[text])
            states = [(key, message["model"], usage)]
            for index, entry in enumerate(usage.get("iterations", [])):
                if entry["type"] in ("compaction", "advisor_message"):
                    model = entry.get("model", message["model"])
                    states.append((key + (index,), model, entry))
            for state_key, model, counts in states:
                meters = claude_meters(counts)
                size = (output_of(meters), sum(meters.values()))
                if state_key not in best or size > best[state_key][0]:
                    best[state_key] = (size, model, meters)
    return [(model, meters) for _, model, meters in best.values()]


CODEX_NAMES = ["input_tokens", "cached_input_tokens", "cache_write_input_tokens", "output_tokens",
               "reasoning_output_tokens"]


def count_codex(paths):
    files = [[line for line in map(parsed, lines_of(path)) if line] for path in paths]
    parent = {}  # From all files together: who was forked from whom.
    for lines in files:
        for line in lines:
            if line["type"] == "session_meta":
                parent[line["payload"]["id"]] = line["payload"].get("forked_from_id")
    calls = {}
    for lines in files:
        session = next(l["payload"]["id"] for l in lines if l["type"] == "session_meta")
        while parent.get(session):
            session = parent[session]
        before, model = [0] * len(CODEX_NAMES), None
        for line in lines:
            payload = line.get("payload", {})
            if line["type"] == "turn_context":
                model = payload["model"]
            if payload.get("type") != "token_count" or not payload["info"]:
                continue
            total = [payload["info"]["total_token_usage"][name] for name in CODEX_NAMES]
            call = [now - then for now, then in zip(total, before)]
            if min(call) < 0:
                call = [payload["info"]["last_token_usage"][name] for name in CODEX_NAMES]
            before = total
            if any(call):
                calls.setdefault((session, tuple(total)), (model, call))
    out = []
    for model, (given, cached, written, output, reasoning) in calls.values():
        out.append((model, {"input_tokens_uncached": given - cached - written,
                            "cache_read_tokens": cached, "cache_write_tokens": written,
                            "output_tokens": output - reasoning,
                            "output_reasoning_tokens": reasoning}))
    return out


def count(folder):
    paths = sorted(p for p in Path(folder).rglob("*.jsonl*") if p.is_file())
    is_codex = {path: path.name.startswith("rollout-") for path in paths}
    sums = {}
    for model, meters in (count_claude([p for p in paths if not is_codex[p]]) +
                          count_codex([p for p in paths if is_codex[p]])):
        for meter, quantity in meters.items():
            if quantity:
                per_model = sums.setdefault(model, {})
                per_model[meter] = per_model.get(meter, 0) + quantity
    return sums


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        print(json.dumps(count(argument), indent=1, sort_keys=True))
