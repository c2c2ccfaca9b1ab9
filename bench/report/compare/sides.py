"""What each side of a comparison is, and its verdicts as told against one reference model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bench.analysis.estimates import Estimate
from bench.analysis.verdicts import Verdict
from bench.report.figures import Run


def reference_of(runs: Sequence[Run]) -> str:
    """The first concurrent model that all runs have, and asyncio where none has a GIL: models are compared with it."""
    if not any(has_gil(run) for run in runs) and all("asyncio" in run.models for run in runs):
        return "asyncio"
    common = [m for m in runs[0].models if all(m in run.models for run in runs)]
    return next((m for m in common if runs[0].manifest.about["kinds"][m] != "none"), common[0] if common else "")


def python(interpreter: Mapping[str, object]) -> str:
    """Which Python, and whether it has no GIL."""
    free = "" if interpreter.get("gil", True) else ", free-threaded"
    return f"{interpreter['implementation']} {interpreter['python']}{free}"


def has_gil(run: Run) -> bool:
    """Was a run measured with a GIL?"""
    return bool(run.manifest.environment["interpreter"].get("gil", True))


def against(verdicts: Sequence[Verdict], reference: str) -> list[Verdict]:
    """The verdicts that have a reference in them, each told against it: where it is the other of the two, the ratio is turned."""
    return [turned(v) if v.model == reference else v for v in verdicts if reference in (v.model, v.reference)]


def turned(v: Verdict) -> Verdict:
    """The same verdict from the other side."""
    r = v.ratio
    ratio = Estimate(1 / r.value, 1 / r.high, 1 / r.low, r.rounds, r.p)
    return replace(v, model=v.reference, reference=v.model, ratio=ratio)
