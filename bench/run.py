#!/usr/bin/env python3
"""Runs the benches, prints their table and writes build/bench/summary.json.

Each row: name, value, unit, bar (what the value is held to, or null), holds (true, false or null without a bar), detail.
Usage: bench/run.py [NAME...], names: forward, srtp, rtp, switch. Called by ./dev bench.
"""

import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "release"
OUT = ROOT / "build" / "bench"


def google_benchmark(program: str) -> list[dict]:
    run = subprocess.run(
        [BUILD / program, "--benchmark_format=json", "--benchmark_min_time=0.3", "--benchmark_repetitions=5",
         "--benchmark_report_aggregates_only=true"], capture_output=True, text=True, check=True)
    return [b for b in json.loads(run.stdout)["benchmarks"] if b.get("aggregate_name") == "median"]


def row(name, value, unit, bar=None, holds=None, detail=""):
    return {"name": name, "value": round(value, 1), "unit": unit, "bar": bar, "holds": holds, "detail": detail}


def forward() -> list[dict]:
    rows = []
    for b in google_benchmark("shard_bench"):
        viewers = int(b["run_name"].split("/")[1])
        rows.append(row(f"forward/{viewers}", b["cpu_time"] / viewers, "ns per forwarded packet",
                        detail="encrypted datagram in to encrypted datagrams out, 1,200 bytes, GCM, no sockets; median of 5"))
    return rows


def micro(program: str) -> list[dict]:
    return [row(f"{program.removesuffix('_bench')}/{b['run_name']}", b["cpu_time"], b["time_unit"], detail="median of 5")
            for b in google_benchmark(program)]


def switch() -> list[dict]:
    """Ten moves of a direct call to the server and back, in real browsers."""
    result = OUT / "switch.json"
    result.unlink(missing_ok=True)
    subprocess.run(["bash", ROOT / "tests/e2e/run.sh", "switch.spec"], check=True,
                   env={**os.environ, "PARLEY_SWITCHES": "10"}, stdout=sys.stderr)
    figures = json.loads(result.read_text())
    median, detail = figures["median_ms"], f"of two who talked directly, {figures['switches']} switches each way"
    unit = "ms longest gap between shown frames"
    return [row("switch/median", median, unit, bar=250, holds=median <= 250, detail=detail),
            row("switch/max", figures["max_ms"], unit, detail=detail),
            row("switch/to_server/median", figures["to_server"]["median_ms"], unit, detail=detail),
            row("switch/to_direct/median", figures["to_direct"]["median_ms"], unit, detail=detail),
            row("switch/steady", figures["steady"]["median_ms"], unit, detail="without a switch, in the same run"),
            row("switch/without_picture", figures["without_picture"], "tiles", bar=0, holds=figures["without_picture"] == 0)]


BENCHES = {"forward": forward, "srtp": lambda: micro("srtp_bench"), "rtp": lambda: micro("rtp_bench"), "switch": switch}


def main() -> int:
    names = sys.argv[1:] or list(BENCHES)
    unknown = [n for n in names if n not in BENCHES]
    if unknown:
        print(f"no such bench: {' '.join(unknown)} (there are: {' '.join(BENCHES)})", file=sys.stderr)
        return 2
    OUT.mkdir(parents=True, exist_ok=True)
    rows = [r for name in names for r in BENCHES[name]()]
    (OUT / "summary.json").write_text(json.dumps(rows, indent=2) + "\n")
    width = max(len(r["name"]) for r in rows)
    for r in rows:
        verdict = "" if r["holds"] is None else ("  holds" if r["holds"] else "  FALLS SHORT") + f" (bar {r['bar']})"
        print(f"{r['name']:<{width}}  {r['value']:>10} {r['unit']}{verdict}")
    return 0 if all(r["holds"] is not False for r in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
