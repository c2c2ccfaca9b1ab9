"""What a user's file must have and may have, and the `Workload` that is made of it (docs/your-code.md)."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from bench.harness.workload import Workload, no_seat, no_waits, nothing_shared, usual_waits
from bench.own.file import FILES, OwnFile, module_of
from bench.own.loops import around_blocking, around_coroutine, size_of
from bench.own.mirror import alike
from bench.words import BODY, UNKNOWN, Body, Ledger, UserError, Value

if TYPE_CHECKING:
    from bench.harness.flow import Flow, Order

PAIRS = (("op_blocking", "op_coroutine"), ("blocking", "coroutine"))  # an op with the suite's loop, or a whole body
PARAMETER = (int, float, str)
ALMOST = 0.85  # of two names, as difflib has it: two letters of op_coroutine


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
    look_for_slips(file, module)
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


def look_for_slips(file: OwnFile, module: ModuleType) -> None:
    """Raise UserError for a function that is called almost like a body: without a word, its models would just be left out."""
    used = [pair for pair in PAIRS if any(name in vars(module) for name in pair)] or PAIRS
    names = [name for pair in used for name in pair]
    for name, function in vars(module).items():
        meant = get_close_matches(name, names, n=1, cutoff=ALMOST)
        if inspect.isfunction(function) and name not in names and meant and meant[0] not in vars(module):
            raise error(file, f"{name} is no body: did you mean {meant[0]}?", function)


def parameters_of(file: OwnFile, module: ModuleType) -> dict[str, Value]:
    """A file's parameters with their defaults, the wait among them. Raises UserError."""
    own = getattr(module, "PARAMETERS", {})
    if not isinstance(own, Mapping) or not all(isinstance(k, str) and type(v) in PARAMETER for k, v in own.items()):
        raise error(file, "PARAMETERS must map names to numbers or texts, as in {'size': 1024}")
    wait_ms = getattr(module, "WAIT_MS", 0)
    if type(wait_ms) not in {int, float} or not 0 <= wait_ms < math.inf:
        raise error(file, f"WAIT_MS is {wait_ms!r:.40}: give milliseconds, or leave it out")
    return {"phase": "locked", "wait": "constant", **own, "wait_ms": wait_ms}


def flows_of(file: OwnFile, module: ModuleType) -> tuple[int, ...]:
    """The numbers of flows that a file is measured at. Raises UserError."""
    flows = getattr(module, "FLOWS", (1, 10, 100))
    if not isinstance(flows, Sequence) or not flows or not all(type(n) is int and n > 0 for n in flows):
        raise error(file, f"FLOWS is {flows!r:.40}: give whole numbers above 0, as in (1, 10, 100)")
    return tuple(flows)


AWAITING = ("asyncio", "asyncio_eager", "uvloop", "trio")  # the models that run a body that awaits
Named = Mapping[str, tuple[Callable[..., Any] | None, Callable[..., Any] | None]]


def named_bodies(file: OwnFile, module: ModuleType) -> Named:
    """The ops of `BODIES` by name, as one that blocks and one that awaits. Raises UserError."""
    bodies = getattr(module, "BODIES", {})
    if not isinstance(bodies, Mapping):
        raise error(
            file, "BODIES must map names to functions, as in {'requests': get_requests, 'httpx': (get, get_async)}"
        )
    found = {}
    for name, value in bodies.items():
        functions = value if isinstance(value, tuple) else (value,)
        if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z][\w.+-]{0,30}", name, re.ASCII):
            raise error(file, f"BODIES: {name!r:.40} cannot name a body: use letters, digits, '.', '_' and '-'")
        if not 1 <= len(functions) <= 2 or not all(callable(function) for function in functions):
            raise error(
                file, f"BODIES: {name} is {value!r:.40}: give a function, or one that blocks and one that awaits"
            )
        sides = {inspect.iscoroutinefunction(function): function for function in functions}
        if len(sides) < len(functions):
            raise error(file, f"BODIES: both functions of {name} are of one kind: one must be async def", functions[1])
        for function in functions:
            if len(inspect.signature(function).parameters) != 2:
                raise error(file, f"BODIES: {name} must take two arguments: (seat, task)", function)
        found[name] = (sides.get(False), sides.get(True))
    return found


