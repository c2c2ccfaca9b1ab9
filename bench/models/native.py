"""The floor: the same work in C, by pthreads and by one epoll loop. What a Python figure is beyond it, Python adds.

Strategy: each workload that has a floor is one short file in bench/native/thread or bench/native/epoll. `cc` builds it into
a shared library when it is first used. `.cache/native` keeps the library under a hash of its sources and its compiler.

The library runs inside the cell's process, so harness, clock, meters, board, ledger and record are those of every other
model. While flows run, the interpreter's one thread waits in the library and does nothing. A body in C writes its stamps
straight onto the board. The structures below are those of bench/native/flow.h, field by field.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.harness.flow import Primitives
from bench.models.model import Model
from bench.words import UserError, Value

if TYPE_CHECKING:
    from bench.harness.flow import Flow
    from bench.harness.share import Launch

SOURCES = Path(__file__).resolve().parents[1] / "native"
CACHE = Path(__file__).resolve().parents[2] / ".cache" / "native"
FLAGS = ("-O2", "-g", "-std=gnu11", "-Wall", "-Wextra", "-shared", "-fPIC", "-pthread")
BUILD_S = 60.0
HINT = "install one (Debian: build-essential; Fedora: gcc), or name it in CC"
# What the C of a workload knows beside waits, phases and ops: every other parameter must have its default.
KNOWS: Mapping[str, Mapping[str, Value]] = {
    "http_get": {
        "payload_bytes": 0,
        "api": "streams",
        "keepalive": 1,
        "timeout_s": 0,
        "heap": "roomy",
        "transport": "tcp",
        "congestion": "system",
    },
    "handoff": {"via": ""},
    "brigade": {"api": "streams"},
    "park": {"stack_kib": 0, "seat": "", "freeze": 0},
    "hog": {"tick_ms": 0, "burn_ms": 0, "switch_us": 5000},
}


def missing() -> str:
    """A C compiler is needed."""
    return "" if compiler() else f"there is no C compiler: {HINT}"


def cannot(model: str, workload: str, parameters: Mapping[str, Value]) -> str:
    """Only some workloads have a floor, and it does not know every parameter."""
    if not source(model, workload).exists():
        return "there is no program in C for it: the floor is there for a few workloads"
    for key, known in KNOWS.get(workload, {}).items():
        if known and parameters[key] != known:
            return f"the program in C knows only {key}={known}"
    return ""


def footprint_thread(flows: int) -> tuple[int, int]:
    """Gates are shared; each flow is a task."""
    return 16, flows + 1


def footprint_epoll(_flows: int) -> tuple[int, int]:
    """The kernel knows nothing of flows."""
    return 16, 1


def primitives() -> Primitives:
    """What flows wait at is made by the program in C; nothing is made here."""

    def in_c(*_: Any) -> None:
        """Make nothing."""

    return Primitives(in_c, in_c, in_c, in_c, in_c)


def facts() -> Mapping[str, Value]:
    """What made it."""
    return {"cc_version": version(), "cc_flags": " ".join(FLAGS)}


class Op(ctypes.Structure):
    """`struct op`."""

    _fields_ = (("ns", ctypes.c_int64), ("request", ctypes.c_char_p), ("count", ctypes.c_int64))


class CFlow(ctypes.Structure):
    """`struct flow`."""


class CJob(ctypes.Structure):
    """`struct job`."""


CFlow._fields_ = (
    ("index", ctypes.c_int64),
    ("ops", ctypes.c_int64),
    ("tasks", ctypes.POINTER(Op)),
    ("stamps", ctypes.c_void_p),
    ("head", ctypes.c_void_p),
    ("warm_up", ctypes.POINTER(CFlow)),
    ("job", ctypes.POINTER(CJob)),
    ("gate", ctypes.c_void_p),
    ("seat", ctypes.c_void_p),
    *((name, ctypes.c_int64) for name in ("at", "done", "size", "checksum")),
    ("error", ctypes.c_char * 120),
)
CJob._fields_ = (
    ("flows", ctypes.c_int64),
    ("all", ctypes.POINTER(CFlow)),
    *((name, ctypes.c_int64) for name in ("port", "payload_bytes", "stack_kib", "pipe", "http_seat")),
    ("state", ctypes.c_void_p),
    ("shared", ctypes.c_void_p),
)


def compiler() -> list[str]:
    """The C compiler's command: what CC says, else cc. Empty where it is not to be found, or where CC is no command."""
    try:
        command = shlex.split(os.environ.get("CC", "")) or ["cc"]
    except ValueError:  # a quotation that does not end
        return []
    return command if shutil.which(command[0]) else []


@cache
def version() -> str:
    """What the compiler says that it is, its first line."""
    done = subprocess.run([*compiler(), "--version"], capture_output=True, text=True, check=False, timeout=BUILD_S)
    return (done.stdout.splitlines() or ["unknown"])[0]


