"""Pack a run's records into one file, or unpack them again: `python3 scripts/environment.py scripts/pack.py [--unpack] RUN…`

A packed run is read as any other: `bench report` and `bench compare` take it. It cannot be gone on with.
"""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.store import packed, runs
from bench.words import RunFailedError, UserError


def main() -> int:
    """Pack or unpack the runs that are named."""
    parser = ArgumentParser(description="pack the records of runs, each into one file beside its manifest")
    parser.add_argument("runs", nargs="+", metavar="RUN", help="a path, an id, or latest")
    parser.add_argument("--unpack", action="store_true", help="the other way round")
    options = parser.parse_args()
    try:
        for name in options.runs:
            folder = runs.find(name)
            made = packed.unpack_records(folder) if options.unpack else packed.pack_records(folder)
            print(os.path.relpath(made))
    except (UserError, RunFailedError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2 if isinstance(error, UserError) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
