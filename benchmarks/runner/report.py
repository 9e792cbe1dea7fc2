"""The report in Markdown."""
import processes

HOW = """\
Both sides do the same work on the same keys and check every reply. A case runs in adjacent pairs of rounds, ours beside
the other's, in turns; each pair gives a ratio, and the table has the median of these ratios with their quartiles, so
that a machine which slows down or speeds up favours neither. Below 1 is less: slower in commands a second, cheaper in
CPU time. With one thread, client and servers share one processor, so that waking another one is not what is measured,
and "both", the CPU time of client and servers together, tells what the rate is on an idle machine. With more threads,
ours share one handle, and hiredis has a connection a thread and node."""


def ratio(spread):
    return f"{spread.median:.2f} ({spread.low:.2f}–{spread.high:.2f})"


def verdict(held):
    return "yes" if held else "**no**"


def limits(case):
    signs = {"rate": "rate ≥", "client": "client ≤", "server": "server ≤"}
    return ", ".join(f"{signs[key]} {limit:.2f}" for key, limit in case.limits.items())


def target_table(rows):
    lines = ["| figure (16-byte values) | hiredis | must reach | ours | held |", "|---|---|---|---|---|"]
    lines += [f"| {t.figure} | {t.hiredis} | {t.must} | {t.ours} | {verdict(t.held)} |" for t in rows]
    return lines


def rate_table(comparisons, peer):
    lines = [f"| case | commands/s: ours | {peer} | ours by {peer} | client CPU | server CPU | both | limits | held |",
             "|---|---|---|---|---|---|---|---|---|"]
    for c in comparisons:
        limited = c.case.limits and peer == "hiredis"
        lines.append(f"| {c.case.name} | {c.ours.rate:,.0f} | {c.theirs.rate:,.0f} | {ratio(c.rate)} | {ratio(c.client)} |"
                     f" {ratio(c.server)} | {ratio(c.both)} | {limits(c.case) if limited else ''} |"
                     f" {verdict(c.held()) if limited else ''} |")
    return lines


def relay_note(comparisons, peer):
    lines = [f"| processors busy | ours: relays | relays, servers, client | {peer}: relays | all |",
             "|---|---|---|---|---|"]
    for c in comparisons:
        if c.case.delay_ms:
            cells = [f"{part:.2f}" for side in (c.ours, c.theirs) for part in (side.relay_busy, side.all_busy)]
            lines.append(f"| {c.case.name} | {' | '.join(cells)} |")
    if len(lines) == 2:
        return []
    return ["", f"How many of the {len(processes.ALL)} processors were busy, for the relays that delay need some too. Where"
                " all were, that bounds what is measured.", "", *lines]


def beside_note(comparisons, peer):
    lines = []
    for c in comparisons:
        if c.case.operation == "beside":
            lines += ["", f"{c.case.name}: the one caller, who shares the processors with the others, got"
                          f" {c.ours.beside:,.0f} such values a second from ours, and {c.theirs.beside:,.0f} from {peer}."]
    return lines


def latency_table(comparisons, peer):
    lines = [f"| µs a call | ours: p50 | p99 | p99.9 | {peer}: p50 | p99 | p99.9 |", "|---|---|---|---|---|---|---|"]
    for c in comparisons:
        cells = [f"{v:,.1f}" for side in (c.ours, c.theirs) for v in side.latency_us or []]
        if len(cells) == 6:
            lines.append(f"| {c.case.name} | {' | '.join(cells)} |")
    return lines if len(lines) > 2 else []


def groups(comparisons):
    found = {}
    for c in comparisons:
        found.setdefault(c.case.group, []).append(c)
    return found


def plot_lines(plots):
    lines = []
    for name in plots:
        lines += ["", f"![{name[:-4].replace('-', ' ')}]({name})"]
    return lines


def against_others(measured, first):
    lines = []
    for peer in measured.peers():
        if peer != first:
            rows = list(measured.against(peer).values())
            lines += ["", f"### {peer}", "", *rate_table(rows, peer), "", *latency_table(rows, peer)]
    if lines:
        lines = ["", "## Other clients", "",
                 "Each in its idiomatic fastest way: see benchmarks/peers/README.md. redis-benchmark is no client library: it"
                 " checks no reply, reads keys at random, and makes its connections anew in each round."] + lines
    return lines


def render(machine, options, measured, targets, counted, memory, plots):
    first = measured.peers()[0] if measured.peers() else "hiredis"
    rows = list(measured.against(first).values())
    lines = [f"# rediscluster against {'other clients' if len(measured.peers()) > 1 else first}", "",
             *[f"- {line}" for line in machine],
             f"- {options.pairs} pairs of rounds of {options.seconds} s a case, longer where calls are;"
             " three primaries on loopback"]
    if targets:
        lines += ["", "## What must be reached", "", *target_table(targets)]
    if measured.failures:
        lines += ["", "## What failed", "", *[f"- {failure}" for failure in measured.failures]]
    if counted:
        lines += ["", "## Instructions and allocations a command", "", counted.strip(), "",
                  "Counted by callgrind (user space, client side) and by a counting malloc."]
    if rows:
        lines += ["", "## Commands a second and CPU time", "", HOW]
        for group, of_group in groups(rows).items():
            lines += ["", f"### {group}", "", *rate_table(of_group, first), *relay_note(of_group, first),
                      *beside_note(of_group, first)]
        lines += ["", "## Latency", "", "Medians of the rounds. A call is a command or a whole pipeline.", "",
                  *latency_table(rows, first)]
    lines += plot_lines(plots)
    if memory:
        lines += ["", "## Memory", "", *memory, "",
                  "By malloc's own count, and by the growth of the process; many are made, and divided by their number."]
    lines += against_others(measured, first)
    return "\n".join(lines) + "\n"
