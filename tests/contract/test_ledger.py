"""Every workload under every model does what it says; a body that does anything else is caught, and named.

Strategy: real cells, small and untimed (`verify`). What a body could leave out is left out of a copy of the suite, one
thing at a time, in one body at a time.
"""

from __future__ import annotations

import inspect
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from typing import TypeVar

import pytest

from bench.campaign.subprocesses import Attempt, Subprocesses
from bench.campaign.templates import Templates
from bench.cells import not_here
from bench.harness.pin import allowed_cpus
from bench.models import MODELS, load_model
from bench.targets import load_target
from bench.words import Cell
from bench.workloads import TRIO_AS_IT_STANDS, WORKLOADS, load_workload

ROOT = Path(__file__).resolve().parents[2]
T = TypeVar("T")


BODIES = ("blocking", "coroutine", "trio")


def reason(workload: str, model: str) -> str:
    """Why this model cannot run this workload with this interpreter."""
    return not_here(Cell(workload, model, flows_of(workload, model)))


def flows_of(workload: str, model: str) -> int:
    """The largest number of flows that this model can have, of those of the workload's grid; a pool has its limit."""
    every = load_workload(workload).flows
    return next((n for n in reversed(every) if not not_here(Cell(workload, model, n))), every[-1])


def can_run(workload: str, model: str) -> bool:
    """Can it?"""
    return not reason(workload, model)


def models_of(workload: str, body: str) -> list[str]:
    """The models here that run this body."""
    return [m for m in MODELS if body == body_of(workload, m) and can_run(workload, m)]


def body_of(workload: str, model: str) -> str:
    """Which body of a workload a model runs: one for trio may be asyncio's, as it stands."""
    body = load_model(model).body
    return "coroutine" if body == "trio" and workload in TRIO_AS_IT_STANDS else body


def cell(
    name: str, root: Path = ROOT, cpu: int | None = None, targets: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    """Run one cell small and untimed. `targets`: where they are, as its command line says it; without, it starts its own."""
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "bench.worker.main",
            name,
            "--verify",
            *(["--cpu", str(cpu)] if cpu is not None else []),
            *(word for target in targets for word in ("--target", target)),
        ],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def cells(
    workload: str, models: Sequence[str], root: Path = ROOT, query: str = ""
) -> dict[str, subprocess.CompletedProcess[str]]:
    """Run a cell of each model, each an interpreter of its own."""
    return side_by_side(workload, models, lambda name, targets, cpu: cell(name + query, root, cpu, targets))


def side_by_side(workload: str, models: Sequence[str], run: Callable[[str, list[str], int], T]) -> dict[str, T]:
    """Run a cell of each model, two at a time, each on a core of its own; of those that a database counts, one at a time.

    `run` is given its name, where its targets are, and its core. What cells wait for is started once for all.
    """
    names = load_workload(workload).targets
    cpus = allowed_cpus()[-1:] if "postgres" in names else allowed_cpus()[-2:]
    free: Queue[int] = Queue()
    for cpu in cpus:
        free.put(cpu)
    with ExitStack() as stack:
        there = {name: stack.enter_context(load_target(name).start(None, None)) for name in names}
        said = [f"{name}={load_target(name).to_text(one.place)}" for name, one in there.items()]

        def one(model: str) -> T:
            cpu = free.get()
            try:
                return run(f"{workload}/{model}/{flows_of(workload, model)}", said, cpu)
            finally:
                free.put(cpu)

        with ThreadPoolExecutor(len(cpus)) as pool:
            return dict(zip(models, pool.map(one, models), strict=True))


@pytest.fixture(scope="module")
def templates() -> Iterator[Mapping[int, Templates]]:
    """What cells are forked from, as in a campaign: for each core, because a template has one cell at a time."""
    with ExitStack() as stack:
        yield {cpu: stack.enter_context(Templates()) for cpu in allowed_cpus()[-2:]}


@pytest.mark.parametrize("workload", WORKLOADS)
def test_every_workload_does_its_work_under_every_model_that_can(
    workload: str, templates: Mapping[int, Templates], tmp_path: Path
) -> None:
    def verified(name: str, targets: list[str], cpu: int) -> str:
        runner = Subprocesses(cpu, allowed_cpus(), 0, "here", targets, verify=True, templates=templates[cpu])
        return runner(Attempt(Cell.parse(name), 0, 1, tmp_path / "unused.json", 60.0)).void

    able = [model for model in MODELS if can_run(workload, model)]
    assert side_by_side(workload, able, verified) == dict.fromkeys(able, "")


