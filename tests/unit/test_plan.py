"""Parameters, presets, and narrowing them to what the user named."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import cells
from bench.campaign.plan import Plan
from bench.models import MODELS
from bench.presets import PRESETS
from bench.presets.choice import most_flows, select
from bench.presets.rows import Preset
from bench.words import Cell, UserError, Value
from bench.workloads import WORKLOADS, load_workload
from scripts import seconds

ROOT = Path(__file__).resolve().parents[2]
BENCH, QUICK = PRESETS["bench"], PRESETS["quick"]


def parameters(name: str) -> dict[str, Value]:
    return cells.parameters(Cell.parse(name))


def test_a_cell_has_every_default() -> None:
    found = parameters("http_get/thread/100")
    assert set(cells.DEFAULTS) | set(load_workload("http_get").parameters) | {"ops"} == set(found)
    assert (found["wait_ms"], found["pin"], found["twin"]) == (10, 1, 0)


@pytest.mark.parametrize("workload", WORKLOADS)
def test_a_workload_s_own_defaults_go_before_the_general_ones(workload: str) -> None:
    found = parameters(f"{workload}/thread/{load_workload(workload).flows[0]}")
    assert load_workload(workload).parameters.items() <= found.items()


def test_a_parameter_in_the_name_goes_before_every_default() -> None:
    assert parameters("http_get/thread/100?ops=3&pin=0&wait_ms=5").items() >= {"wait_ms": 5, "pin": 0, "ops": 3}.items()


@pytest.mark.parametrize("workload", WORKLOADS)
def test_ops_go_by_the_largest_number_of_flows_that_is_reached(workload: str) -> None:
    table = load_workload(workload).ops or cells.OPS_BY_FLOWS
    steps = sorted(table)
    for step, after in zip(steps, [*steps[1:], 10 * steps[-1]], strict=True):
        for flows in (n for n in (step, after - 1) if cells.takes(workload, n)):
            assert parameters(f"{workload}/thread/{flows}")["ops"] == table[step]


@pytest.mark.parametrize("workload", [w for w in WORKLOADS if len(load_workload(w).flows) == 1])
def test_a_workload_with_a_part_for_each_flow_takes_no_other_number(workload: str) -> None:
    (fixed,) = load_workload(workload).flows
    assert parameters(f"{workload}/thread/{fixed}")
    with pytest.raises(UserError, match=f"{workload} has {fixed} flows"):
        parameters(f"{workload}/thread/{fixed + 1}")
    assert {row.workload for row in select(BENCH, workloads=[workload, "sleep"], flows=[fixed + 7])} == {"sleep"}


def test_an_unknown_parameter_is_named_with_those_that_there_are() -> None:
    with pytest.raises(UserError, match=r"sleep has no parameter 'payload_kib'; it has .*ops.*wait_ms"):
        parameters("sleep/thread/1?payload_kib=4")


@pytest.mark.parametrize("name", ["sleep/thread/1?wait_ms=long", "sleep/thread/1?phase=5"])
def test_a_parameter_of_another_kind_is_refused(name: str) -> None:
    with pytest.raises(UserError, match="of another kind"):
        parameters(name)


@pytest.mark.parametrize(("wanted", "nearest"), [("slep", "sleep"), ("http-get", "http_get"), ("async", "countasync")])
def test_a_name_that_does_not_exist_is_answered_with_the_nearest_and_all(wanted: str, nearest: str) -> None:
    with pytest.raises(UserError) as caught:
        cells.known("workload", wanted, WORKLOADS)
    assert f"did you mean {nearest!r}?" in str(caught.value)
    assert all(name in str(caught.value) for name in WORKLOADS)


def test_a_name_that_resembles_nothing_is_answered_with_all_in_sentences_of_their_own() -> None:
    with pytest.raises(UserError, match=r"no model is called 'qqqq'[.;:] [Kk]nown: sequential, thread"):
        cells.known("model", "qqqq", MODELS)


def test_a_name_that_exists_is_returned() -> None:
    assert cells.known("model", "uvloop", MODELS) == "uvloop"


def test_nothing_named_selects_the_whole_preset() -> None:
    assert sorted(select(BENCH), key=str) == sorted(BENCH.rows, key=str)


def test_a_workload_narrows_to_its_rows() -> None:
    assert select(BENCH, workloads=["countasync"]) == tuple(r for r in BENCH.rows if r.workload == "countasync")


def test_models_narrow_every_row_and_keep_the_table_s_order() -> None:
    rows = select(BENCH, workloads=["sleep"], models=["asyncio", "thread"])
    assert {row.models for row in rows} == {("thread", "asyncio")}
    assert [row.flows for row in rows if not row.parameters] == [1, 10, 30, 100, 300, 1000]


def test_models_do_not_bring_cells_into_a_row_of_parameters_that_it_has_not() -> None:
    there = {(row.workload, row.flows, row.parameters): set(row.models) for row in BENCH.rows}
    for row in select(BENCH, models=["sequential", "thread"]):
        if row.parameters:
            assert set(row.models) <= there[row.workload, row.flows, row.parameters] & {"sequential", "thread"}


def test_flows_narrow_to_rows_of_that_number_with_their_null_cells() -> None:
    rows = select(BENCH, workloads=["sleep"], flows=[1000])
    assert sorted((row.flows, row.parameters) for row in rows) == [(1000, ()), (1000, (("ops", 0),))]


def test_flows_that_the_preset_lacks_make_a_new_row_of_models_that_can_take_them() -> None:
    (row,) = select(BENCH, workloads=["http_get"], flows=[500])
    assert row.flows == 500
    assert set(row.models) == {m for m in MODELS if most_flows(m) >= 500}


def test_a_model_that_is_named_is_measured_at_any_number_of_flows() -> None:
    (row,) = select(BENCH, workloads=["http_get"], models=["sequential"], flows=[500])
    assert row.models == ("sequential",)


@pytest.mark.parametrize("workloads", [[], ["sleep"], ["sleep", "http_get"]])
def test_rounds_hold_for_every_row_null_cells_included(workloads: list[str]) -> None:
    """`--rounds N: as many rounds of every block`."""
    rows = select(BENCH, workloads=workloads, rounds=2)
    assert {(row.rounds, row.most) for row in rows} == {(2, 2)}


def test_what_is_named_twice_is_measured_once() -> None:
    rows = select(QUICK, workloads=["sleep", "sleep"], models=["thread", "thread"], flows=[100, 100])
    assert [(row.workload, row.flows, row.models) for row in rows] == [("sleep", 100, ("thread",))]


def test_seldom_models_stay_seldom() -> None:
    rows = select(PRESETS["full"], workloads=["http_get"], flows=[1000])
    assert ("process", "thread_pool", "process_pool") in {row.seldom for row in rows}


def test_what_must_have_most_rounds_does_not_wait_for_others() -> None:
    plan = Plan(BENCH.rows, seed=1)
    assert {"hog/2", "handoff/2", "brigade/100", "http_get/1000"} <= plan.judged
    assert plan.judged & {"file_read/100", "sleep/1", "http_get/100?pin=0", "brigade_protocol/100"} == set()


def test_a_choice_that_leaves_every_twin_out_gets_one_of_its_own() -> None:
    rows = select(BENCH, workloads=["http_get"], models=["thread", "uvloop"])
    assert {(row.flows, row.twins) for row in rows if row.twins} == {(n, ("uvloop",)) for n in (100, 300, 1000)}
    assert all(row.most >= 6 and not row.parameters for row in rows if row.twins)
    there = select(BENCH, workloads=["http_get"], models=["thread", "asyncio"])
    assert [row.twins for row in there if row.twins] == [("asyncio",)]  # the preset's
    alone = select(BENCH, workloads=["http_get"], models=["sequential", "thread"])
    assert not any(row.twins for row in alone)  # nothing is compared
    assert not any(row.twins for row in select(QUICK, models=["thread", "uvloop"]))  # nothing is judged


def test_nothing_left_is_a_mistake_of_the_user_s() -> None:
    with pytest.raises(UserError, match="nothing is left to measure"):
        select(BENCH, workloads=["sleep"], flows=[10**6])


@pytest.mark.parametrize("names", [{"workloads": ["slep"]}, {"models": ["tread"]}])
def test_unknown_names_are_mistakes_of_the_user_s(names: dict[str, list[str]]) -> None:
    with pytest.raises(UserError, match="did you mean"):
        select(BENCH, **names)  # type: ignore[arg-type]


@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.name)
def test_the_rows_of_every_preset_can_be_planned(preset: Preset) -> None:
    for row in preset.rows:
        assert row.workload in WORKLOADS
        assert set(row.models) <= set(MODELS)
        assert set(row.seldom) <= set(row.models)
        assert 1 <= row.rounds <= row.most
        for cell in row.cells():
            assert Cell.parse(cell.name) == cell
            assert cells.parameters(cell)["ops"] is not None
            assert cells.time_limit_s(cell) > cells.expected_s(cell) > 0


@pytest.mark.parametrize(
    ("cell", "least_s"),
    [
        ("tree/process/1?depth=3", 3 * 1111 * 2.8e-3),  # all of them processes
        ("open_loop/process/1?capacity=100&load_pct=20&ops=1050", 1050 / 20),  # the last of them comes so late
        ("sleep/process_spawn/10", 10 * 0.1),
        ("httpx_get/process/100", 100 * 20 * 0.9e-3),  # a real client takes its time
    ],
)
def test_a_cell_has_time_for_the_flows_it_makes(cell: str, least_s: float) -> None:
    assert least_s < cells.expected_s(Cell.parse(cell)) < 1.5 * least_s + 1
    assert cells.time_limit_s(Cell.parse(cell)) >= 10 * least_s


@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.name)
def test_no_cell_stands_twice_in_a_preset(preset: Preset) -> None:
    cells = [cell for row in preset.rows for cell in row.cells()]
    assert len(cells) == len(set(cells))


def test_quick_is_small_and_does_not_judge() -> None:
    assert sum(len(row.cells()) for row in QUICK.rows) <= 12
    assert max(row.most for row in QUICK.rows) <= 3
    assert not QUICK.verdicts
    assert QUICK.budget_s <= 60


def test_bench_has_rounds_enough_to_judge_where_there_are_many_flows() -> None:
    headlines = {(row.workload, row.flows): row.rounds for row in BENCH.rows if not row.parameters}
    assert all(headlines[workload, flows] >= 10 for workload in ("sleep", "http_get") for flows in (100, 1000))
    own = {row.workload: max(r.rounds for r in BENCH.rows if r.workload == row.workload) for row in BENCH.rows}
    assert all(own[workload] >= 10 for workload in ("handoff", "brigade", "create", "hog"))
    assert own["open_loop"] >= 5
    once = {"countasync", "park", "file_read", "file_read_inline"}  # take seconds a cell, or nobody judges them
    assert all(row.rounds >= 3 for row in BENCH.rows if row.workload not in once)
    assert BENCH.verdicts
    assert BENCH.budget_s <= 600


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_all_rounds_that_a_preset_must_have_fit_into_its_budget(preset: Preset) -> None:
    assert seconds.needed_s(preset) <= preset.budget_s + 1e-9


def test_the_ledger_of_seconds_in_the_docs_is_that_of_the_plan() -> None:
    assert seconds.text() in (ROOT / "docs/method.md").read_text(), "python3 scripts/seconds.py --write"


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_the_ledger_has_every_cell_of_the_plan(preset: Preset) -> None:
    plan = Plan(preset.rows, seed=1)
    planned = [cell for block in plan.required(1, set()) for cell in block.cells]
    in_ledger = [cell for rows in seconds.blocks(preset).values() for row in rows for cell in seconds.cells_of(row)]
    assert sorted(cell.name for cell in in_ledger) == sorted(cell.name for cell in planned)


@pytest.mark.parametrize("workload", ["sleep", "http_get"])
def test_a_constant_wait_is_measured_beside_the_drawn_one_with_rounds_enough_for_an_interval(workload: str) -> None:
    (row,) = [row for row in BENCH.rows if (row.workload, row.parameters) == (workload, (("wait", "constant"),))]
    assert (row.flows, set(row.models), row.rounds >= 6) == (100, {"thread", "asyncio", "uvloop"}, True)


def test_bench_shows_the_classic_example_once() -> None:
    (row,) = [row for row in BENCH.rows if row.workload == "countasync"]
    assert (row.rounds, row.most) == (1, 1)
    assert "sequential" in row.models
