"""The page of a machine: made of three runs and more of one plan, in `report` and `compare`, never on a run's own page."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from bench.commands.main import main
from bench.commands.status import OK
from bench.report import report
from bench.report.compare.comparison import comparison
from bench.report.figures import Run
from bench.report.index import MACHINE as PAGE
from bench.report.machine.pooling import alike, ratio_tables, ratios
from bench.store import runs
from bench.store.manifest import FILE
from bench.store.records import Record
from tests.support.pages import read_page
from tests.support.records import rounds_of
from tests.support.runs import ENVIRONMENT, make_manifest, make_run

ROUNDS = 10


def records(asyncio: float, away: int = 0) -> list[Record]:
    """A run in which a GET costs thread 30 us and asyncio so many times that, give or take a little."""
    found = []
    for model, demand in (("thread", 30e-6), ("asyncio", 30e-6 * asyncio)):
        demands = [demand * (1 + 0.01 * ((i * 7 + away + len(model)) % 5 - 2)) for i in range(ROUNDS)]
        found += rounds_of(f"http_get/{model}/100", [0.4 + 0.001 * i for i in range(ROUNDS)], demands)
    return found


def environment(machine: str = "0123456789abcdef") -> dict[str, Any]:
    """What a run says that can be pooled."""
    whole = {group: dict(entries) for group, entries in ENVIRONMENT.items()}
    return {**whole, "machine": {**whole["machine"], "id": machine}, "suite": {"code": "abcdef"}}


def folder_of(tmp_path: Path, times: Sequence[float], **changes: Any) -> Path:
    """A machine's folder with a run for each of these ratios."""
    host = tmp_path / "runs" / "a-host"
    for i, ratio in enumerate(times):
        id_ = f"2026010{i + 1}T000000Z-bench"
        make_run(host / id_, records(ratio, i), **{"id": id_, "environment": environment(), "seed": i, **changes})
    return host


def loaded(times: Sequence[float], machine: str = "0123456789abcdef") -> list[Run]:
    """The same as runs that were read."""
    found = []
    for i, ratio in enumerate(times):
        there = records(ratio, i)
        manifest = make_manifest(there, environment=environment(machine), seed=i, id=f"run-{i}")
        found.append(Run(manifest, there))
    return found


def test_three_runs_are_pooled(tmp_path: Path) -> None:
    page = report.write_machine(folder_of(tmp_path, (1.30, 1.33, 1.36)))
    assert page is not None
    text = read_page(page.read_text()).text
    assert "3 runs of bench" in text
    assert "called different from 1" in text
    assert "mean over runs" in text
    assert "another run" in text
    (pooled,) = (p for place, p in ratios(loaded((1.30, 1.33, 1.36)), "thread").items() if place[1] == "D")
    assert pooled.value == pytest.approx(1.33, rel=0.01)
    assert pooled.low < 1.33 < pooled.high
    (pooled,) = (p for place, p in ratios(loaded((1.30, 1.33, 1.36, 1.33)), "thread").items() if place[1] == "D")
    assert pooled.other_low < pooled.low < 1.33 < pooled.high < pooled.other_high


def test_three_runs_do_not_say_where_another_would_lie(tmp_path: Path) -> None:
    page = report.write_machine(folder_of(tmp_path, (1.30, 1.33, 1.36)))
    assert page is not None
    assert "another run may find" not in page.read_text()
    page = report.write_machine(folder_of(tmp_path / "four", (1.30, 1.33, 1.36, 1.33)))
    assert page is not None
    assert "another run may find" in page.read_text()


def test_the_runs_are_linked(tmp_path: Path) -> None:
    page = report.write_machine(folder_of(tmp_path, (1.30, 1.33, 1.36)))
    assert page is not None
    for i in (1, 2, 3):
        assert f'href="2026010{i}T000000Z-bench/index.html"' in page.read_text()


