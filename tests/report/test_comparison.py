"""The comparison of runs: its document, its page, its text, and what it says of runs that should not be compared."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from bench.commands.main import main
from bench.commands.status import DIFFERENT, FAILED, NOT_JUDGED, OK, USAGE
from bench.report import report
from bench.report.compare.comparison import MOST_RUNS, Comparison, comparison
from bench.report.compare.names import names
from bench.report.compare.views import page as page_of
from bench.report.compare.views import summary
from bench.report.figures import Run
from bench.store import runs
from bench.store.manifest import PAGE
from bench.store.records import Record
from bench.words import UserError
from tests.report.remake import columns
from tests.support.pages import read_page
from tests.support.records import rounds_of
from tests.support.runs import ENVIRONMENT, make_manifest, make_run

ROUNDS = 10


def records(asyncio: float = 2.0, rounds: int = ROUNDS, **changes: Any) -> list[Record]:
    """A run in which a GET costs thread 30 us and asyncio so many times that, give or take a little."""
    found = []
    for model, demand in (("thread", 30e-6), ("asyncio", 30e-6 * asyncio)):
        demands = [demand * (1 + 0.01 * ((i * 7 + len(model)) % 5 - 2)) for i in range(rounds)]
        found += rounds_of(f"http_get/{model}/100", [0.4 + 0.001 * i for i in range(rounds)], demands, **changes)
    return found


def run(found: list[Record], cpu: str = "Imaginary Processor", **changes: Any) -> Run:
    environment = {**ENVIRONMENT, "machine": {**ENVIRONMENT["machine"], "CPU": cpu}}
    return Run(make_manifest(found, environment=environment, **changes), found)


def of(*found: Run) -> Comparison:
    return comparison("an-id", found)


def test_a_ratio_that_differs_is_told_with_direction_and_size() -> None:
    content = of(run(records(2.0)), run(records(3.0)))
    assert content.different
    (sentence,) = content.differences
    assert sentence.startswith(
        "http_get/100, CPU per op of asyncio against thread: 2.020 times in run 1, 3.030 times in run 2, so 1.500"
    )
    assert content.answer[0].endswith("1 differs between the runs.")
    assert "No verdict is reversed" in content.answer[1]


def test_ratios_that_agree_are_no_difference() -> None:
    content = of(run(records(2.0)), run(records(2.0)))
    assert not content.different
    assert content.differences == ()
    assert "none was shown to differ" in content.answer[0]


def test_a_verdict_that_turns_round_is_said_first() -> None:
    content = of(run(records(0.8)), run(records(1.25)))
    assert "The verdict is reversed in http_get/100 (CPU per op of asyncio against thread)." in content.answer


def test_too_few_rounds_are_too_few_to_judge() -> None:
    content = of(run(records(2.0)), run(records(3.0, rounds=3)))
    assert not content.different
    assert "Too few rounds" in content.answer[0]


def test_other_cpus_are_warned_of_and_what_differs_is_listed() -> None:
    content = of(run(records()), run(records(), cpu="Other Processor"))
    (warning,) = content.findings
    assert (warning.level, "different CPUs" in warning.what) == ("warning", True)
    assert content.environment.rows == (("machine: CPU", "Imaginary Processor", "Other Processor"),)


def test_one_machine_is_not_warned_of() -> None:
    content = of(run(records()), run(records()))
    assert content.findings == ()
    assert content.environment.rows == ()


def test_other_code_and_other_work_are_said_and_other_work_is_left_out() -> None:
    both = records(), records(payload_bytes=2048) + rounds_of("sleep/thread/100", [0.4] * 9)
    both[0].extend(rounds_of("sleep/thread/100", [0.4] * 9) + rounds_of("sleep/asyncio/100", [0.4] * 9))
    both[1].extend(rounds_of("sleep/asyncio/100", [0.4] * 9))
    bodies = {"http_get": {"blocking": "pass\n"}, "sleep": {"blocking": "# the body of sleep\n"}}
    content = of(run(both[0]), run(both[1], bodies=bodies))
    said = [finding.what for finding in content.findings]
    assert any("the code of http_get is not the same" in what for what in said)
    assert any("http_get/100 is left out: payload_bytes is 1024 in one and 2048 in another" in what for what in said)
    assert {row[0] for table in content.ratios for row in table.rows} == {"sleep/100"}
    assert [table.caption for table in content.absolute] == ["sleep"]


def test_an_incomplete_run_is_named() -> None:
    assert any(
        "run 2: the run is incomplete" in f.what
        for f in of(run(records()), run(records(), state="incomplete")).findings
    )


def test_the_warnings_of_each_run_come_along() -> None:
    content = of(run(records()), run(records(steal=0.1)))
    assert any(f.what.startswith("run 2: the hypervisor took more than 1 %") for f in content.findings)
    assert not any(f.what.startswith("run 1: the hypervisor") for f in content.findings)


def test_what_cannot_be_judged_is_left_out_and_counted() -> None:
    few = rounds_of("sleep/thread/100", [0.4] * 3) + rounds_of("sleep/asyncio/100", [0.4] * 3)
    content = of(run(records() + few), run(records() + few))
    assert {row[0] for table in content.ratios for row in table.rows} == {"http_get/100"}
    assert content.answer[-1].startswith("2 ratios are left out: too few rounds")


def test_a_build_without_a_gil_is_named_beside_one_that_has_it() -> None:
    free = {**ENVIRONMENT, "interpreter": {**ENVIRONMENT["interpreter"], "gil": False}}
    found = records()
    other = Run(make_manifest(found, environment=free), found)
    content = of(run(records()), other)
    assert dict(content.runs[1][2])["Python"].endswith(", free-threaded")
    assert any(f.what.startswith(f"{content.names[1]} has no GIL") for f in content.findings)
    assert {c.reference for c in content.compared} == {"thread"}
    assert {c.reference for c in of(other, other).compared} == {"asyncio"}  # without a GIL, threads are what is new


def test_models_are_compared_with_the_one_that_is_asked_for() -> None:
    content = comparison("an-id", (run(records(2.0)), run(records(3.0))), "asyncio")
    (found,) = (c for c in content.compared if c.figure == "D")
    (change,) = (c for c in found.changes if c is not None)
    assert (found.model, found.reference) == ("thread", "asyncio")
    assert change.value == pytest.approx(2 / 3, rel=0.01)
    with pytest.raises(UserError, match="not all of these runs have that model"):
        comparison("an-id", (run(records()), run(records())), "trio")


def test_runs_with_nothing_in_common_cannot_be_compared() -> None:
    with pytest.raises(UserError, match="nothing to compare"):
        of(run(records()), run(rounds_of("sleep/thread/100", [0.4] * 8)))


def test_figures_of_several_runs_stand_beside_each_other() -> None:
    content = of(run(records()), run(records()), run(records()))
    (table,) = [t for t in content.absolute if t.caption == "http_get"]
    assert table.head[2:5] == tuple(f"CPU per op, µs, run {i}" for i in (1, 2, 3))
    assert [row[:2] for row in table.rows] == [("100", "thread"), ("100", "asyncio")]
    assert table.rows[0][2].startswith("30.0 (")


def test_the_page_is_well_formed_and_escapes_what_comes_from_runs() -> None:
    content = of(run(records()), run(records(), cpu="<script>alert(1)</script>"))
    page = read_page(page_of(content))
    assert page.faults == []
    assert page.all("script") == []
    assert len(page.all("svg")) == 4  # CPU and time, each wide and narrow
    assert "<script>alert(1)</script>" in page.text


@pytest.fixture
def folders(tmp_path: Path) -> list[str]:
    """Three runs, of which the last differs."""
    return [
        str(make_run(tmp_path / name, records(value), seed=seed))
        for seed, (name, value) in enumerate((("one", 2.0), ("two", 2.0), ("three", 3.0)))
    ]


def test_the_command_writes_the_page_and_the_index(
    folders: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(runs, "REPORTS", tmp_path / "reports")
    assert main(["compare", *folders[:2]]) == OK
    (page,) = (tmp_path / "reports" / "compare").glob(f"*/{PAGE}")
    assert page.parent.name == "a-host-one-vs-a-host-two"
    out = capsys.readouterr().out
    assert "CPU per op, ratio to thread" in out
    assert out.rstrip().endswith(f"a-host-two/{PAGE}")
    links = [tag.attributes["href"] for tag in read_page((tmp_path / "reports" / PAGE).read_text()).all("a")]
    assert links == [f"compare/{page.parent.name}/{PAGE}"]


def test_only_a_difference_and_only_if_asked_for_is_status_3(folders: list[str], tmp_path: Path) -> None:
    out = ["--out", str(tmp_path / "out")]
    assert main(["compare", folders[0], folders[2], *out]) == OK
    assert main(["compare", folders[0], folders[2], *out, "--fail-on-difference"]) == DIFFERENT == 3
    assert main(["compare", folders[0], folders[1], *out, "--fail-on-difference"]) == OK


@pytest.mark.parametrize("count", [1, MOST_RUNS + 1])
def test_one_run_or_too_many_is_a_mistake(count: int, folders: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", *folders[:1] * count]) == USAGE
    assert f"takes 2 to {MOST_RUNS} runs, these are {count}" in capsys.readouterr().err


def test_a_folder_s_name_cannot_lead_the_page_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "REPORTS", tmp_path / "reports")
    folders = [make_run(tmp_path / str(i), records(), host="../../x", seed=i) for i in range(2)]
    _, page = report.compare(folders)
    assert page.parent.parent == tmp_path / "reports" / "compare"


def test_what_was_fitted_to_each_machine_says_so_and_to_what() -> None:
    def fitted(kib: int) -> list[Record]:
        return [*records(), *rounds_of(f"two_flows/thread/2?read_kib={kib}", [0.03] * 3)]

    content = of(run(fitted(1024)), run(fitted(2048)))
    captions = [table.caption for table in content.absolute]
    assert "two_flows, fitted to each machine (run 1: read_kib=1024; run 2: read_kib=2048)" in captions
    assert "http_get" in captions


def test_no_full_core_is_told_of_cells_that_did_other_work() -> None:
    def grown(**changes: Any) -> list[Record]:
        more = rounds_of("http_get/thread/1000", [0.5] * ROUNDS, [40e-6] * ROUNDS, **changes)
        return [*records(), *more, *rounds_of("http_get/asyncio/1000", [0.5] * ROUNDS, [40e-6] * ROUNDS, **changes)]

    assert any("N*" in table.caption for table in of(run(grown()), run(grown())).absolute)
    assert not any("N*" in table.caption for table in of(run(grown()), run(grown(payload_bytes=2048))).absolute)


def test_parked_flows_have_a_memory_and_no_time_to_compare() -> None:
    parked = [r for m in ("thread", "asyncio") for r in rounds_of(f"park/{m}/100", [0.01] * 8, measure="memory")]
    content = of(run([*records(), *parked]), run([*records(), *parked]))
    assert {row[0] for table in content.ratios for row in table.rows} == {"http_get/100"}


def test_a_run_and_a_copy_of_it_are_one_run(
    folders: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = shutil.copytree(folders[0], tmp_path / "copy")
    for pair in ([folders[0], folders[0]], [folders[0], str(copy)]):
        assert main(["compare", *pair, "--out", str(tmp_path / "out")]) == USAGE
        assert "runs 1 and 2 are one run, 20260101T000000Z-bench, given twice" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_runs_of_two_meanings_are_not_compared_and_the_older_one_still_renders(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = make_run(tmp_path / "old", records(schema=1), schema=1)
    new = make_run(tmp_path / "new", records(), seed=2)
    for folder, said in ((old, True), (new, False)):
        assert main(["report", str(folder)]) == OK
        assert ("this run is of schema 1, in which CPU per op is" in (folder / PAGE).read_text()) == said
    capsys.readouterr()
    assert main(["compare", str(old), str(new), "--out", str(tmp_path / "out")]) == USAGE
    assert "run 1 is of schema 1 and run 2 of schema 2" in capsys.readouterr().err
    mixed = make_run(tmp_path / "mixed", records(schema=1), schema=2)
    assert main(["report", str(mixed)]) == FAILED
    assert "a record of schema 1 in a run of schema 2" in capsys.readouterr().err


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_what_is_printed_is_as_wide_as_the_terminal(width: int) -> None:
    content = of(run(records(0.8)), run(records(1.25)), run(records(3.0)))
    with columns(width):
        lines = summary(content, "reports/compare/a/index.html").splitlines()
    assert max(map(len, lines)) <= width
    assert sum("http_get/100" in line for line in lines) >= 2


@pytest.mark.parametrize(
    ("names", "options", "status"),
    [
        ((0, 1), ("--fail-on-difference",), OK),
        ((0, 2), ("--fail-on-difference",), DIFFERENT),
        ((0, 2), ("--fail-on-difference=20",), DIFFERENT),
        ((0, 2), ("--fail-on-difference=60",), OK),
        ((2, 0), ("--fail-on-difference",), DIFFERENT),
        ((2, 0), ("--fail-on-difference", "--only", "slower"), OK),
        ((0, 2), ("--fail-on-difference", "--only", "slower"), DIFFERENT),
        ((0, 2), ("--only", "slower"), USAGE),
    ],
)
def test_which_differences_fail(
    folders: list[str], tmp_path: Path, names: tuple[int, int], options: tuple[str, ...], status: int
) -> None:
    out = str(tmp_path / "page")
    assert main(["compare", *(folders[i] for i in names), "--out", out, *options]) == status


def test_where_nothing_can_be_judged_that_is_a_status_of_its_own(tmp_path: Path) -> None:
    both = [str(make_run(tmp_path / name, records(rounds=3), seed=seed)) for seed, name in enumerate(("one", "two"))]
    assert main(["compare", *both, "--out", str(tmp_path / "page"), "--fail-on-difference"]) == NOT_JUDGED
    assert main(["compare", *both, "--out", str(tmp_path / "page")]) == OK


def on(cpu: str, **changes: Any) -> Run:
    """A run on some processor, begun at some time, by some Python."""
    return run(records(), cpu, **changes)


@pytest.mark.parametrize(
    ("compared", "called"),
    [
        ((on("AMD EPYC"), on("Intel(R) Xeon(R) CPU @ 2.80GHz")), ("AMD EPYC", "Intel Xeon")),
        (
            (on("X", started_utc="2026-01-01 10:00:00"), on("X", started_utc="2026-02-01 10:00:00")),
            ("2026-01-01", "2026-02-01"),
        ),
        (
            (on("X", started_utc="2026-01-01 10:00:00"), on("X", started_utc="2026-01-01 11:00:00")),
            ("10:00:00", "11:00:00"),
        ),
        ((on("X"), on("X")), ("run 1", "run 2")),
        (
            (on("X"), on("Y", started_utc="2026-01-02 10:00:00"), on("Y", started_utc="2026-01-03 10:00:00")),
            ("X 2026-01-01", "Y 2026-01-02", "Y 2026-01-03"),
        ),
    ],
)
def test_runs_are_called_by_what_tells_them_apart(compared: tuple[Run, ...], called: tuple[str, ...]) -> None:
    assert names(compared) == called


def test_where_the_order_of_models_is_another_that_is_a_row_and_where_it_is_the_same_a_sentence() -> None:
    turned = of(run(records(0.8)), run(records(1.25)))
    assert turned.orders.rows == (("http_get/100", "asyncio < thread", "thread < asyncio"),)
    alike = of(run(records(2.0)), run(records(2.0)))
    assert alike.orders.rows == ()
    assert "The runs put the models in the same order of CPU per op in 1 of 1 blocks." in alike.answer


def test_three_dates_of_one_machine_are_a_trend_and_a_step_is_told() -> None:
    def at(day: int, asyncio: float) -> Run:
        return run(records(asyncio), started_utc=f"2026-01-0{day} 10:00:00")

    ((chart, steps),) = of(at(3, 3.0), at(1, 2.0), at(2, 2.0)).trends
    assert [[point.x for point in line.points] for line in chart.lines] == [[0, 1, 2]] * 2
    assert len(steps) == 1
    assert "asyncio in http_get/100 rose" in steps[0]
    assert "2026-01-02" in steps[0]
    assert of(at(1, 2.0), at(2, 2.0)).trends == ()