@pytest.mark.parametrize("model", MODELS)
def test_what_a_model_cannot_is_said_in_one_line(model: str) -> None:
    unable = next((workload for workload in WORKLOADS if not can_run(workload, model)), None)
    if unable is not None:
        name = f"{unable}/{model}/{flows_of(unable, model)}"
        done = cell(name)
        assert (done.returncode, done.stderr) == (2, f"{name} cannot run here: {reason(unable, model)}\n")


@dataclass(frozen=True)
class Cut:
    """What is left out of a body, and what must be said of it."""

    workload: str
    body: str
    old: str
    new: str
    reason: str
    query: str = ""

    def __str__(self) -> str:
        """Name the test."""
        return f"{self.workload}-{self.body}-{self.reason}"


def both(workload: str, old: str, new: str, reason: str) -> list[Cut]:
    """The same cut in both bodies, and in that for trio where there is one."""
    return [Cut(workload, body, old, new, reason) for body in BODIES if body != "trio" or models_of(workload, body)]


LESS = "waited less"
LAST_OP = ("flow.tasks", "flow.tasks[:-1]", "did other work: ops")
LAST_PART = ("flow.parts", "flow.parts[:-1]", "did other work: ops")  # of a body whose ops leave no stamp each
SHORT = {
    **dict.fromkeys(("brigade", "handoff", "switch", "yield", "layers"), LAST_PART),
    "two_flows": ("    stamps[2] = monotonic_ns()\n", "", "did other work: ops"),  # it has no loop
    # an announcement left unread by the warm-up would be read as the head of the next answer, now and then as a bad one
    "open_loop": ("children.append(spawn(serve_", "op and children.append(spawn(serve_", "did other work: ops"),
}
LIKE = [
    name for name in WORKLOADS if not load_workload(name).unlike
]  # what blocks in the others is cut where it stands
WRONG_FLOW = "get.replace(b'flow=0', b'flow=1')"
NOT_SEEN = "the server saw nothing of flow 0"
CLIENTS = (  # whose libraries and servers may not be here
    *both("httpx_get", "size += len(body)", "size += 1", "did other work: bytes"),
    *both("httpx_get", "seat.get(url)", "seat.get(url.replace('flow=0', 'flow=1'))", NOT_SEEN),
    *both("postgres_sleep", "(wait_s,)", "(wait_s * 0.01,)", LESS),
    # text that differs from op to op is prepared every time
    *both("postgres_sleep", "SLEEP,", "f'{SLEEP} -- {op}',", "PostgreSQL counts statements"),
)
CUTS = (
    *(cut for w in LIKE for cut in both(w, *SHORT.get(w, LAST_OP)) if models_of(w, cut.body)),
    Cut(
        "brigade_protocol",
        "coroutine",
        "await seat.begin(flow)",
        "(await seat.begin(flow))[0] - 1, 0",
        "did other work: ops",
    ),
    *both("countasync", 'print("Two", file=nowhere)', "pass", "did other work: bytes"),
    *both("countasync", "sleep(wait_s)", "sleep(0)", LESS),
    *both("sleep", "sleep(wait_s)", "sleep(wait_s * 0.01)", LESS),
    *both("http_get", "size += len(body)", "size += 1", "did other work: bytes"),
    *(
        Cut("http_get", b, "writer.write(get)", f"writer.write({WRONG_FLOW})", NOT_SEEN)
        for b in ("blocking", "coroutine")
    ),
    Cut("http_get", "trio", "ask(seat, get)", f"ask(seat, {WRONG_FLOW})", NOT_SEEN),
    *both("echo", "writer.write(post)", "writer.write(post.replace(bytes([post[-1]]), b'?'))", "checksum"),
    *both("burst", "size += len(body)", "size += 1", "did other work: bytes"),
    *both("open_loop", "size, checksum = added(size", "size, checksum = added(1 + size", "did other work: bytes"),
    *both("file_read", "checksum = crc32(last, checksum)", "pass", "did other work: checksum"),
    *both("two_flows", "return size, crc32(content)", "return size, 1", "did other work: checksum"),
    *both("lock", "counter[0] += 1", "pass", "all flows together counted"),
    *both("tree", "nodes += ", "nodes = ", "did other work: checksum"),
    *both("brigade", "return hops, crc32(byte)", "return hops, 0", "did other work: checksum"),
    # burning half of the time, the other flow's burn would pass for the wait, and on a busy core a tenth may do
    Cut("io_share", "coroutine", "sleep(wait_s)", "sleep(0)", LESS, "?burn_pct=1"),
    *(cut for cut in CLIENTS if models_of(cut.workload, cut.body)),
    *both("queue", "for item in items:", "for item in [*items, 0][1:]:", "did other work: bytes"),
)


