"""`make quick`: the same path in a minute."""

from __future__ import annotations

from bench.presets.groups import FLOWS
from bench.presets.rows import Preset, Row

PRESET = Preset(
    name="quick",
    budget_s=60,
    verdicts=False,
    about="the same path in a minute: figures, but too few rounds for verdicts",
    rows=(
        Row("countasync", 3, ("sequential", "asyncio"), 1, 1),
        Row("sleep", 100, FLOWS, 3, 3),
        Row("http_get", 1, ("thread", "asyncio"), 3, 3),
        Row("http_get", 100, FLOWS, 3, 3),
    ),
)
