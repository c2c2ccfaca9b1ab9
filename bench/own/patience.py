"""A limit on how long a user's file may take to be read: an endless loop at its top must not hang the campaign."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

READ_S = 60.0  # a library may take long to import; no file that is meant to be measured takes so long
AGAIN_S = 1.0  # should the file catch what it is told


class TooLongError(BaseException):
    """Not an Exception: a file that catches those must end, too."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise TooLongError in what is done here, where it then is, after so long. Only the main thread can be limited so."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise TooLongError(f"it did not end within {seconds:g} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
