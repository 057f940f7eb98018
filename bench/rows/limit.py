"""The server's cost of a forwarded packet beside the physical limit: a bare loop that seals and sends runs of the same length."""

import math

from rows.measure import BUILD, ROOT, at_least, at_most, median, row, run_json

DROP = ROOT / "bench" / "drop_net.sh"
ROUNDS = 5
PLACES = {"lo": ([], []), "drop": ([DROP], ["--to", "127.1.0.1"])}


def bare(place: str, run: float, size=1200, destinations=100) -> dict:
    """ns for each packet. A run's cost is shared by its packets, so between two lengths it goes with 1/length."""
    net, to = PLACES[place]
    low = max(1, math.floor(run))
    costs = [run_json(*net, BUILD / "forward_limit", "--run", length, "--size", size, "--destinations", destinations,
                      "--rounds", 3, "--ms", 100, *to)["ns_per_packet"] for length in (low, low + 1)]
    share = (1 / low - 1 / max(run, 1)) / (1 / low - 1 / (low + 1))
    return {way: costs[0][way] + share * (costs[1][way] - costs[0][way]) for way in costs[0]}


def rested(place: str, run: float) -> dict:
    """The same loop once for each picture, with rest between: what a server that isn't busy can't do better."""
    net, to = PLACES[place]
    return run_json(*net, BUILD / "forward_limit", "--run", round(run), "--rounds", 1, "--ms", 1500, "--fps", 30, *to)["ns_per_packet"]


# What is forwarded: the options of forward_bench, how long a packet is and how many it goes to, and in words.
SHAPES = {
    "broadcast": (["--viewers", 100], 1200, 100, "1 to 100 at 1.5 Mbit/s, 30 pictures/s"),
    "10x10": (["--shape", "meeting", "--people", 10], 1200, 10, "10 to 10 at 1.5 Mbit/s, 30 pictures/s"),
    "audio": (["--shape", "audio", "--people", 100], 100, 100, "three of 100 speak, packets of 100 bytes"),
}


def compare(shape: str, place: str) -> list[dict]:
    net, _ = PLACES[place]
    options, size, destinations, words = SHAPES[shape]
    shares, hops, runs, ours, limits = [], [], [], [], []
    for _ in range(ROUNDS):
        hop = run_json(*net, BUILD / "forward_bench", *options, "--kbps", 1500, "--fps", 30, "--seconds", 3)
        least = bare(place, hop["mean_run"], size, destinations)
        runs.append(hop["mean_run"])
        ours.append(hop["ns_per_packet"])
        limits.append(least["seal_and_send"])
        shares.append(100 * least["seal_and_send"] / hop["ns_per_packet"])
        hops.append(hop["ns_per_packet"] / least["sendto"])
    detail = (f"{words}: {median(ours):.0f} ns against {median(limits):.0f}, runs of {median(runs):.2f}; median of {ROUNDS} "
              f"alternating rounds, the media thread in process")
    rows = [at_least(f"limit/{shape}/{place}", median(shares), "% of the physical limit", 60, detail),
            row(f"limit/{shape}/{place}/run", median(runs), "packets in a message", detail=detail)]
    if shape == "broadcast":
        check = at_most if place == "drop" else lambda n, v, u, _bar, d: row(n, v, u, detail=d)
        rows.append(check(f"hop/{place}", median(hops), "of one bare sendto", 0.8, detail))
        rows.append(filled(place, options, words))
        calm = rested(place, median(runs))["seal_and_send"]
        rows.append(row(f"limit/{shape}/{place}/rested", 100 * calm / median(ours), "% of the limit's loop at 30 pictures/s",
                        detail=f"that loop takes {calm:.0f} ns when it rests between pictures, as the server does"))
    return rows


def filled(place: str, options: list, words: str) -> dict:
    """The same server while it rests as little as the limit's loop does: a picture follows as soon as the last one has left."""
    net, _ = PLACES[place]
    shares, ours, limits, runs = [], [], [], []
    for _ in range(ROUNDS):
        hop = run_json(*net, BUILD / "forward_bench", *options, "--kbps", 1500, "--fps", 30, "--fill", "--seconds", 3)
        least = bare(place, hop["mean_run"])["seal_and_send"]
        shares.append(100 * least / hop["ns_per_packet"])
        ours.append(hop["ns_per_packet"])
        limits.append(least)
        runs.append(hop["mean_run"])
    return row(f"limit/broadcast/{place}/filled", median(shares), "% of the physical limit",
               detail=f"{words}, but as many pictures as it can forward: {median(ours):.0f} ns against {median(limits):.0f}, runs of {median(runs):.2f}; "
                      f"median of {ROUNDS} alternating rounds")


def limit() -> list[dict]:
    """Small packets pass the device that drops, so sound is measured over loopback alone."""
    pairs = [(shape, place) for shape in SHAPES for place in PLACES if (shape, place) != ("audio", "drop")]
    return [r for shape, place in pairs for r in compare(shape, place)]
