"""The mirror of the suite's own workloads, with the table for trio (bench.own.mirror has the rest)."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from bench.own.mirror import Rewrite, TrioRule, tree
from bench.words import Body
from bench.workloads import load_workload, module_of

# How a seat is taken differs freely: it is outside the clock, or the same in kind (a connection of one op's own).
SEATS = ("open", "connect", "connected", "connect_once", "connect_raw")
# A body for trio is compared with asyncio's. What both write alike needs no rule.
TRIO_RULES = (
    TrioRule("a timer", "await asyncio.sleep(_s)", "await trio.sleep(_s)", "SLEEP(_s)"),
    TrioRule("let others run", "await asyncio.sleep(0)", "await trio.lowlevel.checkpoint()", "YIELD()"),
    TrioRule(
        "receive",
        "await asyncio.get_running_loop().sock_recv(before, _n)",
        "await before.recv(_n)",
        "RECV(before, _n)",
    ),
    TrioRule(
        "send one byte, of which nothing can be left",
        "await asyncio.get_running_loop().sock_sendall(after, _byte)",
        "await after.send(_byte)",
        "SENDALL(after, _byte)",
    ),
    TrioRule(
        "receive from a stream",
        "await asyncio.get_running_loop().sock_recv(seat, _n)",
        "await seat.receive_some(_n)",
        "RECV(seat, _n)",
    ),
    TrioRule(
        "send all to a stream",
        "await asyncio.get_running_loop().sock_sendall(seat, _data)",
        "await seat.send_all(_data)",
        "SENDALL(seat, _data)",
    ),
    TrioRule(
        "be handed over to: asyncio's semaphore says True, trio's says None",
        "await _baton.acquire()",
        "await _baton.acquire() is None",
        "ACQUIRE(_baton)",
    ),
)
# What a function for trio is compared with, where that is not asyncio's of the same name: it has only the raw way, so
# it asks in the way that was chosen, always.
TRIO_LIKE = {("http_get", "coroutine"): "varied_coroutine", ("brigade", "coroutine"): "sock_coroutine"}


def form_with_trio(body: ast.FunctionDef | ast.AsyncFunctionDef, side: str) -> tuple[str, set[str]]:
    """Return the common form of asyncio's coroutine (`coroutine`) or of one for trio (`trio`); both are async."""
    rewrite = Rewrite(TRIO_RULES, side)
    lines = [ast.unparse(rewrite.visit(statement)) for statement in body.body]
    return "\n".join(lines), rewrite.used


def arguments(body: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    """The names of a body's parameters, less the mark of those it does not use. Their types may differ."""
    return [argument.arg.removeprefix("_") for argument in body.args.args]


def functions(name: str, body: Body = "coroutine") -> Mapping[str, Callable[..., Any]]:
    """The functions of the module that declares a workload, those that it imports included, by name."""
    module = importlib.import_module(module_of(name, body))
    return {called: value for called, value in vars(module).items() if inspect.isfunction(value)}


def bodies(name: str, stem: str = "") -> Mapping[str, ast.FunctionDef | ast.AsyncFunctionDef]:
    """Both bodies of a workload, or both functions `stem_blocking` and `stem_coroutine` that they call, by side."""
    sides = ("blocking", "coroutine")
    if not stem:
        workload = load_workload(name)
        return {side: tree(getattr(workload, side)) for side in sides}
    return {side: tree(functions(name)[f"{stem}_{side}"]) for side in sides}


def bodies_with_trio(name: str) -> Mapping[str, tuple[ast.AsyncFunctionDef, ast.AsyncFunctionDef]]:
    """By its name, each coroutine that a workload has for trio, after the one of asyncio's that it must be like."""
    ours = functions(name)
    found = {}
    for called, function in functions(name, "trio").items():
        own = function.__module__.startswith("bench.workloads.with_trio.")
        if own and called.endswith("coroutine") and called.removesuffix("_coroutine") not in SEATS:
            pair = tree(ours[TRIO_LIKE.get((name, called), called)]), tree(function)
            assert isinstance(pair[0], ast.AsyncFunctionDef)
            assert isinstance(pair[1], ast.AsyncFunctionDef)
            found[called] = pair[0], pair[1]
    return found


def stems(name: str) -> list[str]:
    """The pairs of a workload: its bodies (an empty stem), and what they call that has two sides; seats differ freely."""
    found = [n.removesuffix("_coroutine") for n in functions(name) if n.endswith("_coroutine")]
    return ["", *(stem for stem in found if stem not in SEATS)]
