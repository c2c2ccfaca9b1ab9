"""What a user's file must have and may have, and the `Workload` that is made of it (docs/your-code.md)."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from bench.harness.workload import Workload, no_seat, no_waits, nothing_shared, usual_waits
from bench.own.file import FILES, OwnFile, module_of
from bench.own.loops import around_blocking, around_coroutine, size_of
from bench.own.mirror import alike
from bench.words import UNKNOWN, Body, Ledger, UserError, Value

if TYPE_CHECKING:
    from bench.harness.flow import Flow, Order

PAIRS = (("op_blocking", "op_coroutine"), ("blocking", "coroutine"))  # an op with the suite's loop, or a whole body
PARAMETER = (int, float, str)


def error(file: OwnFile, said: str, function: Any = None) -> UserError:
    """A mistake in the contract, with the line of the function that it is about."""
    code = getattr(function, "__code__", None)
    line = f", line {code.co_firstlineno}" if code is not None else ""
    return UserError(f"{Path(file.shown).name}{line}: {said}")


@dataclass(frozen=True)
class Bodies:
    """What a file has of each side: the function that the user wrote, or None."""

    blocking: Callable[..., Any] | None
    coroutine: Callable[..., Any] | None
    ops: bool  # are they ops, around which the suite has the loop?


def bodies_of(file: OwnFile, module: ModuleType) -> Bodies:
    """Find a file's bodies. Raises UserError where there are none, or one is of the wrong kind."""
    there = [(pair, [vars(module).get(name) for name in pair]) for pair in PAIRS]
    there = [(pair, found) for pair, found in there if any(found)]
    if not there:
        raise error(file, "it has no body: write def op_blocking(seat, task) or async def op_coroutine(seat, task)")
    if len(there) > 1:
        raise error(file, "it has both op_* and whole bodies: keep one pair")
    (pair, (blocking, coroutine)) = there[0]
    for name, function, awaits in zip(pair, (blocking, coroutine), (False, True), strict=True):
        if function is None:
            continue
        if not callable(function):
            raise error(file, f"{name} is {function!r:.40}: make it a function")
        if inspect.iscoroutinefunction(function) != awaits:
            remedy = "write async def" if awaits else "write def, or call it " + pair[1]
            raise error(file, f"{name} {'does not await' if awaits else 'is a coroutine function'}: {remedy}", function)
        if len(inspect.signature(function).parameters) != 2:
            arguments = "(seat, task)" if pair == PAIRS[0] else "(flow, seat)"
            raise error(file, f"{name} must take two arguments: {arguments}", function)
    return Bodies(blocking, coroutine, pair == PAIRS[0])


def parameters_of(file: OwnFile, module: ModuleType) -> dict[str, Value]:
    """A file's parameters with their defaults, the wait among them. Raises UserError."""
    own = getattr(module, "PARAMETERS", {})
    if not isinstance(own, Mapping) or not all(isinstance(k, str) and type(v) in PARAMETER for k, v in own.items()):
        raise error(file, "PARAMETERS must map names to numbers or texts, as in {'size': 1024}")
    wait_ms = getattr(module, "WAIT_MS", 0)
    if type(wait_ms) not in {int, float} or not 0 <= wait_ms < math.inf:
        raise error(file, f"WAIT_MS is {wait_ms!r:.40}: give milliseconds, or leave it out")
    return {"phase": "locked", **own, "wait_ms": wait_ms}


def flows_of(file: OwnFile, module: ModuleType) -> tuple[int, ...]:
    """The numbers of flows that a file is measured at. Raises UserError."""
    flows = getattr(module, "FLOWS", (1, 10, 100))
    if not isinstance(flows, Sequence) or not flows or not all(type(n) is int and n > 0 for n in flows):
        raise error(file, f"FLOWS is {flows!r:.40}: give whole numbers above 0, as in (1, 10, 100)")
    return tuple(flows)


