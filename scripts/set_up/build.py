"""Making an environment, and removing those that a newer lock has replaced."""

import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from scripts.set_up import imports, installer
from scripts.set_up.hold import EXCLUSIVE, hold, lock_of, try_to_hold
from scripts.set_up.places import INTERPRETER, ROOT, VERSION, Environment, prefix_of_libraries
from scripts.set_up.wheels import Locked, Rules, download_bytes, known_wheels, wanted
from scripts.set_up.words import UNFIT, fail, say

LINES_SHOWN = 8
MB = 1e6
# What an environment takes on disk for each byte downloaded: wheels are compressed, and modules get compiled.
DISK_PER_DOWNLOAD = {"run": 4.2, "dev": 3.2}
# What pip says, and what to do about it. The first that is found in its output is told.
TROUBLES = (
    (r"No space left on device", "the disk is full: make room, then run the same command again"),
    (
        r"DO NOT MATCH THE HASHES",
        "a file is not the one that was locked: try again, or look at the index that pip uses",
    ),
    (
        r"(?i)connection|timed out|resolution|proxy|ssl|certificate",
        "the package index cannot be reached: see to it, try again",
    ),
    (
        r"No matching distribution found for (\S+)",
        "your index has no wheel of {0} that fits this Python, or cannot be reached",
    ),
    (r"", "its last lines are above; then run the same command again"),
)


def run(command: list[str], claimed: int, trouble: str, explain: Callable[[str], str] | None = None) -> None:
    """Run a step of the set-up; if it fails, show its last lines, and what to do: `trouble`, or what `explain` makes of its output.

    A step and its children are a process group, so that an interrupt ends them all. The step inherits the
    lock: if this process is killed outright, nobody else begins before the step has ended too.
    """
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=installer.environment_variables(),
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
        fail(trouble or (explain or advice)(output))


def advice(output: str) -> str:
    """What to do about what pip said."""
    found, remedy = next((match, text) for pattern, text in TROUBLES if (match := re.search(pattern, output)))
    return f"pip could not install: {remedy.format(*found.groups())}"


def refuse_without_wheels(environment: Environment, missing: list[str]) -> None:
    """Nothing is compiled: it would need compilers and libraries, and be other code than what was locked."""
    if missing:
        names = ", ".join(missing)
        which = f"{sys.implementation.name} {VERSION} ({sys.abiflags or 'no flags'}, {sysconfig.get_platform()})"
        needs = "the suite needs" if environment.part == "run" else "test, lint and lock need"
        fail(f"no wheel of {names} for {which}, and {needs} it: try make PYTHON=python3.13", UNFIT)


def packages_folder(folder: Path) -> Path:
    """Where the environment's packages go."""
    places = {"base": str(folder), "platbase": str(folder)}
    return Path(sysconfig.get_path("purelib", "venv", places))


def lead(environment: Environment, packages: Path) -> None:
    """Have the environment find the part beneath it, and this checkout.

    The paths are relative: they hold when the checkout is moved, or reached by another path.
    """
    places = [ROOT] if environment.below is None else [packages_folder(environment.below.folder), ROOT]
    lines = [os.path.relpath(place, packages) for place in places]
    (packages / "suite.pth").write_text("".join(f"{line}\n" for line in lines))


def make_empty(environment: Environment, claimed: int) -> None:
    """Make its virtual environment from nothing."""
    folder = environment.folder
    if folder.exists():
        environment.stamp.unlink(missing_ok=True)
        shutil.rmtree(folder)
    venv = [INTERPRETER, "-I", "-m", "venv", "--without-pip", str(folder)]
    run(venv, claimed, "could not make a virtual environment: the last lines above say why")


def build(environment: Environment, pip: Path, packages: list[Locked], claimed: int) -> None:
    """Make the environment from nothing, and stamp it when it has what it should."""
    folder = environment.folder
    make_empty(environment, claimed)
    requirements = folder / environment.lock.name
    requirements.write_text("".join(package.lines for package in packages))
    run(installer.install(environment.python, pip, requirements), claimed, "")
    place = packages_folder(folder)
    lead(environment, place)
    pinned = [f"{package.name}=={package.version}" for package in packages]
    check = [str(environment.python), "-I", str(Path(imports.__file__)), str(place), *pinned]
    run(check, claimed, "what was installed cannot be used: the last lines above say why; run the same command again")
    put_stamp(environment)


def put_stamp(environment: Environment) -> None:
    """Say that it is finished, and what it has."""
    place = packages_folder(environment.folder)
    names = [str(place.relative_to(environment.folder)), *sorted(path.name for path in place.iterdir())]
    environment.stamp.write_text("".join(f"{name}\n" for name in names))


def remove_replaced(beside: Path, kept: set[str]) -> None:
    """Remove the environments beside this one, which are of other locks, but those that are kept or used.

    `kept`: their names; of those that lie over one with a user's libraries, how their names begin.
    """
    for folder in beside.parent.iterdir():
        if not folder.is_dir() or folder.name.startswith(tuple(kept)):
            continue
        claimed = try_to_hold(folder, EXCLUSIVE)
        if claimed is not None:
            with suppress(OSError):  # another user's
                (folder / "stamp").unlink(missing_ok=True)
                shutil.rmtree(folder)
                lock_of(folder).unlink()
            os.close(claimed)


def set_up(environment: Environment) -> None:
    """Make the environment, unless another process did so while this one waited."""
    pip = installer.bundled_pip()
    rules = Rules(pip)
    packages = wanted(environment, rules)
    download, missing = download_bytes(packages, rules, known_wheels())
    refuse_without_wheels(environment, missing)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    claimed = hold(environment.folder, EXCLUSIVE)
    if not environment.is_finished():
        size = f"{len(packages)} packages, {download / MB:.0f} MB to download"
        disk = f"about {download * DISK_PER_DOWNLOAD[environment.part] / MB:.0f} MB on disk"
        say(f"setting up {environment.folder.relative_to(ROOT)}, once: {size}, {disk}")
        build(environment, pip, packages, claimed)
        run = environment.below or environment
        kept = {run.folder.name, environment.folder.name, prefix_of_libraries(run)}
        remove_replaced(environment.folder, kept)
    os.close(claimed)
