"""Which block is measured next: the one place that decides.

Strategy: first come the rounds that every block must have. Where time is short, blocks that are only shown wait for those
that are judged. Next come the blocks that waited. Then blocks grow as long as their intervals are wider than asked. Where
time is short, those that gain most per second go first. After every quiet block, disturbed ones are measured again, where
that leaves time for what must be. No block starts that does not fit into the budget.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.campaign.attempts import Attempts
from bench.campaign.budget import Budget
from bench.campaign.plan import Block, Plan
from bench.store.manifest import Manifest

# Disturbed blocks that are measured again: some, and a share of the cells measured so far. On a machine that is never
# quiet, more would only make the run shorter.
MOST_REPEATS, REPEATS_SHARE = 5, 0.02
REPEATS_EACH = 2  # for one block in one round: a block that is disturbed three times disturbs itself
# Seconds without repeats after one that was disturbed again, unless the run ends before. Short cells look quiet in the
# middle of a storm, and would start repeats too soon, again and again.
PATIENCE_S = 30

TooWide = Callable[[Collection[str]], Mapping[str, float]]  # which of these blocks are too wide, and how many times


@dataclass
class Turn:
    """A block to measure now. Whoever measures it sets `whole` and `disturbed` before asking for the next turn.

    `rounds`: how many are planned, for the progress line. `whole`: the block was measured to its end. `disturbed`: something
    else used the core meanwhile.
    """

    block: Block
    rounds: int
    whole: bool = False
    disturbed: bool = False


class Steering:
    """Chooses blocks, batch by batch. Each is chosen when it is asked for, so that the result of the turn before counts.

    `latest`: the latest round that the last batch measured; 0 where there was no time for any.
    """

    def __init__(self, plan: Plan, budget: Budget, attempts: Attempts, manifest: Manifest, too_wide: TooWide) -> None:
        self._plan, self._budget, self._attempts, self._manifest = plan, budget, attempts, manifest
        self._too_wide = too_wide
        self._waiting: list[Block] = []  # until the blocks that are judged have their rounds
        self._given_up: set[Block] = set()  # disturbed, and could not be measured again
        self._no_repeats_until_s = -math.inf
        self.latest = 0

    @property
    def skipped(self) -> Sequence[str]:
        """The names of blocks that must have a round that they have not."""
        return sorted({block.name for block in self._plan.required(1, self._attempts.done)})

    def batches(self) -> Iterator[Iterator[Turn]]:
        """The whole run: the rounds that must be, then blocks that waited or may grow, then the last repeats."""
        for round_ in range(1, self._plan.rounds + 1):
            yield self._turns([block for block in self._plan.blocks(round_) if block.required], may_wait=True)
        # Blocks that waited have their turn before any grows.
        while blocks := [*self._waiting, *self._growing()]:
            self._waiting = []
            yield self._turns(blocks, may_wait=False)
            if not self.latest:
                break
        self.latest, self._no_repeats_until_s = 0, -math.inf
        yield self._repeats(self._plan.rounds)

    def _turns(self, blocks: Sequence[Block], *, may_wait: bool) -> Iterator[Turn]:
        """A turn for each block that is not done and fits, and repeats after each that was quiet."""
        self.latest = 0
        for block in blocks:
            if block.is_done(self._attempts.done):
                continue
            if may_wait and self._must_wait(block):
                self._waiting.append(block)
                continue
            turn = Turn(block, self._plan.rounds)
            if self._budget.fits(*block.cells):
                yield turn
            if turn.whole:
                self.latest = max(self.latest, block.round)
                if not turn.disturbed:
                    yield from self._repeats(turn.rounds)

    def _must_wait(self, block: Block) -> bool:
        """Must a block wait so that there is time for the rounds of the blocks that are judged?

        No block waits in its first round: one is enough to be shown. Blocks with twins do not wait either: they say how
        much of a difference is noise.
        """
        judged = self._plan.judged
        if block.round == 1 or not block.required or not judged or block.name in judged:
            return False
        return not self._budget.fits(*block.cells, besides_s=self._needed_s(block.round))

    def _needed_s(self, round_: int) -> float:
        """What the rounds of judged blocks cost that must be, from this round on."""
        return sum(
            self._budget.cost_s(*one.cells)
            for one in self._plan.required(round_, self._attempts.done)
            if one.name in self._plan.judged
        )

    def _growing(self) -> Sequence[Block]:
        """The next rounds of blocks that may grow, where intervals are still too wide.

        Blocks that could not become narrow enough in the whole budget wait: their time would be lost to those that can.
        Where not all fit into the time that is left, those that gain most per second come first.
        """
        blocks = self._plan.next_to_grow(self._attempts.done)
        if not blocks:
            return blocks
        times = self._too_wide(self._plan.growing)
        wide = [block for block in blocks if block.name in times]
        cost_s = {block.name: self._budget.cost_s(*block.cells) for block in wide}
        chosen = [b for b in wide if self._in_reach(b, times[b.name], cost_s[b.name])] or wide
        if not self._budget.fits(*(cell for block in chosen for cell in block.cells)):
            chosen.sort(key=lambda block: times[block.name] / max(1e-9, cost_s[block.name]), reverse=True)
        return chosen

    def _in_reach(self, block: Block, times: float, cost_s: float) -> bool:
        """Would a whole budget from now on make a block's intervals narrow enough? They are `times` too wide.

        A width falls with the square root of the rounds. One that is not known yet, infinity, may turn out narrow.
        """
        return math.isinf(times) or (block.round - 1) * (times**2 - 1) * cost_s <= self._budget.total_s

    def _repeats(self, rounds: int) -> Iterator[Turn]:
        """Disturbed blocks once more, as long as it stays quiet and there is time.

        This comes after a quiet block, not at once: what disturbed a block mostly goes on for a while. It takes no time from
        rounds that judged blocks must have. A round that was disturbed is one of several; without one that is missing there may be no
        interval.
        """
        if self._budget.clock() < self._no_repeats_until_s:
            return
        needed_s = self._needed_s(1)
        for entry in tuple(self._manifest.disturbed):
            if entry.again or not self._may_repeat(entry.block, entry.round):
                continue
            block = self._plan.block(entry.block, entry.round)
            if block is None or block in self._given_up or not self._budget.fits(*block.cells, besides_s=needed_s):
                continue
            turn = Turn(block, rounds)
            yield turn
            if not turn.whole:
                self._given_up.add(block)
                return
            if turn.disturbed:
                self._no_repeats_until_s = self._budget.clock() + PATIENCE_S
                return

    def _may_repeat(self, name: str, round_: int) -> bool:
        """Were there few enough repeats, of this block and of all?"""
        repeated = [entry for entry in self._manifest.disturbed if entry.again]
        of_block = sum((entry.block, entry.round) == (name, round_) for entry in repeated)
        most = MOST_REPEATS + REPEATS_SHARE * self._attempts.places
        return of_block < REPEATS_EACH and len(repeated) < most
