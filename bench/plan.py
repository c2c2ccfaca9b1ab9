"""What is measured by default: parameters, grids, presets and headline comparisons, all as tables.

Strategy: a preset is a list of rows; a row is one block (a workload, a number of flows, the models) and the number
of rounds it needs. The general defaults stand here, once; what only one workload has stands in that workload's file.
Every value, default or not, is written into every record.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from bench.measure import awake
from bench.measure.flow import lacking
from bench.models import MODELS, load_model
from bench.words import JUDGED, Cell, UserError, Value
from bench.workloads import WORKLOADS, load_workload, without_body

# wait_ms: long against a hand-over (5 us), short enough for 10 rounds in 5 minutes; whole ms, see docs/design.md.
# pool: the workers of a model that has a pool, and the threads that read files for an event loop.
# pin: 1 = on one core. awake: 1 = idle cores spin, instead of going to sleep. twin: 1 marks an A/A copy of a cell.
DEFAULTS: Mapping[str, Value] = {"wait_ms": 10, "phase": "locked", "pool": 32, "pin": 1, "awake": 0, "twin": 0}

# k, the ops of each flow, by N, the number of flows: enough that a cell's CPU is well above the meters' own cost,
# few enough that a cell stays short: more rounds of short cells narrow the intervals, longer cells hardly do.
OPS_BY_FLOWS: Mapping[int, int] = {1: 20, 10: 15, 100: 40, 1000: 16}

# `verify` and the check inside every timed process: two flows do two ops each, and that is enough to differ.
SMALL_FLOWS, SMALL_OPS, SMALL_WAIT_MS = 2, 2, 10

# sequential needs N*k*Z seconds: beyond this many flows the page draws that product instead, and says so.
SEQUENTIAL_MOST_FLOWS = 10
# A forked process takes one to four ms to make and end: in `bench`, 1,000 of them are measured once, for http_get.
PROCESS_MOST_FLOWS = 100
# A new interpreter takes a tenth of a second.
INTERPRETER_MOST_FLOWS = 10

# Rounds of a cell that takes too long for more, beside others of its block that have more.
SELDOM_ROUNDS = 1
# The floor is a line to hold the others against, and is not judged: a fifth of the rounds, and at least so many, will do.
FLOOR, FLOOR_ROUNDS = ("native_thread", "native_epoll"), 2

# Rounds of a headline comparison in `bench`: a pilot and an interval need ten; a hundred know D to 4 % where it varies by 16.
HEADLINE = (10, 100)

# Blocks with a twin, where the user's choice leaves the preset's out; and the rounds from which on a ratio is judged.
MOST_TWINS, LEAST_JUDGED = 3, 6

# Relative half widths that headline ratios are measured to, if the budget allows, by figure.
PRECISION: Mapping[str, float] = {"T": 0.007, "D": 0.05}

CELL_START_S = 0.35  # a fresh worker: interpreter, pyperf, its metadata, the small check (seen: 0.25 to 0.4 s)

# What it takes to make and end a flow, or a worker, about.
MAKE_A_THREAD_S, MAKE_A_TASK_S = 0.2e-3, 10e-6
MAKE_S: Mapping[str, float] = {
    "process": 1.5e-3,
    "process_pool": 10e-3,
    "process_forkserver": 6e-3,
    "process_spawn": 0.12,
    "subinterpreter": 0.12,
}


def parameters(cell: Cell) -> dict[str, Value]:
    """Every parameter of a cell, defaults included, `ops` (k) among them. Raises UserError for an unknown one."""
    workload = load_workload(cell.workload)
    if not takes(cell.workload, cell.flows):
        raise UserError(f"{cell.workload} has {workload.FLOWS[0]} flows, no other number: see `make list`")
    ops = workload.OPS or OPS_BY_FLOWS
    known: dict[str, Value] = {**DEFAULTS, **workload.PARAMETERS}
    known["ops"] = ops[max((n for n in ops if n <= cell.flows), default=min(ops))]
    for key, value in cell.parameters:
        if key not in known:
            raise UserError(f"{cell.workload} has no parameter {key!r}; it has {', '.join(sorted(known))}")
        if isinstance(known[key], str) != isinstance(value, str):
            raise UserError(f"{cell.name}: {key} is {known[key]!r} by default, {value!r} is of another kind")
        known[key] = value
    return known


def not_here(cell: Cell) -> str:
    """Return the reason why a cell cannot run with this interpreter, or an empty string. Limits are asked elsewhere."""
    launcher, workload, known_ = load_model(cell.model), load_workload(cell.workload), parameters(cell)
    reason = launcher.missing(cell.model)
    reason = reason or launcher.cannot(cell.model, cell.workload, known_)
    reason = reason or without_body(cell.workload, launcher.BODY)
    reason = reason or too_few_at_once(cell, known_) or workload.applies(cell.model, known_)
    reason = reason or (awake.forbidden() if known_["awake"] else "")
    return reason or lacks(cell)


def lacks(cell: Cell) -> str:
    """Return the reason why a model has not what a workload's flows wait at, or an empty string."""
    kit = load_model(cell.model).kit(cell.model)
    absent = [need for need in load_workload(cell.workload).NEEDS if getattr(kit, need, lacking) is lacking]
    return f"{cell.model} has no {absent[0]} of its own" if absent else ""


