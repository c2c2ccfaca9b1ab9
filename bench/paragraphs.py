"""Findings and sentences as paragraphs for a terminal: what the report's card and `doctor` have in common."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Sequence

from bench.words import Finding


def wrapped(text: str, indent: str = "") -> str:
    """Text in lines that are not wider than the terminal, nor than is good to read; `indent`: of all but the first."""
    return textwrap.fill(text, min(110, shutil.get_terminal_size().columns), subsequent_indent=indent)


def noted(findings: Sequence[Finding]) -> list[str]:
    """Findings, each with its remedy."""
    return [wrapped(f"{f.level}: {f.what}" + (f": {f.remedy}" if f.remedy else ""), "  ") for f in findings]
