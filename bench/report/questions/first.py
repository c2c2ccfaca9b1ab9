"""The answer of the page: its title, what was found in a few words, and the picture beside it."""

from __future__ import annotations

from collections.abc import Callable

from bench.report.document import Dots, Point, Row
from bench.report.figures import Run, of_rounds
from bench.report.questions import disk, memory, own, preemption
from bench.report.questions.compared import READ_DOTS, one, sizes
from bench.report.questions.question import FIRST, first_upper, joined, models, one_of, plural, reference, verdict
from bench.report.quotes import Quotes
from bench.report.text import milliseconds
from bench.words import JUDGED

GET, TIMER = "http_get", "sleep"
WHAT = {GET: "connections", TIMER: "timers"}
GROUPS = {GET: "GETs", TIMER: "timers"}
LEAST_FLOWS = 100  # below, a wait is all there is to see
MOST_ROWS = 10  # of the picture
ASKED = "Threads or async?"
UNDECIDED = "not steady (no verdict)"
SEVERAL = ("threads", "processes")


def main_workload(run: Run) -> str:
    """The workload that the answer is about: GETs, else timers, else one of the reader's own."""
    there = [w for w in (GET, TIMER, *own.own(run)) if sizes(run, w)]
    return there[0] if there else ""


def many(run: Run, workload: str) -> list[int]:
    """The numbers of flows that the answer speaks of."""
    found = sizes(run, workload)
    return [n for n in found if n >= LEAST_FLOWS] or found[-1:]


def title(run: Run, q: Quotes) -> str:
    """The answer in one sentence; that no difference was shown is one, too."""
    workload = main_workload(run)
    if not workload:
        return f"{ASKED} This run compares no models"
    flows, base, suffix = many(run, workload), reference(run), run.suffix(workload)
    known = [(n, text) for n in flows if (text := answer_at(run, workload, n))]
    if not known:
        withheld = any(
            v.withheld for n in flows for m in models(run, workload, [n]) if (v := verdict(run, workload, n, m, suffix))
        )
        return f"{ASKED} {'No verdict: CPU per op was not steady' if withheld else 'Too few rounds to say'}"
    what = WHAT.get(workload, f"flows of {workload}")
    if len({text for _, text in known}) == 1:
        numbers = joined([q.given("flows", f"{n:,}") for n, _ in known])
        return f"{ASKED} At {numbers} {what} {known[0][1]}"
    parts = [
        f"at {q.given('flows', f'{n:,}')} {what if i == 0 else ''}".rstrip() + f" {text}"
        for i, (n, text) in enumerate(known)
    ]
    return f"{ASKED if base in FIRST else 'Which model?'} {first_upper('; '.join(parts))}"


def answer_at(run: Run, workload: str, flows: int) -> str:
    """Who needs less CPU at one number of flows; where the reference has no CPU per op, less time. Empty where nothing was judged."""
    known = run.figure(workload, reference(run), flows, "D") is not None
    figure, noun = ("D", "CPU") if known else ("T", "time")
    if reference(run) != "thread":
        return named_words(run, workload, flows, figure, noun)
    text = verdict_words(run, workload, flows, figure)
    if text.endswith("shown"):
        return text if known else "no difference in time was shown"
    return text and f"{text} {noun}"


def verdict_words(run: Run, workload: str, flows: int, figure: str) -> str:
    """Who needs less of a figure at one number of flows; empty where nothing was judged."""
    base, suffix = reference(run), run.suffix(workload)
    kinds = run.manifest.about["kinds"]
    other = "kernel" if kinds.get(base) == "user" else "user"
    less: list[str] = []
    more: list[str] = []
    even: list[str] = []
    for model in models(run, workload, [flows]):
        v = verdict(run, workload, flows, model, suffix, figure)
        if v is None or not v.decided or kinds.get(model) != other:
            continue
        (even if not v.different else less if v.ratio.value < 1 else more).append(model)
    mine, theirs = ("threads", "async") if base == "thread" else (plural(base), "the others")
    words = {  # by whether any needs less, more, the same
        (False, False, False): "",
        (True, False, False): f"{theirs} needs less",
        (False, True, False): f"{mine} need less",
        (False, False, True): "no difference was shown",
        (False, True, True): f"{mine} need no more",
        (True, False, True): f"{joined(even)} needs no less than {mine}, {joined(less)} less",
    }
    return words.get(
        (bool(less), bool(more), bool(even)), f"{joined(more)} needs more than {mine}, {joined(less)} less"
    )


def named_words(run: Run, workload: str, flows: int, figure: str, noun: str) -> str:
    """The same where threads are not the reference, or libraries stand behind the models' names: each by its name."""
    base, suffix = plural(reference(run)), run.suffix(workload)
    found: dict[str, list[str]] = {"less": [], "more": [], "even": []}
    for model in models(run, workload, [flows]):
        v = verdict(run, workload, flows, model, suffix, figure)
        if v is not None and v.decided:
            found["even" if not v.different else "less" if v.ratio.value < 1 else "more"].append(plural(model))
    parts = [
        f"{joined(who)} {'need' if len(who) > 1 or who[0] in SEVERAL else 'needs'} {how} {noun}"
        for how in ("less", "more")
        if (who := found[how])
    ]
    if parts:
        return f"{parts[0]} than {base}{''.join(f', {part}' for part in parts[1:])}"
    return f"no difference in {noun} was shown" if found["even"] else ""