def too_few_at_once(cell: Cell, known_: Mapping[str, Value]) -> str:
    """Return the reason why a model cannot have all flows of a workload under way at once, where it must."""
    workload, most = load_workload(cell.workload), load_model(cell.model).at_once(cell.model, known_)
    if most == 1 and workload.TOGETHER and not workload.CONTROL:
        return "its flows wait for each other: one after the other, the first would wait for ever"
    if most is not None and 1 < most < cell.flows and workload.TOGETHER:
        return f"all of its {cell.flows} flows must be there at once, and {cell.model} has {most}"
    return ""


def takes(workload: str, flows: int) -> bool:
    """Return whether a workload can have so many flows: one that lists a single number has a part for each flow."""
    fixed = load_workload(workload).FLOWS
    return len(fixed) > 1 or flows in fixed


def expected_s(cell: Cell) -> float:
    """A guess at the seconds of a whole cell, start included, from tables alone: the first round replaces it."""
    p = parameters(cell)
    most = load_model(cell.model).at_once(cell.model, p) or cell.flows
    waits = float(p["wait_ms"]) / 1000 * int(p["ops"])
    work = max(waits * math.ceil(cell.flows / most), load_workload(cell.workload).OP_S * cell.flows * int(p["ops"]))
    make_s = MAKE_S.get(cell.model, MAKE_A_TASK_S if load_model(cell.model).KIND == "user" else MAKE_A_THREAD_S)
    return CELL_START_S + work + make_s * min(cell.flows, most) + load_workload(cell.workload).takes_s(p, make_s)


def time_limit_s(cell: Cell) -> float:
    """Seconds after which a cell is ended and void: ten times what it should take, and at least 20 s."""
    return max(20.0, 10 * expected_s(cell))


