"""One of the suite's cells as anybody would time it with pyperf alone, at pyperf's defaults: the plain script's loop.

`python scripts/selftest/pyperf_default.py WORKLOAD MODEL FLOWS OPS PORT [pyperf's options]`.
"""

from __future__ import annotations

import random
import sys
from argparse import Namespace
from pathlib import Path

import pyperf

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scripts import plain

GIVEN = ("workload", "model", "flows", "ops", "port")


def hand_on(command: list[str], given: Namespace) -> None:
    """Tell a worker what is timed."""
    command += [str(getattr(given, name)) for name in GIVEN]


def main() -> None:
    """Time it."""
    runner = pyperf.Runner(add_cmdline_args=hand_on, program_args=(__file__,))
    for name in GIVEN:
        runner.argparser.add_argument(name, type=int if name in {"flows", "ops"} else str)
    given = runner.parse_args()
    plain.where["port"] = given.port

    def time(loops: int) -> float:
        total = 0.0
        for _ in range(loops):
            # Waits differ from round to round in the suite: an interval for one draw would be another thing.
            flows = plain.plan(given.workload, given.flows, given.ops, 10, seed=random.randrange(2**32))
            total += plain.run(given.workload, given.model, flows)[0]
        return total

    runner.bench_time_func(f"{given.workload}/{given.model}/{given.flows}", time)


if __name__ == "__main__":
    main()
