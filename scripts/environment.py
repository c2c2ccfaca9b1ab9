"""The one way into the virtual environment: makes sure that it is there and current, then becomes its Python.

    python3 scripts/environment.py -m bench run

Everything after the script's name goes to the environment's Python; with nothing there it only sets up.

Strategy: an environment is `.venv/<implementation>-<version>-<build>/`, one for each kind of Python, and
holds what requirements.lock lists. It is finished when it carries a stamp: the lock's hash and the
Python that it was made of. The stamp is written last and removed first, so whatever stops a set-up, the
next call starts afresh. A file lock keeps two set-ups apart. Standard library only, and every import up
here works on any system and on old Pythons too, so that those are told what is wrong. A call that finds
all in order costs little more than one more start of Python.
"""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

OK, FAILED, UNFIT, INTERRUPTED = 0, 1, 2, 130  # the same exit statuses as `python -m bench`

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
BUILDS = {"": "standard", "t": "free-threaded", "d": "debug", "td": "free-threaded-debug"}
# Packages without which the suite says what it cannot run, and of which such a build finds no wheel.
LEFT_OUT = {"free-threaded": ("gevent", "psycopg-binary")}
LINES_SHOWN = 8
PIP_TROUBLE = (
    f"pip could not install {LOCK.name}, its last lines are above: it needs a network to install packages "
    "from, and the lock as it was committed; then run the same command again"
)


def say(message: str) -> None:
    """Tell the user, one line on stderr: stdout belongs to the command."""
    print(f"environment: {message}", file=sys.stderr)


def fail(message: str, status: int = FAILED) -> NoReturn:
    """End here, in one line that says what is wrong and what to do."""
    say(message)
    sys.exit(status)


# Before any annotation below is evaluated, which an old Python would answer with a traceback.
if sys.version_info < (3, 11):  # noqa: UP036 - the reader of this file may well be an old Python
    fail(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}: try make PYTHON=python3.13", UNFIT)


def refuse_other_systems() -> None:
    """The whole suite rests on running on one core."""
    if not hasattr(os, "sched_setaffinity"):
        fail(f"{sys.platform} has no os.sched_setaffinity to pin a process with: run on Linux", UNFIT)


def environment() -> Path:
    """The folder for this Python: builds that cannot share compiled packages do not share a folder."""
    build = BUILDS.get(sys.abiflags, sys.abiflags)
    return ROOT / ".venv" / f"{sys.implementation.name}-{VERSION}-{build}"


def python_of(folder: Path) -> Path:
    """The environment's own Python."""
    return folder / "bin" / "python"


def stamp_of(folder: Path) -> Path:
    """The file that a finished environment has, and that says what it was made from."""
    return folder / "stamp"


def wanted_stamp() -> str:
    """What a current environment's stamp says; another Python of the same version is not the same."""
    try:
        lock = LOCK.read_bytes()
    except FileNotFoundError:
        fail(f"{LOCK.name} is missing: bring it back with `git checkout {LOCK.name}`")
    return f"{hashlib.sha256(lock).hexdigest()}  {os.path.realpath(sys.executable)}\n"


def is_current(folder: Path, stamp: str) -> bool:
    """Whether the environment is finished and holds what the lock lists."""
    try:
        return stamp_of(folder).read_text() == stamp and os.access(python_of(folder), os.X_OK)
    except FileNotFoundError:
        return False


def refuse_without_venv() -> None:
    """Debian keeps half of the standard library's venv in a package of its own."""
    missing = [module for module in ("venv", "ensurepip") if find_spec(module) is None]
    if missing:
        remedy = f"on Debian and Ubuntu, apt-get install python{VERSION}-venv"
        fail(f"{sys.executable} has no module {' and no '.join(missing)}: {remedy}", UNFIT)


def claim(folder: Path) -> int:
    """Wait until nobody else sets this environment up; return the descriptor that holds the claim."""
    import fcntl  # noqa: PLC0415 - not on Windows, which is to see the refusal and no traceback

    folder.parent.mkdir(exist_ok=True)
    descriptor = os.open(folder.with_name(f"{folder.name}.lock"), os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say(f"another process is setting up {folder.relative_to(ROOT)}: waiting for it")
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    return descriptor


def run(command: list[str], claimed: int, trouble: str) -> None:
    """Run a step of the set-up; if it fails, show its last lines and what to do.

    A step and its children are a process group, so that an interrupt ends them all. The step inherits the
    claim: if this process is killed outright, nobody else begins before the step has ended too.
    """
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=[claimed],
        process_group=0,
        text=True,
        errors="replace",
    ) as step:
        try:
            output, _ = step.communicate()
        except KeyboardInterrupt:
            os.killpg(step.pid, signal.SIGKILL)
            raise
    if step.returncode != 0:
        print(*output.splitlines()[-LINES_SHOWN:], sep="\n", file=sys.stderr)
        fail(trouble)


def without(lock: str, packages: tuple[str, ...]) -> str:
    """The lock less some packages. Each begins at the margin; its hashes and remarks are set in."""
    kept, keep = [], True
    for line in lock.splitlines(keepends=True):
        if not line.startswith((" ", "#")):
            keep = line.split("=", 1)[0] not in packages
        if keep:
            kept.append(line)
    return "".join(kept)


def build(folder: Path, claimed: int) -> None:
    """Make the environment and install what the lock lists, from nothing."""
    stamp_of(folder).unlink(missing_ok=True)
    if folder.exists():
        shutil.rmtree(folder)
    venv = [sys.executable, "-I", "-m", "venv", str(folder)]
    run(venv, claimed, "could not make a virtual environment: the last lines above say why")
    pip = [str(python_of(folder)), "-I", "-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet"]
    wanted = folder / LOCK.name
    wanted.write_text(without(LOCK.read_text(), LEFT_OUT.get(BUILDS.get(sys.abiflags, ""), ())))
    run([*pip, "install", "--no-user", "--require-hashes", "-r", str(wanted)], claimed, PIP_TROUBLE)


def set_up(folder: Path, stamp: str) -> None:
    """Build the environment, unless another process did so while this one waited."""
    refuse_without_venv()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    claimed = claim(folder)
    if not is_current(folder, stamp):
        say(f"setting up {folder.relative_to(ROOT)} from {LOCK.name}, once: about half a minute, 110 MB")
        build(folder, claimed)
        stamp_of(folder).write_text(stamp)
    os.close(claimed)


def main(arguments: list[str]) -> int:
    """Make sure of the environment, then become its Python."""
    refuse_other_systems()
    folder = environment()
    try:
        stamp = wanted_stamp()
        if not is_current(folder, stamp):
            set_up(folder, stamp)
        if arguments:
            python = str(python_of(folder))
            os.execv(python, [python, *arguments])  # noqa: S606 - no shell is what is wanted
    except KeyboardInterrupt:
        fail("interrupted: the next call starts the set-up afresh", INTERRUPTED)
    except OSError as error:
        fail(f"could not set up {folder.relative_to(ROOT)}: {error}")
    return OK


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
