"""Monkey-patching, for the models that need a process in which nothing else was imported before.

gevent replaces names of the standard library: whoever has imported one of them earlier has the old one. So the first
lines of bench.worker.main ask here, before any other import of theirs, and this file imports next to nothing. A process
of any other model must not carry gevent at all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

MODELS = ("gevent",)
_CELL = re.compile(rf"\w+/({'|'.join(MODELS)})/\d+(\?.*)?", re.ASCII)


def is_wanted(arguments: Sequence[str]) -> bool:
    """Return whether the cell on this command line is of such a model."""
    return any(_CELL.fullmatch(argument) for argument in arguments)


def patch(arguments: Sequence[str]) -> None:
    """Patch this process if its cell wants that. Where gevent is not installed, the cell will say so itself.

    Addresses are numeric here, and there is nothing to look up. gevent would still ask its pool of native threads, for
    every connection; `block` asks the C library in place, as asyncio does with a numeric address.
    """
    if not is_wanted(arguments):
        return
    try:
        import gevent  # noqa: PLC0415 - only where it is used: other models must not carry it
        from gevent import monkey  # noqa: PLC0415
    except ImportError:
        return
    gevent.config.resolver = "block"
    monkey.patch_all()
