"""What the contract cannot say: Python's own values, the global lock, Ctrl-C, exceptions, typing."""
import _thread
import ast
import asyncio
import concurrent.futures
import ctypes
import gc
import inspect
import logging
import math
import os
import pathlib
import pickle
import signal
import socket
import subprocess
import threading
import sys
import time
import traceback
import unittest
import warnings
import weakref

import librediscluster

NODES = os.environ["RC_TEST_NODES"].split(",")


OPENS = r'ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-16383 a\n'


def control(line):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(os.environ["RC_TEST_CONTROL"])
        connection.sendall(line.encode() + b"\n")
        answer = connection.makefile().readline().strip()
    assert answer.startswith("ok"), answer
    return answer[3:]


def wait_blocked(count=1):
    control(f"wait-blocked {count}")


class Silent:
    """An address that accepts and says nothing."""

    def __enter__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        return self.socket.getsockname()

    def __exit__(self, *_):
        self.socket.close()


class ClusterTest(unittest.TestCase):
    def setUp(self):
        self.c = librediscluster.Cluster(NODES, timeout=15)
        self.c.command("DEL", "k")
        self.addCleanup(self.c.close)


class Values(ClusterTest):
    def test_arguments_of_every_type(self):
        for given, stored in ((b"\x00\xff", b"\x00\xff"), ("grün", "grün".encode()), (7, b"7"), (-2**70, b"-%d" % 2**70),
                              (1.5, b"1.5"), (bytearray(b"ab"), b"ab"), (memoryview(b"cd"), b"cd"), ("", b""), (b"", b"")):
            with self.subTest(given=given):
                self.c.command("SET", "k", given)
                self.assertEqual(self.c.command("GET", "k"), stored)

    def test_other_types_are_refused_by_name(self):
        for bad in (None, True, object(), ["x"], {}):
            with self.subTest(bad=bad), self.assertRaisesRegex(TypeError, "argument 2"):
                self.c.command("SET", "k", bad)
        with self.assertRaisesRegex(TypeError, "argument 2 is c_int"):
            self.c.command("SET", "k", ctypes.c_int(5))
        with self.assertRaisesRegex(TypeError, "key 1 is NoneType"):
            self.c.watch(["k", None], lambda w: None)

    def test_a_float_is_sent_as_a_float(self):
        class Shown(float):
            def __repr__(self):
                return "Shown(...)"

        self.c.command("SET", "k", Shown(1.5))
        self.assertEqual(self.c.command("GET", "k"), b"1.5")

    def test_what_has_no_order_is_no_command(self):
        for bad in ({"GET", "k"}, frozenset(["GET"]), {"GET": "k"}, bytearray(b"GET"), memoryview(b"GET"), "GET k",
                    b"GET k", 5):
            with self.subTest(bad=bad):
                with self.assertRaisesRegex(TypeError, r'a command is a list of arguments, \["GET", "k"\], not '):
                    self.c.pipeline([bad])
                with self.assertRaisesRegex(TypeError, r'commands are a list of lists, \[\["GET", "k"\]\], not '):
                    self.c.pipeline(bad)
                with self.assertRaisesRegex(TypeError, r'keys are a list, \["k"\], not '):
                    self.c.watch(bad, lambda w: None)

    def test_replies_are_native(self):
        self.assertEqual(self.c.command("SET", "k", 1), b"OK")
        self.assertEqual(self.c.command("INCR", "k"), 2)
        self.assertIsNone(self.c.command("GET", "missing"))
        self.assertEqual(self.c.command("EVAL", "return {1, {'a', {}}}", 1, "k"), [1, [b"a", []]])

    def test_decoded_replies_and_back(self):
        with librediscluster.Cluster(NODES, decode_responses=True) as c:
            self.assertEqual(c.command("SET", "k", "grün"), "OK")
            self.assertEqual(c.command("GET", "k"), "grün")
            self.assertEqual(c.pipeline([["GET", "k"]]), ["grün"])
            self.assertEqual(c.watch(["k"], lambda w: [["APPEND", "k", w.command("GET", "k")], ["GET", "k"]]),
                             [10, "grüngrün"])
            c.command("SET", "k", b"\xff\xfe")
            text = c.command("GET", "k")
            c.command("SET", "k", text)
            self.assertEqual(self.c.command("GET", "k"), b"\xff\xfe")

    def test_any_iterable_of_commands(self):
        self.assertEqual(self.c.pipeline(("SET", "k", i) for i in range(2)), [b"OK", b"OK"])
        self.assertEqual(self.c.pipeline([("GET", "k"), iter(["GET", "k"])]), [b"1", b"1"])

    def test_nodes_in_every_form(self):
        host, port = NODES[0].rsplit(":", 1)
        for nodes in ([(host, int(port))], [NODES[0]], NODES[0], iter(NODES)):
            with librediscluster.Cluster(nodes) as c:
                self.assertEqual(c.command("PING"), b"PONG")
        with librediscluster.Cluster(url=f"redis://{NODES[0]}/?timeout_ms=4000") as c:
            self.assertEqual(c.command("PING"), b"PONG")

    def test_info(self):
        info = self.c.info()
        self.assertEqual(info["slots_covered"], 16384)
        self.assertEqual(sum(node["slots"] for node in info["nodes"]), 16384)
        self.assertEqual(info["seeds"], NODES)
        self.assertIs(info["nodes"][0]["primary"], True)
        self.assertGreaterEqual(info["counters"]["connects"], 1)

    def test_the_slot_of_a_key(self):
        self.assertEqual(librediscluster.key_slot("foo"), 12182)
        self.assertEqual(librediscluster.key_slot(b"foo"), 12182)
        self.assertEqual(librediscluster.library_version(), librediscluster.__version__)


