"""What a launcher is that says nothing else: Python's own, needing nothing, with no limit to its flows.

`load_model` takes from here each name that a launcher's own file does not have. Not a launcher itself.
"""

from __future__ import annotations

from collections.abc import Mapping

from bench.words import Body, Value

BODY: Body = "blocking"


def missing(model: str) -> str:  # noqa: ARG001
    """Every Python has it."""
    return ""


def cannot(model: str, workload: str, parameters: Mapping[str, Value]) -> str:  # noqa: ARG001
    """It runs whatever can run."""
    return ""


def program(model: str, workload: str) -> str:  # noqa: ARG001
    """The workload's own body runs."""
    return ""


def at_once(model: str, parameters: Mapping[str, Value]) -> int | None:  # noqa: ARG001
    """As many as there are."""
    return None


def footprint(model: str, flows: int) -> tuple[int, int]:  # noqa: ARG001
    """Every flow is a task; its files are its own, or shared by all."""
    return 0, flows


def facts(model: str) -> Mapping[str, Value]:  # noqa: ARG001
    """The interpreter says it all."""
    return {}
