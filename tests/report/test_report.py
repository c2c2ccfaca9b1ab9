"""Writing a report: again from the raw records, the same bytes; and from a folder that nobody vouches for."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyperf
import pytest

from bench.report import report
from bench.store import runs
from bench.store.border import StoreError
from bench.store.manifest import FILE, JUDGEMENT, PAGE, RAW, RESULTS, Void
from bench.store.records import Record
from tests.report.remake import gold_run
from tests.support.pages import foreign_scripts, read_page
from tests.support.records import make_record, rounds_of, write_record
from tests.support.runs import ENVIRONMENT, make_manifest, make_run

RECORDS = [r for m in ("thread", "asyncio") for n in (1, 100) for r in rounds_of(f"http_get/{m}/{n}", [0.2, 0.3, 0.4])]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A small run without its report."""
    return make_run(tmp_path / "run", RECORDS)


def test_a_report_of_a_copy_is_the_same_bytes(tmp_path: Path) -> None:
    report.write(gold_run(tmp_path / "one"))
    (tmp_path / "elsewhere").mkdir()
    for name in (RAW, FILE):
        source = tmp_path / "one" / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / "elsewhere" / name)
    report.write(tmp_path / "elsewhere")
    for name in (PAGE, RESULTS, JUDGEMENT):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "elsewhere" / name).read_bytes()


def test_a_report_written_again_is_the_same_bytes(run: Path) -> None:
    report.write(run)
    before = {name: (run / name).read_bytes() for name in (PAGE, RESULTS, JUDGEMENT, FILE)}
    report.write(run)
    assert {name: (run / name).read_bytes() for name in before} == before


def test_results_are_a_pyperf_suite_of_every_record_that_counts(tmp_path: Path) -> None:
    again, void = (
        make_record("http_get/thread/1", 1, 2),
        make_record("http_get/asyncio/1", 4, 1, void="it did other work"),
    )
    run = make_run(tmp_path / "run", [*RECORDS, again, void], superseded=["r001.http_get.thread.1.a1"])
    report.write(run)
    suite = pyperf.BenchmarkSuite.load(str(run / RESULTS))
    assert sorted(suite.get_benchmark_names()) == sorted({r.cell.name for r in RECORDS})
    assert all(suite.get_benchmark(name).get_nvalue() == 3 for name in suite.get_benchmark_names())
    assert 0.2 not in suite.get_benchmark("http_get/thread/1").get_values()


def test_a_report_has_no_path_of_this_machine(run: Path) -> None:
    report.write(run)
    for name in (PAGE, RESULTS, JUDGEMENT):
        text = (run / name).read_text()
        assert str(run.parent) not in text
        assert "secret" not in text


def test_the_card_names_the_page(run: Path) -> None:
    assert report.write(run).text.splitlines()[-1].endswith(f"run/{PAGE}")


def test_the_index_lists_every_run_of_the_suite_s_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "REPORTS", tmp_path)
    for name in ("20260101T000000Z-bench", "20260102T000000Z-quick"):
        report.write(make_run(tmp_path / "runs" / "a-host" / name, RECORDS, id=name))
    page = read_page((tmp_path / PAGE).read_text())
    links = [tag.attributes["href"] for tag in page.all("a")]
    assert links == [f"runs/a-host/{n}/{PAGE}" for n in ("20260102T000000Z-quick", "20260101T000000Z-bench")]


def test_a_run_elsewhere_is_not_put_into_the_index(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "REPORTS", tmp_path / "reports")
    report.write(run)
    assert not (tmp_path / "reports").exists()


@pytest.mark.parametrize("damage", ["{", '{"schema": 99}', "no machine"])
def test_a_damaged_run_does_not_keep_the_others_out_of_the_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    monkeypatch.setattr(runs, "REPORTS", tmp_path)
    good, bad = (make_run(tmp_path / "runs" / "a-host" / name, RECORDS, id=name) for name in ("good", "bad"))
    report.write(bad)
    if damage == "no machine":
        make_manifest(RECORDS, id="bad", environment={}).write(bad)
    else:
        (bad / FILE).write_text(damage)
    report.write(good)
    assert "good" in read_page((tmp_path / PAGE).read_text()).text


def changed(record: Record, **changes: Any) -> Record:
    metadata = {k: v for k, v in {**record.metadata, **changes}.items() if v is not None}
    return replace(record, metadata=metadata)


def refused_or_written(run: Path) -> None:
    """A folder of anybody's gives a well-formed page, or one line that names the file: never a traceback."""
    refusal = ""
    try:
        report.write(run)
    except StoreError as error:
        refusal = str(error)
    if refusal:
        assert "\n" not in refusal
        assert str(run) in refusal
        return
    page = read_page((run / PAGE).read_text())
    assert page.faults == []
    assert foreign_scripts(page) == []
    assert not [name for tag in page.tags for name in tag.attributes if name.startswith("on")]


LACKING = [
    "twin",
    "switches_voluntary",
    "page_faults",
    "early_ops",
    "kernel_tasks",
    "pin",
    "cpu_pinned",
    "wait_s",
    "phase",
]


