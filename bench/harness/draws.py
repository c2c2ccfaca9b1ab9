"""How long each op of a flow waits: drawn, or always the same.

Strategy: a flow that always waits equally long falls into step with others. An event loop that wakes for one of them finds
the next nearly due, too, and the longer it runs the more so. No real answer takes exactly 10 ms. So waits are drawn, flow by
flow, from the round's seed: the same for all models of a round. They are whole microseconds, since that is what a request
can ask for.
"""

from __future__ import annotations

import math
from random import Random

DRAWN, CONSTANT = "drawn", "constant"  # values of the parameter `wait`
SPREAD, LOCKED = "spread", "locked"  # and of `phase`
SHORTEST, LONGEST = 0.5, 1.5  # of drawn waits, as multiples of the mean
US = 1e6


def waits_s(seed: str, ops: int, wait_s: float, wait: str, phase: str) -> list[float]:
    """The seconds that each op of a flow waits; `wait_s` is their mean.

    With wait=drawn, each is uniform between half and one and a half times the mean. With phase=spread, the gate opens
    somewhere in the middle of a wait, as if the flow had been waiting for long: its first op waits for what is left.
    """
    if ops == 0:
        return []
    draw, mean_us = Random(seed), wait_s * US
    first_us: list[int] = []
    if phase == SPREAD:
        first_us = [rest_us(draw, mean_us) if wait == DRAWN else draw.randrange(max(1, round(mean_us)))]
    if wait == DRAWN:
        return [us / US for us in first_us + drawn_us(draw, mean_us, ops - len(first_us))]
    return [us / US for us in first_us] + [wait_s] * (ops - len(first_us))


def rest_us(draw: Random, mean_us: float) -> int:
    """What is left of a drawn wait at a random instant, µs.

    A long wait is met more often than a short one, in proportion to its length, and anywhere in it with equal chance
    (Cox, Renewal Theory, 1962, section 5.4). The density of such lengths is proportional to the length; its distribution
    is inverted here.
    """
    length = math.sqrt(SHORTEST**2 + draw.random() * (LONGEST**2 - SHORTEST**2))
    return int(mean_us * length * draw.random())


def drawn_us(draw: Random, mean_us: float, ops: int) -> list[int]:
    """Draw so many waits, µs, each uniform between the shortest and the longest.

    One falls into each of `ops` equal parts of that range, in random order (stratified sampling). So the waits of every
    flow add up to nearly the same, and all flows are there until nearly the end. With free draws of 8 waits, the first of
    100 flows would end after three fifths of the time.
    """
    waits = [round(mean_us * (SHORTEST + (LONGEST - SHORTEST) * (part + draw.random()) / ops)) for part in range(ops)]
    draw.shuffle(waits)
    return waits
