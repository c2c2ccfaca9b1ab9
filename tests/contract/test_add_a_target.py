"""The target of the docs, written word for word into a copy of the suite: one file and one line, and cells wait for it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from bench.models import load_model
from bench.targets import TARGETS
from tests.contract.test_docs import add_line
from tests.contract.test_ledger import LESS, ROOT, cell, long_waits
from tests.contract.test_ledger import copy as copy  # noqa: PLC0414 - a fixture

PAGE = ROOT / "docs" / "add-a-target.md"
FILE = re.compile(r"^`(bench/\w+/\w+\.py)`:\n\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HERE = [m for m in ("thread", "process", "process_spawn", "asyncio", "uvloop") if not load_model(m).missing()]


@pytest.fixture
def added(copy: Path) -> Path:
    """A copy with the target and its workload."""
    found = dict(FILE.findall(PAGE.read_text()))
    assert list(found) == ["bench/targets/delay.py", "bench/workloads/delayed.py"]
    for place, text in found.items():
        (copy / place).write_text(text)
    assert '"delay",' in PAGE.read_text()
    add_line(copy / "bench/targets/__init__.py", r"TARGETS = \(", '"delay",')
    add_line(copy / "bench/workloads/__init__.py", r"WORKLOADS = \(", '"delayed",')
    return copy


@pytest.mark.parametrize("model", HERE)
def test_a_cell_starts_the_target_for_itself(model: str, added: Path) -> None:
    done = cell(f"delayed/{model}/2", added)
    assert (done.returncode, done.stdout) == (0, '{"void": null}\n'), done.stderr


def test_a_campaign_starts_it_once_and_names_it_to_every_cell(added: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "verify", "--workload", "delayed", "--model", "thread", "--model", "asyncio"],
        cwd=added,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stderr
    assert [line.split()[:2] for line in done.stdout.splitlines() if "delayed/" in line] == [
        ["ok", "delayed/thread/2"],
        ["ok", "delayed/asyncio/2"],
    ]


def test_what_was_measured_of_it_is_a_whole_record(added: Path) -> None:
    command = [sys.executable, "-m", "bench.worker.main", "delayed/asyncio/10?ops=5"]
    done = subprocess.run(command, cwd=added, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    said = dict(re.findall(r"^  (\w+): (.*)$", done.stdout, re.MULTILINE))
    assert (said["ops_done"], said["late_samples"]) == ("50", "50")
    assert said["kernel_tasks"] == "1"  # the server that the cell has started is not one of its tasks


@pytest.mark.parametrize("model", ["thread", "asyncio"])
@pytest.mark.parametrize(
    ("honest", "less", "reason"),
    [
        ("writer.write(ANSWER)", "writer.write(ANSWER[1:])", "flow 0 did other work: bytes 24, expected 26"),
        ("[flow] += 1", "[flow] += flow == '0'", "the delay server counts answers of flow 1: 0, expected 2"),
        ("int(wait_us) / 1e6", "0", LESS),
    ],
)
def test_a_target_that_does_too_little_voids_the_cell(
    honest: str, less: str, reason: str, model: str, added: Path
) -> None:
    path = added / "bench/targets/delay.py"
    text = path.read_text()
    assert text.count(honest) == 1
    path.write_text(text.replace(honest, less))
    done = cell(f"delayed/{model}/2{long_waits(added, '') if reason == LESS else ''}", added)
    assert done.returncode == 1, done.stderr
    assert reason in done.stdout


def test_a_cell_of_another_workload_does_not_import_it(added: Path) -> None:
    (added / "bench/targets/delay.py").write_text("raise RuntimeError('imported')\n")
    done = cell("sleep/thread/2", added)
    assert (done.returncode, done.stdout) == (0, '{"void": null}\n'), done.stderr


def test_the_example_is_not_in_the_suite() -> None:
    assert "delay" not in TARGETS
