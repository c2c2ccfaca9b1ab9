"""What does the kernel see of it?"""

from __future__ import annotations

from bench.report.document import Screen, Table
from bench.report.figures import Run
from bench.report.questions import values
from bench.report.questions.compared import sizes
from bench.report.questions.question import Question, first_upper, models, plural
from bench.report.quotes import Quotes
from bench.report.text import BLANK, whole

GET, TIMER = "http_get", "sleep"


def make(run: Run, q: Quotes) -> Screen | None:
    """Say what the kernel counted."""
    workload = GET if sizes(run, GET) else TIMER
    there = sizes(run, workload)
    if not there:
        return None
    n, rows, tasks, switches = there[-1], [], [], []
    for model in models(run, workload, [n]):
        name = f"{workload}/{model}/{n}"
        count, per_op = (
            run.figure(workload, model, n, "kernel_tasks"),
            run.figure(workload, model, n, "switches_per_op"),
        )
        if count is None or per_op is None:
            continue
        parts = [run.figure(workload, model, n, f) for f in ("voluntary_per_op", "involuntary_per_op", "faults_per_op")]
        share = run.figure(workload, model, n, "system_share")
        tasks.append(f"{plural(model)} {q.keep(f'{name}: tasks', whole(count), '', count)}")
        switches.append(f"{plural(model)} {q.value(f'{name}: switches per op', per_op, '')}")
        shown = (
            BLANK if share is None else q.keep(f"{name}: CPU in the kernel", f"{share.value * 100:.0f} %", "", share)
        )
        counts = [
            q.value(f"{name}: {what}", e, "")
            for what, e in zip(
                ("voluntary switches per op", "involuntary switches per op", "page faults per op"), parts, strict=True
            )
        ]
        rows.append((model, whole(count), *counts, shown, q.rounds(name, count)))
    if not rows:
        return None
    what = "connections" if workload == GET else "timers"
    return Screen(
        id="kernel",
        title=QUESTION.title,
        short=QUESTION.short,
        sentences=(
            f"Of {q.given('flows', f'{n:,}')} {what} the kernel sees so many tasks: {', '.join(tasks)}.",
            first_upper(f"switches by the kernel per op: {', '.join(switches)}."),
        ),
        picture=values.dots(
            "kernel-switches",
            "Switches by the kernel per op",
            "switches per op",
            [("", values.group(run, workload, n, "switches_per_op", 1, ""))],
        ),
        table=Table(
            f"What the kernel counted at {n:,} {what}",
            (
                "model",
                "tasks",
                "voluntary switches per op",
                "involuntary",
                "page faults per op",
                "CPU in the kernel",
                "n",
            ),
            tuple(rows),
        ),
        details=(workload,),
        numbers=tuple(q.numbers),
    )


QUESTION = Question("kernel", "What does the kernel see?", "Kernel", (GET,), make)