@pytest.fixture
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the suite, on the disk of its checkout: a file in memory, where /tmp may be, is no disk to read.

    Its children have Python's own modules compiled once for all copies; compiling them takes longer than most cells.
    """
    shared = tmp_path_factory.getbasetemp() / "bytecode"
    shared.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".test-", dir=ROOT / "reports") as name:
        folder = Path(name)
        shutil.copytree(ROOT / "bench", folder / "bench", ignore=shutil.ignore_patterns("__pycache__"))
        (folder / ".cache").mkdir()
        (folder / ".cache" / "bytecode").symlink_to(shared)
        yield folder
        shutil.rmtree(shared / folder.relative_to("/"), ignore_errors=True)


BY_ALL = ("sleep",)  # it is cut under every model; of the others a few will do, for time's sake
FEW = ("thread", "process", "asyncio", "trio")


def source(copy: Path, cut: Cut) -> Path:
    """The file that a body stands in."""
    workload = load_workload(cut.workload, "trio" if cut.body == "trio" else "coroutine")
    body = workload.blocking if cut.body == "blocking" else workload.coroutine
    return copy / Path(inspect.getfile(body)).relative_to(ROOT)


def cut_body(text: str, cut: Cut) -> str:
    """Cut one body in a workload's source; what is cut must be there."""
    name = "coroutine" if cut.body == "trio" else cut.body
    head = f"\nasync def {name}(" if name.endswith("coroutine") else f"\ndef {name}("
    before, start, rest = text.partition(head)
    body, end, after = rest.partition("\n\n\n")
    assert start
    assert cut.old in body
    return before + start + body.replace(cut.old, cut.new) + end + after


def long_waits(copy: Path, query: str) -> str:
    """Let the small check wait for long: on a busy machine, half of a short wait may take as long as all of it."""
    plan = copy / "bench" / "cells.py"
    text = plan.read_text()
    short = "SMALL_WAIT_MS = 2, 2, 10\n"
    assert short in text
    plan.write_text(text.replace(short, "SMALL_WAIT_MS = 2, 2, 300\n"))
    return f"{query}&wait_ms=300" if query else "?wait_ms=300"


@pytest.mark.parametrize("cut", CUTS, ids=str)
def test_a_body_that_does_other_work_is_caught(cut: Cut, copy: Path) -> None:
    path = source(copy, cut)
    path.write_text(cut_body(path.read_text(), cut))
    models = models_of(cut.workload, cut.body)
    if cut.workload not in BY_ALL:
        models = [model for model in models if model in FEW] or models
    assert models
    query = long_waits(copy, cut.query) if cut.reason == LESS else cut.query
    done = cells(cut.workload, models, copy, query)
    assert {model: one.returncode for model, one in done.items()} == dict.fromkeys(models, 1)
    assert {model: one.stdout for model, one in done.items() if cut.reason not in one.stdout} == {}


def test_every_body_of_every_workload_is_cut_short_by_an_op() -> None:
    short = {(cut.workload, cut.body) for cut in CUTS if cut.reason == "did other work: ops"}
    theirs = {("brigade_protocol", "blocking")}  # it is brigade's
    assert short == {(w, b) for w in WORKLOADS for b in BODIES if models_of(w, b)} - theirs


def test_verify_names_the_cells_that_do_other_work_and_fails(copy: Path) -> None:
    path = copy / "bench" / "workloads" / "sleep.py"
    path.write_text(cut_body(path.read_text(), Cut("sleep", "coroutine", *LAST_OP)))
    done = subprocess.run(
        [sys.executable, "-m", "bench", "verify", "--workload", "sleep"],
        cwd=copy,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 1
    named = [line for line in done.stderr.splitlines() if "does other work" in line]
    assert [line.split("/")[1] for line in named] == models_of("sleep", "coroutine")