class Errors(ClusterTest):
    def test_classes_and_fields(self):
        self.c.command("SET", "k", "text")
        with self.assertRaises(librediscluster.ServerError) as caught:
            self.c.command("LPUSH", "k", 1)
        error = caught.exception
        self.assertIsInstance(error, librediscluster.Error)
        self.assertEqual((error.code, error.server_code, error.outcome, error.may_have_executed),
                         ("SERVER", "WRONGTYPE", "EXECUTED", True))
        with self.assertRaises(TimeoutError):  # the built-in one too
            self.c.command("BLPOP", "q", 0, timeout=0.05)
        with self.assertRaises(ConnectionError):
            librediscluster.Cluster(["127.0.0.1:1"], timeout=1)
        with self.assertRaises(ValueError):
            self.c.command("SUNION", "a", "b")

    def test_every_code_has_a_class(self):
        for kind in librediscluster.Error.__subclasses__():
            self.assertIs(getattr(librediscluster, kind.__name__), kind)

    def test_errors_can_be_pickled(self):
        error = self.c.pipeline([["SET", "k", "text"], ["INCR", "k"]])[1]
        copy = pickle.loads(pickle.dumps(error))
        self.assertEqual((type(copy), str(copy), copy.code, copy.server_code, copy.outcome),
                         (type(error), str(error), "SERVER", "ERR", "EXECUTED"))

    def test_a_password_is_in_no_message(self):
        with self.assertRaises(librediscluster.Error) as caught:
            librediscluster.Cluster(["127.0.0.1:1"], password="hunter2", timeout=1)
        self.assertNotIn("hunter2", str(caught.exception))


