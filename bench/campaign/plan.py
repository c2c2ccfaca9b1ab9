"""What a run has to measure: blocks of cells, round by round, in an order that rows and seed alone decide."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from bench.presets.rows import Row
from bench.words import Cell

Place = tuple[str, int]  # the name of a cell, and a round


@dataclass(frozen=True)
class Block:
    """All cells of one workload, number of flows and set of parameters in one round, in the order in which they run.

    `required`: must the block have this round? If not, it may.
    """

    round: int
    name: str
    cells: tuple[Cell, ...]
    required: bool

    def is_done(self, done: Collection[Place]) -> bool:
        """Has each of its cells been measured?"""
        return all((cell.name, self.round) in done for cell in self.cells)


def round_blocks(rows: Sequence[Row], round_: int, seed: int) -> list[Block]:
    """The blocks of one round (counted from 1), shuffled, and the models inside each block shuffled.

    Rows that differ in their models only are one block. The order depends on seed and round alone, so that a resumed run
    goes on as it would have.
    """
    order = random.Random(f"{seed}/{round_}")
    cells: dict[str, list[Cell]] = {}
    required = set()
    for row in rows:
        cells_of_row = row.cells(round_) if round_ <= row.most else []
        if cells_of_row:
            block = cells_of_row[0].block
            cells.setdefault(block, []).extend(cells_of_row)
            if round_ <= row.rounds:
                required.add(block)
    for cells_of_block in cells.values():
        order.shuffle(cells_of_block)
    blocks = [Block(round_, name, tuple(cells_of_block), name in required) for name, cells_of_block in cells.items()]
    order.shuffle(blocks)
    return blocks


class Plan:
    """The blocks that rows ask for, by round.

    `rounds`: the most that a block must have. `growing`: the names of blocks that may have more rounds than they must.
    `judged`: those, those that must have as many rounds as any, and the blocks with twins, which say how much of a difference is
    noise.
    """

    def __init__(self, rows: Sequence[Row], seed: int) -> None:
        self._rows, self._seed = rows, seed
        self._rounds: dict[
            int, Sequence[Block]
        ] = {}  # asked for before every cell: 45 s of a `full`, if made each time
        self.rounds = max(row.rounds for row in rows)
        self.growing = {name_of(row) for row in rows if row.most > row.rounds}
        self.judged = self.growing | {name_of(row) for row in rows if row.twins or row.rounds == self.rounds}

    def blocks(self, round_: int) -> Sequence[Block]:
        """The blocks of one round, in the order in which they run."""
        if round_ not in self._rounds:
            self._rounds[round_] = round_blocks(self._rows, round_, self._seed)
        return self._rounds[round_]

    def block(self, name: str, round_: int) -> Block | None:
        """A block in one round; None where it has no such round."""
        return next((block for block in self.blocks(round_) if block.name == name), None)

    def required(self, from_round: int, done: Collection[Place]) -> Iterator[Block]:
        """The blocks that must still be measured, from a round on."""
        for round_ in range(from_round, self.rounds + 1):
            for block in self.blocks(round_):
                if block.required and not block.is_done(done):
                    yield block

    def next_to_grow(self, done: Collection[Place]) -> Sequence[Block]:
        """Of each block that may have more rounds than it must, the next round, in random order.

        Each block counts its own rounds: not all grow equally long.
        """
        blocks = []
        for row in self._rows:
            for round_ in range(row.rounds + 1, row.most + 1):
                block = self.block(name_of(row), round_)
                if block is not None and not block.is_done(done):
                    blocks.append(block)
                    break
        random.Random(f"{self._seed}/{[block.round for block in blocks]}").shuffle(blocks)
        return blocks


def name_of(row: Row) -> str:
    """The name of a row's block."""
    return row.cells()[0].block
