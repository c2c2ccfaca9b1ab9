"""The way in: find the environment of this interpreter, have it made if need be, become its Python."""

import os
import sys
from typing import TYPE_CHECKING

from scripts.set_up.words import INTERRUPTED, OK, UNFIT, fail

if TYPE_CHECKING:
    from scripts.set_up.places import Environment

# What would have the environment's Python import other things than the environment's, or never end. What else changes
# how Python works is for those who measure to judge.
DROPPED = (
    *("PYTHONHOME", "PYTHONPATH", "PYTHONPLATLIBDIR", "PYTHONEXECUTABLE", "__PYVENV_LAUNCHER__"),
    *("PYTHONUSERBASE", "PYTHONSTARTUP", "PYTHONINSPECT"),
)


def make(environment: "Environment") -> None:
    """Make the environment; what that needs is slow to import, and seldom needed."""
    from scripts.set_up.places import Libraries  # noqa: PLC0415

    if isinstance(environment, Libraries):
        from scripts.set_up.libraries import set_up as add  # noqa: PLC0415

        add(environment)
    else:
        from scripts.set_up.build import set_up  # noqa: PLC0415

        set_up(environment)


def held(environment: "Environment") -> int:
    """Hold the finished environment, made here if need be; return the descriptor that holds it.

    While it is held it is not removed. Between making and holding others may remove it, so it is looked at again.
    """
    from scripts.set_up.hold import SHARED, hold  # noqa: PLC0415 - needs fcntl, which only some systems have

    environment.folder.parent.mkdir(parents=True, exist_ok=True)
    while True:
        descriptor = hold(environment.folder, SHARED)
        if environment.is_finished():
            return descriptor
        os.close(descriptor)
        make(environment)


def environment_variables() -> dict[str, str]:
    """The variables for the environment's Python, and for all that it starts."""
    kept = {name: value for name, value in os.environ.items() if name not in DROPPED}
    return {**kept, "PYTHONSAFEPATH": "1"}


def main(arguments: list[str]) -> int:
    """Make sure of the environment, then become its Python."""
    if not hasattr(os, "sched_setaffinity"):  # the whole suite rests on running on one core
        fail(f"{sys.platform} has no os.sched_setaffinity to pin a process with: run on Linux", UNFIT)
    from scripts.set_up.places import environments  # noqa: PLC0415 - after the refusal

    dev = arguments[:1] == ["--dev"]
    rest, wanted = arguments[dev:], []
    while rest[:1] == ["--with"] and len(rest) > 1:
        wanted.append(rest[1])
        rest = rest[2:]
    try:
        parts = environments(dev=dev, wanted=wanted)
        descriptors = [held(environment) for environment in parts]
        if rest:
            for descriptor in descriptors:
                os.set_inheritable(descriptor, True)  # noqa: FBT003 - no name for it
            python = str(parts[-1].python)
            os.execve(python, [python, *rest], environment_variables())  # noqa: S606 - no shell is wanted
    except KeyboardInterrupt:
        fail("interrupted: the next call starts the set-up afresh", INTERRUPTED)
    except OSError as error:
        fail(f"could not set up the environment: {error}")
    return OK
