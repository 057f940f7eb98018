"""What a participant and a track that somebody watches cost in resident memory."""

from rows.measure import at_most, parley_bench, row, window

PEOPLE = 500
KIB = 1024


def grown(*options) -> float:
    """KiB of resident memory that each person brought, from before anybody came to the end of what was measured."""
    figures = parley_bench(*options, "--seconds", 5, "--settle", 3)
    more = window(figures)["server"]["resident_bytes"] - figures["server_idle"]["resident_bytes"]
    return more / figures["joined"] / KIB


def memory() -> list[dict]:
    """Memory is the same on a busy machine; one run each."""
    watching = ["broadcast", "--viewers", PEOPLE, "--rate", 500, "--check-every", 256]
    idle = grown("audio", "--participants", PEOPLE, "--room-size", 10, "--voices", 0)
    hearing = grown(*watching, "--layers", 0)
    seeing = grown(*watching)
    pictures = f"{PEOPLE} watch one camera of 500 kbit/s; its last 512 packets, four seconds, are kept for repairs"
    return [row("memory/idle", idle, "KiB for a person in a call", detail=f"{PEOPLE} people who say nothing in rooms of ten: "
                "WebSocket, ICE, DTLS, SRTP, a microphone and three slots for sound each"),
            row("memory/viewer", seeing, "KiB for a viewer in all", detail=pictures),
            at_most("memory/track", seeing - hearing, "KiB for a track that is watched", 64,
                    f"{pictures}; less what the same people take who only hear")]
