"""valkey-glide: the synchronous cluster client. Threads share it; its Rust core multiplexes a connection a node."""

import sys

import driver_protocol as protocol
from glide_sync import ClusterBatch, GlideClusterClient, GlideClusterClientConfiguration, NodeAddress


class Client:
    ok = "OK"

    def __init__(self, nodes):
        self.cluster = GlideClusterClient.create(
            GlideClusterClientConfiguration(
                [NodeAddress(host, port) for host, port in nodes],
                request_timeout=10000,  # the default of 250 ms is short for a busy machine
            )
        )
        self.get = self.cluster.get
        self.set = self.cluster.set
        self.mget = self.cluster.mget

    def pipeline(self, keys):
        batch = ClusterBatch(is_atomic=False)
        for key in keys:
            batch.get(key)
        return self.cluster.exec(batch, raise_on_error=True)


protocol.serve(Client(protocol.nodes_of(sys.argv)))
