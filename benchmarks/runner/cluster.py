"""A cluster of three primaries, for as long as a with statement lasts."""
import json
import subprocess


class Cluster:
    # The cluster lives until its stdin ends, so it never outlives the runner.
    TELL = 'echo "{\\"nodes\\": \\"$BENCH_NODES\\", \\"pids\\": [$BENCH_SERVER_PIDS]}"; exec cat >/dev/null'

    def __init__(self, programs, delay_ms=0):
        command = [programs / "bench_with_cluster"]
        if delay_ms:
            command += ["--delay-ms", str(delay_ms)]
        self.process = subprocess.Popen(command + ["sh", "-c", self.TELL], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the cluster did not start, see above")
        told = json.loads(line)
        self.nodes = told["nodes"]
        self.pids = told["pids"]
        self.relay = [self.process.pid] if delay_ms else []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(timeout=60)
