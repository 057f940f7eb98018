"""The whole server under load."""

from rows.measure import ROOT, at_most, parley_bench, row, window


def joins() -> list[dict]:
    """200 a second for 10 s while 1,000 are in calls. With microphones only: this machine can't carry 1,000 cameras."""
    figures = parley_bench("churn", "--participants", 1000, "--room-size", 10, "--layers", 0, "--voices", 1, "--dtx", "--join-rate", 200,
                           "--stay", 1, "--seconds", 10, "--settle", 2)
    one = window(figures)
    first = figures["first_media"]
    detail = (f"1,000 people in calls of ten with microphones only, one of whom speaks and the others send what DTX lets them, 200 more a second come into rooms of ten and go "
              f"after 1 s; server at {100 * one['server_share']:.0f} % of a core, generator at {100 * one['own_share']:.0f} %, "
              f"{one['dropped_here']} datagrams lost there; one run")
    return [at_most("joins/lost", one["audio"]["lost"], "packets of those in calls", 0, detail),
            row("joins/first_media_p95", first["p95_ms"], "ms from WebSocket to first media", detail=detail)]


def overload() -> list[dict]:
    """One room of 200 whose cameras a core can't forward: sound must go on, and pictures as far as it can."""
    people, slots = 200, 16
    figures = parley_bench("meeting", "--participants", people, "--room-size", people, "--slots", slots, "--rate", 1500, "--layers", 3,
                           "--check-every", 64, "--seconds", 20, "--settle", 10, net=ROOT / "bench" / "drop_net.sh")
    one = window(figures)
    detail = (f"{people} people with cameras of three encodings, each with {slots} pictures of others; {figures['joined']} joined, "
              f"95 % within {figures['first_media']['p95_ms'] / 1000:.1f} s; server at {100 * one['server_share']:.0f} % of a core, generator at "
              f"{100 * one['own_share']:.0f} %, {one['dropped_here']} datagrams lost there; one run")
    return [at_most("overload/lost", one["audio"]["lost"], "packets of sound", 0, detail),
            row("overload/audio_p99", one["audio"]["latency"]["p99_ms"], "ms of sound", detail=detail),
            row("overload/pictures", 100 * one["live_video_slots"] / one["video_slots"], "% of the pictures move", detail=detail)]
