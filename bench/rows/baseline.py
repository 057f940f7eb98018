"""The micro benches beside what they were: bench/baseline.json, which is written by ./dev bench write-baseline."""

import json

from rows.measure import ROOT, at_most, google_benchmark, row

FILE = ROOT / "bench" / "baseline.json"
# What a packet's way is made of: parse and rewrite, protect and unprotect, fan-out.
PROGRAMS = ["rtp_bench", "srtp_bench", "shard_bench"]
# Not our code: how much faster or slower the machine is today.
MACHINE = "srtp_bench/protect/gcm128/openssl"
# On a shared machine the median of five moves by a tenth either way.
MOST = 1.3


def now() -> dict:
    return {f"{program}/{b['run_name']}": {"ns": round(b["cpu_time"], 1), "allocations": round(b["allocations"], 3)}
            for program in PROGRAMS for b in google_benchmark(program) if "allocations" in b}


def write() -> list[dict]:
    measured = now()
    FILE.write_text(json.dumps(measured, indent=2) + "\n")
    return [row(f"baseline/{name}", m["ns"], "ns", detail=f"{m['allocations']} allocations; written") for name, m in measured.items()]


def compare() -> list[dict]:
    before, measured = json.loads(FILE.read_text()), now()
    machine = measured[MACHINE]["ns"] / before[MACHINE]["ns"]
    rows = [row("baseline/machine", machine, "times the baseline's time", detail=f"{MACHINE}, which isn't our code")]
    for name, was in before.items():
        if name not in measured or name == MACHINE:
            continue  # a library that isn't there, or a bench that went
        is_now = measured[name]
        rows.append(at_most(f"baseline/{name}", is_now["ns"] / was["ns"] / machine, "times the baseline", MOST,
                            f"{is_now['ns']} ns, was {was['ns']}; the machine's own change left out; median of 5"))
        rows.append(at_most(f"baseline/{name}/allocations", is_now["allocations"], "for each packet in", was["allocations"] + 0.01))
    return rows
