"""What the user can ask of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.words import Value


@dataclass(frozen=True)
class Options:
    """What the user asked `run` for; None and empty mean the preset's own, and of the preset `bench`."""

    preset: str | None = None
    workloads: tuple[str, ...] = ()  # each as bench.presets.wanted reads it
    settings: tuple[tuple[str, Value], ...] = ()  # parameters of all of these
    models: tuple[str, ...] = ()
    flows: tuple[int, ...] = ()
    rounds: int | None = None
    budget_s: float | None = None
    cpu: int | None = None
    seed: int | None = None
    out: Path | None = None
    resume: str | None = None
    host_label: str | None = None
    precision: Mapping[str, float] | None = None
    debug: bool = False  # show the whole traceback of an error in a user's file
