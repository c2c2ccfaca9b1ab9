"""The views of one fixed run, to the byte. `python -m tests.report.remake` makes the gold files again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.report.remake import GOLD, gold_run, views


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Every view as it is today."""
    return views(gold_run(tmp_path_factory.mktemp("gold") / "run"))


@pytest.mark.parametrize("name", ["document.json", "page.html", "card.txt"])
def test_a_view_is_what_it_was(made: dict[str, str], name: str) -> None:
    gold = (GOLD / name).read_text(encoding="utf-8")
    assert made[name] == gold, "if this is meant: python -m tests.report.remake, and read the difference"


def test_there_is_a_gold_file_for_every_view(made: dict[str, str]) -> None:
    assert {path.name for path in GOLD.iterdir()} == set(made)


def test_the_fixed_run_is_the_same_every_time(made: dict[str, str], tmp_path: Path) -> None:
    assert views(gold_run(tmp_path / "another")) == made