@dataclass(frozen=True)
class Row:
    """One block of a preset: `rounds` is the least number it must have, `most` the number it may grow to.

    `seldom` names models that are measured in the first rounds only, because a cell of theirs takes long. `twins` names
    models that are measured twice: what their twins differ by is the run's noise floor.
    """

    workload: str
    flows: int
    models: tuple[str, ...]
    rounds: int
    most: int
    parameters: tuple[tuple[str, Value], ...] = ()
    seldom: tuple[str, ...] = ()
    twins: tuple[str, ...] = ()

    def turns(self, model: str) -> int:
        """How many rounds a model takes part in."""
        if model in self.seldom:
            return SELDOM_ROUNDS
        return min(self.most, max(FLOOR_ROUNDS, self.rounds // 5)) if model in FLOOR else self.most

    def cells(self, round_: int = 1) -> list[Cell]:
        """The cells that this block has in a round (counted from 1), in the order of the models' table."""
        twin = tuple(sorted((*self.parameters, ("twin", 1))))
        return [
            Cell(self.workload, model, self.flows, parameters)
            for parameters, models in ((self.parameters, self.models), (twin, self.twins))
            for model in models
            if round_ <= self.turns(model)
        ]

    def of(self, models: Iterable[str]) -> Row:
        """The row with these of its models only."""
        able = tuple(models)
        return replace(self, models=able, twins=tuple(model for model in self.twins if model in able))


@dataclass(frozen=True)
class Ladder:
    """How many flows of a model can there be? Measured at `first` flows, then `factor` times as many, up to `most`, or
    to where something stops it.
    """

    workload: str
    model: str
    first: int
    factor: int
    most: int
    parameters: tuple[tuple[str, Value], ...] = ()

    def cells(self) -> list[Cell]:
        """The cells, from the bottom up."""
        found, n = [], self.first
        while n <= self.most:
            found.append(Cell(self.workload, self.model, n, self.parameters))
            n *= self.factor
        return found


@dataclass(frozen=True)
class Preset:
    """A named grid with the seconds it may take, report included. `verdicts`: has it rounds enough to judge?"""

    name: str
    budget_s: float
    rows: tuple[Row, ...]
    verdicts: bool
    about: str
    ladders: tuple[Ladder, ...] = ()
    ladders_s: float = 0.0  # the ladders have so many seconds of the budget


_ALL = ("sequential", "thread", "process", "asyncio", "uvloop")
_FLOWS = ("thread", "process", "asyncio", "uvloop")
_EAGER = ("thread", "process", "asyncio", "asyncio_eager", "uvloop")
_LIGHT = ("thread", "asyncio", "uvloop")
_ALSO = ("gevent", "trio")  # in `full`, beside asyncio where it says most
_UNPINNED = ("thread", "process", "asyncio")
_PAIR = ("thread", "asyncio")
_POOLS = ("thread_pool", "process_pool")
_STARTED = ("process_forkserver", "process_spawn", "subinterpreter")
_NULL: tuple[tuple[str, Value], ...] = (("ops", 0),)
_STALL: tuple[tuple[str, Value], ...] = (("ops", 10), ("read_kib", 65536), ("timer", 1))


def _with(**parameters_: Value) -> tuple[tuple[str, Value], ...]:
    return tuple(sorted(parameters_.items()))


_WORDS = ("nested", "eager", "create_task", "gather", "task_group", "wait", "to_thread")
_VARIANTS = tuple(
    _with(**{key: value})
    for key, value in (("api", "raw"), ("timeout_s", 1), ("keepalive", 0), ("heap", "trimmed"), ("phase", "locked"))
)
# Who is parked, how many of them (four sizes give a slope), and how.
_PARKED = (
    (("thread", "native_thread"), (100, 500, 1000, 2000), ((), _with(stack_kib=64), _with(seat="http"))),
    (("process",), (50, 100, 200, 500), ((), _with(stack_kib=64), _with(freeze=1), _with(seat="http"))),
    (("process_forkserver",), (50, 100, 200, 500), ((),)),
    (("subinterpreter",), (20, 40, 60, 80), ((),)),
    (("asyncio", "uvloop", *_ALSO), (1000, 2500, 5000, 10000), ((), _with(seat="http"))),
)


_GREENLET: tuple[tuple[str, Value], ...] = _with(api="greenlet")


PRESETS: Mapping[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            name="bench",
            budget_s=300,  # servers, pilots and the report included; of the 25 s for that, 7 to 15 are used
            verdicts=True,
            about="the default grid: the headline comparisons at least 10 rounds, the rest of the card 3, in 5 minutes",
            rows=(
                Row("countasync", 3, _ALL, 1, 1),
                Row("sleep", 1, (*_ALL, *FLOOR), 1, 1),
                Row("sleep", 10, _ALL, 1, 1),
                Row("sleep", 100, (*_FLOWS, *FLOOR), *HEADLINE, twins=("thread",)),
                Row("sleep", 1000, (*_LIGHT, *FLOOR), *HEADLINE, twins=("uvloop",)),
                Row("http_get", 1, (*_ALL, *FLOOR), 3, 3),
                Row("http_get", 10, _ALL, 1, 1),
                Row("http_get", 100, (*_FLOWS, *FLOOR), *HEADLINE, twins=("asyncio",)),
                Row("http_get", 1000, (*_FLOWS, *FLOOR), *HEADLINE, seldom=("process",)),
                Row("http_get", 100, _UNPINNED, 3, 3, _with(pin=0)),
                Row("http_get", 100, _PAIR, 3, 3, _with(awake=1)),
                # What the convenience costs, and a heap without room.
                Row("http_get", 100, _PAIR, 1, 1, _with(api="raw")),
                Row("http_get", 100, ("asyncio",), 1, 1, _with(heap="trimmed")),
                # The null cells: no ops at all, which shows what the gate itself costs. Shown, never subtracted.
                Row("sleep", 100, _FLOWS, 1, 1, _NULL),
                Row("sleep", 1000, _LIGHT, 1, 1, _NULL),
                Row("file_read", 1, _ALL, 1, 1),
                Row("file_read", 10, _ALL, 1, 1),
                Row("file_read", 100, _FLOWS, 1, 1),
                Row("file_read_inline", 10, ("asyncio", "uvloop"), 1, 1),
                # A timer beside large reads: does anything stand still meanwhile?
                Row("file_read", 2, _LIGHT, 1, 1, _STALL),
                Row("file_read_inline", 2, ("asyncio", "uvloop"), 1, 1, _STALL),
                Row("two_flows", 2, _ALL, 3, 3),
                Row("create", 100, (*_ALL, "native_thread"), 3, 3),
                Row("handoff", 2, (*_FLOWS, "native_thread"), 3, 3),
                Row("switch", 1, ("sequential",), 3, 3),
                Row("switch", 1, ("sequential",), 3, 3, _GREENLET),
                Row("brigade", 100, (*_ALL, *FLOOR), 3, 3),
                Row("hog", 2, (*_FLOWS, *FLOOR), 1, 1),
                Row("open_loop", 1, _FLOWS, 1, 1, _with(load_pct=80)),
                *(Row("park", n, ("thread", "native_thread"), 1, 1) for n in (100, 500, 1000, 2000)),
                *(Row("park", n, ("process",), 1, 1) for n in (50, 100, 200, 500)),
                *(Row("park", n, ("asyncio", "uvloop"), 1, 1) for n in (1000, 2500, 5000, 10000)),
            ),
        ),
        Preset(
            name="full",
            budget_s=2460,  # of 45 minutes: set-up is to fit in, a cell that ends late, and the report on a slow machine
            verdicts=True,
            about="the whole grid, in 45 minutes: every workload, every model that can, and how many flows there can be",
            ladders_s=540,
            ladders=(
                Ladder("sleep", "thread", 2000, 2, 64000, _with(ops=1)),
                Ladder("sleep", "process", 500, 2, 32000, _with(ops=1)),
                Ladder("sleep", "asyncio", 10_000, 10, 1_000_000, _with(ops=1)),
                Ladder("http_get", "thread", 2500, 2, 10_000, _with(ops=4)),
                Ladder("http_get", "asyncio", 2500, 2, 10_000, _with(ops=4)),
                Ladder("http_get", "uvloop", 2500, 2, 10_000, _with(ops=4)),
            ),
            rows=(
                Row("countasync", 3, _ALL, 3, 3),
                *(Row(w, 1, (*_ALL, *_ALSO, *FLOOR), 6, 6) for w in ("sleep", "http_get")),
                *(Row(w, 10, (*_ALL, *_ALSO, *_STARTED, *FLOOR), 6, 6, seldom=_STARTED) for w in ("sleep", "http_get")),
                *(
                    Row(w, 100, (*_EAGER, *_ALSO, *_POOLS, *FLOOR), 10, 15, seldom=_POOLS, twins=twins)
                    for w, twins in (("sleep", ("thread",)), ("http_get", ("asyncio",)))
                ),
                *(
                    Row(w, 1000, (*_EAGER, *_ALSO, *_POOLS, *FLOOR), 10, 15, seldom=("process", *_POOLS))
                    for w in ("sleep", "http_get")
                ),
                *(
                    Row(w, n, _UNPINNED, 6, 6, _with(pin=0))
                    for w, n in (("http_get", 100), ("brigade", 100), ("handoff", 2))
                ),
                *(Row(w, n, _FLOWS, 6, 6, _with(awake=1)) for w in ("sleep", "http_get") for n in (1, 100)),
                *(Row(w, n, _FLOWS, 3, 3, _NULL) for w in ("sleep", "http_get") for n in (100, 1000)),
                *(Row("http_get", 100, _FLOWS, 6, 6, variant) for variant in _VARIANTS),
                Row("http_get", 1000, _LIGHT, 6, 6, _with(api="raw")),
                *(Row(w, n, _ALL, 6, 6) for w in ("httpx_get", "postgres_sleep") for n in (1, 10)),
                *(Row(w, 100, _EAGER, 6, 6) for w in ("httpx_get", "postgres_sleep")),
                *(Row("echo", 100, _FLOWS, 6, 6, _with(payload_bytes=size)) for size in (10240, 102400)),
                *(Row("echo", n, _ALL if n <= 10 else _FLOWS, 6, 6) for n in (1, 10, 100)),
                *(Row("burst", 100, _FLOWS, 6, 6, () if b == 1 else _with(burst=b)) for b in (1, 4, 16, 64, 100)),
                *(Row("file_read", n, _ALL if n <= 10 else _FLOWS, 6, 6) for n in (1, 10, 100)),
                *(Row("file_read_inline", n, ("sequential", "asyncio", "uvloop"), 3, 3) for n in (1, 10)),
                Row("file_read", 2, _LIGHT, 3, 3, _STALL),
                Row("file_read_inline", 2, ("asyncio", "uvloop"), 3, 3, _STALL),
                Row("two_flows", 2, _ALL, 10, 15),
                *(Row("brigade", n, (*_ALL, *_POOLS, *_STARTED, *FLOOR), 6, 6, seldom=_STARTED) for n in (2, 10)),
                Row("brigade", 100, (*_ALL, *_ALSO, *FLOOR), 6, 6, twins=("process",)),
                Row("brigade", 500, (*_ALL, *FLOOR), 6, 6),
                Row("handoff", 2, (*_FLOWS, *_ALSO, *_POOLS, *_STARTED[:2], "native_thread"), 6, 6),
                Row("handoff", 2, ("native_thread",), 6, 6, _with(via="pipe")),
                *(Row("switch", 1, ("sequential",), 6, 6, variant) for variant in ((), _GREENLET)),
                Row("yield", 2, (*_FLOWS, *_ALSO), 6, 6),
                Row("create", 10, (*_ALL, *_ALSO, "process_pool", *_STARTED, "native_thread"), 6, 6),
                *(Row("create", n, (*_ALL, *_ALSO, "native_thread"), 6, 6) for n in (100, 1000)),
                *(Row("broadcast", n, _FLOWS, 6, 6) for n in (10, 100)),
                Row("broadcast", 1000, _LIGHT, 6, 6),
                *(Row("queue", n, _FLOWS, 6, 6) for n in (2, 11, 101)),
                *(Row("lock", n, _ALL, 6, 6) for n in (1, 10, 100)),
                *(
                    Row("hog", 2, (*_FLOWS, *_ALSO, *FLOOR), 2, 2, () if ms == 50 else _with(burn_ms=ms))
                    for ms in (1, 10, 50)
                ),
                Row("hog", 2, ("thread",), 2, 2, _with(switch_us=500)),
                *(
                    Row("io_share", 10, _ALL, 6, 6, () if pct == 50 else _with(burn_pct=pct))
                    for pct in (0, 10, 25, 50, 75, 90, 100)
                ),
                *(Row("tree", 1, _EAGER, 3, 3, () if depth == 2 else _with(depth=depth)) for depth in (2, 3)),
                *(Row("tree", 1, ("asyncio", "uvloop"), 3, 3, _with(depth=depth)) for depth in (4, 5)),
                *(Row("open_loop", 1, _FLOWS, 1, 1, _with(load_pct=load)) for load in (20, 50, 80, 95, 120)),
                *(Row("layers", 1, ("sequential",), 3, 3, _with(api=api)) for api in ("function", "call", "run")),
                Row("layers", 1, ("asyncio", "uvloop"), 3, 3),
                *(Row("layers", 1, ("asyncio", "uvloop"), 3, 3, _with(api=api)) for api in _WORDS),
                *(
                    Row("park", n, models, 1, 1, variant)
                    for models, sizes, variants in _PARKED
                    for n in sizes
                    for variant in variants
                ),
            ),
        ),
        Preset(
            name="quick",
            budget_s=60,
            verdicts=False,
            about="the same path in a minute: figures, but too few rounds for verdicts",
            rows=(
                Row("countasync", 3, ("sequential", "asyncio"), 1, 1),
                Row("sleep", 100, _FLOWS, 3, 3),
                Row("http_get", 1, ("thread", "asyncio"), 3, 3),
                Row("http_get", 100, _FLOWS, 3, 3),
            ),
        ),
    )
}


