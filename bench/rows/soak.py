"""A server that people come to and leave, for as long as PARLEY_SOAK_SECONDS says (600), and what it has kept when all are gone."""

import os
import re
import subprocess
import tempfile
import time
import urllib.request

from rows.measure import BUILD, at_most, median, parley_bench_on, row, window

SECONDS = int(os.environ.get("PARLEY_SOAK_SECONDS", "600"))
# What belongs to somebody: with the last of them it must be gone. Deadlines belong to one of these too; there are no other timers.
HELD = {"parley_rooms": "rooms", "parley_participants": "people", "parley_peers": "media connections", "parley_topology_rooms":
        "rooms by way", "parley_http_connections": "TCP connections", "parley_kept_packets": "payload buffers",
        "parley_waiting_packets": "packets that wait"}


# Why the server may drop packets, but for those of somebody who has just gone (unknown_peer).
DROPS = ("malformed", "no_keys", "srtp_refused", "rtp_unparsed", "rtcp_unparsed", "unknown_stream", "queue_full", "not_sealed", "relay_full",
         "socket_receive_full", "socket_too_long", "socket_send_full", "socket_send_error")


class Server:
    """One that stays when the load generator has gone, on core 0."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="parley-soak-")
        settings = ["media.shards=1", "p2p.mode=off", "http.max_connections=100000", "http.max_connections_per_ip=100000",
                    "log.level=warning"]
        command = ["taskset", "-c", "0", BUILD / "parley", "--listen", "127.0.0.1:0", "--tls-listen", "127.0.0.1:0", "--data",
                   f"{self.folder.name}/data", "--media-port", "0", "--public-ip", "127.0.0.1"]
        for setting in settings:
            command += ["--set", setting]
        self.process = subprocess.Popen([str(c) for c in command], stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if found := re.search(r"\bready http=(\S+)", line):
                self.url = found[1]
                return self
        raise SystemExit("the server that was started doesn't serve")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.folder.cleanup()

    def metrics(self) -> dict:
        """Each by its name, summed over its labels, and drops by their reason too."""
        text = urllib.request.urlopen(f"{self.url}/metrics").read().decode()
        sums = {}
        for line in text.splitlines():
            if found := re.match(r"(\w+)(?:\{.*\})? (\S+)$", line):
                sums[found[1]] = sums.get(found[1], 0) + float(found[2])
            if found := re.match(r'parley_drops_total\{.*reason="(\w+)".*\} (\S+)$', line):
                sums[found[1]] = sums.get(found[1], 0) + float(found[2])
        return sums

    def files(self, patience: float, wanted=None) -> int:
        """Open descriptors, as soon as they are as many as wanted: a connection that was closed here takes a moment there."""
        end = time.monotonic() + patience
        while True:
            count = len(os.listdir(f"/proc/{self.process.pid}/fd"))
            if count == wanted or time.monotonic() > end:
                return count
            time.sleep(0.1)


def soak() -> list[dict]:
    with Server() as server:
        before = server.metrics()
        files = server.files(patience=1)
        figures = parley_bench_on(server, "churn", "--participants", 40, "--room-size", 10, "--layers", 2, "--rate", 500, "--slots", 4,
                                  "--join-rate", 10, "--stay", 5, "--seconds", SECONDS, "--settle", 5)
        time.sleep(3)
        # The connection that asks is one of them, before and after.
        after = server.metrics()
        left = {what: int(after[name] - before[name]) for name, what in HELD.items() if after[name] != before[name]}
        files_left = server.files(patience=5, wanted=files) - files
    dropped = {why: int(after[why] - before[why]) for why in DROPS if after[why] != before[why]}
    resident = [s["server_resident_bytes"] for s in figures["samples"] if s["phase"] == "measuring"]
    last = resident[-len(resident) // 3:]
    middle = median(last)
    swing = 100 * max(abs(max(last) - middle), abs(middle - min(last))) / middle
    one = window(figures)
    detail = (f"40 people in calls of ten with two encodings and four slots, 10 more a second come into rooms of ten and go after 5 s, "
              f"for {SECONDS} s: {after['parley_web_sockets_opened_total'] - before['parley_web_sockets_opened_total']:.0f} came, "
              f"resident memory {resident[0] / 2**20:.1f} MiB at the start of it and {middle / 2**20:.1f} in the last third")
    return [at_most("soak/resident", swing, "% away from the median in the last third", 2, detail),
            at_most("soak/files", files_left, "descriptors left", 0, detail),
            at_most("soak/left", sum(abs(n) for n in left.values()), "things left of " + ", ".join(HELD.values()), 0,
                    f"{detail}; left: {left or 'nothing'}"),
            at_most("soak/dropped", sum(dropped.values()), "packets dropped by the server", 0, f"{detail}; dropped: {dropped or 'none'}"),
            row("soak/lost", one["audio"]["lost"] + one["video"]["lost"], "packets of those in calls", detail=detail)]
