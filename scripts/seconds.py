"""What each block of a preset should take, in docs/method.md: print it, or with --write put it between its marks."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.campaign.budget import START_S, expected_s
from bench.campaign.reports import TABLE
from bench.presets import PRESETS
from bench.presets.rows import Preset, Row
from bench.words import Cell
from scripts.docs_part import put

PAGE = ROOT / "docs" / "method.md"
BEGIN, END = "<!-- scripts/seconds.py --write -->\n", "<!-- end -->\n"
BLOCK_BY_BLOCK = "bench"  # of other presets, workload by workload: `full` has 150 blocks


def cells_of(row: Row) -> list[Cell]:
    """Every cell that a row must have, in all of its rounds."""
    return [cell for round_ in range(1, row.rounds + 1) for cell in row.cells(round_)]


def line(name: str, rows: Sequence[Row]) -> str:
    """A line of the table: rows together, their models, rounds, cells and seconds."""
    needed = [cell for row in rows for cell in cells_of(row)]
    models = " ".join(dict.fromkeys(model for row in rows for model in row.models))
    least, most = min(row.rounds for row in rows), max(row.rounds for row in rows)
    rounds = f"{least}" if least == most else f"{least} to {most}"
    return f"| {name} | {models} | {rounds} | {len(needed):,} | {expected_s(needed):.0f} |"


def blocks(preset: Preset) -> dict[str, list[Row]]:
    """The rows that are one line: of a block, or of a workload."""
    found: dict[str, list[Row]] = {}
    for row in preset.rows:
        block = row.cells()[0].block if preset.name == BLOCK_BY_BLOCK else row.workload
        # The numbers of flows that give a slope of memory belong together.
        found.setdefault(row.workload if row.workload == "park" else block, []).append(row)
    return found


def needed_s(preset: Preset) -> float:
    """The seconds of a preset: its start, every round that a block must have, its ladders, and the report of all that."""
    needed = [cell for row in preset.rows for cell in cells_of(row)]
    return START_S + expected_s(needed) + preset.ladders_s + TABLE.of(len(needed))


def table() -> Iterator[str]:
    """The lines."""
    for preset in PRESETS.values():
        needed = [cell for row in preset.rows for cell in cells_of(row)]
        yield f"**`{preset.name}`**, {preset.budget_s:,.0f} s"
        yield ""
        yield "| block | models | rounds | cells | seconds |"
        yield "|---|---|---|---|---|"
        for name, rows in blocks(preset).items():
            yield line(name, rows)
        if preset.ladders_s:
            yield f"| how many flows there can be | | | | {preset.ladders_s:.0f} |"
        yield f"| start and report | | | | {START_S + TABLE.of(len(needed)):.0f} |"
        yield f"| all that must be | | | {len(needed):,} | {needed_s(preset):,.0f} |"
        yield ""


def text() -> str:
    """The part of the page, its marks included."""
    return BEGIN + "\n" + "".join(f"{one}\n" for one in table()) + END


if __name__ == "__main__":
    put(PAGE, BEGIN, END, text())