def known(kind: str, wanted: str, names: Iterable[str]) -> str:
    """Return `wanted` if it is one of `names`, else raise UserError that lists them and suggests the nearest."""
    names = list(names)
    if wanted in names:
        return wanted
    import difflib  # noqa: PLC0415 - every cell starts with this module, and only a mistake needs it

    near = difflib.get_close_matches(wanted, names, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]!r}?" if near else "."
    raise UserError(f"no {kind} is called {wanted!r}{hint} Known: {', '.join(names)}")


def select(
    preset: Preset,
    workloads: Iterable[str] = (),
    models: Iterable[str] = (),
    flows: Iterable[int] = (),
    rounds: int | None = None,
) -> tuple[Row, ...]:
    """The preset's rows, narrowed to what the user named; a number of flows the preset lacks makes a new row.

    Raises UserError for a name that does not exist, or where nothing is left to measure.
    """
    workloads = [known("workload", name, WORKLOADS) for name in dict.fromkeys(workloads)]
    models = [known("model", name, MODELS) for name in models]
    flows = list(flows)
    by_workload = {name: [row for row in preset.rows if row.workload == name] for name in WORKLOADS}
    rows: list[Row] = []
    for name in workloads or [name for name in WORKLOADS if by_workload[name]]:
        base = by_workload[name] or [Row(name, n, _ALL, 3, 3) for n in load_workload(name).FLOWS]
        wanted = [n for n in flows if takes(name, n)] if flows else [row.flows for row in base]
        for n in dict.fromkeys(wanted):
            there = [row for row in base if row.flows == n]
            if flows and all(row.parameters for row in there):
                able = tuple(m for m in MODELS if n <= most_flows(m))
                there.insert(0, Row(name, n, able, base[0].rounds, base[0].most))
            for row in there:
                # A model that is named is measured at any number of flows, but not with parameters it has no cell of.
                able = (
                    tuple(m for m in (row.models if row.parameters else MODELS) if m in models)
                    if models
                    else row.models
                )
                if able:
                    least, most = (rounds, rounds) if rounds is not None else (row.rounds, row.most)
                    rows.append(replace(row.of(able), rounds=least, most=most))
    if not rows:
        raise UserError("nothing is left to measure: ask for fewer restrictions, see `make list`")
    return tuple(rows) if not preset.verdicts or any(row.twins for row in rows) else with_a_twin(rows)