@cache
def workload_of(file: OwnFile) -> Workload:
    """Make the workload of a file. Raises UserError, with file and line, where the file is no workload."""
    module = module_of(file)
    own, bodies = vars(module), bodies_of(file, module)
    waits = "WAIT_MS" in own
    expect = own.get("expect")
    theirs = own.get("tasks")

    def tasks(flow: Flow) -> Sequence[Any]:
        if theirs is None:
            return flow.waits_s if waits else range(len(flow.waits_s))
        found = theirs(flow)
        if len(found) != len(flow.waits_s):
            raise error(
                file, f"tasks gave {len(found)} for {len(flow.waits_s)} ops: one for each of flow.waits_s", theirs
            )
        return found  # type: ignore[no-any-return]

    def ledgers(order: Order) -> Sequence[Ledger]:
        if not bodies.ops and expect is not None:
            return expect(order)  # type: ignore[no-any-return]
        size = UNKNOWN
        if bodies.ops and expect is not None and theirs is None and not waits:
            size = sum(size_of(expect(task)) for task in range(order.ops))
        return [Ledger(order.ops, size, UNKNOWN)] * order.flows

    blocking, coroutine = bodies.blocking, bodies.coroutine
    if bodies.ops:
        blocking = around_blocking(blocking, expect) if blocking else None
        coroutine = around_coroutine(coroutine, expect) if coroutine else None
    ops = own.get("OPS", 0)
    return Workload(
        about=str(own.get("ABOUT", f"every flow does what {Path(file.shown).name} says, k times")).rstrip("."),
        shows=str(own.get("SHOWS", "what it costs under each model")).rstrip("."),
        why=str(own.get("WHY", "")),
        unlike=str(own.get("UNLIKE", "")) or unlike(bodies, own),
        targets=(f"serve_{file.name}",) if "SERVE" in own else (),
        flows=flows_of(file, module),
        parameters=parameters_of(file, module),
        ops={1: ops} if isinstance(ops, int) and ops else ops or {},
        blocking=blocking or none_blocking,
        coroutine=coroutine or none_coroutine,
        expect=ledgers,
        tasks=tasks,
        waits=usual_waits if waits else no_waits,
        prepare=own.get("prepare", nothing_shared),
        open_blocking=own.get("open_blocking", no_seat),
        open_coroutine=own.get("open_coroutine", no_seat),
    )


TWO_PROGRAMS = "they are two different programs"


def unlike(bodies: Bodies, functions: Mapping[str, Any]) -> str:
    """How the bodies differ, where the user does not say it; an empty string where they are the same but for `await`."""
    if bodies.blocking is None or bodies.coroutine is None:
        return ""
    try:
        return "" if alike(bodies.blocking, bodies.coroutine, functions) else TWO_PROGRAMS
    except (OSError, TypeError, SyntaxError, ValueError):  # a lambda, a wrapped function: there is no source of a `def`
        return TWO_PROGRAMS


def none_blocking(_flow: Flow, _seat: Any) -> None:
    """There is no body that blocks: models that need one are not run."""
    raise NotImplementedError


async def none_coroutine(_flow: Flow, _seat: Any) -> None:
    """There is no body that awaits: models that need one are not run."""
    raise NotImplementedError


def without_body(name: str, body: Body) -> str:
    """Return the reason why a file has no body that a model can run, or an empty string."""
    file = FILES[name]
    found = bodies_of(file, module_of(file))
    if body == "trio" or getattr(found, body, None) is None:
        return f"{Path(file.shown).name} has no {body} body"
    return ""


def sources(name: str) -> dict[str, str]:
    """The source of a file's bodies and of what opens their seats; empty for what it has not."""
    file = FILES[name]
    module = module_of(file)
    found = bodies_of(file, module)
    opened = {key: vars(module).get(key) for key in ("open_blocking", "open_coroutine")}
    functions = {"blocking": found.blocking, "coroutine": found.coroutine, **opened}
    return {key: inspect.getsource(inspect.unwrap(one)) if one else "" for key, one in functions.items()}