def source(model: str, workload: str) -> Path:
    """The file of a workload's floor."""
    return SOURCES / model.removeprefix("native_") / f"{workload}.c"


def program(model: str, workload: str) -> str:
    """The program in C."""
    path = source(model, workload)
    return path.read_text() if path.exists() else ""


def built(path: Path) -> Path:
    """Build a library if it is not in the cache; return where it is. Raises UserError where it cannot be built."""
    folder = path.parent
    made_of = [path, *sorted(folder.glob("*.h")), *sorted(SOURCES.glob("*.h"))]
    parts = [version(), *compiler(), *FLAGS, *(one.read_text() for one in made_of)]
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
    library = CACHE / f"{folder.name}-{path.stem}-{digest}.so"
    if library.exists():
        return library
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as temporary:
        new = Path(temporary) / library.name
        command = [*compiler(), *FLAGS, "-o", str(new), str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=BUILD_S)
        if done.returncode != 0:
            said = next((line for line in done.stderr.splitlines() if "error" in line), "it said nothing")
            raise UserError(f"{path.name} could not be built with {shlex.join(compiler())}: {said}")
        new.replace(library)  # in one step: two that build it at once make the same
    return library


def operand(task: Any, wait_s: float) -> tuple[int, bytes | None, int]:
    """What C gets for an op: ns, a request, a count. A task is a wait in s, a request, or times in ns."""
    if isinstance(task, bytes):
        return round(wait_s * 1e9), task, len(task)
    if isinstance(task, Sequence):
        return (task[0] if task else 0), None, len(task)
    return round(wait_s * 1e9), None, 0


def address(words: memoryview) -> int | None:
    """Where a part of the board is; None where it is empty."""
    return ctypes.addressof(ctypes.c_int64.from_buffer(words)) if len(words) else None


class JobInC:
    """A job as C sees it, and what keeps its parts alive."""

    def __init__(self, job: Launch) -> None:
        p, flows = job.order.parameters, job.flows
        self._keep: list[Any] = []
        self.flows = (CFlow * len(flows))()
        warm_ups = (CFlow * len(flows))()
        self.job = CJob(
            flows=len(flows),
            all=self.flows,
            port=job.order.targets["http"].port if "http" in job.order.targets else 0,
            payload_bytes=int(p.get("payload_bytes", 1024)),
            stack_kib=int(p.get("stack_kib", 0)),
            pipe=int(p.get("via") == "pipe"),
            http_seat=int(p.get("seat") == "http"),
        )
        for flow, one, warm_up in zip(flows, self.flows, warm_ups, strict=True):
            self._fill(one, flow)
            self._fill(warm_up, flow.warm_up)
            one.warm_up = ctypes.pointer(warm_up)
        self._keep.append(warm_ups)

    def _fill(self, into: CFlow, flow: Flow) -> None:
        tasks = (Op * max(1, len(flow.tasks)))(
            *(Op(*operand(task, wait_s)) for task, wait_s in zip(flow.tasks, flow.waits_s, strict=True))
        )
        self._keep.append(tasks)
        into.index, into.ops, into.tasks = flow.index, len(flow.tasks), tasks
        into.stamps, into.head, into.gate = address(flow.stamps), address(flow.head), address(flow.gate)
        into.job = ctypes.pointer(self.job)


def launch(job: Launch) -> None:
    """Run the job: four calls into the library, and the harness's own readings between them."""
    library = ctypes.CDLL(str(built(source(job.cell.model, job.cell.workload))))
    in_c = JobInC(job)

    def call(name: str) -> None:
        error = getattr(library, name)(ctypes.byref(in_c.job))
        if error:
            said = [flow.error.decode(errors="replace") for flow in in_c.flows if flow.error]
            raise RuntimeError(said[0] if said else f"{name}: {os.strerror(error)}")

    with job.timed("create"):
        call("job_create")
    call("job_seat")
    job.begin()
    call("job_work")
    job.end()
    with job.timed("join"):
        call("job_join")
    for flow, one in zip(job.flows, in_c.flows, strict=True):
        said = one.error or one.warm_up.contents.error
        if said:
            job.faults.note(flow, RuntimeError(said.decode(errors="replace")))


def floor(model: str, about: str, footprint: Callable[[int], tuple[int, int]]) -> Model:
    """Make a model whose programs stand in a folder of their own."""
    return Model(
        kind="native",
        about=about,
        body="none",
        missing=missing,
        cannot=partial(cannot, model),
        footprint=footprint,
        primitives=primitives,
        program=partial(program, model),
        facts=facts,
        launch=launch,
    )


MODELS = {
    "native_thread": floor(
        "native_thread", "the floor of threads: the same in C, one POSIX thread per flow", footprint_thread
    ),
    "native_epoll": floor(
        "native_epoll",
        "the floor of coroutines: the same in C, one thread with an epoll loop and a heap of timers",
        footprint_epoll,
    ),
}
