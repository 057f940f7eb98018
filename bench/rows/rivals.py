"""Parley and Debian's Janus under the same load generator, in alternating rounds."""

from rows.measure import ROOT, at_least, at_most, median, parley_bench, row, window

ROUNDS = 5
OWN_NET = ROOT / "bench" / "own_net.sh"
VIEWERS = 60  # Janus holds them on one core, with either setting
SERVERS = {"parley": [], "janus2": ["--target", "janus", "--janus-loops", 2], "janus0": ["--target", "janus"]}


# Where a ramp begins: low enough to hold, high enough not to take long.
RAMP_FROM = {"parley": 400, "janus2": 60}
RAMP_ROUNDS = 5
RAMP_MOST = 3000


def ramp() -> list[dict]:
    """A fifth more viewers each time, until more than 0.1 % is lost or the 99th percentile of pictures takes 20 ms."""
    held = {name: [] for name in RAMP_FROM}
    busy = {name: [] for name in RAMP_FROM}
    here = {name: [] for name in RAMP_FROM}
    for _ in range(RAMP_ROUNDS):
        for name, start in RAMP_FROM.items():
            figures = parley_bench("ramp", "--viewers", RAMP_MOST, "--from", start, "--seconds", 3, "--settle", 2, "--check-every", 32,
                                   *SERVERS[name], net=OWN_NET)
            held[name].append((figures["holds_people"] or 1) - 1)
            busy[name].append(100 * figures["windows"][-1]["server_share"])
            here[name].append(100 * figures["windows"][-1]["own_share"])
    detail = (f"one camera at 1.5 Mbit/s, a fifth more viewers each time while at most 0.1 % is lost and p99 is at most 20 ms; at the "
              f"step that did not hold the server used {median(busy['parley']):.0f} % of its core (Janus {median(busy['janus2']):.0f}), "
              f"the generator {median(here['parley']):.0f} % of its own ({median(here['janus2']):.0f}); median of {RAMP_ROUNDS} "
              f"alternating rounds")
    rows = [row(f"janus/{name}/viewers", median(held[name]), "viewers on one core", detail=detail) for name in RAMP_FROM]
    return rows + [at_least("janus/viewers", median(a / max(b, 1) for a, b in zip(held["parley"], held["janus2"])),
                            "times Janus with event_loops = 2", 4, detail)]


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
