"""One line that says how far a run is and how long it will take: drawn by hand, about once a second.

(rich redraws ten times a second from a thread of its own: noise of our own making.)
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from typing import TextIO


def counted(round_: int, rounds: int) -> str:
    """Which round it is, of so many that were planned; a run with time left goes on beyond them."""
    return f"round {round_} of {rounds}" if round_ <= rounds else f"round {round_} ({rounds} were planned)"


class Progress:
    """Draws over one line on a terminal; elsewhere, writes a line per round."""

    def __init__(self, stream: TextIO = sys.stderr, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._clock = stream, clock
        self._terminal = stream.isatty()
        self._end = clock()
        self._text = ""

    def at(self, round_: int, rounds: int, done: float, what: str, left_s: float) -> None:
        """Say where the run is: round, share done, the cell in work, and the seconds left; outside rounds, only those."""
        self._end = self._clock() + left_s
        self._text = f"{counted(round_, rounds)}  {done:4.0%}  {what}" if rounds else what
        if self._terminal:
            self.tick()

    def tick(self) -> None:
        """Redraw: the time left counts down while a cell runs."""
        if self._terminal:
            left = max(0, round(self._end - self._clock()))
            time_left = f"  ({left // 60}:{left % 60:02d} left)"
            room = shutil.get_terminal_size().columns - len(time_left) - 1  # a line that is full would begin another
            text = self._text if len(self._text) <= room else f"{self._text[: max(0, room - 1)]}…"
            self._stream.write(f"\r\x1b[K{text}{time_left}")
            self._stream.flush()

    def line(self, text: str) -> None:
        """Write a line that stays."""
        self._stream.write(("\r\x1b[K" if self._terminal else "") + text + "\n")
        self._stream.flush()

    def round_done(self, round_: int, rounds: int, left_s: float) -> None:
        """Off a terminal, say that a round is done."""
        if not self._terminal:
            self.line(f"{counted(round_, rounds)} done, about {round(left_s)} s left")
