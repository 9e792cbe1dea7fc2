"""A cluster and what is done with it."""
import math
import os
import signal
import threading
from _signal import getsignal  # that of signal looks for the member of an enum first, by an exception

from . import native
from .errors import Error, _make


class _Abort:
    """The type of ABORT."""

    def __repr__(self):
        return "rediscluster.ABORT"


#: What the function given to Cluster.watch returns to give up.
ABORT = _Abort()

native.set_up(Error, _make, ABORT, getsignal, signal.default_int_handler)
native.set_main_thread(threading.main_thread().ident)
os.register_at_fork(after_in_child=lambda: native.set_main_thread(threading.get_ident()))


class Cancel:
    """Ends calls from another thread: give it to calls as `cancel=`, then fire it.

    What is fired stays fired: calls that are given it later end at once.
    """

    __slots__ = ("_native",)

    def __init__(self):
        self._native = native.NativeCancel()

    def fire(self):
        """Ends the calls that were given it with CancelledError."""
        self._native.fire()

    @property
    def fired(self):
        """Whether it was fired."""
        return self._native.fired()


class Watch:
    """A watch session, for the time of the function given to Cluster.watch."""

    __slots__ = ("_native",)

    def __init__(self, session):
        self._native = session

    def command(self, *arguments):
        """Sends a command over the connection that watches, and returns its reply. It is executed at once: use it to read."""
        return self._native.command(arguments)


class Cluster:
    """A Redis Cluster. One object serves any number of threads, and forked children.

    nodes             (host, port) pairs or "host:port" texts; one is enough, several are better
    url               instead of nodes: "redis://user:password@host:7000,host2:7001/?timeout_ms=1000"
    username, password, name
    timeout           seconds for a whole call, whatever happens in it
    connect_timeout   seconds for one attempt to connect, within the call's time
    max_redirects     in a row, for one call
    watch_retries     how often watch starts again after a watched key has changed
    decode_responses  True: strings of replies are str (UTF-8; other bytes by surrogateescape), not bytes
    cancel            ends the opening

    Arguments of commands are bytes, str (as UTF-8), int or float. Replies are bytes or str, int, None, lists and dicts.
    Each call takes `timeout` (seconds), `idempotent` (it may be executed more than once: it is sent again where its
    outcome is not known) and `cancel` (a Cancel).
    """

    __slots__ = ("_native", "__weakref__")

    def __init__(self, nodes=None, *, url=None, username=None, password=None, name=None, timeout=None,
                 connect_timeout=None, max_redirects=None, watch_retries=None, decode_responses=False, cancel=None):
        options = native.NativeOptions()
        if url is not None:
            options.use_url(url)
        if isinstance(nodes, str):
            nodes = [nodes]
        for node in nodes or ():
            if isinstance(node, str):
                options.add_address(node)
            else:
                options.add_node(*node)
        for value, setter in (
                (username, options.set_username),
                (password, options.set_password),
                (name, options.set_name),
                (_milliseconds(timeout), options.set_timeout_ms),
                (_milliseconds(connect_timeout), options.set_connect_timeout_ms),
                (max_redirects, options.set_max_redirects),
                (watch_retries, options.set_watch_retries)):
            if value is not None:
                setter(value)
        self._native = options.open(_call_options(None, False, cancel), decode_responses)

    @classmethod
    def find(cls, name, *, decode_responses=False):
        """Another object for the open cluster of that name, or None."""
        found = native.NativeCluster.find(name, decode_responses)
        if found is None:
            return None
        cluster = cls.__new__(cls)
        cluster._native = found
        return cluster

    def command(self, *arguments, timeout=None, idempotent=False, cancel=None):
        """Sends a command to the node that serves its keys, and returns the reply."""
        if timeout is None and cancel is None and not idempotent:
            return self._native.command(None, arguments)
        return self._native.command(_call_options(timeout, idempotent, cancel), arguments)

    def pipeline(self, commands, *, timeout=None, idempotent=False, cancel=None):
        """Sends many commands at once and returns their replies in order. One that failed has its Error there."""
        return self._native.pipeline(_call_options(timeout, idempotent, cancel), commands)

    def transaction(self, commands, *, timeout=None, idempotent=False, cancel=None):
        """Executes commands as a unit (MULTI, EXEC), all keys in one slot, and returns their replies."""
        return self._native.transaction(_call_options(timeout, idempotent, cancel), commands)

    def watch(self, keys, function, *, timeout=None, idempotent=False, cancel=None):
        """Watches keys, calls function(watch), and executes the commands that it returns, unless a key has changed
        meanwhile: then all of it starts again. Returns their replies.

        What the function raises aborts and arrives here; ABORT aborts with AbortedError.
        """
        return self._native.watch(_call_options(timeout, idempotent, cancel), keys,
                                  lambda session: function(Watch(session)))

    def info(self):
        """What the client knows: "nodes" (host, port, primary, connected, slots), "slots_covered", "seeds", "counters"."""
        return self._native.info()

    def refresh(self):
        """Asks for the cluster's layout now."""
        self._native.refresh()

    def close(self):
        """Closes the cluster. Calls under way end with ClosedError. May be called more than once, by any thread."""
        self._native.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def key_slot(key):
    """The hash slot of a key, 0 to 16383."""
    return native.slot_of_key((key,))


def _milliseconds(seconds):
    return None if seconds is None else min(math.ceil(seconds * 1000), 2**31 - 1)


def _call_options(timeout, idempotent, cancel):
    if timeout is None and cancel is None and not idempotent:
        return None
    options = native.NativeCallOptions()
    if timeout is not None:
        options.set_timeout_ms(_milliseconds(timeout))
    if idempotent:
        options.set_idempotent(True)
    if cancel is not None:
        cancel._native.put_into(options)
    return options
