"""The report of the bindings in Markdown."""
import datetime

import machine
import peers
from bindings import CASES, LANGUAGES, OURS
from pairs import Comparison, Figures
from report import ratio

HOW = """\
Each line is one client behind the same driver protocol: it makes the same calls with the same keys, as its language's users
would write them, and compares every reply with what was written. Rounds of all clients of a language run in turns; the table
has the medians of the rounds. "ours by it" is the median, with quartiles, of the ratios of rounds that ran side by side:
above 1 for commands a second, and below 1 for CPU time, ours is better. CPU time is that of the whole client process. The
first two cases have client and servers on one processor, so the commands a second there tell what a call costs, not how
quickly a sleeping processor wakes; the third has all processors. One pipeline is 100 GETs over all three nodes. How each
other client is used: benchmarks/peers/README.md. What costs most in ours: [costs.md](costs.md)."""


def table(language, bench):
    lines = ["| case | client | commands/s | ours by it | client CPU, µs a command | ours by it |", "|---|---|---|---|---|---|"]
    for case in CASES:
        of_case = bench.rounds.get((language.name, case.name), {})
        for name, rounds in of_case.items():
            figures = Figures(rounds)
            rate = cpu = ""
            if name != OURS and OURS in of_case:
                comparison = Comparison(case, name, of_case[OURS], rounds)
                rate, cpu = ratio(comparison.rate), ratio(comparison.client)
            lines.append(f"| {case.name} | {name} | {figures.rate:,.0f} | {rate} | {figures.client_us:.2f} | {cpu} |")
    return lines if len(lines) > 2 else ["Nothing was measured."]


def render(about, options, bench):
    lines = ["# Our packages beside other clients of their languages", "",
             f"- {datetime.date.today().isoformat()}",
             *[f"- {line}" for line in about],
             *[f"- {language.name}: {machine.first_line(*language.version)}; "
               + ", ".join(f"{name} {peers.version(name)}" for name in language.peers) for language in LANGUAGES],
             f"- {options.pairs} rounds of {options.seconds} s a case and client; three primaries on loopback;"
             " values of 16 bytes"]
    if bench.missing:
        lines += ["", "## Not measured", "", *[f"- {missing}" for missing in bench.missing]]
    lines += ["", "## How to read", "", HOW]
    for language in LANGUAGES:
        lines += ["", f"## {language.name}", "", *table(language, bench)]
    return "\n".join(lines) + "\n"
