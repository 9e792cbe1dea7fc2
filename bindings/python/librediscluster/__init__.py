"""For Redis and Valkey clusters: one object for any number of threads, which routes commands by their keys, follows
redirects, survives failovers and resharding, and says of every failure what became of the command.

    import librediscluster

    with librediscluster.Cluster([("127.0.0.1", 7000), "127.0.0.1:7001"]) as c:
        c.command("SET", "k", 1)
        c.watch(["k"], lambda w: [["SET", "k", int(w.command("GET", "k")) + 1]])
"""
from .cluster import ABORT, Attempt, Cancel, Cluster, Info, Scan, Watch, key_slot
from .errors import (AbortedError, AuthError, BusyError, CancelledError, ClosedError, ClusterDownError, ConnectError,
                     CrossSlotError, EmptyError, Error, InternalError, InvalidArgumentError, IOError, NoKeysError,
                     NoMemoryError, Part, PartialError, ProtocolError, ServerError, TimeoutError, TLSError,
                     TooManyRedirectsError, UnsupportedError, WatchConflictError)
from .native import library_version

__version__ = "1.0.0"
__all__ = [
    "ABORT", "AbortedError", "Attempt", "AuthError", "BusyError", "Cancel", "CancelledError", "ClosedError", "Cluster",
    "ClusterDownError", "ConnectError", "CrossSlotError", "EmptyError", "Error", "IOError", "Info", "InternalError",
    "InvalidArgumentError", "NoKeysError", "NoMemoryError", "Part", "PartialError", "ProtocolError", "Scan", "ServerError",
    "TLSError", "TimeoutError", "TooManyRedirectsError", "UnsupportedError", "Watch", "WatchConflictError", "key_slot",
    "library_version",
]
