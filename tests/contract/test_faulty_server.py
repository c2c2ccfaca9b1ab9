"""A server that misbehaves once: the cell is void under every model, and the reason says which flow, and what was wrong.

Strategy: real cells against tests.support.faulty_server, all models at the same time, on two cores. The waits are so
long that an early answer shows on a busy machine too.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

import pytest

from bench.campaign.subprocesses import Attempt, Outcome, Subprocesses
from bench.cells import not_here
from bench.harness.pin import allowed_cpus
from bench.models import MODELS
from bench.store import records
from bench.words import Cell
from tests.support.faulty_server import CUT_BYTES, FLOW, MISDEEDS, faulty_server
from tests.support.processes import members, soon_empty, stat_of

FEW = ("thread", "process", "asyncio", "trio", "native_thread", "native_epoll")  # each asks with code of its own
HERE = [name for name in MODELS if not not_here(Cell("http_get", name, 2))]
# Of FLOW + 1 flows and the cell; multiprocessing's tracker of resources, and the fork server.
PROCESSES = {
    "process": FLOW + 2,
    "process_pool": FLOW + 2,
    "process_spawn": FLOW + 3,
    "process_forkserver": FLOW + 4,
}
OPS, WAIT_MS, PAGE = 4, 100, 1024
MIDDLE, LAST = 1, OPS - 1
LIMIT_S, HANG_LIMIT_S = 30.0, 12.0

FLOW_FAILED = rf"flow {FLOW}: \w+: "
# The reasons, by what went wrong. What a flow met first comes first; "(and 1 more)" may follow.
REASONS: Mapping[str, str] = {
    # A socket's makefile reads less than it was asked to and says nothing: the flow meets the end of the connection
    # next. asyncio's streams say it at once.
    "cut short": FLOW_FAILED + r"the server closed the connection too early: the last page may be short"
    rf"|{FLOW_FAILED}{PAGE - CUT_BYTES} bytes read on a total of {PAGE} expected bytes",
    "smaller": f"flow {FLOW} did other work: bytes {OPS * PAGE - CUT_BYTES}, expected {OPS * PAGE}",
    "other page": rf"flow {FLOW} did other work: checksum \d+, expected \d+",
    "too many": FLOW_FAILED + r"the server sent \d+ bytes that nobody asked for",
    "cut in the head": FLOW_FAILED + "the server closed the connection inside a response head",
    "hang": rf"it did not end within its time limit of {HANG_LIMIT_S:.0f} s",
    # Where the machine is so busy that the client was late by as much, the server's own account still tells, if it is honest.
    "early": rf"flow {FLOW} waited less: op \d took \d+\.\d+ ms, asked for \d+\.\d+ ms"
    rf"|the server made flow {FLOW} wait \d+\.\d+ ms, asked for \d+\.\d+ ms",
    "uncounted": f"the server counts answers of flow {FLOW}: {OPS - 1}, expected {OPS}",
    "forgotten": f"the server saw nothing of flow {FLOW}",
    "status": FLOW_FAILED + r"the server answered 'HTTP/1\.1 500 Internal Server Error'",
}
CASES: Sequence[tuple[str, int, str]] = (
    ("short", MIDDLE, "cut short"),
    ("short", LAST, "cut short"),
    ("closed", MIDDLE, "cut short"),
    ("smaller", MIDDLE, "smaller"),
    ("other", MIDDLE, "other page"),
    ("twice", LAST, "too many"),
    ("twice-counted", LAST, "too many"),
    ("closed-in-head", MIDDLE, "cut in the head"),
    ("early", MIDDLE, "early"),
    ("early-admitted", MIDDLE, "early"),
    ("uncounted", MIDDLE, "uncounted"),
    ("forgotten", LAST, "forgotten"),
    ("status-500", MIDDLE, "status"),
)


def processes_of(record: Path, sessions: set[str]) -> int:
    """How many processes a cell has. It leads a session, and names its record; its flows may be of another program."""
    for entry in Path("/proc").iterdir():
        with suppress(OSError, IndexError):  # it is gone
            if entry.name.isdigit() and os.fsencode(record) in (entry / "cmdline").read_bytes().split(b"\0"):
                sessions.add(stat_of(entry.name)[3])
    return members(sessions)


@dataclass
class Run:
    """One cell, what came of it, and the most processes of it that were seen at a time."""

    model: str
    record: Path
    outcome: Outcome = field(default_factory=Outcome)
    processes: int = 0
    sessions: set[str] = field(default_factory=set)

    def go(self, port: int, cpu: int, limit_s: float) -> None:
        """Run it to its end, or to its time limit."""
        cell = Cell.parse(f"http_get/{self.model}/{FLOW + 1}?ops={OPS}&payload_bytes={PAGE}&wait_ms={WAIT_MS}")
        runner = Subprocesses(cpu, [cpu], seed=1, host="here", targets=(f"http={port}",), tick=self.look)
        self.outcome = runner(Attempt(cell, round=1, attempt=1, record=self.record, limit_s=limit_s))

    def look(self) -> None:
        """Count its processes."""
        self.processes = max(self.processes, processes_of(self.record, self.sessions))


def run_all(folder: Path, fault: str, op: int, limit_s: float = LIMIT_S, models: Sequence[str] = HERE) -> Sequence[Run]:
    """A cell of each model against one server with this fault in answer `op`."""
    runs = [Run(model, folder / f"{model}.json") for model in models]
    with faulty_server(fault, op) as port, ThreadPoolExecutor(len(runs)) as pool:
        list(pool.map(lambda run, cpu: run.go(port, cpu, limit_s), runs, cycle(allowed_cpus()[-2:])))
    return runs


def reasons_that_fit(text: str) -> list[str]:
    return [name for name, reason in REASONS.items() if re.fullmatch(rf"(?:{reason})(?: \(and \d+ more\))?", text)]


@pytest.mark.parametrize(("fault", "op", "reason"), CASES, ids=[f"{fault}-op-{op}" for fault, op, _ in CASES])
def test_a_fault_voids_the_cell_with_a_reason_of_its_own(fault: str, op: int, reason: str, tmp_path: Path) -> None:
    runs = run_all(tmp_path, fault, op, models=[model for model in HERE if model in FEW])
    assert {run.model: (run.outcome.void, reasons_that_fit(run.outcome.void)) for run in runs} == {
        run.model: (run.outcome.void, [reason]) for run in runs
    }
    assert not any(run.outcome.lost for run in runs)  # another try would mend nothing
    assert [records.read(run.record).void for run in runs] == [run.outcome.void for run in runs]


WATCHER = 1  # reads the clocks of the cell from another core


def test_a_server_that_never_answers_costs_the_time_limit_and_no_process_is_left(tmp_path: Path) -> None:
    runs = run_all(tmp_path, "hang", LAST, HANG_LIMIT_S)
    assert {run.model: reasons_that_fit(run.outcome.void) for run in runs} == {model: ["hang"] for model in HERE}
    assert {run.model: run.processes for run in runs} == {m: PROCESSES.get(m, 1) + WATCHER for m in HERE}
    assert all(soon_empty(run.sessions) for run in runs)
    assert not any(run.record.exists() for run in runs)


def test_without_a_fault_the_same_cells_are_valid(tmp_path: Path) -> None:
    runs = run_all(tmp_path, "none", LAST)
    assert {run.model: run.outcome for run in runs} == dict.fromkeys(HERE, Outcome())
    assert [records.read(run.record).void for run in runs] == [""] * len(runs)


def test_every_misdeed_has_a_case() -> None:
    assert {fault for fault, _, _ in CASES} == MISDEEDS.keys() - {"none", "hang"}
