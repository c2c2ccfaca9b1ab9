"""A process that cells are forked from: `python -m bench.worker.template DESCRIPTOR [MODULE TO IMPORT…]`.

Strategy: it imports what every cell needs, once, and then waits on a socket. A request names a cell's arguments and brings two
descriptors, one for complaints and one for the answer. A child is forked for each. It runs `bench.worker.main` as an interpreter
of its own would. It has a session of its own, and nothing on standard input and output. The template says the child's number,
waits for its end, kills what is left of its group, and says its exit status.

It is started afresh in each round, so that hash seed and memory layout vary from round to round; within one they are
the same for all cells. It dies with the campaign, and cells die with it (PR_SET_PDEATHSIG). It never runs a second
thread. A child ends without the interpreter's own end: what a cell has opened, it has closed by then.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import platform
import signal
import socket
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from functools import cache

from pyperf import _hooks

from bench.machine.answer import ANSWER
from bench.machine.orphans import PARENT, die_with_parent
from bench.worker import main as worker

MESSAGE_BYTES = 1 << 16
# What every cell imports in the course of its life, though not at its start; and the launchers that are a few functions each.
ALWAYS = ("argparse", "pyperf._collect_metadata", "bench.models.thread", "bench.models.process")
Request = tuple[list[str], int, int]  # a cell's arguments; where its complaints and its answer go


def know_what_pyperf_asks() -> None:
    """Ask once what pyperf asks for each record and is the same for all: two programs to run, and a search of all packages."""
    platform.platform(True, False)  # noqa: FBT003 - as pyperf calls it; the answer is kept
    platform.architecture = cache(platform.architecture)
    hooks = _hooks.get_hooks()
    _hooks.get_hooks = lambda: hooks


def receive(connection: socket.socket) -> Request | None:
    """The next request; None where nobody asks any more."""
    message, descriptors, _, _ = socket.recv_fds(connection, MESSAGE_BYTES, 2)
    if not message:
        return None
    errors, answer = descriptors
    return json.loads(message), errors, answer


def live(template: int, connection: socket.socket, request: Request) -> int:
    """In the child: become a cell, and run it; return its exit status."""
    words, errors, answer = request
    os.setsid()
    connection.close()
    nothing = os.open(os.devnull, os.O_RDWR)
    for source, target in ((nothing, 0), (nothing, 1), (errors, 2)):
        os.dup2(source, target)
    os.close(nothing)
    os.close(errors)
    os.environ |= {PARENT: str(template), ANSWER: str(answer)}
    sys.argv = [str(worker.__file__), *words]
    return worker.main(words)


def become(template: int, connection: socket.socket, request: Request) -> None:
    """Run a cell and end as an interpreter would with what came of it."""
    status = 1
    try:
        status = live(template, connection, request)
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        if isinstance(ended.code, str):
            print(ended.code, file=sys.stderr)
    except BaseException:  # noqa: BLE001 - it would end an interpreter with these words
        traceback.print_exc()
    finally:
        with suppress(OSError, ValueError):
            sys.stderr.flush()
        os._exit(status)


def serve(connection: socket.socket) -> None:
    """Fork a cell for each request, one after the other."""
    template = os.getpid()
    while (request := receive(connection)) is not None:
        child = os.fork()
        if child == 0:
            become(template, connection, request)
        for descriptor in request[1:]:
            os.close(descriptor)
        connection.send(json.dumps({"pid": child}).encode())
        os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)  # as long as it is not reaped, its number is nobody else's
        with suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        connection.send(json.dumps({"status": os.waitstatus_to_exitcode(status)}).encode())


def main(arguments: Sequence[str]) -> None:
    """Get ready, and serve until nobody asks any more."""
    die_with_parent()
    descriptor, *modules = arguments
    for module in (*ALWAYS, *modules):
        importlib.import_module(module)
    know_what_pyperf_asks()
    gc.collect()
    gc.freeze()  # so that a cell's collections do not write to pages that it shares
    with socket.socket(fileno=int(descriptor)) as connection:
        serve(connection)


if __name__ == "__main__":
    main(sys.argv[1:])
