"""A block that was disturbed is measured once more, and both are kept; on a machine that is never quiet, not for ever."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bench.analysis.disturbance import describe_disturbance
from bench.analysis.findings import find_all
from bench.analysis.frames import frame
from bench.campaign import steering
from bench.campaign.subprocesses import Attempt, Outcome
from bench.presets.rows import Row
from bench.store.manifest import Disturbance, read_manifest, valid_records
from bench.store.records import Record
from tests.support.campaigns import PAIR, REPORT_S, begin_campaign, resume_campaign
from tests.support.cells import ScriptedCells
from tests.support.records import make_record
from tests.support.runs import make_manifest

ROWS = (Row("sleep", 10, PAIR, 3, 3),)


def run(
    folder: Path, disturbed: Callable[[Record], str], rows: tuple[Row, ...] = ROWS, each_s: float = 1.0
) -> ScriptedCells:
    """Run a campaign in which cells, of which each takes so long, are disturbed by this rule."""
    cells = ScriptedCells(seconds=lambda _: each_s)
    replace(begin_campaign(folder, rows, cells), disturbance=disturbed).run()
    return cells


def in_round_2(record: Record) -> str:
    """The second cell of the pair, in round 2, at the first attempt."""
    return "a storm" if (record.cell.model, record.round, record.attempt) == (PAIR[1], 2, 1) else ""


def test_the_whole_block_is_measured_again_and_the_first_attempt_superseded(tmp_path: Path) -> None:
    cells = run(tmp_path / "run", in_round_2)
    manifest = read_manifest(tmp_path / "run")
    assert sorted((n, a) for _, n, a in cells.measured) == [(1, 1)] * 2 + [(2, 1)] * 2 + [(2, 2)] * 2 + [(3, 1)] * 2
    assert manifest.disturbed == [Disturbance("sleep/10", 2, f"sleep/{PAIR[1]}/10: a storm", again=True)]
    assert len(manifest.superseded) == 2
    counted = [(r.round, r.attempt) for r in valid_records(tmp_path / "run", manifest)]
    assert sorted(counted) == [(1, 1)] * 2 + [(2, 2)] * 2 + [(3, 1)] * 2


def test_whatever_ends_a_repeat_the_attempt_before_it_is_what_counts_on_disk(tmp_path: Path) -> None:
    """A kill leaves what is on disk; so it is looked at before each cell of the repeat."""
    seen = []

    def look(attempt: Attempt) -> None:
        if attempt.attempt == 2:
            manifest = read_manifest(tmp_path / "run")
            counted = [(r.round, r.attempt) for r in valid_records(tmp_path / "run", manifest)]
            seen.append((sorted(counted), manifest.disturbed[0].again))

    cells = ScriptedCells(before=look)
    replace(begin_campaign(tmp_path / "run", ROWS, cells), disturbance=in_round_2).run()
    first = sorted([(1, 1)] * 2 + [(2, 1)] * 2 + [(3, 1)] * 2)
    assert seen == [(first, False)] * 2


def test_it_is_measured_again_when_it_is_quiet_and_not_before(tmp_path: Path) -> None:
    """A storm over rounds 2 to 4: their blocks come again after round 5."""
    rows = (Row("sleep", 10, PAIR, 6, 6),)
    cells = run(tmp_path / "run", lambda r: "a storm" if r.round in {2, 3, 4} and r.attempt == 1 else "", rows)
    order = list(dict.fromkeys((n, a) for _, n, a in cells.measured))
    assert order == [(1, 1), (2, 1), (3, 1), (4, 1), (5, 1), (2, 2), (3, 2), (4, 2), (6, 1)]
    manifest = read_manifest(tmp_path / "run")
    assert [(entry.round, entry.again) for entry in manifest.disturbed] == [(2, True), (3, True), (4, True)]
    assert len(manifest.superseded) == 6


def test_a_storm_that_is_not_over_is_waited_for(tmp_path: Path) -> None:
    """The block is disturbed whenever it is measured: again after the next quiet block, and once at the end."""
    cells = run(tmp_path / "run", lambda record: "a storm" if record.round == 2 else "")
    assert list(dict.fromkeys((n, a) for _, n, a in cells.measured)) == [(1, 1), (2, 1), (3, 1), (2, 2), (2, 3)]
    manifest = read_manifest(tmp_path / "run")
    assert [entry.again for entry in manifest.disturbed] == [True, True, False]
    assert {(r.round, r.attempt) for r in valid_records(tmp_path / "run", manifest)} == {(1, 1), (2, 3), (3, 1)}


def test_a_storm_in_which_short_cells_look_quiet_is_not_over(tmp_path: Path) -> None:
    """A storm of 25 s, which every second block is too short to feel: one repeat falls into it, then all wait until it is over."""
    rows = (Row("sleep", 10, PAIR, 30, 30), Row("sleep", 100, PAIR, 30, 30))
    cells = ScriptedCells()
    over_s = cells.clock() + 25
    stormy = lambda r: "a storm" if r.cell.flows == 10 and cells.clock() < over_s else ""  # noqa: E731
    replace(begin_campaign(tmp_path / "run", rows, cells), disturbance=stormy).run()
    noted = read_manifest(tmp_path / "run").disturbed
    assert len(noted) >= 5
    assert [entry for entry in noted if not entry.again] == []
    assert (
        sorted(call.attempt for call in cells.calls if call.attempt > 1) == [2] * (len(cells.calls) - 120 - 2) + [3] * 2
    )


def test_nobody_goes_on_for_ever(tmp_path: Path) -> None:
    """Every other round is stormy, at every attempt."""
    rows = (Row("sleep", 10, PAIR, 40, 40),)
    cells = run(tmp_path / "run", lambda record: "a storm" if record.round % 2 else "", rows, each_s=20.0)
    noted = read_manifest(tmp_path / "run").disturbed
    again = sum(entry.again for entry in noted)
    assert steering.MOST_REPEATS <= again <= steering.MOST_REPEATS + 3
    assert len(noted) == 20 + again
    assert len(cells.calls) == 2 * (40 + again)


def test_on_a_machine_that_is_never_quiet_one_more_try_is_made_at_the_end(tmp_path: Path) -> None:
    rows = (Row("sleep", 10, PAIR, 10, 10),)
    cells = run(tmp_path / "run", lambda _: "a storm", rows)
    assert [entry.again for entry in read_manifest(tmp_path / "run").disturbed] == [True, *[False] * 10]
    assert len(cells.calls) == 2 * 11


def test_what_was_not_disturbed_is_not_measured_again(tmp_path: Path) -> None:
    cells = ScriptedCells()
    begin_campaign(tmp_path / "run", ROWS, cells).run()
    assert len(cells.calls) == 6
    assert read_manifest(tmp_path / "run").disturbed == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, ""),
        ({"interference": 0.03}, ""),
        ({"interference": 0.05}, "something else used the core for 20 % of the time"),
        ({"interference": 0.05, "page_faults": 20_000}, ""),  # of fresh pages: a process for every request
        ({"steal": 0.1}, "the hypervisor had the core for 40 % of the time"),
        ({"throttled_s": 0.1}, "a cgroup's CPU limit stopped it for 40 % of the time"),
        ({"interference": 0.1, "read_bytes": 4096}, ""),  # a disk has interrupts of its own
        ({"interference": 0.1, "pin": 0}, ""),
    ],
)
def test_what_is_a_disturbance(changes: dict[str, float], said: str) -> None:
    record = make_record("sleep/thread/10", value_s=0.25)
    assert describe_disturbance(replace(record, metadata={**record.metadata, **changes})) == said


def test_a_few_ms_of_a_short_work_phase_are_none() -> None:
    assert describe_disturbance(make_record("create/thread/10", value_s=0.01, interference=0.015)) == ""


@pytest.mark.parametrize(("since", "counted"), [(7, range(1, 7)), (6, range(1, 10))])
def test_a_storm_to_the_end_is_left_out_where_six_quiet_rounds_are_left(
    tmp_path: Path, since: int, counted: range
) -> None:
    """With five quiet rounds there would be no interval."""
    rows = (Row("sleep", 10, PAIR, 9, 9, twins=(PAIR[0],)),)
    run(tmp_path / "run", lambda record: "a storm" if record.round >= since else "", rows)
    manifest = read_manifest(tmp_path / "run")
    found = valid_records(tmp_path / "run", manifest)
    for name in {record.cell.name for record in found}:
        assert sorted(record.round for record in found if record.cell.name == name) == list(counted)


def test_a_cell_with_few_rounds_keeps_them_and_those_it_is_compared_with(tmp_path: Path) -> None:
    rows = (Row("sleep", 10, PAIR, 8, 8, seldom=(PAIR[1],)),)
    run(tmp_path / "run", lambda record: "a storm" if record.round == 1 else "", rows)
    found = valid_records(tmp_path / "run", read_manifest(tmp_path / "run"))
    assert sorted((r.cell.model, r.round) for r in found if r.round < 3) == sorted(
        [(PAIR[0], 1), (PAIR[0], 2), (PAIR[1], 1)]
    )


def rounds_with_a_storm(last: int) -> list[Record]:
    """Six quiet rounds and some stormy ones of sleep/10, and one stormy round of sleep/100."""
    return [*(make_record("sleep/thread/10", n) for n in range(1, last)), make_record("sleep/thread/100")]


@pytest.mark.parametrize(
    ("again", "level", "said"),
    [
        ([True, True], "hint", "2 measured again"),
        ([True, False], "warning", "1 measured again, 1 used all the same"),
        ([False, False], "warning", "1 left out because there were quiet rounds enough, 1 used all the same"),
    ],
)
def test_the_page_says_how_many_there_were_and_what_became_of_them(again: list[bool], level: str, said: str) -> None:
    noted = [
        Disturbance(*place, "a storm", one)
        for place, one in zip([("sleep/10", 7), ("sleep/100", 1)], again, strict=True)
    ]
    records = rounds_with_a_storm(last=7)
    found = find_all(frame(records), make_manifest(records, disturbed=noted))
    (finding,) = (one for one in found if "disturbed while measured" in one.what)
    assert finding.level == level
    assert finding.what.startswith(f"2 blocks were disturbed while measured: {said} (disturbed attempts")
    assert finding.what.endswith("are kept in raw/): sleep/10, sleep/100; the first: a storm")


def test_a_block_that_is_disturbed_again_and_again_is_one_block() -> None:
    noted = [Disturbance("sleep/10", 7, "a storm", again=True)] * 2 + [
        Disturbance("sleep/10", 7, "a storm", again=False)
    ]
    records = rounds_with_a_storm(last=9)
    found = find_all(frame(records), make_manifest(records, disturbed=noted))
    (finding,) = (one for one in found if "disturbed while measured" in one.what)
    assert finding.what.startswith("1 block was disturbed while measured: 1 used all the same (")


def test_what_is_disturbed_by_itself_is_not_measured_again_for_ever(tmp_path: Path) -> None:
    rows = (Row("sleep", 10, PAIR, 40, 40),)
    run(tmp_path / "run", lambda record: "a storm" if record.round == 2 else "", rows)
    noted = read_manifest(tmp_path / "run").disturbed
    assert [entry.again for entry in noted] == [True] * steering.REPEATS_EACH + [False]


def test_a_repeat_that_runs_out_of_time_leaves_what_was_there(tmp_path: Path) -> None:
    """The first cell of the repeat takes longer than it did before, and there is no time for the second."""
    rows = (Row("sleep", 10, PAIR, 1, 1),)
    cells = ScriptedCells(seconds=lambda a: 10.0 if a.attempt == 1 else 25.0)
    campaign = begin_campaign(tmp_path / "run", rows, cells, budget_s=REPORT_S + 42.0)
    replace(campaign, disturbance=lambda r: "a storm" if r.attempt == 1 else "").run()
    manifest = read_manifest(tmp_path / "run")
    assert [(n, a) for _, n, a in cells.measured] == [(1, 1), (1, 1), (1, 2)]
    assert [(r.round, r.attempt) for r in valid_records(tmp_path / "run", manifest)] == [(1, 1), (1, 1)]
    assert [entry.again for entry in manifest.disturbed] == [False]


def test_a_stop_in_the_middle_of_a_repeat_does_not_count_the_block_as_stormy_for_ever(tmp_path: Path) -> None:
    """Round 1 is disturbed; when it is measured again, the user presses Ctrl-C. Resumed, it is measured in quiet."""
    rows = (Row("sleep", 10, PAIR, 8, 8),)
    cells = ScriptedCells(interrupt_at=6)  # two rounds of two cells, and one cell of the repeat
    campaign = begin_campaign(tmp_path / "run", rows, cells)
    with pytest.raises(KeyboardInterrupt):
        replace(campaign, disturbance=lambda r: "a storm" if (r.round, r.attempt) == (1, 1) else "").run()
    resume_campaign(tmp_path / "run", rows, ScriptedCells()).run()
    manifest = read_manifest(tmp_path / "run")
    assert [entry.again for entry in manifest.disturbed] == [True]
    assert {r.round for r in valid_records(tmp_path / "run", manifest)} == set(range(1, 9))


def test_what_waited_to_the_end_is_looked_at_too(tmp_path: Path) -> None:
    """Nothing grows beyond round 3, so what waited comes last."""
    rows = (Row("sleep", 10, PAIR, 3, 3), Row("sleep", 100, PAIR, 3, 3, twins=(PAIR[0],)))
    cells = ScriptedCells(seconds=lambda a: 1.0 if a.cell.flows == 100 and a.round > 1 else 10.0)
    campaign = begin_campaign(tmp_path / "run", rows, cells, budget_s=REPORT_S + 125.0)
    replace(campaign, disturbance=lambda r: "a storm" if (r.cell.flows, r.round) == (10, 2) else "").run()
    assert {(entry.block, entry.round) for entry in read_manifest(tmp_path / "run").disturbed} == {("sleep/10", 2)}


def test_a_repeat_that_is_void_leaves_what_was_there_and_is_not_tried_for_ever(tmp_path: Path) -> None:
    rows = (Row("sleep", 10, PAIR, 8, 8),)
    cells = ScriptedCells(outcome=lambda a: Outcome("it did not end") if a.attempt > 1 else Outcome())
    campaign = begin_campaign(tmp_path / "run", rows, cells)
    replace(campaign, disturbance=lambda r: "a storm" if r.round == 1 else "").run()
    manifest = read_manifest(tmp_path / "run")
    assert len(cells.calls) == 2 * 9
    assert [entry.again for entry in manifest.disturbed] == [False]
    found = valid_records(tmp_path / "run", replace(manifest, disturbed=[]))
    assert {(r.round, r.attempt) for r in found} == {(n, 1) for n in range(1, 9)}
    assert {void.id for void in manifest.void} <= set(manifest.superseded)


def test_a_stop_in_the_middle_of_a_repeat_leaves_what_was_there(tmp_path: Path) -> None:
    """Round 1 is disturbed; when it is measured again, the user presses Ctrl-C, and never goes on."""
    cells = ScriptedCells(interrupt_at=6)
    campaign = begin_campaign(tmp_path / "run", (Row("sleep", 10, PAIR, 3, 3),), cells)
    with pytest.raises(KeyboardInterrupt):
        replace(campaign, disturbance=lambda r: "a storm" if (r.round, r.attempt) == (1, 1) else "").run()
    manifest = read_manifest(tmp_path / "run")
    assert [entry.again for entry in manifest.disturbed] == [False]
    assert {(r.round, r.attempt) for r in valid_records(tmp_path / "run", manifest)} == {(1, 1), (2, 1)}
