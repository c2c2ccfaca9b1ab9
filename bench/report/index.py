"""The list of all runs and comparisons on this disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.report.page import render, script
from bench.store import manifest as manifests
from bench.store import runs
from bench.store.atomic import write_text
from bench.store.border import StoreError, read_json
from bench.store.manifest import Manifest

COMPARE = "compare"  # the folder of comparisons, below reports/
MACHINE = "machine.html"  # in the folder of a machine's runs: what they say together
SAID = "comparison.json"  # beside the page of one: what it found, for programs


JUDGEMENT = manifests.JUDGEMENT
MOST_ANSWER = 300  # characters of an answer: a foreign folder may say anything


@dataclass(frozen=True)
class Listed:
    """A run as the list has it: where its page is, what it is, its answer, and how far it can be trusted."""

    link: str
    manifest: Manifest
    answer: str = ""
    trust: str = ""

    @property
    def name(self) -> str:
        """What the command line knows it by. A foreign folder's id may be anything: in a command it is a place to fill in."""
        return self.manifest.id if runs.ID.fullmatch(self.manifest.id) else "PATH-OF-THE-RUN"


@dataclass(frozen=True)
class Side:
    """A comparison as the list has it: where its page is, its name, what it found, and the runs that it is about."""

    link: str
    name: str
    answer: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()


def write_index(reports: Path) -> None:
    """List every run whose page is there; one that cannot be read is left out of the list, not of the disk."""
    found = []
    for folder in reversed(runs.all_runs(reports)):
        if (folder / manifests.PAGE).is_file():
            try:
                manifest = manifests.read_manifest(folder)
            except StoreError:
                continue
            link = str((folder / manifests.PAGE).relative_to(reports))
            found.append(Listed(link, manifest, *judgement(folder / JUDGEMENT)))
    pages = [*reports.glob(f"{COMPARE}/*/{manifests.PAGE}"), *reports.glob(f"gallery/{COMPARE}/*/{manifests.PAGE}")]
    sides = [side(page, str(page.relative_to(reports))) for page in sorted(pages)]
    machines = [
        (str(page.relative_to(reports)), page.parent.name)
        for shelf in runs.SHELVES
        for page in sorted(reports.glob(f"{shelf}/*/{MACHINE}"))
    ]
    write_text(reports / manifests.PAGE, index(found, sides, machines))


def judgement(path: Path) -> tuple[str, str]:
    """The answer and the trust that a run's report has for programs; empty where it has none, or is older."""
    page = said(path).get("page")
    if not isinstance(page, dict) or not isinstance(page.get("trust"), dict):
        return "", ""
    return text(page.get("title")), text(page["trust"].get("level"))


def side(page: Path, link: str) -> Side:
    """A comparison, and what its file for programs says of it."""
    content = said(page.with_name(SAID))
    lists: list[Any] = [content.get(key) if isinstance(content.get(key), list) else [] for key in ("answer", "runs")]
    answer, about = (tuple(text(one) for one in some or () if text(one)) for some in lists)
    return Side(link, page.parent.name, answer, about)


def said(path: Path) -> dict[str, Any]:
    """A file for programs, which may be anybody's; nothing where it cannot be used."""
    try:
        found = read_json(path)
    except (StoreError, OSError):
        return {}
    return found if isinstance(found, dict) else {}


def text(value: object) -> str:
    """A text of such a file, as long as it may be."""
    return value[:MOST_ANSWER] if isinstance(value, str) else ""


def index(found: Sequence[Listed], comparisons: Sequence[Side] = (), machines: Sequence[tuple[str, str]] = ()) -> str:
    """Render the list of all runs, newest first, of the machines that were run several times, and of the comparisons."""
    pairs = {" ".join(sorted(one.runs)): one.link for one in comparisons if len(one.runs) == 2}
    return render(
        "index.html", runs=found, machines=machines, comparisons=comparisons, pairs=pairs, script=script("index.js")
    )
