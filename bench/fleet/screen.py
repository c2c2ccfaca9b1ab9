"""What a user sees meanwhile: a line per host. On a terminal it is one screen that is drawn again; elsewhere a line per change."""

from __future__ import annotations

import shutil
import sys
import time
from collections import Counter
from typing import TextIO

from bench.words import harmless


class Screen:
    """The state of every host, in a word or two."""

    def __init__(self, hosts: list[str], stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._states = dict.fromkeys(hosts, "waiting")
        self._began, self._drawn = time.monotonic(), 0

    def show(self, host: str, state: str) -> None:
        """A host is in another state now."""
        self._states[host] = harmless(state)
        if not self._stream.isatty():
            print(
                f"{time.monotonic() - self._began:5.0f} s  {host}: {self._states[host]}", file=self._stream, flush=True
            )
            return
        size = shutil.get_terminal_size()
        lines = [f"{name}: {state}"[: size.columns - 1] for name, state in self._states.items()]
        room = size.lines - 2
        if len(lines) > room:  # more hosts than lines: how many are in which state, and the last that changed
            counts = Counter(state.partition(":")[0] for state in self._states.values())
            lines = [f"{count} hosts: {state}" for state, count in counts.most_common(room - 1)]
            lines.append(f"{host}: {state}"[: size.columns - 1])
        up = f"\x1b[{self._drawn}A\x1b[J" if self._drawn else ""
        print(up + "\n".join(lines), file=self._stream, flush=True)
        self._drawn = len(lines)
