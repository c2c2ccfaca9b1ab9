"""What a user's environment brings along does not reach a cell, or is said."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from bench.machine import switches
from bench.machine.switches import PASSED, SWITCHES, Dropped, State, clean, findings
from bench.words import WORST_FIRST

ROOT = Path(__file__).resolve().parents[2]
PLAIN = {"PATH": "/usr/bin:/bin"}
LONG = "/tmp/" + "x" * 90
# As users have them: each would change what a cell does, or end it.
ENVIRONMENTS: Mapping[str, Mapping[str, str]] = {
    "asyncio's debug mode": {"PYTHONASYNCIODEBUG": "1"},
    "tracemalloc": {"PYTHONTRACEMALLOC": "5"},
    "Python's allocator": {"PYTHONMALLOC": "debug"},
    "development mode": {"PYTHONDEVMODE": "1"},
    "the C library's allocator": {"MALLOC_PERTURB_": "1", "MALLOC_CHECK_": "3", "GLIBC_TUNABLES": "glibc.malloc.check=3"},
    "a preload": {"LD_PRELOAD": "libSegFault.so"},
    "another library": {"PYTHONPATH": "a-folder"},
    "a sitecustomize that prints": {"PYTHONPATH": "site-folder"},
    "a start-up file": {"PYTHONSTARTUP": "/nowhere.py", "PYTHONINSPECT": "1"},
    "one hash seed": {"PYTHONHASHSEED": "0"},
    "no assertions": {"PYTHONOPTIMIZE": "2"},
    "a safe path": {"PYTHONSAFEPATH": "1"},
    "reports": {"PYTHONPROFILEIMPORTTIME": "1", "PYTHONVERBOSE": "1", "PYTHONUNBUFFERED": "1"},
    "warnings as errors": {"PYTHONWARNINGS": "error"},
    "coverage": {"COVERAGE_PROCESS_START": "/nowhere.cfg"},
    "another PostgreSQL": {"PGPORT": "5433", "PGHOST": "elsewhere"},
    "a proxy": {"http_proxy": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9"},
    "a long folder for temporary files": {"TMPDIR": LONG},
    "caches": {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPYCACHEPREFIX": "/nowhere"},
    "libraries": {"GEVENT_LOOP": "libuv", "OMP_NUM_THREADS": "7"},
}  # fmt: skip
PROGRAM = """
import asyncio, gc, json, os, sys, tempfile, tracemalloc
sys.path.insert(0, os.getcwd())
import idna
from bench.machine.switches import state
loop = asyncio.new_event_loop()
found = state()
print(json.dumps([loop.get_debug(), tracemalloc.is_tracing(), list(sys.flags), found.on, found.site, idna.__file__,
    sys.warnoptions, len(tempfile.gettempdir()), sorted(os.environ), sys.pycache_prefix, sys.dont_write_bytecode,
    sys.stdout.line_buffering, sys.stdout.write_through]))
loop.close()
"""


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    (tmp_path / "a-folder").mkdir()
    (tmp_path / "a-folder" / "idna.py").write_text("another = True\n")
    (tmp_path / "site-folder").mkdir()
    (tmp_path / "site-folder" / "sitecustomize.py").write_text("print('hello from the site')\n")
    return tmp_path


def started(environ: Mapping[str, str]) -> object:
    """What a Python that is started like a cell finds itself to be."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, env=dict(environ), capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return json.loads(done.stdout)


def here(environ: Mapping[str, str], folders: Path) -> dict[str, str]:
    """An environment with this test's folders."""
    return {k: str(folders / v) if k == "PYTHONPATH" else v for k, v in environ.items()}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_a_cell_starts_as_it_does_in_a_clean_environment_and_the_reader_is_told(name: str, folders: Path) -> None:
    theirs = {**PLAIN, "HOME": str(folders), "EDITOR": "vi", **here(ENVIRONMENTS[name], folders)}
    kept, dropped = clean(theirs)
    assert kept == PLAIN
    spoken_of = set(ENVIRONMENTS[name]) - {"PYTHONSAFEPATH"}  # which the suite's own way in sets
    assert {one.name for one in dropped} == spoken_of
    assert started(kept) == started(PLAIN)
    said = " ".join(finding.what for finding in findings(theirs, State()))
    assert all(variable in said for variable in spoken_of)


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"PYTHONASYNCIODEBUG": "1"}, "asyncio's debug mode"),
        ({"PYTHONTRACEMALLOC": "1"}, "tracing of allocations"),
        ({"PYTHONMALLOC": "malloc_debug"}, "Python's debugging allocator"),
        ({"PYTHONDEVMODE": "1"}, "Python's development mode"),
        ({"PYTHONOPTIMIZE": "1"}, "optimisation (-O)"),
    ],
)
def test_an_interpreter_says_itself_what_is_on_where_it_was_let_through(environ: Mapping[str, str], said: str) -> None:
    program = "import json; from bench.machine.switches import state; print(json.dumps(state().on))"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, env={**PLAIN, **environ}, capture_output=True, text=True, check=True)
    assert said in json.loads(done.stdout)