@pytest.mark.parametrize("key", LACKING)
@pytest.mark.parametrize("where", ["one record", "all records"])
def test_records_that_lack_a_figure_give_a_page_or_one_line(tmp_path: Path, key: str, where: str) -> None:
    lacking = [changed(r, **{key: None}) if i == 0 or where == "all records" else r for i, r in enumerate(RECORDS)]
    refused_or_written(make_run(tmp_path / "run", lacking))


WRONG: list[dict[str, Any]] = [
    {"late_histogram": "garbage"},
    {"late_histogram": "1:0"},
    {"late_histogram": 5},
    {"op_histogram": "garbage"},
    {"timeline": "garbage"},
    {"timeline": "0 work 5 1"},
    {"late_max_s": "much"},
    {"interference": "much"},
    {"kernel_tasks": "many"},
    {"read_bytes": "many"},
    {"cpu_user_s": "much"},
    {"twin": "one"},
    {"load_pct": "much"},
    {"wait_longest_s": 0},
    {"cpu_s": 0},
    {"cpu_s": -1.0},
    {"ops_done": -5},
    {"flows": 0},
    {"flows": 7},
    {"model": "asyncio"},
    {"workload": "sleep"},
    {"workload": 'http_get" onmouseover="alert(1)'},
    {"model": "<script>alert(1)</script>"},
    {"model": r"back\dslash"},
]


@pytest.mark.parametrize("change", WRONG, ids=str)
def test_records_that_say_something_odd_give_a_page_or_one_line(tmp_path: Path, change: dict[str, Any]) -> None:
    odd = [changed(r, **change) if r.cell.model == "thread" else r for r in RECORDS]
    workloads, models = ["http_get", "sleep"], ["thread", "asyncio"]
    for key, names in (("workload", workloads), ("model", models)):
        if key in change and change[key] not in names:
            names.append(change[key])
    about = {
        "workloads": dict.fromkeys(workloads, "x"),
        "shows": dict.fromkeys(workloads, "x"),
        "models": dict.fromkeys(models, "x"),
        "kinds": dict.fromkeys(models, "user"),
    }
    refused_or_written(make_run(tmp_path / "run", odd, workloads=workloads, models=models, about=about))


def without(key: str) -> Callable[[dict[str, Any]], None]:
    def change(manifest: dict[str, Any]) -> None:
        del manifest[key]

    return change


MANIFESTS: dict[str, Callable[[dict[str, Any]], object]] = {
    "no environment": lambda m: m.update(environment={}),
    "an environment of texts": lambda m: m.update(environment={**ENVIRONMENT, "machine": "big"}),
    "nothing about models": lambda m: m["about"].update(models={}),
    "nothing about workloads": lambda m: m["about"].pop("workloads"),
    "views in a list": lambda m: m["about"].update(views=["scaling"]),
    "views that are lists": lambda m: m["about"].update(views={"http_get": ["scaling"]}),
    "views of tomorrow": lambda m: m["about"].update(views={"http_get": "scaling of_tomorrow"}),
    "bodies that are lists": lambda m: m.update(bodies={"http_get": []}),
    "one body only": lambda m: m.update(bodies={"http_get": {"blocking": "x"}}),
    "a disturbance of no round": lambda m: m.update(
        disturbed=[{"block": "http_get/100", "round": [1], "why": "x", "again": False}]
    ),
    "a disturbance that is again in words": lambda m: m.update(
        disturbed=[{"block": "http_get/100", "round": 1, "why": "x", "again": "yes"}]
    ),
    "memory in words": lambda m: m["environment"]["machine"].update({"memory, bytes": "lots"}),
    "a precision of another figure": lambda m: m.update(precision={"X": 0.1}),
    "models that are numbers": lambda m: m.update(models=[1, 2]),
    "no models": lambda m: m.update(models=[]),
    "a level that does not exist": lambda m: m.update(findings=[{"level": "fatal", "what": "x", "remedy": ""}]),
    "a reason that is a list": lambda m: m.update(
        void=[{"id": [], "cell": [], "round": 1, "attempt": 1, "reason": []}]
    ),
    "a time that is a text": lambda m: m.update(elapsed_s="long"),
    "superseded that is nothing": lambda m: m.update(superseded=None),
    "a key of tomorrow": lambda m: m.update(of_tomorrow=1),
    "no state": without("state"),
    "no seed": without("seed"),
    "no schema": without("schema"),
}


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_manifest_that_says_something_odd_gives_a_page_or_one_line(run: Path, name: str) -> None:
    manifest = json.loads((run / FILE).read_text())
    MANIFESTS[name](manifest)
    (run / FILE).write_text(json.dumps(manifest))
    refused_or_written(run)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"schema": 1}', "\x00", "[" * 100_000])
@pytest.mark.parametrize("file", [FILE, "a record"])
def test_a_file_that_is_no_json_of_ours_is_named_in_one_line(run: Path, file: str, text: str) -> None:
    path = run / FILE if file == FILE else write_record(run, make_record("http_get/thread/10"))
    path.write_text(text)
    with pytest.raises(StoreError) as caught:
        report.write(run)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_void_cell_s_report_is_written_all_the_same(tmp_path: Path) -> None:
    void = Void("r001.http_get.thread.10.a1", "http_get/thread/10", 1, 1, "it did other work")
    run = make_run(tmp_path / "run", RECORDS, void=[void])
    assert report.write(run).void
    assert "it did other work" in read_page((run / PAGE).read_text()).text
