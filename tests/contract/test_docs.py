"""What the docs tell a newcomer to write is written, word for word, into a copy of the suite, and runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench.models import MODELS, load_model
from tests.contract.test_ledger import ROOT, cell
from tests.contract.test_ledger import copy as copy  # noqa: PLC0414 - a fixture


def example(page: str) -> tuple[str, str]:
    """The file that a page tells to write: where, and what."""
    found = re.search(
        r"^`(bench/\w+/\w+\.py)`:\n\n```python\n(.*?)^```$",
        (ROOT / "docs" / page).read_text(),
        re.MULTILINE | re.DOTALL,
    )
    assert found is not None
    return found[1], found[2]


def add_line(path: Path, table: str, line: str) -> None:
    """Add the line to the table."""
    text = path.read_text()
    assert len(re.findall(table, text)) == 1
    path.write_text(re.sub(table, lambda head: f"{head[0]}\n    {line}", text))


@pytest.mark.parametrize("model", [m for m in ("sequential", "thread", "asyncio") if not load_model(m).missing()])
def test_the_workload_of_the_docs_runs(model: str, copy: Path) -> None:
    place, text = example("add-a-workload.md")
    (copy / place).write_text(text)
    add_line(copy / "bench/workloads/__init__.py", r"WORKLOADS = \(", '"nap",')
    done = cell(f"nap/{model}/2", copy)
    assert (done.returncode, done.stdout) == (0, '{"void": null}\n'), done.stderr


def test_the_model_of_the_docs_runs(copy: Path) -> None:
    place, text = example("add-a-model.md")
    (copy / place).write_text(text)
    line = '"hub": "hub",'
    assert line in (ROOT / "docs/add-a-model.md").read_text().replace(text, "")
    add_line(copy / "bench/models/__init__.py", r"MODELS: Mapping\[str, str\] = \{", line)
    for workload in ("sleep", "create"):
        done = cell(f"{workload}/hub/10", copy)
        assert (done.returncode, done.stdout) == (0, '{"void": null}\n'), done.stderr
    done = cell("http_get/hub/10", copy)
    assert (done.returncode, done.stderr) == (2, "http_get/hub/10 cannot run here: the hub knows only timers\n")


def test_the_examples_are_not_in_the_suite() -> None:
    assert "hub" not in MODELS
