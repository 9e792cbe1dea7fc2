"""What is given to a cluster and to calls, checked: errors name the option, and never have a value that may be secret."""
import collections.abc
import math
import numbers
import os

from . import native
from .errors import InvalidArgumentError

READ_FROM = {name: getattr(native, "RC_READ_" + name.upper()) for name in (
    "primary", "prefer_replica", "replica", "round_robin", "lowest_latency", "same_zone")}
ROUTES = {name: getattr(native, "RC_ROUTE_" + name.upper()) for name in ("auto", "one", "primaries", "nodes")}
COMBINE = {name: getattr(native, "RC_COMBINE_" + name.upper()) for name in ("auto", "by_node")}
TLS_VERSIONS = {"1.2": native.RC_TLS_1_2, "1.3": native.RC_TLS_1_3}

_MOST = 2**31 - 1


def check(name, value, fits, wanted):
    """Raises a TypeError where a value does not fit."""
    if not fits:
        raise TypeError(f"{name} is {type(value).__name__}: {wanted} is wanted")


def text(name, value):
    """A str that C takes as it is, or None."""
    if value is None:
        return None
    check(name, value, isinstance(value, str), "a str")
    if "\0" in value:
        raise InvalidArgumentError(f"{name} has a NUL character")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidArgumentError(f"{name} cannot be written as UTF-8") from None
    return value


def path(name, value):
    """The text of a path, or None."""
    if value is None:
        return None
    check(name, value, isinstance(value, (str, os.PathLike)), "a str or a path")
    return text(name, os.fspath(value))


def integer(name, value):
    """An int that C has, or None."""
    if value is None:
        return None
    check(name, value, isinstance(value, numbers.Integral) and not isinstance(value, bool), "an int")
    return max(-1, min(int(value), _MOST))


def boolean(name, value):
    """A bool, or None."""
    check(name, value, value is None or isinstance(value, bool), "a bool")
    return value


def function(name, value):
    """A function, or None."""
    check(name, value, value is None or callable(value), "a function")
    return value


def choice(name, value, choices):
    """What the text stands for, or None."""
    if value is None:
        return None
    check(name, value, isinstance(value, str), "a str")
    if value not in choices:
        raise InvalidArgumentError(f"{name} is {value!r}: give one of {', '.join(choices)}")
    return choices[value]


def milliseconds(name, seconds):
    """Rounded up, or None."""
    if seconds is None:
        return None
    check(name, seconds, isinstance(seconds, numbers.Number) and not isinstance(seconds, (bool, complex)),
          "a number of seconds")
    try:
        return max(-1, min(math.ceil(seconds * 1000), _MOST))
    except (ValueError, OverflowError):
        raise InvalidArgumentError(f"{name} is {seconds}: a finite number of seconds is wanted") from None


def add_nodes(options, nodes):
    """Adds "host:port" texts and (host, port) pairs; one text may be alone."""
    if nodes is None:
        return
    if isinstance(nodes, str):
        nodes = [nodes]
    is_list = isinstance(nodes, collections.abc.Iterable) and not isinstance(nodes, (bytes, collections.abc.Mapping))
    check("nodes", nodes, is_list, 'a list of "host:port" and (host, port)')
    nodes = list(nodes)
    if len(nodes) == 2 and isinstance(nodes[0], str) and (isinstance(nodes[1], int) or str(nodes[1]).isdigit()):
        raise TypeError('nodes is one (host, port) pair: a list of them is wanted, [("127.0.0.1", 7000)]')
    for node in nodes:
        if isinstance(node, str):
            options.add_address(text("nodes", node))
            continue
        check("a node", node, isinstance(node, (tuple, list)) and len(node) == 2, '"host:port" or (host, port)')
        host, port = node
        check("the host of a node", host, isinstance(host, str), "a str")
        check("the port of a node", port, isinstance(port, numbers.Integral) and not isinstance(port, bool), "an int")
        options.add_node(text("the host of a node", host), integer("the port of a node", port))


def address(name, value):
    """"host:port" of that text or of a (host, port) pair, or None."""
    if value is None or isinstance(value, str):
        return text(name, value)
    is_pair = isinstance(value, (tuple, list)) and len(value) == 2 and isinstance(value[0], str)
    check(name, value, is_pair and isinstance(value[1], numbers.Integral) and not isinstance(value[1], bool),
          '"host:port" or (host, port)')
    return text(name, f"[{value[0]}]:{value[1]}" if ":" in value[0] else f"{value[0]}:{value[1]}")


def map_addresses(options, address_map):
    """Adds a mapping of "host:port" to "host:port"."""
    if address_map is None:
        return
    check("address_map", address_map, isinstance(address_map, collections.abc.Mapping), "a dict")
    for pair in address_map.items():
        for address in pair:
            check("an address in address_map", address, isinstance(address, str), "a str")
        options.map_address(*(text("address_map", address) for address in pair))
