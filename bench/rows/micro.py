"""Small pieces of the packet's way, by Google Benchmark."""

from rows.measure import google_benchmark, row


def forward() -> list[dict]:
    rows = []
    for b in google_benchmark("shard_bench"):
        if "Cold" in b["run_name"]:
            rows.append(row(f"forward/{b['run_name'].split('/', 1)[1].split('/iterations')[0]} MiB", b["ns_per_forwarded"], "ns per forwarded packet",
                            detail="five packets at once after so many MiB of other memory; median of 5"))
            continue
        viewers = int(b["run_name"].split("/")[1])
        rows.append(row(f"forward/{viewers}", b["cpu_time"] / viewers, "ns per forwarded packet", detail="encrypted datagram in to "
                        "encrypted datagrams out, 1,200 bytes, GCM, no sockets; median of 5"))
    return rows


def micro(program: str) -> list[dict]:
    prefix = program.removesuffix("_bench")
    return [row(f"{prefix}/{b['run_name']}", b["cpu_time"], b["time_unit"],
                detail="median of 5") for b in google_benchmark(program)]
