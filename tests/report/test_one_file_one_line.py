"""A part of the page and a form of the report are one file and one line each: each is added to a copy of the suite, and used."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.report.remake import gold_run
from tests.support.pages import read_page

ROOT = Path(__file__).resolve().parents[2]

PART = '''
"""How many records there are."""

from __future__ import annotations

from bench.report.document import Part
from bench.report.figures import Run

TEMPLATE = """\\
<section id="tally">
<h2>Tally</h2>
<p>{{ content }}</p>
</section>
"""


def make(run: Run) -> str:
    """Count."""
    return f"<b>{len(run.table)} records</b>"


PART = Part("tally", "How many records", 45, make, TEMPLATE)
'''

VIEW = '''
"""The run in one line."""

from __future__ import annotations

from pathlib import Path

from bench.report.document import Document
from bench.report.figures import Run
from bench.report.views.view import View


def render(run: Run, document: Document, folder: Path) -> str:
    """One line."""
    return f"{document.id}: {len(run.table)} records\\n"


VIEW = View("line", "line.txt", render)
'''


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The suite with a part of the page and a form of the report more."""
    root = tmp_path_factory.mktemp("copy")
    shutil.copytree(ROOT / "bench", root / "bench", ignore=shutil.ignore_patterns("__pycache__"))
    report = root / "bench" / "report"
    for folder, text in (("parts", PART), ("views", VIEW)):
        (report / folder / "tally.py").write_text(text)
        init = report / folder / "__init__.py"
        assert init.read_text().count("FILES = (\n") == 1
        init.write_text(init.read_text().replace("FILES = (\n", 'FILES = (\n    "tally",\n'))
    gold_run(root / "run")
    return root


def report(root: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Render the copy's run with the copy's code."""
    command = [sys.executable, "-m", "bench", "report", str(root / "run"), *options]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=100, check=False)


def test_a_part_is_on_the_page_at_its_place_and_in_the_navigation(copy: Path) -> None:
    done = report(copy, "--format", "html")
    assert done.returncode == 1, done.stderr  # the gold run has a void cell
    page = read_page((copy / "run" / "index.html").read_text())
    assert page.faults == []
    assert ("#tally", "How many records") in [(tag.attributes["href"], tag.text.strip()) for tag in page.all("a")]
    ids = [tag.attributes["id"] for tag in page.all("section") if "id" in tag.attributes]
    assert ids[ids.index("tally") - 1] == "how"
    assert ids[ids.index("tally") + 1] == "data"
    assert [tag.text for tag in page.all("p") if "records</b>" in tag.text]  # escaped like all that comes from a run


def test_a_form_is_known_to_format_and_is_written(copy: Path) -> None:
    done = report(copy, "--format", "line")
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("written: ")
    assert (copy / "run" / "line.txt").read_text().startswith("20260101T000000Z-bench: ")
    assert "line" in report(copy, "--format", "nonsense").stderr
