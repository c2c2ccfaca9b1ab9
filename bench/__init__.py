"""Kernel threads, processes and coroutines doing the same IO-wait work on one core, measured and compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

__version__ = "0.1.0"  # that of pyproject.toml


def load(run: str) -> pd.DataFrame:
    """A run as one tidy pandas frame, for notebooks: a row per valid record, a column per figure (bench/figures.py names them, with units).

    `run`: a path, an id, or `latest`. Nothing that the run's folder has is executed. Raises UserError where there is no such
    run, StoreError where a file of it cannot be used.
    """
    from bench.analysis.frames import frame  # noqa: PLC0415 - whoever imports the package need not have pandas
    from bench.store import runs  # noqa: PLC0415
    from bench.store.manifest import read_manifest, valid_records  # noqa: PLC0415

    folder = runs.find(run)
    return frame(valid_records(folder, read_manifest(folder)))
