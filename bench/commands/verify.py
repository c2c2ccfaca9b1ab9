"""`verify`: prove that every cell does the same work."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace

from bench.commands.arguments import names
from bench.commands.status import FAILED, OK

HELP = "prove that every cell does the same work; times nothing"


def options(parser: ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("--workload", type=names, action="extend", default=[], metavar="NAME[,NAME]")
    parser.add_argument("--set", type=names, action="extend", default=[], metavar="KEY=VALUE")
    parser.add_argument("--model", type=names, action="extend", default=[], metavar="NAME[,NAME]")
    parser.add_argument("--cpu", type=int, metavar="N")


def act(options: Namespace) -> int:
    """Prove the work, cell by cell."""
    from bench.campaign.own_files import taken
    from bench.campaign.verify import verify
    from bench.presets.wanted import read_settings

    failed = verify(taken(options.workload), options.model, options.cpu, read_settings(options.set))
    for cell, reason in failed:
        print(f"{cell} does other work: {reason}", file=sys.stderr)
    return FAILED if failed else OK
