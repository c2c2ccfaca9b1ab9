"""Are two bodies the same but for who waits?

Strategy: two are parsed, and a short table of rules rewrites what differs on purpose, on either side, into one common
form; then the trees must be equal. A rule is a pair of patterns in which names that begin with an underscore stand for
any expression. `await` is part of the patterns: one that is forgotten leaves a difference, and so does one too many.
Of a user's file, whose libraries the rules cannot know, an `await` before the same call is the only difference that is let
through beside the rules, and every pair of functions that the bodies call is compared, too.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Bound = dict[str, Any]


@dataclass(frozen=True)
class Rule:
    """What a blocking body writes and what a coroutine writes for the same thing; None: nothing of its own."""

    why: str
    blocking: str | None
    coroutine: str
    common: str


@dataclass(frozen=True)
class TrioRule:
    """What a coroutine of asyncio's writes and what one of trio's writes for the same thing."""

    why: str
    coroutine: str
    trio: str
    common: str


PAIRS = ("_pair_blocking", "_pair_coroutine")  # in a pattern: any name of that side; `_pair` is what both share
RULES = (
    Rule("a timer", "time.sleep(_s)", "await asyncio.sleep(_s)", "SLEEP(_s)"),
    Rule("let others run", "os.sched_yield()", "await asyncio.sleep(0)", "YIELD()"),
    Rule("send what was written", "_stream.flush()", "await _stream.drain()", "SEND(_stream)"),
    Rule("read a line", "_stream.readline()", "await _stream.readline()", "LINE(_stream)"),
    Rule("read so many bytes", "_stream.read(_n)", "await _stream.readexactly(_n)", "BYTES(_stream, _n)"),
    Rule("receive", "_socket.recv(_n)", "await asyncio.get_running_loop().sock_recv(_socket, _n)", "RECV(_socket, _n)"),
    Rule(
        "send",
        "_socket.sendall(_data)",
        "await asyncio.get_running_loop().sock_sendall(_socket, _data)",
        "SENDALL(_socket, _data)",
    ),
    Rule("get a page", "_client.get(_url)", "await _client.get(_url)", "PAGE(_client, _url)"),
    Rule(
        "run a statement",
        "_cursor.execute(_text, _values)",
        "await _cursor.execute(_text, _values)",
        "RUN(_cursor, _text, _values)",
    ),
    Rule("take its rows", "_cursor.fetchall()", "await _cursor.fetchall()", "ROWS(_cursor)"),
    Rule("be handed over to", "_baton.acquire()", "await _baton.acquire()", "ACQUIRE(_baton)"),
    Rule("wait for an event", "_event.wait()", "await _event.wait()", "EVENT(_event)"),
    Rule("put an item", "_queue.put(_item)", "await _queue.put(_item)", "PUT(_queue, _item)"),
    Rule("take an item", "_queue.get()", "await _queue.get()", "GET(_queue)"),
    Rule("join a child", "_child.result()", "await _child", "JOIN(_child)"),
    Rule(
        "call a function of a pair",
        "_pair_blocking(*_arguments)",
        "await _pair_coroutine(*_arguments)",
        "PAIR(_pair, *_arguments)",
    ),
    Rule("ask in the way that was chosen", "ask(_seat, _get)", "await ask(_seat, _get)", "ASK(_seat, _get)"),
    Rule("call what was chosen", "one()", "await one()", "ONE()"),
    Rule("choose the way", "blocking_way(_flow)", "coroutine_way(_flow)", "WAY(_flow)"),
    Rule(
        "an event loop has no read of a file: a thread does it, with the very call that blocks",
        None,
        "await asyncio.get_running_loop().run_in_executor(_pool, _call, *_arguments)",
        "_call(*_arguments)",
    ),
)


def expression(text: str) -> ast.expr:
    """Parse a pattern."""
    return ast.parse(text, mode="eval").body


def match(pattern: Any, node: Any, bound: Bound) -> bool:
    """Compare a tree with a pattern; what its wildcards stand for is left in `bound`."""
    if isinstance(pattern, ast.Name) and pattern.id in PAIRS:
        stem, side = pattern.id.rsplit("_", 1)
        fits = isinstance(node, ast.Name) and node.id.endswith(f"_{side}")
        bound[stem] = ast.Name(node.id.removesuffix(f"_{side}"), ast.Load()) if fits else node
        return fits
    if isinstance(pattern, ast.Name) and pattern.id.startswith("_"):
        bound[pattern.id] = node
        return isinstance(node, ast.expr)
    if isinstance(pattern, list):
        if pattern and isinstance(pattern[-1], ast.Starred):
            fixed = len(pattern) - 1
            bound[ast.unparse(pattern[-1].value)] = node[fixed:]
            return len(node) >= fixed and match(pattern[:-1], node[:fixed], bound)
        return len(pattern) == len(node) and all(match(p, n, bound) for p, n in zip(pattern, node, strict=True))
    if isinstance(pattern, ast.AST):
        return type(pattern) is type(node) and all(
            match(getattr(pattern, name), getattr(node, name), bound) for name in pattern._fields
        )
    return bool(pattern == node)


class Names(ast.NodeTransformer):
    """Take the side out of the names of paired functions, and `async` off a `with`."""

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(node.id.removesuffix("_blocking").removesuffix("_coroutine"), node.ctx)

    def visit_AsyncWith(self, node: ast.AsyncWith) -> ast.With:
        self.generic_visit(node)
        return ast.copy_location(ast.With(node.items, node.body, None), node)


class Fill(ast.NodeTransformer):
    """Put what wildcards stand for in their places."""

    def __init__(self, bound: Bound) -> None:
        self.bound = bound

    def visit_Name(self, node: ast.Name) -> Any:
        return self.bound.get(node.id, node)

    def visit_Starred(self, node: ast.Starred) -> Any:
        name = node.value.id if isinstance(node.value, ast.Name) else ""
        return self.bound.get(name, node)


def size(pattern: ast.expr) -> int:
    """How many expressions a pattern is made of."""
    return sum(isinstance(node, ast.expr) for node in ast.walk(pattern))


def open_places(pattern: ast.expr) -> int:
    """How many wildcards a pattern has."""
    return sum(isinstance(node, ast.Name) and node.id.startswith("_") for node in ast.walk(pattern))


class Rewrite(ast.NodeTransformer):
    """Apply one side of the rules wherever it fits, inner expressions first; `used` has the reasons of those that did."""

    def __init__(self, rules: Sequence[Rule | TrioRule], side: str) -> None:
        texts = [(rule, getattr(rule, side)) for rule in rules]
        self.rules = [(rule, expression(text)) for rule, text in texts if text is not None]
        # Large patterns are tried first, and of two as large the one that leaves less open: sleep(0) before sleep(_s).
        self.rules.sort(key=lambda rule: (-size(rule[1]), open_places(rule[1])))
        self.used: set[str] = set()

    def visit(self, node: ast.AST) -> Any:
        if isinstance(node, ast.AsyncWith):
            for item in node.items:
                item.context_expr = entered(item.context_expr)
        node = self.generic_visit(node)
        for rule, pattern in self.rules:
            bound: Bound = {}
            if match(pattern, node, bound):
                self.used.add(rule.why)
                return Fill(bound).visit(expression(rule.common))
        return node


def entered(manager: ast.expr) -> ast.expr:
    """What `async with` enters: if it comes from a function of a pair, as if that were awaited, for the pair's rule."""
    called = manager.func if isinstance(manager, ast.Call) else None
    return ast.Await(manager) if isinstance(called, ast.Name) and called.id.endswith("_coroutine") else manager


