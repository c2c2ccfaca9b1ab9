"""How far a run can be trusted: good, fair or poor, with the reasons, by a table of findings.

Strategy: each row of TABLE names a finding (bench/analysis/findings) or a lack (LACKS below), and what it means for what
the run says. A finding that names cells weighs by how many of the cells that are judged it names. A finding about the
whole run weighs as its row says. The level is the worst of all reasons; MANY reasons that would each make it fair make it
poor. So trust is a function of the findings, and whoever doubts it can read them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, NamedTuple

from bench.analysis.findings.facts import Facts
from bench.analysis.frames import without_twin
from bench.analysis.statistics import LEAST_ROUNDS
from bench.store.manifest import Manifest
from bench.words import BODY, JUDGED, WITH, Cell, Finding

Grade = Literal["good", "fair", "poor"]
BEST_FIRST: tuple[Grade, ...] = ("good", "fair", "poor")
# Shares of the judged cells. A tenth: fewer are single rows of a table. A half: most of what is judged is affected.
SOME, MOST = 0.1, 0.5
MANY = 4  # reasons to trust a run less, each of which alone would make it fair


@dataclass(frozen=True)
class Trust:
    """How far a run can be trusted, and why not further; a good one has no reasons."""

    level: Grade
    reasons: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The level with its reasons, in a line."""
        return self.level + (f": {'; '.join(self.reasons)}" if self.reasons else "")


class Row(NamedTuple):
    """What a finding means for trust. `worst`: what it makes of it at most; `reason`: in words, of the share of cells if `{}`."""

    finding: str
    worst: Grade
    reason: str


TABLE = (
    Row("spoiled_interpreter", "poor", "the interpreter spoils all figures"),
    Row("moved_flows", "poor", "flows were seen on another core"),
    Row("unequal_results", "poor", "the bodies of {} of the judged cells returned different results"),
    Row("child_on_the_core", "poor", "a process that {} of the judged cells have started used their core"),
    Row("incomplete_run", "fair", "the run is not complete"),
    Row("void_cells", "fair", "cells are void"),
    Row("older_meaning", "fair", "an older version measured it: its CPU per op contains the start of the flows"),
    Row("few_rounds", "poor", "too few rounds for an interval in {} of the blocks that are to be judged"),
    Row("no_floor", "fair", "no cell was measured twice, so the noise floor is not known"),
    Row("steal", "poor", "the hypervisor took part of the core in {} of the judged cells"),
    Row("cpu_limit", "poor", "a cgroup's limit stopped {} of the judged cells"),
    Row("interference", "poor", "something else used the core in {} of the judged cells"),
    Row("busy_sibling", "poor", "the core's other hardware thread was busy beside {} of the judged cells"),
    Row("disturbed_blocks", "fair", "blocks that were disturbed could not all be measured again"),
    Row("strangers", "fair", "strangers asked the http server in {} of the judged cells"),
    Row("drift", "fair", "CPU per op drifted over the run"),
    Row("core_frequency", "fair", "the core's frequency moved"),
    Row("core_speed", "fair", "the core's own speed moved"),
    Row("bimodal", "poor", "the rounds of {} of the judged cells fall into two groups"),
    Row("unsteady", "poor", "the rounds of {} of the judged cells are several times apart"),
    Row("not_steady", "poor", "CPU per op of {} of the judged cells moves while it is measured"),
    Row("mostly_starting", "poor", "start-up took most of the ops of {} of the judged cells"),
    Row("unread_clocks", "poor", "the CPU clocks of {} of the judged cells were read too rarely"),
)


def few_rounds(facts: Facts) -> float:
    """Return the share of the blocks planned to be judged in which no two models have rounds enough for an interval."""
    planned = judged_blocks(facts.manifest) if facts.manifest.verdicts else set()
    if not planned or facts.worked.empty:
        return 1.0
    kinds = facts.manifest.about["kinds"]
    own = facts.worked[facts.worked["model"].map(kinds).isin(JUDGED)]
    rounds = own.groupby(["block", "model"])["round"].nunique()
    enough = rounds[rounds >= LEAST_ROUNDS].groupby("block").size()
    return 1 - sum(int(enough.get(block, 0)) > 1 for block in planned) / len(planned)


def judged_blocks(manifest: Manifest) -> set[str]:
    """Return the blocks that a plan has rounds enough of for an interval, and several models to compare.

    The plan may be of another version, or damaged: the first row that cannot be read is left out, and all after it.
    """
    kinds = {name.partition(WITH)[0]: kind for name, kind in manifest.about["kinds"].items()}
    able: dict[str, set[tuple[str, str]]] = {}  # by block: the models, each with the body that it runs
    with suppress(KeyError, TypeError, ValueError):
        for row in manifest.plan:
            parameters = tuple((key, value) for key, value in row["parameters"])
            if row["most"] >= LEAST_ROUNDS and ("ops", 0) not in parameters:
                block = Cell(str(row["workload"]), "", int(row["flows"]), parameters).block
                body = str(dict(parameters).get(BODY, ""))
                able.setdefault(block, set()).update((m, body) for m in row["models"] if kinds.get(m) in JUDGED)
    return {block for block, cells in able.items() if len(cells) > 1}


def no_floor(facts: Facts) -> float:
    """Return 1 where no cell has a twin with rounds enough, else 0."""
    known = "twin" in facts.worked  # no record says so where none was read
    twins = facts.worked[facts.worked["twin"] == 1] if known else facts.worked.iloc[:0]
    return float(not len(twins) or twins.groupby("cell")["round"].nunique().max() < LEAST_ROUNDS)


LACKS = {"few_rounds": few_rounds, "no_floor": no_floor}


def trust(facts: Facts, found: Mapping[str, Sequence[Finding]]) -> Trust:
    """Say how far a run can be trusted. `found`: its findings by name (bench.analysis.findings.find_by_name)."""
    judged = judged_cells(facts)
    grades: list[tuple[Grade, str]] = []
    for row in TABLE:
        share = LACKS[row.finding](facts) if row.finding in LACKS else weight(found.get(row.finding, ()), judged)
        grade = graded(share, row.worst)
        if grade != "good":
            grades.append((grade, row.reason.format(f"{share * 100:.0f} %")))
    level: Grade = max((grade for grade, _ in grades), key=BEST_FIRST.index, default="good")
    return Trust("poor" if len(grades) >= MANY else level, tuple(reason for _, reason in grades))


def judged_cells(facts: Facts) -> frozenset[str]:
    """Return the cells that verdicts can be about: those that did ops, with rounds enough for an interval; if none, all."""
    if facts.worked.empty:
        return frozenset()
    rounds = facts.worked.groupby("cell")["round"].nunique()
    enough = rounds[rounds >= LEAST_ROUNDS] if facts.manifest.verdicts else rounds
    return frozenset(without_twin(str(cell)) for cell in (enough if len(enough) else rounds).index)


def weight(findings: Sequence[Finding], judged: frozenset[str]) -> float:
    """Return the share of the judged cells that findings name; 1 where they are about the whole run. Hints weigh nothing."""
    heavy = [finding for finding in findings if finding.level != "hint"]
    if any(not finding.cells for finding in heavy):
        return 1.0
    named = {without_twin(cell) for finding in heavy for cell in finding.cells}
    return len(named & judged) / len(judged) if judged else float(bool(named))


def graded(share: float, worst: Grade) -> Grade:
    """The grade of a share of the cells, at worst as the row says."""
    grade: Grade = "poor" if share > MOST else "fair" if share > SOME else "good"
    return min(grade, worst, key=BEST_FIRST.index)
