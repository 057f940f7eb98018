#!/usr/bin/env python3
"""Runs the benches, prints their table and writes build/bench/summary.json.

Each row: name, value, unit, bar (what the value is held to, or null), holds (true, false or null without a bar), detail.
Usage: bench/run.py [NAME...]; without names all. Called by ./dev bench.
What is measured beside others needs a machine that does nothing else: two cores, one for the server, one for the generator.
"""

import json
import sys

from rows import baseline, latency, limit, load, memory, micro, rivals, shards, soak, switch
from rows.measure import OUT

BENCHES = {"forward": micro.forward, "srtp": lambda: micro.micro("srtp_bench"), "rtp": lambda: micro.micro("rtp_bench"),
           "baseline": baseline.compare, "switch": switch.switch, "limit": limit.limit, "janus": rivals.janus, "ramp": rivals.ramp, "joins": load.joins,
           "overload": load.overload, "latency": latency.latency, "memory": memory.memory, "shards": shards.shards, "soak": soak.soak}
# Only when named.
OTHERS = {"write-baseline": baseline.write}


def main() -> int:
    names = sys.argv[1:] or list(BENCHES)
    every = BENCHES | OTHERS
    unknown = [n for n in names if n not in every]
    if unknown:
        print(f"no such bench: {' '.join(unknown)} (there are: {' '.join(every)})", file=sys.stderr)
        return 2
    OUT.mkdir(parents=True, exist_ok=True)
    rows = [r for name in names for r in every[name]()]
    (OUT / "summary.json").write_text(json.dumps(rows, indent=2) + "\n")
    width = max(len(r["name"]) for r in rows)
    for r in rows:
        verdict = "" if r["holds"] is None else ("  holds" if r["holds"] else "  FALLS SHORT") + f" (bar {r['bar']})"
        print(f"{r['name']:<{width}}  {r['value']:>10} {r['unit']}{verdict}")
    return 0 if all(r["holds"] is not False for r in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
