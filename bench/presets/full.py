"""`make full`: the whole grid."""

from __future__ import annotations

from bench.presets.groups import (
    ALL,
    ALSO,
    CONSTANT,
    EAGER,
    FLOWS,
    GREENLET,
    LIGHT,
    NETWORK,
    NULL,
    PARKED,
    POOLS,
    STALL,
    STARTED,
    UNPINNED,
    VARIANTS,
    WORDS,
    with_,
)
from bench.presets.rows import FLOOR, Ladder, Preset, Row

PRESET = Preset(
    name="full",
    budget_s=2500,  # of 45 minutes: set-up is to fit in, a cell that ends late, and the report on a slow machine
    verdicts=True,
    about="the whole grid, in 45 minutes: every workload, every model that can, and how many flows there can be",
    ladders_s=540,
    ladders=(
        Ladder("sleep", "thread", 2000, 2, 64000, with_(ops=1)),
        Ladder("sleep", "process", 500, 2, 32000, with_(ops=1)),
        Ladder("sleep", "asyncio", 10_000, 10, 1_000_000, with_(ops=1)),
        Ladder("http_get", "thread", 2500, 2, 10_000, with_(ops=4)),
        Ladder("http_get", "asyncio", 2500, 2, 10_000, with_(ops=4)),
        Ladder("http_get", "uvloop", 2500, 2, 10_000, with_(ops=4)),
    ),
    rows=(
        Row("countasync", 3, ALL, 3, 3),
        *(Row(w, 1, (*ALL, *ALSO, *FLOOR), 6, 6) for w in ("sleep", "http_get")),
        *(Row(w, 10, (*ALL, *ALSO, *STARTED, *FLOOR), 6, 6, seldom=STARTED) for w in ("sleep", "http_get")),
        *(Row(w, n, FLOWS, k, k) for w in ("sleep", "http_get") for n, k in ((30, 3), (300, 6))),
        *(
            Row(w, 100, (*EAGER, *ALSO, *POOLS, *FLOOR), 10, 15, seldom=POOLS, twins=twins)
            for w, twins in (("sleep", ("thread",)), ("http_get", ("asyncio",)))
        ),
        *(
            Row(w, 1000, (*EAGER, *ALSO, *POOLS, *FLOOR), 10, 15, seldom=("process", *POOLS))
            for w in ("sleep", "http_get")
        ),
        *(Row(w, n, UNPINNED, 6, 6, with_(pin=0)) for w, n in (("http_get", 100), ("brigade", 100), ("handoff", 2))),
        *(Row(w, 1, FLOWS, 3, 3, with_(awake=1)) for w in ("sleep", "http_get")),
        *(Row(w, 100, FLOWS, 6, 6, with_(awake=1)) for w in ("sleep", "http_get")),
        *(Row(w, n, FLOWS, 3, 3, NULL) for w in ("sleep", "http_get") for n in (100, 1000)),
        *(Row("http_get", 100, FLOWS, 6, 6, variant) for variant in VARIANTS),
        *(Row("http_get", 100, FLOWS, 3, 3, variant) for variant in (*NETWORK, with_(softirq=1))),
        Row("sleep", 100, FLOWS, 6, 6, CONSTANT),
        Row("http_get", 1000, LIGHT, 6, 6, with_(api="raw")),
        *(Row(w, n, ALL, 6, 6) for w in ("httpx_get", "postgres_sleep") for n in (1, 10)),
        *(Row(w, 100, EAGER, 6, 6) for w in ("httpx_get", "postgres_sleep")),
        *(Row("echo", 100, FLOWS, 6, 6, with_(payload_bytes=size)) for size in (10240, 102400)),
        Row("echo", 100, FLOWS, 6, 6, with_(transport="unix")),
        *(Row("echo", n, ALL if n <= 10 else FLOWS, 6, 6) for n in (1, 10, 100)),
        *(Row("burst", 100, FLOWS, 6, 6, () if b == 1 else with_(burst=b)) for b in (1, 4, 16, 64, 100)),
        *(Row("file_read", n, ALL if n <= 10 else FLOWS, 3, 3) for n in (1, 10, 100)),
        *(Row("file_read_inline", n, ("sequential", "asyncio", "uvloop"), 3, 3) for n in (1, 10)),
        Row("file_read", 2, LIGHT, 3, 3, STALL),
        Row("file_read_inline", 2, ("asyncio", "uvloop"), 3, 3, STALL),
        Row("two_flows", 2, ALL, 10, 15),
        *(Row("brigade", n, (*ALL, *POOLS, *STARTED, *FLOOR), 6, 6, seldom=STARTED) for n in (2, 10)),
        Row("brigade", 100, (*ALL, *ALSO, *FLOOR), 6, 6, twins=("thread", "asyncio")),
        Row("brigade", 100, ("asyncio", "uvloop"), 3, 3, with_(api="sock")),
        Row("brigade_protocol", 100, LIGHT, 6, 6),
        Row("brigade", 500, (*ALL, *FLOOR), 6, 6),
        Row("handoff", 2, (*FLOWS, *ALSO, *POOLS, *STARTED[:2], "native_thread"), 6, 6),
        Row("handoff", 2, ("native_thread",), 6, 6, with_(via="pipe")),
        *(Row("switch", 1, ("sequential",), 6, 6, variant) for variant in ((), GREENLET)),
        Row("yield", 2, (*FLOWS, *ALSO), 6, 6),
        Row("create", 10, (*ALL, *ALSO, "process_pool", *STARTED, "native_thread"), 6, 6),
        *(Row("create", n, (*ALL, *ALSO, "native_thread"), 6, 6) for n in (100, 1000)),
        *(Row("broadcast", n, FLOWS, 6, 6) for n in (10, 100)),
        Row("broadcast", 1000, LIGHT, 6, 6),
        *(Row("queue", n, FLOWS, 6, 6) for n in (2, 11, 101)),
        *(Row("lock", n, ALL, 6, 6) for n in (1, 10, 100)),
        *(Row("hog", 2, (*FLOWS, *ALSO, *FLOOR), 3, 3, () if ms == 50 else with_(burn_ms=ms)) for ms in (1, 10, 50)),
        Row("hog", 2, ("thread",), 3, 3, with_(switch_us=500)),
        *(
            Row("io_share", 10, ALL, 3, 3, () if pct == 50 else with_(burn_pct=pct))
            for pct in (0, 10, 25, 50, 75, 90, 100)
        ),
        *(Row("tree", 1, EAGER, 3, 3, () if depth == 2 else with_(depth=depth)) for depth in (2, 3)),
        *(Row("tree", 1, ("asyncio", "uvloop"), 3, 3, with_(depth=depth)) for depth in (4, 5)),
        *(Row("open_loop", 1, FLOWS, 1, 1, with_(load_pct=load)) for load in (20, 50, 80, 95, 120)),
        *(Row("layers", 1, ("sequential",), 3, 3, with_(api=api)) for api in ("function", "call", "run")),
        Row("layers", 1, ("asyncio", "uvloop"), 3, 3),
        *(Row("layers", 1, ("asyncio", "uvloop"), 3, 3, with_(api=api)) for api in WORDS),
        *(
            Row("park", n, models, 1, 1, variant)
            for models, sizes, variants in PARKED
            for n in sizes
            for variant in variants
        ),
    ),
)
