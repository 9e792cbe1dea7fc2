import sys

import librediscluster

with librediscluster.Cluster(sys.argv[1:] or ["127.0.0.1:7000"], decode_responses=True) as cluster:
    cluster.command("RPUSH", "queue", "hello, cluster")
    print(cluster.command("LPOP", "queue"))
