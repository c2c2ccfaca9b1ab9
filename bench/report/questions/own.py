"""A workload of the reader's own: the same screen as the suite's have."""

from __future__ import annotations

from bench.report.document import Screen
from bench.report.figures import Run
from bench.report.questions import compared
from bench.report.questions.parted import parted
from bench.report.questions.question import first_upper
from bench.report.quotes import Quotes
from bench.report.workloads.causes import causes
from bench.report.workloads.older import KNOWN
from bench.report.workloads.scaling import charts


def own(run: Run) -> list[str]:
    """The workloads of a run that are not the suite's."""
    measured = set(run.table["workload"]) if len(run.table) else set()
    return [w for w in run.manifest.workloads if w in measured and w not in KNOWN]


def screen(run: Run, workload: str) -> Screen | None:
    """Compare what its ops cost."""
    q, sizes = Quotes(), compared.sizes(run, workload)
    pictures = charts(run, workload)
    if not sizes and not pictures:
        return None
    about = run.manifest.about["workloads"].get(workload, workload).rstrip(".")
    said = [first_upper(f"{about}.") if about.startswith("every flow") else f"Every flow does this: {about}."]
    said += [text for n in reversed(sizes) if (text := compared.sentence(run, q, workload, n, "flows"))]
    said += [text for n in sizes[-1:] for text in parted(run, q, workload, n)]
    picture = compared.picture(run, workload, f"CPU per op of {workload}, compared", f"own-{workload}-cpu", "flows")
    return Screen(
        id=f"own-{workload}",
        title=f"What does {workload} cost?",
        short=workload,
        sentences=tuple(said),
        picture=picture or (pictures[0] if pictures else None),
        table=compared.table(run, q, workload, f"CPU per op of {workload}"),
        why=causes(run, workload),
        details=(workload,),
        numbers=tuple(q.numbers),
    )
