"""The command line: one file per command, with its options and its action together.

To add a command: write `bench/commands/NAME.py` with the names that `Command` lists, and add NAME to COMMANDS. Where NAME
would hide a name of Python's, the file's name ends in `_`, which the user does not type.

Every command's file is imported, whichever command the user wants. So a file imports at its top only what its options
need. What its action needs is imported in the action.
"""

from __future__ import annotations

import importlib
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from typing import Protocol, cast

COMMANDS = (
    "run",
    "verify",
    "new",
    "try_",
    "report",
    "compare",
    "whatif",
    "doctor",
    "fleet",
    "list_",
)


class Command(Protocol):
    """The names that a command's file must have."""

    HELP: str  # one line

    def options(self, parser: ArgumentParser) -> None:
        """Add the options of the command."""

    def act(self, options: Namespace) -> int:
        """Do what the command is for; return its exit status (bench.commands.status)."""


def commands() -> Mapping[str, Command]:
    """Every command, by the name that the user types."""
    return {
        name.removesuffix("_"): cast("Command", importlib.import_module(f"bench.commands.{name}")) for name in COMMANDS
    }
