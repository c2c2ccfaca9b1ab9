"""A user's file can name libraries: they are installed beside the suite's, once, or the file is left out with the reason.

The wheels are made here and lie in a folder, so that no index is asked.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.campaign import libraries
from bench.campaign.resume import same_libraries
from bench.own.packages import packages_of
from bench.words import UserError
from tests.support.runs import make_manifest
from tests.unit.test_environment import Checkout, wheel

ROOT = Path(__file__).resolve().parents[2]
FILE = """\
import time

import quince_of_a_test

PACKAGES = ("quince-of-a-test",)


def op_blocking(seat, task):
    time.sleep(0.001)
    return quince_of_a_test.__version__
"""


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """A folder of wheels, as an index has them."""
    folder = tmp_path / "index"
    folder.mkdir()
    wheel(folder, "quince_of_a_test", {"quince_of_a_test/__init__.py": "__version__ = '1.0'\n"})
    return folder


@pytest.fixture(autouse=True)
def removed() -> Iterator[None]:
    """What a test has installed goes with it."""
    yield
    for contents in ROOT.glob(f".venv/*/with-*/{libraries.CONTENTS}"):
        if "quince" in contents.read_text():
            shutil.rmtree(contents.parent)
            contents.parent.with_name(f"{contents.parent.name}.lock").unlink(missing_ok=True)


def bench(folder: Path, index: Path, *words: str) -> subprocess.CompletedProcess[str]:
    pip = {"PIP_FIND_LINKS": str(index), "PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}
    return subprocess.run(
        [sys.executable, "-m", "bench", *words],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), **pip},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def test_a_file_s_libraries_are_installed_once_and_a_file_without_is_left_out(tmp_path: Path, index: Path) -> None:
    (tmp_path / "mine.py").write_text(FILE)
    (tmp_path / "other.py").write_text(FILE.replace("quince", "nosuchlib"))
    words = ("verify", "--workload", "mine.py,other.py,sleep", "--model", "thread")
    done = bench(tmp_path, index, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(re.findall(r"ok +(\w+)/thread", done.stdout)) == {"sleep", "mine"}
    assert re.search(
        r"bench: other.py: nosuchlib-of-a-test cannot be installed: .*; the other workloads go on", done.stderr
    )
    assert "installing quince-of-a-test" in done.stderr
    assert "installing quince-of-a-test into" not in bench(tmp_path, index, *words).stderr


def test_a_library_that_cannot_be_installed_is_one_line_where_nothing_else_is_asked_for(
    tmp_path: Path, index: Path
) -> None:
    (tmp_path / "mine.py").write_text(FILE.replace("quince", "nosuchlib"))
    done = bench(tmp_path, index, "run", "--workload", "mine.py")
    assert done.returncode == 2
    assert re.fullmatch(r"bench: mine.py: nosuchlib-of-a-test cannot be installed: no such name.*\n", done.stderr)
    for text in ("--index-url", "./here", "https://there/x.whl"):
        done = bench(tmp_path, index, "run", "--workload", "sleep", f"--with={text}")
        assert "names no library: write its name, as in aiohttp" in done.stderr


def test_libraries_lie_over_the_suite_s_environment_and_their_hashes_are_kept(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path)
    wheel(checkout.index, "plum", {"plum.py": "import apple\n"})
    done = checkout.call("--with", "plum", "-c", "import plum, apple; print(plum.__file__, apple.__file__)")
    assert done.returncode == 0, done.stderr
    assert [part for place in done.stdout.split() for part in re.findall(r"/(with|run)-", place)] == ["with", "run"]
    (contents,) = checkout.folder.glob(".venv/*/with-*/libraries.json")
    found = json.loads(contents.read_text())
    assert found["wanted"] == ["plum"]
    assert re.fullmatch("[0-9a-f]{64}", found["installed"]["plum"]["sha256"])
    assert checkout.call("--dev").returncode == 0
    assert contents.exists()  # the suite's own tools do not take it away
    checkout.lock(checkout.apple, checkout.pear)
    assert checkout.call().returncode == 0
    assert not contents.exists()  # but a new lock of what it lies over does


def test_a_library_that_needs_another_version_than_the_suite_has_is_refused(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path)
    done = checkout.call("--with", "apple==2.0", "-c", "")
    assert done.returncode != 0
    assert "cannot be installed" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("PACKAGES = ('a', 'b==1')\n", ("a", "b==1")),
        ("import nosuch\nPACKAGES = ['a']\n", ("a",)),
        ("x = 1\n", ()),
        ("def f(:\n", ()),
    ],
)
def test_packages_are_read_without_running_the_file(tmp_path: Path, text: str, names: tuple[str, ...]) -> None:
    (tmp_path / "mine.py").write_text(text)
    assert packages_of(tmp_path / "mine.py") == names


@pytest.mark.parametrize("value", ["'aiohttp'", "7", "[x for x in y]", "('a', 7)"])
def test_packages_that_are_no_list_of_names_are_said_with_the_line(tmp_path: Path, value: str) -> None:
    (tmp_path / "mine.py").write_text(f"\nPACKAGES = {value}\n")
    with pytest.raises(UserError, match=re.escape("mine.py, line 2: PACKAGES must list names")):
        packages_of(tmp_path / "mine.py")


def test_a_run_goes_on_only_with_the_libraries_that_it_began_with() -> None:
    manifest = make_manifest()
    same_libraries(manifest)
    manifest.environment[libraries.FACT] = {"aiohttp": "3.0, sha256 0"}
    with pytest.raises(UserError, match=r"was measured with aiohttp 3\.0, sha256 0: go on with the same --with"):
        same_libraries(manifest)
