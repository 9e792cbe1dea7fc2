"""Other processes' CPU time, and the processors they run on."""
import os
import time


def cpu_seconds(pids):
    """CPU time of the processes with all their threads, those that have ended included. The kernel counts it in
    nanoseconds; this is how clock_getcpuclockid(3) names a process' clock."""
    return sum(time.clock_gettime((~pid << 3) | 2) for pid in pids)


ALL = os.sched_getaffinity(0)
LAST = {max(ALL)}  # the first often serves the interrupts


def run_on(pids, cpus):
    for pid in pids:
        for thread in os.listdir(f"/proc/{pid}/task"):
            try:
                os.sched_setaffinity(int(thread), cpus)
            except ProcessLookupError:
                pass  # a thread that has just ended
