"""What changes where flows may use all cores?"""

from __future__ import annotations

from collections.abc import Sequence

from bench.analysis.variants import UNPINNED, Variant, variants
from bench.report.document import Dots, Point, Row, Screen, Table
from bench.report.figures import Run
from bench.report.questions.question import Question, joined, plural
from bench.report.quotes import Quotes
from bench.report.workloads.causes import unpinned

PLACES = (("http_get", "GET"), ("brigade", "hand-over by a socket"), ("handoff", "hand-over by a lock"))
READ = (
    "Open mark: CPU per op on one core. Filled mark: the same work where flows may use every core. A filled mark to the right of an "
    "open one: more cores cost CPU. The axis is logarithmic."
)


def make(run: Run, q: Quotes) -> Screen | None:
    """Compare one core with all cores."""
    found = [(w, op, one) for w, op in PLACES for one in variants(run.table, w, run.models, UNPINNED)]
    if not found:
        return None
    groups: dict[str, list[Row]] = {}
    rows: list[tuple[str, ...]] = []
    said: list[tuple[bool, Variant, str]] = []
    for w, op, one in found:
        name = f"{w}/{one.model}/{one.flows}: CPU per op, all cores against one"
        pinned = run.figure(w, one.model, one.flows, "D", "")
        if pinned is None:
            continue
        if w == found[0][0]:
            said.append((one.times.has_interval and one.times.low <= 1 <= one.times.high, one, name))
        points = (Point(pinned.value * 1e6, 0), Point(one.demand_s * 1e6, 0))
        groups.setdefault(f"{op}, {one.flows:,} flows", []).append(Row(one.model, one.model, points))
        rows.append(row(q, name, op, one, q.value(f"{w}/{one.model}/{one.flows}: CPU per op", pinned, "µs", 1e6)))
    head = ("model", "op", "one core, µs", "all cores, µs", "ratio", "lower", "upper")
    why = tuple(text for w in dict.fromkeys(w for w, _, _ in found) for text in unpinned(run, w))
    return Screen(
        id="pinning",
        title=QUESTION.title,
        short=QUESTION.short,
        sentences=(sentence(q, found[0][1], said),),
        picture=Dots(
            "pinning-cpu",
            "CPU per op on one core and on all",
            "µs of CPU per op",
            tuple((name, tuple(rows_)) for name, rows_ in groups.items()),
            READ,
            ("one core", "all cores"),
        ),
        table=Table("CPU per op, pinned to one core and not", head, tuple(rows)),
        why=why,
        details=tuple(dict.fromkeys(w for w, _, _ in found)),
        numbers=tuple(q.numbers),
    )


def sentence(q: Quotes, op: str, said: Sequence[tuple[bool, Variant, str]]) -> str:
    """What all cores cost. `said`: whether the interval has 1 in it, the model's ratio, and what the number is called."""
    changed = [f"{plural(one.model)} {q.change(name, one.times)}" for even, one, name in said if not even]
    even = [plural(one.model) for even, one, _ in said if even]
    parts = [f"{joined(changed)} CPU"] if changed else []
    parts += [f"no difference shown for {joined(even)}"] if even else []
    return f"With all cores instead of one, a {op} takes: {'; '.join(parts)}."


def row(q: Quotes, name: str, op: str, one: Variant, pinned: str) -> tuple[str, ...]:
    """One model's row."""
    ends = q.ends(name, one.times, "ratio")
    all_cores = q.given(f"{name}, all cores, µs", f"{one.demand_s * 1e6:.3g}")
    return (one.model, op, pinned, all_cores, *ends)


QUESTION = Question("pinning", "What if flows may use all cores?", "Pinning", tuple(w for w, _ in PLACES[:1]), make)
