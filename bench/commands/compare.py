"""`compare`: put runs side by side."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from bench.commands.arguments import per_cent
from bench.commands.status import DIFFERENT, NOT_JUDGED, OK
from bench.words import UserError

HELP = "put runs side by side: machines, interpreters or dates"


def options(parser: ArgumentParser) -> None:
    """Add the options of the command."""
    add = parser.add_argument
    add("runs", nargs="+", metavar="RUN", help="a path, an id, or latest; the first is compared with")
    add("--out", type=Path, metavar="FOLDER", help="where the page goes (default: reports/compare/)")
    add(
        "--reference",
        default="",
        metavar="MODEL",
        help="compare models with this one (default: the first that all have)",
    )
    add(
        "--fail-on-difference",
        type=per_cent,
        nargs="?",
        const=0.0,
        metavar="PERCENT",
        help="exit with 3 if a ratio differs, by more than so much; with 4 if nothing could be judged; write =PERCENT",
    )
    add("--only", choices=("slower",), help="with --fail-on-difference: ratios that became larger")


def act(options: Namespace) -> int:
    """Put runs side by side."""
    if options.only and options.fail_on_difference is None:
        raise UserError("--only goes with --fail-on-difference: give both")
    from bench.report import report
    from bench.store import runs

    content, page = report.compare([runs.find(name) for name in options.runs], options.out, options.reference)
    print(report.summary(content, page))
    if options.fail_on_difference is None:
        return OK
    if not content.compared:
        return NOT_JUDGED
    only_slower = options.only == "slower"
    return (
        DIFFERENT
        if any(c.beyond(options.fail_on_difference, only_slower=only_slower) for c in content.compared)
        else OK
    )
