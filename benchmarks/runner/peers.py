"""The other clients: folders of benchmarks/peers with an executable `build` (build DIR) and `run` (run DIR --nodes ...)."""
import os
import pathlib

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "peers"


def names():
    return sorted(run.parent.name for run in FOLDER.glob("*/run") if os.access(run, os.X_OK))


def build_command(name, folder):
    return [FOLDER / name / "build", folder / name]


def run_command(name, folder):
    return [FOLDER / name / "run", folder / name]
