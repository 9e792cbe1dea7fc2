"""A client under test: a program that makes rounds of calls as it is told, a line each. README.md has the protocol."""
import collections
import json
import os
import select
import subprocess

from processes import cpu_seconds

Round = collections.namedtuple("Round", "commands seconds latency_us client_cpu server_cpu relay_cpu beside")


class DriverFailed(RuntimeError):
    def __init__(self, driver, what):
        super().__init__(f"{driver.name}: {what}")
        self.driver = driver


class Driver:
    START_SECONDS = 60  # of a slow runtime, and until the client has connected
    GRACE_SECONDS = 60  # of a round, beyond its own time

    def __init__(self, name, command, cluster):
        self.name = name
        self.cluster = cluster
        self.process = subprocess.Popen([*command, "--nodes", cluster.nodes], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, bufsize=0)
        self.pids = [self.process.pid]
        self.rest = b""

    def ask(self, order, seconds):
        """The answer to one line."""
        try:
            self.process.stdin.write(order.encode() + b"\n")
        except BrokenPipeError:
            raise DriverFailed(self, "has ended, see above") from None
        while b"\n" not in self.rest:
            if not select.select([self.process.stdout], [], [], seconds)[0]:
                raise DriverFailed(self, f"did not answer \"{order}\" in {seconds:.0f} s")
            got = os.read(self.process.stdout.fileno(), 65536)
            if not got:
                raise DriverFailed(self, f"ended during \"{order}\", see above")
            self.rest += got
        line, self.rest = self.rest.split(b"\n", 1)
        answer = json.loads(line)
        if "error" in answer:
            raise DriverFailed(self, f"\"{order}\": {answer['error']}")
        return answer

    def fill(self, size):
        self.ask(f"fill {size}", self.GRACE_SECONDS)

    def round(self, case, seconds):
        client = cpu_seconds(self.pids)
        server = cpu_seconds(self.cluster.pids)
        relay = cpu_seconds(self.cluster.relay)
        answer = self.ask(f"round {case.operation} {case.callers} {case.size} {case.batch} {seconds}",
                          seconds + self.START_SECONDS + self.GRACE_SECONDS)
        if answer["commands"] <= 0 or answer["seconds"] <= 0:
            raise DriverFailed(self, f"made no call in a round of \"{case.name}\"")
        return Round(answer["commands"], answer["seconds"], answer.get("latency_us"),
                     cpu_seconds(self.pids) - client, cpu_seconds(self.cluster.pids) - server,
                     cpu_seconds(self.cluster.relay) - relay, answer.get("beside", 0))

    def close(self):
        """Ends by itself when its stdin does; is killed where it does not."""
        self.process.stdin.close()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
