"""Programs that flows run and wait for are on the flows' account, with their end, under every model."""

from __future__ import annotations

import os
import shutil
import statistics
from pathlib import Path

import pytest

from bench.cells import not_here
from bench.words import Cell
from tests.contract import runs_a_program
from tests.contract.test_counters import measured
from tests.contract.test_docs import add_line
from tests.contract.test_ledger import copy as copy  # noqa: PLC0414 - a fixture

MODELS = [
    m for m in ("sequential", "thread", "process", "asyncio", "uvloop", "gevent") if not not_here(Cell("sleep", m, 2))
]


def asked_from_outside() -> float:
    """What the kernel says that the program has used, when it is gone (man 2 wait4), s: the middle one of three."""
    found = []
    for _ in range(3):
        child = os.posix_spawn(runs_a_program.PROGRAM[0], runs_a_program.PROGRAM, os.environ)
        usage = os.wait4(child, 0)[2]
        found.append(usage.ru_utime + usage.ru_stime)
    return statistics.median(found)


@pytest.mark.parametrize("model", MODELS)
def test_cpu_per_op_of_flows_that_run_a_program_is_what_the_kernel_says_of_it(model: str, copy: Path) -> None:
    shutil.copy(runs_a_program.__file__, copy / "bench/workloads/runs_a_program.py")
    add_line(copy / "bench/workloads/__init__.py", r"WORKLOADS = \(", '"runs_a_program",')
    figures = measured(copy, f"runs_a_program/{model}/2")
    wanted = asked_from_outside()
    ops = int(figures["ops_done"])
    assert float(figures["children_cpu_s"]) / ops == pytest.approx(wanted, rel=0.1)
    demand = (float(figures["cpu_s"]) - float(figures["start_cpu_s"])) / int(figures["running_ops"])
    assert demand == pytest.approx(wanted, rel=0.1)
