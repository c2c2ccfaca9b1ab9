"""`report`: render runs again."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from bench.commands.status import FAILED, OK

HELP = "render runs again; measures nothing"


def options(parser: ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("runs", nargs="*", default=[], metavar="RUN", help="a path, an id, or latest (default: latest)")


def act(options: Namespace) -> int:
    """Render runs again."""
    from bench.store import runs

    return max(show(runs.find(name)) for name in options.runs or ["latest"])


def show(folder: Path) -> int:
    """Render a run's report, print its card and where the page is; return 1 if a cell is void."""
    from bench.report import report

    document = report.write(folder)
    print(report.card(folder, document))
    return FAILED if document.void else OK
