"""Which block comes when: pure functions of the rows and the seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from bench.presets.rows import Row
from bench.words import Cell


@dataclass(frozen=True)
class Block:
    """All cells of one workload, number of flows and set of parameters in one round, in the order in which they run.

    `least`: must this round be?
    """

    round: int
    name: str
    cells: tuple[Cell, ...]
    least: bool


def round_blocks(rows: Sequence[Row], round_: int, seed: int) -> list[Block]:
    """The blocks of one round (counted from 1), shuffled, and the models inside each block shuffled.

    Rows that differ in their models only are one block. The order depends on seed and round alone, so that a resumed run
    goes on as it would have.
    """
    order = random.Random(f"{seed}/{round_}")
    cells: dict[str, list[Cell]] = {}
    least = set()
    for row in rows:
        found = row.cells(round_) if round_ <= row.most else []
        if found:
            cells.setdefault(found[0].block, []).extend(found)
            if round_ <= row.rounds:
                least.add(found[0].block)
    for one in cells.values():
        order.shuffle(one)
    blocks = [Block(round_, name, tuple(one), name in least) for name, one in cells.items()]
    order.shuffle(blocks)
    return blocks