class Options(ClusterTest):
    def test_credentials_are_asked_at_each_connect(self):
        node = control(rf'script "ALWAYS EXPECT AUTH ann one -> REPLY +OK\nALWAYS EXPECT AUTH two -> REPLY +OK\n{OPENS}"')
        asked = []

        def credentials(host, port):
            asked.append(f"{host}:{port}")
            return ("ann", "one") if len(asked) == 1 else "two"

        with librediscluster.Cluster(node, credentials=credentials) as c:
            self.assertEqual(set(asked), {node})
            self.assertEqual(c.info()["slots_covered"], 16384)

    def test_what_credentials_raise_is_in_the_error(self):
        def credentials(host, port):
            raise OSError("the vault is sealed")

        for given, text in ((credentials, "OSError: the vault is sealed"), (lambda h, p: 5, "TypeError: give a password"),
                            (lambda h, p: ("a", 5), "TypeError"), (lambda: "x", "TypeError")):
            with self.subTest(text), self.assertRaisesRegex(librediscluster.AuthError, text):
                librediscluster.Cluster(NODES, credentials=given, timeout=5)

    def test_what_ends_a_program_goes_through_credentials(self):
        with self.assertRaises(SystemExit):
            librediscluster.Cluster(NODES, credentials=lambda host, port: sys.exit(3))
        self.assertEqual(self.c.command("ECHO", "on"), b"on")

    def test_functions_live_as_long_as_the_cluster(self):
        def credentials(host, port):
            return ""

        alive = weakref.ref(credentials)
        c = librediscluster.Cluster(NODES, credentials=credentials, name="python.functions")
        del credentials
        found = librediscluster.Cluster.find("python.functions")
        del c
        gc.collect()
        for i in range(20):
            found.command("SET", f"k{i}", i)
        self.assertIsNotNone(alive())
        found.close()
        del found
        self.assertIsNone(alive())

    def test_a_logger(self):
        with self.assertLogs("cluster", logging.INFO) as logs:
            librediscluster.Cluster(NODES, logger=logging.getLogger("cluster")).command("SET", "k", 1)
        self.assertIn("opened: 6 nodes", "\n".join(logs.output))
        self.assertTrue(all(record.levelno >= logging.INFO for record in logs.records))

    def test_attempts(self):
        attempts = []
        with librediscluster.Cluster(NODES, on_attempt=attempts.append) as c:
            c.command("SET", "k", "text")
            with self.assertRaises(librediscluster.ServerError):
                c.command("INCR", "k")
        self.assertIsInstance(attempts[-1], librediscluster.Attempt)
        self.assertEqual([(a.command, a.number, a.code, a.server_code, a.outcome) for a in attempts[-2:]],
                         [("SET", 1, None, None, "EXECUTED"), ("INCR", 1, "SERVER", "ERR", "EXECUTED")])
        self.assertIn(f"{attempts[-1].host}:{attempts[-1].port}", NODES)
        self.assertTrue(0 < attempts[-1].duration < 60)

    def test_what_a_hook_raises_is_told_and_goes_no_further(self):
        told, before = [], sys.unraisablehook
        sys.unraisablehook = told.append
        try:
            with librediscluster.Cluster(NODES, on_attempt=lambda a: 1 / 0) as c:
                self.assertEqual(c.command("SET", "k", 1), b"OK")
        finally:
            sys.unraisablehook = before
        self.assertIs(told[-1].exc_type, ZeroDivisionError)

    def test_explain(self):
        told = self.c.explain("BLPOP", "{k}1", "{k}2", 0)
        self.assertEqual((told["keys"], told["slot"], told["read_only"], told["may_block"]),
                         ([b"{k}1", b"{k}2"], librediscluster.key_slot("k"), False, True))
        self.assertIn("%s:%d" % told["node"], told["text"])
        self.assertIs(self.c.explain("GET", "k", read_from="replica")["read_only"], True)
        self.assertEqual(self.c.explain("PING")["slot"], None)
        self.assertEqual(self.c.explain("SUBSCRIBE", "news")["node"], None)

    def test_an_address_map(self):
        with librediscluster.Cluster("10.0.0.1:7000", address_map={"10.0.0.1:7000": NODES[0]}) as c:
            self.assertEqual(c.command("ECHO", "on"), b"on")

    def test_a_numbered_database(self):
        with librediscluster.Cluster(NODES, database=0) as c:
            self.assertEqual(c.command("ECHO", "on"), b"on")
        with self.assertRaisesRegex(librediscluster.UnsupportedError, "database"):
            librediscluster.Cluster(NODES, database=1)
        for number in (-1, -2**40):
            with self.subTest(number=number), self.assertRaisesRegex(librediscluster.InvalidArgumentError, "database"):
                librediscluster.Cluster(NODES, database=number)

    def test_options_that_are_wrong(self):
        for bad in ({"read_from": "nearest"}, {"tls_min_version": "1.1"}, {"protocol": 4}, {"tls_ca_file": ""},
                    {"tls_certificate": "c.pem"}, {"tls_server_name": ""}, {"address_map": {"h": "h:1"}},
                    {"address_map": {"h:1": "h:x"}}, {"url": "redis://h/?read_from=nearest"}):
            with self.subTest(bad=bad), self.assertRaises(librediscluster.InvalidArgumentError):
                librediscluster.Cluster(NODES, **bad)
        with self.assertRaises(librediscluster.InvalidArgumentError):
            self.c.command("GET", "k", read_from="nearest")
        with self.assertRaisesRegex(TypeError, "function is int: a function is wanted"):
            self.c.watch(["k"], 5)

    def test_options_of_wrong_types_are_named(self):
        texts = ("url", "username", "password", "name", "zone", "tls_ca_file", "tls_ca_dir", "tls_certificate", "tls_key",
                 "tls_key_password", "tls_server_name", "tls_min_version", "read_from")
        for bad in ({name: 5} for name in (*texts, "logger", "cancel", "address_map", "credentials", "on_attempt", "tls",
                                           "tls_verify", "decode_responses")):
            name = next(iter(bad))
            with self.subTest(bad=bad), self.assertRaisesRegex(TypeError, f"{name} is int: .* is wanted"):
                librediscluster.Cluster(NODES, **bad)
        for bad in ({"address_map": [1]}, {"max_redirects": 5.9}, {"watch_retries": "3"}, {"protocol": True}, {"timeout": "1"},
                    {"database": "1"}, {"refresh_interval": "60"}, {"connect_timeout": True}, {"tls": "no"}, {"tls_verify": "no"}, {"read_from": ["replica"]}):
            name = next(iter(bad))
            with self.subTest(bad=bad), self.assertRaisesRegex(TypeError, f"{name} is .*: .* is wanted"):
                librediscluster.Cluster(NODES, **bad)
        for bad in ({"timeout": "1"}, {"cancel": 5}, {"idempotent": "no"}, {"idempotent": 0}, {"read_from": 5}):
            name = next(iter(bad))
            with self.subTest(bad=bad), self.assertRaisesRegex(TypeError, f"{name} is .*: .* is wanted"):
                self.c.command("GET", "k", **bad)
        with self.assertRaisesRegex(TypeError, "name is NoneType"):
            librediscluster.Cluster.find(None)

    def test_nodes_that_are_none(self):
        for bad, text in ((("127.0.0.1", 7000), "one .host, port. pair"), (["127.0.0.1", "7000"], "one .host, port. pair"),
                          ([("127.0.0.1", "7000")], "the port of a node is str: an int"),
                          ([(5, 5)], "the host of a node is int"),
                          ([5], "a node is int"), (5, "nodes is int"), ({"h": 1}, "nodes is dict"),
                          ([("h", 1, 2)], "a node is tuple")):
            with self.subTest(bad=bad), self.assertRaisesRegex(TypeError, text):
                librediscluster.Cluster(bad)

    def test_times_without_end(self):
        for bad in (math.inf, -math.inf, math.nan):
            for name in ("timeout", "connect_timeout"):
                with self.assertRaisesRegex(librediscluster.InvalidArgumentError, f"{name} is .*: a finite number"):
                    librediscluster.Cluster(NODES, **{name: bad})
            with self.assertRaisesRegex(librediscluster.InvalidArgumentError, "timeout is .*: a finite number"):
                self.c.command("GET", "k", timeout=bad)

    def test_texts_with_a_nul_are_refused(self):
        for name in ("url", "username", "password", "name", "zone", "tls_ca_file", "tls_ca_dir", "tls_certificate", "tls_key",
                     "tls_key_password", "tls_server_name"):
            with self.subTest(name), self.assertRaisesRegex(librediscluster.InvalidArgumentError, f"^{name} has a NUL character$"):
                librediscluster.Cluster(NODES, **{name: "a\0b"})
        for nodes in ("127.0.0.1\0:7000", [("127.0.0.1\0", 7000)]):
            with self.assertRaisesRegex(librediscluster.InvalidArgumentError, "has a NUL character"):
                librediscluster.Cluster(nodes)
        with self.assertRaisesRegex(librediscluster.InvalidArgumentError, "address_map has a NUL character"):
            librediscluster.Cluster(NODES, address_map={"h:1\0": "h:1"})
        with self.assertRaisesRegex(librediscluster.InvalidArgumentError, "name has a NUL character"):
            librediscluster.Cluster.find("a\0b")
        with self.assertRaisesRegex(librediscluster.AuthError, "the password has a NUL character"):
            librediscluster.Cluster(NODES, credentials=lambda host, port: "a\0b")

    def test_tls(self):
        with self.assertRaises(librediscluster.TLSError):
            librediscluster.Cluster(NODES, tls_ca_file=pathlib.Path("/nowhere/ca.pem"), timeout=5)
        with self.assertRaises((librediscluster.TLSError, librediscluster.TimeoutError)):  # these servers speak none
            librediscluster.Cluster(NODES[0], tls=True, tls_verify=False, timeout=1)

    def test_replies_of_protocol_3(self):
        try:
            c = librediscluster.Cluster(NODES, protocol=3)
        except librediscluster.UnsupportedError as why:
            self.skipTest(str(why))
        for script, value in (("{double=1.5}", 1.5), ("true", True), ("false", False), ("{big_number='12345678901234567890'}",
                              12345678901234567890), ("{map={a=1, b={map={c='d'}}}}", {b"a": 1, b"b": {b"c": b"d"}}),
                              ("{set={a=true, b=true}}", {b"a", b"b"}), ("{verbatim_string={format='txt', string='x'}}", b"x"),
                              ("{map={a={set={b=true}}}}", {b"a": {b"b"}})):
            with self.subTest(script):
                reply = c.command("EVAL", f"redis.setresp(3); return {script}", 0)
                self.assertEqual((type(reply), reply), (type(value), value))
        self.assertIsNone(c.command("GET", "missing"))
        c.command("HSET", "h", "f", 1)
        self.assertEqual(c.command("HGETALL", "h"), {b"f": b"1"})
        c.command("DEL", "h")
        c.close()


