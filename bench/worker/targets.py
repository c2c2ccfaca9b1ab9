"""The targets of one cell: those that were named are taken, the others are started for this cell alone; and what they saw.

A campaign names them all. By hand, `python -m bench.worker.main http_get/asyncio/100` names none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from bench.harness.flow import Flow
from bench.harness.ledger import Given
from bench.harness.meters import Used
from bench.harness.pin import allowed_cpus
from bench.machine.topology import choose
from bench.targets import SERVE, TARGETS, Referee, load_target
from bench.words import UserError


@dataclass(frozen=True)
class Reached:
    """Where each target of a cell is, and the process of it that this one has started (none: somebody else has)."""

    places: Mapping[str, Any]
    children: Mapping[str, int] = field(default_factory=dict)

    def referees(self, stack: ExitStack) -> dict[str, Referee[Any]]:
        """Whoever can ask each of them, until the stack is left."""
        found: dict[str, Referee[Any]] = {}
        for name, place in self.places.items():
            found[name] = load_target(name).referee(place, self.children.get(name, 0))
            stack.callback(found[name].close)
        return found


def take_targets(names: Sequence[str], options: Any, stack: ExitStack) -> Reached:
    """Take the targets that were named, and start for this cell alone what was not; choose the cores, where none is."""
    places = places_named(options.target, names)
    missing = [name for name in names if name not in places]
    other = options.cpu
    if options.cpu is None or any(load_target(name).on_core for name in missing):
        cores = choose(allowed_cpus(), options.cpu)
        options.cpu, other = cores.measured, cores.other
    started = {name: stack.enter_context(load_target(name).start(other, None)) for name in missing}
    return Reached(
        places | {name: one.place for name, one in started.items()},
        {name: one.process.pid for name, one in started.items() if one.process is not None},
    )


def places_named(arguments: Sequence[str], names: Sequence[str]) -> dict[str, Any]:
    """Read each `NAME=WHERE` of these names; a campaign also says where those are that other cells wait for.

    Raises UserError where an argument makes no sense.
    """
    found = {}
    for argument in arguments:
        name, _, text = argument.partition("=")
        if name not in TARGETS and not name.startswith(SERVE):
            raise UserError(f"--target {argument}: write NAME=WHERE; the names are {', '.join(TARGETS)}")
        if name not in names:
            continue
        try:
            found[name] = load_target(name).from_text(text)
        except ValueError as error:
            raise UserError(f"--target {argument}: {error}") from error
    return found


def what_was_seen(referees: Mapping[str, Referee[Any]], token: str, used: Used) -> dict[str, Any]:
    """What each target saw of the cell with this token, whose processes have used so much."""
    return {name: referee.seen(token, used) for name, referee in referees.items()}


def check(flows: Sequence[Flow], witness: Mapping[str, Any], seen: Mapping[str, Any]) -> None:
    """Raise Fault where a target did not see what the workload says that it must have seen."""
    for name, saw in seen.items():
        load_target(name).check(flows, witness.get(name), saw)


def given(seen: Mapping[str, Any]) -> dict[int, Given]:
    """What the targets say of the waits that they gave, by the flow's index."""
    found: dict[int, Given] = {}
    for name, saw in seen.items():
        found |= load_target(name).given(saw)
    return found
