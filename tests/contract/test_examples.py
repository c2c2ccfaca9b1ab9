"""Each example of docs/examples does the same work under threads and asyncio, and is caught when it is broken.

Strategy: what breaks an example is put behind its text, around its first body, so that the same few lines break them all.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from bench.campaign import own_files
from bench.campaign.own_files import taken
from bench.own import file as own
from bench.words import UserError

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "docs" / "examples").glob("*.py"))
SERVERS = [path for path in EXAMPLES if "SERVE" in path.read_text()]
NEEDS = {"redis_get": "redis-server", "tls_get": "openssl"}  # what an example needs, and not every machine has
EACH = pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)


def call(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=folder,
        env={"PATH": "/usr/sbin:/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def verify(folder: Path, file: Path, models: str) -> subprocess.CompletedProcess[str]:
    return call(folder, "bench", "verify", "--workload", str(file), "--model", models)


def proof(folder: Path, file: Path, model: str = "thread") -> str:
    """What the small check of one cell says."""
    done = call(folder, "bench.worker.main", "--verify", f"{file.stem}/{model}/2", "--file", str(file))
    return done.stdout + done.stderr


@pytest.fixture(autouse=True)
def forgotten(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Each test knows only its own files, and leaves no hash among those that may run."""
    monkeypatch.setattr(own_files, "KNOWN", tmp_path / "known")
    yield
    own.FILES.clear()


def skip_without(example: Path) -> None:
    if (program := NEEDS.get(example.stem)) and shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")


@EACH
def test_an_example_does_the_same_work_under_threads_and_asyncio(tmp_path: Path, example: Path) -> None:
    skip_without(example)
    done = verify(tmp_path, example, "thread,asyncio")
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(re.findall(rf"ok\s+{example.stem}/(\w+)/2", done.stdout)) == {"thread", "asyncio"}
    assert "bodies" in done.stdout


def broken(folder: Path, example: Path, *statements: str, before: Sequence[str] = ()) -> tuple[Path, int]:
    """An example whose first body does these statements, and the line of the first of them. `before`: other lines at the end."""
    first = 'BODIES["http.client"]' if "BODIES" in example.read_text() else "op_blocking"
    lines = [
        *("", "", "import itertools", "import os", "CALLS = itertools.count()"),
        f"whole = {first}",
        *before,
        *("", "", "def broken(seat, task):", *(f"    {statement}" for statement in statements)),
        *("", "", f"{first} = broken", ""),
    ]
    text = example.read_text().rstrip() + "\n" + "\n".join(lines)
    file = folder / example.name
    file.write_text(text)
    return file, text.splitlines().index("def broken(seat, task):") + 2


# What is done to an example, and what is said of it; {line}: the first statement's, {op}: that of the op itself.
BROKEN = {
    "an op skipped": (
        ("return None if next(CALLS) == 5 else whole(seat, task)",),
        r"op \d returned None, expected .* \({name}, line {op}, in broken\)",
    ),
    "another result": (("return 'else'",), r"op 0 returned 'else', expected .* \({name}, line {op}, in broken\)"),
    "less data": (
        ("result = whole(seat, task)", "return result - 1 if isinstance(result, int) else result[:-1]"),
        r"op 0 returned .*, expected .* \({name}, line {op}, in broken\)",
    ),
    "an exception in the third op": (
        ("if next(CALLS) == 6: raise OSError('gone')", "return whole(seat, task)"),
        r"OSError: gone \({name}, line {line}, in broken: if next",
    ),
    "an import missing in an op": (
        ("import nosuchlib", "return whole(seat, task)"),
        r"No module named 'nosuchlib': name what has it in PACKAGES, or say --with nosuchlib \({name}, line {line}, in broken",
    ),
}


@pytest.mark.parametrize("how", BROKEN)
@EACH
def test_a_broken_example_is_caught_with_file_line_and_cause(tmp_path: Path, example: Path, how: str) -> None:
    skip_without(example)
    statements, said = BROKEN[how]
    file, line = broken(tmp_path, example, *statements)
    shown = proof(tmp_path, file)
    assert re.search(said.format(name=re.escape(file.name), line=line, op=line - 1), shown), shown


@EACH
def test_an_import_that_is_missing_is_caught_with_file_line_and_remedy(tmp_path: Path, example: Path) -> None:
    top, rest = example.read_text().split('"""\n', 1)
    file = tmp_path / example.name
    file.write_text(f'{top}"""\nimport nosuchlib\n{rest}')
    line = file.read_text().splitlines().index("import nosuchlib") + 1
    said = rf"--with nosuchlib \({re.escape(file.name)}, line {line}, in <module>: import nosuchlib\)"
    with pytest.raises(UserError, match=said):
        taken([str(file)])


@pytest.mark.parametrize("example", SERVERS, ids=lambda path: path.stem)
def test_a_server_that_dies_is_named_before_what_its_end_did_to_the_ops(tmp_path: Path, example: Path) -> None:
    skip_without(example)
    pid = str(tmp_path / "pid")
    server = (
        "serve = SERVE",
        "def SERVE(port):",
        f"    open({pid!r}, 'w').write(str(os.getpid()))",
        "    if callable(serve): serve(port)",
        "    os.execvp(serve[0], [word.replace('{port}', str(port)) for word in serve])",
    )
    kill = f"if next(CALLS) == 4: os.kill(int(open({pid!r}).read()), 9)"
    file, _ = broken(tmp_path, example, kill, "return whole(seat, task)", before=server)
    done = verify(tmp_path, file, "thread")
    assert done.returncode == 1, done.stdout + done.stderr
    said = rf"the server of {re.escape(file.name)} ended with status -9; .*\({re.escape(file.name)}, line \d+, in "
    assert re.search(said, done.stderr), done.stderr


def test_a_seat_that_is_used_in_another_thread_than_its_own_is_caught(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "examples" / "sqlite_read.py").read_text()
    assert ", check_same_thread=False" in text
    file = tmp_path / "sqlite_read.py"
    file.write_text(text.replace(", check_same_thread=False", ""))
    line = text.splitlines().index(next(row for row in text.splitlines() if 'connection.execute("select' in row)) + 1
    for model in ("thread_pool", "asyncio"):
        said = rf"ProgrammingError: SQLite objects created in a thread .* \(sqlite_read\.py, line {line}, in read"
        assert re.search(said, proof(tmp_path, file, model))