class Watches(ClusterTest):
    def test_an_exception_arrives_as_it_was_raised(self):
        mine = KeyError("mine")

        def raising(_):
            raise mine

        try:
            self.c.watch(["k"], raising)
            self.fail("nothing was raised")
        except KeyError as caught:
            self.assertIs(caught, mine)
            self.assertIn("raising", [frame.name for frame in traceback.extract_tb(caught.__traceback__)])

    def test_system_exit_too(self):
        with self.assertRaises(SystemExit):
            self.c.watch(["k"], lambda _: exit(3))

    def test_an_error_of_a_read_arrives(self):
        self.c.command("SET", "k", "text")
        with self.assertRaises(librediscluster.ServerError):
            self.c.watch(["k"], lambda w: w.command("INCR", "k"))

    def test_abort(self):
        with self.assertRaises(librediscluster.AbortedError):
            self.c.watch(["k"], lambda w: librediscluster.ABORT)

    def test_what_is_no_list_of_commands(self):
        with self.assertRaises(TypeError):
            self.c.watch(["k"], lambda w: 5)
        with self.assertRaises(TypeError):
            self.c.watch(["k"], lambda w: [["SET", "k", None]])

    def test_a_session_is_over_after_its_function(self):
        kept = []
        self.assertEqual(self.c.watch(["k"], kept.append), [])
        with self.assertRaisesRegex(librediscluster.InvalidArgumentError, "the watch session has ended"):
            kept[0].command("GET", "k")

    def test_watches_in_watches(self):
        def outer(_):
            return [["SET", "k", self.c.watch(["k2"], lambda w: [["SET", "k2", 1], ["GET", "k2"]])[1]]]

        self.assertEqual(self.c.watch(["k"], outer), [b"OK"])
        self.assertEqual(self.c.command("GET", "k"), b"1")


    def test_only_a_function_that_ends_well_commits(self):
        mine = [["SET", "k", 1]]

        class Broken(list):
            def __iter__(self):
                yield from mine
                raise KeyError("in the middle")

        def generator(_):
            yield mine[0]
            raise KeyError("in the middle")

        async def coroutine(_):
            return mine

        def endless(_):
            return endless(_) or mine

        def raises(kind):
            def function(watch):
                watch.command("GET", "k")
                try:
                    return mine
                finally:
                    raise kind
            return function

        def killed(_):
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(threading.get_ident()), ctypes.py_object(SystemExit))
            while True:
                pass

        cases = [raises(kind) for kind in (KeyError, KeyboardInterrupt, SystemExit, SystemExit(0), GeneratorExit, MemoryError,
                                           StopIteration, librediscluster.Error)]
        cases += [generator, coroutine, endless, killed, lambda _: mine + [["SET", "k", None]], lambda _: (mine[0], 5),
                  lambda _: iter(Broken()), lambda _: 5, lambda _: librediscluster.ABORT]
        for case in cases:
            with self.subTest(case=case), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of a coroutine that nobody awaits
                with self.assertRaises(BaseException):
                    self.c.watch(["k"], case)
                self.assertIsNone(self.c.command("GET", "k"))
        self.assertEqual(self.c.command("ECHO", "on"), b"on")

    def test_a_callback_of_ctypes_that_dies_commits_nothing(self):
        rc = ctypes.CDLL("librediscluster.so.1")
        pointers = ("rc_options_from_url", "rc_cluster_open", "rc_watch_transaction")
        for name in pointers:
            getattr(rc, name).restype = ctypes.c_void_p
        words = (ctypes.c_char_p * 3)(b"SET", b"k", b"1")

        def queue(commands):
            self.assertEqual(rc.rc_commands_add(ctypes.c_void_p(commands), ctypes.c_size_t(3), words, None, None), 0)

        def dies(_watch, commands, _data):
            queue(commands)
            raise KeyError("mine")

        def exits(_watch, commands, _data):
            queue(commands)
            sys.exit()

        def says_ok(_watch, commands, _data):
            queue(commands)
            return 0

        def executes(_watch, commands, _data):
            queue(commands)
            return 100  # RC_WATCH_EXECUTE

        function = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
        options = ctypes.c_void_p(rc.rc_options_from_url(f"redis://{','.join(NODES)}".encode(), None))
        cluster = ctypes.c_void_p(rc.rc_cluster_open(options, None))
        keys = (ctypes.c_char_p * 1)(b"k")
        hook, sys.unraisablehook = sys.unraisablehook, lambda _: None
        self.addCleanup(setattr, sys, "unraisablehook", hook)
        for callback, stored in ((dies, None), (exits, None), (says_ok, None), (executes, b"1")):
            error = ctypes.c_void_p()
            reply = rc.rc_watch_transaction(cluster, ctypes.c_size_t(1), keys, None, function(callback), None,
                                            ctypes.byref(error))
            self.assertEqual((reply is None, rc.rc_error_code(error)), (stored is None, 16 if stored is None else 0))
            self.assertEqual(self.c.command("GET", "k"), stored)
            rc.rc_error_free(error)
            rc.rc_reply_free(ctypes.c_void_p(reply))
        rc.rc_cluster_free(cluster)
        rc.rc_options_free(options)


