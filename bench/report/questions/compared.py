"""CPU per op of every model against the reference: the sentence, the picture and the table of most questions."""

from __future__ import annotations

from bench.report.document import Chart, Dots, Line, Picture, Point, Row, Table
from bench.report.figures import Run
from bench.report.questions.question import first_upper, joined, models, plural, reference, verdict
from bench.report.quotes import Quotes
from bench.report.text import BLANK
from bench.words import FIGURES

READ = (
    "Each mark is the CPU per op of one model divided by that of the reference, taken inside each round, where both ran next to each "
    "other. Lower is cheaper. A filled mark has a 95 % interval, the upright line; a hollow one has too few rounds for it. "
    "Both axes are logarithmic."
)
READ_DOTS = (
    "Each dot is the CPU per op of one model divided by that of the reference, taken inside each round. Left is cheaper. The line is "
    "the 95 % interval. A hollow dot: no difference shown, no verdict, or too few rounds (n)."
)
MOST_ROWS = 12  # of a screen's table
SIZES = 2  # numbers of flows in it
WITHHELD = {"D": "CPU per op moves while it is measured", "T": "the core was full, see CPU per op"}


def sizes(run: Run, workload: str, most: int = SIZES) -> list[int]:
    """The numbers of flows that a reader is told of, upwards: those that were judged in most rounds, then the largest."""
    there = [n for n in run.flows(workload) if len(models(run, workload, [n])) > 1]
    return sorted(sorted(there, key=lambda n: (judged_rounds(run, workload, n), n))[-most:])


def judged_rounds(run: Run, workload: str, flows: int) -> int:
    """In how many rounds models were compared at one number of flows, where that gave a verdict; else 0."""
    suffix = run.suffix(workload)
    found = [
        verdict(run, workload, flows, m, suffix, figure) for m in models(run, workload, [flows]) for figure in FIGURES
    ]
    return max((v.ratio.rounds for v in found if v is not None and v.decided), default=0)


def sentence(run: Run, q: Quotes, workload: str, flows: int, what: str) -> str:
    """How the models compare at one number of flows; `what`: what there are so many of.

    In CPU per op; where the reference has none, as where start-up took most of the ops, in time.
    """
    if said := sentence_on("D", run, q, workload, flows, what):
        return said
    said = sentence_on("T", run, q, workload, flows, what)
    return f"{said} CPU per op of {plural(reference(run))} is not known there." if said else ""


def asked(run: Run, q: Quotes, workload: str, text: str) -> str:
    """How long the ops wait, as they were asked to; `text`: a sentence with a place for it. Empty where no record says so."""
    cells = [run.rows(workload, model, n) for n in sizes(run, workload) for model in models(run, workload, [n])]
    found = {(float(s), str(how)) for cell in cells for s, how in zip(cell["wait_s"], cell["wait"], strict=True)}
    if len(found) != 1:
        return ""
    ((wait_s, how),) = found
    mean = f"{q.given('wait asked, ms', f'{wait_s * 1e3:g}')} ms"
    return text.format(f"{mean} on average, drawn for each op" if how == "drawn" else f"{mean}, always")


def sentence_on(figure: str, run: Run, q: Quotes, workload: str, flows: int, what: str) -> str:
    """How the models compare in one figure; empty where none was compared with the reference."""
    base, named = reference(run), {"D": "CPU", "T": "Time"}[figure]
    told, even, few, unsteady, unlike = [], [], [], [], ""
    suffix = run.suffix(workload)
    for model in models(run, workload, [flows]):
        v = verdict(run, workload, flows, model, suffix, figure)
        if v is None:
            continue
        unlike = unlike or v.of_bodies
        name = f"{workload}/{flows}: {FIGURES[figure]}, {model} against {base}"
        if not v.ratio.has_interval or not v.judged:
            few.append((v.ratio.value, f"{plural(model)} {q.change(name, v.ratio, ends=False)}"))
        elif v.withheld:
            unsteady.append(plural(model))
        elif v.different:
            told.append((v.ratio.value, f"{plural(model)} {q.change(name, v.ratio)}"))
        else:
            even.append(plural(model))
    at = f"{named} at {q.given('flows', f'{flows:,}')} {what}, compared with {plural(base)}"
    parts = [", ".join(text for _, text in sorted(told))] if told else []
    parts += [f"no difference shown for {joined(even)}"] if even else []
    parts += [f"no verdict on {joined(unsteady)}: {WITHHELD[figure]}"] if unsteady else []
    if parts:
        return f"{at}: {'; '.join(parts)}{unlike}."
    if few:
        return f"{at}: {', '.join(text for _, text in sorted(few))}{unlike}. Too few rounds to judge."
    return ""


def picture(run: Run, workload: str, title: str, id_: str, what: str) -> Picture | None:
    """Ratios to the reference over the number of flows; as dots where there is only one number."""
    base, flows = reference(run), sizes(run, workload, most=9)
    suffix = run.suffix(workload)
    lines = []
    for model in models(run, workload, flows):
        found = [(n, verdict(run, workload, n, model, suffix)) for n in flows]
        points = tuple(Point(n, v.ratio.value, v.ratio.low, v.ratio.high) for n, v in found if v is not None)
        if points:
            lines.append(Line(model, points))
    if not lines:
        return None
    if len(flows) > 1:
        return Chart(id_, title, what, "CPU per op", tuple(lines), READ, reference=one(base))
    rows = tuple(Row(line.model, line.model, (Point(p.y, 0, p.low, p.high),)) for line in lines for p in line.points)
    return Dots(id_, title, "CPU per op", (("", rows),), READ_DOTS, reference=one(base))


def one(model: str) -> str:
    """What an axis calls the reference."""
    return {"thread": "threads", "process": "processes"}.get(model, model)


def table(run: Run, q: Quotes, workload: str, caption: str, op: str = "op") -> Table | None:
    """CPU per op at the largest numbers of flows, with lower and upper ends and the ratio to the reference."""
    base, rows = reference(run), []
    suffix = run.suffix(workload)
    for n in sizes(run, workload):
        for model in models(run, workload, [n]):
            found = run.figure(workload, model, n, "D")
            if found is None:
                continue
            name = f"{workload}/{model}/{n}: CPU per op"
            v = verdict(run, workload, n, model, suffix)
            if v is None:
                compared = "1" if model == base else BLANK
            else:
                compared = q.keep(f"{name} against {base}", f"{v.ratio.value:.2f}", "ratio", v.ratio)
            rows.append(
                (model, q.given("flows", f"{n:,}"), *q.ends(name, found, "µs", 1e6), compared, q.rounds(name, found))
            )
    head = ("model", "flows", f"CPU per {op}, µs", "lower", "upper", f"× {base}", "n")
    return Table(caption, head, tuple(rows[-MOST_ROWS:])) if rows else None


def spread_text(run: Run, q: Quotes, workload: str, flows: int) -> str:
    """What an op costs at one number of flows, the cheapest and the dearest model."""
    found = [
        (e.value, m, e)
        for m in models(run, workload, [flows])
        if (e := run.figure(workload, m, flows, "D")) is not None
    ]
    if len(found) < 2:
        return ""
    (_, least, a), *_, (_, most, b) = sorted(found, key=lambda one: one[0])
    name = f"{workload} at {flows}: CPU per op"
    return first_upper(
        f"{plural(least)} took {q.value(f'{name}, {least}', a, 'µs', 1e6)} µs of CPU per op, "
        f"{plural(most)} {q.value(f'{name}, {most}', b, 'µs', 1e6)} µs."
    )
