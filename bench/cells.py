"""What a cell is: its parameters and their defaults, whether it can run here, how long it should take.

The general defaults stand here, once. A parameter that only one workload has stands in that workload's file. Every value,
default or not, is written into every record.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from bench.harness import awake, softirqs
from bench.harness.draws import CONSTANT, DRAWN, LOCKED, SPREAD
from bench.models import load_model
from bench.words import Cell, UserError, Value
from bench.workloads import load_workload, without_body

# wait_ms: long against a hand-over (5 us), short enough for 10 rounds in 10 minutes; whole ms, see docs/design.md.
# wait: is each wait drawn, or are all the same? phase: does the first begin before the gate opens? See bench/harness/draws.py.
# pool: the workers of a model that has a pool, and the threads that read files for an event loop.
# pin: 1 = on one core. awake: 1 = idle cores spin, instead of going to sleep. softirq: 1 = the kernel's network work is timed.
# twin: 1 marks an A/A copy of a cell.
DEFAULTS: Mapping[str, Value] = {
    "wait_ms": 10,
    "wait": DRAWN,
    "phase": LOCKED,
    "pool": 32,
    "pin": 1,
    "awake": 0,
    "softirq": 0,
    "twin": 0,
}
CHOICES: Mapping[str, tuple[str, ...]] = {"wait": (DRAWN, CONSTANT), "phase": (SPREAD, LOCKED)}

WHOLE = ("ops", "pool", "pin", "awake", "softirq", "twin")  # what is counted, or is yes or no

# k, the ops of each flow, by N, the number of flows. Enough that a cell's CPU is well above the meters' own cost, and few
# enough that a cell stays short: more rounds of short cells narrow the intervals, and longer cells hardly do.
OPS_BY_FLOWS: Mapping[int, int] = {1: 20, 10: 15, 100: 20, 300: 12, 1000: 8}

# `verify` and the check inside every timed process: two flows do two ops each, and that is enough to differ.
SMALL_FLOWS, SMALL_OPS, SMALL_WAIT_MS = 2, 2, 10
SMALL_OPS_OF_FILES = 4  # of a user's own: what goes wrong there is not always the first op

CELL_START_S = 0.33  # a fresh worker: interpreter, pyperf, its metadata, the small check (seen: 0.25 to 0.4 s)

# About how long it takes to make and end a flow, or a worker.
MAKE_A_THREAD_S, MAKE_A_TASK_S = 0.2e-3, 10e-6
MAKE_S: Mapping[str, float] = {
    "process": 2.8e-3,
    "process_pool": 10e-3,
    "process_forkserver": 6e-3,
    "process_spawn": 0.12,
    "subinterpreter": 0.12,
}


def defaults(cell: Cell) -> dict[str, Value]:
    """Every parameter that a cell has, with its default, `ops` (k) among them."""
    workload = load_workload(cell.workload)
    if not takes(cell.workload, cell.flows):
        raise UserError(f"{cell.workload} has {workload.flows[0]} flows, no other number: see `make list`")
    ops = workload.ops or OPS_BY_FLOWS
    known: dict[str, Value] = {**DEFAULTS, **workload.parameters}
    known["ops"] = ops[max((n for n in ops if n <= cell.flows), default=min(ops))]
    return known


def parameters(cell: Cell) -> dict[str, Value]:
    """Every parameter of a cell, defaults included. Raises UserError for one that is unknown, or has a value that cannot be."""
    known = defaults(cell)
    for key, value in cell.parameters:
        if key not in known:
            raise UserError(f"{cell.workload} has no parameter {key!r}; it has {', '.join(sorted(known))}")
        if isinstance(known[key], str) != isinstance(value, str):
            raise UserError(f"{cell.name}: {key} is {known[key]!r} by default, {value!r} is of another kind")
        if not isinstance(value, str) and value < 0:
            raise UserError(f"{cell.name}: {key} is {value}, and cannot be below 0")
        if key in WHOLE and not isinstance(value, int):
            raise UserError(f"{cell.name}: {key} is {value}, and must be a whole number")
        words = {**CHOICES, **load_workload(cell.workload).choices}.get(key)
        if words is not None and value not in words:
            raise UserError(f"{cell.name}: {key} is {value!r}, and can be {', '.join(words)}")
        known[key] = value
    return known


def differing(cell: Cell) -> tuple[tuple[str, Value], ...]:
    """A cell's parameters less those that are at their default: they are what its name has. Raises UserError as `parameters`."""
    parameters(cell)
    usual = defaults(cell)
    return tuple((key, value) for key, value in cell.parameters if usual[key] != value)


