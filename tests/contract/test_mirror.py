"""The bodies of every workload are the same but for who waits, and nothing can be left out of one unseen."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from typing import Any

import pytest

from bench.own.mirror import RULES, alike, common_form
from bench.workloads import WITH_TRIO, WORKLOADS, load_workload
from tests.contract.mirror import TRIO_LIKE, TRIO_RULES, arguments, bodies, bodies_with_trio, form_with_trio, stems

Body = ast.FunctionDef | ast.AsyncFunctionDef


PAIRS = [(name, stem) for name in WORKLOADS if not load_workload(name).unlike for stem in stems(name)]
TRIO = [(name, called) for name in WITH_TRIO for called in bodies_with_trio(name)]


@pytest.mark.parametrize(("name", "stem"), PAIRS)
def test_both_bodies_are_the_same_but_for_who_waits(name: str, stem: str) -> None:
    both = bodies(name, stem)
    blocking, coroutine = both["blocking"], both["coroutine"]
    assert isinstance(blocking, ast.FunctionDef)
    assert isinstance(coroutine, ast.AsyncFunctionDef)
    assert arguments(blocking) == arguments(coroutine)
    assert stem or arguments(blocking) == ["flow", "seat"]
    assert common_form(blocking)[0] == common_form(coroutine)[0]


def test_every_rule_is_used() -> None:
    used: dict[str, set[str]] = {"blocking": set(), "coroutine": set()}
    for name, stem in PAIRS:
        for side, body in bodies(name, stem).items():
            used[side] |= common_form(body)[1]
    assert used["coroutine"] == {rule.why for rule in RULES}
    assert used["blocking"] == {rule.why for rule in RULES if rule.blocking is not None}


def mutants(body: Body) -> Iterator[tuple[str, Body]]:
    """Every body that has one statement less, one await less, or one number that is something else."""
    for kind, count in (("statement", statements), ("await", awaits), ("number", numbers)):
        for i in range(count(copy.deepcopy(body), -1)):
            changed = copy.deepcopy(body)
            count(changed, i)
            yield f"{kind} {i}", changed


def statements(body: Body, drop: int) -> int:
    """Count the statements of a body; that of number `drop` becomes `pass`."""
    seen = 0
    for node in list(ast.walk(body)):
        for field in ("body", "orelse"):
            block = getattr(node, field, None)
            for place, _ in enumerate(block if isinstance(block, list) else ()):
                if seen == drop:
                    block[place] = ast.Pass()  # type: ignore[index]
                seen += 1
    return seen


class Awaits(ast.NodeTransformer):
    """Takes the await of number `drop` away."""

    def __init__(self, drop: int) -> None:
        self.drop, self.seen = drop, 0

    def visit_Await(self, node: ast.Await) -> ast.expr:
        self.generic_visit(node)
        self.seen += 1
        return node.value if self.seen - 1 == self.drop else node


def awaits(body: Body, drop: int) -> int:
    """Count the awaits of a body, and forget that of number `drop`."""
    transformer = Awaits(drop)
    transformer.visit(body)
    return transformer.seen


def numbers(body: Body, change: int) -> int:
    """Count the numbers in a body; that of number `change` becomes another."""
    found = [node for node in ast.walk(body) if isinstance(node, ast.Constant) and isinstance(node.value, int)]
    if change >= 0:
        found[change].value = f"not {found[change].value!r}"
    return len(found)


@pytest.mark.parametrize("side", ["blocking", "coroutine"])
@pytest.mark.parametrize(("name", "stem"), PAIRS)
def test_no_statement_await_or_number_of_one_body_can_differ_unseen(name: str, stem: str, side: str) -> None:
    both = bodies(name, stem)
    (other,) = both.keys() - {side}
    wanted = common_form(both[other])[0]
    changed = list(mutants(both[side]))
    assert len(changed) >= 1
    assert [what for what, body in changed if common_form(body)[0] == wanted] == []


@pytest.mark.parametrize(("name", "called"), TRIO)
def test_a_body_for_trio_is_asyncio_s_but_for_whose_loop_it_is(name: str, called: str) -> None:
    like, body = bodies_with_trio(name)[called]
    assert arguments(like) == arguments(body)
    assert form_with_trio(like, "coroutine")[0] == form_with_trio(body, "trio")[0]


def test_every_rule_for_trio_is_used() -> None:
    used: dict[str, set[str]] = {"coroutine": set(), "trio": set()}
    for name, called in TRIO:
        for side, body in zip(used, bodies_with_trio(name)[called], strict=True):
            used[side] |= form_with_trio(body, side)[1]
    assert used["coroutine"] == used["trio"] == {rule.why for rule in TRIO_RULES}
    assert TRIO_LIKE.keys() <= {*TRIO}


@pytest.mark.parametrize("side", ["coroutine", "trio"])
@pytest.mark.parametrize(("name", "called"), TRIO)
def test_no_statement_await_or_number_of_a_body_for_trio_can_differ_unseen(name: str, called: str, side: str) -> None:
    both = dict(zip(("coroutine", "trio"), bodies_with_trio(name)[called], strict=True))
    (other,) = both.keys() - {side}
    wanted = form_with_trio(both[other], other)[0]
    changed = list(mutants(both[side]))
    assert len(changed) >= 1
    assert [what for what, body in changed if form_with_trio(body, side)[0] == wanted] == []


@pytest.mark.parametrize(
    ("blocking", "coroutine", "same"),
    [
        ("time.sleep(s)", "await asyncio.sleep(s)", True),
        ("time.sleep(s)", "asyncio.sleep(s)", False),
        ("time.sleep(s)", "time.sleep(s)", False),
        ("time.sleep(0)", "await asyncio.sleep(0)", False),  # asyncio does not wait at all: os.sched_yield is its like
        ("os.sched_yield()", "await asyncio.sleep(0)", True),
        ("r.read(n)", "await r.readexactly(n)", True),
        ("r.read(n)", "await r.read(n)", False),  # may return less
        ("w.flush()", "await w.drain()", True),
        ("w.flush()", "await v.drain()", False),
        ("f(a, b)", "await asyncio.get_running_loop().run_in_executor(pool, f, a, b)", True),
        ("f(a, b)", "await asyncio.get_running_loop().run_in_executor(pool, f, b, a)", False),
        ("f(a, b)", "await f(a, b)", False),
    ],
)
def test_the_rules_by_hand(blocking: str, coroutine: str, *, same: bool) -> None:
    both = [
        ast.parse(f"{kind} body(flow, seat):\n    {line}").body[0]
        for kind, line in (("def", blocking), ("async def", coroutine))
    ]
    one, two = (common_form(body)[0] for body in both if isinstance(body, Body))
    assert (one == two) is same


def get_blocking(seat: Any, task: int) -> Any:
    with seat.lock:
        return seat.get(task)


async def get_coroutine(seat: Any, task: int) -> Any:
    async with seat.lock:
        return await seat.get(task)


def other_blocking(seat: Any, task: int) -> Any:
    return seat.get(task)


async def other_coroutine(seat: Any, task: int) -> Any:
    return await seat.get(task, 5)


def op_blocking(seat: Any, task: int) -> Any:
    return get_blocking(seat, task)


async def op_coroutine(seat: Any, task: int) -> Any:
    return await get_coroutine(seat, task)


def hidden_blocking(seat: Any, task: int) -> Any:
    return other_blocking(seat, task)


async def hidden_coroutine(seat: Any, task: int) -> Any:
    return await other_coroutine(seat, task)


@pytest.mark.parametrize(("stem", "same"), [("get", True), ("op", True), ("other", False), ("hidden", False)])
def test_of_a_user_s_file_what_its_bodies_call_is_compared_too(stem: str, *, same: bool) -> None:
    here = globals()
    assert alike(here[f"{stem}_blocking"], here[f"{stem}_coroutine"], here) is same
