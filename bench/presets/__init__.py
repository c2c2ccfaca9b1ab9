"""What is measured by default, as tables: one file per preset, one line in PRESETS. No timed process imports them.

A preset is a list of rows. A row is one block (a workload, a number of flows, the models) and the rounds it needs.
"""

from __future__ import annotations

from collections.abc import Mapping

from bench.presets import bench, full, quick
from bench.presets.rows import Preset

PRESETS: Mapping[str, Preset] = {module.PRESET.name: module.PRESET for module in (bench, full, quick)}

# Relative half widths that headline ratios are measured to, if the budget allows, by figure.
PRECISION: Mapping[str, float] = {"T": 0.007, "D": 0.05}
