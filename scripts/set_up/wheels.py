"""What a lock asks of this interpreter, and whether there are wheels of it: known before anything is downloaded."""

import re
import sys
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from scripts.set_up.places import BUILD, WHEELS, Environment, text_of

# Packages without which the suite says what it cannot run, and of which such a build finds no wheel.
LEFT_OUT = {"free-threaded": ("gevent", "psycopg-binary")}
PINNED = re.compile(r"(?P<name>[\w.-]+)==(?P<version>[^\s;\\]+)(?:\s*;\s*(?P<marker>[^\\]+?))?\s*\\?$")


Known = dict[tuple[str, str], dict[str, int]]  # of a package's name and version, its wheels and their sizes


class Locked(NamedTuple):
    """One package of a lock; `lines` are its own there, with the hashes."""

    name: str
    version: str
    marker: str
    lines: str


class Rules:
    """What pip goes by: markers, and the tags of wheels that an interpreter takes, the best first."""

    def __init__(self, pip: Path) -> None:
        sys.path.insert(0, str(pip))  # pip's own copy of `packaging`, so that the answers are those of pip
        self._markers: Any = import_module("pip._vendor.packaging.markers")
        self._tags: Any = import_module("pip._vendor.packaging.tags")
        sys.path.remove(str(pip))
        self.ranks = {tag: rank for rank, tag in reversed(list(enumerate(self._tags.sys_tags())))}

    def applies(self, package: Locked) -> bool:
        """Whether the lock wants this package for this interpreter."""
        return not package.marker or bool(self._markers.Marker(package.marker).evaluate())

    def rank(self, wheel: str) -> int | None:
        """How good a wheel is for this interpreter, the smaller the better; None: it cannot be installed."""
        tags = self._tags.parse_tag("-".join(wheel.removesuffix(".whl").split("-")[-3:]))
        return min((self.ranks[tag] for tag in tags if tag in self.ranks), default=None)


def packages_in(lock: str) -> list[Locked]:
    """The packages of a lock. Each begins at the margin; its hashes and remarks are set in."""
    blocks = re.findall(r"^[^\s#].*\n?(?:[ \t].*\n?)*", lock, re.MULTILINE)
    found = [(PINNED.match(block.splitlines()[0]), block) for block in blocks]
    return [Locked(name_of(m["name"]), m["version"], m["marker"] or "", block) for m, block in found if m]


def name_of(name: str) -> str:
    """A package's name in the one form in which names can be compared."""
    return re.sub(r"[-_.]+", "-", name).lower()


def wanted(environment: Environment, rules: Rules) -> list[Locked]:
    """The packages that an environment is to have itself: what the part beneath it has is not installed twice."""
    below = {package.name for package in wanted(environment.below, rules)} if environment.below else set()
    left_out = {*below, *LEFT_OUT.get(BUILD, ())}
    packages = packages_in(text_of(environment.lock))
    return [package for package in packages if package.name not in left_out and rules.applies(package)]


def known_wheels(table: Path = WHEELS) -> Known:
    """For each package and version the wheels that exist and their sizes in bytes. Of others nothing is known."""
    wheels: Known = {}
    for line in table.read_text(encoding="utf-8").splitlines() if table.exists() else ():
        if not line.startswith("#"):
            wheel, size = line.split()
            name, version = wheel.split("-")[:2]
            wheels.setdefault((name_of(name), version), {})[wheel] = int(size)
    return wheels


def download_bytes(packages: Iterable[Locked], rules: Rules, known: Known) -> tuple[int, list[str]]:
    """How much is to be downloaded, in bytes, and which packages have no wheel for this interpreter."""
    total, missing = 0, []
    for package in packages:
        wheels = known.get((package.name, package.version))
        if wheels is not None:
            fit = [(rank, size) for name, size in wheels.items() if (rank := rules.rank(name)) is not None]
            total += min(fit, default=(0, 0))[1]
            if not fit:
                missing.append(package.name)
    return total, missing
