"""Run folders that somebody spoilt: refused in one line, or a page of numbers; nothing is written outside, nothing takes long."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support import mutants
from tests.support.mutants import FORMS, MORE_S, Outcome, base_of, bases, make_mutant, outcome

SHORT, LONG = 200, 5_000
HTML_EACH = 20  # a mutant of so many is rendered as a page, too, whose pictures take most of the time
FIRST = 1_000_000  # the short form's seeds are not among the long form's


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return bases(tmp_path_factory.mktemp("bases"))


def unspoilt(made: list[Path], at: Path) -> list[list[Outcome]]:
    """What the runs themselves give, without the page and with it; each rendered once before, so that all is imported."""
    found = []
    for number, run in enumerate(made):
        folder, victim = at / str(number) / "run", at / str(number) / "victim"
        shutil.copytree(run, folder)
        victim.mkdir()
        (victim / "canary").write_text("mine")
        outcome(folder, victim, f"{FORMS},html")
        found.append([outcome(folder, victim, forms) for forms in (FORMS, f"{FORMS},html")])
    return found


def faults(made: list[Path], at: Path, seeds: range) -> list[str]:
    """What must not be, of all mutants of these seeds."""
    before = unspoilt(made, at / "unspoilt")
    assert [outcome.fault for pair in before for outcome in pair] == [""] * (2 * len(made))
    found = []
    rendered = 0
    for seed in seeds:
        folder, victim, done = make_mutant(made, at / "mutant", seed)
        page = seed % HTML_EACH == 0
        there = outcome(folder, victim, f"{FORMS},html" if page else FORMS)
        rendered += not there.said
        slow = there.cpu_s > before[base_of(seed, len(made))][page].cpu_s + MORE_S
        if there.fault or slow:
            found.append(f"seed {seed} ({done}): {there.fault or 'slow'}\n{there.said[-1000:]}")
    assert rendered > len(seeds) / 20  # mutants that are all refused at once would show little
    return found


@pytest.mark.timeout(600)
def test_some_spoilt_runs(made: list[Path], tmp_path: Path) -> None:
    assert faults(made, tmp_path, range(FIRST, FIRST + SHORT)) == []


@pytest.mark.long
@pytest.mark.timeout(14_400)
def test_thousands_of_spoilt_runs(made: list[Path], tmp_path: Path) -> None:
    assert faults(made, tmp_path, range(LONG)) == []


def test_a_fault_is_seen(made: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(arguments: list[str]) -> int:
        raise ZeroDivisionError

    def writes_outside(arguments: list[str]) -> int:
        (victim / "new").touch()
        return 0

    for main, fault in ((broken, "ZeroDivisionError"), (writes_outside, "it wrote outside"), (lambda _: 3, "status 3")):
        folder, victim, _ = make_mutant(made, tmp_path / "mutant", 0)
        monkeypatch.setattr(mutants, "main", main)
        assert fault in outcome(folder, victim).fault
