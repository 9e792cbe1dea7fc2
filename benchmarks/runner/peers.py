"""The other clients: folders of benchmarks/peers with an executable `build` (build DIR) and `run` (run DIR --nodes ...).
Our packages have the same in bindings/LANGUAGE/benchmark."""
import os
import pathlib
import re
import subprocess
import sys

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "peers"
BINDINGS = FOLDER.parent.parent / "bindings"


def names():
    return sorted(run.parent.name for run in FOLDER.glob("*/run") if os.access(run, os.X_OK))


def build(source, to):
    """Makes the driver of a folder, as often as it likes."""
    done = subprocess.run([source / "build", to], timeout=1800, stdin=subprocess.DEVNULL, stdout=sys.stderr,
                          stderr=subprocess.PIPE, text=True)
    print(done.stderr, end="", file=sys.stderr, flush=True)
    if done.returncode != 0:
        last = (done.stderr.splitlines() or ["no word why"])[-1]
        raise RuntimeError(f"cannot be built: {last}")


def version(name):
    """Of the client, as the table of README.md has it."""
    row = re.search(rf"^\| {re.escape(name)} \| (.*?) \|", (FOLDER / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    return row.group(1) if row else ""
