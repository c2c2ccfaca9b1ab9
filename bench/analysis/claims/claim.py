"""What a claim is: a cause with the control that could refute it.

A cause that is only known of the code may be wrong, or may not be why two figures differ. So each claim names a figure and
a control, both measured in the same run, and how far apart they must be. It is told only where they are, and where the
figures that it is to explain differ in the same direction. Where nothing is told, the cause is not known.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, cast

from bench.analysis.findings.facts import Facts
from bench.analysis.statistics import UNSTEADY

LEAST_ROUNDS = 3  # of a figure that is measured; one round is enough for what is counted
COUNTS = frozenset(
    {"voluntary_per_op", "involuntary_per_op", "switches_per_op", "faults_per_op", "switch_us", "burn_ms"}
)


class Reading(NamedTuple):
    """A figure of one cell: the median over its rounds. `suffix`: the cell's parameters, as they stand in its name.

    `workload`: of another workload than the claim's, at the same number of flows; `scale`: what it is multiplied by.
    """

    figure: str
    model: str
    suffix: str = ""
    workload: str = ""
    scale: float = 1.0


@dataclass(frozen=True)
class Claim:
    """A cause: `text` holds where `figure` is above the `control` by more than a share `tolerance` of it.

    With `agrees="equal"` it holds where the two are no further apart than that. In the text, {figure} and {control} are
    the two values and {flows} is the number of flows. `effects`: pairs of figures that the claim is to explain; the first
    of each must be the larger one. `gil`: it is about the GIL, and never holds without one.
    """

    workload: str
    text: str
    figure: Reading
    control: Reading
    tolerance: float
    effects: tuple[tuple[Reading, Reading], ...] = ()
    agrees: Literal["above", "equal"] = "above"
    gil: bool = False


@dataclass(frozen=True)
class Told:
    """A claim that held in a run, with the values that it rests on, in the units of its text."""

    claim: Claim
    flows: int
    figure: float
    control: float

    def words(self, digits: Callable[[float], str]) -> str:
        """The sentence; `digits` makes a number's text."""
        return self.claim.text.format(
            figure=digits(self.figure),
            control=digits(self.control),
            flows=f"{self.flows:,} flow{'s' * (self.flows > 1)}",
        )


Read = Callable[[Reading], float]
Places = Mapping[tuple[str, str, int, str], Any]  # of a cell: the numbers of its rows, an array


def held(claim: Claim, read: Read, *, gil: bool) -> tuple[float, float] | None:
    """Return the two values that a claim rests on where it holds; None where it does not, or where one was not measured."""
    if claim.gil and not gil:
        return None
    if not all(read(more) > read(less) for more, less in claim.effects):
        return None
    figure, control = read(claim.figure), read(claim.control)
    if math.isnan(figure) or math.isnan(control):
        return None
    if claim.agrees == "equal":
        agree = abs(figure - control) <= claim.tolerance * abs(control)
    else:
        agree = figure > control * (1 + claim.tolerance)
    return (figure, control) if agree else None


def places(facts: Facts) -> Places:
    """Where each cell's rows are in a run's table: looked up once, as claims ask for the same cells again and again."""
    found = facts.table.groupby(["workload", "model", "flows", "suffix"], sort=False).indices
    return cast("Places", found)


def reader(facts: Facts, cells: Places, workload: str, flows: int) -> Read:
    """Return what reads figures of a run at one number of flows; NaN for one that was not measured often enough."""

    def read(reading: Reading) -> float:
        there = cells.get((reading.workload or workload, reading.model, flows, reading.suffix))
        if there is None or reading.figure not in facts.table:
            return math.nan
        values = facts.table[reading.figure].iloc[there].dropna()
        least = 1 if reading.figure in COUNTS else LEAST_ROUNDS
        # Where one round is several times another, the median of a few says little.
        if len(values) < least or (least > 1 and values.max() > UNSTEADY * max(values.min(), 0)):
            return math.nan
        return float(values.median()) * reading.scale

    return read


def told(claims: Sequence[Claim], facts: Facts, workload: str) -> list[Told]:
    """Return the claims about a workload that hold in a run, each at the largest number of flows at which it does."""
    if facts.table.empty:
        return []
    gil = bool(facts.manifest.environment["interpreter"].get("gil", True))
    sizes = sorted(facts.table.loc[facts.table["workload"] == workload, "flows"].unique(), reverse=True)
    cells = places(facts)
    found = []
    for claim in claims:
        for flows in sizes if claim.workload == workload else ():
            values = held(claim, reader(facts, cells, workload, int(flows)), gil=gil)
            if values is not None:
                found.append(Told(claim, int(flows), *values))
                break
    return found
