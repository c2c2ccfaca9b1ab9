"""A campaign needs no caller that knows how it decides: who gives it options gets all of its rounds."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bench.campaign import run as campaign
from bench.campaign.options import Options
from bench.campaign.subprocesses import Attempt, Outcome
from bench.campaign.targets import Targets
from bench.commands import main, report
from bench.presets import PRECISION, PRESETS
from bench.presets.rows import Preset, Row
from bench.store import records
from bench.store.manifest import read_manifest
from bench.workloads import WORKLOADS
from tests.support.records import HOST, make_record, pyperf_text

ROOT = Path(__file__).resolve().parents[2]
PAIR = ("thread", "asyncio")
LEAST, MOST = 10, 13
QUIET, NOISY = (Row("sleep", flows, PAIR, LEAST, MOST) for flows in (10, 100))


@dataclass
class Cells:
    """Runs no cell. Under asyncio, 100 flows differ from round to round; in round 2, 10 flows were disturbed once."""

    measured: list[tuple[str, int, int]]
    tick: Callable[[], None] = lambda: None
    debug: bool = False

    def __call__(self, attempt: Attempt) -> Outcome:
        """Leave a record, as a cell does."""
        self.measured.append((attempt.cell.name, attempt.round, attempt.attempt))
        noisy = (attempt.cell.model, attempt.cell.flows) == ("asyncio", 100)
        took_s = 0.4 * (1 + 0.05 * (attempt.round % 5 - 2)) if noisy else 0.4
        record = make_record(attempt.cell.name, attempt.round, attempt.attempt, took_s)
        stormy = (attempt.cell.flows, attempt.round, attempt.attempt) == (10, 2, 1)
        metadata = {**record.metadata, "interference": took_s / 2} if stormy else record.metadata
        records.write(attempt.record, pyperf_text(replace(record, metadata=metadata)), HOST)
        return Outcome()


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, int]]:
    """Every call of a run in which nothing is started; its preset is the two blocks."""
    calls: list[tuple[str, int, int]] = []

    @contextmanager
    def targets(*_: object) -> Iterator[Targets]:
        yield Targets()

    monkeypatch.setitem(PRESETS, "bench", Preset("bench", 1e4, (QUIET, NOISY), verdicts=False, about=""))
    monkeypatch.setattr(campaign, "machine_lock", lambda _: nullcontext())
    monkeypatch.setattr(campaign, "targets", targets)
    monkeypatch.setattr(campaign, "pin", lambda _: None)
    monkeypatch.setattr(campaign, "Subprocesses", lambda *_, **__: Cells(calls))
    return calls


def test_options_alone_give_the_rounds_that_widths_ask_for_and_repeats(
    measured: list[tuple[str, int, int]], tmp_path: Path
) -> None:
    folder = campaign.run(Options(out=tmp_path / "run", seed=1))
    manifest = read_manifest(folder)
    rounds = {name: max(n for cell, n, _ in measured if cell == name) for name, _, _ in measured}
    assert rounds == {f"sleep/{model}/{n}": most for model in PAIR for n, most in ((10, LEAST), (100, MOST))}
    assert [(entry.block, entry.round, entry.again) for entry in manifest.disturbed] == [("sleep/10", 2, True)]
    assert {cell for cell, n, attempt in measured if attempt == 2} == {f"sleep/{model}/10" for model in PAIR}
    assert (manifest.state, manifest.precision) == ("complete", PRECISION)


def test_the_command_line_gives_the_same_decisions_and_no_others(
    measured: list[tuple[str, int, int]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign.run(Options(out=tmp_path / "one", seed=1))
    by_options = [*measured]
    measured.clear()
    monkeypatch.setattr(report, "show", lambda _: 0)
    assert main.main(["run", "--out", str(tmp_path / "other"), "--seed", "1"]) == 0
    assert measured == by_options


def test_a_wider_precision_is_reached_with_fewer_rounds(measured: list[tuple[str, int, int]], tmp_path: Path) -> None:
    campaign.run(Options(out=tmp_path / "run", seed=1, precision={"T": 1.0, "D": 1.0}))
    assert max(n for _, n, _ in measured) == LEAST


@pytest.mark.parametrize("path", sorted((ROOT / "bench" / "campaign").glob("*.py")), ids=lambda path: path.stem)
def test_no_file_of_the_campaign_names_a_workload(path: Path) -> None:
    """How a workload's cells are fitted to a machine is said by the workload."""
    texts = {node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant)}
    imported = {
        name.rpartition(".")[2]
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and (name := node.module or "").startswith("bench.workloads.")
    }
    assert not {*WORKLOADS} & (texts | imported)
