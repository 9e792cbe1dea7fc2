"""Runs the contract through the Python package. See tests/contract/README.md.

    contract_with_cluster python contract.py FILE...
"""
import os
import re
import socket
import sys
import threading
import time
import traceback

import librediscluster

BLOCKS = {"watch", "threads", "background", "fork", "first"}
ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"\\": b"\\", b'"': b'"'}
TOKEN = re.compile(rb' *(?:"((?:[^"\\]|\\.)*)"|([^ "][^ ]*))')


class Failed(Exception):
    """A scenario that fails."""


class Raised(Exception):
    """What `raise` raises."""


class Word(bytes):
    quoted = False

    def mark(self, text):
        return not self.quoted and self == text


def split(line):
    words = []
    for match in TOKEN.finditer(line.rstrip()):
        quoted, bare = match.groups()
        if quoted is not None:
            word = Word(re.sub(rb"\\(x(..)|.)", lambda m: bytes([int(m[2], 16)]) if m[2] else ESCAPES[m[1]], quoted))
            word.quoted = True
        else:
            repeated = re.fullmatch(rb"~(\d+):(.*)", bare)
            word = Word(repeated[2] * int(repeated[1]) if repeated else bare)
        words.append(word)
    return words


def ask_control(line):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(os.environ["RC_TEST_CONTROL"])
        connection.sendall(line + b"\n")
        answer = connection.makefile("rb").readline().rstrip(b"\n")
    if not answer.startswith(b"ok"):
        raise Failed(f"control: {answer.decode()}")
    return answer[3:]


def name_fits(word, name):
    return word == b"*" or word == (name or "-").encode()


def error_fits(words, error):
    return (isinstance(error, librediscluster.Error) and name_fits(words[0], error.code)
            and name_fits(words[1], error.server_code) and name_fits(words[2], error.outcome))


def fits(words, value):
    """Takes one value off the front of the words."""
    word = words.pop(0)
    if word.mark(b"*"):
        return True
    if word.mark(b"nil"):
        return value is None
    if word.mark(b"("):
        error = [words.pop(0) for _ in range(4)]
        return error_fits(error, value)
    if word.mark(b"["):
        if not isinstance(value, list):
            return False
        for element in value:
            if words[0].mark(b"]") or not fits(words, element):
                return False
        return words.pop(0).mark(b"]")
    if not word.quoted and re.fullmatch(rb":-?\d+", word):
        return type(value) is int and value == int(word[1:])
    if not word.quoted and word.startswith(b">="):
        return type(value) is int and value >= int(word[2:])
    if not word.quoted and re.match(rb"\+.", word):
        return value == bytes(word[1:])
    return type(value) is bytes and value == bytes(word)


def check(expected, value, error):
    if not expected:
        good = error is None
    elif expected[0].mark(b"="):
        rest = expected[1:]
        good = error is None and fits(rest, value) and not rest
    elif expected[1].mark(b"raised"):
        good = isinstance(error, Raised)
    else:
        good = error_fits(expected[1:4], error) and (
            len(expected) < 5 or expected[4].decode() in str(error))
    if not good:
        got = repr(value)[:200] if error is None else (
            f"{type(error).__name__} {getattr(error, 'code', '')} {getattr(error, 'server_code', '')} "
            f"{getattr(error, 'outcome', '')}: {error}")
        raise Failed(f"expected {b' '.join(expected)[:200]!r} but got {got}")


class CancelAfter:
    def __init__(self, delay_ms):
        self.cancel = librediscluster.Cancel()
        self.timer = threading.Timer(delay_ms / 1000, self.cancel.fire) if delay_ms else None
        if self.timer:
            self.timer.start()
        else:
            self.cancel.fire()

    def stop(self):
        if self.timer:
            self.timer.cancel()


def call_options(words):
    """Takes the words that begin with @ off the front."""
    options, after = {}, None
    while words and not words[0].quoted and words[0].startswith(b"@"):
        name, value = words.pop(0)[1:].decode().split("=")
        if name == "timeout_ms":
            options["timeout"] = int(value) / 1000
        elif name == "idempotent":
            options["idempotent"] = value == "1"
        elif name in ("read_from", "route", "node", "route_key", "combine"):
            options[name] = value
        elif name == "split":
            options["split"] = value == "1"
        else:
            after = CancelAfter(int(value))
            options["cancel"] = after.cancel
    return options, after


