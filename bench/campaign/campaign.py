"""The loop: rounds of blocks of cells, until all rounds are done or the budget is spent.

Strategy: everything that matters after a crash is on disk before the next cell starts: a record by its own process, a
void in run.json. A block is the unit: if a cell of it was lost, or a stop fell into it, the whole block is measured
again, and the attempts before are kept and marked superseded. Time and the running of cells come from outside, so
that tests can script both.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench import cells
from bench.campaign.progress import Progress
from bench.campaign.schedule import Block, round_blocks
from bench.campaign.subprocesses import Attempt, CellRunner
from bench.presets.rows import Row
from bench.store import manifest as manifests
from bench.store import records
from bench.store.manifest import Disturbance, Manifest, Void
from bench.store.records import Record
from bench.words import Cell, Finding, listed

ATTEMPTS = 3  # at a block, where one of its cells was killed from outside
REPORT_S = 25  # kept back for the report (seen: 6 to 15 s), and for a cell that takes longer than before
# Disturbed blocks that are measured again: some, and a share of the cells measured so far. On a machine that is never
# quiet, more would only make the run shorter.
MOST_AGAIN, AGAIN_SHARE = 5, 0.02
AGAIN_EACH = 2  # times for one block in one round: what is disturbed three times is so by itself
# When a storm turns out not to be over, nothing is measured again for so long, unless the run ends before: short cells look
# quiet in the middle of it, and would bring the others back too soon, again and again.
PATIENCE_S = 30


@dataclass
class Campaign:
    """A run in progress: its folder, its manifest, the rows still wanted, and who runs cells."""

    folder: Path
    manifest: Manifest
    rows: Sequence[Row]
    run_cell: CellRunner
    progress: Progress
    clock: Callable[[], float] = time.monotonic
    check_target: Callable[[], None] = lambda: None  # raises where the server is gone
    spent_s: float = 0.0  # of the budget, before the first round
    # Which blocks have intervals wider than asked, and by how many times; None: nobody asks, all grow alike.
    too_wide: Callable[[], Mapping[str, float]] | None = None
    # What disturbed a cell while it was measured, or an empty string; None: nobody looks.
    disturbed: Callable[[Record], str] | None = None
    _costs: dict[str, float] = field(default_factory=dict)
    _tries: dict[tuple[str, int], dict[int, str]] = field(default_factory=dict)  # (cell, round) -> attempt -> id
    _owed: list[Block] = field(default_factory=list)  # blocks that wait until those that are judged have their rounds
    _skipped: set[str] = field(default_factory=set)  # blocks for which there was no time
    _planned_blocks: dict[int, Sequence[Block]] = field(default_factory=dict)
    _spared: set[tuple[str, int]] = field(default_factory=set)  # blocks of rounds that could not be measured again
    _patient_until: float = -math.inf  # nothing is measured again before

    def run(self) -> None:
        """Measure until done or out of budget; the manifest and results.json are true at every round's end."""
        start, before = self.clock(), self.manifest.elapsed_s + self.spent_s
        stop = start + self.manifest.budget_s - self.spent_s - REPORT_S
        least = max(row.rounds for row in self.rows)
        self._load()
        done = self._done()
        self._planned = self._left_at(1, done, stop)
        try:
            for round_ in range(1, least + 1):
                blocks: Sequence[Block] = [block for block in self._blocks(round_) if block.least]
                if measured := self._measure_blocks(blocks, least, done, stop, may_wait=True):
                    self._round_done(measured, least, done, stop, before - start)
            # What could wait has its turn before anything grows.
            while blocks := [*self._owed, *self._wanted(self._growing(done), stop)]:
                self._owed = []
                measured = self._measure_blocks(blocks, least, done, stop, may_wait=False)
                if not measured:
                    break
                self._round_done(measured, least, done, stop, before - start)
            self._patient_until = -math.inf
            self._catch_up(max(self.manifest.rounds, least), done, stop)
            self.manifest.state = "complete"
            if self._skipped:
                self._budget_finding(self._skipped)
        finally:
            self.manifest.elapsed_s = before + self.clock() - start
            if self.manifest.state == "running":
                self.manifest.state = "incomplete"
            self.save()

    def _round_done(self, round_: int, least: int, done: set[tuple[str, int]], stop: float, offset_s: float) -> None:
        """Have on disk what is true at a round's end, and say so. `offset_s`: what makes the clock the time spent."""
        self.manifest.rounds = max(self.manifest.rounds, round_)
        self.manifest.elapsed_s = self.clock() + offset_s
        self.save()
        if round_ == self.manifest.rounds:  # not where earlier rounds are caught up with
            self.progress.round_done(round_, max(round_, least), self._left_at(round_ + 1, done, stop))

    def _growing(self, done: set[tuple[str, int]]) -> Sequence[Block]:
        """Of each block that may have more rounds than it must, the next one, in random order.

        Each counts for itself: not all grow equally long.
        """
        found = []
        for row in self.rows:
            name = row.cells()[0].block
            for round_ in range(row.rounds + 1, row.most + 1):
                block = next((block for block in self._blocks(round_) if block.name == name), None)
                if block is not None and any((cell.name, round_) not in done for cell in block.cells):
                    found.append(block)
                    break
        random.Random(f"{self.manifest.seed}/{[block.round for block in found]}").shuffle(found)
        return found

    def _measure_blocks(
        self, blocks: Sequence[Block], least: int, done: set[tuple[str, int]], stop: float, *, may_wait: bool
    ) -> int:
        """Measure these blocks, as far as there is time; return the latest round it had time for, 0 where there was none.

        `may_wait`: those that headlines need time before are left for later.
        """
        measured = 0
        for block in blocks:
            if all((cell.name, block.round) in done for cell in block.cells):
                continue
            if may_wait and self._can_wait(block, done, stop):
                self._owed.append(block)
                continue
            rounds = max(block.round, least)
            if self._fits(block, stop) and self._measure(block, rounds, done, stop):
                measured = max(measured, block.round)
                if not self._note_disturbance(block):
                    self._catch_up(rounds, done, stop)
            elif block.least:
                self._skipped.add(block.name)
        return measured

    def _fits(self, block: Block, stop: float) -> bool:
        return self.clock() + sum(map(self._cost, block.cells)) <= stop

    def _wanted(self, blocks: Sequence[Block], stop: float) -> Sequence[Block]:
        """Of blocks that may grow, those whose intervals are still too wide.

        Those wait that could not become narrow enough in the whole budget: what they had would be lost to those that can.
        Where not all fit into the time that is left, those come first that are narrowed most per second.
        """
        if not blocks or self.too_wide is None:
            return blocks
        wide = self.too_wide()
        chosen = [block for block in blocks if block.name in wide]
        cost = {block.name: sum(map(self._cost, block.cells)) for block in chosen}
        chosen = [b for b in chosen if self._in_reach(b, wide[b.name], cost[b.name])] or chosen
        if self.clock() + sum(cost[block.name] for block in chosen) > stop:
            chosen.sort(key=lambda block: wide[block.name] / max(1e-9, cost[block.name]), reverse=True)
        return chosen

    def _in_reach(self, block: Block, times: float, cost_s: float) -> bool:
        """Could intervals that are so many times too wide be narrow enough, had their block the whole budget from now on?

        A width falls with the root of the rounds; one that is not known yet may be anything.
        """
        return math.isinf(times) or (block.round - 1) * (times**2 - 1) * cost_s <= self.manifest.budget_s

    def _can_wait(self, block: Block, done: set[tuple[str, int]], stop: float) -> bool:
        """Must a block that is measured again wait so that headlines, which may grow, have the rounds they must?

        Every block is measured once before any waits. What is judged needs its rounds, and so do the twins that it is
        judged by; what is shown has one already.
        """
        grow = {row.cells()[0].block for row in self.rows if row.most > row.rounds or row.twins}
        if block.round == 1 or not block.least or not grow or block.name in grow:
            return False
        needed = sum(
            self._cost(cell) for one in self._least_left(block.round, done) if one.name in grow for cell in one.cells
        )
        return self.clock() + sum(map(self._cost, block.cells)) + needed > stop

    def save(self) -> None:
        """Write run.json and assemble results.json."""
        self.manifest.write(self.folder)
        records.write_results(self.folder / manifests.RESULTS, manifests.valid_records(self.folder, self.manifest))

    def _measure(self, block: Block, rounds: int, done: set[tuple[str, int]], stop: float) -> bool:
        """Measure a block, again where one of its cells was killed; mark what an earlier try left as superseded.

        Return False where time ran out in its middle: cells took longer than before, or were killed again and again; and where
        a cell is void now that was not before. Where a whole attempt was there before, that one counts on disk until
        another is whole, whatever ends this.
        """
        before = self._counting(block)
        again = len(before) == len(block.cells)
        if not self._try(block, rounds, done, stop, aside=again):
            return False
        if again:
            latest = self._ids(block, self._last_attempt(block))
            if self._void(latest):
                return False
            self._count_instead(block, latest, before)
        done.update((cell.name, block.round) for cell in block.cells)
        return True

    def _try(self, block: Block, rounds: int, done: set[tuple[str, int]], stop: float, *, aside: bool) -> bool:
        """Measure a block's cells until none was killed, `ATTEMPTS` times at most; return False where time ran out.

        `aside`: the attempts do not count yet, what was there before does.
        """
        first = 1 + self._last_attempt(block)
        for attempt in range(first, first + ATTEMPTS):
            if attempt > first and not self._fits(block, stop):
                return False
            self._supersede(self._ids(block, attempt) if aside else self._all_ids(block))
            lost = ""
            for cell in block.cells:
                if self.clock() + self._cost(cell) > stop:
                    return False
                left = self._left_at(block.round, done, stop)
                share = 1 - left / (self._planned or 1)
                self.progress.at(block.round, rounds, min(0.99, max(0.0, share)), cell.name, left)
                lost = self._measure_cell(cell, block.round, attempt, last=attempt == first + ATTEMPTS - 1)
                if lost:
                    self.progress.line(f"{cell.name}, round {block.round}: {lost}; its block is measured again")
                    break
            else:
                break
        return True

    def _void(self, ids: Collection[str]) -> bool:
        """Is one of these attempts void?"""
        return any(entry.id in ids for entry in self.manifest.void)

    def _counting(self, block: Block) -> set[str]:
        """The attempts at a block's cells that count."""
        return self._all_ids(block) - set(self.manifest.superseded)

    def _all_ids(self, block: Block) -> set[str]:
        """Every attempt at a block's cells so far."""
        return {id_ for cell in block.cells for id_ in self._tries.get((cell.name, block.round), {}).values()}

    def _ids(self, block: Block, attempt: int) -> set[str]:
        """One attempt at a block's cells."""
        return {records.record_id(cell, block.round, attempt) for cell in block.cells}

    def _supersede(self, ids: set[str]) -> None:
        """Note attempts that do not count."""
        if ids:
            self.manifest.superseded = sorted(ids | set(self.manifest.superseded))
            self.manifest.write(self.folder)

    def _count_instead(self, block: Block, latest: set[str], before: set[str]) -> None:
        """The latest attempt at a block counts, and what counted before does not."""
        self.manifest.superseded = sorted((set(self.manifest.superseded) | before) - latest)
        self.manifest.disturbed = [
            replace(entry, again=True) if (entry.block, entry.round) == (block.name, block.round) else entry
            for entry in self.manifest.disturbed
        ]
        self.manifest.write(self.folder)

    def _note_disturbance(self, block: Block) -> bool:
        """Was a block that was just measured disturbed? Then that is noted."""
        if self.disturbed is None:
            return False
        found = []
        for cell in block.cells:
            tries = self._tries[cell.name, block.round]
            path = self.folder / manifests.RAW / f"{tries[max(tries)]}.json"
            if path.exists():
                record = records.read(path)
                found += [f"{cell.name}: {why}" for why in (self.disturbed(record),) if why and not record.void]
        if found:
            self.manifest.disturbed.append(Disturbance(block.name, block.round, found[0], again=False))
            self.manifest.write(self.folder)
        return bool(found)

    def _catch_up(self, rounds: int, done: set[tuple[str, int]], stop: float) -> None:
        """Measure blocks that were disturbed again, as long as it stays quiet and there is time; not for ever.

        Not at once: who disturbs a block is mostly still there a second later.
        """
        if self.clock() < self._patient_until:
            return
        for entry in tuple(self.manifest.disturbed):
            repeats = sum(one.again for one in self.manifest.disturbed)
            here = sum(
                one.again for one in self.manifest.disturbed if (one.block, one.round) == (entry.block, entry.round)
            )
            if (entry.block, entry.round) in self._spared:
                continue
            if entry.again or here >= AGAIN_EACH or repeats >= MOST_AGAIN + AGAIN_SHARE * len(self._tries):
                continue
            blocks = self._blocks(entry.round)
            block = next((block for block in blocks if block.name == entry.block), None)
            if block is None or not self._fits(block, stop):
                continue
            if not self._measure(block, rounds, done, stop):
                self._spared.add((entry.block, entry.round))
                return
            if self._note_disturbance(block):
                self._patient_until = self.clock() + PATIENCE_S
                return

    def _measure_cell(self, cell: Cell, round_: int, attempt: int, *, last: bool) -> str:
        """Run a cell; return why it was lost if another try may help, else ''. A void one is noted at once."""
        id_ = records.record_id(cell, round_, attempt)
        record = self.folder / manifests.RAW / f"{id_}.json"
        since = self.clock()
        outcome = self.run_cell(Attempt(cell, round_, attempt, record, cells.time_limit_s(cell)))
        self._tries.setdefault((cell.name, round_), {})[attempt] = id_
        self._costs[cell.name] = max(self.clock() - since, self._costs.get(cell.name, 0) * 0.8)
        if outcome.void:
            self.check_target()
            self.manifest.void.append(Void(id_, cell.name, round_, attempt, outcome.void))
            self.manifest.write(self.folder)
            if outcome.lost and not last:
                return outcome.void
            self.progress.line(f"{cell.name}, round {round_} is void: {outcome.void}")
        return ""

    def _load(self) -> None:
        """Read what is there already: nothing in a new run, all that was recorded in a resumed one."""
        found = records.read_all(self.folder / manifests.RAW)
        # A stop fell between a void record and its note: nobody knows why it is void, so it is measured again.
        unnoted = {r.id for r in found if r.void} - {v.id for v in self.manifest.void}
        self.manifest.superseded = sorted(unnoted | set(self.manifest.superseded))
        there = [(r.cell.name, r.round, r.attempt, r.id) for r in found]
        there += [(v.cell, v.round, v.attempt, v.id) for v in self.manifest.void]
        for cell, round_, attempt, id_ in there:
            self._tries.setdefault((cell, round_), {})[attempt] = id_

    def _done(self) -> set[tuple[str, int]]:
        """Cells and rounds that need no more work: those with an attempt that counts."""
        superseded = set(self.manifest.superseded)
        return {key for key, tries in self._tries.items() if set(tries.values()) - superseded}

    def _last_attempt(self, block: Block) -> int:
        return max((max(self._tries.get((cell.name, block.round), {0: ""})) for cell in block.cells), default=0)

    def _blocks(self, round_: int) -> Sequence[Block]:
        if round_ not in self._planned_blocks:  # asked for before every cell: 45 s of a `full`, if made each time
            self._planned_blocks[round_] = round_blocks(self.rows, round_, self.manifest.seed)
        return self._planned_blocks[round_]

    def _cost(self, cell: Cell) -> float:
        return self._costs.get(cell.name) or cells.expected_s(cell)

    def _left(self, from_round: int, done: set[tuple[str, int]], most: float) -> float:
        """Seconds of work left in the rounds that must be, if they are no more than so many."""
        found = 0.0
        for block in self._least_left(from_round, done):
            found += sum(self._cost(cell) for cell in block.cells if (cell.name, block.round) not in done)
            if found >= most:
                return most
        return found

    def _left_at(self, from_round: int, done: set[tuple[str, int]], stop: float) -> float:
        """Seconds that are left, at most: those of the rounds that must be, or all there are where blocks may grow."""
        until_stop = max(0.0, stop - self.clock())
        grows = any(row.most > row.rounds for row in self.rows)
        return until_stop if grows else self._left(from_round, done, until_stop)

    def _least_left(self, from_round: int, done: set[tuple[str, int]]) -> Iterator[Block]:
        """The blocks that must be from a round on, and are not done."""
        for round_ in range(from_round, max(row.rounds for row in self.rows) + 1):
            for block in self._blocks(round_):
                if block.least and any((cell.name, round_) not in done for cell in block.cells):
                    yield block

    def _budget_finding(self, skipped: Collection[str]) -> None:
        which = "one block had all its rounds" if len(skipped) == 1 else f"{len(skipped)} blocks had all their rounds"
        self.manifest.findings.append(
            Finding(
                "warning",
                f"the budget of {self.manifest.budget_s:.0f} s (of which {REPORT_S} are for the report) was spent before {which}: {listed(skipped)}",
                "give it more time with --budget, or fewer workloads or models",
            )
        )
