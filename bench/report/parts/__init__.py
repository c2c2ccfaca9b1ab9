"""What the page is made of: one file per part, each a `Part`. To add one: write the file, add its PART to PARTS."""

from __future__ import annotations

from typing import Any

from bench.report.document import Part
from bench.report.parts import (
    assumptions,
    card,
    commands,
    environment,
    findings,
    how,
    scale,
    verdicts,
    words,
    workloads,
)

PARTS: tuple[Part[Any], ...] = (
    card.PART,
    words.PART,
    findings.PART,
    assumptions.PART,
    verdicts.PART,
    workloads.PART,
    scale.PART,
    how.PART,
    environment.PART,
    commands.PART,
)
