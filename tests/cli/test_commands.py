"""A command is one file and one line; to start one does not load what another needs."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bench.commands import (
    COMMANDS,
    Command,
    commands,
    compare,
    doctor,
    fleet,
    list_,
    new,
    report,
    run,
    try_,
    verify,
    whatif,
)

ROOT = Path(__file__).resolve().parents[2]
EVERY: tuple[Command, ...] = (
    run,
    verify,
    new,
    try_,
    report,
    compare,
    whatif,
    doctor,
    fleet,
    list_,
)  # the type checker proves each of them
HEAVY = ("pandas", "numpy", "matplotlib", "jinja2")

HELLO = '''"""`hello`: greet somebody."""

from argparse import ArgumentParser, Namespace

HELP = "greet somebody"


def options(parser: ArgumentParser) -> None:
    parser.add_argument("name")


def act(options: Namespace) -> int:
    print(f"hello {options.name}")
    return 3
'''


def python(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=cwd, capture_output=True, text=True, timeout=60, check=False
    )


def test_every_command_is_in_the_table() -> None:
    assert tuple(commands().values()) == EVERY
    files = {path.stem for path in (ROOT / "bench" / "commands").glob("*.py")}
    assert files - {*COMMANDS} == {"__init__", "main", "arguments", "status"}


def test_a_command_is_added_by_one_file_and_one_line(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "bench", tmp_path / "bench", ignore=shutil.ignore_patterns("__pycache__"))
    folder = tmp_path / "bench" / "commands"
    (folder / "hello.py").write_text(HELLO)
    table = (folder / "__init__.py").read_text()
    (folder / "__init__.py").write_text(table.replace('    "list_",\n', '    "list_",\n    "hello",\n'))
    done = python("-m", "bench", "hello", "world", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (3, "hello world\n"), done.stderr
    assert "greet somebody" in python("-m", "bench", "--help", cwd=tmp_path).stdout


LOADED = """
import sys
from bench.commands import main
try:
    main.main({arguments})
except SystemExit:
    pass
print(*sorted(sys.modules))
"""


def loaded(*arguments: str) -> list[str]:
    """The modules that a command has loaded when it ends."""
    done = python("-c", LOADED.format(arguments=list(arguments)))
    assert done.stdout, done.stderr
    return done.stdout.splitlines()[-1].split()


@pytest.mark.parametrize("command", ["doctor", "list"])
def test_what_shows_no_figures_loads_nothing_that_makes_them(command: str) -> None:
    modules = loaded(command)
    assert f"bench.commands.{command}" in {name.removesuffix("_") for name in modules}
    assert [name for name in HEAVY if name in modules] == []


def test_to_read_the_command_line_loads_nothing_that_only_an_action_needs() -> None:
    parts = {name.split(".")[1] for name in loaded("--help") if name.startswith("bench.")}
    assert parts == {"commands", "presets", "words"}
