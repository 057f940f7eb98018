"""One big room on two media threads, each on its core, beside the same room on one."""

from rows.measure import BUILD, ROOT, at_least, median, row, run_json

ROUNDS = 5
VIEWERS = 500
DROP = ROOT / "bench" / "drop_net.sh"


def shards() -> list[dict]:
    most = {1: [], 2: []}
    cost = {1: [], 2: []}
    for _ in range(ROUNDS):
        for threads in most:
            run = run_json(DROP, BUILD / "forward_bench", "--viewers", VIEWERS, "--kbps", 1500, "--fps", 30, "--fill", "--threads",
                           threads, "--seconds", 3)
            most[threads].append(run["packets_per_s"])
            cost[threads].append(run["ns_per_packet"])
    detail = (f"packets a second to {VIEWERS} viewers of one camera, behind a device that drops, as many pictures as the threads can "
              f"take: {median(most[2]):.0f} on two against {median(most[1]):.0f} on one, {median(cost[2]):.0f} against "
              f"{median(cost[1]):.0f} ns for each; who publishes shares the two cores, and has one of its own beside one thread; "
              f"median of {ROUNDS} alternating rounds")
    return [at_least("shards/two", median(2 * a / b for a, b in zip(cost[1], cost[2])), "times what one core does", 1.75,
                     f"packets for a second of processor, both cores counted; {detail}"),
            row("shards/two/throughput", median(b / a for a, b in zip(most[1], most[2])), "times what one core does", detail=detail)]
