"""Laws that every record must keep: what breaks one was not measured rightly, so its cell is void.

Strategy: pure arithmetic on a record's figures, with no model of what was run. One core computes for one second a second
(the utilisation law), and flows have as many ops under way as there are flows at most (Little's law). Denning & Buzen,
The Operational Analysis of Queueing Network Models, ACM Computing Surveys 10 (1978) 225-261. Nothing is clipped.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

from bench.words import Value

SHARE = 0.01  # by which clocks of a processor may differ
TICK_S = 0.004  # at 250 a second: until then the clock of a thread that runs stands still for who looks from outside
READING_S = 50e-6  # of each process: its CPU clock and the wall clock are not read at one instant


class Law(NamedTuple):
    """What must not be larger than what, in words and as figures of a record; `slack`, in the same unit, beyond SHARE."""

    what: str
    than: str
    left: Callable[[Mapping[str, float]], float]
    right: Callable[[Mapping[str, float]], float]
    slack: Callable[[Mapping[str, float]], float]
    one_core: bool = True  # it holds where flows have one core


def readings_s(f: Mapping[str, float]) -> float:
    """The slack for the readings of all processes."""
    return READING_S * f["processes"]


def looks_s(f: Mapping[str, float]) -> float:
    """The slack where the CPU at an instant is known from looks that were so far apart, and a thread's clock from its last tick."""
    return readings_s(f) + f["looks_apart_s"] + TICK_S


def until_read_s(f: Mapping[str, float]) -> float:
    """T, and what went by until the CPU clock was read: flows of one process park meanwhile, and C has the CPU of that."""
    return f["T"] + f["read_late_s"]


# A figure that a record does not have is NaN, and then nothing is larger.
LAWS = (
    Law("the CPU C", "T", lambda f: f["cpu_s"], until_read_s, readings_s),
    Law(
        "the CPU of the start-up",
        "the start-up",
        lambda f: f["start_cpu_s"],
        lambda f: f["start_s"],
        looks_s,
    ),
    Law(
        "the CPU after the start-up",
        "the time after it",
        lambda f: f["cpu_s"] - f["start_cpu_s"],
        lambda f: until_read_s(f) - f["start_s"],
        looks_s,
    ),
    Law(
        "X R, the ops that were under way on average,",
        "the flows that can be",
        lambda f: f["ops_done"] / f["T"] * f["response_s"],
        lambda f: min(f["flows"], f["at_once"]),
        lambda _: 0.0,
        one_core=False,
    ),
    Law(
        "the utilisation of the server's core",
        "1",
        lambda f: f["server_busy"],
        lambda _: 1.0,
        lambda f: 2 * READING_S / f["T"],
        one_core=False,
    ),
)
OTHERWISE: Mapping[str, float] = {"processes": 1.0, "at_once": math.inf, "read_late_s": 0.0}


class Figures(dict[str, float]):
    """The numbers of a record; NaN for one that is not there."""

    def __missing__(self, _: str) -> float:
        return math.nan


def broken(figures: Mapping[str, Value], time_s: float) -> str:
    """Say which law a record breaks, and by how much; an empty string where it keeps them all."""
    numbers = {name: float(value) for name, value in figures.items() if not isinstance(value, str)}
    f = Figures({**OTHERWISE, **numbers, "T": time_s})
    for law in LAWS:
        if law.one_core and f["pin"] != 1:
            continue
        left, right = law.left(f), law.right(f)
        if left > right * (1 + SHARE) + law.slack(f):
            return f"it breaks a law: {law.what} is {left:.6g}, more than {law.than}, {right:.6g}"
    return ""
