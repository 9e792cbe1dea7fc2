"""The benchmark's runner: scripts/bench builds and starts it."""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import bindings_report
import machine
import memory
import peers
import report
from bindings import BindingsBench
from cases import all_cases
from measure import Bench
from plots import all_plots
from targets import targets

INSTRUCTIONS = pathlib.Path(__file__).resolve().parent.parent / "instructions"


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench")
    parser.add_argument("--programs", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true", help="few short rounds")
    parser.add_argument("--only", metavar="REGEX", default="", help="cases with such names (see --list)")
    parser.add_argument("--list", action="store_true", help="the cases' names, and the peers'")
    parser.add_argument("--pairs", type=int, help="of rounds, a case (21; quick: 5)")
    parser.add_argument("--seconds", type=float, help="a round (0.25; quick: 0.1)")
    parser.add_argument("--peers", nargs="?", metavar="NAMES", const="all",
                        help="other clients too, installed on demand: all, or those named (with commas)")
    parser.add_argument("--baseline", metavar="DRIVER", help="against another build's bench_driver instead of hiredis")
    parser.add_argument("--bindings", action="store_true",
                        help="only this: our packages beside other clients of their languages, installed on demand")
    parser.add_argument("--output", metavar="DIR", type=pathlib.Path,
                        help="where report.md and the plots go (build/bench/report; of --bindings without --quick:"
                             " benchmarks/results/bindings)")
    parser.add_argument("--soak", metavar="SECONDS", type=int, help="only this: is memory flat under load?")
    options = parser.parse_args()
    options.programs = options.programs.resolve()
    options.pairs = options.pairs or (5 if options.quick else 21)
    options.seconds = options.seconds or (0.1 if options.quick else 0.25)
    if not options.output:
        keeps = options.bindings and not options.quick
        options.output = pathlib.Path("benchmarks/results" if keeps else "build/bench/report",
                                      "bindings" if options.bindings else "")
    return options


def main():
    options = arguments()
    if options.list:
        print("\n".join(case.name for case in all_cases()))
        print("peers: " + ", ".join(peers.names()))
        return 0
    if options.soak:
        return subprocess.run([options.programs / "bench_with_cluster", options.programs / "bench_soak",
                               str(options.soak)]).returncode
    about = machine.describe(options.programs)
    options.output.mkdir(parents=True, exist_ok=True)
    if options.bindings:
        return run_bindings(options, about)
    wanted = re.compile(options.only)
    cases = [case for case in all_cases() if wanted.search(case.name)]
    bench = Bench(options)
    counts, counted, sizes = [], "", []
    if wanted.search("instructions"):
        counts, counted = count(options, bench.measured)
    bench.run_cases(cases)
    if not options.baseline:
        run_others(bench, options, [case for case in cases if case.peers])
    if wanted.search("memory"):
        try:
            sizes = memory.table(options.programs)
        except RuntimeError as error:
            bench.measured.fail("memory", error)
    plots = all_plots(bench.measured, counts)
    text = report.render(about, options, bench.measured, targets(bench.measured, counts), counted, sizes, plots)
    for name, plot in plots.items():
        (options.output / name).write_text(plot, encoding="utf-8")
    (options.output / "report.md").write_text(text, encoding="utf-8")
    print(text)
    return 1 if bench.measured.failures else 0


def run_bindings(options, about):
    bench = BindingsBench(Bench(options), options)
    bench.run()
    text = bindings_report.render(about, options, bench)
    (options.output / "report.md").write_text(text, encoding="utf-8")
    print(text)
    return 0 if bench.rounds else 1


def count(options, measured):
    """The figures, and the table of them."""
    with tempfile.TemporaryDirectory() as folder:
        figures = pathlib.Path(folder, "figures.json")
        done = subprocess.run([options.programs / "bench_with_cluster", INSTRUCTIONS, "--build", options.programs,
                               "--json", figures], stdout=subprocess.PIPE, text=True, timeout=600)
        if done.returncode != 0:
            measured.fail("instructions", "could not be counted, see above")
            return [], ""
        return json.loads(figures.read_text()), done.stdout


def run_others(bench, options, cases):
    wanted = peers.names() if options.peers == "all" else (options.peers or "").split(",")
    folder = options.programs.parent / "peers"
    for name in filter(None, wanted):
        if name not in peers.names():
            bench.measured.fail(name, "there is no such peer, see --list")
            continue
        bench.run_peer(name, peers.FOLDER / name, folder / name, cases)
    if not options.only or options.peers:
        bench.run_redis_benchmark(cases)


sys.exit(main())
