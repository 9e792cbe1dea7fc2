"""What a call can fail with: one class for each code of the library, all of them an Error."""
import builtins
import collections

from . import native

_OUTCOMES = {
    native.RC_OUTCOME_NOT_SENT: "NOT_SENT",
    native.RC_OUTCOME_REFUSED: "REFUSED",
    native.RC_OUTCOME_EXECUTED: "EXECUTED",
    native.RC_OUTCOME_UNKNOWN: "UNKNOWN",
}


class Error(Exception):
    """A call that failed, or a command of a pipeline or transaction that did.

    code         the library's code, such as "TIMEOUT"
    server_code  the first word of a server's error, such as "WRONGTYPE", or None
    outcome      what became of the command: "NOT_SENT", "REFUSED", "EXECUTED" or "UNKNOWN"
    parts        of a PartialError, what became of each Part; else empty
    """

    code = "INTERNAL"

    parts = ()

    def __init__(self, message="", *, code=None, server_code=None, outcome="NOT_SENT"):
        super().__init__(message)
        if code is not None:
            self.code = code
        self.server_code = server_code
        self.outcome = outcome

    @property
    def may_have_executed(self):
        """Whether a server may have executed the command: its outcome is EXECUTED or UNKNOWN."""
        return self.outcome in ("EXECUTED", "UNKNOWN")

    def __reduce__(self):
        return _restore, (type(self), str(self), self.code, self.server_code, self.outcome, self.parts)


class InvalidArgumentError(Error, ValueError):
    """An argument is wrong; the message says which."""
    code = "INVALID_ARGUMENT"


class NoMemoryError(Error, MemoryError):
    """An allocation failed."""
    code = "NO_MEMORY"


class ConnectError(Error, ConnectionError):
    """No connection to a node: refused, unreachable, or its name is not known."""
    code = "CONNECT"


class AuthError(Error):
    """The server does not accept the user or the password."""
    code = "AUTH"


class TLSError(Error):
    """The encrypted connection could not be made or trusted."""
    code = "TLS"


class TimeoutError(Error, builtins.TimeoutError):  # pylint: disable=redefined-builtin
    """The call's time was up."""
    code = "TIMEOUT"


class IOError(Error, ConnectionError):  # pylint: disable=redefined-builtin
    """A connection broke during the call."""
    code = "IO"


class ProtocolError(Error):
    """The server sent what no Redis server sends."""
    code = "PROTOCOL"


class ServerError(Error):
    """The server's answer is an error: see server_code."""
    code = "SERVER"


class CrossSlotError(Error, ValueError):
    """The keys of one command or transaction lie in several slots."""
    code = "CROSS_SLOT"


class NoKeysError(Error, ValueError):
    """A watch without keys."""
    code = "NO_KEYS"


class EmptyError(Error, ValueError):
    """A transaction without commands."""
    code = "EMPTY"


class ClusterDownError(Error):
    """The cluster does not serve the slot."""
    code = "CLUSTER_DOWN"


class TooManyRedirectsError(Error):
    """More redirects in a row than max_redirects."""
    code = "TOO_MANY_REDIRECTS"


class WatchConflictError(Error):
    """A watched key changed, each time it was tried."""
    code = "WATCH_CONFLICT"


class AbortedError(Error):
    """The function given to watch returned ABORT."""
    code = "ABORTED"


class ClosedError(Error):
    """The cluster was closed before or during the call."""
    code = "CLOSED"


class BusyError(Error):
    """Too many bytes wait for the node."""
    code = "BUSY"


class UnsupportedError(Error):
    """Not offered by this version of the library, or by the server."""
    code = "UNSUPPORTED"


class CancelledError(Error):
    """The call was cancelled."""
    code = "CANCELLED"


#: What a node was sent for the keys of one slot, or, of a command without keys, all that it was sent. node: "host:port" that
#: was asked last, or None; keys: which arguments of the command its keys are, the name being 0; reply: what was answered;
#: error: why it failed, with an outcome of its own, or None.
Part = collections.namedtuple("Part", "node keys reply error")


class PartialError(Error):
    """An operation over several nodes succeeded in part: `parts` is a list of each Part."""
    code = "PARTIAL"


class InternalError(Error):
    """A defect of the library: please report it."""


_CLASSES = {getattr(native, "RC_ERR_" + c.code): c for c in Error.__subclasses__()}


def _make(code, message, server_code, outcome, parts):
    name = None if code in _CLASSES else native.code_name(code).replace("RC_ERR_", "")
    error = _CLASSES.get(code, Error)(message, code=name, server_code=server_code,
                                      outcome=_OUTCOMES.get(outcome, "UNKNOWN"))
    if parts is not None:
        error.parts = [Part(node or None, keys, reply, failed) for node, keys, reply, failed in parts]
    return error


def _restore(kind, message, code, server_code, outcome, parts):
    error = kind(message, code=code, server_code=server_code, outcome=outcome)
    if parts:
        error.parts = parts
    return error
