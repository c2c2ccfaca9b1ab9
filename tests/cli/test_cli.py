"""Exit statuses and what is said: one line for a mistake, never a traceback. Nothing is measured here."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from bench import cells
from bench.campaign import ladders, resume
from bench.campaign import run as campaign
from bench.campaign.lock import machine_lock
from bench.campaign.options import Options
from bench.commands import arguments as read
from bench.commands import list_, main, report, status
from bench.machine import host, topology
from bench.machine.children import ROOT
from bench.models import MODELS
from bench.presets import PRESETS
from bench.store.manifest import FILE, PAGE, RAW, Rung, Void
from bench.words import Cell, UserError
from bench.workloads import WORKLOADS
from tests.support.records import rounds_of
from tests.support.runs import make_run

RECORDS = rounds_of("sleep/thread/10", [0.2, 0.3, 0.4])
Said = Callable[[int, list[str]], str]


@pytest.fixture(autouse=True)
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of our own: other campaigns are no business of these tests."""
    path = tmp_path / "lock"
    monkeypatch.setattr(campaign, "machine_lock", functools.partial(machine_lock, path=path))
    return path


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    """Run a command that must end with a status; return its one line on standard error."""

    def run(expected: int, arguments: list[str]) -> str:
        assert main.main(arguments) == expected
        lines = capsys.readouterr().err.splitlines()
        assert len(lines) == 1
        return lines[0]

    return run


@pytest.fixture
def usage(capsys: pytest.CaptureFixture[str]) -> Callable[[list[str]], str]:
    """Run a command that argparse refuses; return what it says at the end."""

    def run(arguments: list[str]) -> str:
        with pytest.raises(SystemExit) as caught:
            main.main(arguments)
        assert caught.value.code == status.USAGE
        return capsys.readouterr().err.splitlines()[-1]

    return run


@pytest.mark.parametrize(
    ("option", "wrong", "nearest"),
    [
        ("--workload", "slep", "sleep"),
        ("--workload", "http-get", "http_get"),
        ("--model", "asincio", "asyncio"),
        ("--preset", "quik", "quick"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest_and_all(
    said: Said, tmp_path: Path, option: str, wrong: str, nearest: str
) -> None:
    line = said(status.USAGE, ["run", option, wrong, "--out", str(tmp_path / "run")])
    assert repr(wrong) in line
    assert f"did you mean {nearest!r}?" in line
    known: dict[str, Iterable[str]] = {"--workload": WORKLOADS, "--model": MODELS, "--preset": PRESETS}
    assert all(name in line for name in known[option])
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("option", ["--workload", "--model"])
def test_verify_answers_an_unknown_name_likewise(said: Said, option: str) -> None:
    assert "did you mean" in said(status.USAGE, ["verify", option, "tread" if option == "--model" else "slep"])


def test_a_core_that_is_not_ours_is_answered_with_those_that_are(said: Said) -> None:
    line = said(status.USAGE, ["run", "--cpu", "9999"])
    assert "9999" in line
    assert str(max(os.sched_getaffinity(0))) in line


def test_nothing_left_to_measure_is_a_mistake(said: Said, tmp_path: Path) -> None:
    assert "nothing is left" in said(status.USAGE, ["run", "--flows", "1000000", "--out", str(tmp_path / "run")])


@pytest.mark.parametrize("text", ["", "0", "0s", "-5s", "5h", "5 m", "soon", "1e3", "infs", "nan"])
def test_a_bad_duration_is_refused_with_an_example(usage: Callable[[list[str]], str], text: str) -> None:
    line = usage(["run", f"--budget={text}"])
    assert repr(text) in line
    assert "90s or 5m" in line


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("90s", 90), ("5m", 300), ("1.5m", 90), ("0.5s", 0.5)])
def test_durations_are_seconds_or_minutes(text: str, seconds: float) -> None:
    assert read.seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "..", ".hidden", "a/b", "../up", "-x", "a b", "a\nb", "ä", "x" * 65])
def test_a_label_that_cannot_name_a_folder_is_refused(usage: Callable[[list[str]], str], text: str) -> None:
    assert "folder" in usage(["run", f"--host-label={text}"])


