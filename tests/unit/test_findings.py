"""What the reader must know about a run: every rule on both sides of its threshold."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import pytest

from bench.analysis import findings
from bench.analysis.findings import FINDINGS, find_all, load_finder
from bench.analysis.findings.busy_sibling import SIBLINGS
from bench.analysis.findings.cpu_limit import THROTTLED
from bench.analysis.findings.interference import INTERFERENCE
from bench.analysis.findings.slow_start import SLOW_START
from bench.analysis.findings.steal import STEAL
from bench.analysis.frames import frame
from bench.analysis.verdicts import EARLY_SHARE
from bench.store.manifest import Rung, Void
from bench.store.records import Record
from bench.store.waits import SERVER_BUSY
from bench.words import Finding
from tests.support.records import make_record, rounds_of
from tests.support.runs import ENVIRONMENT, make_manifest

CELL = "sleep/thread/100"


def find(records: list[Record], **manifest: Any) -> list[Finding]:
    return find_all(frame(records), make_manifest(records, **manifest))


def with_figures(value_s: float = 1.0, **figures: Any) -> list[Record]:
    return rounds_of(CELL, [value_s] * 3, **figures)


def test_a_quiet_run_has_no_findings() -> None:
    assert find(with_figures()) == []


@pytest.mark.parametrize(
    ("mhz", "said"), [((2300, 2300, 2400), ""), ((2300, 2300, 2500), "between 2,300 and 2,500 MHz")]
)
def test_a_frequency_that_moved_is_told(mhz: tuple[int, ...], said: str) -> None:
    records = [make_record(CELL, n, value_s=1.0, mhz=value) for n, value in enumerate(mhz, start=1)]
    found = find(records)
    assert [said in finding.what for finding in found] == [True] * bool(said)


@pytest.mark.parametrize(
    ("slow", "share", "told"),
    [(1.7, 0.4, True), (1.2, 0.4, False), (1.7, 0.05, False)],
    ids=["often", "a little", "once"],
)
def test_a_core_whose_speed_moves_unseen_is_told(slow: float, share: float, *, told: bool) -> None:
    turns = [12 * slow if n <= share * 40 else 12.0 for n in range(1, 41)]
    records = [make_record(CELL, n, value_s=1.0, turn_ns=ns) for n, ns in enumerate(turns, start=1)]
    found = find(records)
    assert [("12 ns a turn" in one.what, "and 20 beside others" in one.what) for one in found] == [(True, True)] * told
    assert find([make_record(CELL, 1, value_s=1.0, turn_ns=ns) for ns in (12, 24)]) == []
    with_mhz = [make_record(CELL, n, value_s=1.0, turn_ns=ns, mhz=2300) for n, ns in enumerate(turns, start=1)]
    assert find(with_mhz) == []  # where the kernel tells the frequency, that is believed


def test_an_empty_run_has_no_findings_of_records() -> None:
    assert find([]) == []


# By finding: metadata at the threshold (T is 1 s, 2,000 ops), just above it, the level, a word of what is said.
THRESHOLDS: Mapping[str, tuple[dict[str, Any], dict[str, Any], str, str]] = {
    "busy_server": ({"server_busy": SERVER_BUSY}, {"server_busy": SERVER_BUSY + 0.01}, "warning", "server"),
    "interference": (
        {"interference": INTERFERENCE},
        {"interference": INTERFERENCE + 0.01},
        "warning",
        "something else",
    ),
    "steal": ({"steal": STEAL}, {"steal": STEAL + 0.01}, "warning", "hypervisor"),
    "cpu_limit": ({"throttled_s": THROTTLED}, {"throttled_s": THROTTLED + 0.01}, "warning", "stand still"),
    "busy_sibling": (
        {"siblings_busy_s": SIBLINGS},
        {"siblings_busy_s": SIBLINGS + 0.01},
        "warning",
        "hardware thread",
    ),
    "slow_start": ({"release_s": SLOW_START}, {"release_s": SLOW_START + 0.01}, "warning", "not all started"),
    "mostly_starting": (
        {"running_ops": 1000, "start_cpu_s": 0},
        {"running_ops": 999, "start_cpu_s": 0},
        "warning",
        "no CPU per op",
    ),
    "early_timers": (
        {"early_ops": round(2000 * EARLY_SHARE)},
        {"early_ops": round(2000 * EARLY_SHARE) + 1},
        "hint",
        "less",
    ),
}


@pytest.mark.parametrize("name", THRESHOLDS)
def test_a_finding_about_medians_holds_above_its_threshold_and_not_at_it(name: str) -> None:
    at, above, level, word = THRESHOLDS[name]
    assert find(with_figures(**at)) == []
    (finding,) = find(with_figures(**above))
    assert finding.level == level
    assert word in finding.what
    assert finding.what.endswith(CELL)
    assert finding.remedy


def test_every_finding_about_medians_is_tested_above() -> None:
    of_medians = {name for name in FINDINGS if ".medians(" in inspect.getsource(cast("ModuleType", load_finder(name)))}
    assert of_medians == THRESHOLDS.keys()


def test_every_file_of_a_finding_is_in_the_tuple_once_and_says_how_it_finds() -> None:
    folder = Path(findings.__file__).parent
    files = {path.stem for path in folder.glob("*.py")} - {"__init__", "facts"}
    assert files == set(FINDINGS)
    assert len(files) == len(FINDINGS)
    for name in FINDINGS:
        assert list(inspect.signature(load_finder(name).find).parameters) == ["facts"], name


def test_a_server_does_not_bound_cells_that_fill_their_own_core() -> None:
    busy = {"server_busy": SERVER_BUSY + 0.2, "interference": 0.0}
    assert find(with_figures(cpu_s=0.96, **busy)) == []
    (finding,) = find(with_figures(cpu_s=0.94, **busy))
    assert "may be bounded by the server" in finding.what


def test_a_stranger_in_one_round_is_told_and_of_a_run_that_did_not_count_them_nothing_is() -> None:
    counts = (0, 0, 3)
    found = find([make_record(CELL, n, value_s=1.0, strangers=many) for n, many in enumerate(counts, start=1)])
    assert [(f.level, "up to 3 in one cell" in f.what, f.what.endswith(CELL)) for f in found] == [
        ("warning", True, True)
    ]
    assert find(with_figures(strangers=0)) == []
    assert find(with_figures()) == []


def test_a_rule_looks_at_shares_of_the_cell_s_own_time() -> None:
    assert find(with_figures(value_s=10.0, interference=0.4, steal=0.09)) == []
    assert (
        find(with_figures(value_s=0.001, interference=0.0008, release_s=0.0001)) == []
    )  # of so short a phase the readings are as much
    assert find(with_figures(value_s=10.0, interference=0.9, page_faults=400_000)) == []
    assert len(find(with_figures(value_s=1.0, interference=0.4, steal=0.09))) == 2


def test_one_bad_round_of_many_is_no_finding() -> None:
    records = [make_record(CELL, n, value_s=1.0, interference=0.9 if n == 2 else 0.0) for n in range(1, 6)]
    assert find(records) == []


def test_a_rule_names_only_the_cells_it_is_true_of() -> None:
    records = with_figures(steal=0.5) + rounds_of("sleep/asyncio/100", [1.0] * 3)
    (finding,) = find(records)
    assert CELL in finding.what
    assert "asyncio" not in finding.what


def test_many_cells_are_counted_rather_than_all_listed() -> None:
    records = [r for n in range(1, 21) for r in rounds_of(f"sleep/thread/{n}", [1.0], steal=0.5)]
    (finding,) = find(records)
    assert finding.what.count("sleep/thread/") == 6
    assert "14 more" in finding.what


def test_figures_that_a_machine_does_not_give_are_no_findings() -> None:
    record = make_record(CELL, value_s=1.0)
    metadata = {k: v for k, v in record.metadata.items() if k not in {"interference", "steal", "server_busy"}}
    assert find([replace(record, metadata=metadata)]) == []


@pytest.mark.parametrize(("gate_s", "bound"), [(0.05, False), (0.051, True)])
def test_a_cell_is_gate_bound_where_its_null_cell_takes_more_than_a_twentieth(gate_s: float, *, bound: bool) -> None:
    found = find(with_figures(value_s=1.0) + rounds_of(f"{CELL}?ops=0", [gate_s] * 3))
    assert [(f.level, "gate" in f.what, CELL in f.what) for f in found] == ([("hint", True, True)] if bound else [])


def test_the_gate_of_another_model_or_number_of_flows_does_not_count() -> None:
    others = [r for c in ("sleep/asyncio/100?ops=0", "sleep/thread/1000?ops=0") for r in rounds_of(c, [0.9] * 3)]
    assert find(with_figures(value_s=1.0) + others) == []


def test_null_cells_themselves_are_never_judged() -> None:
    assert find(rounds_of(f"{CELL}?ops=0", [0.001] * 3, steal=0.5, interference=0.5)) == []


def test_flows_on_another_core_than_the_pinned_one_are_an_error() -> None:
    records = [make_record(CELL, n, cpus_seen="0,1" if n == 2 else "1") for n in (1, 2, 3)]
    (finding,) = find(records)
    assert (finding.level, CELL in finding.what, "core" in finding.what) == ("error", True, True)


def test_flows_that_were_not_pinned_may_move() -> None:
    assert find(rounds_of(f"{CELL}?pin=0", [1.0] * 3, pin=0, cpus_seen="0,1")) == []


def void(id_: str, reason: str = "it did other work") -> Void:
    return Void(id_, CELL, 2, 1, reason)


def test_a_void_cell_is_an_error_with_its_reason() -> None:
    (finding,) = find(with_figures(), void=[void("r002.x.a1")])
    assert finding.level == "error"
    assert all(part in finding.what for part in (CELL, "round 2", "it did other work"))


def test_void_cells_of_one_reason_are_one_error() -> None:
    cells = ("mine/thread/10", "mine/thread/100", "sleep/thread/10")
    voids = [Void(f"r00{n}.x.a1", cell, n, 1, "no (mine.py, line 7)") for cell in cells for n in (1, 2)]
    mine, sleep = find(with_figures(), void=voids)
    assert mine.what == "4 cells of mine are void: no (mine.py, line 7): mine/thread/10, mine/thread/100"
    assert sleep.what == "2 cells of sleep are void: no (mine.py, line 7): sleep/thread/10"


def test_a_void_that_a_later_attempt_replaced_is_not_listed() -> None:
    assert find(with_figures(), void=[void("r002.x.a1")], superseded=["r002.x.a1"]) == []


@pytest.mark.parametrize("state", ["incomplete", "failed", "running"])
def test_a_run_that_is_not_complete_is_an_error_with_the_way_on(state: str) -> None:
    (finding,) = find(with_figures(), state=state)
    assert (finding.level, state in finding.what, "--resume" in finding.remedy) == ("error", True, True)


@pytest.mark.parametrize("key", ["debug build", "traced"])
def test_an_interpreter_that_is_not_itself_is_an_error(key: str) -> None:
    environment = {**ENVIRONMENT, "interpreter": {**ENVIRONMENT["interpreter"], key: True}}
    assert [f.level for f in find(with_figures(), environment=environment)] == ["error"]


def test_the_campaign_s_own_findings_are_kept_and_the_worst_stand_first() -> None:
    own = [Finding("hint", "a hint"), Finding("warning", "the budget was spent")]
    found = find(with_figures(early_ops=2000), findings=own, void=[void("r002.x.a1")])
    assert [f.level for f in found] == ["error", "warning", "hint", "hint"]
    assert own[0] in found
    assert own[1] in found


def rounds_with(demands: list[float], cell: str = CELL) -> list[Record]:
    """One record per round, with this CPU per op, us."""
    return rounds_of(cell, [1.0] * len(demands), [demand * 1e-6 for demand in demands])


def test_a_drift_that_all_cells_share_is_said_and_one_of_a_single_cell_is_not() -> None:
    rising = [50 * (1 + i / 50) for i in range(12)]
    level = [50.0, 50.5] * 6
    cells = [f"sleep/{model}/{n}" for model in ("thread", "asyncio") for n in (1, 10, 100)]
    (finding,) = find([r for cell in cells for r in rounds_with(rising, cell)])
    assert (finding.level, finding.what[:26]) == ("warning", "CPU per op rose by 16 % ov")
    (finding,) = find([r for cell in cells for r in rounds_with(rising[::-1], cell)])
    assert "CPU per op fell by 13 %" in finding.what
    assert find([r for cell in cells for r in rounds_with(rising if cell == CELL else level, cell)]) == []
    assert find([r for cell in cells for r in rounds_with([50, 55, 60, 65, 70], cell)]) == []  # too few rounds to tell


@pytest.mark.parametrize(
    ("demands", "bimodal"),
    [
        ([50, 51, 52, 53, 70, 71, 72, 73], True),
        ([50, 70, 51, 71, 52, 72, 53, 73], True),  # whichever came first
        ([50, 51, 52, 53, 54, 55, 72, 73], False),  # two are outliers, no group
        ([50, 53, 56, 59, 62, 65, 68, 71], False),  # wide, with no gap
        ([50, 51, 52, 53, 58, 59, 60, 61], False),  # a gap, but a small one
        ([50, 51, 52, 70, 71, 72, 73], False),  # too few rounds
    ],
)
def test_a_cell_in_two_states_is_named(demands: list[float], *, bimodal: bool) -> None:
    alternating = demands[::2] + demands[1::2] if sorted(demands) == demands else demands
    found = [f for f in find(rounds_with(alternating)) if "bimodal" in f.what]
    assert [f.what.endswith(CELL) for f in found] == ([True] if bimodal else [])


def test_a_limit_that_stopped_a_model_is_said() -> None:
    scale = [Rung("sleep/thread/100?ops=1"), Rung("sleep/thread/200?ops=1", "stopped at 150 flows: pids.max is 200")]
    (finding,) = find([], scale=scale)
    assert (finding.level, finding.what) == (
        "hint",
        "a limit was reached: sleep/thread/200?ops=1: stopped at 150 flows: pids.max is 200",
    )


@pytest.mark.parametrize(
    "stopped", ["it did not end within its time limit of 120 s", "time: it would take about 300 s, more than is left"]
)
def test_a_ladder_that_ran_out_of_time_is_told_apart_from_one_that_met_a_limit(stopped: str) -> None:
    (found,) = find([], scale=[Rung("http_get/thread/10000?ops=4", stopped)])
    assert found.what == f"more flows would have taken too long: http_get/thread/10000?ops=4: {stopped}"
    assert "--budget" in found.remedy


@pytest.mark.parametrize("changes", [{"measure": "memory"}, {"measure": "create + join"}])
def test_flows_that_are_there_to_be_made_or_parked_are_not_slow_to_start(changes: dict[str, Any]) -> None:
    assert find(with_figures(release_s=0.9, **changes)) == []


@pytest.mark.parametrize(
    ("demands", "unsteady"),
    [
        ([30, 31, 40, 50, 60, 95], True),
        ([30, 31, 40, 50, 60, 89], False),  # not so far apart
        ([30, 31, 40, 50, 95], False),  # too few rounds
    ],
)
def test_a_cell_whose_rounds_are_far_apart_is_named(demands: list[float], *, unsteady: bool) -> None:
    found = [f for f in find(rounds_with(demands)) if "unsteady" in f.what]
    assert [f.what.endswith(CELL) and "3.2 times" in f.what for f in found] == ([True] if unsteady else [])


def test_results_that_differ_between_models_of_one_round_are_told_and_those_of_other_rounds_are_not() -> None:
    """Tasks, and with them results, are drawn anew in each round."""
    same = [
        make_record(f"mine/{model}/10", n, value_s=1.0, results=f"{n:08x}")
        for model in ("thread", "asyncio")
        for n in (1, 2)
    ]
    assert find(same) == []
    found = find([*same, make_record("mine/process/10", 2, value_s=1.0, results="0000000f")])
    assert [(one.level, one.cells) for one in found] == [
        ("error", ("mine/asyncio/10", "mine/process/10", "mine/thread/10"))
    ]


def test_a_process_of_the_cell_s_own_on_the_measured_core_is_told_by_name_and_not_called_something_else() -> None:
    (found,) = find(with_figures(interference=0.5, beside="redis-server", beside_s=0.48))
    assert (found.level, found.cells) == ("warning", (CELL,))
    assert "the cell itself has started redis-server" in found.what
    assert "SERVE" in found.remedy
