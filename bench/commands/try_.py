"""`try`: run one op of each body of a file in the foreground."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from bench.commands.arguments import add_debug, add_libraries
from bench.commands.status import FAILED, OK
from bench.words import UserError

HELP = "run one op of each body of your own file, here and now"


def options(parser: ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("file", type=Path, metavar="FILE", help="your file, as in mine.py")
    add_libraries(parser)
    add_debug(parser)


def act(options: Namespace) -> int:
    """Run them; an error of the file's own is one line, or with --debug its whole traceback."""
    import traceback
    from contextlib import ExitStack

    from bench.campaign import libraries
    from bench.campaign.own_files import take
    from bench.campaign.verify import like
    from bench.own.contract import workload_of
    from bench.own.file import told
    from bench.own.trial import trials
    from bench.targets import load_target

    libraries.have([options.file], options.with_, options.words)
    file = take(options.file)
    try:
        with ExitStack() as stack:
            started = {
                name: stack.enter_context(load_target(name).start(None, None)) for name in workload_of(file).targets
            }
            places = {name: one.place for name, one in started.items()}
            for name, seconds, result in trials(file, places):
                print(f"  {name:10} {seconds * 1e3:9.3f} ms  returned {result}")
    except UserError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever the user's code raises is what the user wants to see
        if options.debug:
            traceback.print_exception(error)
        print(f"bench: {told(error, file)}", file=sys.stderr)
        return FAILED
    print(f"  {file.name}: {like(file.name)}")
    return OK
