"""Builds the library with every mutant in it, switched on one at a time, and runs the tests on each: see scripts/mutate."""

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
WORK = ROOT / "build" / "mutants"
SOURCE = WORK / "source"
BUILD = WORK / "build"
COPIED = ("CMakeLists.txt", "CMakePresets.json", "capi", "core", "cmake", "pkgconfig", "tests", "tools", "examples",
          "benchmarks", "README.md")
SWITCH = "REDISCLUSTER_MUTANT"
ENOUGH = 0.9
SLOWEST_TEST = 90  # seconds; a mutant that makes a test hang is caught by that
HEADER = """#pragma once
#include <cstdlib>
#include <string_view>
namespace rediscluster_mutants {
inline bool on(const char* name) noexcept {
  static const char* const active = std::getenv("%s");
  return active != nullptr && std::string_view(active) == name;
}
}  // namespace rediscluster_mutants
""" % SWITCH


@dataclass
class Mutant:
    name: str
    what: str
    file: str = ""
    tests: list = field(default_factory=list)
    before: list = field(default_factory=list)
    after: list = field(default_factory=list)


def read_mutants():
    mutants = []
    for path in sorted(HERE.glob("*.txt")):
        part = None
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if line.startswith("== "):
                name, colon, what = line[3:].partition(": ")
                if not colon:
                    sys.exit(f"{path.name}:{number}: a mutant is \"== name: what it breaks\"")
                mutants.append(Mutant(name.strip(), what.strip()))
                part = None
            elif line.startswith("file: "):
                mutants[-1].file = line[6:].strip()
            elif line.startswith("tests: "):
                mutants[-1].tests = line[7:].split()
            elif line.startswith("-- "):
                part = mutants[-1].before
                part.append(line[3:].strip())
            elif line.startswith("++ "):
                part = mutants[-1].after
                part.append(line[3:].strip())
            elif line.strip() and part is not None:
                part.append(line.strip())
    names = [mutant.name for mutant in mutants]
    for name in {name for name in names if names.count(name) > 1}:
        sys.exit(f"two mutants are called {name}")
    return mutants


def pattern_of(lines):
    """White space counts as white space, however much of it there is."""
    return re.compile(r"\s+".join(re.escape(word) for line in lines for word in line.split()))


def apply(mutants, read, write):
    """Writes the sources with the mutants in them; returns what is wrong with those that do not fit."""
    wrong = []
    by_file = {}
    for mutant in mutants:
        by_file.setdefault(mutant.file, []).append(mutant)
    for file, those in by_file.items():
        text = original = read(file)
        if text is None:
            wrong += [f"{mutant.name}: there is no {file}" for mutant in those]
            continue
        for mutant in those:
            pattern = pattern_of(mutant.before)
            found = len(pattern.findall(original))
            if found != 1 or not any("MUTANT" in line for line in mutant.after):
                wrong.append(f"{mutant.name}: its source stands {found} times in {file}, not once" if found != 1 else
                             f"{mutant.name}: nothing in it says MUTANT")
                continue
            switched = "\n".join(mutant.after).replace("MUTANT", f'rediscluster_mutants::on("{mutant.name}")')
            text, changed = pattern.subn(lambda _: switched, text)
            if changed != 1:
                wrong.append(f"{mutant.name}: another mutant has changed the same place of {file}")
        write(file, '#include "mutants.h"\n' + text)
    return wrong


def read_source(file):
    path = ROOT / file
    return path.read_text() if path.is_file() else None


