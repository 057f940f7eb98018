"""What the server adds to a packet's way from one to 500 when its core is at 70 %.

A packet for 500 takes as long as it takes to send it 500 times, and a picture as long as its packets: the middle viewer waits for
half of that. So each row has beside it what a bare loop that seals and sends the same, in runs as long, would need for half.

More than that: at 70 % of a core a mean picture is 23 ms of work. If it comes at once, its last packet reaches its last viewer 23 ms later;
if it comes within 1 / 2.5 of a picture's time, 10 ms later. Only packets that come evenly ("even") can be fast at that load."""

from rows import limit
from rows.measure import ROOT, at_most, median, parley_bench, row, window

VIEWERS = 500
ANSWERING = 50
BUSY = 0.70
FPS, SIZE = 30, 1200
ROUNDS = 3
NETS = {"lo": None, "drop": ROOT / "bench" / "drop_net.sh"}
# How the camera's packets come: as one burst, at 2.5 times their rate, and evenly.
PACES = {"burst": 0, "paced": 2.5, "even": 1}


def run(net, pace: float, kbps: float, seconds: int) -> dict:
    # Over lo everybody answers; behind the device that drops some do, spread among those who don't.
    some = ["--answering", ANSWERING] if net else []
    return window(parley_bench("broadcast", "--viewers", VIEWERS, *some, "--rate", round(kbps), "--pace", pace, "--fps", FPS, "--size", SIZE, "--check-every", 16,
                               "--seconds", seconds, "--settle", 3, net=net))


def load_of(net, pace: float) -> float:
    """The camera's rate at which the server's core is at 70 %."""
    kbps = 3000.0
    for _ in range(3):
        share = run(net, pace, kbps, 3)["server_share"]
        if abs(share - BUSY) < 0.03:
            break
        kbps = min(20_000, max(300, kbps * BUSY / share))
    return kbps


def latency(places=tuple(NETS)) -> list[dict]:
    rows = []
    for place in places:
        net = NETS[place]
        for shape, pace in PACES.items():
            kbps = load_of(net, pace)
            runs = [run(net, pace, kbps, 5) for _ in range(ROUNDS)]
            p50 = median(r["video"]["latency"]["p50_ms"] for r in runs)
            p99 = median(r["video"]["latency"]["p99_ms"] for r in runs)
            detail = (f"1 to {VIEWERS} at {kbps / 1000:.1f} Mbit/s, server at {100 * median(r['server_share'] for r in runs):.0f} % of a "
                      f"core, runs of {median(r['run_length'] for r in runs):.1f}, lost {max(r['video']['lost'] for r in runs)}, generator "
                      f"at {100 * median(r['own_share'] for r in runs):.0f} %; median of {ROUNDS}")
            at_once = max(1, kbps * 1000 / 8 / FPS / SIZE) if pace == 0 else 1
            together = max(1, median(r["run_length"] for r in runs)) if pace == 0 else 1
            least = limit.bare(place, together, SIZE, VIEWERS)["seal_and_send"]
            rows.append(row(f"latency/{place}/{shape}/least", at_once * VIEWERS / 2 * least / 1e6, "ms for the middle viewer in a bare loop",
                            detail=f"{at_once:.1f} packets of {SIZE} bytes at once, {least:.0f} ns for each"))
            rows += [at_most(f"latency/{place}/{shape}/p50", p50, "ms", 0.3, detail),
                     at_most(f"latency/{place}/{shape}/p99", p99, "ms", 1.5, detail)]
    return rows
