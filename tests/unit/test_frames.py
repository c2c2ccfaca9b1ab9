"""Records as one tidy frame."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bench.analysis.frames import frame
from bench.report.workloads.older import MEASURES
from bench.store.records import Record
from tests.support.records import make_record, rounds_of


def only(record: Record) -> dict[str, object]:
    """The frame's single row."""
    (row,) = frame([record]).to_dict("records")
    return {str(key): value for key, value in row.items()}


def test_a_row_has_the_figures_that_follow_from_its_record() -> None:
    row = only(
        make_record(
            "sleep/thread/10",
            value_s=0.25,
            cpu_s=0.02,
            switches_voluntary=190,
            switches_involuntary=10,
            page_faults=50,
            create_s=0.004,
            join_s=0.001,
            wait_given_s=0.0101,
            wait_longest_s=0.2,
        )
    )
    expected = {
        "T": 0.25,
        "D": 0.02 / 200,
        "X": 200 / 0.25,
        "Z": 0.0101,
        "overhead": 1.25,
        "switches_per_op": 1.0,
        "faults_per_op": 0.25,
        "create_per_flow_s": 0.0004,
        "join_per_flow_s": 0.0001,
    }
    assert {key: row[key] for key in expected} == pytest.approx(expected)


def test_a_row_says_which_cell_block_and_suffix_it_belongs_to() -> None:
    row = only(make_record("http_get/asyncio/100?pin=0&wait_ms=5", 3, 2))
    assert row["cell"] == "http_get/asyncio/100?pin=0&wait_ms=5"
    assert row["block"] == "http_get/100?pin=0&wait_ms=5"
    assert row["suffix"] == "?pin=0&wait_ms=5"
    assert (row["round"], row["attempt"], row["id"]) == (3, 2, "r003.http_get.asyncio.100.pin=0+wait_ms=5.a2")


def test_a_cell_without_ops_has_a_time_and_nothing_per_op() -> None:
    row = frame([make_record("sleep/thread/100?ops=0", value_s=0.002)]).iloc[0]
    assert row["T"] == 0.002
    assert row[["D", "X", "Z", "overhead", "switches_per_op", "faults_per_op"]].isna().all()


def test_a_null_cell_beside_others_does_not_disturb_them() -> None:
    table = frame([make_record("sleep/thread/100?ops=0"), make_record("sleep/thread/100", cpu_s=0.1)])
    assert table.set_index("cell")["D"].to_dict()["sleep/thread/100"] == pytest.approx(0.1 / 2000)


def test_rows_are_in_order_of_cell_and_round_whatever_the_order_of_records() -> None:
    records = rounds_of("sleep/thread/10", [0.1, 0.2, 0.3]) + rounds_of("sleep/asyncio/10", [0.4, 0.5, 0.6])
    table = frame(list(reversed(records)))
    assert table.equals(frame(records)[table.columns])
    assert table["T"].tolist() == [0.4, 0.5, 0.6, 0.1, 0.2, 0.3]


def test_no_records_make_an_empty_frame() -> None:
    assert frame([]).empty


# What docs/design.md leaves out where a machine or a model does not give it.
@pytest.mark.parametrize(
    "figure", ["interference", "steal", "server_busy", "release_s", "wait_given_s", "wait_longest_s"]
)
def test_a_figure_that_no_record_has_is_blank(figure: str) -> None:
    record = make_record("sleep/thread/10")
    metadata = {key: value for key, value in record.metadata.items() if key != figure}
    table = frame([replace(record, metadata=metadata)])
    assert table[figure].isna().all()


def test_a_figure_that_one_record_lacks_is_blank_there_only() -> None:
    with_it = make_record("sleep/thread/10", 1, interference=0.5)
    lacking = make_record("sleep/thread/10", 2)
    metadata = {key: value for key, value in lacking.metadata.items() if key != "interference"}
    table = frame([with_it, replace(lacking, metadata=metadata)])
    assert table["interference"].isna().tolist() == [False, True]


def test_the_time_of_a_cell_that_creates_flows_is_what_it_took_to_create_and_join_them() -> None:
    made = make_record("create/thread/10", value_s=0.001, measure="create + join", create_s=0.02, join_s=0.01)
    create, sleep = frame([made, make_record("sleep/thread/10", value_s=0.25, measure="work")]).to_dict("records")
    assert create["T"] == pytest.approx(0.03)
    assert np.isnan(create["D"])  # in the work phase its flows do nothing
    assert sleep["T"] == 0.25


def test_a_record_of_before_cells_said_what_they_measure_is_read_like_one_of_today() -> None:
    """Runs of different versions are compared."""
    made = make_record("create/thread/10", value_s=0.001, create_s=0.02, join_s=0.01)
    create, sleep = frame([made, make_record("sleep/thread/10", value_s=0.25)], MEASURES).to_dict("records")
    assert (create["T"], sleep["T"]) == (pytest.approx(0.03), 0.25)
    assert np.isnan(create["others"])  # of the work phase, in which there is none


@pytest.mark.parametrize("parked", [make_record("switch/thread/10", measure="memory"), make_record("park/thread/10")])
def test_parked_flows_take_memory_and_no_time(parked: Record) -> None:
    """Also in records of before cells said what they measure."""
    rows = {
        row["workload"]: row for row in frame([parked, make_record("sleep/thread/10")], MEASURES).to_dict("records")
    }
    found = rows[parked.cell.workload]
    assert all(np.isnan(found[figure]) for figure in ("T", "D", "X", "idle", "others", "starting"))
    assert rows["sleep"]["T"] == 0.25
