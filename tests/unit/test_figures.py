"""The table of figures is whole: each is there once, can be derived from others, and is in the docs."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from bench.cells import DEFAULTS
from bench.figures import DERIVED, FIGURES, RECORDED, demand, idle, per
from bench.workloads import WORKLOADS, load_workload
from tests.support.runs import record_texts

ROOT = Path(__file__).resolve().parents[2]
NAMES = [row.name for row in FIGURES]
# What a record has besides: of models and targets, and pyperf's own.
OF_THINGS = {
    "cell",
    "timer_slack_ns",
    "switch_interval_s",
    "gil",
    "imported",
    "uvloop_version",
    "cc_version",
    "cc_flags",
}
OF_PYPERF = {
    *(
        "aslr",
        "cpu_affinity",
        "cpu_config",
        "cpu_count",
        "cpu_freq",
        "cpu_model_name",
        "date",
        "duration",
        "hostname",
        "inner_loops",
    ),
    *("load_avg_1min", "loops", "mem_max_rss", "perf_version", "platform", "python_compiler", "python_implementation"),
    *("python_version", "runnable_threads", "timer", "unit", "uptime"),
}


def test_each_figure_is_there_once() -> None:
    assert len(NAMES) == len(set(NAMES))
    headings = [row.column.heading for row in FIGURES if row.column]
    assert len(headings) == len(set(headings))


def test_what_is_derived_is_derived_of_figures_that_are_there_before_it() -> None:
    there = {row.name for row in FIGURES if row.derive is None}
    for name, of, _ in DERIVED:
        assert {*of} <= there, name
        there.add(name)
    assert {row.name for row in FIGURES if row.kind == "derived"} == {name for name, _, _ in DERIVED}


# CPU per op is that of the whole work phase where flows leave no stamps to go by.
FALLS_BACK = {("D", "running_ops"), ("D", "schema"), ("idle", "schema"), ("others", "schema")}


@pytest.mark.parametrize(
    ("figures", "d"),
    [
        ((3.0, 100.0, 1.0, 80.0, 2), 2 / 80),
        ((3.0, 100.0, 1.0, 50.0, 2), 2 / 50),
        ((3.0, 100.0, 1.0, 49.0, 2), math.nan),  # most of them ended while flows still started
        ((3.0, 100.0, math.nan, 80.0, 2), math.nan),  # nobody read the clocks
        ((3.0, 100.0, math.nan, math.nan, 2), 3 / 100),  # no stamps to go by
        ((3.0, 100.0, 1.0, 80.0, 1), 3 / 100),  # as it was before
        ((3.0, 0.0, math.nan, math.nan, 2), math.nan),  # no ops
    ],
)
def test_cpu_per_op_leaves_out_the_start(figures: tuple[float, ...], d: float) -> None:
    assert demand(*figures) == pytest.approx(d, nan_ok=True)


@pytest.mark.parametrize(("name", "of", "derive"), DERIVED)
def test_of_what_is_not_there_nothing_is_derived(name: str, of: tuple[str, ...], derive: object) -> None:
    assert callable(derive)
    for lacking in (figure for figure in of if (name, figure) not in FALLS_BACK):
        assert math.isnan(derive(*(math.nan if figure == lacking else 2.0 for figure in of))), lacking


def test_of_nothing_there_is_no_share() -> None:
    assert math.isnan(per(1, 0))


def test_what_clocks_leave_over_is_not_clipped() -> None:
    assert idle(0.3, -0.1, 1, 2) == pytest.approx(0.8)
    assert idle(2, 0, 1, 2) == -1
    assert (idle(0.3, -0.1, 1, 1), idle(2, 0, 1, 1)) == (0.7, 0)  # as it was before
    others = next(derive for name, _, derive in DERIVED if name == "others")
    assert callable(others)
    assert others(-0.14, 1.0, 2) == -0.14
    assert others(-0.14, 1.0, 1) == 0


def test_every_number_of_the_gallery_s_records_has_a_row() -> None:
    """What a record's maker writes, and no row has, nobody would check."""
    parameters = {*DEFAULTS}.union(*(load_workload(name).parameters for name in WORKLOADS))
    found: set[str] = set()
    for path in (ROOT / "reports/gallery").glob("*/*/run.json"):
        for text in record_texts(path.parent).values():
            found |= json.loads(text)["metadata"].keys()
    assert found - OF_PYPERF - OF_THINGS - parameters - {row.name for row in RECORDED} == set()
    assert {"cpu_s", "late_p50_s", "mem_pss_bytes"} <= found


def test_the_table_of_the_docs_is_that_of_the_rows() -> None:
    done = subprocess.run([sys.executable, "scripts/figures.py"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout in (ROOT / "docs/design.md").read_text(), "python3 scripts/figures.py --write"