class Whole(ClusterTest):
    def test_nodes_have_ids_ranges_and_primaries(self):
        info = self.c.info()
        nodes = info["nodes"]
        self.assertEqual(len({node["id"] for node in nodes}), 6)
        self.assertTrue(all(len(node["id"]) == 40 for node in nodes))
        for node in nodes:
            self.assertEqual(node["slots"], sum(last - first + 1 for first, last in node["ranges"]))
            self.assertEqual(node["primary"], node["primary_index"] is None)
            if not node["primary"]:
                self.assertTrue(nodes[node["primary_index"]]["primary"])
        owner = nodes[info.slot_owner(librediscluster.key_slot("k"))]
        self.assertEqual((owner["host"], owner["port"]), self.c.explain("GET", "k")["node"])
        self.assertIsNone(info.slot_owner(16384))

    def test_options_of_routes_are_checked(self):
        for options, text in (({"route": "all"}, "route is 'all': give one of auto, one, primaries, nodes"),
                              ({"combine": "sum"}, "combine is 'sum': give one of auto, by_node"),
                              ({"route": "one", "node": "h:1"}, "give one of route, node and route_key")):
            with self.subTest(options), self.assertRaisesRegex(librediscluster.InvalidArgumentError, text):
                self.c.command("DBSIZE", **options)
        for options in ({"node": 5}, {"node": ("h", "1")}, {"split": 1}, {"route": 1}):
            with self.subTest(options), self.assertRaises(TypeError):
                self.c.command("DBSIZE", **options)

    def test_a_scan_yields_every_key_and_its_cursor_goes_on(self):
        keys = {b"scan:%d" % i for i in range(500)}
        self.c.pipeline([("SET", key, 1) for key in keys] + [("RPUSH", "scan:list", 1)])
        scan = self.c.scan_iter(match="scan:*", count=20)
        first = [next(scan) for _ in range(130)]
        rest = list(self.c.scan_iter(match="scan:*", cursor=scan.cursor))
        self.assertEqual(set(first) | set(rest), keys | {b"scan:list"})
        self.assertLess(len(rest), 500)
        self.assertEqual(set(scan) | set(first), keys | {b"scan:list"})
        self.assertEqual(scan.doubtful_slots, [])
        self.assertEqual(list(self.c.scan_iter(match="scan:*", cursor=scan.cursor)), [])
        self.assertEqual(list(self.c.scan_iter("scan:*", type="list")), [b"scan:list"])
        with self.assertRaises(librediscluster.InvalidArgumentError):
            self.c.scan_iter(cursor="rubbish")
        with self.assertRaises(librediscluster.InvalidArgumentError):
            self.c.scan_iter(count=0)
        with librediscluster.Cancel() as cancel:
            cancel.fire()
            with self.assertRaises(librediscluster.CancelledError):
                next(self.c.scan_iter(cancel=cancel))

    def test_threads_share_a_scan(self):
        keys = {"share:%d" % i for i in range(300)}
        c = librediscluster.Cluster(NODES, timeout=15, decode_responses=True)
        c.pipeline([("SET", key, 1) for key in keys])
        scan = c.scan_iter(match="share:*", count=10)
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda _: list(scan), range(4)))
        self.assertEqual(set().union(*found), keys)