def picture(run: Run, q: Quotes) -> Dots | None:
    """The ratios to the reference, with intervals, at many flows."""
    base, groups, count = reference(run), [], 0
    for workload in (TIMER, GET) if main_workload(run) in {TIMER, GET} else (main_workload(run),):
        for n in many(run, workload) if workload and sizes(run, workload) else []:
            rows = []
            for model in models(run, workload, [n]):
                v = verdict(run, workload, n, model, run.suffix(workload))
                if v is None or run.manifest.about["kinds"].get(model) not in JUDGED:
                    continue
                r, name = v.ratio, f"{workload}/{n}: CPU per op, {model} against {base}"
                if not r.has_interval and run.manifest.verdicts:
                    continue  # nobody may bet on it
                text = q.short(name, v)
                rows.append(Row(model, model, (Point(r.value, 0, r.low, r.high),), text, hollow=not v.different))
            if rows and count + len(rows) <= MOST_ROWS + 2:
                count += len(rows)
                groups.append((f"{q.given('flows', f'{n:,}')} {GROUPS.get(workload, workload)}", tuple(rows)))
    if not groups:
        return None
    return Dots(
        "answer-cpu", f"CPU per wait, compared with {one(base)}", "", tuple(groups), READ_DOTS, reference=one(base)
    )


def findings(run: Run, q: Quotes) -> tuple[tuple[str, str], ...]:
    """What was found, each with a word that says what it is about."""
    found = [(label, text) for label, make in FOUND if (text := make(run, q))]
    return tuple(found)


def cpu(run: Run, q: Quotes) -> str:
    """CPU per wait at the most flows at which it is known, as far as it was judged."""
    workload = main_workload(run)
    sizes_ = reversed(many(run, workload)) if workload else ()
    return next((text for n in sizes_ if (text := cpu_at(run, q, workload, n))), "")


def cpu_at(run: Run, q: Quotes, workload: str, n: int) -> str:
    """CPU per wait at a number of flows; empty where no model was compared with the reference."""
    base, parts, unlike = reference(run), [], ""
    for model in models(run, workload, [n]):
        v = verdict(run, workload, n, model, run.suffix(workload))
        if v is None:
            continue
        unlike = unlike or v.of_bodies
        name = f"{workload}/{n}: CPU per op, {model} against {base}"
        if not v.ratio.has_interval:
            if not run.manifest.verdicts:
                parts.append((v.ratio.value, f"{model} {q.change(name, v.ratio, ends=False)}"))
        elif v.withheld:
            parts.append((v.ratio.value, f"{model} {UNDECIDED}"))
        elif v.different:
            parts.append((v.ratio.value, f"{model} {q.change(name, v.ratio)}"))
        else:
            parts.append((v.ratio.value, f"{model} the same (no difference shown)"))
    if not parts:
        return ""
    judged = "" if run.manifest.verdicts else "; too few rounds to judge"
    return f"at {q.given('flows', f'{n:,}')} {WHAT.get(workload, 'flows')}, against {plural(base)}: {', '.join(text for _, text in sorted(parts))}{unlike}{judged}."


def parked(run: Run, q: Quotes) -> str:
    """Memory of a flow, and of many."""
    costs = {cost.model: cost for cost in memory.bare(run) if cost.model in FIRST}
    if len(costs) < 2:
        return ""
    chosen = (
        [m for m in ("thread", "asyncio") if m in costs] if {"thread", "asyncio"} <= costs.keys() else list(costs)[:2]
    )
    each = [f"{one_of(m)} {q.value(f'memory per flow, {m}', costs[m].bytes['total'], 'kB', 1e-3)} kB" for m in chosen]
    most = memory.most_measured(run, chosen[0])
    so_far = f" (measured to {q.given('flows parked', f'{most:,}')} {plural(chosen[0])})" if most < memory.MANY else ""
    totals = " against ".join(memory.many_text(q, costs[m]) for m in chosen)
    few = q.few("memory per flow", (costs[m].bytes["total"] for m in chosen))
    return f"{' takes '.join(each[:1])}, {', '.join(each[1:])}{few}; {q.given('flows', f'{memory.MANY:,}')} are {totals}{so_far}."


def catch(run: Run, q: Quotes) -> str:
    """How late a flow wakes beside one that burns CPU."""
    found = preemption.cells(run)
    if not found:
        return ""
    longest, parts, lates = found[-1][0], [], []
    for burn, model, _, cell in found:
        (late,) = of_rounds(cell, "late_histogram", (0.99,))
        if burn == longest and late is not None and model in FIRST:
            more = "over " if (cell["late_max_s"] > preemption.LATE_BY_ALL * cell["T"]).any() else ""
            text = q.keep(
                f"hog/{model}, burns of {burn:g} ms: wake-up late, p99", milliseconds(late.value), "ms", late, 1e-6
            )
            parts.append((-late.value, f"{model} {more}{text}"))
            lates.append(late)
    if not parts:
        return ""
    few = q.few("wake-ups beside a burn", lates)
    return f"beside a task that burns {q.given('burn, ms', f'{longest:g}')} ms, wake-ups are late (p99): {', '.join(text for _, text in sorted(parts))} ms{few}."


def files(run: Run, q: Quotes) -> str:
    """What a read costs."""
    flows = sizes(run, disk.READ)
    if not flows:
        return ""
    n, parts, costs = flows[-1], [], []
    for model in models(run, disk.READ, [n]):
        e = run.figure(disk.READ, model, n, "D")
        if e is not None and model in FIRST:
            parts.append((e.value, f"{model} {q.value(f'{disk.READ}/{model}/{n}: CPU per op', e, 'µs', 1e6)}"))
            costs.append(e)
    if len(parts) < 2:
        return ""
    return f"CPU per disk read, µs: {', '.join(text for _, text in sorted(parts))}{q.few('disk reads', costs)}."


FOUND: tuple[tuple[str, Callable[[Run, Quotes], str]], ...] = (
    ("CPU", cpu),
    ("Memory", parked),
    ("The catch", catch),
    ("Files", files),
)
