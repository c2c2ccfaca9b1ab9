"""One machine over its dates: CPU per op of each model, and the steps, which are runs whose intervals lie apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise

from bench.analysis.statistics import Estimate
from bench.report.compare.names import interpreter, machine
from bench.report.document import Chart, Line, Point
from bench.report.figures import Run
from bench.report.text import with_interval

LEAST = 3  # runs of one machine: two are a comparison
PLACES = (("http_get", 100), ("sleep", 100), ("http_get", 1000))


def machines(runs: Sequence[Run]) -> Mapping[tuple[str, str], list[Run]]:
    """Runs of one machine and interpreter, oldest first; those with enough of them."""
    found: dict[tuple[str, str], list[Run]] = {}
    for run in sorted(runs, key=lambda run: run.manifest.started_utc):
        found.setdefault((f"{machine(run)} ({run.manifest.host})", interpreter(run)), []).append(run)
    return {key: there for key, there in found.items() if len(there) >= LEAST}


def day(run: Run, first: Run) -> float:
    """Days since the first run."""
    began = [datetime.fromisoformat(one.manifest.started_utc).replace(tzinfo=UTC) for one in (run, first)]
    return (began[0] - began[1]).total_seconds() / 86400


def estimates(runs: Sequence[Run], workload: str, model: str, flows: int) -> list[tuple[Run, Estimate]]:
    """CPU per op of one cell in each run that has an interval of it."""
    found = [(run, run.figure(workload, model, flows, "D", "")) for run in runs]
    return [(run, one) for run, one in found if one is not None and one.has_interval]


def steps(workload: str, model: str, flows: int, there: Sequence[tuple[Run, Estimate]]) -> list[str]:
    """A sentence for each run whose interval lies apart from that of the run before."""
    said = []
    for (before, one), (after, two) in pairwise(there):
        if two.low > one.high or two.high < one.low:
            word = "rose" if two.value > one.value else "fell"
            said.append(
                f"CPU per op of {model} in {workload}/{flows} {word} from {with_interval(one, 1e6)} to {with_interval(two, 1e6)} µs "
                f"between {before.manifest.started_utc} and {after.manifest.started_utc} UTC."
            )
    return said


def trends(runs: Sequence[Run]) -> tuple[tuple[Chart, tuple[str, ...]], ...]:
    """A picture for each machine that has enough runs, and the steps in it, in words."""
    made = []
    for number, ((name, python), there) in enumerate(machines(runs).items()):
        for workload, flows in PLACES:
            lines, said = [], []
            for model in dict.fromkeys(model for run in there for model in run.models):
                found = estimates(there, workload, model, flows)
                if len(found) >= LEAST:
                    points = [
                        Point(day(run, there[0]), one.value * 1e6, one.low * 1e6, one.high * 1e6) for run, one in found
                    ]
                    lines.append(Line(model, tuple(points)))
                    said += steps(workload, model, flows, found)
            if lines:
                title = f"{name}, Python {python}: {workload} at {flows} flows, over its dates"
                made.append((chart(f"trend-{number}", title, lines), tuple(said)))
                break
    return tuple(made)


def chart(id_: str, title: str, lines: Sequence[Line]) -> Chart:
    """The picture of one machine."""
    return Chart(
        id_,
        title,
        "days since its first run here",
        "CPU per op, µs",
        tuple(lines),
        "Each mark is a run, its line the 95 % interval of that sitting. Marks whose lines lie apart are a step, which is told in words below.",
        even=True,
    )
