"""redis-benchmark --cluster, made to look like a driver. It checks no reply, and makes its connections in each round."""
import csv
import os
import resource
import subprocess

import processes
from driver import DriverFailed, Round


SECONDS = 2  # a round at least: it looks only four times a second whether it is done


class RedisBenchmark:
    name = "redis-benchmark"
    pids = ()

    def __init__(self, cluster):
        self.cluster = cluster
        self.host, self.port = cluster.nodes.split(",")[0].rsplit(":", 1)
        self.rates = {}
        self.run("set", 1, 1, 16, 10000, processes.ALL)

    def run(self, operation, callers, batch, size, count, cpus):
        command = ["redis-benchmark", "--cluster", "-h", self.host, "-p", self.port, "-t", operation, "--csv",
                   "-c", str(callers), "-P", str(batch), "-d", str(size), "-n", str(count), "-r", "3000"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120,
                              preexec_fn=lambda: os.sched_setaffinity(0, cpus))
        rows = [row for row in csv.reader(done.stdout.splitlines()) if len(row) > 1 and row[0].lower() == operation]
        if done.returncode != 0 or not rows:
            raise DriverFailed(self, f"failed: {(done.stderr or done.stdout).strip()[-300:]}")
        row = rows[-1]
        return float(row[1]), [float(row[4]) * 1000, float(row[6]) * 1000] if len(row) > 6 else None

    def round(self, case, seconds):
        operation = "get" if case.operation == "pipeline" else case.operation
        at_once = case.callers * case.batch
        rate = self.rates.get(case.name, 10000 * case.batch)
        count = max(1, round(rate * max(seconds, SECONDS) / at_once)) * at_once
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        server = processes.cpu_seconds(self.cluster.pids)
        rate, latency = self.run(operation, case.callers, case.batch, case.size, count,
                                 processes.LAST if case.one_cpu else processes.ALL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.rates[case.name] = rate
        return Round(count, count / rate, latency,
                     after.ru_utime + after.ru_stime - usage.ru_utime - usage.ru_stime,
                     processes.cpu_seconds(self.cluster.pids) - server, 0, 0)

    def close(self):
        pass
