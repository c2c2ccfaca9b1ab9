"""What the analysis says of a run that is not over: which intervals are still too wide.

What needs pandas is imported after the first block: a run starts without it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from bench.store.manifest import Manifest, valid_records


def too_wide(folder: Path, manifest: Manifest, blocks: Collection[str]) -> Mapping[str, float]:
    """Which of these blocks have ratios with intervals wider than the manifest's precision, and by how many times."""
    from bench.analysis import precision  # noqa: PLC0415
    from bench.analysis.frames import frame  # noqa: PLC0415

    records = [record for record in valid_records(folder, manifest) if record.cell.block in blocks]
    kinds = {model: manifest.about["kinds"][model] for model in manifest.models}
    widths = precision.widths(frame(records), blocks, kinds, manifest.precision, precision.HELD_BACK)
    return precision.too_wide(widths, manifest.precision)
