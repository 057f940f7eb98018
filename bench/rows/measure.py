"""What all rows are made with: programs that are run, medians, the form of a row."""

import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build" / "release"
OUT = ROOT / "build" / "bench"
SERVER_CORE, OWN_CORE = "0", "1"


def row(name, value, unit, bar=None, holds=None, detail=""):
    """`bar` is what the value is held to, `holds` whether it keeps to it; None where nothing is asked."""
    digits = 1 if abs(value) >= 10 else 3
    return {"name": name, "value": round(value, digits), "unit": unit, "bar": bar, "holds": holds, "detail": detail}


def at_most(name, value, unit, bar, detail=""):
    return row(name, value, unit, bar, value <= bar, detail)


def at_least(name, value, unit, bar, detail=""):
    return row(name, value, unit, bar, value >= bar, detail)


def median(values):
    return statistics.median(list(values))


def run_json(*command) -> dict:
    run = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    said = f"{' '.join(map(str, command))}:\n{run.stdout[-2000:]}{run.stderr[-2000:]}"
    if run.returncode != 0:
        raise SystemExit(f"failed: {said}")
    try:
        return json.loads(run.stdout)
    except json.JSONDecodeError as error:
        raise SystemExit(f"no JSON ({error}): {said}") from error


def parley_bench(scenario: str, *options, net=None) -> dict:
    """One run of `parley bench` with a server of its own, each on its core; what it wrote as JSON."""
    return load(scenario, "--spawn", "--server-core", SERVER_CORE, *options, net=net)


def parley_bench_on(server, scenario: str, *options) -> dict:
    """The same on a server that runs already: its `url` and its `process`."""
    return load(scenario, "--server", server.url, "--server-pid", server.process.pid, *options)


def load(scenario: str, *options, net=None) -> dict:
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        command = [net] if net else []
        command += [BUILD / "parley", "bench", scenario, "--own-core", OWN_CORE, "--quiet", "--json", out.name, *options]
        run = subprocess.run([str(c) for c in command], capture_output=True, text=True)
        if run.returncode != 0:
            print(f"{' '.join(map(str, command))}: exit {run.returncode}\n{run.stderr[-500:]}", file=sys.stderr)
        return json.load(open(out.name))


def window(figures: dict) -> dict:
    """What was measured, and whether the run is worth something: the generator kept up, and its people were there."""
    one = figures["windows"][-1]
    if one["dropped_here"] or figures["left_too_early"]:
        print(f"of {figures['scenario']}: the generator dropped {one['dropped_here']} datagrams, "
              f"{figures['left_too_early']} people were lost", file=sys.stderr)
    return one


def google_benchmark(program: str) -> list[dict]:
    run = run_json(BUILD / program, "--benchmark_format=json", "--benchmark_min_time=0.3", "--benchmark_repetitions=5",
                   "--benchmark_report_aggregates_only=true")
    return [b for b in run["benchmarks"] if b.get("aggregate_name") == "median"]
