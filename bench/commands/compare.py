"""`compare`: put runs side by side."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from bench.commands.status import DIFFERENT, OK

HELP = "put runs side by side: machines, interpreters or dates"


def options(parser: ArgumentParser) -> None:
    """Add the options of the command."""
    add = parser.add_argument
    add("runs", nargs="+", metavar="RUN", help="a path, an id, or latest; the first is compared with")
    add("--out", type=Path, metavar="FOLDER", help="where the page goes (default: reports/compare/)")
    add("--fail-on-difference", action="store_true", help="exit with 3 if a ratio differs")


def act(options: Namespace) -> int:
    """Put runs side by side."""
    from bench.report import report
    from bench.store import runs

    content, page = report.compare([runs.find(name) for name in options.runs], options.out)
    print(report.summary(content, page))
    return DIFFERENT if content.different and options.fail_on_difference else OK
