"""The plots that the measurements allow: file name -> title and SVG."""
from cases import COUNTS, threads
from svg import bar_chart, line_chart


def points(comparisons, names, figure):
    """Ours and theirs, None where a case was not measured; nothing with fewer than two."""
    found = [comparisons.get(name) for name in names]
    if sum(c is not None for c in found) < 2:
        return None
    return [[c and figure(getattr(c, side)) for c in found] for side in ("ours", "theirs")]


def throughput(comparisons, names, ticks, what, x_label, peer, log):
    both = points(comparisons, names, lambda figures: figures.rate)
    return both and line_chart(what, x_label, "commands a second", ticks,
                               [("rediscluster", both[0], 0, 0), (peer, both[1], 1, 0)], log)


def latency(comparisons, names, ticks, what, peer):
    series = []
    for i, name in enumerate(("p50", "p99", "p99.9")):
        both = points(comparisons, names, lambda figures: figures.latency_us and figures.latency_us[i])
        if not both:
            return None
        series += [(f"rediscluster {name}", both[0], 0, i), (f"{peer} {name}", both[1], 1, i)]
    return line_chart(what, "threads", "microseconds a call", ticks, series, log=True)


def instructions(counts):
    groups = [c["name"].replace("command in a pipeline of 100 over 3 nodes", "pipelined GET") for c in counts]
    series = [(name, [c[key]["instructions"] for c in counts], colour)
              for name, key, colour in (("rediscluster", "ours", 0), ("hiredis", "hiredis", 1))]
    return bar_chart("Instructions a command, client side", "instructions", groups, series)


def peers(measured):
    names = [peer for peer in measured.peers() if peer not in ("hiredis", "baseline")]
    cases = list(dict.fromkeys(name for peer in names for name in measured.against(peer)))
    if not names:
        return None
    series = []
    for number, peer in enumerate(names):
        comparisons = measured.against(peer)
        series.append((peer, [comparisons[name].rate.median if name in comparisons else None for name in cases], number + 1))
    return bar_chart("How many times as many commands a second as other clients", "rediscluster's rate / theirs", cases,
                     series, mark=1, log=True)


def all_plots(measured, counts):
    peer = measured.peers()[0] if measured.peers() else ""
    first = measured.against(peer)
    ticks = [str(count) for count in COUNTS]
    near = [f"GET, {threads(count)}{' on any CPU' if count == 1 else ''}" for count in COUNTS]
    far = [f"GET, {threads(count)}, 1 ms away" for count in COUNTS]
    lengths = ["1", "10", "100", "1,000", "100,000"]
    pipelines = ["GET, 1 thread"] + [f"pipeline of {length}" for length in lengths[1:]]
    plots = {
        "throughput-threads.svg": throughput(first, near, ticks, "Throughput by threads", "threads", peer, False),
        "throughput-threads-1ms.svg": throughput(first, far, ticks, "Throughput by threads, 1 ms round trip", "threads",
                                                 peer, True),
        "throughput-pipeline.svg": throughput(first, pipelines, lengths, "Throughput by pipeline length, one thread",
                                              "commands in a pipeline", peer, True),
        "latency-threads.svg": latency(first, near, ticks, "Latency by threads", peer),
        "latency-threads-1ms.svg": latency(first, far, ticks, "Latency by threads, 1 ms round trip", peer),
        "instructions.svg": instructions(counts) if counts else None,
        "peers.svg": peers(measured),
    }
    return {name: plot for name, plot in plots.items() if plot}