def test_two_runs_make_no_page(tmp_path: Path) -> None:
    host = folder_of(tmp_path, (1.30, 1.33))
    assert report.write_machine(host) is None
    assert not (host / PAGE).exists()


def test_a_copy_of_a_run_is_no_third_one(tmp_path: Path) -> None:
    host = folder_of(tmp_path, (1.30, 1.33))
    shutil.copytree(host / "20260101T000000Z-bench", host / "20260103T000000Z-bench")
    assert report.write_machine(host) is None


@pytest.mark.parametrize("fault", ["manifest", "record"])
def test_a_run_that_cannot_be_read_is_left_out(tmp_path: Path, fault: str) -> None:
    host = folder_of(tmp_path, (1.30, 1.33, 1.36, 1.36))
    broken = host / "20260102T000000Z-bench"
    (broken / FILE if fault == "manifest" else min((broken / "raw").iterdir())).write_text("{")
    page = report.write_machine(host)
    assert page is not None
    assert "3 runs" in page.read_text() or fault == "record"
    assert broken.name not in page.read_text()
    shutil.rmtree(host / "20260103T000000Z-bench")
    page.unlink()
    assert report.write_machine(host) is None


def test_runs_of_two_machines_are_two_groups() -> None:
    manifests = [r.manifest for machine in ("a", "b") for r in loaded((1.3, 1.3, 1.4), machine)]
    for i, manifest in enumerate(manifests):
        manifest.id = f"run-{i}"
    assert alike(manifests) == [[0, 1, 2], [3, 4, 5]]


def test_a_machine_s_name_that_looks_like_markup_comes_out_as_text(tmp_path: Path) -> None:
    odd = environment()
    odd["machine"]["CPU"] = "<script>alert(1)</script>"
    page = report.write_machine(folder_of(tmp_path, (1.30, 1.33, 1.36), environment=odd, preset="<b>bold</b>"))
    assert page is not None
    assert "<script>alert" not in page.read_text()
    assert "<b>bold" not in page.read_text()


def test_a_run_s_own_page_does_not_know_of_other_runs(tmp_path: Path) -> None:
    alone = folder_of(tmp_path / "alone", (1.30,)) / "20260101T000000Z-bench"
    among = folder_of(tmp_path / "among", (1.30, 1.33, 1.36)) / "20260101T000000Z-bench"
    for folder in (alone, among):
        report.write(folder)
    assert report.write_machine(among.parent)
    report.write(among)
    for file in ("index.html", "cells.html", "report.json"):
        assert (alone / file).read_bytes() == (among / file).read_bytes()


def test_the_command_makes_it_where_runs_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(runs, "REPORTS", tmp_path)
    host = folder_of(tmp_path, (1.30, 1.33, 1.36))
    assert main(["report", str(host / "20260101T000000Z-bench")]) == OK
    assert PAGE in capsys.readouterr().out
    assert (host / PAGE).is_file()
    assert f'href="runs/a-host/{PAGE}"' in (tmp_path / "index.html").read_text()


def test_elsewhere_nothing_is_written_beside_a_run(tmp_path: Path) -> None:
    host = folder_of(tmp_path, (1.30, 1.33, 1.36))
    assert main(["report", str(host / "20260101T000000Z-bench")]) == OK
    assert not (host / PAGE).exists()


def test_a_comparison_of_three_runs_of_one_machine_pools_them() -> None:
    content = comparison("an-id", loaded((1.30, 1.33, 1.36)))
    (table,) = (t for t in content.ratios if t.caption == "CPU per op, ratio to thread, over runs")
    ((block, model, count, mean, another, _, called),) = table.rows
    assert (block, model, count, another, called) == ("http_get/100", "asyncio", "3", "–", "differs")
    assert mean == "1.34 (1.27–1.42)"


def test_a_comparison_of_other_machines_pools_nothing() -> None:
    mixed = [*loaded((1.30, 1.33)), *loaded((1.36,), "fedcba9876543210")]
    mixed[-1].manifest.id = "another"
    assert not ratio_tables(mixed, "thread")