def credentials_of(given):
    def credentials(_host, _port):
        if given == "none":
            raise LookupError("no credentials")
        return tuple(given.split(":"))

    return credentials


def commands(words):
    if not words:
        return []
    found = [[]]
    for word in words:
        if word.mark(b";"):
            found.append([])
        else:
            found[-1].append(word)
    return found


class Runner:
    def __init__(self):
        self.cluster = None
        self.tries = 0
        self.background = None
        self.failures = []

    def scenario(self, block):
        ask_control(b"reset")
        variables = {b"nodes": os.environ["RC_TEST_NODES"].encode()}
        self.open([Word(b"timeout_ms=15000")], variables)
        try:
            self.run(block, variables)
        finally:
            if self.cluster:
                self.cluster.close()
            if self.background:
                self.background.join()

    def open(self, words, variables):
        if self.cluster:
            self.cluster.close()
        options, nodes, after = {}, variables[b"nodes"].decode(), None
        for word in words:
            name, value = word.decode().split("=", 1)
            if name == "nodes":
                nodes = value
            elif name == "url":
                options["url"], nodes = value, ""
            elif name == "cancel_after_ms":
                after = CancelAfter(int(value))
                options["cancel"] = after.cancel
            elif name.endswith("_ms"):
                options[name[:-3]] = int(value) / 1000
            elif name == "credentials":
                options[name] = credentials_of(value)
            elif name == "mapped":
                options["address_map"] = dict(pair.split(">") for pair in value.split(","))
            elif name in ("max_redirects", "watch_retries", "database", "protocol"):
                options[name] = int(value)
            else:
                options[name] = value == "1" if name in ("tls", "tls_verify") else value
        try:
            self.cluster = librediscluster.Cluster([n for n in nodes.split(",") if n], **options)
        finally:
            if after:
                after.stop()

    def run(self, block, variables, watch=None):
        """Runs steps; returns what ends a callback early, or None."""
        variables = dict(variables)
        steps = iter(enumerate(block))
        for i, (line, number, inner) in steps:
            try:
                line = substituted(line, variables)
                verb, *words = split(line)
                verb = verb.decode()
                if verb == "abort":
                    return librediscluster.ABORT
                if verb == "raise":
                    raise Raised
                expected = []
                if i + 1 < len(block) and block[i + 1][0][:1] in (b"=", b"!"):
                    expected = split(substituted(block[i + 1][0], variables))
                    next(steps)
                if verb == "let":
                    variables[bytes(words[0])] = ask_control(line.split(b" ", 2)[2])
                elif verb == "eventually":
                    self.eventually(words, expected, variables)
                elif not self.around(verb, line, words, inner, variables, watch):
                    self.check_call(verb, words, inner, variables, watch, expected)
            except Failed as failed:
                raise failed if str(failed).startswith("line ") else Failed(f"line {number}: {failed}") from failed
        return None

    def check_call(self, verb, words, inner, variables, watch, expected):
        value = error = None
        try:
            value = self.call(verb, list(words), inner, variables, watch)
        except (librediscluster.Error, Raised) as caught:
            error = caught
        check(expected, value, error)

    def eventually(self, words, expected, variables):
        end = time.monotonic() + 20
        while True:
            try:
                return self.check_call(words[0].decode(), words[1:], None, variables, None, expected)
            except Failed:
                if time.monotonic() > end:
                    raise
            time.sleep(0.02)

    def call(self, verb, words, inner, variables, watch):
        c = self.cluster
        if verb == "read":
            return watch.session.command(*words)
        if verb == "queue":
            return watch.queued.append(words)
        if verb == "open":
            return self.open(words, variables)
        if verb == "find":
            found = librediscluster.Cluster.find(words[0].decode())
            self.cluster = found or c
            return int(found is not None)
        if verb == "refresh":
            return c.refresh()
        if verb == "close":
            return c.close()
        if verb == "scan":
            return len(set(c.scan_iter(match=words[0])))
        if verb == "slot":
            return librediscluster.key_slot(words[0])
        if verb == "info":
            info, field = c.info(), words[0].decode()
            if field == "counter":
                return info["counters"].get(words[1].decode(), 0)
            if field == "owner":
                owner = info["nodes"][info.slot_owner(librediscluster.key_slot(words[1]))]
                return b"%s:%d" % (owner["host"].encode(), owner["port"])
            if field == "ids":
                return len({node["id"] for node in info["nodes"]})
            if field == "primaries":
                return sum(node["primary"] for node in info["nodes"])
            return info[field] if field == "slots_covered" else len(info[field])
        options, after = call_options(words)
        try:
            if verb == "command":
                return c.command(*words, **options)
            if verb == "pipeline":
                return c.pipeline(commands(words), **options)
            if verb == "transaction":
                return c.transaction(commands(words), **options)
            if verb == "explain":
                return self.explain(words, options)
            if verb == "watch":
                return self.watch(words, inner, variables, options)
        finally:
            if after:
                after.stop()
        raise Failed(f"no such step: {verb}")

    def explain(self, words, options):
        explained, field = self.cluster.explain(*words[1:], **options), words[0].decode()
        if field == "node":
            return b"%s:%d" % (explained["node"][0].encode(), explained["node"][1]) if explained["node"] else b"-"
        if field == "slot":
            return -1 if explained["slot"] is None else explained["slot"]
        return explained["keys"] if field == "keys" else int(explained[field])

    def watch(self, keys, inner, variables, options):
        tries = 0

        class Watching:
            session = None
            queued = None
            first = True

        def function(session):
            nonlocal tries
            watching = Watching()
            watching.session, watching.queued, watching.first = session, [], tries == 0
            tries += 1
            return self.run(inner, variables, watching) or watching.queued

        try:
            return self.cluster.watch(keys, function, **options)
        finally:
            self.tries = tries

    def around(self, verb, line, words, inner, variables, watch):
        if verb == "control":
            ask_control(line.split(b" ", 1)[1])
        elif verb == "first":
            if watch.first:
                self.run(inner, variables, watch)
        elif verb == "tries":
            if self.tries != int(words[0]):
                raise Failed(f"the callback ran {self.tries} times")
        elif verb == "threads":
            self.threads(int(words[0]), int(words[1]), inner, variables)
        elif verb == "background":
            self.background = threading.Thread(target=self.noting, args=(self.run, inner, variables))
            self.background.start()
        elif verb == "join":
            self.background.join()
            self.raise_noted()
        elif verb == "fork":
            self.fork(inner, variables)
        else:
            return verb == "needs"
        return True

    def noting(self, function, *arguments):
        try:
            function(*arguments)
        except BaseException as failed:
            self.failures.append(failed)

    def raise_noted(self):
        if self.failures:
            raise self.failures.pop()

    def threads(self, count, rounds, inner, variables):
        def work(thread):
            for number in range(rounds):
                self.run(inner, {**variables, b"thread": b"%d" % thread, b"round": b"%d" % number})

        threads = [threading.Thread(target=self.noting, args=(work, i)) for i in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.raise_noted()

    def fork(self, inner, variables):
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            try:
                self.run(inner, variables)
                os._exit(0)
            except BaseException:
                traceback.print_exc()
            os._exit(1)
        status = os.waitpid(child, 0)[1]
        if status != 0:
            raise Failed(f"the forked child ended with status {status}")


def substituted(line, variables):
    for name, value in variables.items():
        line = line.replace(b"${" + name + b"}", value)
    return line


def read(path):
    scenarios = []
    for number, line in enumerate(open(path, "rb"), 1):
        line = line.strip()
        verb = line.split(b" ")[0].decode()
        if not line or line.startswith(b"#"):
            continue
        if verb == "scenario":
            opened = [[]]
            scenarios.append((line[9:].decode(), os.path.basename(path), opened[0]))
        elif verb == "end":
            opened.pop()
        else:
            step = (line, number, [])
            opened[-1].append(step)
            if verb in BLOCKS:
                opened.append(step[2])
    return scenarios


def main():
    scenarios = [scenario for path in sys.argv[1:] for scenario in read(path)]
    passed = 0
    for name, file, block in scenarios:
        try:
            Runner().scenario(block)
            passed += 1
            print(f"ok {name}")
        except Exception as failed:  # pylint: disable=broad-except
            print(f"FAILED {name}: {file}: {failed!r}")
        sys.stdout.flush()
    print(f"contract: {passed} of {len(scenarios)} passed, 0 skipped")
    sys.exit(0 if passed == len(scenarios) > 0 else 1)


main()