def benchmark_name(cell: Cell) -> str:
    """What a cell is called in pyperf files, whose tools compare what has the same name.

    The cell's own name leaves out what is at its default. Where a default has changed the work, the new value is named
    (`named` of the workload). `per=op`: a value is the time of the work phase divided by all flows' ops, so the number of
    ops need not be named. A cell without ops keeps its name: its value is the whole time, and it does not wait.
    """
    p = parameters(cell)
    if not p["ops"]:
        return cell.name
    named = {key: p[key] for key in load_workload(cell.workload).named}
    whole = tuple(sorted({**named, **dict(cell.parameters), "per": "op"}.items()))
    return Cell(cell.workload, cell.model, cell.flows, whole).name


def not_here(cell: Cell) -> str:
    """Return why a cell cannot run with this interpreter, or an empty string. Limits of the machine are checked elsewhere."""
    model, workload, given = load_model(cell.model), load_workload(cell.workload), parameters(cell)
    reason = model.missing()
    reason = reason or model.cannot(cell.workload, given)
    reason = reason or without_body(cell.workload, model.body)
    reason = reason or too_few_at_once(cell, given) or workload.cannot(cell.model, given)
    reason = reason or (awake.forbidden() if given["awake"] else "")
    reason = reason or (softirqs.forbidden(int(given["pin"])) if given["softirq"] else "")
    return reason or missing_primitive(cell)


def missing_primitive(cell: Cell) -> str:
    """Return why the model lacks a primitive that the workload needs, or an empty string."""
    has = load_model(cell.model).primitives()
    absent = [need for need in load_workload(cell.workload).needs if has is None or not has.has(need)]
    return f"{cell.model} has no {absent[0]} of its own" if absent else ""


def too_few_at_once(cell: Cell, given: Mapping[str, Value]) -> str:
    """Return why a model cannot have all flows under way at once, where the workload needs that, or an empty string."""
    workload, most = load_workload(cell.workload), load_model(cell.model).at_once(given)
    if most == 1 and workload.together and not workload.control:
        return "its flows wait for each other: one after the other, the first would wait for ever"
    if most is not None and 1 < most < cell.flows and workload.together:
        return f"all of its {cell.flows} flows must be there at once, and {cell.model} has {most}"
    return ""


def takes(workload: str, flows: int) -> bool:
    """Return whether a workload can have so many flows. If it lists a single number, each flow has a part of its own."""
    fixed = load_workload(workload).flows
    return len(fixed) > 1 or flows in fixed


def expected_s(cell: Cell) -> float:
    """Guess how long a whole cell takes, s, its start included. The guess is made of tables; the first round replaces it."""
    p = parameters(cell)
    most = load_model(cell.model).at_once(p) or cell.flows
    waits = float(p["wait_ms"]) / 1000 * int(p["ops"])
    work = max(waits * math.ceil(cell.flows / most), load_workload(cell.workload).op_s * cell.flows * int(p["ops"]))
    make_s = MAKE_S.get(cell.model, MAKE_A_TASK_S if load_model(cell.model).kind == "user" else MAKE_A_THREAD_S)
    return CELL_START_S + work + make_s * min(cell.flows, most) + load_workload(cell.workload).takes_s(p, make_s)


def time_limit_s(cell: Cell) -> float:
    """Seconds after which a cell is ended and void: ten times what it should take, and at least 20 s."""
    return max(20.0, 10 * expected_s(cell))


def known(kind: str, wanted: str, names: Iterable[str]) -> str:
    """Return `wanted` if it is one of `names`, else raise UserError that lists them and suggests the nearest."""
    names = list(names)
    if wanted in names:
        return wanted
    import difflib  # noqa: PLC0415 - every cell starts with this module, and only a mistake needs it

    near = difflib.get_close_matches(wanted, names, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]!r}?" if near else "."
    raise UserError(f"no {kind} is called {wanted!r}{hint} Known: {', '.join(names)}")
