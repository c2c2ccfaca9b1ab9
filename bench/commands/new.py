"""`new`: write the start of a workload of your own."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from bench.commands.status import OK
from bench.words import UserError

HELP = "write the start of a workload of your own, with comments"


def options(parser: ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a new file, as in mine.py")


def act(options: Namespace) -> int:
    """Write the file, where there is none."""
    from bench.own.file import NAME
    from bench.own.start import TEXT

    path: Path = options.file
    if path.suffix != ".py" or not NAME.fullmatch(path.stem):
        raise UserError(f"{path}: call it like a Python file, with lower-case letters, digits and _, as in mine.py")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(TEXT.format(name=path))
    except FileExistsError as error:
        raise UserError(f"{path} is there already: name a new file") from error
    print(f"{path} is written: change it, then: bench try {path}")
    return OK
