"""Runs the cases, against hiredis and against other clients. What fails is told, and the rest goes on."""
import contextlib
import subprocess
import sys

import peers
from cases import sizes
from cluster import Cluster
from driver import Driver
from pairs import compare
from redis_benchmark import RedisBenchmark

WARM_SECONDS = 3  # of other clients, before each case: some runtimes compile while they run


class Measurements:
    def __init__(self):
        self.comparisons = []
        self.failures = []

    def against(self, peer):
        return {c.case.name: c for c in self.comparisons if c.peer == peer}

    def peers(self):
        return list(dict.fromkeys(c.peer for c in self.comparisons))

    def fail(self, what, error):
        self.failures.append(f"{what}: {error}")
        print(f"bench: {what}: {error}", file=sys.stderr)


class Bench:
    def __init__(self, options):
        self.programs = options.programs
        self.pairs = options.pairs
        self.seconds = options.seconds
        self.ours = [options.programs / "bench_driver", "ours"]
        if options.baseline:
            self.first_peer = "baseline", [options.baseline, "ours"]
        else:
            self.first_peer = "hiredis", [options.programs / "bench_driver", "hiredis"]
        self.measured = Measurements()

    def run_cases(self, cases):
        for delay in sorted({case.delay_ms for case in cases}):
            self.run_beside_cluster([case for case in cases if case.delay_ms == delay], delay,
                                    lambda cluster: Driver(*self.first_peer, cluster))

    def run_peer(self, name, source, to, cases):
        """Its folder's `build` makes it in the folder `to`."""
        try:
            peers.build(source, to)
        except (RuntimeError, OSError, subprocess.SubprocessError) as error:
            self.measured.fail(name, error)
            return
        command = [source / "run", to]
        self.run_beside_cluster(cases, 0, lambda cluster: Driver(name, command, cluster), warm_seconds=WARM_SECONDS)

    def run_redis_benchmark(self, cases):
        self.run_beside_cluster(cases, 0, RedisBenchmark, pairs=min(self.pairs, 5))  # its rounds are long

    def run_beside_cluster(self, cases, delay, start_peer, **rules):
        if not cases:
            return
        try:
            with Cluster(self.programs, delay) as cluster:
                self.fill(cluster, sizes(cases))
                self.compare_all(cases, cluster, start_peer, **rules)
        except RuntimeError as error:
            self.measured.fail("before the first case", error)

    def compare_all(self, cases, cluster, start_peer, pairs=None, warm_seconds=0):
        drivers = None
        try:
            for case in cases:
                try:
                    drivers = drivers or self.start(cluster, start_peer)
                    comparison = compare(case, *drivers, cluster, pairs or self.pairs, self.seconds, warm_seconds)
                except (RuntimeError, OSError, ValueError, subprocess.SubprocessError) as error:
                    self.measured.fail(case.name, error)
                    close(drivers)  # they are in no known state
                    drivers = None
                    continue
                self.measured.comparisons.append(comparison)
                print(progress(comparison), file=sys.stderr, flush=True)
        finally:
            close(drivers)

    def fill(self, cluster, of_sizes):
        with contextlib.closing(Driver("hiredis", [self.programs / "bench_driver", "hiredis"], cluster)) as filler:
            for size in of_sizes:
                filler.fill(size)

    def start(self, cluster, start_peer):
        ours = Driver("ours", self.ours, cluster)
        try:
            return ours, start_peer(cluster)
        except Exception:
            ours.close()
            raise


def close(drivers):
    for driver in drivers or ():
        driver.close()


def progress(comparison):
    ours, rate = comparison.ours, comparison.rate
    limits = comparison.case.limits
    verdict = "" if not limits or comparison.peer != "hiredis" else "  ok" if comparison.held() else "  MISSED"
    return (f"{comparison.case.name:30} {ours.rate:10,.0f}/s  {rate.median:5.2f} ({rate.low:.2f}-{rate.high:.2f}) of"
            f" {comparison.peer:16} client {comparison.client.median:.2f} server {comparison.server.median:.2f}"
            f" both {comparison.both.median:.2f}{verdict}")
