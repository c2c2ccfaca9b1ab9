"""The suite's judgement of itself: on values whose truth is known, it must come out as it is."""

from __future__ import annotations

import ast
import math
import random
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from bench.analysis.frames import frame
from bench.analysis.statistics import centre_interval
from bench.analysis.verdicts import Verdict, verdicts
from bench.campaign.subprocesses import Attempt, Outcome
from bench.machine.children import ROOT
from bench.presets import PRECISION
from bench.store.records import Record
from scripts.selftest import __main__ as selftest
from scripts.selftest import pool, simulation, with_pyperf
from scripts.selftest.judging import agreement, alarms, detection, enough, known, tail, windows
from scripts.selftest.pool import CHANGES, Change, Value
from tests.support.cells import ScriptedCells
from tests.support.records import rounds_of

ROUNDS, COPIES = 24, {"thread": 3, "asyncio": 6}


def values(slower: float = 0.05, wobble: float = 0.004, bias: float = 0.0, rounds: int = ROUNDS) -> list[Value]:
    """Equal copies, whose second one is off by `bias`, and copies that are slower by so much in all figures."""
    draw = np.random.default_rng(5)
    found = []
    for round_ in range(1, rounds + 1):
        drift = 1 + 0.2 * round_ / rounds
        for workload in pool.WORKLOADS:
            copies = [(m, f"{m} {i}", bias * (i == 2)) for m in pool.BODIES for i in range(1, COPIES[m] + 1)]
            copies += [(change.model, change.name, slower) for change in CHANGES]
            for model, name, more in copies:
                level = drift * (1.3 if model == "asyncio" else 1)
                t, d = (level * (1 + more) * (1 + draw.normal(0, wobble)) for _ in range(2))
                found.append(Value(round_, workload, model, name, float(t), float(d) * 1e-5, 0.5))
    return found


def test_windows_do_not_overlap() -> None:
    assert windows(23, 8) == [range(1, 9), range(9, 17)]
    assert windows(7, 8) == []


def test_equals_are_seldom_called_different() -> None:
    found = alarms(values(), COPIES)
    pairs = (1 + 15) + (3 + 10) + (1 + 15)  # in sleep and brigade, a thread is a twin; in http_get, a task
    assert found.verdicts == 3 * 2 * pairs
    assert 0.02 < found.intervals / found.verdicts < 0.08
    assert found.independent == 3 * 2 * ((1 + 5) + (2 + 4) + (1 + 5))
    assert found.interval_p > 0.05
    assert found.different / found.verdicts < 0.05
    assert found.p > 0.05


def test_a_copy_that_is_not_equal_raises_the_alarm() -> None:
    found = alarms(values(bias=0.05), COPIES)
    assert found.different > 0.2 * found.verdicts
    assert found.p < 0.001
    assert found.interval_p < 0.001


def test_pyperf_is_asked_about_the_same_times(tmp_path: Path) -> None:
    quiet, biased = (
        with_pyperf.compare_to(values(wobble=0.001, bias=b), {"thread": 3, "asyncio": 3}, tmp_path) for b in (0.0, 0.2)
    )
    assert quiet[0] == biased[0] == 2 * 3 * 3 * 3
    assert quiet[1] == 0  # the drift that all share is much more than what they differ by
    assert biased[1] == 2 * 3 * 3 * 2  # each pair with the second copy


def test_a_slowdown_is_found_and_its_size_is_told() -> None:
    for change in (Change("thread", "T", 0.05), Change("asyncio", "D", 0.1)):
        found = detection(values(), change, COPIES, PRECISION)
        assert [one.workload for one in found] == ["brigade", "http_get", "sleep"]
        assert all(one.found == one.tries == ROUNDS * (COPIES[change.model] - 1) for one in found)
        assert all(one.size == pytest.approx(0.05, abs=0.005) for one in found)
        assert all(one.least < 0.05 < one.most < one.least + 0.01 for one in found)
        assert all(one.as_called for one in found)
        assert all(COPIES[change.model] - 1 <= one.apart <= one.tries for one in found)
        assert all(one.precise > 0.8 * one.tries for one in found)
        for noisy in detection(values(wobble=0.1), change, COPIES, PRECISION):
            assert noisy.precise < 0.5 * noisy.tries


