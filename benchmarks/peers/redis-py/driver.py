"""redis-py: RedisCluster with the hiredis parser. Threads share the cluster client; its pools grow with them."""

import sys

import driver_protocol as protocol
from redis.cluster import ClusterNode, RedisCluster
from redis.utils import HIREDIS_AVAILABLE


class Client:
    ok = True

    def __init__(self, nodes):
        self.cluster = RedisCluster(startup_nodes=[ClusterNode(host, port) for host, port in nodes])
        self.get = self.cluster.get
        self.set = self.cluster.set
        self.mget = self.cluster.mget

    def pipeline(self, keys):
        pipeline = self.cluster.pipeline()
        for key in keys:
            pipeline.get(key)
        return pipeline.execute()


if not HIREDIS_AVAILABLE:
    protocol.die("the hiredis parser is not installed")
protocol.serve(Client(protocol.nodes_of(sys.argv)))
