"""What a user asks to have measured, in the words of a cell's name: `workload[/model[/flows]][?parameter=value&…]`.

A whole cell's name is one of these, so what a page or a record names can be given to `run` and `verify` as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from bench.words import NAME_LENGTH, UserError, Value, read_parameters, shown

Settings = tuple[tuple[str, Value], ...]

_WANTED = re.compile(r"([^/?]*)(?:/(\w+)(?:/([1-9]\d{0,8}))?)?(?:\?(.+))?", re.ASCII)


@dataclass(frozen=True)
class Wanted:
    """A workload, its parameters, and where the user said so, its model and its number of flows."""

    workload: str
    parameters: Settings = ()
    model: str = ""
    flows: int = 0

    @classmethod
    def parse(cls, text: str) -> Wanted:
        """Read what the user wrote; whether there is such a workload is not asked. Raises UserError."""
        match = _WANTED.fullmatch(text) if len(text) <= NAME_LENGTH else None
        if match is None or not match[1]:
            raise UserError(f"{shown(text)} is no workload: write NAME?key=value, as in http_get?wait_ms=200")
        return cls(match[1], read_parameters(match[4] or "", text), match[2] or "", int(match[3] or 0))

    def with_(self, settings: Settings) -> Wanted:
        """With these parameters, too. Raises UserError where one has two values."""
        own = dict(self.parameters)
        for key, value in settings:
            if own.setdefault(key, value) != value:
                raise UserError(
                    f"{self.workload}: {key} is {own[key]} in --workload and {value} in --set: leave one out"
                )
        return replace(self, parameters=tuple(sorted(own.items())))


def read_settings(texts: Iterable[str]) -> Settings:
    """Read what `--set` was given. Raises UserError where it is no key=value, or one key has two values."""
    return read_parameters("&".join(texts), f"--set {','.join(texts)}")