class Types(unittest.TestCase):
    def test_the_stub_says_what_there_is(self):
        folder = pathlib.Path(librediscluster.__file__).parent
        self.assertTrue((folder / "py.typed").exists())
        stub = ast.parse((folder / "__init__.pyi").read_text())
        names = {getattr(node, "name", None) or node.target.id for node in stub.body
                 if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AnnAssign))}
        self.assertEqual(names - {"__version__", "Node", "Explanation"}, set(librediscluster.__all__))
        for node in stub.body:
            if not isinstance(node, ast.ClassDef) or node.name not in ("Cluster", "Watch", "Cancel", "Info", "Scan"):
                continue
            real = getattr(librediscluster, node.name)
            for method in (m for m in node.body if isinstance(m, ast.FunctionDef) and not m.decorator_list):
                with self.subTest(f"{node.name}.{method.name}"):
                    a = method.args
                    told = [x.arg for x in a.args + a.kwonlyargs + [v for v in [a.vararg] if v]]
                    if not method.name.startswith("__e"):
                        self.assertEqual(sorted(told), sorted(inspect.signature(getattr(real, method.name)).parameters))


class Threads(ClusterTest):
    def others_run_during(self, blocking):
        """How far another thread counts while this call blocks."""
        counted, done = [0], threading.Event()

        def count():
            while not done.is_set():
                counted[0] += 1

        thread = threading.Thread(target=count)
        thread.start()
        before = counted[0]
        blocking()
        during = counted[0] - before
        done.set()
        thread.join()
        return during

    def test_the_global_lock_is_free_in_calls_that_block(self):
        def expect(kind, function, *arguments, **options):
            with self.assertRaises(kind):
                function(*arguments, **options)

        with Silent() as address:
            calls = {
                "command": lambda: self.c.command("BLPOP", "q", 0.3),
                "pipeline": lambda: self.c.pipeline([["BLPOP", "q", 0.3]]),
                "watch": lambda: self.c.watch(["q"], lambda w: w.command("BLPOP", "q", 0.3) and None),
                "open": lambda: expect(librediscluster.TimeoutError, librediscluster.Cluster, [address], timeout=0.3),
            }
            for name, call in calls.items():
                with self.subTest(name):
                    self.assertGreater(self.others_run_during(call), 1000)

    def test_close_ends_calls_of_other_threads(self):
        errors = []

        def block():
            try:
                self.c.command("BLPOP", "q", 0, timeout=30)
            except librediscluster.Error as error:
                errors.append(error)

        threads = [threading.Thread(target=block) for _ in range(4)]
        for thread in threads:
            thread.start()
        wait_blocked(4)
        self.c.close()
        for thread in threads:
            thread.join()
        self.assertEqual([type(error) for error in errors], [librediscluster.ClosedError] * 4)

    def test_a_cancel_ends_calls_of_other_threads(self):
        cancel = librediscluster.Cancel()
        threading.Timer(0.1, cancel.fire).start()
        with self.assertRaises(librediscluster.CancelledError) as caught:
            self.c.command("BLPOP", "q", 0, cancel=cancel)
        self.assertEqual(caught.exception.outcome, "UNKNOWN")
        self.assertTrue(cancel.fired)
        self.assertEqual(self.c.command("ECHO", "on"), b"on")

    def test_a_task_that_is_cancelled_takes_its_call_along(self):
        async def call(*arguments):
            with librediscluster.Cancel() as cancel:
                return await asyncio.to_thread(self.c.command, *arguments, cancel=cancel)

        async def main():
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                asyncio.get_running_loop().set_default_executor(pool)
                for _ in range(5):
                    blocked = asyncio.create_task(call("BLPOP", "q", 0))
                    await asyncio.sleep(0)
                    wait_blocked()
                    blocked.cancel()
                    with self.assertRaises(asyncio.CancelledError):
                        await blocked
                    self.assertEqual(await asyncio.wait_for(call("ECHO", "next"), 10), b"next")

        asyncio.run(main())

    def test_a_cluster_that_nobody_needs_is_closed(self):
        c = librediscluster.Cluster(NODES, name="python.collected")
        self.assertIsNotNone(librediscluster.Cluster.find("python.collected"))
        del c
        gc.collect()
        self.assertIsNone(librediscluster.Cluster.find("python.collected"))


