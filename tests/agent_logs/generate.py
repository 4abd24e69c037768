#!/usr/bin/env python3
"""Writes folders of Claude Code and Codex sessions as these agents leave them, and what was really
called.

usage: generate.py SEED FOLDER

FOLDER gets claude/ and codex/, and truth.json: {model: {meter: sum}} of the calls that the
generator made up, each once. Everything that makes counting hard is in the files: responses written
several times with growing counts (also far apart), sessions resumed, forked and branched into other
files, sidechains, missing ids, equal lines without any id, spaces in JSON, broken and foreign
lines, totals written again, totals that begin anew.
"""
import gzip
import json
import random
import sys
from pathlib import Path

CLAUDE_MODELS = ["claude-opus-4-6", "claude-sonnet-4-5-20250929", "claude-haiku-4-5-20251001"]
CODEX_MODELS = ["gpt-5.5", "gpt-5.2-codex"]


class Truth:
    def __init__(self):
        self.sums = {}

    def add(self, model, **meters):
        for meter, quantity in meters.items():
            if quantity:
                per_model = self.sums.setdefault(model, {})
                per_model[meter] = per_model.get(meter, 0) + quantity


def dump(rng, value):
    return json.dumps(value) if rng.random() < 0.5 else json.dumps(value, separators=(",", ":"))