@pytest.mark.parametrize(("slower", "as_called"), [(0.1, True), (0.2, False), (0.02, False)])
def test_a_slowdown_that_is_not_as_large_as_it_is_called_is_seen(slower: float, *, as_called: bool) -> None:
    """So would be a suite that makes too much of differences, or too little."""
    few = [v for v in values(slower=slower, rounds=12) if v.workload == "sleep"]
    (one,) = detection(few, Change("asyncio", "D", 0.1), {"thread": 3, "asyncio": 2}, PRECISION)
    assert one.as_called == as_called


def test_tries_of_all_rounds_there_are_are_one_try_for_each_copy() -> None:
    few = [v for v in values(wobble=0.3, rounds=12) if v.workload == "sleep"]
    (one,) = detection(few, Change("asyncio", "D", 0.1), {"thread": 3, "asyncio": 3}, PRECISION)
    assert (one.tries, one.apart) == (24, 2)


def test_no_slowdown_is_not_found() -> None:
    for one in detection(values(slower=0.0), Change("thread", "T", 0.05), COPIES, PRECISION):
        assert one.found < one.tries / 4
        assert abs(one.size) < 0.003


def test_a_try_has_the_rounds_that_a_campaign_would_measure() -> None:
    assert enough([0.0] * 30, 0.01) == 10
    assert enough([0.1 * (-1) ** i for i in range(24)], 0.01) == 24
    wide_then_narrow = [0.1 * (-1) ** i for i in range(6)] + [0.0] * 30
    assert 10 < enough(wide_then_narrow, 0.01) < 30


