"""Ours against another client, in adjacent pairs of rounds: only what happened side by side is compared."""
import collections
import statistics

import processes

Spread = collections.namedtuple("Spread", "median low high")  # with the quartiles


def spread(values):
    if len(values) < 2:
        return Spread(values[0], values[0], values[0])
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(median, low, high)


class Figures:
    """Medians of one client's rounds."""

    def __init__(self, rounds):
        self.rate = statistics.median(r.commands / r.seconds for r in rounds)
        self.client_us = statistics.median(r.client_cpu / r.commands for r in rounds) * 1e6
        self.server_us = statistics.median(r.server_cpu / r.commands for r in rounds) * 1e6
        self.relay_busy = statistics.median(r.relay_cpu / r.seconds for r in rounds)  # of one processor
        self.all_busy = statistics.median((r.client_cpu + r.server_cpu + r.relay_cpu) / r.seconds for r in rounds)
        self.beside = statistics.median(r.beside / r.seconds for r in rounds)
        latencies = [r.latency_us for r in rounds if r.latency_us]
        self.latency_us = [statistics.median(column) for column in zip(*latencies)] if latencies else None


class Comparison:
    def __init__(self, case, peer, ours, theirs):
        self.case = case
        self.peer = peer
        self.ours = Figures(ours)
        self.theirs = Figures(theirs)
        pairs = list(zip(ours, theirs))

        def ratio(figure):
            return spread([figure(a) / figure(b) for a, b in pairs if figure(b) > 0] or [float("nan")])

        self.rate = ratio(lambda r: r.commands / r.seconds)
        self.client = ratio(lambda r: r.client_cpu / r.commands)
        self.server = ratio(lambda r: r.server_cpu / r.commands)
        self.both = ratio(lambda r: (r.client_cpu + r.server_cpu) / r.commands)

    def held(self):
        limits = self.case.limits
        return (self.rate.median >= limits.get("rate", 0)
                and self.client.median <= limits.get("client", float("inf"))
                and self.server.median <= limits.get("server", float("inf")))


def rounds(case, drivers, cluster, count, seconds):
    """So many of each driver, in turns. `drivers` tells for how long each makes calls before that."""
    pids = [pid for driver in drivers for pid in driver.pids]
    processes.run_on([*pids, *cluster.pids], processes.LAST if case.one_cpu else processes.ALL)
    for driver, warm_seconds in drivers.items():  # connections are made, buffers grow
        driver.round(case, warm_seconds)
    done = {driver: [] for driver in drivers}
    for i in range(count):
        # A machine that slows down or speeds up favours none.
        for driver in list(drivers) if i % 2 == 0 else reversed(drivers):
            done[driver].append(driver.round(case, seconds))
    return done


def compare(case, ours, peer, cluster, pairs, seconds, warm_seconds):
    seconds *= case.longer
    done = rounds(case, {ours: seconds / 2, peer: max(seconds / 2, warm_seconds)}, cluster, pairs, seconds)
    return Comparison(case, peer.name, done[ours], done[peer])
