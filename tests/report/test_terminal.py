"""The card and the findings as plain text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench.report.compose import document
from bench.report.document import Table
from bench.report.views import terminal
from bench.words import Finding
from tests.report.remake import columns
from tests.support import gallery
from tests.support.records import rounds_of
from tests.support.runs import make_manifest

TEN = [0.25 + 0.001 * i for i in range(10)]
MODELS = ("thread", "asyncio")


def card(width: int = 100, **manifest: object) -> str:
    records = [r for m in MODELS for r in rounds_of(f"http_get/{m}/100", TEN)]
    with columns(width):
        return terminal.card(document(make_manifest(records, **manifest), records), "reports/x/index.html")


def test_columns_are_aligned_to_the_right_of_their_labels() -> None:
    text = terminal.table(Table("t", ("", "thread", "a"), (("one", "1.0", "–"), ("number two", "1,000.0", "22 ± 3"))))
    assert text.splitlines() == [
        "             thread       a",
        "───────────────────────────",
        "one             1.0       –",
        "number two  1,000.0  22 ± 3",
    ]


def test_columns_that_do_not_fit_come_below_with_the_labels_again() -> None:
    rows = (("one", "1", "2", "3"), ("number two", "–", "–", "4"))
    with columns(24):
        text = terminal.fitted(Table("t", ("", "thread", "a", "asyncio"), rows))
    assert text.splitlines() == [
        "     thread  a",
        "──────────────",
        "one       1  2",
        "",
        "            asyncio",
        "───────────────────",
        "one               3",
        "number two        4",
    ]
    with columns(80):
        assert terminal.fitted(Table("t", ("", "a", "b", "c"), rows)) == terminal.table(
            Table("t", ("", "a", "b", "c"), rows)
        )


def test_the_card_shows_every_row_the_note_the_findings_and_where_the_page_is() -> None:
    text = card(findings=[Finding("warning", "the machine was busy", "stop other work")])
    assert text.splitlines()[0].startswith("Threads or async?")
    (heading,) = (line for line in text.splitlines() if set(MODELS) <= set(line.split()))
    assert heading.split() == list(MODELS)
    assert "http_get" in text
    assert re.search(r"\(\d[\d.]*–\d[\d.]*\)", text)
    assert "warning: the machine was busy: stop other work" in text
    assert text.splitlines()[-1].endswith("reports/x/index.html")


@pytest.mark.parametrize("width", [40, 80, 300])
def test_sentences_are_wrapped_to_the_terminal_and_never_wider_than_can_be_read(width: int) -> None:
    long = Finding("warning", "a word " * 60, "and another " * 20)
    lines = card(width, findings=[long]).splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("warning"))
    assert all(len(line) <= min(width, 120) for line in lines[start:] if "index.html" not in line)


@pytest.mark.parametrize("width", [60, 80, 120, 200])
@pytest.mark.parametrize("run", gallery.RUNS, ids=lambda folder: folder.name)
def test_the_answer_and_the_short_card_fit_a_terminal_of_24_lines(run: Path, width: int) -> None:
    content = gallery.content(run)
    with columns(width):
        lines = terminal.short(content, "index.html").splitlines()
    assert lines[0].startswith("Threads or async?")
    assert max(map(len, lines)) <= width
    assert len(lines) < 24 or width < 80
    (heading,) = (line for line in lines if line.split()[:2] == ["thread", "process"])
    assert heading.split()[2:3] == ["asyncio"] or width < 80
    assert sum(line.startswith("CPU per GET") for line in lines) == 2 or width < 80


def test_figures_without_room_for_an_interval_say_where_there_is_none() -> None:
    rows = (("GET", "31.6 (30.4–32.7)", "79.3 (n=1)"), ("memory", "–", "1,770 (1,720–1,830)"), ("third", "1", "2"))
    with columns(40):
        text = terminal.cut(Table("", ("", "thread", "process"), rows), 2)
    assert text.splitlines() == [
        "        thread  process",
        "───────────────────────",
        "GET       31.6    79.3*",
        "memory       –    1,770",
        "Medians; * too few rounds for an",
        "interval.",
    ]
    with columns(18):
        assert "1 more model with --all" in " ".join(
            terminal.cut(Table("", ("", "thread", "process"), rows), 1).split()
        )
    with columns(100):
        assert "31.6 (30.4–32.7)" in terminal.cut(Table("", ("", "thread", "process"), rows), 2)


def test_the_short_form_tells_errors_in_full_and_counts_the_rest() -> None:
    findings = [Finding("error", "a core was lost", "give it back"), Finding("hint", "small", "")]
    records = [r for m in MODELS for r in rounds_of(f"http_get/{m}/100", TEN)]
    with columns(100):
        text = terminal.short(document(make_manifest(records, findings=findings), records), "index.html")
    assert "error: a core was lost: give it back" in text
    assert "small" not in text
    assert re.search(r"bench report --findings: 1 error, .*\bhints?\b", text)


def test_a_run_without_records_says_so_in_its_findings_and_has_no_card() -> None:
    text = terminal.card(document(make_manifest([], state="incomplete"), []), "page.html")
    assert "error: the run is incomplete" in text
    assert not re.search(r"\(\d[\d.]*–\d[\d.]*\)", text)


@pytest.mark.parametrize("evil", ["\x1b[2J\x1b]0;title\x07", "\r", "\x9b31m", "\x00", "\x08" * 5, "\u202e"])
def test_what_run_files_say_cannot_steer_the_terminal(evil: str) -> None:
    """A run's folder may be anybody's; escape sequences and carriage returns could rewrite what was printed."""
    text = card(findings=[Finding("hint", f"a {evil} b", f"c {evil} d")])
    assert not [character for character in text if character != "\n" and not character.isprintable()]
