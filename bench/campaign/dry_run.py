"""What a run would measure, and how long it should take: nothing is started, and no folder is made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench import cells
from bench.campaign.budget import start_s
from bench.campaign.new import planned, preset_of
from bench.campaign.options import Options
from bench.presets.rows import Row
from bench.words import Cell


def lines(options: Options) -> Iterator[str]:
    """List the cells, each with its rounds and the seconds of one round; at the end, of all of them. Raises UserError."""
    rows, unable = planned(options)
    for row in rows:
        for cell in row.cells():
            yield f"  {cells.expected_s(cell):7.2f} s  {rounds(row, cell):>9}  {cell.name}"
    for entry in unable:
        yield f"  not here              {entry.cell}: {entry.reason}"
    least, most = total_s(rows, most=False), total_s(rows, most=True)
    more = f", and {most - least:.0f} s more for the rounds that it may have" if most > least else ""
    budget_s = options.budget_s or preset_of(options).budget_s
    count = sum(len(row.cells()) for row in rows)
    yield (
        f"{count} cells: about {least + start_s(rows):.0f} s for the rounds that each must have{more}, beside the report; "
        f"the budget is {budget_s:.0f} s"
    )


def rounds(row: Row, cell: Cell) -> str:
    """How many rounds a cell has, at least and at most."""
    most = row.turns(cell.model)
    least = min(row.rounds, most)
    return f"{least} rounds" if least == most else f"{least}-{most} rounds"


def total_s(rows: Sequence[Row], *, most: bool) -> float:
    """The seconds of all rounds that cells must have, or of the most that they may have."""
    return sum(
        cells.expected_s(cell) * (row.turns(cell.model) if most else min(row.rounds, row.turns(cell.model)))
        for row in rows
        for cell in row.cells()
    )
