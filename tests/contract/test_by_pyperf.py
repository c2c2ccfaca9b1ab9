"""The loops of scripts/plain.py, timed by pyperf alone as the selftest has it do: each still runs against the suite's server."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.harness.pin import allowed_cpus
from bench.targets.http_referee import http_server
from scripts.selftest.with_pyperf import Default

SHORT = ("--processes", "2", "--values", "1", "--warmups", "0", "--loops", "1")


@pytest.mark.parametrize("workload", ["sleep", "http_get"])
@pytest.mark.parametrize("model", ["thread", "asyncio"])
def test_pyperf_times_a_cell_that_has_a_plain_script(workload: str, model: str, tmp_path: Path) -> None:
    with http_server(None) as server:
        cell = Default(workload, model, tmp_path, min(allowed_cpus()), server.address[1], 2, SHORT)
        cell()
    assert len(cell.means) == 2
    assert cell.seconds > 0