class Interrupts(ClusterTest):
    def interrupted(self, call):
        """Sends SIGINT when the call blocks, and returns how long it took."""
        timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        start = time.monotonic()
        with self.assertRaises(KeyboardInterrupt):
            call()
        timer.join()
        return time.monotonic() - start

    def test_ctrl_c_ends_a_blocked_call(self):
        with Silent() as address:
            calls = {
                "command": lambda: self.c.command("BLPOP", "q", 0),
                "with a timeout": lambda: self.c.command("BLPOP", "q", 0, timeout=14),
                "pipeline": lambda: self.c.pipeline([["BLPOP", "q", 0]]),
                "watch": lambda: self.c.watch(["q"], lambda w: w.command("BLPOP", "q", 0)),
                "a call in a watch": lambda: self.c.watch(["q"], lambda w: self.c.command("BLPOP", "q2", 0)),
                "open": lambda: librediscluster.Cluster([address], timeout=14),
            }
            for name, call in calls.items():
                with self.subTest(name):
                    self.assertLess(self.interrupted(call), 10)
                    self.assertEqual(self.c.command("ECHO", name), name.encode())

    def test_a_handler_that_does_not_raise_interrupts_nothing(self):
        seen = []
        before = signal.signal(signal.SIGINT, lambda *_: seen.append(1))
        try:
            threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
            self.assertIsNone(self.c.command("BLPOP", "q", 0.5))
            self.assertEqual(seen, [1])
        finally:
            signal.signal(signal.SIGINT, before)

    def test_what_a_handler_of_any_signal_raises_ends_the_call(self):
        class Enough(Exception):
            pass

        def enough(*_):
            raise Enough

        calls = {
            "command": lambda: self.c.command("BLPOP", "q", 0),
            "with a cancel": lambda: self.c.command("BLPOP", "q", 0, cancel=librediscluster.Cancel()),
            "watch": lambda: self.c.watch(["q"], lambda w: w.command("BLPOP", "q", 0)),
        }
        before = signal.signal(signal.SIGALRM, enough)
        try:
            for name, call in calls.items():
                with self.subTest(name):
                    start = time.monotonic()
                    signal.setitimer(signal.ITIMER_REAL, 0.1)
                    self.assertRaises(Enough, call)
                    self.assertLess(time.monotonic() - start, 10)
        finally:
            signal.signal(signal.SIGALRM, before)

    def test_a_handler_runs_in_the_middle_of_a_call_which_goes_on(self):
        before = signal.signal(signal.SIGALRM, lambda *_: self.c.command("RPUSH", "q", "by the handler"))
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            self.assertEqual(self.c.command("BLPOP", "q", 0), [b"q", b"by the handler"])
        finally:
            signal.signal(signal.SIGALRM, before)

    def test_ctrl_c_between_calls_is_pythons(self):
        with self.assertRaises(KeyboardInterrupt):
            _thread.interrupt_main()
            time.sleep(5)
        self.assertEqual(self.c.command("ECHO", "on"), b"on")


