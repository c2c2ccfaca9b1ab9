"""The loop: one block after the other, until all are measured or the budget is spent.

Strategy: everything that matters after a crash is on disk before the next cell starts: a record by its own process, a
void in run.json. Blocks are measured as a whole. If a cell of one was lost, or the run was stopped in it, the whole block is
measured again; the attempts before are kept and marked superseded. The clock and the runner of cells come from outside, so
that tests can script both.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.analysis.disturbance import describe_disturbance
from bench.campaign import quality
from bench.campaign.attempts import Attempts
from bench.campaign.block_runner import BlockRunner
from bench.campaign.budget import Budget, Outlook
from bench.campaign.plan import Plan
from bench.campaign.progress import Progress
from bench.campaign.reports import TABLE, ReportCost, count
from bench.campaign.steering import Steering, TooWide
from bench.campaign.subprocesses import CellRunner
from bench.presets.rows import Row
from bench.store import manifest as manifests
from bench.store import records
from bench.store.manifest import Manifest
from bench.store.records import Record


@dataclass
class Campaign:
    """A run in progress: its folder, its manifest, the rows still wanted, and who runs cells."""

    folder: Path
    manifest: Manifest
    rows: Sequence[Row]
    run_cell: CellRunner
    progress: Progress
    clock: Callable[[], float] = time.monotonic
    check_target: Callable[[], None] = lambda: None  # raises where a server is gone
    began_s: float | None = None  # on the clock: the budget counts from then on; None: from `run` on
    too_wide: TooWide | None = None  # which blocks have intervals wider than asked; None: the analysis says
    report: ReportCost = TABLE  # what a report takes here
    disturbance: Callable[[Record], str] = describe_disturbance  # what disturbed a cell, or an empty string

    def run(self) -> None:
        """Measure until done or out of budget; the manifest and results.json are true at every round's end."""
        began_s = self.clock() if self.began_s is None else self.began_s
        plan = Plan(self.rows, self.manifest.seed)
        budget = Budget(
            *(self.manifest.budget_s, began_s, self.manifest.elapsed_s, self.clock),
            self.report,
            count(self.folder),
        )
        attempts = Attempts(self.folder, self.manifest)
        outlook = Outlook(plan, budget, attempts.done)
        too_wide = self.too_wide or partial(quality.too_wide, self.folder, self.manifest)
        steering = Steering(plan, budget, attempts, self.manifest, too_wide)
        raw = self.folder / manifests.RAW
        measure = BlockRunner(raw, self.run_cell, attempts, budget, outlook, self.progress, self.check_target)
        try:
            for batch in steering.batches():
                for turn in batch:
                    turn.whole = measure(turn.block, turn.rounds)
                    turn.disturbed = turn.whole and attempts.note_disturbance(turn.block, self.disturbance)
                if steering.latest:
                    self._end_round(steering.latest, plan, budget, outlook)
            self.manifest.state = "complete"
            if skipped := steering.skipped:
                self.manifest.findings.append(budget.spent(skipped))
        finally:
            self.manifest.elapsed_s = budget.elapsed_s
            if self.manifest.state == "running":
                self.manifest.state = "incomplete"
            self.save()

    def _end_round(self, round_: int, plan: Plan, budget: Budget, outlook: Outlook) -> None:
        """Have on disk what is true at a round's end, and say so."""
        self.manifest.rounds = max(self.manifest.rounds, round_)
        self.manifest.elapsed_s = budget.elapsed_s
        self.save()
        if round_ == self.manifest.rounds:  # an earlier one may have been caught up with
            self.progress.round_done(round_, plan.rounds, outlook.left_s(round_ + 1))

    def save(self) -> None:
        """Write run.json and assemble results.json."""
        self.manifest.write(self.folder)
        records.write_results(self.folder / manifests.RESULTS, manifests.valid_records(self.folder, self.manifest))
