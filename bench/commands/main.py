"""`python -m bench COMMAND`: read the command line, run one command, turn errors into one line and an exit status."""

from __future__ import annotations

import argparse
import io
import os
import sys
import traceback

from bench import __version__
from bench.commands import commands
from bench.commands.status import FAILED, INTERRUPTED, USAGE
from bench.words import RunFailedError, UserError, harmless


def parser() -> argparse.ArgumentParser:
    """Describe every command and option; `action` of what it reads is the command's action."""
    top = argparse.ArgumentParser(
        prog="python -m bench",
        description="What does it cost to wait, on one core: in a thread, a process, or a coroutine?",
    )
    top.add_argument("--version", action="version", version=f"kernel-user-threads-bench {__version__}")
    parsers = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in commands().items():
        its = parsers.add_parser(name, help=command.HELP)
        command.options(its)
        its.set_defaults(action=command.act)
    return top


def main(arguments: list[str] | None = None) -> int:
    """Run one command; every error of the user's is one line on standard error."""
    options = parser().parse_args(arguments)
    options.words = sys.argv[1:] if arguments is None else arguments  # to run the same again, in another environment
    if not hasattr(os, "sched_setaffinity"):
        print(
            "bench: this system has no os.sched_setaffinity; the suite pins to one core and needs Linux",
            file=sys.stderr,
        )
        return USAGE
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that has no µ gets a question mark
            stream.reconfigure(errors="replace")
    try:
        return int(options.action(options))
    except UserError as error:
        if getattr(options, "debug", False) and error.__cause__ is not None:
            traceback.print_exception(error.__cause__)
        print(harmless(f"bench: {error}"), file=sys.stderr)
        return USAGE
    except (RunFailedError, OSError) as error:
        if not isinstance(error, BrokenPipeError):  # nobody is there to be told
            print(harmless(f"bench: {error}"), file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("\nbench: interrupted", file=sys.stderr)  # a run has said how to go on with it
        return INTERRUPTED
