"""Each of asyncio's words is measured where it can be, and a call that is left out is caught on either side."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.cells import not_here
from bench.report.workloads.calls import ADDS
from bench.words import Cell
from bench.workloads.layers import BLOCKING, COROUTINE
from tests.contract.test_ledger import LAST_PART, Cut, cell, cut_body
from tests.contract.test_ledger import copy as copy  # noqa: PLC0414 - a fixture


def name_of(model: str, api: str) -> str:
    return f"layers/{model}/1?api={api}"


WHERE = [("sequential", api) for api in BLOCKING] + [(m, api) for api in COROUTINE for m in ("asyncio", "uvloop")]
HERE = [(model, api) for model, api in WHERE if not not_here(Cell.parse(name_of(model, api)))]


@pytest.mark.parametrize(("model", "api"), HERE)
def test_every_word_is_said_as_often_as_asked(model: str, api: str) -> None:
    done = cell(name_of(model, api))
    assert (done.returncode, done.stdout) == (0, '{"void": null}\n'), done.stderr


@pytest.mark.parametrize(
    ("model", "api", "reason"),
    [
        ("asyncio", "call", "sequential does that"),
        ("thread", "await", "needs an event loop"),
        ("asyncio", "no", "only"),
    ],
)
def test_where_it_cannot_be_said_the_reason_is(model: str, api: str, reason: str) -> None:
    assert reason in not_here(Cell.parse(name_of(model, api)))


def test_every_word_has_its_row_on_the_page() -> None:
    assert set(ADDS) == {*BLOCKING, *COROUTINE}


@pytest.mark.parametrize(
    ("body", "model", "api"), [("blocking", "sequential", "call"), ("coroutine", "asyncio", "wait")]
)
def test_a_call_that_is_left_out_is_caught(body: str, model: str, api: str, copy: Path) -> None:
    path = copy / "bench" / "workloads" / "layers.py"
    path.write_text(cut_body(path.read_text(), Cut("layers", body, *LAST_PART)))
    done = cell(name_of(model, api), copy)
    assert done.returncode == 1, done.stderr
    assert "did other work: ops" in done.stdout
