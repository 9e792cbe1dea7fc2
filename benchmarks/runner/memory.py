"""Bytes of a handle, a connection and a reply, by bench_memory, each in a process of its own."""
import json
import subprocess

ROWS = [  # what, arguments, the same of hiredis
    ("handle, just opened", ["handle"], False),
    ("lane: one connection of a handle to one node", ["lane"], True),
    ("reply of 16 bytes", ["reply"], True),
    ("reply of 1 KiB", ["reply", "1024"], True),
    ("reply of MGET: 100 values of 16 bytes", ["mget"], True),
]


def of(programs, client, arguments):
    done = subprocess.run([programs / "bench_with_cluster", programs / "bench_memory", client, *arguments],
                          capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip()[-300:])
    figures = json.loads(done.stdout)
    return f"{figures['allocated']:,} | {figures['resident']:,}"


def table(programs):
    lines = ["| bytes | ours: malloc | resident | hiredis: malloc | resident |", "|---|---|---|---|---|"]
    for what, arguments, compared in ROWS:
        theirs = of(programs, "hiredis", arguments) if compared else " | "
        lines.append(f"| {what} | {of(programs, 'ours', arguments)} | {theirs} |")
    return lines
