"""Waits asked against waits given, as a cell's metadata says: did the server keep to what it was asked for?

Where a server keeps the time, it says how long it really made flows wait. On a quiet machine that is a little more than they
asked for. Of the cells in reports/gallery whose server was at most 70 % busy, all but one had at most 7.7 % more (0.76 ms of
10). The one is the native loop with 1,000 flows, whose server was 68 % busy: 2.5 ms. A server that the cell itself keeps
busier is a property of that cell, and a finding names it. One that a stranger keeps busy is a disturbance.
"""

from __future__ import annotations

from collections.abc import Mapping

from bench.words import Value

OUT_OF_LINE, OUT_OF_LINE_S = (
    0.1,
    0.0002,
)  # beyond the wait asked for: a share of it, and what a timer may add to the shortest
GROSS, GROSS_S = 1.0, 0.001  # so much beyond it is no measurement of that wait: more than twice as long
WAITS_GIVEN = "the server made flows wait"  # begins what is said of it
SERVER_BUSY = 0.7  # a share of the server's core: above it, requests queue for each other


def too_long(figures: Mapping[str, Value], share: float = OUT_OF_LINE, least_s: float = OUT_OF_LINE_S) -> str:
    """Say so where the mean wait given is longer than asked for by more than this share of it and `least_s` seconds.

    An empty string where it is not, where the cell's own flows keep the server busy, or where nobody has said.
    """
    if "wait_asked_s" not in figures or "wait_given_s" not in figures:
        return ""
    busy, strangers = float(figures.get("server_busy", 0.0)), int(figures.get("strangers", 0))
    if busy > SERVER_BUSY and not strangers:
        return ""
    asked_s, given_s = float(figures["wait_asked_s"]), float(figures["wait_given_s"])
    if given_s <= asked_s * (1 + share) + least_s:
        return ""
    by = f", while {strangers:,} strangers asked it" if strangers else ""
    return f"{WAITS_GIVEN} {given_s * 1e3:.3f} ms on average, asked for {asked_s * 1e3:.3f} ms{by}"


def grossly_too_long(figures: Mapping[str, Value]) -> str:
    """Say so where that is so much that the cell has measured another wait."""
    return too_long(figures, GROSS, GROSS_S)