def of_named(file: OwnFile, own: Mapping[str, Any], named: Named, workload: Workload) -> Workload:
    """The workload that runs the body which the parameter `body` names; its seat is `open_NAME`, or `open_NAME_blocking` and `_coroutine`."""
    expect = own.get("expect")
    blocking = {name: around_blocking(one, expect) for name, (one, _) in named.items() if one}
    coroutine = {name: around_coroutine(one, expect) for name, (_, one) in named.items() if one}

    def opener(flow: Flow, side: str) -> Any:
        plain = str(flow.parameters[BODY]).replace(".", "_").replace("-", "_")
        names = (f"open_{plain}_{side}", f"open_{plain}", f"open_{side}")
        return next((own[name] for name in names if name in own), no_seat)(flow)

    def cannot(model: str, parameters: Mapping[str, Value]) -> str:
        there = coroutine if model in AWAITING else blocking
        kind = "awaits" if model in AWAITING else "blocks"
        body = str(parameters[BODY])
        return "" if body in there else f"{Path(file.shown).name} has no {body} that {kind}"

    return replace(
        workload,
        parameters={**workload.parameters, BODY: next(iter(named))},
        choices={BODY: tuple(named)},
        unlike=workload.unlike or NAMED_BODIES,
        blocking=lambda flow, seat: blocking[str(flow.parameters[BODY])](flow, seat),
        coroutine=lambda flow, seat: coroutine[str(flow.parameters[BODY])](flow, seat),
        open_blocking=lambda flow: opener(flow, "blocking"),
        open_coroutine=lambda flow: opener(flow, "coroutine"),
        cannot=cannot,
    )


@cache
def workload_of(file: OwnFile) -> Workload:
    """Make the workload of a file. Raises UserError, with file and line, where the file is no workload."""
    module = module_of(file)
    own, named = vars(module), named_bodies(file, module)
    bodies = Bodies(None, None, ops=True) if named else bodies_of(file, module)
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
    made = Workload(
        about=str(own.get("ABOUT", f"every flow does what {Path(file.shown).name} says, k times")).rstrip("."),
        shows=str(own.get("SHOWS", "what it costs under each model")).rstrip("."),
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
    return of_named(file, own, named, made) if named else made


NAMED_BODIES = "they are of different libraries, which stand behind the models' names"
TWO_PROGRAMS = "they are two different programs"


def one_sided(file: OwnFile) -> str:
    """What a file says of one side only, so that there is nothing to compare it with; empty where it has both, or names bodies."""
    module = module_of(file)
    found = bodies_of(file, module) if not named_bodies(file, module) else None
    if found is None or (found.blocking and found.coroutine):
        return ""
    return f"it has no body that {'awaits' if found.blocking else 'blocks'}: models that need one are not run"


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
    if named_bodies(file, module_of(file)):  # which of them, `cannot` knows
        return f"{Path(file.shown).name} has no trio body" if body == "trio" else ""
    found = bodies_of(file, module_of(file))
    if body == "trio" or getattr(found, body, None) is None:
        return f"{Path(file.shown).name} has no {body} body"
    return ""


def places(name: str) -> str:
    """Where the bodies of a file stand, in words."""
    file = FILES[name]
    module = module_of(file)
    named = named_bodies(file, module)
    found = bodies_of(file, module) if not named else None
    functions = [one for pair in named.values() for one in pair] if found is None else [found.blocking, found.coroutine]
    lines = [code for one in functions if (code := getattr(one, "__code__", None)) is not None]
    return f"{Path(file.shown).name}: " + ", ".join(f"{one.co_name} in line {one.co_firstlineno}" for one in lines)


def sources(name: str) -> dict[str, str]:
    """The source of a file's bodies and of what opens their seats; empty for what it has not."""
    file = FILES[name]
    module = module_of(file)
    if named := named_bodies(file, module):
        texts = ["\n".join(inspect.getsource(pair[side]) for pair in named.values() if pair[side]) for side in (0, 1)]  # type: ignore[arg-type]
        return {"blocking": texts[0], "coroutine": texts[1], "open_blocking": "", "open_coroutine": ""}
    found = bodies_of(file, module)
    opened = {key: vars(module).get(key) for key in ("open_blocking", "open_coroutine")}
    functions = {"blocking": found.blocking, "coroutine": found.coroutine, **opened}
    return {key: inspect.getsource(inspect.unwrap(one)) if one else "" for key, one in functions.items()}
