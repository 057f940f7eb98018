"""Parley and Debian's Janus under the same load generator, in alternating rounds."""

from rows.measure import ROOT, at_most, median, parley_bench, row, window

ROUNDS = 5
OWN_NET = ROOT / "bench" / "own_net.sh"
VIEWERS = 60  # Janus holds them on one core, with either setting
SERVERS = {"parley": [], "janus2": ["--target", "janus", "--janus-loops", 2], "janus0": ["--target", "janus"]}


def janus() -> list[dict]:
    cost = {name: [] for name in SERVERS}
    late = {name: [] for name in SERVERS}
    middle = {name: [] for name in SERVERS}
    lost = dict.fromkeys(SERVERS, 0.0)
    for _ in range(ROUNDS):
        for name, options in SERVERS.items():
            one = window(parley_bench("broadcast", "--viewers", VIEWERS, "--seconds", 4, "--settle", 2, *options, net=OWN_NET))
            cost[name].append(one["ns_per_packet"])
            late[name].append(one["video"]["latency"]["p99_ms"])
            middle[name].append(one["video"]["latency"]["p50_ms"])
            lost[name] = max(lost[name], one["loss"])
    detail = f"1 to {VIEWERS} at 1.5 Mbit/s, AES-128-GCM, over lo; median of {ROUNDS} alternating rounds"
    rows = []
    for name in SERVERS:
        rows.append(row(f"janus/{name}/cost", median(cost[name]), "ns per forwarded packet", detail=detail))
        rows.append(row(f"janus/{name}/p50", median(middle[name]), "ms", detail=detail))
        rows.append(row(f"janus/{name}/p99", median(late[name]), "ms", detail=detail))
        rows.append(row(f"janus/{name}/loss", 100 * lost[name], "%", detail="the worst round"))

    def ratio(of, name):
        return median(a / b for a, b in zip(of["parley"], of[name]))
    return rows + [at_most("janus/cost", ratio(cost, "janus2"), "of Janus with event_loops = 2", 0.25, detail),
                   at_most("janus/cost/default", ratio(cost, "janus0"), "of Janus's default", 0.1, detail),
                   at_most("janus/p99", ratio(late, "janus2"), "of Janus with event_loops = 2", 1 / 3, detail)]
