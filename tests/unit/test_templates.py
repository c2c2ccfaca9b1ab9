"""Cells that are forked from a template: real ones, and what becomes of them when something ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bench.campaign import templates as templates_
from bench.campaign.subprocesses import Attempt, Outcome, Subprocesses
from bench.campaign.templates import FORKED, FRESH, Template, TemplateLostError, Templates, imports_asyncio, is_forked
from bench.harness.pin import allowed_cpus
from bench.machine.children import environment
from bench.models import MODELS
from bench.store import records
from bench.words import Cell
from bench.workloads import WORKLOADS, module_of
from tests.support.processes import soon_empty, stat_of

ROOT = Path(__file__).resolve().parents[2]
SHORT, LONG = "sleep/thread/2?ops=2&wait_ms=1", "sleep/process/3?ops=1000&wait_ms=100"


@dataclass
class Bench:
    """Runs cells from templates, and knows the sessions of all that ran."""

    folder: Path
    templates: Templates
    sessions: set[str] = field(default_factory=set)
    meanwhile: list[int] = field(default_factory=list)  # a signal to send to the cell; or, negative, to its template

    def __call__(self, name: str, *, round_: int = 1, limit_s: float = 60.0, verify: bool = False) -> Outcome:
        runner = Subprocesses(
            allowed_cpus()[0],
            allowed_cpus(),
            7,
            "here",
            tick=self.tick,
            verify=verify,
            templates=self.templates,
        )
        return runner(Attempt(Cell.parse(name), round_, 1, self.folder / "record.json", limit_s))

    def running(self) -> list[tuple[str, str]]:
        """Each child of this test that is a template, and the cell that it has forked."""
        stats = {entry.name: stat_of(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()}
        mine = [pid for pid, stat in stats.items() if stat and stat[1] == str(os.getpid()) and b"template" in line(pid)]
        return [(parent, pid) for parent in mine for pid, stat in stats.items() if stat and stat[1] == parent]

    def tick(self) -> None:
        """Note the sessions of what runs, and send what is to be sent."""
        for template, cell in self.running():
            self.sessions |= {template, cell}
            if self.meanwhile:
                number = self.meanwhile.pop()
                os.kill(int(cell if number > 0 else template), abs(number))


def line(pid: str) -> bytes:
    """The command line of a process; nothing where it is gone."""
    try:
        return (Path("/proc") / pid / "cmdline").read_bytes()
    except OSError:
        return b""


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setattr(templates_, "FORKED", (*FORKED, "process"))  # a cell with processes of its own
    with Templates() as templates:
        found = Bench(tmp_path, templates)
        yield found
    assert soon_empty(found.sessions)


def test_every_model_is_forked_or_has_a_reason_not_to_be() -> None:
    assert sorted([*FORKED, *FRESH]) == sorted(MODELS)
    assert not is_forked(Cell("park", "thread", 10))  # it would share its memory with the template
    assert not is_forked(Cell("sleep", "gevent", 10))


@pytest.mark.parametrize("workload", WORKLOADS)
def test_a_cell_s_template_has_asyncio_if_and_only_if_its_workload_imports_it(workload: str) -> None:
    program = f"import sys, {module_of(workload)}; print('asyncio' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(imports_asyncio(workload))


def test_forked_cells_of_one_round_share_a_template_and_the_next_round_has_another(bench: Bench) -> None:
    assert bench(SHORT) == Outcome()
    first = bench.templates.of(Cell.parse(SHORT), 1, ROOT).process.pid
    assert bench(SHORT.replace("thread", "asyncio")) == Outcome()
    assert bench.templates.of(Cell.parse(SHORT), 1, ROOT).process.pid == first
    assert records.read(bench.folder / "record.json").cell.model == "asyncio"
    assert bench(SHORT, round_=2) == Outcome()
    assert bench.templates.of(Cell.parse(SHORT), 2, ROOT).process.pid != first


def test_what_is_wrong_with_a_forked_cell_is_said_as_of_any_other(bench: Bench) -> None:
    fork, alone = bench, Bench(bench.folder, bench.templates)
    name = "sleep/thread/2?nonsense=1"
    runner = Subprocesses(allowed_cpus()[0], allowed_cpus(), 7, "here")
    fresh = runner(Attempt(Cell.parse(name), 1, 1, alone.folder / "record.json", 60.0))
    assert fork(name) == fresh
    assert "nonsense" in fresh.void
    assert fork(SHORT) == Outcome()


def test_a_forked_cell_that_is_killed_is_lost_and_its_template_goes_on(bench: Bench) -> None:
    assert bench(SHORT) == Outcome()
    first = bench.templates.of(Cell.parse(LONG), 1, ROOT).process.pid
    bench.meanwhile = [int(signal.SIGKILL)]
    assert bench(LONG) == Outcome("it was killed by signal 9 (SIGKILL)", lost=True)
    assert soon_empty(bench.sessions - {str(first)})
    assert bench(SHORT) == Outcome()
    assert bench.templates.of(Cell.parse(LONG), 1, ROOT).process.pid == first


def test_a_forked_cell_over_its_limit_is_ended_with_all_that_is_of_it(bench: Bench) -> None:
    found = bench(LONG, limit_s=2.5)
    assert found.void.endswith("within its time limit of 2 s")
    assert not found.lost
    assert len(bench.sessions) == 2  # a template and a cell: it ran
    assert soon_empty(bench.sessions)
    assert bench(SHORT) == Outcome()


def test_a_cell_whose_template_is_killed_is_lost_and_the_next_has_a_new_template(bench: Bench) -> None:
    bench.meanwhile = [-int(signal.SIGKILL)]
    assert bench(LONG) == Outcome("the process that it was forked from has ended", lost=True)
    assert soon_empty(bench.sessions)
    assert bench(SHORT) == Outcome()


def test_a_template_that_was_killed_between_cells_is_replaced(bench: Bench) -> None:
    assert bench(SHORT) == Outcome()
    bench.templates.of(Cell.parse(SHORT), 1, ROOT).process.kill()
    assert bench(SHORT) == Outcome()


def test_where_no_template_starts_cells_start_from_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise TemplateLostError

    monkeypatch.setattr(Template, "fork", refuse)
    assert bench(SHORT) == Outcome()


def test_an_interrupt_ends_the_cell_and_its_template(bench: Bench) -> None:
    def interrupt() -> None:
        Bench.tick(bench)
        if bench.sessions:
            raise KeyboardInterrupt

    bench.tick = interrupt  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        bench(LONG)
    assert soon_empty(bench.sessions)


CAMPAIGN = """
import sys
from pathlib import Path
from bench.campaign.templates import Templates
from bench.campaign.subprocesses import Attempt, Subprocesses
from bench.words import Cell
def tick(): print("there", flush=True)
runner = Subprocesses({cpu}, [{cpu}], 7, "here", tick=tick, templates=Templates())
runner(Attempt(Cell.parse({cell!r}), 1, 1, Path("/dev/null"), 60.0))
"""


def test_template_and_cell_die_with_the_campaign() -> None:
    program = CAMPAIGN.format(cpu=allowed_cpus()[0], cell=LONG.replace("process", "thread"))
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE) as campaign:
        assert campaign.stdout is not None
        campaign.stdout.readline()
        campaign.stdout.readline()
        stats = {entry.name: stat_of(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()}
        templates = {pid for pid, stat in stats.items() if stat and stat[1] == str(campaign.pid)}
        cells = {pid for pid, stat in stats.items() if stat and stat[1] in templates}
        assert (len(templates), len(cells)) == (1, 1)
        campaign.kill()
    assert soon_empty(templates | cells)
