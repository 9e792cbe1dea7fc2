"""Resident memory over many calls of each kind must not grow. Prints the growth of each.

    contract_with_cluster python leaks.py [CALLS]
"""
import logging
import os
import sys

import librediscluster

CALLS = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
MOST_KB = 2048


def resident_kb():
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


def failing(function, *arguments, **options):
    try:
        function(*arguments, **options)
    except (librediscluster.Error, TypeError, ZeroDivisionError):
        return
    sys.exit("a call that must fail has not")


LOGGER = logging.Logger("leaks")
LOGGER.addHandler(logging.NullHandler())
NODES = os.environ["RC_TEST_NODES"].split(",")
c = librediscluster.Cluster(NODES)
told = librediscluster.Cluster(NODES, on_attempt=lambda attempt: None)
told_badly = librediscluster.Cluster(NODES, on_attempt=lambda attempt: 1 / 0)
sys.unraisablehook = lambda _: None
c.command("SET", "k", "text")
c.command("DEL", "l")
c.command("RPUSH", "l", *range(20))
CASES = {
    "a command": (1, lambda: c.command("GET", "k")),
    "a command with options": (1, lambda: c.command("GET", "k", timeout=5, idempotent=True)),
    "a list": (1, lambda: c.command("LRANGE", "l", 0, -1)),
    "a pipeline": (10, lambda: c.pipeline([["GET", "k"], ["INCR", "k"]] * 5)),
    "a watch": (1, lambda: c.watch(["k"], lambda w: [["SET", "k", w.command("GET", "k")]])),
    "a server's error": (1, lambda: failing(c.command, "INCR", "k")),
    "a refused command": (1, lambda: failing(c.command, "SUNION", "a", "b")),
    "a refused pipeline": (1, lambda: failing(c.pipeline, [["SET", "k", 1], ["SUBSCRIBE", "x"]])),
    "a wrong argument": (1, lambda: failing(c.pipeline, [["SET", "k", 1.5], ["SET", "k", None]])),
    "a watch that raises": (1, lambda: failing(c.watch, ["k"], lambda w: 1 / 0)),
    "a watch that aborts": (1, lambda: failing(c.watch, ["k"], lambda w: librediscluster.ABORT)),
    "info": (1, c.info),
    "an explanation": (1, lambda: c.explain("GET", "k")),
    "a command with a hook": (1, lambda: told.command("GET", "k")),
    "a hook that raises": (1, lambda: told_badly.command("GET", "k")),
    "refused credentials": (20, lambda: failing(librediscluster.Cluster, NODES[0], credentials=lambda h, p: 1 / 0)),
    "an opening with functions": (50, lambda: librediscluster.Cluster(NODES, credentials=lambda h, p: "",
                                                                   on_attempt=lambda a: None,
                                                                   logger=LOGGER).command("PING")),
    "an opening": (50, lambda: librediscluster.Cluster(NODES).command("PING")),
    "an opening that fails": (1, lambda: failing(librediscluster.Cluster, ["h:x"], password="p")),
}
worst = 0
for name, (weight, call) in CASES.items():
    calls = CALLS // weight // (5 if "watch" in name else 1)
    for _ in range(calls // 10):
        call()
    before = resident_kb()
    for _ in range(calls):
        call()
    growth = resident_kb() - before
    worst = max(worst, growth)
    print(f"{name}: {growth} kB over {calls} calls", flush=True)
if worst > MOST_KB and "RC_TEST_UNDER_VALGRIND" not in os.environ:
    sys.exit(f"memory grows: {worst} kB")
