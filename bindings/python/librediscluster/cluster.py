"""A cluster and what is done with it."""
import collections
import logging
import os
import threading

from . import native, settings
from .errors import _CLASSES, _OUTCOMES, Error, InvalidArgumentError, _make
from .settings import boolean, integer, milliseconds, path, text


class _Abort:
    """The type of ABORT."""

    def __repr__(self):
        return "librediscluster.ABORT"


#: What the function given to Cluster.watch returns to give up.
ABORT = _Abort()

native.set_up(Error, _make, ABORT)
native.set_main_thread(threading.main_thread().ident)
os.register_at_fork(after_in_child=lambda: native.set_main_thread(threading.get_ident()))


#: An attempt to have a node run a command, as told to on_attempt: duration in seconds, number from 1, code None for a
#: reply, else such as "TIMEOUT".
Attempt = collections.namedtuple("Attempt", "host port command duration number code server_code outcome")


class Info(dict):
    """What Cluster.info tells."""

    def slot_owner(self, slot):
        """The index in "nodes" of the node that owns a slot, or None."""
        for index, node in enumerate(self["nodes"]):
            if any(first <= slot <= last for first, last in node["ranges"]):
                return index
        return None


class Cancel:
    """Ends calls from another thread: give it to calls as `cancel=`, then fire it.

    What is fired stays fired: calls that are given it later end at once.

    As a context it is fired at the end. So a coroutine that is cancelled takes its call along, which would else keep its
    thread of the pool from others:

        with librediscluster.Cancel() as cancel:
            return await asyncio.to_thread(cluster.command, "BLPOP", "queue", 0, cancel=cancel)
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

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.fire()


class Scan:
    """An iterator over the keys of the whole cluster: Cluster.scan_iter. Several threads may take keys from one."""

    __slots__ = ("_native", "_options", "_lock", "_page", "_behind", "_cursor", "_doubtful")

    def __init__(self, scan, options):
        self._native = scan
        self._options = options
        self._lock = threading.Lock()
        self._page = []
        self._behind = self._cursor = scan.cursor()
        self._doubtful = []

    def __iter__(self):
        return self

    def __next__(self):
        with self._lock:
            if not self._page:
                self._next_page()
            key = self._page.pop()
            if not self._page:
                self._cursor = self._behind
            return key

    def _next_page(self):
        page = self._native.next(self._options)
        self._behind = self._native.cursor()
        if self._native.doubtful_count() != len(self._doubtful):
            self._doubtful = [self._native.doubtful_slot(i) for i in range(self._native.doubtful_count())]
        if page is None:
            self._cursor = self._behind
            raise StopIteration
        page.reverse()
        self._page = page

    @property
    def cursor(self):
        """A str from which another scan, of any process, goes on: scan_iter(cursor=...). It comes before the keys of a page
        of which not all have been taken, so that some may come twice but none is missed."""
        return self._cursor

    @property
    def doubtful_slots(self):
        """A list of the slots of which it cannot be proven that every key was seen. Whole at the end."""
        return list(self._doubtful)


class Watch:
    """A watch session, for the time of the function given to Cluster.watch."""

    __slots__ = ("_native",)

    def __init__(self, session):
        self._native = session

    def command(self, *arguments):
        """Sends a command over the connection that watches, and returns its reply. It is executed at once: use it to read."""
        session = self._native
        if session is None:
            raise InvalidArgumentError("the watch session has ended: it lasts as long as the function given to watch")
        return session.command(arguments)


class Cluster:
    """A Redis Cluster. One object serves any number of threads, and forked children.

    nodes             (host, port) pairs or "host:port" texts; one is enough, several are better
    url               instead of or besides nodes: "redis://user:password@host:7000,host2:7001/?timeout_ms=1000"; "rediss://"
                      turns TLS on
    username, password, name
    credentials       a function (host, port) that gives (user, password) or a password, asked at each connect. What it raises
                      makes the calls that need the connection fail with AuthError
    timeout           seconds for a whole call, whatever happens in it
    connect_timeout   seconds for one attempt to connect, within the call's time
    max_redirects     in a row, for one call
    watch_retries     how often watch starts again after a watched key has changed
    database          the number of the one that all commands are for; 0 is the only one in most clusters
    refresh_interval  seconds after which a handle that has had no reason to asks again how the slots are spread; 0: never
    read_from         where commands that only read may go: "primary", "prefer_replica", "replica", "round_robin",
                      "lowest_latency" or "same_zone"; zone is the caller's
    protocol          2 or 3
    tls               True: connections are encrypted; any other tls_ option but tls_verify turns it on too
    tls_verify        False: certificates are not verified
    tls_ca_file, tls_ca_dir, tls_certificate with tls_key (and tls_key_password), tls_server_name
    tls_min_version   "1.2" or "1.3"
    address_map       {"host:port": "host:port"}: where to connect to for nodes that announce what does not lead there
    logger            a logging.Logger that is told what happens inside, up to the level that it has now
    on_attempt        a function that is told of each Attempt to have a node run a command
    decode_responses  True: strings of replies are str (UTF-8; other bytes by surrogateescape), not bytes
    cancel            ends the opening

    Arguments of commands are bytes, str (as UTF-8), int or float. Replies are bytes or str, int, None, lists; with protocol
    3 also dict, set, float and bool. Each call takes `timeout` (seconds), `idempotent` (it may be executed more than once: it
    is sent again where its outcome is not known), `cancel` (a Cancel) and `read_from`. command and explain also take (and
    pipeline: split)

    route      "one", "primaries" or "nodes", where a command without keys goes, instead of "auto": as it means it
    node       "host:port" or (host, port): to that node, a replica too; no redirect is followed
    route_key  to the primary of that key's slot
    split      False: MGET, MSET, DEL, UNLINK, EXISTS and TOUCH with keys in several slots are refused, not sent in parts
    combine    "by_node": a dict with what each node answered, or its Error, instead of one reply

    A command over several nodes that succeeded in part raises PartialError.

    Functions given here run on the threads that make calls, several at once, and make them wait. What logger and on_attempt
    raise is told to sys.unraisablehook.
    """

    __slots__ = ("_native", "__weakref__")

    def __init__(self, nodes=None, *, url=None, username=None, password=None, credentials=None, name=None, timeout=None,
                 connect_timeout=None, max_redirects=None, watch_retries=None, database=None, refresh_interval=None,
                 read_from=None, zone=None, protocol=None, tls=None, tls_verify=None, tls_ca_file=None, tls_ca_dir=None,
                 tls_certificate=None, tls_key=None, tls_key_password=None, tls_server_name=None, tls_min_version=None,
                 address_map=None, logger=None, on_attempt=None, decode_responses=False, cancel=None):
        credentials, on_attempt = settings.function("credentials", credentials), settings.function("on_attempt", on_attempt)
        boolean("decode_responses", decode_responses)
        call = _call_options(None, False, cancel, None)
        options = native.NativeOptions()
        if url is not None:
            options.use_url(text("url", url))
        settings.add_nodes(options, nodes)
        texts = {"username": text("username", username), "password": text("password", password), "name": text("name", name),
                 "zone": text("zone", zone), "tls_ca_file": path("tls_ca_file", tls_ca_file),
                 "tls_ca_dir": path("tls_ca_dir", tls_ca_dir),
                 "tls_key_password": text("tls_key_password", tls_key_password),
                 "tls_server_name": text("tls_server_name", tls_server_name)}
        numbers = {"timeout_ms": milliseconds("timeout", timeout),
                   "connect_timeout_ms": milliseconds("connect_timeout", connect_timeout),
                   "refresh_interval_ms": milliseconds("refresh_interval", refresh_interval),
                   "database": integer("database", database),
                   "max_redirects": integer("max_redirects", max_redirects),
                   "watch_retries": integer("watch_retries", watch_retries), "protocol": integer("protocol", protocol),
                   "read_from": settings.choice("read_from", read_from, settings.READ_FROM),
                   "tls_min_version": settings.choice("tls_min_version", tls_min_version, settings.TLS_VERSIONS),
                   "tls_verify": boolean("tls_verify", tls_verify), "tls": boolean("tls", tls)}
        for option, value in texts.items():
            if value is not None:
                options.set_text(option, value)
        if tls_certificate is not None or tls_key is not None:
            options.set_certificate(path("tls_certificate", tls_certificate) or "", path("tls_key", tls_key) or "")
        for option, value in numbers.items():
            if value is not None:
                options.set_number(option, int(value))
        settings.map_addresses(options, address_map)
        if credentials is not None:
            options.set_credentials(credentials)
        if logger is not None:
            _set_logger(options, logger)
        if on_attempt is not None:
            options.set_attempt_hook(lambda *fields: on_attempt(_attempt(*fields)))
        self._native = options.open(call, bool(decode_responses))

    @classmethod
    def find(cls, name, *, decode_responses=False):
        """Another object for the open cluster of that name, or None."""
        settings.check("name", name, isinstance(name, str), "a str")
        found = native.NativeCluster.find(text("name", name), bool(boolean("decode_responses", decode_responses)))
        if found is None:
            return None
        cluster = cls.__new__(cls)
        cluster._native = found
        return cluster

    def command(self, *arguments, timeout=None, idempotent=False, cancel=None, read_from=None, route=None, node=None,
                route_key=None, split=None, combine=None):
        """Sends a command to the node that serves its keys, and returns the reply."""
        if (timeout is cancel is read_from is route is node is route_key is split is combine is None
                and idempotent is False):
            return self._native.command(None, arguments)
        return self._native.command(_call_options(
            timeout, idempotent, cancel, read_from, route, node, route_key, split, combine), arguments)

    def pipeline(self, commands, *, timeout=None, idempotent=False, cancel=None, read_from=None, split=None):
        """Sends many commands at once and returns their replies in order. One that failed has its Error there."""
        return self._native.pipeline(_call_options(timeout, idempotent, cancel, read_from, split=split), commands)

    def transaction(self, commands, *, timeout=None, idempotent=False, cancel=None, read_from=None):
        """Executes commands as a unit (MULTI, EXEC), all keys in one slot, and returns their replies."""
        return self._native.transaction(_call_options(timeout, idempotent, cancel, read_from), commands)

    def watch(self, keys, function, *, timeout=None, idempotent=False, cancel=None, read_from=None):
        """Watches keys, calls function(watch), and executes the commands that it returns, unless a key has changed
        meanwhile: then all of it starts again. Returns their replies.

        What the function raises aborts and arrives here; ABORT aborts with AbortedError.
        """
        settings.check("function", function, callable(function), "a function")

        def session(opened):
            watch = Watch(opened)
            try:
                return function(watch)
            finally:
                watch._native = None

        return self._native.watch(_call_options(timeout, idempotent, cancel, read_from), keys, session)

    def explain(self, *arguments, timeout=None, idempotent=False, cancel=None, read_from=None, route=None, node=None,
                route_key=None, split=None, combine=None):
        """What would be done with a command, without sending it: "text" (in English), "keys", "slot" (or None), "node" (host
        and port where it would go now, or None), "read_only", "may_block"."""
        return self._native.explain(_call_options(
            timeout, idempotent, cancel, read_from, route, node, route_key, split, combine), arguments)

    def scan_iter(self, match=None, count=None, type=None, cursor=None, *,  # pylint: disable=redefined-builtin
                  timeout=None, cancel=None):
        """Iterates over all keys: every key that is there from the beginning to the end comes at least once, while slots
        move and primaries die, or its slot is in `doubtful_slots` of the Scan.

        match    only keys that match this pattern; where its hash tag is literal, only that slot is asked
        count    how many keys a page should have, a hint
        type     only keys of that type: "string", "hash", ...
        cursor   goes on where another scan was, whose `cursor` this is: with the same match and type
        timeout  seconds for each page
        """
        scan = self._native.scan()
        if match is not None:
            scan.set_match((match,))
        if count is not None:
            scan.set_count(integer("count", count))
        if type is not None:
            scan.set_type(text("type", type))
        if cursor is not None:
            scan.set_cursor(text("cursor", cursor))
        return Scan(scan, _call_options(timeout, False, cancel, None))

    def info(self):
        """What the client knows, an Info: "nodes" (host, port, id, primary, the index of the primary that it replicates,
        connected, how many slots, and which as ranges), "slots_covered", "seeds", "counters"."""
        return Info(self._native.info())

    def refresh(self):
        """Asks for the cluster's layout now."""
        self._native.refresh(None)

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


