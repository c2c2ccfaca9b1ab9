"""A service of the reader's own: the command, the page's script and the table say the same, and what was measured is found again."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bench.analysis.whatif import BUSY, Curve, Service, what_if
from bench.commands.main import main
from bench.report import service
from tests.support import gallery

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "bench" / "report" / "static" / "whatif.js"
VECTORS = Path(__file__).with_name("whatif.json")
NODE = shutil.which("node")


def vectors() -> tuple[list[Curve], list[dict[str, Any]]]:
    """The curves, and what is said of each of fifty services."""
    content = json.loads(VECTORS.read_text(encoding="utf-8"))
    curves = [
        Curve(
            curve["model"],
            {int(n): value for n, value in curve["demand"]},
            {int(n): value for n, value in curve["response"]},
            math.inf if curve["at_once"] is None else curve["at_once"],
            math.nan if curve["bytes"] is None else curve["bytes"],
        )
        for curve in content["curves"]
    ]
    return curves, content["vectors"]


def test_every_service_of_the_vectors_is_answered_as_they_say() -> None:
    curves, asked = vectors()
    assert len(asked) == 50
    for one in asked:
        table, sentences = service.said(
            curves, Service(one["flows"], one["wait"], one["own"], one["cores"]), "connections"
        )
        assert [list(row) for row in table.rows] == one["rows"]
        assert list(sentences) == one["sentences"]


def test_the_vectors_say_everything_that_can_be_said() -> None:
    said = "\n".join(sentence for one in vectors()[1] for sentence in one["sentences"])
    for part in ("whichever the model", "need about", "of the time", "fit on", "hardly matters", "has time left"):
        assert part in said, part
    for part in ("needs least CPU", "were not measured", "lies outside"):
        assert part in said, part


@pytest.mark.skipif(NODE is None, reason="node is not installed; tests/browser asks a browser")
def test_the_script_of_the_page_says_what_the_vectors_say() -> None:
    program = (
        "const fs = require('fs'); const [script, file] = process.argv.slice(1);"
        "const run = new Function(fs.readFileSync(script, 'utf8') + '; return whatIf;')();"
        "const { curves, vectors } = JSON.parse(fs.readFileSync(file, 'utf8'));"
        "const said = vectors.map((one) => { const { rows, sentences } = run(curves, one, 'connections'); return { rows, sentences }; });"
        "console.log(JSON.stringify(said));"
    )
    done = subprocess.run(
        [str(NODE), "-e", program, str(SCRIPT), str(VECTORS)], capture_output=True, text=True, timeout=60, check=True
    )
    wanted = [{"rows": one["rows"], "sentences": one["sentences"]} for one in vectors()[1]]
    assert json.loads(done.stdout) == wanted


@pytest.mark.parametrize("folder", gallery.RUNS, ids=lambda folder: folder.name)
def test_with_a_cell_s_own_parameters_it_gives_that_cell_s_throughput(folder: Path) -> None:
    run = gallery.run(folder)
    seen = 0
    for workload in service.workloads(run):
        for curve in service.curves(run, workload):
            for n, demand_s in curve.demand_s.items():
                rate, wait_s = run.figure(workload, curve.model, n, "X"), run.wait_s(workload, curve.model)[n]
                assert rate is not None
                if rate.value * demand_s >= BUSY:
                    continue
                found = what_if(curve, Service(n, wait_s, 0.0)).ops_per_s
                low, high = (rate.low, rate.high) if rate.has_interval else (rate.value, rate.value)
                assert low * (1 - 1e-9) <= found <= high * (1 + 1e-9), (workload, curve.model, n)
                seen += 1
    assert seen > 20


def test_the_command_says_it_of_a_run(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--flows", "2000", "--wait", "50ms", "--own", "200us"]
    assert main(["whatif", str(gallery.RUNS[0]), *asked]) == 0
    said = capsys.readouterr().out
    assert "core full at (N*)" in said
    assert "2,000 connections need about" in said
    assert gallery.RUNS[0].name in said


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (["--wait", "0"], "give it a wait"),
        (["--workload", "nonsense"], "choose from http_get"),
    ],
)
def test_what_cannot_be_answered_is_one_line(capsys: pytest.CaptureFixture[str], wrong: list[str], said: str) -> None:
    assert main(["whatif", str(gallery.RUNS[0]), *wrong]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("wait", ["50", "fast", "-1ms", "2000000s"])
def test_a_time_without_a_unit_is_refused(wait: str) -> None:
    with pytest.raises(SystemExit):
        main(["whatif", str(gallery.RUNS[0]), f"--wait={wait}"])
