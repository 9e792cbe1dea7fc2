"""The figures that the library must reach, of bare hiredis' in the same run."""
import collections

Target = collections.namedtuple("Target", "figure hiredis must ours held")

CASES = [  # figure, case, what to look at: rate at least, client or server CPU at most
    ("one thread, one command at a time, commands/s", "GET, 1 thread", "rate"),
    ("pipeline of 100 over 3 nodes, commands/s", "pipeline of 100", "rate"),
    ("pipeline of 100 over 3 nodes, client CPU", "pipeline of 100", "client"),
    ("64 threads on one handle, commands/s", "GET, 64 threads", "rate"),
    ("64 threads on one handle, server CPU", "GET, 64 threads", "server"),
    ("16 threads, commands/s", "GET, 16 threads", "rate"),
    ("16 threads, server CPU", "GET, 16 threads", "server"),
    ("4 threads, commands/s", "GET, 4 threads", "rate"),
    ("2 threads, commands/s", "GET, 2 threads", "rate"),
]

def of_counts(counts):
    for case in counts:
        if not case["most_instructions"]:
            continue
        hiredis, ours = case["hiredis"], case["ours"]
        ratio = ours["instructions"] / hiredis["instructions"]
        yield Target(f"instructions, {case['name']}", f"{hiredis['instructions']:.0f}",
                     f"≤ {case['most_instructions']:.2f} of hiredis", f"{ours['instructions']:.0f} ({ratio:.3f})",
                     ratio <= case["most_instructions"])
        yield Target(f"allocations, {case['name']}", f"{hiredis['allocations']:.2f}",
                     f"≤ {case['most_allocations']:.2f}", f"{ours['allocations']:.2f}",
                     ours["allocations"] <= case["most_allocations"])


def of_cases(comparisons):
    for figure, name, what in CASES:
        comparison = comparisons.get(name)
        if not comparison:
            continue
        limit = comparison.case.limits[what]
        ratio = getattr(comparison, what)
        held = ratio.median >= limit if what == "rate" else ratio.median <= limit
        yield Target(figure, "1", f"{'≥' if what == 'rate' else '≤'} {limit:.2f}",
                     f"{ratio.median:.2f} ({ratio.low:.2f}–{ratio.high:.2f})", held)


def targets(measured, counts):
    return [*of_counts(counts), *of_cases(measured.against("hiredis"))]