_LEVELS = {native.RC_LOG_ERROR: logging.ERROR, native.RC_LOG_WARNING: logging.WARNING, native.RC_LOG_INFO: logging.INFO,
           native.RC_LOG_DEBUG: logging.DEBUG}


def _set_logger(options, logger):
    settings.check("logger", logger, hasattr(logger, "isEnabledFor") and hasattr(logger, "log"), "a logging.Logger")
    wanted = [ours for ours, theirs in _LEVELS.items() if logger.isEnabledFor(theirs)]
    if wanted:
        options.set_log(max(wanted), lambda level, line: logger.log(_LEVELS.get(level, logging.DEBUG), "%s", line))


def _attempt(host, port, command, duration_us, number, code, server_code, outcome):
    name = None if code == 0 else _CLASSES[code].code if code in _CLASSES else native.code_name(code).replace("RC_ERR_", "")
    return Attempt(host, port, command, duration_us / 1e6, number, name, server_code, _OUTCOMES.get(outcome, "UNKNOWN"))


def _call_options(timeout, idempotent, cancel, read_from, route=None, node=None, route_key=None, split=None, combine=None):
    boolean("idempotent", idempotent)
    if timeout is cancel is read_from is route is node is route_key is split is combine is None and not idempotent:
        return None
    if sum(way is not None for way in (route, node, route_key)) > 1:
        raise InvalidArgumentError("give one of route, node and route_key")
    options = native.NativeCallOptions()
    if timeout is not None:
        options.set_timeout_ms(milliseconds("timeout", timeout))
    if idempotent:
        options.set_idempotent(True)
    if cancel is not None:
        settings.check("cancel", cancel, isinstance(cancel, Cancel), "a Cancel")
        cancel._native.put_into(options)
    if read_from is not None:
        options.set_read_from(settings.choice("read_from", read_from, settings.READ_FROM))
    if route is not None:
        options.set_route(settings.choice("route", route, settings.ROUTES))
    if node is not None:
        options.set_route_node(settings.address("node", node))
    if route_key is not None:
        options.set_route_key((route_key,))
    if split is not None:
        options.set_split(boolean("split", split))
    if combine is not None:
        options.set_combine(settings.choice("combine", combine, settings.COMBINE))
    return options
