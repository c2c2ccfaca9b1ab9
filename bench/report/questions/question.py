"""What a question of the page is, and what several of them share: which models, compared with which."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.analysis.verdicts import Verdict
from bench.report.document import Screen
from bench.report.figures import Run
from bench.report.quotes import Quotes
from bench.words import JUDGED, WITH

MOST_MODELS = 5
MOST_NAMED = 12  # where a user's file names bodies: whoever names them wants to see them
FIRST = ("thread", "process", "asyncio", "uvloop")  # whom most readers ask about


@dataclass(frozen=True)
class Question:
    """A question: the title of its screen, a short name for the contents, the workloads that answer it, and what makes it.

    `make` returns the screen, None where the run has too little. `preset`: a preset that measures it.
    """

    id: str
    title: str
    short: str
    workloads: tuple[str, ...]
    make: Callable[[Run, Quotes], Screen | None]
    preset: str = "bench"


def reference(run: Run) -> str:
    """The model that others are compared with: threads, and without a GIL asyncio; else the first concurrent one."""
    known = [m for m in run.models if run.manifest.about["kinds"].get(m) in JUDGED]
    gil = run.manifest.environment["interpreter"].get("gil", True)
    for wanted in ("thread", "asyncio") if gil else ("asyncio", "thread"):
        if wanted in known:
            return wanted
    return known[0] if known else ""


def models(run: Run, workload: str, flows: Sequence[int], suffix: str | None = None) -> list[str]:
    """The models that a screen shows, in the run's order: those that most ask about, and others as far as there is room."""
    there = [
        m
        for m in run.models
        if run.manifest.about["kinds"].get(m) in JUDGED
        and any(not run.rows(workload, m, n, suffix).empty for n in flows)
    ]
    most = MOST_NAMED if any(WITH in m for m in there) else MOST_MODELS
    chosen = sorted(there, key=lambda m: (m not in FIRST, there.index(m)))[:most]
    return [m for m in there if m in chosen]


def verdict(run: Run, workload: str, flows: int, model: str, suffix: str = "", figure: str = "D") -> Verdict | None:
    """What was found of a model against the reference; None where they were not measured side by side."""
    return run.verdict(f"{workload}/{flows}{suffix}", figure, model, reference(run))


def plural(model: str) -> str:
    """A model's name as a sentence has it."""
    return {"thread": "threads", "process": "processes"}.get(model, model)


def one_of(model: str) -> str:
    """One flow of a model, as a sentence has it."""
    return {"thread": "a thread", "process": "a process", "asyncio": "a coroutine"}.get(
        model, f"{'an' if model[0] in 'aeio' else 'a'} {model} coroutine"
    )


def joined(parts: Sequence[str]) -> str:
    """Several parts of a sentence."""
    return ", ".join(parts[:-1]) + f" and {parts[-1]}" if len(parts) > 2 else " and ".join(parts)


def first_upper(text: str) -> str:
    """A text that begins a sentence."""
    return text[:1].upper() + text[1:]
