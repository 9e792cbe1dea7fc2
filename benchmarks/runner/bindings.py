"""The packages of bindings/, each beside other clients of its language: all of a language in turns, in one run."""
import collections
import contextlib
import os
import subprocess
import sys

import peers
from cases import all_cases, sizes
from cluster import Cluster
from driver import Driver, DriverFailed
from measure import WARM_SECONDS
from pairs import rounds

Language = collections.namedtuple("Language", "name peers version")
LANGUAGES = [  # version: the command that tells the language's
    Language("Python", ["redis-py", "valkey-glide"], ["python3", "--version"]),
    Language("Ruby", ["redis-cluster-client"], ["ruby", "--version"]),
    Language("Go", ["go-redis", "rueidis"], ["go", "version"]),
    Language("Rust", ["redis-rs-sync", "redis-rs-async"], ["rustc", "--version"]),
    Language("Java", ["jedis"], ["java", "--version"]),
]
CASES = [case for case in all_cases() if case.name in ("GET, 1 thread", "pipeline of 100", "GET, 16 threads")]
OURS = "rediscluster"
WARM = {"Java": 2 * WARM_SECONDS}  # it compiles while it runs


class BindingsBench:
    def __init__(self, bench, options):
        self.bench = bench
        self.options = options
        self.folder = options.programs.parent
        self.rounds = {}    # (language, case), their names -> the rounds of each client, by its name
        self.missing = []   # what could not be measured, and why

    def run(self):
        self.use_library()
        with Cluster(self.options.programs) as cluster:
            self.bench.fill(cluster, sizes(CASES))
            for language in LANGUAGES:
                self.run_language(language, cluster)

    def use_library(self):
        """As scripts/bench has installed it: where builds and drivers look for it."""
        installed = self.folder / "prefix" / "lib"
        os.environ["PKG_CONFIG_PATH"] = str(installed / "pkgconfig")
        os.environ["LD_LIBRARY_PATH"] = str(installed)

    def run_language(self, language, cluster):
        with contextlib.ExitStack() as ending:
            drivers = []
            for name in (OURS, *language.peers):
                try:
                    driver = Driver(name, self.command(language, name), cluster)
                except (RuntimeError, OSError, subprocess.SubprocessError) as error:
                    self.miss(language, name, error)
                    continue
                ending.callback(driver.close)
                drivers.append(driver)
            for case in CASES:
                self.run_case(language, case, drivers, cluster)

    def command(self, language, name):
        """Builds a driver, and gives the command that starts it."""
        if name == OURS:
            name = language.name.lower()
            source, to = peers.BINDINGS / name / "benchmark", self.folder / "bindings" / name
        else:
            source, to = peers.FOLDER / name, self.folder / "peers" / name
        peers.build(source, to)
        return [source / "run", to]

    def run_case(self, language, case, drivers, cluster):
        """A driver that fails is left out, from then on, and the others begin the case anew."""
        while drivers:
            seconds = self.options.seconds
            warm = 0.3 if self.options.quick else WARM.get(language.name, WARM_SECONDS)
            try:
                done = rounds(case, {driver: warm for driver in drivers}, cluster, self.options.pairs, seconds)
            except DriverFailed as failed:
                self.miss(language, failed.driver.name, failed)
                drivers.remove(failed.driver)
                continue
            self.rounds[language.name, case.name] = {driver.name: done[driver] for driver in drivers}
            rates = (f"{driver.name} {sum(r.commands for r in done[driver]) / sum(r.seconds for r in done[driver]):,.0f}/s"
                     for driver in drivers)
            print(f"{language.name:7} {case.name:16} {', '.join(rates)}", file=sys.stderr, flush=True)
            return

    def miss(self, language, name, error):
        self.missing.append(f"{language.name}, {name}: {error}")
        print(f"bench: {self.missing[-1]}", file=sys.stderr, flush=True)
