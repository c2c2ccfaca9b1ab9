"""A name in a pyperf file never stands for two kinds of work: whoever changes a default that changes the work changes the name.

named_work.json keeps every name of a default cell that a version has had (of one model, at one number of flows), with the
parameters that its work had.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from bench.cells import benchmark_name, parameters
from bench.words import Cell, Value
from bench.workloads import WORKLOADS, load_workload

KNOWN: Mapping[str, Mapping[str, Value]] = json.loads(Path(__file__).with_name("named_work.json").read_text())
# How a cell is run, and how often: a name does not say it, or always does.
NOT_WORK = {"ops", "pool", "pin", "awake", "softirq", "twin"}


def default_cell(workload: str) -> Cell:
    """A cell with every parameter at its default."""
    return Cell(workload, "thread", load_workload(workload).flows[0])


@pytest.mark.parametrize("workload", WORKLOADS)
def test_a_name_stands_for_the_work_that_it_has_always_stood_for(workload: str) -> None:
    cell = default_cell(workload)
    name = benchmark_name(cell)
    now = {key: value for key, value in parameters(cell).items() if key not in NOT_WORK}
    assert name in KNOWN, f"add to named_work.json: {json.dumps({name: now})}"
    changed = {key: (value, now.get(key)) for key, value in KNOWN[name].items() if now.get(key) != value}
    assert not changed, f"{name} was other work (then, now): {changed}. Put the parameter into `named` of the workload"


def test_what_an_older_version_called_by_the_cell_s_name_is_called_otherwise() -> None:
    older = {default_cell(workload).name for workload in WORKLOADS}
    assert not older & {benchmark_name(default_cell(workload)) for workload in WORKLOADS}
