"""What a process that the suite starts is given, and how it answers, whatever the user's environment has."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.machine import children, runtime, switches
from bench.machine.answer import say
from bench.machine.children import NO_CACHE, bytecode, environment
from bench.store.atomic import json_text
from bench.targets.http_referee import http_server
from bench.worker.imports import strangers, versions

ROOT = Path(__file__).resolve().parents[2]
PRINTS = "import atexit; print('hello', flush=True); atexit.register(print, '{}', flush=True)\n"
NOISY = f"""
import os
{PRINTS}
from bench.machine.answer import say
print("noise"); say({{"void": None}}); print("more")
"""


def test_a_child_has_nothing_of_the_user_s_that_would_change_it() -> None:
    theirs = {"PATH": "/bin", "PYTHONPATH": "/theirs", "PYTHONSAFEPATH": "1", "PYTHONASYNCIODEBUG": "1", "PGPORT": "1"}
    found = environment(theirs, answer=7)
    ours = {"BENCH_PARENT_PID": str(os.getpid()), "BENCH_ANSWER_FD": "7", "PYTHONPYCACHEPREFIX": str(bytecode())}
    assert found == {"PATH": "/bin", **ours}


def test_an_answer_is_heard_whatever_is_printed_around_it() -> None:
    heard, answer = os.pipe()
    command = [sys.executable, "-c", NOISY]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(answer=answer), pass_fds=[answer], capture_output=True, check=True
    )
    os.close(answer)
    with os.fdopen(heard) as said:
        assert said.read() == '{"void": null}\n'
    assert done.stdout == b"hello\nnoise\nmore\n{}\n"


def test_where_nobody_named_a_descriptor_the_answer_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("BENCH_ANSWER_FD", raising=False)
    say({"void": None})
    assert capsys.readouterr().out == '{"void": null}\n'


def test_a_server_is_this_checkout_s_whatever_folder_one_is_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bench").mkdir()
    (tmp_path / "bench" / "__init__.py").write_text("raise SystemExit('another bench')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONSAFEPATH", "1")
    with http_server(None) as server:
        assert server.address[1] > 0


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A checkout that cannot be written: a file stands where its cache would be."""
    (tmp_path / ".cache").write_text("")
    monkeypatch.setattr(children, "ROOT", tmp_path)
    bytecode.cache_clear()
    yield tmp_path
    bytecode.cache_clear()


def test_compiled_modules_go_to_the_runtime_folder_where_the_checkout_cannot_be_written(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private = nowhere / "private"
    private.mkdir(mode=0o700)
    monkeypatch.setattr(runtime, "runtime_folder", lambda: private)
    found = bytecode()
    assert found is not None
    assert found.is_relative_to(private)
    assert found.is_dir()


def test_where_they_can_go_nowhere_that_is_a_finding(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "runtime_folder", lambda: nowhere / ".cache")
    assert bytecode() is None
    assert "PYTHONPYCACHEPREFIX" not in environment({})
    monkeypatch.setattr(switches, "state_of_a_cell", lambda _: switches.State())
    assert children.findings({}) == [NO_CACHE]


def test_what_was_kept_from_cells_is_recorded_by_name_only_and_as_valid_text() -> None:
    found = children.facts({"PGHOST": "a-secret", "MALLOC_\udcff": "1", "PYTHON_GIL": "0", "PATH": "/bin"})
    assert found == {"kept from cells": "MALLOC_?, PGHOST", "passed on to cells": "PYTHON_GIL"}
    json_text(found).encode()


def test_a_record_says_what_was_imported_and_what_came_from_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a_stranger.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    before = strangers()
    import a_stranger  # type: ignore[import-not-found]  # noqa: F401, PLC0415
    import pyperf  # noqa: PLC0415

    assert set(strangers()) - set(before) == {"a_stranger"}
    assert f"pyperf {pyperf.__version__}" in versions()
    monkeypatch.delitem(sys.modules, "a_stranger")
