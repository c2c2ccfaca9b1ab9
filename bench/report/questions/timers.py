"""What does it cost to wait for a timer?"""

from __future__ import annotations

from bench.report.document import Screen
from bench.report.figures import Run
from bench.report.questions import compared
from bench.report.questions.question import Question
from bench.report.quotes import Quotes
from bench.report.workloads.causes import causes

TIMER = "sleep"


def make(run: Run, q: Quotes) -> Screen | None:
    """Compare what a timer costs."""
    sizes = compared.sizes(run, TIMER)
    if not sizes:
        return None
    said = [compared.sentence(run, q, TIMER, n, "timers") for n in reversed(sizes)]
    return Screen(
        id="timers",
        title=QUESTION.title,
        short=QUESTION.short,
        sentences=tuple(text for text in (*said, compared.asked(run, q, TIMER, "A timer is set to {}.")) if text),
        picture=compared.picture(run, TIMER, "CPU per timer, compared", "timers-cpu", "timers at a time"),
        table=compared.table(run, q, TIMER, "CPU per timer", "timer"),
        why=causes(run, TIMER),
        details=(TIMER,),
        numbers=tuple(q.numbers),
    )


QUESTION = Question("timers", "What does it cost to wait for a timer?", "Timers", (TIMER,), make)
