"""`report`: render runs again."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from bench.commands.arguments import names
from bench.commands.status import FAILED, OK
from bench.words import UserError

HELP = "render runs again; measures nothing"


def options(parser: ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("runs", nargs="*", default=[], metavar="RUN", help="a path, an id, or latest (default: latest)")
    parser.add_argument(
        "--format",
        type=names,
        action="extend",
        default=[],
        metavar="NAME[,NAME]",
        help="only these forms, as in html,csv (default: json,html,cells,terminal)",
    )
    parser.add_argument("--all", action="store_true", help="print the whole card, and the findings")
    parser.add_argument("--findings", action="store_true", help="print the findings only; writes nothing")
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help="where the files go (default: beside the run's records)"
    )


def act(options: Namespace) -> int:
    """Render runs again."""
    from bench.store import runs

    if not options.runs and not any(folder.parent.parent.name == "runs" for folder in runs.all_runs()):
        return gallery_only()
    names_ = options.runs or ["latest"]
    if options.out and len(names_) > 1:
        raise UserError(f"--out takes the report of one run, these are {len(names_)}: give each a folder of its own")
    folders = [runs.find(name) for name in names_]
    formats = ["findings"] if options.findings else options.format
    if options.all:
        from bench.report.views import USUAL

        formats = [name for name in formats or USUAL if name != "terminal"] + ["card"]
    status = max(show(folder, formats, options.out) for folder in folders)
    if not options.out:
        for machine in dict.fromkeys(folder.parent for folder in folders if runs.REPORTS in folder.parents):
            show_machine(machine)
    return status


def show_machine(folder: Path) -> None:
    """Render the page of the machine that a folder has the runs of, and print where it is; nothing of fewer than three."""
    from bench.report import report

    if page := report.write_machine(folder):
        print(f"Over all runs of this machine: {os.path.relpath(page)}")


def gallery_only() -> int:
    """In a fresh checkout: there is no run to render, but the list of those in the gallery can be made."""
    from bench.report.index import write_index
    from bench.store import manifest, runs

    write_index(runs.REPORTS)
    print(
        f"There is no run of yours yet: make one with `make quick`. The gallery: {os.path.relpath(runs.REPORTS / manifest.PAGE)}"
    )
    return OK


def show(folder: Path, formats: Sequence[str] = (), out: Path | None = None) -> int:
    """Render a run's report, print its card and where the page is; return 1 if a cell is void."""
    from bench.report import report

    written = report.write(folder, formats, out)
    print(written.text)
    return FAILED if written.void else OK