def with_a_twin(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Rows of which those that may have most rounds have a twin each, three at most: no verdict without a noise floor."""
    able = {
        row: [cell.model for cell in row.cells() if can_be_judged(cell) and cell.model not in row.seldom]
        for row in rows
    }
    compared = [row for row, models in able.items() if len(models) > 1 and parameters(row.cells()[0])["ops"]]
    chosen = sorted((row for row in compared if row.most >= LEAST_JUDGED), key=lambda row: -row.most)[:MOST_TWINS]
    return tuple(replace(row, twins=tuple(models[-1:])) if row in chosen else row for row, models in able.items())


def can_be_judged(cell: Cell) -> bool:
    """Is a cell one of those that verdicts are about, and can it run with this interpreter?"""
    return load_model(cell.model).KIND in JUDGED and not not_here(cell)


def most_flows(model: str) -> int:
    """The largest number of flows a model is measured at unless the user asks for it by name."""
    return {
        "sequential": SEQUENTIAL_MOST_FLOWS,
        "process": PROCESS_MOST_FLOWS,
        "process_forkserver": PROCESS_MOST_FLOWS,
        "process_spawn": INTERPRETER_MOST_FLOWS,
        "subinterpreter": INTERPRETER_MOST_FLOWS,
    }.get(model, 1000)
