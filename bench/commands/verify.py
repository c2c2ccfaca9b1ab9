"""`verify`: prove that every cell does the same work."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace

from bench.commands.arguments import add_debug, add_libraries, names
from bench.commands.status import FAILED, OK

HELP = "prove that every cell does the same work; times nothing"


def options(parser: ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("--workload", type=names, action="extend", default=[], metavar="NAME[,NAME]")
    parser.add_argument("--set", type=names, action="extend", default=[], metavar="KEY=VALUE")
    parser.add_argument("--model", type=names, action="extend", default=[], metavar="NAME[,NAME]")
    parser.add_argument("--cpu", type=int, metavar="N")
    add_libraries(parser)
    add_debug(parser)


def act(options: Namespace) -> int:
    """Prove the work, cell by cell."""
    from bench.campaign import libraries, own_files
    from bench.campaign.verify import verify
    from bench.presets.wanted import read_settings

    files = own_files.paths(options.workload)
    others = len(files) < len(options.workload) or not options.workload
    left_out = libraries.have(files, options.with_, options.words, others=others)
    failed = verify(
        own_files.taken(options.workload, left_out),
        options.model,
        options.cpu,
        read_settings(options.set),
        debug=options.debug,
    )
    for cell, reason in failed:
        print(f"{cell} does other work: {reason}", file=sys.stderr)
    return FAILED if failed else OK