def tree(function: Callable[..., Any]) -> ast.FunctionDef | ast.AsyncFunctionDef:
    """Parse a body's own source, less its docstring."""
    (found,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    if not isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef):
        raise TypeError(f"{function!r} is no function that was made with def")
    if ast.get_docstring(found) is not None:
        found.body = found.body[1:]
    return found


def common_form(body: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[str, set[str]]:
    """Return a body's statements in the common form, as text, and which rules made it so."""
    rewrite = Rewrite(RULES, "coroutine" if isinstance(body, ast.AsyncFunctionDef) else "blocking")
    lines = [ast.unparse(Names().visit(rewrite.visit(statement))) for statement in body.body]
    return "\n".join(lines), rewrite.used


class Plain(ast.NodeTransformer):
    """Take every `await` and `async` away."""

    def visit_Await(self, node: ast.Await) -> ast.expr:
        return self.visit(node.value)  # type: ignore[no-any-return]

    def visit_AsyncFor(self, node: ast.AsyncFor) -> ast.For:
        self.generic_visit(node)
        return ast.copy_location(ast.For(node.target, node.iter, node.body, node.orelse, None), node)


def plain_form(body: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """The common form, less every `await` that no rule knows."""
    tree_ = ast.parse(common_form(body)[0])
    return ast.unparse(Plain().visit(tree_))


def called(body: ast.AST) -> set[str]:
    """The names of the functions of a pair that a body calls, less their side."""
    names = {node.id for node in ast.walk(body) if isinstance(node, ast.Name)}
    return {name.removesuffix("_coroutine") for name in names if name.endswith("_coroutine")}


def alike(blocking: Callable[..., Any], coroutine: Callable[..., Any], functions: Mapping[str, Any]) -> bool:
    """Are two functions of a user's file the same but for `await`, with all pairs that they call? `functions`: the file's."""
    todo, seen = [(blocking, coroutine)], set[str]()
    while todo:
        one, two = (tree(function) for function in todo.pop())
        pairs = called(two)  # before the trees are rewritten
        names = [[argument.arg for argument in body.args.args] for body in (one, two)]
        if names[0] != names[1] or plain_form(one) != plain_form(two):
            return False
        for stem in pairs - seen:
            seen.add(stem)
            pair = functions.get(f"{stem}_blocking"), functions.get(f"{stem}_coroutine")
            if not all(map(inspect.isfunction, pair)):
                return False
            todo.append((pair[0], pair[1]))  # type: ignore[arg-type]
    return True
