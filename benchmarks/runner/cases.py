"""What is measured. Names are what --only looks through."""
import dataclasses
import typing

HUGE = 4194304


@dataclasses.dataclass
class Case:
    name: str
    group: str
    operation: str
    callers: int = 1
    size: int = 16
    batch: int = 1
    one_cpu: bool = False  # client and servers share a processor
    delay_ms: int = 0
    longer: int = 1        # rounds take so many times the usual
    peers: bool = False    # all peers are asked, not only hiredis
    limits: typing.Dict[str, float] = dataclasses.field(default_factory=dict)  # of hiredis' figure: rate at least,
    #                                                                            client and server at most


def threads(count):
    return "1 thread" if count == 1 else f"{count} threads"


COUNTS = (1, 2, 4, 8, 16, 64, 256)
LIMITS = {1: {}, 2: {"rate": 0.95}, 4: {"rate": 0.95}, 16: {"rate": 1.05, "server": 0.75},
          64: {"rate": 2.5, "server": 0.35}}


def all_cases():
    one = {"group": "one thread", "one_cpu": True}
    cases = [
        Case("GET, 1 thread", operation="get", limits={"rate": 0.95}, peers=True, **one),
        Case("SET, 1 thread", operation="set", limits={"rate": 0.95}, peers=True, **one),
        Case("GET 1 KiB, 1 thread", operation="get", size=1024, **one),
        Case("SET 1 KiB, 1 thread", operation="set", size=1024, **one),
        Case("GET 1 MiB, 1 thread", operation="get", size=1048576, longer=2, **one),
        Case("SET 1 MiB, 1 thread", operation="set", size=1048576, longer=2, **one),
        Case("MGET of 100, 1 thread", operation="mget", batch=100, **one),
        Case("open to first reply", operation="open", **one),
    ]
    for length in (10, 100, 1000, 100000):
        cases.append(Case(f"pipeline of {length:,}", "pipelines", "pipeline", batch=length, one_cpu=True,
                          longer=4 if length > 1000 else 1, peers=length == 100,
                          limits={"rate": 1.05, "client": 0.80} if length == 100 else {}))
    cases += [Case("pipeline of 100, 16 threads", "pipelines", "pipeline", callers=16, batch=100)]
    for count in COUNTS:
        cases.append(Case(f"GET, {threads(count)}{' on any CPU' if count == 1 else ''}", "threads", "get", callers=count,
                          peers=count in (16, 64), limits=LIMITS.get(count, {})))
    cases += [
        Case("SET, 16 threads", "threads", "set", callers=16, peers=True),
        Case("15 GETs beside 4 MB all the time", "threads", "beside", callers=16, longer=4),
        Case("15 GETs beside 4 MB 20 times a second", "threads", "beside", callers=16, batch=50, longer=4),
    ]
    for count in COUNTS:
        cases.append(Case(f"GET, {threads(count)}, 1 ms away", "1 ms", "get", callers=count, delay_ms=1))
    return cases


def sizes(cases):
    """The sizes of values that these cases read."""
    return sorted({case.size for case in cases} | {HUGE for case in cases if case.operation == "beside"})