def write_if_new(path, text):
    if path.is_file() and path.read_text() == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def copy_sources(mutants):
    """Leaves alone what has not changed, so that little is built again."""
    changed = {mutant.file for mutant in mutants}
    kept = set()
    for top in COPIED:
        found = [ROOT / top] if (ROOT / top).is_file() else sorted((ROOT / top).rglob("*"))
        for path in found:
            if path.is_dir() or "__pycache__" in path.parts:
                continue
            name = path.relative_to(ROOT)
            kept.add(name)
            target = SOURCE / name
            if str(name) in changed:
                continue
            if target.is_file() and target.read_bytes() == path.read_bytes():
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)
    for path in sorted(SOURCE.rglob("*")):
        if path.is_file() and path.relative_to(SOURCE) not in kept and path.name != "mutants.h":
            path.unlink()
    write_if_new(SOURCE / "core" / "mutants.h", HEADER)


def run(words, **more):
    return subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, **more)


def build():
    settings = ["-DCMAKE_BUILD_TYPE=RelWithDebInfo", "-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O1 -g1",
                "-DREDISCLUSTER_WERROR=OFF", "-DREDISCLUSTER_PRECOMPILE=ON"]
    if shutil.which("ninja"):
        settings += ["-G", "Ninja"]
    jobs = str(os.cpu_count())
    for words in (["cmake", "-S", str(SOURCE), "-B", str(BUILD), *settings], ["cmake", "--build", str(BUILD), "-j", jobs]):
        done = run(words)
        if done.returncode != 0:
            sys.exit(f"{done.stdout}\nthe library with mutants in it cannot be built: see above")


def failing_test(mutant, choice):
    """The first test of the choice that fails under the mutant, or None."""
    environment = dict(os.environ)
    environment.pop(SWITCH, None)
    if mutant is not None:
        environment[SWITCH] = mutant.name
    done = run(["ctest", "--test-dir", str(BUILD), "-j", str(os.cpu_count() + 1), "--stop-on-failure", "--timeout",
                str(SLOWEST_TEST), *choice], env=environment)
    if "No tests were found" in done.stdout:
        return None
    failed = re.search(r"^\s*\d+ - (\S+) \(", done.stdout[done.stdout.find("The following tests FAILED"):], re.M)
    if failed:
        return failed.group(1)
    return None if done.returncode == 0 else "(ctest)"


def try_mutant(mutant, cluster):
    choices = []
    if mutant.tests:
        choices.append(["-R", "^(%s)$" % "|".join(re.escape(test) for test in mutant.tests)])
    choices.append(["-LE", "cluster"])
    if cluster:
        choices.append(["-L", "cluster"])
    for choice in choices:
        test = failing_test(mutant, choice)
        if test is not None:
            return test
    return None


def main():
    parser = argparse.ArgumentParser(usage="scripts/mutate [--check] [--cluster] [NAME...]")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--cluster", action="store_true")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()

    mutants = read_mutants()
    wrong = apply(mutants, read_source, lambda file, text: None)
    if wrong:
        sys.exit("mutants that do not fit the sources any more:\n  " + "\n  ".join(wrong))
    if options.check:
        return print(f"{len(mutants)} mutants fit the sources")

    copy_sources(mutants)
    apply(mutants, read_source, lambda file, text: write_if_new(SOURCE / file, text))
    build()
    unknown = set(options.names) - {mutant.name for mutant in mutants}
    if unknown:
        sys.exit(f"no mutant is called {', '.join(sorted(unknown))}")
    failed = failing_test(None, ["-LE", "cluster"])
    if failed:
        sys.exit(f"{failed} fails without any mutant: mend that first")

    tried = [mutant for mutant in mutants if not options.names or mutant.name in options.names]
    caught = 0
    for mutant in tried:
        began = time.monotonic()
        test = try_mutant(mutant, options.cluster)
        caught += test is not None
        result = f"caught   by {test}" if test else "PASSED  "
        print(f"{result:<50} {mutant.name}: {mutant.what} ({time.monotonic() - began:.0f} s)", flush=True)
    print(f"{caught} of {len(tried)} mutants caught, {100 * caught / max(len(tried), 1):.0f} %")
    if caught < ENOUGH * len(tried):
        sys.exit(1)


if __name__ == "__main__":
    main()