class Ends(unittest.TestCase):
    ENDS = """if True:
        import sys, threading, time, librediscluster
        c = librediscluster.Cluster(sys.argv[2:], on_attempt=(lambda attempt: None) if sys.argv[1] == "hook" else None)
        calls = {"command": lambda: c.command("GET", "k"), "hook": lambda: c.command("GET", "k"),
                 "arguments": lambda: c.pipeline((word for word in ("GET", "k")) for _ in range(50)),
                 "pipeline": lambda: c.pipeline([["GET", "k"]] * 50), "blocked": lambda: c.command("BLPOP", "none", 0),
                 "watch": lambda: c.watch(["k"], lambda w: [["ECHO", w.command("GET", "k") or ""]])}
        def loop():
            while True:
                calls[sys.argv[1]]()
        for _ in range(4):
            threading.Thread(target=loop, daemon=True).start()
        time.sleep(0.1)
        """

    def test_a_program_ends_while_daemon_threads_make_calls(self):
        for call in ("command", "hook", "arguments", "pipeline", "blocked", "watch"):
            for _ in range(3):
                with self.subTest(call):
                    ended = subprocess.run([sys.executable, "-c", self.ENDS, call, *NODES], capture_output=True, text=True,
                                           timeout=60, check=False)
                    self.assertEqual((ended.returncode, ended.stderr), (0, ""))


class Forks(ClusterTest):
    def test_workers_of_a_prefork_server_share_what_was_opened_before(self):
        children = []
        for worker in range(4):
            child = os.fork()
            if child == 0:
                status = 1
                try:
                    threads = [threading.Thread(target=self.c.command, args=("INCR", "k")) for _ in range(4)]
                    for thread in threads:
                        thread.start()
                    for thread in threads:
                        thread.join()
                    status = 0 if self.c.command("ECHO", worker) == b"%d" % worker else 2
                finally:
                    os._exit(status)
            children.append(child)
        self.assertEqual([os.waitpid(child, 0)[1] for child in children], [0] * 4)
        self.assertEqual(self.c.command("GET", "k"), b"16")

    def test_ctrl_c_in_a_forked_child(self):
        child = os.fork()
        if child == 0:
            try:
                self.c.command("BLPOP", "q", 0, timeout=14)
            except KeyboardInterrupt:
                os._exit(7)
            finally:
                os._exit(1)
        wait_blocked()
        os.kill(child, signal.SIGINT)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 7)


if __name__ == "__main__":
    unittest.main()