@pytest.mark.parametrize(
    "option",
    [
        *("--rounds=0", "--rounds=-1", "--rounds=two", "--rounds=99999999999", "--flows=0", "--flows=1,x", "--cpu=one"),
        *("--seed=-1", "--seed=1795664627708062170", "--budget=0s", f"--budget=1{'0' * 400}"),
        f"--precision=1{'0' * 400},1",
    ],
)
def test_numbers_that_are_none_are_refused(usage: Callable[[list[str]], str], option: str) -> None:
    assert option.partition("=")[0] in usage(["run", option])


@pytest.mark.parametrize("arguments", [["run", "--model="], ["run", "--flows=,"], ["verify", "--workload="]])
def test_an_empty_choice_is_not_taken_for_none(usage: Callable[[list[str]], str], arguments: list[str]) -> None:
    assert "it is empty" in usage(arguments)


def test_going_on_with_nothing_is_not_taken_for_a_new_run(said: Said) -> None:
    assert "'' is no run" in said(status.USAGE, ["run", "--resume", ""])


@pytest.mark.parametrize("arguments", [[], ["mesure"], ["run", "--no-such-option"]])
def test_an_unknown_command_or_option_is_refused(usage: Callable[[list[str]], str], arguments: list[str]) -> None:
    assert usage(arguments)


