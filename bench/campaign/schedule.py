"""Which block comes when: pure functions of the rows and the seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from bench.plan import Row
from bench.words import Cell


@dataclass(frozen=True)
class Block:
    """All cells of one row in one round, in the order in which they run. `least`: must this round be?"""

    round: int
    name: str
    cells: tuple[Cell, ...]
    least: bool


def round_blocks(rows: Sequence[Row], round_: int, seed: int) -> list[Block]:
    """The blocks of one round (counted from 1), shuffled, and the models inside each block shuffled.

    The order depends on seed and round alone, so that a resumed run goes on as it would have.
    """
    order = random.Random(f"{seed}/{round_}")
    blocks = []
    for row in rows:
        if round_ <= row.most:
            cells = row.cells(round_)
            order.shuffle(cells)
            if cells:
                blocks.append(Block(round_, cells[0].block, tuple(cells), round_ <= row.rounds))
    order.shuffle(blocks)
    return blocks