class ClaudeFolder:
    """Calls are made once and written into as many files as an agent would."""

    def __init__(self, rng, truth):
        self.rng, self.truth, self.calls, self.minute = rng, truth, 0, 0

    def call(self, session, sidechain=False):
        """One response: its lines, in the order in which they are written."""
        rng = self.rng
        self.calls += 1
        self.minute += 1
        five, hour = rng.choice([(0, 0), (rng.randrange(900), 0), (0, rng.randrange(900)),
                                 (40, 60)])
        rest = rng.choice([0, 0, 7])
        created = five + hour + rest
        read, fresh = rng.randrange(50000), rng.randrange(1, 3000)
        output = rng.randrange(3, 5000)
        thinking = rng.choice([0, rng.randrange(output)])
        searches = rng.choice([0, 0, 0, 2])
        model = rng.choice(CLAUDE_MODELS)
        kind = rng.choice(["both"] * 6 + ["no request", "uuid only", "nothing"])
        grown = [1, min(3, output), output] if kind in ("both", "no request") else [output]
        if rng.random() < 0.3:
            grown.append(1)  # An earlier state written late.
        if kind in ("uuid only", "nothing"):
            grown = [output]
        usage = {"input_tokens": fresh, "cache_creation_input_tokens": created,
                 "cache_read_input_tokens": read, "service_tier": "standard"}
        if created and rng.random() < 0.8:
            usage["cache_creation"] = {"ephemeral_5m_input_tokens": five,
                                       "ephemeral_1h_input_tokens": hour}
        else:
            five, hour, rest = 0, 0, created
        lines = []
        for counted in grown:
            last = counted == output
            line_usage = dict(usage, output_tokens=counted)
            if last and thinking:
                line_usage["output_tokens_details"] = {"thinking_tokens": thinking}
            if last and searches:
                line_usage["server_tool_use"] = {"web_search_requests": searches}
            message = {"type": "message", "role": "assistant", "model": model, "usage": line_usage,
                       "content": [{"type": "text", "text": "\"usage\":{" * rng.randrange(3)}]}
            line = {"isSidechain": sidechain, "cwd": "/home/u/project", "sessionId": session,
                    "version": "2.1.234", "type": "assistant", "message": message,
                    "timestamp": "2026-08-%02dT%02d:%02d:00.000Z" % (
                        1 + self.minute // 1440 % 28, self.minute // 60 % 24, self.minute % 60)}
            if kind in ("both", "no request"):
                message["id"] = "msg_%06d" % self.calls
            if kind == "both":
                line["requestId"] = "req_%06d" % self.calls
            if kind != "nothing":
                line["uuid"] = "uuid-%06d-%d" % (self.calls, len(lines))
            if last and kind == "both" and rng.random() < 0.1:
                line_usage["iterations"] = [
                    {"type": "message", "input_tokens": fresh, "output_tokens": output},
                    {"type": "compaction", "input_tokens": 11, "output_tokens": 222,
                     "cache_creation_input_tokens": 55096}]
                self.truth.add(model, input_tokens_uncached=11, output_tokens=222,
                               cache_write_tokens=55096)
            lines.append(dump(rng, line))
        self.truth.add(model, input_tokens_uncached=fresh, cache_read_tokens=read,
                       cache_write_5m_tokens=five, cache_write_1h_tokens=hour,
                       cache_write_tokens=rest, output_tokens=output - thinking,
                       output_reasoning_tokens=thinking, web_searches=searches)
        return lines

    def noise(self):
        return self.rng.choice([
            '{"type":"user","message":{"role":"user","content":"\\"usage\\": {}"}}',
            '{"type":"summary","summary":"s","leafUuid":"l"}',
            '{"type":"assistant","message":{"id":"x","model":"<synthetic>","role":"assistant",'
            '"usage":{"input_tokens":0,"output_tokens":0}}}',
            '{"type":"user","toolUseResult":{"usage":{"input_tokens":5,"output_tokens":9}}}',
            '{"type":"assistant","message":{"id":"cut',  # The agent was killed while writing.
            '{"type":"progress","data":{"message":{"message":{"usage":{"output_tokens":7}}}}}', ""])

    def session(self, name, calls, sidechain=False):
        lines, late = [], []
        for _ in range(calls):
            response = self.call(name, sidechain)
            if self.rng.random() < 0.1 and len(response) > 2:
                late.append(response.pop(2))
            lines += response
            if self.rng.random() < 0.4:
                lines.append(self.noise())
        return lines + late

    def resumed(self, lines, name):
        """The same lines in another file: the session's name changes, ids and uuids stay."""
        out = []
        for line in lines:
            try:
                value = json.loads(line)
            except ValueError:
                out.append(line)
                continue
            message = value.get("message", {})
            has_id = "uuid" in value or "requestId" in value or "id" in message
            if "sessionId" in value and has_id:
                value["sessionId"] = name
                line = dump(self.rng, value)
            out.append(line)
        return out

    def write(self, folder):
        files = {}
        for project in range(3):
            for number in range(4):
                name = "%d%d" % (project, number)
                lines = self.session(name, self.rng.randrange(5, 60))
                files["p%d/%s.jsonl" % (project, name)] = lines
                if self.rng.random() < 0.7:
                    whole = self.resumed(lines, name + "r")
                    files["p%d/%sr.jsonl" % (project, name)] = whole + self.session(name + "r", 9)
                if self.rng.random() < 0.5:
                    cut = self.resumed(lines[:self.rng.randrange(len(lines))], name + "b")
                    files["p%d/%sb.jsonl" % (project, name)] = cut + self.session(name + "b", 5)
                if self.rng.random() < 0.5:
                    own = self.session(name, 6, sidechain=True)
                    files["p%d/%s/subagents/agent-a.jsonl" % (project, name)] = own + lines[:3]
        for path, lines in files.items():
            target = folder / "claude" / "projects" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            text = "\n".join(lines) + self.rng.choice(["", "\n"])
            if self.rng.random() < 0.2:
                with gzip.open(str(target) + ".gz", "wt") as out:
                    out.write(text)
            else:
                target.write_text(text)


class CodexFolder:
    def __init__(self, rng, truth):
        self.rng, self.truth, self.number = rng, truth, 0

    def event(self, at, total, last):
        return {"timestamp": at, "type": "event_msg",
                "payload": {"type": "token_count",
                            "info": {"total_token_usage": total, "last_token_usage": last,
                                     "model_context_window": 258400}, "rate_limits": {}}}

    def usage(self, counts, adds_reasoning):
        total = counts["input_tokens"] + counts["output_tokens"]
        if adds_reasoning:
            total += counts["reasoning_output_tokens"]
        return dict(counts, total_tokens=total)

    def calls(self, state, count):
        """Lines of new calls that go on from the state's totals."""
        rng, lines = self.rng, []
        for _ in range(count):
            if rng.random() < 0.2 or not state["model"]:
                state["model"] = rng.choice(CODEX_MODELS)
                lines.append({"timestamp": self.time(), "type": "turn_context",
                              "payload": {"model": state["model"], "cwd": "/home/u/p"}})
            fresh, cached = rng.randrange(1, 9000), rng.randrange(9000)
            written = rng.choice([0, 0, rng.randrange(500)])
            output = rng.randrange(1, 3000)
            reasoning = rng.randrange(output)
            last = {"input_tokens": fresh + cached + written, "cached_input_tokens": cached,
                    "cache_write_input_tokens": written, "output_tokens": output,
                    "reasoning_output_tokens": reasoning}
            smaller = any(last[name] < state["total"][name] for name in last)
            if smaller and rng.random() < 0.05:
                state["total"] = dict.fromkeys(last, 0)  # The count begins anew, visibly.
            before = state["total"]
            total = {name: before[name] + last[name] for name in last}
            state["total"] = total
            odd = state["adds_reasoning"]
            line = self.event(self.time(), self.usage(total, odd), self.usage(last, odd))
            lines += [line] * rng.choice([1, 1, 2])
            if rng.random() < 0.2:
                lines.append({"type": "event_msg",
                              "payload": {"type": "token_count", "info": None}})
            self.truth.add(state["model"], input_tokens_uncached=fresh, cache_read_tokens=cached,
                           cache_write_tokens=written, output_tokens=output - reasoning,
                           output_reasoning_tokens=reasoning)
        return lines

    def time(self):
        self.number += 1
        return "2026-08-10T%02d:%02d:%02d.%03dZ" % (
            self.number // 3600 % 24, self.number // 60 % 60, self.number % 60, self.number % 1000)

    def meta(self, name, parent=None):
        payload = {"id": name, "cwd": "/home/u/p", "cli_version": "0.142.0",
                   "model_provider": "openai"}
        if parent:
            payload["forked_from_id"] = parent
        return {"timestamp": self.time(), "type": "session_meta", "payload": payload}

    def fork(self, name, parent, parent_lines, at):
        """The parent's lines up to a point, with the fork's time, behind the fork's own meta."""
        copied = [dict(line, timestamp=at) for line in parent_lines]
        return [self.meta(name, parent)] + copied

    def state_after(self, lines, adds_reasoning):
        state = {"model": None, "total": dict.fromkeys(
            ["input_tokens", "cached_input_tokens", "cache_write_input_tokens", "output_tokens",
             "reasoning_output_tokens"], 0), "adds_reasoning": adds_reasoning}
        for line in lines:
            if line["type"] == "turn_context":
                state["model"] = line["payload"]["model"]
            info = line["payload"].get("info")
            if info:
                total = dict(info["total_token_usage"])
                total.pop("total_tokens")
                state["total"] = total
        return state

    def write(self, folder):
        rng = self.rng
        for number in range(6):
            adds_reasoning = rng.random() < 0.2
            sessions = {}
            root = "root%d" % number
            lines = [self.meta(root)]
            lines += self.calls(self.state_after(lines, adds_reasoning), rng.randrange(2, 30))
            sessions[root] = lines
            for generation in range(rng.randrange(4)):
                parent = rng.choice(sorted(sessions))
                name = "%s-f%d" % (root, generation)
                cut = rng.randrange(1, len(sessions[parent]) + 1)
                # The head of metas is always copied whole.
                types = [line["type"] for line in sessions[parent]]
                while cut < len(types) and types[cut] == "session_meta":
                    cut += 1
                forked = self.fork(name, parent, sessions[parent][:cut], self.time())
                state = self.state_after(forked, adds_reasoning)
                sessions[name] = forked + self.calls(state, rng.choice([0, 1, 8]))
            for name, session in sessions.items():
                target = folder / "codex" / "sessions" / "2026" / "08" / "10"
                target.mkdir(parents=True, exist_ok=True)
                with open(target / ("rollout-%s.jsonl" % name), "w") as out:
                    for line in session:
                        out.write(dump(rng, line) + "\n")
                        if rng.random() < 0.1:
                            out.write('{"type":"response_item","payload":{"type":"message"}}\n')


def generate(seed, folder):
    rng, truth, folder = random.Random(seed), Truth(), Path(folder)
    ClaudeFolder(rng, truth).write(folder)
    CodexFolder(rng, truth).write(folder)
    (folder / "truth.json").write_text(json.dumps(truth.sums, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    generate(int(sys.argv[1]), sys.argv[2])
