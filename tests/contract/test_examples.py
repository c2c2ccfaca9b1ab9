"""Each example of docs/examples does the same work under threads and asyncio, and is caught when it is broken."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "docs" / "examples").glob("*.py"))
NEEDS = {"redis_get": "redis-server"}  # what an example cannot do without, and not every machine has


def verify(folder: Path, file: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bench", "verify", "--workload", str(file), "--model", "thread,asyncio"],
        cwd=folder,
        env={"PATH": "/usr/sbin:/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def skip_without(example: Path) -> None:
    if (program := NEEDS.get(example.stem)) and shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_does_the_same_work_under_threads_and_asyncio(tmp_path: Path, example: Path) -> None:
    skip_without(example)
    done = verify(tmp_path, example)
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(re.findall(rf"ok\s+{example.stem}/(\w+)/2", done.stdout)) == {"thread", "asyncio"}
    assert "bodies" in done.stdout


BROKEN = {
    "an exception": (
        "    {first}",
        "    raise OSError('gone')\n    {first}",
        r"OSError: gone \({name}.py, line {line}, in (op_blocking|get_http_client)",
    ),
    "another result": (
        "    {first}",
        "    return 'else'\n    {first}",
        r"returned 'else', expected|return something else",
    ),
    "an import": ("", "import nosuchlib\n", r"{name}.py, line 3, in <module>: import nosuchlib"),
}


@pytest.mark.parametrize("how", BROKEN)
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_a_broken_example_is_caught_with_file_line_and_cause(tmp_path: Path, example: Path, how: str) -> None:
    skip_without(example)
    text, (old, new, said) = example.read_text(), BROKEN[how]
    match = re.search(r"def (?:op_blocking|get_http_client)\(seat, task\):\n    (.*)\n", text)
    assert match is not None
    first, line = match[1], text[: match.start(1)].count("\n") + 1
    head, tail = text[: match.start(1) - 4], text[match.start(1) - 4 :]
    old, new = old.format(first=first), new.format(first=first)
    top, rest = text.split("\n\n", 1)  # the docstring, and the imports
    broken = head + tail.replace(old, new, 1) if old else f"{top}\n\n{new}{rest}"
    assert broken != text
    file = tmp_path / example.name
    file.write_text(broken)
    done = verify(tmp_path, file)
    assert done.returncode != 0
    assert re.search(said.format(name=example.stem, line=line), done.stderr), done.stderr
