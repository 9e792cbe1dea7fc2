"""The driver protocol for clients in Python: rounds of blocking calls by threads that share one client.

A client has these attributes: get(key), set(key, value) and mget(keys), the client's own methods where they fit, so that
nothing stands between the loop and the client; pipeline(keys); ok, what a good set returns. Keys and values are bytes.
"""

import json
import os
import sys
import threading
from time import perf_counter


def die(message):
    print("driver: " + message, file=sys.stderr, flush=True)
    os._exit(1)


class Workload:
    """Keys and values of one size; all lists go on after their end, so that a slice of `batch` can start at any key."""

    def __init__(self, op, size, batch):
        self.count = 100 if op == "mget" or size >= 65536 else 3000
        if size >= 4 << 20:
            self.count = 4
        name = "bench:%d:{m}:%d" if op == "mget" else "bench:%d:%d"
        keys = [(name % (size, i)).encode() for i in range(self.count)]
        values = [((key + b":") * (size // len(key) + 1))[:size] for key in keys]
        times = 1 + -(-batch // self.count)
        self.keys = keys * times
        self.values = values * times


def call_by_call(client, op, workload, index, seconds, latencies):
    call = getattr(client, op)
    if op == "get":
        work = [((key,), value) for key, value in zip(workload.keys, workload.values)]
    else:
        work = [(pair, client.ok) for pair in zip(workload.keys, workload.values)]
    count = workload.count
    before = perf_counter()
    deadline = before + seconds
    while before < deadline:
        arguments, expected = work[index]
        if call(*arguments) != expected:
            die("wrong reply to %s %s" % (op, arguments[0].decode()))
        index += 1
        if index == count:
            index = 0
        after = perf_counter()
        latencies.append(after - before)
        before = after


def many_by_call(client, op, workload, index, batch, seconds, latencies):
    call = getattr(client, op)
    step = batch if op == "pipeline" else 1
    before = perf_counter()
    deadline = before + seconds
    while before < deadline:
        if call(workload.keys[index : index + batch]) != workload.values[index : index + batch]:
            die("wrong reply to %s at %s" % (op, workload.keys[index].decode()))
        index = (index + step) % workload.count
        after = perf_counter()
        latencies.append(after - before)
        before = after


def run_round(client, op, parallel, size, batch, seconds):
    workload = Workload(op, size, batch)
    latencies = [[] for _ in range(parallel)]
    start = threading.Barrier(parallel + 1)

    def caller(number):
        index = number * 700 % workload.count
        start.wait()
        try:
            if op in ("get", "set"):
                call_by_call(client, op, workload, index, seconds, latencies[number])
            else:
                many_by_call(client, op, workload, index, batch, seconds, latencies[number])
        except Exception as error:  # nobody reads what a thread raises
            die("%s: %r" % (op, error))

    threads = [threading.Thread(target=caller, args=(number,)) for number in range(parallel)]
    for thread in threads:
        thread.start()
    start.wait()
    began = perf_counter()
    for thread in threads:
        thread.join()
    took = perf_counter() - began
    ordered = sorted(one for several in latencies for one in several)
    at = [ordered[min(len(ordered) - 1, int(len(ordered) * part))] for part in (0.5, 0.99, 0.999)]
    return {
        "commands": len(ordered) * (batch if op == "pipeline" else 1),
        "seconds": round(took, 6),
        "latency_us": [round(one * 1e6, 1) for one in at],
    }


def nodes_of(arguments):
    if len(arguments) != 3 or arguments[1] != "--nodes":
        sys.exit("usage: %s --nodes HOST:PORT,..." % arguments[0])
    nodes = [address.rpartition(":") for address in arguments[2].split(",")]
    return [(host, int(port)) for host, _, port in nodes]


def serve(client):
    for line in sys.stdin:
        words = line.split()
        if len(words) != 6 or words[0] != "round" or words[1] not in ("get", "set", "mget", "pipeline"):
            answer = {"error": "this driver does not know: " + line.strip()}
        else:
            op, parallel, size, batch = words[1], int(words[2]), int(words[3]), int(words[4])
            answer = run_round(client, op, parallel, size, batch, float(words[5]))
        print(json.dumps(answer), flush=True)
