"""`make bench`: the default grid."""

from __future__ import annotations

from bench.presets.groups import ALL, CONSTANT, FLOWS, GREENLET, LIGHT, NETWORK, NULL, PAIR, STALL, UNPINNED, with_
from bench.presets.rows import FLOOR, HEADLINE, Preset, Row

JUDGED = (10, 30)  # rounds: as many as a verdict needs, and some more where there is time

PRESET = Preset(
    name="bench",
    budget_s=600,  # servers, pilots and the report included
    verdicts=True,
    about="the default grid: what is judged at least 10 rounds, the rest of the card 3 to 6, in 10 minutes",
    rows=(
        Row("countasync", 3, ALL, 1, 1),
        Row("sleep", 1, (*ALL, *FLOOR), 3, 3),
        Row("sleep", 10, FLOWS, 3, 3),
        Row("sleep", 30, FLOWS, 3, 3),
        Row("sleep", 100, (*FLOWS, *FLOOR), *HEADLINE, twins=("thread",)),
        Row("sleep", 300, FLOWS, 3, 3, seldom=("process",)),
        Row("sleep", 1000, (*LIGHT, *FLOOR), *HEADLINE, twins=("uvloop",)),
        Row("http_get", 1, (*ALL, *FLOOR), 3, 3),
        Row("http_get", 10, FLOWS, 3, 3),
        Row("http_get", 30, FLOWS, 3, 3),
        Row("http_get", 100, (*FLOWS, *FLOOR), *HEADLINE, twins=("asyncio",)),
        # The core is full near here: without an interval of D, N* has none. 300 processes take seconds to make.
        Row("http_get", 300, FLOWS, 6, 6, seldom=("process",)),
        Row("http_get", 1000, (*LIGHT, *FLOOR), *HEADLINE),
        Row("http_get", 100, UNPINNED, 6, 6, with_(pin=0)),
        Row("http_get", 100, PAIR, 6, 6, with_(softirq=1)),  # what of it is the other end's network work
        # What falling into step is worth.
        *(Row(w, 100, LIGHT, 6, 6, CONSTANT) for w in ("sleep", "http_get")),
        # What the convenience costs, and a heap without room.
        Row("http_get", 100, PAIR, 3, 3, with_(api="raw")),
        Row("http_get", 100, ("asyncio",), 3, 3, with_(heap="trimmed")),
        # No network work, and TCP that does not pace what it sends.
        *(Row("http_get", 100, LIGHT, 3, 3, variant) for variant in NETWORK),
        # The null cells: no ops at all, which shows what the gate itself costs. Shown, never subtracted.
        Row("sleep", 100, FLOWS, 3, 3, NULL),
        Row("sleep", 1000, LIGHT, 3, 3, NULL),
        Row("file_read", 1, ALL, 1, 1),
        Row("file_read", 10, ALL, 1, 1),
        Row("file_read", 100, FLOWS, 3, 3),
        Row("file_read_inline", 10, ("asyncio", "uvloop"), 1, 1),
        # A timer beside large reads: does anything stand still meanwhile?
        Row("file_read", 2, LIGHT, 1, 1, STALL),
        Row("file_read_inline", 2, ("asyncio", "uvloop"), 1, 1, STALL),
        Row("two_flows", 2, ALL, 3, 3),
        Row("create", 100, (*ALL, "native_thread"), *JUDGED),
        Row("handoff", 2, (*FLOWS, "native_thread"), *JUDGED),
        Row("switch", 1, ("sequential",), 3, 3),
        Row("switch", 1, ("sequential",), 3, 3, GREENLET),
        Row("brigade", 100, (*FLOWS, *FLOOR), *JUDGED, twins=("thread",)),  # the floor where the core is full
        Row("brigade", 100, LIGHT, 3, 3, with_(api="sock")),
        Row("brigade_protocol", 100, LIGHT, 6, 6),
        Row("hog", 2, (*FLOWS, *FLOOR), 10, 10),
        *(Row("open_loop", 1, LIGHT, 6, 6, with_(load_pct=load)) for load in (50, 80)),
        *(Row("park", n, ("thread", "native_thread"), 1, 1) for n in (100, 500, 1000, 2000)),
        *(Row("park", n, ("process",), 1, 1) for n in (50, 100, 200, 500)),
        *(Row("park", n, ("asyncio", "uvloop"), 1, 1) for n in (1000, 2500, 5000, 10000)),
    ),
)
