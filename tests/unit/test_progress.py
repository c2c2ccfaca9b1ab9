"""The line that says how far a run is: it fits the terminal, or it would scroll."""

from __future__ import annotations

import io
import re

import pytest

from bench.campaign.progress import Progress


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("width", [20, 40, 80])
def test_the_line_fits_the_terminal_and_always_has_the_time_left(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    shown = Terminal()
    cell = "http_get/process_forkserver/1000?api=raw&heap=trimmed&pin=0"
    Progress(shown, clock=lambda: 0.0).at(12, 13, 0.99, cell, 754)
    (line,) = shown.getvalue().split("\r\x1b[K")[1:]
    assert len(line) < width
    assert line.endswith("(12:34 left)")
    assert line.startswith("round 12") or width < 40


def test_a_line_that_fits_is_shown_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = Terminal()
    Progress(shown, clock=lambda: 0.0).at(1, 13, 0.5, "sleep/thread/10", 61)
    assert shown.getvalue() == "\r\x1b[Kround 1 of 13   50%  sleep/thread/10  (1:01 left)"


def test_off_a_terminal_there_is_a_line_per_round() -> None:
    written = io.StringIO()
    progress = Progress(written, clock=lambda: 0.0)
    progress.at(1, 13, 0.5, "sleep/thread/10", 61)
    progress.round_done(1, 13, 300)
    progress.round_done(14, 13, 200)
    assert re.fullmatch(
        r"round 1 of 13 done, about 300 s left\nround 14 \(13 were planned\) done, about 200 s left\n",
        written.getvalue(),
    )
