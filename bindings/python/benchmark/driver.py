"""The Python package behind the driver protocol of benchmarks/: threads share one Cluster."""

import functools
import sys

import driver_protocol as protocol
import librediscluster


class Client:
    ok = b"OK"

    def __init__(self, nodes):
        self.cluster = librediscluster.Cluster(nodes)
        self.get = functools.partial(self.cluster.command, "GET")
        self.set = functools.partial(self.cluster.command, "SET")

    def mget(self, keys):
        return self.cluster.command("MGET", *keys)

    def pipeline(self, keys):
        return self.cluster.pipeline([("GET", key) for key in keys])


protocol.serve(Client(protocol.nodes_of(sys.argv)))