def test_a_site_s_module_is_found_in_an_interpreter_that_has_it(folders: Path) -> None:
    program = "from bench.machine.switches import state; print(state().site)"
    environ = {**PLAIN, "PYTHONPATH": str(folders / "site-folder")}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["hello from the site", "('sitecustomize',)"]


def test_a_cell_s_state_is_asked_of_a_python_that_is_started_like_one(folders: Path) -> None:
    theirs = {**PLAIN, "PYTHONASYNCIODEBUG": "1", "PYTHONPATH": str(folders / "site-folder"), "PYTHONSAFEPATH": "1"}
    assert switches.state_of_a_cell(theirs).on == switches.state_of_a_cell(PLAIN).on
    assert switches.state_of_a_cell(theirs).site == ()


def test_a_python_that_does_not_start_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(OSError, match="does not start as a cell would: it said nothing"):
        switches.state_of_a_cell(PLAIN)


def test_a_clean_environment_and_interpreter_hear_nothing() -> None:
    ordinary = {
        **PLAIN,
        "HOME": "/root",
        "LANG": "de_DE.UTF-8",
        "TERM": "xterm",
        "TMPDIR": "/var/tmp",
        "PYTHON_COLORS": "1",
    }
    assert findings(ordinary, State()) == []
    assert clean(ordinary)[0] == {**PLAIN, "TMPDIR": "/var/tmp"}


@pytest.mark.parametrize(
    "environ", [{"PYTHONTRACEMALLOC": "0"}, {"PYTHONMALLOC": "default"}, {"LD_PRELOAD": ""}, {"PGPORT": ""}]
)
def test_a_switch_that_is_off_is_kept_from_cells_and_not_spoken_of(environ: Mapping[str, str]) -> None:
    assert clean({**PLAIN, **environ}) == (PLAIN, [])


def test_what_the_interpreter_has_is_an_error_and_comes_first() -> None:
    found = findings({"PYTHON_GIL": "0", "PGPORT": "1"}, State(("asyncio's debug mode",), ("usercustomize",)))
    assert [finding.level for finding in found] == ["error", "warning", "hint", "hint"]
    assert sorted(found, key=lambda finding: WORST_FIRST.index(finding.level)) == found
    assert all(finding.remedy for finding in found)


@pytest.mark.parametrize("name", PASSED)
def test_what_is_compared_on_purpose_is_passed_and_said(name: str) -> None:
    assert clean({name: "0"}) == ({name: "0"}, [])
    (finding,) = findings({name: "0"}, State())
    assert finding.what.startswith(f"{name} is set")


def test_who_has_a_database_of_their_own_gets_in_and_nothing_else_steers_the_client() -> None:
    theirs = {"BENCH_POSTGRES_DSN": "host=x", "PGPASSWORD": "secret", "PGSSLMODE": "require", "PGPORT": "5433"}
    kept, dropped = clean(theirs)
    assert kept == {key: value for key, value in theirs.items() if key != "PGPORT"}
    assert [one.name for one in dropped] == ["PGPORT"]
    assert clean({"PGPASSWORD": "secret"})[0] == {}


def test_no_value_is_ever_said() -> None:
    theirs = {name: "s3cret" for switch in SWITCHES for name in switch.names.split("|") if name.isidentifier()}
    assert theirs
    said = repr(clean(theirs)[1]) + repr(findings(theirs, State()))
    assert "s3cret" not in said


def test_many_names_and_long_ones_make_a_sentence() -> None:
    dropped = [Dropped(f"GEVENT_{number:02}" + "X" * 10_000, "it does") for number in range(30)]
    (finding,) = switches.kept_away(dropped)
    assert "and 24 more" in finding.what
    assert len(finding.what) < 600


@pytest.mark.parametrize(
    ("folder", "fits"),
    [("/tmp", True), ("/" + "x" * 74, True), ("/" + "x" * 75, False), ("/" + "µ" * 38, False), ("relative", False)],
)
def test_a_folder_for_temporary_files_has_room_for_a_socket_s_name(folder: str, *, fits: bool) -> None:
    assert (switches.unfit(folder) == "") is fits
    assert ("TMPDIR" in clean({"TMPDIR": folder})[0]) is fits


def test_no_variable_belongs_to_two_rows() -> None:
    names = {name for environ in ENVIRONMENTS.values() for name in environ}
    names = names - {"TMPDIR", "PYTHONSAFEPATH"} | set(PASSED)
    rows = {name: [s for s in SWITCHES if re.fullmatch(s.names, name)] for name in names}
    assert {name: len(there) for name, there in rows.items()} == {name: int(name not in PASSED) for name in names}


def test_this_process_can_be_asked() -> None:
    assert isinstance(switches.state(), State)
    clean(os.environ)


def test_doctor_needs_neither_numpy_nor_pandas() -> None:
    program = (
        "import sys; from bench.commands import main as cli; from bench.machine import doctor; doctor.LOOK_S = 0\n"
        "cli.main(['doctor']); print([m for m in ('numpy', 'pandas', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**PLAIN, "PGPORT": "5433"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]"
    assert "PGPORT is set, and kept from cells" in " ".join(done.stdout.split())
