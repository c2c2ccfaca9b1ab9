"""What the page is made of: one file per part, each with its `PART`. To add one: write the file, add its name to FILES."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from bench.report.document import Part

FILES = (
    "answer",
    "questions",
    "guarantees",
    "trust",
    "card",
    "words",
    "findings",
    "assumptions",
    "verdicts",
    "workloads",
    "scale",
    "how",
    "environment",
    "commands",
    "data",
)

PARTS: tuple[Part[Any], ...] = tuple(import_module(f"{__name__}.{file}").PART for file in FILES)
