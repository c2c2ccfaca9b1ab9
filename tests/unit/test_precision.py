"""Rounds go where intervals are too wide; stopping when they are narrow enough leaves them as true as they were."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from bench.analysis.frames import frame
from bench.analysis.precision import FULL, HELD_BACK, Wanted, Width, too_wide, wanted, widths
from bench.analysis.statistics import Estimate, centre_interval
from bench.campaign.campaign import Campaign
from bench.campaign.progress import Progress
from bench.commands.main import parser
from bench.presets import PRECISION
from bench.presets.rows import Row
from bench.report.compose import document
from bench.report.parts.findings import PART as FINDINGS
from bench.store.manifest import read_manifest
from tests.support.campaigns import REPORT, REPORT_S
from tests.support.cells import ScriptedCells
from tests.support.records import rounds_of
from tests.support.runs import make_manifest

KINDS = {"sequential": "none", "thread": "kernel", "process": "kernel", "asyncio": "user", "native_thread": "native"}
ROUNDS = 12


def around(value: float, spread: float, rounds: int = ROUNDS) -> list[float]:
    """Values that differ from round to round by this share."""
    return [value * (1 + spread * (i % 5 - 2)) for i in range(rounds)]


def test_ratios_of_python_s_models_are_asked_for_and_of_no_others() -> None:
    records = [
        record
        for model in KINDS
        for record in rounds_of(f"sleep/{model}/100", around(0.2, 0.001 if model == "thread" else 0.002))
    ]
    records += rounds_of("sleep/asyncio/100?twin=1", around(0.2, 0.01))
    found = widths(frame(records), {"sleep/100", "sleep/1"}, KINDS, ("T",))
    assert [(w.block, w.figure, w.model, w.reference) for w in found] == [
        ("sleep/100", "T", "process", "thread"),
        ("sleep/100", "T", "asyncio", "thread"),
    ]
    assert all(0 < w.half < 0.01 for w in found)
    assert widths(frame([]), {"sleep/100"}, KINDS, ("T",)) == []


def test_a_model_that_is_seldom_measured_is_not_waited_for() -> None:
    records = [
        *rounds_of("sleep/thread/100", around(0.2, 0.001)),
        *rounds_of("sleep/process/100", [0.2]),
        *rounds_of("sleep/asyncio/100", around(0.2, 0.002)),
    ]
    assert [w.model for w in widths(frame(records), {"sleep/100"}, KINDS, ("T",))] == ["asyncio"]


def test_the_widest_ratio_decides_and_one_without_an_interval_most_of_all() -> None:
    found = [
        Width("a/1", "T", "x", "y", 0.006),
        Width("a/1", "D", "x", "y", 0.1),
        Width("b/1", "T", "x", "y", 0.007),
        Width("c/1", "D", "x", "y", math.nan),
    ]
    assert too_wide(found, PRECISION) == {"a/1": 2.0, "c/1": math.inf}


@pytest.mark.parametrize(("share", "full"), [(FULL + 0.01, True), (FULL - 0.01, False)])
def test_where_the_core_was_full_time_is_asked_for_as_cpu_is(share: float, *, full: bool) -> None:
    records = rounds_of("sleep/thread/100", around(0.2, 0.0)) + rounds_of(
        "sleep/asyncio/100", around(0.2, 0.015), cpu_s=0.2 * share
    )
    (found,) = widths(frame(records), {"sleep/100"}, KINDS, ("T",))
    assert found.full is full
    assert found.times(PRECISION) == pytest.approx(found.half / PRECISION["D" if full else "T"])
    assert bool(too_wide([found], PRECISION)) is not full
    assert Width("a/1", "T", "x", "y", 0.1, full=True).times({"T": 0.1, "D": 0.05}) == 1


def test_what_is_still_wanted_follows_from_the_time_that_a_block_took() -> None:
    table = frame(
        [
            *rounds_of("sleep/thread/100", [0.1] * 7, duration=1.0),
            *rounds_of("http_get/thread/100", [0.1] * 7, duration=3.0),
        ]
    )
    most = {"sleep/100": 31, "http_get/100": 31}
    assert wanted(table, {"sleep/100": 2.0}, most, 280) == Wanted(10.0 * (4 * 7 + HELD_BACK - 7), ())
    assert wanted(table, {"http_get/100": 3.0}, most, 280) == Wanted(30.0 * (31 - 7), ("http_get/100",))
    unknown = wanted(table, {"sleep/100": math.inf, "http_get/100": 3.0}, most, 280)
    assert math.isnan(unknown.seconds)
    assert unknown.never == ("http_get/100",)


def growing(
    folder: Path,
    wide: Callable[[int], Mapping[str, float]],
    budget_s: float = 1000.0,
    sleep_s: float = 10.0,
    most: int = 4,
) -> list[str]:
    """Run two blocks that may grow from two rounds on, one of them of cells that take long; list all calls.

    `wide`: how many times too wide they are, by the number of cells that were measured.
    """
    rows = (Row("sleep", 100, ("thread", "asyncio"), 2, most), Row("http_get", 100, ("thread", "asyncio"), 2, most))
    cells = ScriptedCells(seconds=lambda a: sleep_s if a.cell.workload == "sleep" else 2.0)
    manifest = make_manifest([], state="running", budget_s=budget_s, plan=[])
    (folder / "raw").mkdir(parents=True)
    Campaign(
        folder, manifest, rows, cells, Progress(), cells.clock, report=REPORT, too_wide=lambda _: wide(len(cells.calls))
    ).run()
    assert read_manifest(folder).state == "complete"
    return [f"{call.cell.workload} {call.round}" for call in cells.calls[::2]]


def test_only_blocks_that_are_too_wide_have_more_rounds_than_they_must(tmp_path: Path) -> None:
    assert sorted(growing(tmp_path / "a", lambda _: {"sleep/100": 2.0})) == [
        "http_get 1",
        "http_get 2",
        *(f"sleep {n}" for n in (1, 2, 3, 4)),
    ]
    assert sorted(growing(tmp_path / "b", lambda _: {})) == ["http_get 1", "http_get 2", "sleep 1", "sleep 2"]


@pytest.mark.parametrize(("sleep", "first"), [(1.5, "http_get 3"), (1.9, "sleep 3")])
def test_what_narrows_most_per_second_comes_first_when_time_is_short(sleep: float, first: str, tmp_path: Path) -> None:
    two_rounds_s = 2 * 2 * (3 + 2)
    wide = {"sleep/100": sleep, "http_get/100": 1.1}
    found = growing(tmp_path / "run", lambda _: wide, budget_s=two_rounds_s + REPORT_S + 7, sleep_s=3)
    assert found[4:] == [first]


def test_what_could_not_be_narrow_enough_in_the_whole_budget_waits_for_what_can(tmp_path: Path) -> None:
    far, near = {"sleep/100": 30.0}, {"http_get/100": 1.5}
    found = growing(tmp_path / "a", lambda calls: far | near if calls < 16 else far, budget_s=300, most=9)
    assert found[4:8] == [f"http_get {n}" for n in (3, 4, 5, 6)]
    assert found[8:] == [f"sleep {n}" for n in range(3, 10)]
    assert growing(tmp_path / "b", lambda _: far, budget_s=300)[4:] == ["sleep 3", "sleep 4"]


def test_what_a_block_has_already_does_not_put_it_out_of_reach(tmp_path: Path) -> None:
    """2 rounds of 20 s at 2.9 times the width: 336 s in all, of which 40 are spent."""
    wide = {"sleep/100": 2.9, "http_get/100": 1.5}
    assert sorted(growing(tmp_path / "a", lambda _: wide, budget_s=300)[4:6]) == ["http_get 3", "sleep 3"]


def test_a_width_that_is_not_known_yet_is_within_reach(tmp_path: Path) -> None:
    wide = {"sleep/100": math.inf, "http_get/100": 1.5}
    assert sorted(growing(tmp_path / "a", lambda _: wide)[4:6]) == ["http_get 3", "sleep 3"]


def test_nobody_asks_for_widths_once_there_is_nothing_to_measure(tmp_path: Path) -> None:
    asked: list[int] = []

    def wide(calls: int) -> Mapping[str, float]:
        asked.append(calls)
        return {"sleep/100": 2.0} if calls < 12 else {}

    growing(tmp_path / "a", wide, most=90)
    assert asked == [8, 10, 12]
    asked.clear()
    two_rounds_s = 2 * 2 * (10 + 2)
    growing(tmp_path / "b", wide, two_rounds_s + REPORT_S + 25, most=90)
    assert asked == [8, 10]


@pytest.mark.parametrize(("text", "shares"), [("0.7,5", {"T": 0.007, "D": 0.05}), ("1,10", {"T": 0.01, "D": 0.1})])
def test_a_precision_is_read_in_per_cent(text: str, shares: dict[str, float]) -> None:
    assert parser().parse_args(["run", "--precision", text]).precision == pytest.approx(shares)


@pytest.mark.parametrize("text", ["0.7", "0,5", "a,b", "1,2,3", "-1,5"])
def test_what_is_no_precision_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        parser().parse_args(["run", f"--precision={text}"])
    assert "write per cent of time and CPU, as in 0.7,5" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("spread", "most", "remedy"),
    [
        (0.0005, 100, None),
        (0.01, 100, '`make bench ARGS="--resume {id} --budget 5m"` goes on'),
        (0.01, 14, "measure on a quieter machine: sleep/100 would take more rounds than they may have"),
    ],
)
def test_the_page_names_what_did_not_get_there_and_what_it_would_take(
    spread: float, most: int, remedy: str | None
) -> None:
    records = rounds_of("sleep/thread/100", around(0.2, 0.0)) + rounds_of("sleep/asyncio/100", around(0.2, spread))
    row = {"workload": "sleep", "flows": 100, "parameters": [], "rounds": 10, "most": most}
    manifest = make_manifest(records, plan=[row], precision=dict(PRECISION))
    found = [f for f in document(manifest, records).of(FINDINGS) if "known to within" in f.what]
    if remedy is None:
        assert not found
        return
    (one,) = found
    assert one.what == "not all ratios are known to within 0.7 % in T and 5 % in D: sleep/100"
    assert one.remedy.startswith(remedy.format(id=manifest.id))


@pytest.mark.parametrize(("rounds", "elapsed_s"), [(5, 100.0), (12, 1e7)])
def test_no_time_is_advised_that_nobody_knows_or_has(rounds: int, elapsed_s: float) -> None:
    records = rounds_of("sleep/thread/100", [0.2] * rounds)
    records += rounds_of("sleep/asyncio/100", around(0.2, 0.01, rounds))
    row = {"workload": "sleep", "flows": 100, "parameters": [], "rounds": 10, "most": 100}
    manifest = make_manifest(records, plan=[row], precision=dict(PRECISION), elapsed_s=elapsed_s)
    (found,) = (f for f in document(manifest, records).of(FINDINGS) if "known to within" in f.what)
    assert found.remedy == "give the run more time with --budget, or a quieter machine"


def test_the_last_rounds_do_not_decide() -> None:
    records = rounds_of("sleep/thread/100", [0.2] * 12)
    records += rounds_of("sleep/asyncio/100", [*around(0.2, 0.01, 9), 0.2, 0.2, 0.2])
    records += rounds_of("http_get/thread/100", [0.2] * 12) + rounds_of(
        "http_get/asyncio/100", [*[0.2] * 9, 0.1, 0.4, 0.3]
    )
    blocks = {"sleep/100", "http_get/100"}
    found = {w.block: w.half for w in widths(frame(records), blocks, KINDS, ("T",), held_back=3)}
    assert found["sleep/100"] > 0.01
    assert found["http_get/100"] == 0
    assert widths(frame(records[:1]), blocks, KINDS, ("T",), held_back=3) == []


def rounds(draw: np.random.Generator, outliers: float) -> list[float]:
    """Thirty log ratios of truth 0: both models drift alike, wobble by themselves, and now and then one is far off."""
    wobble = draw.normal(0, 0.06, (2, 30))
    off = (draw.random((2, 30)) < outliers) * draw.exponential(0.5, (2, 30))
    drift = np.linspace(0, draw.normal(0, 0.2), 30)
    one, other = wobble + off + drift
    return [float(value) for value in one - other]


def half(found: Estimate) -> float:
    return (found.high - found.low) / 2


@pytest.mark.parametrize("outliers", [0.0, 0.03, 0.1])
@pytest.mark.parametrize("asked", [0.03, pytest.param(0.05, marks=pytest.mark.long), 0.08])
def test_stopping_when_it_is_narrow_enough_leaves_the_interval_true(outliers: float, asked: float) -> None:
    draw, covered, tries = np.random.default_rng(round(1000 * (outliers + asked))), 0, 2500
    for _ in range(tries):
        values, n = rounds(draw, outliers), 10
        while n < 30 and half(centre_interval(values[: n - HELD_BACK])) > asked:
            n += 1
        found = centre_interval(values[:n])
        covered += found.low <= 0 <= found.high
    assert covered / tries >= 0.93


def test_going_on_is_not_advised_where_it_would_measure_nothing() -> None:
    """The last rounds were noisy: the page sees them, but a campaign decides without them, and has enough."""
    noisy = [0.2 * w for w in (1.03, 0.97, 1.025)]
    records = rounds_of("sleep/thread/100", [0.2] * 13, [50e-6] * 13)
    records += rounds_of("sleep/asyncio/100", [*around(0.2, 0.002, 10), *noisy], [50e-6] * 13)
    row = {"workload": "sleep", "flows": 100, "parameters": [], "rounds": 10, "most": 100}
    manifest = make_manifest(records, plan=[row], precision=dict(PRECISION))
    (found,) = (f for f in document(manifest, records).of(FINDINGS) if "known to within" in f.what)
    assert "--resume" not in found.remedy


def test_models_that_are_in_the_first_rounds_only_do_not_count_in_what_a_round_takes() -> None:
    records = rounds_of("sleep/thread/100", [0.1] * 9, duration=1.0)
    records += rounds_of("sleep/process/100", [0.1], duration=9.0)
    found = wanted(frame(records), {"sleep/100": 2.0}, {"sleep/100": 100}, elapsed_s=36)
    assert found.seconds == pytest.approx(2 * (4 * 9 + HELD_BACK - 9))


def test_a_run_whose_folder_the_user_chose_is_not_gone_on_with_by_its_name_alone() -> None:
    manifest = make_manifest([], state="incomplete", id="mine")
    (found,) = (f for f in document(manifest, []).of(FINDINGS) if "incomplete" in f.what)
    assert '--resume .../mine"' in found.remedy


def test_rounds_that_were_left_out_are_not_those_that_are_held_back() -> None:
    """Rounds 1 to 8 and 11: the last three there are 7, 8 and 11."""
    demands = [1.0, 1.1, 0.9, 1.05, 0.95, 1.0, 3.0, 3.0, 3.0, 3.0, 3.0]
    records = [
        record
        for model, wobble in (("thread", [1.0] * 11), ("asyncio", demands))
        for record in rounds_of(f"sleep/{model}/100", [0.4] * 11, [50e-6 * w for w in wobble])
        if record.round not in {9, 10}
    ]
    kinds = {"thread": "kernel", "asyncio": "user"}
    (found,) = widths(frame(records), ["sleep/100"], kinds, ["D"], 3)
    (first,) = widths(frame([r for r in records if r.round <= 6]), ["sleep/100"], kinds, ["D"])
    assert found.half == first.half
