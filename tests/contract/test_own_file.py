"""A file of the user's own is a workload like any other, and what is wrong with it is said with file, line and cause."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bench import load
from bench.analysis.frames import frame
from bench.campaign import own_files
from bench.campaign.own_files import taken
from bench.campaign.runnable import runnable
from bench.campaign.subprocesses import Attempt, Subprocesses
from bench.campaign.targets import reachable, targets
from bench.own import file as own
from bench.own import patience
from bench.own.contract import workload_of
from bench.presets import PRESETS
from bench.presets.choice import select
from bench.store.manifest import read_manifest
from bench.targets import NotHereError, load_target
from bench.targets import serve as serve_
from bench.words import Cell, UserError
from tests.support.records import rounds_of
from tests.support.runs import make_manifest, make_run

ROOT = Path(__file__).resolve().parents[2]
GOOD = """\
import asyncio
import time


def op_blocking(seat, task):
    time.sleep(0.002)
    return task * 2


async def op_coroutine(seat, task):
    await asyncio.sleep(0.002)
    return task * 2
"""


def write(folder: Path, text: str, name: str = "mine.py") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def bench(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the suite from somewhere else than its checkout."""
    return subprocess.run(
        [sys.executable, "-m", "bench", *words],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


@pytest.fixture(autouse=True)
def forgotten(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Each test knows only its own files, and leaves no hash among those that may run."""
    monkeypatch.setattr(own_files, "KNOWN", tmp_path / "known")
    own.FILES.clear()
    for name in [name for name in sys.modules if name.startswith(own.PREFIX)]:
        del sys.modules[name]
    yield
    own.FILES.clear()


def test_a_file_of_two_functions_does_the_same_work_under_every_kind_of_model(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    models = "sequential,thread,process,process_spawn,process_forkserver,thread_pool,asyncio"
    done = bench(tmp_path, "verify", "--workload", "./mine.py", "--model", models)
    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(re.findall(r"ok\s+mine/(\w+)/2", done.stdout)) == sorted(models.split(","))


def test_one_body_alone_is_run_by_the_models_that_can(tmp_path: Path) -> None:
    write(tmp_path, GOOD[: GOOD.index("async def")])
    done = bench(tmp_path, "verify", "--workload", "./mine.py", "--model", "thread,asyncio")
    assert done.returncode == 0, done.stderr
    assert "ok     mine/thread/2" in done.stdout
    assert "mine/asyncio/2: mine.py has no coroutine body" in done.stdout


@pytest.mark.parametrize("command", [["try", "mine.py"], ["verify", "--workload", "mine.py", "--model", "thread"]])
def test_one_body_alone_is_not_said_to_be_the_same_as_another(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, GOOD[: GOOD.index("async def")])
    done = bench(tmp_path, *command)
    assert "mine: it has no body that awaits: models that need one are not run" in done.stdout
    assert "the same but for await" not in done.stdout


def test_a_body_whose_name_is_misspelt_is_no_file_with_one_body(tmp_path: Path) -> None:
    write(tmp_path, GOOD.replace("op_coroutine", "op_corutine"))
    done = bench(tmp_path, "try", "mine.py")
    assert done.returncode == 2
    assert re.search(r"mine.py, line \d+: op_corutine is no body: did you mean op_coroutine\?", done.stderr)


def test_a_helper_that_is_called_almost_like_a_body_of_the_other_kind_is_none(tmp_path: Path) -> None:
    write(tmp_path, f"{GOOD}\n\ndef coroutines():\n    return 1\n")
    done = bench(tmp_path, "try", "mine.py")
    assert done.returncode == 0, done.stderr


def test_numbers_of_flows_that_a_file_cannot_have_are_refused(tmp_path: Path) -> None:
    write(tmp_path, f"{GOOD}\nFLOWS = (10,)\n")
    done = bench(tmp_path, "run", "--workload", "mine.py", "--flows", "10,100", "--dry-run")
    assert done.returncode == 2
    assert "mine: FLOWS of the file has one number only, and 100 is another" in done.stderr


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("return task * 2\n\n\nasync", "return task * 3\n\n\nasync", "its ops return something else than under"),
        (
            "    time.sleep(0.002)",
            "    if task: raise ValueError('no')",
            r"ValueError: no \(mine.py, line 6, in op_blocking",
        ),
    ],
    ids=["another result", "an exception"],
)
def test_a_broken_body_is_caught_with_the_cause(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in GOOD
    write(tmp_path, GOOD.replace(old, new))
    done = bench(tmp_path, "verify", "--workload", "./mine.py", "--model", "thread,asyncio")
    assert done.returncode == 1
    assert re.search(said, done.stderr), done.stderr


def test_what_expect_says_is_asked_of_every_op_of_the_small_check(tmp_path: Path) -> None:
    write(tmp_path, f"{GOOD}\n\ndef expect(task):\n    return task * 2 if task != 1 else 7\n")
    done = bench(tmp_path, "verify", "--workload", "./mine.py", "--model", "thread")
    assert "op 1 returned 2, expected 7 for task 1" in done.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def f(:\n", "mine.py, line 1: invalid syntax"),
        ("\nimport nosuchlib\n", r"No module named 'nosuchlib': .*--with nosuchlib \(mine.py, line 2,"),
        ("x = 1\n", "it has no body: write def op_blocking"),
        ("raise SystemExit(3)\n", "SystemExit: 3"),
        ("async def op_blocking(seat, task):\n    pass\n", "line 1: op_blocking is a coroutine function: write def"),
        ("def op_coroutine(seat, task):\n    pass\n", "line 1: op_coroutine does not await: write async def"),
        ("def op_blocking(seat):\n    pass\n", "line 1: op_blocking must take two arguments"),
        ("op_blocking = 5\n", "op_blocking is 5: make it a function"),
        (f"{GOOD}WAIT_MS = 'long'\n", "WAIT_MS is 'long': give milliseconds"),
        (f"{GOOD}PARAMETERS = {{'size': None}}\n", "PARAMETERS must map names to numbers or texts"),
        (f"{GOOD}FLOWS = (0,)\n", "FLOWS is"),
    ],
)
def test_a_file_that_is_no_workload_is_answered_in_one_line_with_the_remedy(
    tmp_path: Path, text: str, said: str
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(UserError) as caught:
        taken([str(path)])
    assert re.search(said, str(caught.value)), caught.value
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "said"), [("mine.txt", "not a Python file"), ("Mine.py", "use lower-case"), ("sleep.py", "another name")]
)
def test_a_file_s_name_must_be_able_to_name_a_workload(tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        taken([str(write(tmp_path, GOOD, name))])


def test_a_bad_file_does_not_stop_the_other_workloads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert taken([str(write(tmp_path, "def f(:\n")), "sleep?wait_ms=3"]) == ["sleep?wait_ms=3"]
    assert "mine.py, line 1" in capsys.readouterr().err


def test_a_file_s_parameters_and_wait_are_those_of_its_cells(tmp_path: Path) -> None:
    path = write(tmp_path, f"{GOOD}WAIT_MS = 3\nPARAMETERS = {{'size': 7}}\nFLOWS = (5,)\nOPS = 9\nUNLIKE = 'two'\n")
    assert taken([f"{path}?size=9"]) == ["mine?size=9"]
    made = workload_of(own.FILES["mine"])
    assert (made.parameters["size"], made.parameters["wait_ms"], made.flows) == (7, 3, (5,))
    assert (made.ops, made.unlike) == ({1: 9}, "two")


def test_a_run_with_somebody_s_file_is_shown_and_not_executed(tmp_path: Path) -> None:
    """The tripwire: the file would leave a mark."""
    mark = tmp_path / "mark"
    records = [record for model in ("thread", "asyncio") for record in rounds_of(f"mine/{model}/10", [0.2, 0.3, 0.4])]
    folder = make_run(tmp_path / "run", records)
    other = make_run(tmp_path / "other", records, id="20260102T000000Z-bench")
    manifest = read_manifest(folder)
    manifest.environment[own_files.FACT] = {"mine": "0" * 64}
    manifest.write(folder)
    (folder / own_files.FOLDER).mkdir()
    write(folder / own_files.FOLDER, f"open({str(mark)!r}, 'w').close()\n")
    for words in (
        ["report", str(folder), "--format", "html"],
        ["compare", str(folder), str(other), "--out", str(tmp_path / "both")],
    ):
        done = bench(tmp_path, *words)
        assert done.returncode == 0, done.stderr
    assert not mark.exists()


def test_a_run_goes_on_only_with_files_that_this_user_has_named_before(tmp_path: Path) -> None:
    text = GOOD.encode()
    place = tmp_path / own_files.FOLDER
    place.mkdir()
    write(place, GOOD)
    manifest = make_manifest()
    manifest.environment[own_files.FACT] = {"mine": own.digest(text)}
    with pytest.raises(UserError, match="somebody else's code is not run by itself"):
        own_files.restore(tmp_path, manifest)
    taken([str(write(tmp_path, GOOD))])  # named by its path: from now on it may run
    own_files.restore(tmp_path, manifest)
    assert own.FILES["mine"].path == str(place / "mine.py")
    write(place, f"{GOOD}#\n")
    with pytest.raises(UserError, match="it changed since the run began"):
        own_files.restore(tmp_path, manifest)


def test_what_new_writes_can_be_tried_and_verified(tmp_path: Path) -> None:
    assert bench(tmp_path, "new", "mine.py").returncode == 0
    again = bench(tmp_path, "new", "mine.py")
    assert (again.returncode, again.stderr.strip()) == (2, "bench: mine.py is there already: name a new file")
    tried = bench(tmp_path, "try", "mine.py")
    assert tried.returncode == 0, tried.stderr
    assert re.findall(r"(\w+) .* ms  returned 'done'", tried.stdout) == ["blocking", "coroutine"]
    assert "the same but for await" in tried.stdout
    done = bench(tmp_path, "verify", "--workload", "mine.py", "--model", "thread,asyncio")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "mine: its bodies are the same but for await" in done.stdout


def test_an_error_that_is_tried_is_one_line_and_with_debug_the_whole_traceback(tmp_path: Path) -> None:
    write(tmp_path, GOOD.replace("return task * 2\n\n\nasync", "raise KeyError('k')\n\n\nasync"))
    done = bench(tmp_path, "try", "mine.py")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "KeyError: 'k' (mine.py, line 7, in op_blocking: raise KeyError('k'))" in done.stderr
    assert "Traceback" in bench(tmp_path, "try", "mine.py", "--debug").stderr


def test_bodies_that_are_two_programs_are_said_to_be_unless_the_file_says_how_they_differ(tmp_path: Path) -> None:
    text = GOOD.replace("asyncio.sleep(0.002)", "asyncio.sleep(0.003)")
    taken([str(write(tmp_path, text)), str(write(tmp_path, f"{text}UNLIKE = 'one waits longer'\n", "said.py"))])
    assert workload_of(own.FILES["mine"]).unlike == "they are two different programs"
    assert workload_of(own.FILES["said"]).unlike == "one waits longer"


SERVED = """\
import socket
import sys
from contextlib import contextmanager

SERVE = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", "{port}"]
FLOWS = (2,)


@contextmanager
def open_blocking(flow):
    yield flow.port


def op_blocking(seat, task):
    with socket.create_connection(("127.0.0.1", seat)) as connection:
        connection.sendall(b"HEAD / HTTP/1.0\\r\\n\\r\\n")
        return connection.recv(12)
"""
FUNCTION = """def SERVE(port):
    import http.server
    http.server.ThreadingHTTPServer(("127.0.0.1", port), http.server.SimpleHTTPRequestHandler).serve_forever()
"""


@pytest.mark.parametrize("how", ["a command", "a function"])
def test_a_server_of_one_s_own_is_started_for_the_run_and_gone_afterwards(tmp_path: Path, how: str) -> None:
    command = next(line for line in SERVED.splitlines() if line.startswith("SERVE"))
    write(tmp_path, SERVED if how == "a command" else SERVED.replace(command, FUNCTION))
    done = bench(tmp_path, "verify", "--workload", "./mine.py", "--model", "thread,process_spawn")
    assert done.returncode == 0, done.stdout + done.stderr
    tried = bench(tmp_path, "try", "./mine.py")
    assert "returned b'HTTP/1.0 200'" in tried.stdout, tried.stderr


def test_a_server_runs_on_the_core_that_is_asked_for_and_its_cpu_is_counted(tmp_path: Path) -> None:
    taken([str(write(tmp_path, SERVED))])
    cpu = min(os.sched_getaffinity(0))
    target = load_target("serve_mine")
    with target.start(cpu, None) as started:
        assert os.sched_getaffinity(started.place.pid) == {cpu}
        assert target.from_text(target.to_text(started.place)) == started.place
        assert (target.referee(started.place, 0).cpu_ns() or 0) > 0
        pid = started.place.pid
    assert not Path(f"/proc/{pid}").exists()


@pytest.mark.parametrize(
    ("serve", "said"),
    [
        ('["nosuchserver", "{port}"]', "nosuchserver is not installed"),
        ('[sys.executable, "-c", "raise SystemExit(\'no {port}\')"]', "ended with status 1: no "),
        ('[sys.executable, "-V"]', "SERVE has no {port}"),
        ("7", "SERVE is 7"),
    ],
)
def test_a_server_that_does_not_start_is_said_with_the_cause(tmp_path: Path, serve: str, said: str) -> None:
    command = next(line for line in SERVED.splitlines() if line.startswith("SERVE"))
    taken([str(write(tmp_path, SERVED.replace(command, f"SERVE = {serve}")))])
    with pytest.raises(NotHereError, match=re.escape(said)), load_target("serve_mine").start(None, None):
        pass


NAMED = """\
import asyncio
import time


def get_one(seat, task):
    time.sleep(0.001)
    return seat


async def get_two(seat, task):
    await asyncio.sleep(0.001)
    return seat


class open_one:
    def __init__(self, flow):
        pass

    def __enter__(self):
        return "seat"

    def __exit__(self, *_):
        pass


class open_two(open_one):
    async def __aenter__(self):
        return "seat"

    async def __aexit__(self, *_):
        pass


BODIES = {"one": get_one, "two": (lambda seat, task: get_one("seat", task), get_two)}
"""


def test_named_bodies_are_cells_of_one_block_each_under_the_models_that_can_run_it(tmp_path: Path) -> None:
    (name,) = taken(
        [str(write(tmp_path, NAMED.replace('(lambda seat, task: get_one("seat", task), get_two)', "get_two")))]
    )
    rows = select(PRESETS["bench"], [name], ["thread", "asyncio"], [10])
    there = [cell for row in runnable(rows)[0] for cell in replace(row, twins=()).cells()]
    assert [cell.name for cell in there] == ["mine/thread/10", "mine/asyncio/10?body=two"]
    assert {cell.block for cell in there} == {"mine/10"}
    with pytest.raises(UserError, match="body is 'three', and can be one, two"):
        select(PRESETS["bench"], [f"{name}?body=three"])


def test_named_bodies_do_the_same_work_or_are_caught(tmp_path: Path) -> None:
    text = NAMED.replace('(lambda seat, task: get_one("seat", task), get_two)', "get_two")
    write(tmp_path, text)
    good = bench(tmp_path, "verify", "--workload", "./mine.py", "--model", "thread,asyncio")
    assert good.returncode == 0, good.stdout + good.stderr
    write(
        tmp_path, text.replace("asyncio.sleep(0.001)\n    return seat", "asyncio.sleep(0.001)\n    return seat + '!'")
    )
    bad = bench(tmp_path, "verify", "--workload", "./mine.py", "--model", "thread,asyncio")
    assert "mine/asyncio/2?body=two does other work: its ops return something else" in bad.stderr


@pytest.mark.parametrize(
    ("bodies", "said"),
    [
        ("[get_one]", "BODIES must map names to functions"),
        ("{'a b': get_one}", "cannot name a body"),
        ("{'one': 7}", "give a function"),
        ("{'one': (get_one, get_one)}", "are of one kind: one must be async def"),
        ("{'one': print}", "."),
    ],
)
def test_bodies_that_cannot_be_are_said_in_one_line(tmp_path: Path, bodies: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        taken([str(write(tmp_path, f"{NAMED}BODIES = {bodies}\n"))])


def test_the_frame_names_a_model_together_with_the_body_that_it_ran() -> None:
    records = [replace(r, metadata={**r.metadata, "body": "httpx"}) for r in rounds_of("mine/thread/10", [0.2, 0.3])]
    assert set(frame(records)["model"]) == {"thread with httpx"}


def test_a_run_can_be_loaded_as_a_frame(tmp_path: Path) -> None:
    table = load(str(make_run(tmp_path / "run", rounds_of("sleep/thread/10", [0.2, 0.3, 0.4]))))
    assert (len(table), sorted(table["T"])) == (3, [0.2, 0.3, 0.4])
    assert {"cell", "round", "D", "N", "cpu_s"} - set(table.columns) <= {"N"}


def test_a_server_that_prepare_starts_is_named_since_it_shares_the_measured_core(tmp_path: Path) -> None:
    server = """import subprocess, sys


class Server:
    def __init__(self):
        self.process = subprocess.Popen([sys.executable, "-c", "while True: pass"])

    def close(self):
        self.process.kill()
        self.process.wait()


def prepare(order):
    return Server()


"""
    write(tmp_path, server + GOOD)
    done = bench(tmp_path, "verify", "--workload", "./mine.py", "--model", "thread,asyncio")
    named = re.findall(r"warning  mine/(\w+)/2 has started python\S*, which works on the measured core", done.stdout)
    assert named == ["thread", "asyncio"], done.stdout + done.stderr
    write(tmp_path, GOOD)
    assert "warning" not in bench(tmp_path, "verify", "--workload", "./mine.py", "--model", "process_spawn").stdout


def test_debug_shows_the_whole_traceback_of_a_cell_and_of_a_file(tmp_path: Path) -> None:
    write(
        tmp_path, GOOD.replace("    time.sleep(0.002)", "    helper()") + "\n\ndef helper():\n    raise KeyError('k')\n"
    )
    words = ("verify", "--workload", "./mine.py", "--model", "thread,process_spawn")
    assert "Traceback" not in bench(tmp_path, *words).stderr
    shown = bench(tmp_path, *words, "--debug").stderr
    assert shown.count("Traceback") >= 2
    assert re.search(r"mine\.py\", line 6, in op_blocking\n.*\n.*mine\.py\", line 16, in helper", shown), shown
    write(tmp_path, f"import json\njson.loads('{{')\n{GOOD}")
    for debug, lines in (((), 1), (("--debug",), 4)):
        done = bench(tmp_path, *words, *debug)
        assert done.returncode == 2
        assert done.stderr.count("\n") >= lines if debug else done.stderr.count("\n") == lines


ENDLESS = "import time\n\nwhile True:\n    try:\n        time.sleep(0.01)\n    except Exception:\n        pass\n"


def test_a_file_that_never_ends_is_given_up_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(patience, "READ_S", 0.2)
    assert taken([str(write(tmp_path, ENDLESS)), "sleep"]) == ["sleep"]
    said = r"TooLongError: it did not end within 0.2 s \(mine.py, line \d, in <module>.*; the other workloads go on"
    assert re.search(said, capsys.readouterr().err)
    assert taken([str(write(tmp_path, GOOD, "other.py"))]) == ["other"]


@pytest.mark.parametrize(
    ("serve", "said"),
    [
        (
            "def SERVE(port):\n    import socket\n    one = socket.create_server(('', 0))\n    socket.create_server(one.getsockname())\n",
            r"Address already in use .*\(mine.py, line 8, in SERVE: socket.create_server",
        ),
        ("def SERVE(port):\n    pass\n", "SERVE has returned: it must serve until it is ended"),
        ("def SERVE(port):\n    import nosuchlib\n", r"--with nosuchlib \(mine.py, line 6, in SERVE: import nosuchlib"),
        (
            "def SERVE(port):\n    import time\n    time.sleep(100)\n",
            r"the server of mine.py did not answer at its port within 2 s: have it listen on \{port\} of 127.0.0.1",
        ),
    ],
    ids=["a port in use", "it returns", "an import", "it never answers"],
)
def test_a_server_of_python_that_does_not_serve_is_said_with_its_place_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, serve: str, said: str
) -> None:
    if "sleep" in serve:
        monkeypatch.setattr(serve_, "START_S", 2.0)
    command = next(line for line in SERVED.splitlines() if line.startswith("SERVE"))
    names = taken([str(write(tmp_path, SERVED.replace(command, serve))), "sleep"])
    rows = select(PRESETS["bench"], names, ["thread"], [2])
    with targets(rows, min(os.sched_getaffinity(0)), tmp_path) as started:
        able, unable = reachable(rows, started.lost)
    assert {row.workload for row in able} == {"sleep"}
    assert [entry.cell.partition("/")[0] for entry in unable][:1] == ["mine"]
    assert re.search(said, unable[0].reason), unable[0].reason
    assert "\n" not in unable[0].reason


@pytest.mark.parametrize("model", ["thread", "process_spawn"])
def test_an_op_that_never_ends_is_void_with_the_line_where_it_hangs(tmp_path: Path, model: str) -> None:
    taken([str(write(tmp_path, GOOD.replace("    time.sleep(0.002)", "    while True: pass")))])
    cores = sorted(os.sched_getaffinity(0))
    runner = Subprocesses(cores[-1], cores, 0, "here", verify=True)
    outcome = runner(Attempt(Cell("mine", model, 2), 0, 1, tmp_path / "unused.json", 4.0))
    where = r" \(mine.py, line 6, in op_blocking\)" if model == "thread" else ""  # spawned flows are not asked
    assert re.fullmatch(rf"it did not end within its time limit of 4 s{where}", outcome.void)
