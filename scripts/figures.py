"""The table of figures in docs/design.md, from bench/figures.py: print it, or with --write put it between its marks."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.figures import FIGURES, Figure
from scripts.docs_part import put

PAGE = ROOT / "docs" / "design.md"
BEGIN, END = "<!-- scripts/figures.py --write -->\n", "<!-- end -->\n"


def range_of(row: Figure) -> str:
    """The values it can have, in words."""
    if row.above_zero:
        return "> 0"
    if row.least is not None and row.most is not None:
        return f"{row.least} to {row.most}"
    return f"≥ {row.least}" if row.least is not None else ""


def table() -> Iterator[str]:
    """The lines: what a cell was given is no figure."""
    yield "| figure | unit | kind | in a record | range | what it is |"
    yield "|---|---|---|---|---|---|"
    for row in FIGURES:
        if row.kind != "given":
            stands = (
                "its value, times the ops"
                if row.form == "value"
                else "–"
                if not row.recorded
                else "always"
                if row.required
                else ""
            )
            yield f"| `{row.name}` | {row.unit} | {row.kind} | {stands} | {range_of(row)} | {row.legend} |"


def text() -> str:
    """The part of the page, its marks included."""
    return BEGIN + "\n" + "".join(f"{line}\n" for line in table()) + "\n" + END


if __name__ == "__main__":
    put(PAGE, BEGIN, END, text())
