"""Which hosts: names from a command line or a file, each checked before it reaches a command line of ssh."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from bench.store.border import read_bytes
from bench.words import UserError, shown

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@:%\[\]-]{0,252}")  # no leading "-": ssh would read an option
MOST = 1_000


def read_hosts(names: str, file: Path | None) -> list[str]:
    """The hosts of `HOSTS` and of a file (a name a line, `#` begins a remark), each once. Raises UserError, StoreError."""
    found = re.split(r"[\s,]+", names.strip()) if names.strip() else []
    if file is not None:
        lines = read_bytes(file).decode("utf-8", "replace").splitlines()
        found += [name for line in lines if (name := line.partition("#")[0].strip())]
    return checked(found)


def checked(names: Iterable[str]) -> list[str]:
    """The same names without repeats. Raises UserError where one can be no host, or there are too many."""
    hosts = list(dict.fromkeys(names))
    for name in hosts:
        if not NAME.fullmatch(name):
            raise UserError(f"{shown(name)} is no host's name: write names as ssh takes them, separated by spaces")
    if len(hosts) > MOST:
        raise UserError(f"{len(hosts)} hosts are more than {MOST}: measure them in parts")
    return hosts