def test_a_folder_that_is_not_empty_is_left_alone(said: Said, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.tex").write_text("all of it")
    line = said(status.USAGE, ["run", "--preset", "quick", "--out", str(tmp_path / "run")])
    assert "not empty" in line
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["thesis.tex"]


def test_a_folder_that_cannot_be_made_is_one_line(said: Said, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "--out" in said(status.USAGE, ["run", "--out", str(tmp_path / "file" / "run")])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_one_line(said: Said, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir(mode=0o500)
    assert "--out" in said(status.USAGE, ["run", "--out", str(tmp_path / "run")])


def test_a_machine_that_is_held_by_another_campaign_is_left_alone(said: Said, tmp_path: Path, lock: Path) -> None:
    with machine_lock("of somebody else", lock):
        line = said(status.USAGE, ["run", "--out", str(tmp_path / "run")])
    assert "of somebody else" in line
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("arguments", [["report"], ["run", "--resume"]])
def test_a_run_that_is_not_there_is_one_line(said: Said, arguments: list[str]) -> None:
    line = said(status.USAGE, [*arguments, "20990101T000000Z-bench"])
    assert "20990101T000000Z-bench" in line
    assert "latest" in line


def test_a_report_is_written_and_the_card_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = make_run(tmp_path / "run", RECORDS)
    assert main.main(["report", str(run)]) == status.OK
    assert (run / "index.html").is_file()
    assert capsys.readouterr().out.rstrip().endswith("index.html")


def test_a_report_of_several_runs_writes_them_all(tmp_path: Path) -> None:
    folders = [make_run(tmp_path / name, RECORDS) for name in ("one", "two")]
    assert main.main(["report", *map(str, folders)]) == status.OK
    assert all((folder / "index.html").is_file() for folder in folders)


def test_a_void_cell_makes_the_status_1_and_the_report_is_written_all_the_same(tmp_path: Path) -> None:
    void = Void("r001.sleep.thread.1.a1", "sleep/thread/1", 1, 1, "it did other work")
    run = make_run(tmp_path / "run", RECORDS, void=[void])
    assert main.main(["report", str(run)]) == status.FAILED
    assert "it did other work" in (run / "index.html").read_text()


def test_a_truncated_record_is_named(said: Said, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", RECORDS)
    record = sorted((run / RAW).iterdir())[1]
    record.write_text(record.read_text()[:100])
    assert str(record) in said(status.FAILED, ["report", str(run)])


def test_a_manifest_of_a_newer_version_is_named_with_what_to_do(said: Said, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", RECORDS)
    manifest = json.loads((run / FILE).read_text())
    (run / FILE).write_text(json.dumps({**manifest, "schema": 99}))
    line = said(status.FAILED, ["report", str(run)])
    assert str(run / FILE) in line
    assert "update" in line


def test_a_run_of_another_machine_is_not_gone_on_with(said: Said, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", RECORDS, state="incomplete")
    assert "start a new run" in said(status.USAGE, ["run", "--resume", str(run)])


def test_list_is_json_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["list", "--json"]) == status.OK
    listed = json.loads(capsys.readouterr().out)
    assert set(listed) == {"workloads", "models", "cells"}
    assert list(listed["workloads"]) == list(WORKLOADS)
    assert list(listed["models"]) == list(MODELS)
    assert all(set(entry) >= {"about", "shows", "measure", "parameters"} for entry in listed["workloads"].values())
    assert all(set(entry) >= {"kind", "about"} for entry in listed["models"].values())
    assert all(set(entry) >= {"parameters", "presets", "not_here"} for entry in listed["cells"].values())


def test_list_has_every_cell_of_every_preset_with_its_parameters(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["list", "--json"]) == status.OK
    listed = json.loads(capsys.readouterr().out)["cells"]
    for preset in PRESETS.values():
        for cell in (cell for row in preset.rows for cell in row.cells()):
            assert listed[cell.name]["parameters"] == cells.parameters(cell)
            assert preset.name in listed[cell.name]["presets"]
    assert all(Cell.parse(name).name == name for name in listed)


def test_list_names_everything_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["list"]) == status.OK
    out = capsys.readouterr().out
    assert all(name in out for name in (*WORKLOADS, *MODELS, *PRESETS))


def test_an_interrupt_has_its_own_status(
    said: Said, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(report, "act", interrupted)
    assert main.main(["report"]) == status.INTERRUPTED == 130
    assert "interrupted" in capsys.readouterr().err


def test_what_the_system_refuses_is_one_line(said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: object) -> int:
        raise OSError(28, "No space left on device", "index.html")

    monkeypatch.setattr(report, "act", full)
    line = said(status.FAILED, ["report"])
    assert "No space left on device" in line
    assert "index.html" in line


def test_a_foreign_file_does_not_steer_the_terminal(said: Said, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", RECORDS)
    content = json.loads((run / FILE).read_text())
    (run / FILE).write_text(json.dumps({**content, "preset": "\x1b[2J"}))
    line = said(status.USAGE, ["run", "--resume", str(run)])
    assert "\x1b" not in line
    assert "preset" in line


def test_a_run_without_its_records_keeps_its_page(said: Said, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", RECORDS)
    (run / PAGE).write_text("the page")
    (run / RAW).rename(run / "elsewhere")
    assert "raw: no such folder" in said(status.FAILED, ["report", str(run)])
    assert (run / PAGE).read_text() == "the page"


def test_a_copy_of_a_record_is_no_further_round(said: Said, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", RECORDS)
    first = min((run / RAW).iterdir())
    (run / RAW / f"{first.stem} (copy).json").write_bytes(first.read_bytes())
    assert f"it is a copy of {first.name}" in said(status.FAILED, ["report", str(run)])


def test_output_that_nobody_reads_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody_reads(_: object) -> int:
        raise BrokenPipeError

    monkeypatch.setattr(list_, "act", nobody_reads)
    assert main.main(["list"]) == status.FAILED


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--flows", "10"], "--flows"),
        (["--model", "thread", "--seed", "3"], "--model, --seed"),
        (["--rounds", "3"], "--rounds"),
    ],
)
def test_a_run_that_goes_on_keeps_what_it_was_started_with(
    said: Said, tmp_path: Path, arguments: list[str], word: str
) -> None:
    run = make_run(tmp_path / "run", RECORDS, state="incomplete")
    assert said(status.USAGE, ["run", "--resume", str(run), *arguments]).startswith(
        f"bench: {word}: a run that goes on"
    )


def here(folder: Path, plan: list[object] | None = None, scale: list[Rung] | None = None, **changes: object) -> Path:
    """A run as if it had been made on this machine, by this interpreter."""
    environment = host.environment()
    environment["cores"] = {"measured": 0, "server and campaign": 1}
    environment["suite"] = host.suite(ROOT)
    planned = {"plan": plan or [ROW], "scale": scale or []}
    return make_run(folder, RECORDS, state="incomplete", environment={**environment, **changes}, **planned)


ROW = {"workload": "sleep", "flows": 10, "models": ["thread"], "rounds": 1, "most": 1, "parameters": []}


@pytest.mark.parametrize(
    "plan_",
    [
        [],
        [{**ROW, "models": ["gone"]}],
        [{**ROW, "models": []}],
        [{**ROW, "workload": "gone"}],
        [{**ROW, "more": 1}],
        [{**ROW, "parameters": [["gone", 1]]}],
    ],
)
def test_a_plan_that_this_version_does_not_know_is_one_line(said: Said, tmp_path: Path, plan_: list[object]) -> None:
    run = here(tmp_path / "run")
    content = json.loads((run / FILE).read_text())
    (run / FILE).write_text(json.dumps({**content, "plan": plan_}))
    assert "start a new run" in said(status.USAGE, ["run", "--resume", str(run)])


@pytest.mark.parametrize("plan_", [[5], [{key: value for key, value in ROW.items() if key != "parameters"}]])
def test_a_plan_that_is_none_is_a_fault_of_the_file(said: Said, tmp_path: Path, plan_: list[object]) -> None:
    run = here(tmp_path / "run")
    content = json.loads((run / FILE).read_text())
    (run / FILE).write_text(json.dumps({**content, "plan": plan_}))
    assert f"{run / FILE}: not a manifest of this suite (it.plan[0] " in said(
        status.FAILED, ["run", "--resume", str(run)]
    )


def test_a_run_goes_on_only_where_its_server_has_the_core_it_had(
    said: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topology, "choose", lambda *_: topology.Cores(0, 0, (0,)))
    run = here(tmp_path / "run", plan=[ROW])
    assert "server and campaign on CPU 1, now they would be on CPU 0" in said(
        status.USAGE, ["run", "--resume", str(run)]
    )


def test_a_package_that_has_come_since_makes_another_interpreter(said: Said, tmp_path: Path) -> None:
    run = here(tmp_path / "run", plan=[ROW])
    content = json.loads((run / FILE).read_text())
    del content["environment"]["interpreter"]["pyperf"]
    (run / FILE).write_text(json.dumps(content))
    assert "was made with pyperf None" in said(status.USAGE, ["run", "--resume", str(run)])


def test_a_question_that_time_cut_short_is_asked_again_with_more_of_it(tmp_path: Path) -> None:
    rungs = [Rung("sleep/thread/100?ops=1"), Rung("sleep/thread/200?ops=1", "time: it would take about 900 s")]
    run = here(tmp_path / "run", plan=[ROW], scale=rungs)
    for budget_s, left in ((None, 2), (1.0, 2), (1e6, 1)):
        _, manifest, _ = resume.old_manifest(Options(resume=str(run), budget_s=budget_s))
        assert len(manifest.scale) == left


def test_a_run_goes_on_on_its_own_core_and_on_no_other(
    said: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int | None] = []

    def choose(_: object, wanted: int | None) -> None:
        asked.append(wanted)
        raise UserError("that is all this test wants to know")

    monkeypatch.setattr(topology, "choose", choose)
    run = here(tmp_path / "run")
    assert "was measured on CPU 0" in said(status.USAGE, ["run", "--resume", str(run), "--cpu", "1"])
    for cpu in ([], ["--cpu", "0"]):
        said(status.USAGE, ["run", "--resume", str(run), *cpu])
    assert asked == [0, 0]


def test_a_run_that_goes_on_says_where_the_code_changed_and_takes_a_new_precision(tmp_path: Path) -> None:
    run = here(tmp_path / "run", suite={"code": "another"})
    for _ in range(2):
        _, manifest, _ = resume.old_manifest(Options(resume=str(run), precision={"T": 0.1, "D": 0.2}))
        manifest.write(run)
    assert [f.what for f in manifest.findings if "more than one version" in f.what] == [
        "the suite's own code changed while this run was interrupted: its records are of more than one version"
    ]
    assert manifest.precision == {"T": 0.1, "D": 0.2}
    _, manifest, _ = resume.old_manifest(Options(resume=str(here(tmp_path / "same"))))
    assert not [f for f in manifest.findings if "version" in f.what]


@pytest.mark.parametrize(("now", "same"), [(990, True), (900, False), (None, False)])
def test_a_little_less_memory_after_a_reboot_is_the_same_machine(now: int | None, *, same: bool) -> None:
    assert resume.same("memory, bytes", 1000, now) is same
    assert not resume.same("CPU", "one", "other")


def test_a_run_of_some_numbers_of_flows_climbs_no_ladders_when_it_goes_on(tmp_path: Path) -> None:
    run = here(tmp_path / "run")
    _, manifest, _ = resume.old_manifest(Options(resume=str(run)))
    manifest.preset = "full"
    assert ladders.ladders(manifest)
    manifest.ladders = False
    assert not ladders.ladders(manifest)
