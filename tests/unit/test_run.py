"""What happens between the plan and the first cell: cells are fitted to the machine once, and that is on disk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from bench.campaign import fit
from bench.campaign import run as campaign
from bench.campaign.new import about, new_manifest
from bench.campaign.options import Options
from bench.campaign.targets import TargetLostError, Targets
from bench.machine import topology
from bench.models import asyncio_, load_model
from bench.presets.rows import Row
from bench.store.manifest import RAW, read_manifest
from bench.targets import Started
from bench.targets.disk_file import DiskFile
from bench.words import UserError

WANTED = Options(preset="bench", workloads=("two_flows",), models=("thread",))


@dataclass
class Machine:
    """Where nothing is started: how large a read takes long enough here, what each model can serve, and what was measured."""

    size_kib: int = 4096
    served: float = 5000.0

    def __post_init__(self) -> None:
        self.plans: list[list[dict[str, Any]]] = []


@dataclass
class Served:
    """What pilots come to: so many requests a second, and nothing of a load."""

    by: Machine

    def __call__(self, _: object) -> float:
        return self.by.served

    def cost_s(self, _: object) -> float:
        return 0.0


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Machine:
    found = Machine()

    @contextmanager
    def targets(*_: object) -> Iterator[Targets]:
        yield Targets({"file": Started(DiskFile(tmp_path / "file", "O_DIRECT"))})

    class Campaign:
        """Instead of a campaign: looks at what is on disk when the first cell would start."""

        def __init__(self, folder: Path, _manifest: object, rows: Sequence[Row], *_: object, **__: object) -> None:
            self.folder, self.rows = folder, rows

        def run(self) -> None:
            found.plans.append(read_manifest(self.folder).plan)

    monkeypatch.setattr(campaign, "machine_lock", lambda _: nullcontext())
    monkeypatch.setattr(campaign, "targets", targets)
    monkeypatch.setattr(campaign, "Campaign", Campaign)
    monkeypatch.setattr(fit, "size_that_takes", lambda *_: found.size_kib)
    monkeypatch.setattr(campaign, "Capacities", lambda *_: Served(found))
    monkeypatch.setattr(campaign, "pin", lambda _: None)
    return found


def test_a_run_that_goes_on_keeps_its_plan_where_what_it_began_with_cannot_be_had(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A database that was killed while it started is not one that this machine does not have."""
    folder = campaign.run(replace(WANTED, out=tmp_path / "run"))
    plan = read_manifest(folder).plan
    (folder / RAW / "r001.two_flows.thread.2.a1.json").write_text("{}")

    @contextmanager
    def gone(*_: object) -> Iterator[Targets]:
        yield Targets(lost={"file": "it did not start"})

    monkeypatch.setattr(campaign, "targets", gone)
    with pytest.raises(
        TargetLostError, match=r"^two_flows/thread/2\S* could run when this run began, and cannot now: it did not"
    ):
        campaign.run(Options(resume=str(folder)))
    assert read_manifest(folder).plan == plan
    assert read_manifest(folder).state == "incomplete"


def parameters(plan: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [dict(row["parameters"]) for row in plan]


def test_what_was_fitted_is_on_disk_before_the_first_cell_starts(machine: Machine, tmp_path: Path) -> None:
    campaign.run(replace(WANTED, out=tmp_path / "run"))
    assert parameters(machine.plans[0]) == [{"read_kib": 4096}]


def test_a_run_that_goes_on_keeps_what_was_fitted_even_if_that_was_the_default(
    machine: Machine, tmp_path: Path
) -> None:
    machine.size_kib = 16384
    folder = campaign.run(replace(WANTED, out=tmp_path / "run"))
    assert parameters(machine.plans[0]) == [{}]
    machine.size_kib = 4096
    (folder / RAW / "r001.two_flows.thread.2.a1.json").touch()
    campaign.run(Options(resume=str(folder)))
    assert parameters(machine.plans[1]) == [{}]


def test_a_run_of_nothing_that_could_be_fitted_is_one_line(machine: Machine, tmp_path: Path) -> None:
    machine.served = 0.0
    wanted = Options(preset="bench", workloads=("open_loop",), models=("thread",), out=tmp_path / "run")
    with pytest.raises(UserError, match=r"nothing of this can run here: open_loop/thread/1.*its capacity is not known"):
        campaign.run(wanted)
    assert read_manifest(tmp_path / "run").state == "failed"
    assert machine.plans == []


def test_a_run_whose_twins_cannot_run_here_gets_another(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Of `sleep` at 1,000 flows, `bench` has a twin of uvloop."""
    without = replace(load_model("uvloop"), missing=lambda: "it is not installed")
    monkeypatch.setitem(asyncio_.MODELS, "uvloop", without)
    options = Options(workloads=("sleep",), flows=(1000,), out=tmp_path / "out")
    _, manifest, rows = new_manifest(options, topology.Cores(0, 1, (0, 1)))
    assert [row.twins for row in rows if row.most >= 6] == [("asyncio",)]
    assert manifest.plan[0]["twins"] == ("asyncio",)


def test_a_manifest_keeps_how_each_of_its_workloads_is_shown() -> None:
    rows = [Row("sleep", 10, ("thread",), 1, 1), Row("hog", 2, ("thread",), 1, 1)]
    assert about(rows)["views"] == {"sleep": "scaling figures variants tasks floor", "hog": "preemption tasks"}


def test_what_killed_writers_left_is_gone_when_a_run_goes_on(machine: Machine, tmp_path: Path) -> None:
    folder = campaign.run(replace(WANTED, out=tmp_path / "run"))
    left = [folder / ".run.json.0123456789abcdef.tmp", folder / RAW / ".r001.json.0123456789abcdef.tmp"]
    mine = folder / "notes.tmp"
    for file in (*left, mine):
        file.write_text("half")
    campaign.run(Options(resume=str(folder)))
    assert [file.exists() for file in (*left, mine)] == [False, False, True]
    assert len(machine.plans) == 2