def test_time_to_a_width_is_variance_times_work() -> None:
    all_values, half_as_many = known(values(), "sleep"), known(values(rounds=ROUNDS // 2), "sleep")
    assert all_values.rounds == ROUNDS
    assert all_values.seconds == ROUNDS * 2 * 0.5
    assert all_values.seconds_to(all_values.half) == pytest.approx(all_values.seconds)
    assert half_as_many.half / all_values.half == pytest.approx(2**0.5, rel=0.15)
    assert half_as_many.seconds_to(all_values.half) == pytest.approx(all_values.seconds, rel=0.3)
    assert all_values.seconds_to(1.0) == pytest.approx(10 * 2 * 0.5)  # a campaign has ten rounds at least


def test_two_runs_agree_or_are_reversed() -> None:
    def run(factor: float) -> list[Verdict]:
        records: list[Record] = rounds_of("sleep/thread/100", [0.5 + 0.001 * (i % 3) for i in range(10)])
        records += rounds_of("sleep/asyncio/100", [factor * (0.5 + 0.001 * (i % 4)) for i in range(10)])
        return verdicts(frame(records), ["thread", "asyncio"], ("T",))

    same = agreement(run(1.1), run(1.1))
    assert (same.ratios, same.overlap, same.changed, same.reversed) == (1, 1, 0, ())
    found = agreement(run(1.1), run(0.9))
    assert (found.ratios, found.overlap, found.changed) == (1, 0, 1)
    assert found.reversed[0].startswith("sleep at 100 flows, 10 rounds: asyncio needs")


def test_the_tail_of_the_binomial() -> None:
    assert tail(0, 20, 0.05) == pytest.approx(1)
    assert tail(1, 20, 0.05) == pytest.approx(1 - 0.95**20)
    assert tail(20, 20, 0.05) == pytest.approx(0.05**20)
    assert tail(100, 2000, 0.05) == pytest.approx(0.52, abs=0.01)  # the middle of a bell
    assert tail(0, 5000, 0.05) == pytest.approx(1)


@pytest.mark.parametrize("rounds", [8, 30])
@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_intervals_cover_what_is_true(rounds: int, missing: float) -> None:
    world = simulation.World(0.06, 0.2, outliers=0.1, missing=missing)
    assert 0.93 <= simulation.coverage(world, rounds, 1500, seed=1) <= 0.98


def test_missing_rounds_are_missing() -> None:
    draw = np.random.default_rng(1)
    assert [len(cell) for cell in simulation.World(0.1, 0.1, missing=0.25).cells(draw, 20)] == [15, 15]
    assert [len(cell) for cell in simulation.World(0.1, 0.1).cells(draw, 20)] == [20, 20]


@pytest.mark.parametrize("rounds", [8, 30])
def test_intervals_hold_the_median_where_one_model_alone_has_two_states(rounds: int) -> None:
    world = simulation.World(0.15, 0.2, states=0.3)
    assert 0.1 < world.truth() < 0.14  # 0.212 times the normal quantile of 0.5 / 0.7
    assert 0.93 <= simulation.coverage(world, rounds, 1500, seed=1) <= 0.98


def test_the_centre_of_what_is_not_symmetric_is_not_its_median() -> None:
    """What such a world would be without the rule that looks for it."""
    world = simulation.World(0.15, 0.2, states=0.3)
    draw, truth, held = np.random.default_rng(1), world.truth(), 0
    for _ in range(500):
        one, other = world.cells(draw, 30)
        found = centre_interval([math.log(a / b) for a, b in zip(one, other, strict=True)])
        held += found.low <= truth <= found.high
    assert held / 500 < 0.85


def test_the_spread_is_that_of_normal_data_and_is_not_moved_by_outliers() -> None:
    draw = np.random.default_rng(2)
    cells = [np.exp(draw.normal(level, 0.05, 200)) for level in (0, 3)]
    for cell in cells:
        cell[:5] *= 2
    assert simulation.spread([list(cell) for cell in cells]) == pytest.approx(0.05, rel=0.12)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
@pytest.mark.parametrize("workload", pool.WORKLOADS)
def test_one_body_gets_one_line_and_the_other_stays(workload: str, change: Change) -> None:
    source = (ROOT / "bench" / "workloads" / f"{workload}.py").read_text()
    line, setup = change.line(workload)
    found = pool.slow(source, workload, change.model, line, setup)
    whole = ast.parse(source), ast.parse(found)
    before, after = ({node.name: ast.unparse(node) for node in tree.body if hasattr(node, "name")} for tree in whole)
    differ = {name for name in before if after[name] != before[name]}
    assert differ == {pool.BODIES[change.model].split()[-1]}
    assert found.endswith(setup)


def test_a_body_without_its_place_is_refused() -> None:
    with pytest.raises(ValueError, match="0 places found in def blocking"):
        pool.slow("def other():\n    pass\n", "sleep", "thread", "pass", "")


class Meter:
    """A CPU clock that goes on by 1 us each time it is read."""

    def __init__(self) -> None:
        self.ns = 0

    def __call__(self) -> int:
        self.ns += 1000
        return self.ns


@pytest.mark.parametrize("share", [0.05, 0.2])
def test_added_work_is_a_share_of_what_ops_took_since_the_gate_opened(share: float) -> None:
    meter = Meter()
    space: dict[str, Any] = {}
    exec(pool.WORK.replace("CLOCK", "monotonic_ns"), space)  # noqa: S102 - as a module of the copied package runs it
    space["_now_ns"] = meter
    for launch in (7, 8):  # the small check, then the cell: what is between them is nobody's op
        meter.ns += 5_000_000_000
        since = meter.ns
        for _ in range(50 * pool.ADDED_AFTER):
            meter.ns += 40_000
            if next(space["_due"]):
                space["_add"](launch, share)
        own = 50 * pool.ADDED_AFTER * 40_000
        assert (meter.ns - since) / own - 1 == pytest.approx(share, rel=0.03)


def test_an_added_wait_is_a_share_of_what_the_op_took() -> None:
    slept: list[float] = []
    space: dict[str, Any] = {"monotonic_ns": lambda: 12_000_000}
    exec(pool.WAIT, space)  # noqa: S102
    space["_time"] = SimpleNamespace(sleep=slept.append)
    space["_wait"](2_000_000, 0.05)
    space["_wait"](11_999_000, 0.05)
    assert slept == [pytest.approx(0.0005 - pool.LATE_S), 0.0]


def test_copied_packages_have_paths_of_one_length(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "COPIED", tmp_path)
    pool.with_lines("the same", {})
    copies = pool.changed(Change("asyncio", "D", 0.1))
    assert {copy.cell.workload for copy in copies} == set(pool.WORKLOADS)
    assert len({len(path.name) for path in tmp_path.iterdir()}) == 1
    plain, changed = sorted(tmp_path.iterdir(), key=lambda path: path.name.startswith("asyncio"))
    for workload in pool.WORKLOADS:
        one, other = (path / "bench" / "workloads" / f"{workload}.py" for path in (plain, changed))
        assert one.read_text() == (ROOT / "bench" / "workloads" / f"{workload}.py").read_text()
        share = 0.1 / (1 - pool.SPARED.get(workload, 0))
        assert f"_add(flow.gate[0], {share:.3f})" in other.read_text()


def test_copies_of_a_round_are_measured_in_random_order_and_only_whole_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    cells = ScriptedCells()
    monkeypatch.setattr(pool, "time", SimpleNamespace(monotonic=cells.clock))
    copies = pool.same({"thread": 2, "asyncio": 2})
    random.seed(3)
    found = pool.measure(copies, lambda _: cells, cells.clock() + 70, pool.Listener())
    assert len(found) % len(copies) == 0
    orders = [tuple((v.workload, v.copy) for v in found if v.round == n) for n in range(1, found[-1].round + 1)]
    assert len(set(orders)) == len(orders) > 1
    assert all(set(order) == {(c.cell.workload, c.name) for c in copies} for order in orders)


@pytest.mark.parametrize(("kept_s", "after"), [(0, (3, 6, 7)), (6, (3, 5, 5))])
def test_interludes_come_between_rounds_and_all_of_them_in_time(
    kept_s: float, after: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In eight rounds' time: where a round's time is kept for each that is left, five rounds fit."""
    cells = ScriptedCells()
    monkeypatch.setattr(pool, "time", SimpleNamespace(monotonic=cells.clock))
    monkeypatch.setattr(pool, "INTERLUDE_S", kept_s)
    copies = pool.same({"thread": 1, "asyncio": 1})
    calls: list[int] = []
    interludes = [lambda: calls.append(len(cells.calls))] * 3
    pool.measure(copies, lambda _: cells, cells.clock() + 8 * len(copies), pool.Listener(), interludes)
    assert calls == [n * len(copies) for n in after]


def test_a_round_with_a_void_copy_is_left_out_a_few_times_and_what_there_is_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cells, kept, voids = ScriptedCells(), list[int](), iter([6, 13, 20, 27])
    copies = pool.same({"thread": 1, "asyncio": 1})
    at = [next(voids)]

    def now_and_then(_: Attempt) -> Outcome:
        if len(cells.calls) == at[0]:
            at[0] = next(voids, 0)
            return Outcome("it did other work")
        return Outcome()

    cells.outcome = now_and_then
    monkeypatch.setattr(pool, "time", SimpleNamespace(monotonic=cells.clock))
    found: list[Value] = []

    def keep(there: Sequence[Value]) -> None:
        kept.append(len(there))
        found[:] = there

    with pytest.raises(pool.VoidError, match="it did other work"):
        pool.measure(copies, lambda _: cells, cells.clock() + 1000, pool.Listener(keep=keep))
    assert len(found) % len(copies) == 0
    assert kept == sorted(kept)
    assert kept[-1] == len(found) > len(copies)


def test_a_selftest_of_nothing_says_so(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    report = selftest.Report()
    selftest.report_alarms(report, [], tmp_path)
    selftest.report_detection(report, [])
    assert not report.holds
    assert capsys.readouterr().out.count("fewer than 8 rounds") == 2


def test_a_folder_that_is_no_selftest_s_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("sys.argv", ["selftest", "--again", str(tmp_path)])
    assert selftest.main() == 2
    assert "has not all that a selftest measures" in capsys.readouterr().err


def test_a_void_copy_is_no_value() -> None:
    def void(attempt: Attempt) -> Outcome:
        return Outcome("it did other work")

    with pytest.raises(pool.VoidError, match=r"sleep/thread/100 \(thread 1\) is void: it did other work"):
        pool.measure_one(pool.same({"thread": 1, "asyncio": 1})[0], 1, lambda _: void)


def test_a_disturbed_copy_is_measured_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "describe_disturbance", lambda record: "a storm" if record.attempt == 1 else "")
    cells = ScriptedCells()
    (first, *_) = pool.same({"thread": 1, "asyncio": 1})
    pool.measure_one(first, 3, lambda _: cells)
    assert [(call.round, call.attempt) for call in cells.calls] == [(3, 1), (3, 2)]


def test_pyperf_s_intervals_are_welch_s() -> None:
    one, other = [1.0, 1.2, 0.9, 1.1], [1.4, 1.5, 1.3, 1.6]
    assert with_pyperf.half_width(one, other) == pytest.approx(2.4469 * (2 * (1 / 60) / 4) ** 0.5, rel=1e-3)
    assert with_pyperf.half_width([1.0, 1.0], [2.0, 2.0]) == 0


def test_a_selftest_of_few_rounds_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    report = selftest.Report()
    selftest.report_detection(report, [Value(1, "sleep", "thread", "thread 1", 0.4, 1e-5, 0.8)])
    assert not report.holds
    assert "fewer than 8 rounds" in capsys.readouterr().out
