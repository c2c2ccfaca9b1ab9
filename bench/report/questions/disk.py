"""What does it cost to read a file?"""

from __future__ import annotations

from bench.report.document import Screen
from bench.report.figures import Run
from bench.report.questions import compared
from bench.report.questions.question import Question
from bench.report.quotes import Quotes
from bench.report.workloads.causes import causes

READ, INLINE = "file_read", "file_read_inline"


def make(run: Run, q: Quotes) -> Screen | None:
    """Compare what a read past the page cache costs."""
    sizes = compared.sizes(run, READ)
    if not sizes:
        return None
    n = sizes[-1]
    said = [compared.sentence(run, q, READ, n, "flows that read"), compared.spread_text(run, q, READ, n)]
    return Screen(
        id="disk",
        title=QUESTION.title,
        short=QUESTION.short,
        sentences=tuple(text for text in said if text),
        picture=compared.picture(run, READ, "CPU per read of 4 KiB, compared", "disk-cpu", "flows"),
        table=compared.table(run, q, READ, "CPU per read of 4 KiB", "read"),
        why=causes(run, READ),
        details=(READ, *([INLINE] if INLINE in set(run.table["workload"]) else [])),
        numbers=tuple(q.numbers),
    )


QUESTION = Question("disk", "What does it cost to read a file?", "Disk", (READ, INLINE), make)
