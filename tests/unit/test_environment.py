"""Set-up: which environment, what goes into it, when it is finished, and that how Python is started does not matter.

Environments are made for real, by pip, in a small checkout whose lock lists two tiny wheels that lie in a folder.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench.commands.main import main
from scripts.set_up import build, hold, imports, installer, places, wheels

ROOT = Path(__file__).resolve().parents[2]
NOWHERE = "http://127.0.0.1:9/simple"  # the port that discards: nobody listens


def wheel(folder: Path, name: str, files: Mapping[str, str], tag: str = "py3-none-any") -> Path:
    """Make a wheel of version 1.0."""
    metadata = f"{name}-1.0.dist-info"
    written = {
        **files,
        f"{metadata}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{metadata}/WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    lines = [f"{file},sha256={digest_of(text)},{len(text)}" for file, text in written.items()]
    path = folder / f"{name}-1.0-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in written.items():
            archive.writestr(file, text)
        archive.writestr(f"{metadata}/RECORD", "\n".join([*lines, f"{metadata}/RECORD,,", ""]))
    return path


def digest_of(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def locked(*paths: Path) -> str:
    hashes = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
    return "".join(f"{path.name.split('-')[0]}==1.0 \\\n    --hash=sha256:{hashes[path]}\n" for path in paths)


class Checkout:
    """A small checkout: its own scripts, a package `bench`, and locks of two wheels."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.index = folder / "checkout", folder / "index"
        self.index.mkdir(parents=True)
        shutil.copytree(ROOT / "scripts", self.folder / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
        (self.folder / "bench").mkdir()
        (self.folder / "bench" / "__init__.py").write_text("")
        (self.folder / "bench" / "__main__.py").write_text("import apple, sys\nprint(__file__, *sys.argv[1:])\n")
        self.apple = wheel(self.index, "apple", {"apple/__init__.py": "", "apple/core.py": "import os\n"})
        self.pear = wheel(self.index, "pear", {"pear.py": ""})
        self.lock(self.apple)
        (self.folder / "requirements-dev.lock").write_text(locked(self.apple, self.pear))

    def lock(self, *paths: Path) -> None:
        (self.folder / "requirements.lock").write_text(locked(*paths))

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, str(self.folder / "scripts" / "environment.py"), *arguments]

    def variables(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "PYTHON"))}
        user = {"PIP_FIND_LINKS": str(self.index), "PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}
        return {**kept, **user, **(more or {})}

    def call(
        self, *arguments: str, more: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments),
            env=self.variables(more),
            cwd=cwd or self.folder,
            capture_output=True,
            text=True,
            check=False,
        )

    def environments(self) -> list[Path]:
        return sorted(path.parent for path in self.folder.glob(".venv/*/*/stamp"))

    def own(self, module: str) -> str:
        """Where an environment's Python imports a module from."""
        done = self.call("-c", f"import {module}; print({module}.__file__)")
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout with a finished environment, which the tests that have it leave as it is."""
    made = Checkout(tmp_path_factory.mktemp("ready"))
    assert made.call().returncode == 0
    return made


# How Python is started, and from where, must not matter.

PRINTS = "print('here is sitecustomize')\n"
STARTS: dict[str, dict[str, str]] = {
    "plainly": {},
    "with a safe path": {"PYTHONSAFEPATH": "1"},
    "with a path that has other packages": {"PYTHONPATH": "{others}"},
    "with a path that has another standard library": {"PYTHONPATH": "{library}"},
    "with another home": {"PYTHONHOME": sys.base_prefix},
    "without bytecode": {"PYTHONDONTWRITEBYTECODE": "1"},
    "with a prompt at the end": {"PYTHONINSPECT": "1"},
    "with packages of the user's": {"PYTHONUSERBASE": "{others}", "PYTHONNOUSERSITE": ""},
}


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that has things of the names that the suite imports, and none of them is the suite's."""
    folder = tmp_path_factory.mktemp("else where")
    for name in ("bench", "scripts", "apple", "set_up"):
        (folder / name).mkdir()
        for file in ("__init__.py", "__main__.py"):
            (folder / name / file).write_text(f"raise SystemExit('another {name}')\n")
    (folder / "library").mkdir()
    (folder / "library" / "hashlib.py").write_text("raise SystemExit('another hashlib')\n")
    (folder / "library" / "sitecustomize.py").write_text(PRINTS)
    return folder


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
@pytest.mark.parametrize("inside", [True, False], ids=["from the checkout", "from elsewhere"])
def test_the_command_is_this_checkout_s(
    ready: Checkout, elsewhere: Path, start: Mapping[str, str], *, inside: bool
) -> None:
    filled = {key: value.format(others=elsewhere, library=elsewhere / "library") for key, value in start.items()}
    done = ready.call("-m", "bench", "out/x", more=filled, cwd=ready.folder if inside else elsewhere)
    said = [line for line in done.stdout.splitlines() if line != PRINTS.split("'")[1]]
    assert (done.returncode, said) == (0, [f"{ready.folder / 'bench' / '__main__.py'} out/x"]), done.stderr


CHILD = "import subprocess, sys; subprocess.run([sys.executable, '-m', 'bench'], check=True)"
SPAWNED = (
    "import bench, multiprocessing as m; child = m.get_context('{}').Process(target=print, args=(bench.__file__,)); "
    "child.start(); child.join(); print(child.exitcode)"
)
IMPORTED = "import sys, bench; print(bench.__file__)"


def test_children_find_this_checkout_wherever_they_start(ready: Checkout, elsewhere: Path) -> None:
    done = ready.call("-c", CHILD, cwd=elsewhere)
    assert done.stdout.split() == [str(ready.folder / "bench" / "__main__.py")], done.stderr


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_children_of_multiprocessing_find_this_checkout(ready: Checkout, elsewhere: Path, method: str) -> None:
    done = ready.call("-c", SPAWNED.format(method), cwd=elsewhere)
    assert done.stdout.split() == [str(ready.folder / "bench" / "__init__.py"), "0"], done.stderr


def test_the_environment_s_own_python_finds_this_checkout(ready: Checkout, tmp_path: Path) -> None:
    (environment,) = ready.environments()
    command = [str(environment / "bin" / "python"), "-c", IMPORTED]
    done = subprocess.run(command, cwd=tmp_path, env=ready.variables(), capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(ready.folder / "bench" / "__init__.py")


def test_the_script_may_be_called_through_a_link(ready: Checkout, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(ready.folder / "scripts" / "environment.py")
    command = [sys.executable, str(tmp_path / "link"), "-m", "bench"]
    done = subprocess.run(command, cwd=tmp_path, env=ready.variables(), capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(ready.folder / "bench" / "__main__.py")]


def test_a_checkout_that_was_copied_or_moved_finds_itself(ready: Checkout, tmp_path: Path) -> None:
    moved = Checkout(tmp_path)
    shutil.rmtree(moved.folder)
    shutil.copytree(ready.folder, moved.folder, symlinks=True)
    done = moved.call("-m", "bench", cwd=tmp_path)
    assert (done.stdout.split(), done.stderr) == ([str(moved.folder / "bench" / "__main__.py")], "")


def test_old_pythons_can_read_the_file_that_tells_them() -> None:
    entry = (ROOT / "scripts" / "environment.py").read_text()
    body = entry.split('"""')[2]
    assert not any(word in body for word in ('f"', "->", ":=", " def ", "match ", "async ", "nonlocal "))
    assert body.index("sys.exit(2)") < body.index("from scripts")


# Python looks into an environment's packages last.
AS_SITE = (
    "import runpy, sys; del sys.argv[0]; sys.path.append(sys.argv[1]); runpy.run_path(sys.argv[0], run_name='__main__')"
)

# An environment is finished when what it should hold can be imported from it.


ELSEWHERE = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_CONSTRAINT", "PIP_REQUIREMENT", "PIP_LOG")
OTHERWISE = {"PIP_USER": "1", "PIP_NO_BINARY": ":all:", "PIP_DRY_RUN": "1", "PIP_VERSION": "1", "PIP_HELP": "1"}


@pytest.mark.parametrize("through", ["variables", "the user's file"])
def test_no_setting_of_pip_s_changes_what_goes_where(checkout: Checkout, tmp_path: Path, through: str) -> None:
    file = tmp_path / "config" / "pip" / "pip.conf"
    file.parent.mkdir(parents=True)
    file.write_text(f"[global]\ntarget = {tmp_path / 'else'}\n[install]\nuser = yes\ndry-run = yes\n")
    variables = {**dict.fromkeys(ELSEWHERE, str(tmp_path / "else")), **OTHERWISE, "PIP_PYTHON": sys.executable}
    files = {"PIP_CONFIG_FILE": str(tmp_path / "none"), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    done = checkout.call("-m", "bench", more=variables if through == "variables" else files)
    assert done.returncode == 0, done.stderr
    assert checkout.own("apple").startswith(f"{checkout.environments()[0]}/")
    assert not (tmp_path / "else").exists()


@pytest.mark.parametrize(
    ("files", "wrong"),
    [
        ({"apple/__init__.py": "import not_there\n"}, "import apple failed: ModuleNotFoundError"),
        ({"apple/__init__.py": "raise SystemExit(0)\n"}, "import apple failed: SystemExit"),
        ({"apple/__init__.py": "import os; os.kill(os.getpid(), 9)\n"}, "importing apple"),
        ({"fruit/apple/__init__.py": "import not_there\n"}, "import fruit.apple failed: ModuleNotFoundError"),
        ({"apple.py": "import not_there\n"}, "import apple failed: ModuleNotFoundError"),
        ({"json/__init__.py": ""}, "json is imported from"),
        ({"apple/__init__.py": "", "bench/__init__.py": ""}, "bench takes the place of this checkout's"),
        ({}, ""),
    ],
)
def test_a_package_is_there_when_it_can_be_imported_from_there(
    tmp_path: Path, files: Mapping[str, str], wrong: str
) -> None:
    with zipfile.ZipFile(wheel(tmp_path, "apple", files)) as archive:
        archive.extractall(tmp_path / "packages")
    command = [sys.executable, "-I", "-c", AS_SITE, imports.__file__, str(tmp_path / "packages"), "apple==1.0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode == 0) == (not wrong)
    assert wrong in done.stdout


@pytest.mark.parametrize("damage", ["a shorter file", "no file", "another version"])
def test_a_package_is_there_when_all_its_files_are(tmp_path: Path, damage: str) -> None:
    packages = tmp_path / "packages"
    with zipfile.ZipFile(wheel(tmp_path, "apple", {"apple.py": "", "apple_data.txt": "1234"})) as archive:
        archive.extractall(packages)
    assert list(imports.faults_of("apple", "1.0", packages)) != ["apple 1.0 is not there"]
    if damage == "a shorter file":
        (packages / "apple_data.txt").write_text("123")
    elif damage == "no file":
        (packages / "apple_data.txt").unlink()
    faults = list(imports.faults_of("apple", "2.0" if damage == "another version" else "1.0", packages))
    assert faults == [
        "apple 2.0 is not there" if damage == "another version" else "apple: apple_data.txt is not as it was packed"
    ]


@pytest.mark.parametrize(("part", "library", "faults"), [(False, False, 0), (True, False, 1), (False, True, 1)])
def test_a_package_whose_own_part_is_left_out_is_imported_only_where_the_system_has_the_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, part: bool, library: bool, faults: int
) -> None:
    packages = tmp_path / "packages"
    with zipfile.ZipFile(wheel(tmp_path, "plum", {"plum.py": "raise ImportError('no pq')\n"})) as archive:
        archive.extractall(packages)
    monkeypatch.syspath_prepend(packages)
    monkeypatch.setattr(imports, "INSTEAD", {"plum": ("json" if part else "plum_binary", "pq")})
    monkeypatch.setattr(imports, "find_library", lambda _: "libpq.so.5" if library else None)
    assert len(list(imports.faults_of("plum", "1.0", packages))) == faults


def test_what_cannot_be_imported_is_not_finished_and_bars_nothing(checkout: Checkout) -> None:
    checkout.lock(wheel(checkout.index, "apple", {"apple/__init__.py": "import not_there\n"}))
    done = checkout.call("-c", "print('never')")
    assert (done.returncode, done.stdout, checkout.environments()) == (1, "", [])
    assert "what was installed cannot be used" in done.stderr.splitlines()[-1]
    checkout.lock(checkout.pear)
    assert checkout.own("pear").startswith(f"{checkout.environments()[0]}/")


def test_an_environment_that_lost_a_package_is_made_again(checkout: Checkout) -> None:
    where = Path(checkout.own("apple"))
    shutil.rmtree(where.parent)
    assert Path(checkout.own("apple")) == where


def test_a_file_that_is_not_the_locked_one_is_refused(checkout: Checkout) -> None:
    wheel(checkout.index, "apple", {"apple/__init__.py": "# another\n"})
    done = checkout.call()
    assert (done.returncode, checkout.environments()) == (1, [])
    assert "not the one that was locked" in done.stderr.splitlines()[-1]


def test_a_source_distribution_is_never_built(checkout: Checkout) -> None:
    source = checkout.index / "fig-1.0.tar.gz"
    shutil.make_archive(str(checkout.index / "fig-1.0"), "gztar", checkout.folder, "bench")
    checkout.lock(checkout.apple)
    with (checkout.folder / "requirements.lock").open("a") as lock:
        lock.write(f"fig==1.0 \\\n    --hash=sha256:{hashlib.sha256(source.read_bytes()).hexdigest()}\n")
    done = checkout.call()
    assert (done.returncode, checkout.environments()) == (1, [])
    assert done.stderr.splitlines()[-1] == (
        "environment: pip could not install: your index has no wheel of fig==1.0 that fits this Python, or cannot be reached"
    )


# The user's index.


def test_an_index_in_a_configuration_file_is_used(checkout: Checkout, tmp_path: Path) -> None:
    file = tmp_path / "pip.conf"
    file.write_text(f"[global]\nfind-links =\n    {checkout.index}\nno_index = true\ntarget = {tmp_path / 'x'}\n")
    variables = {k: v for k, v in checkout.variables().items() if not k.startswith("PIP_")}
    variables["PIP_CONFIG_FILE"] = str(file)
    done = subprocess.run(checkout.command(), env=variables, capture_output=True, text=True, check=False)
    assert (done.returncode, len(checkout.environments())) == (0, 1), done.stderr


def test_an_index_that_cannot_be_reached_is_said(checkout: Checkout) -> None:
    cut_off = {"PIP_NO_INDEX": "0", "PIP_INDEX_URL": NOWHERE, "PIP_FIND_LINKS": "", "PIP_RETRIES": "1"}
    done = checkout.call(more=cut_off)
    assert (done.returncode, checkout.environments()) == (1, [])
    assert "the package index cannot be reached" in done.stderr.splitlines()[-1]


def test_what_says_how_to_reach_an_index_comes_through(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    file = tmp_path / "pip.conf"
    file.write_text(
        "[global]\nindex-url = https://a\nproxy = p\nuser = yes\ncert = /c\nuse-feature = truststore fast-deps\n"
        "[install]\nindex-url = https://b\nno-deps = yes\n[download]\ntimeout = 3\n"
    )
    monkeypatch.setenv("PIP_CONFIG_FILE", str(file))
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path))
    monkeypatch.setenv("PIP_PROXY", "q")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "https://c https://d")
    settings = installer.index_settings()
    assert {key: settings[key] for key in ("index-url", "proxy", "cert", "extra-index-url", "use-feature")} == {
        "index-url": "https://b",
        "proxy": "q",
        "cert": "/c",
        "extra-index-url": "https://c https://d",
        "use-feature": "truststore",
    }
    assert not {"user", "no-deps", "timeout", "config-file"} & set(settings)


def test_a_damaged_configuration_is_one_line(checkout: Checkout, tmp_path: Path) -> None:
    (tmp_path / "pip.conf").write_text("no section\n")
    done = checkout.call(more={"PIP_CONFIG_FILE": str(tmp_path / "pip.conf")})
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 2)
    assert "pip.conf cannot be read" in done.stderr


# Two parts.


def test_bench_s_part_has_nothing_of_the_other_and_is_not_changed_by_it(checkout: Checkout) -> None:
    checkout.call("-m", "bench")
    (first,) = checkout.environments()
    before = sorted((path, path.stat().st_mtime_ns) for path in first.rglob("*"))
    assert checkout.call("-c", "import pear").returncode == 1
    done = checkout.call("--dev", "-c", "import pear, apple, bench; print(pear.__file__, apple.__file__)")
    second = next(path for path in checkout.environments() if path != first)
    assert [str(path).split("/lib/")[0] for path in done.stdout.split()] == [str(second), str(first)], done.stderr
    assert sorted((path, path.stat().st_mtime_ns) for path in first.rglob("*")) == before


# Nothing that is used is removed, nothing is made twice.

WAITS = "import apple, sys; print('up', flush=True); input(); from apple import core; print('done')"


@contextmanager
def using(checkout: Checkout) -> Iterator[subprocess.Popen[str]]:
    """A run in progress."""
    pipes = subprocess.PIPE
    with subprocess.Popen(
        checkout.command("-c", WAITS), env=checkout.variables(), stdin=pipes, stdout=pipes, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_new_lock_leaves_the_environment_of_a_run_in_progress(checkout: Checkout) -> None:
    with using(checkout) as run:
        (old,) = checkout.environments()
        checkout.lock(checkout.apple, checkout.pear)
        assert checkout.call("-c", "import pear").returncode == 0
        assert old in checkout.environments()
        assert run.communicate("\n")[0] == "done\n"
    (new,) = set(checkout.environments()) - {old}
    build.remove_replaced(new, {new.name})
    assert checkout.environments() == [new]
    assert not hold.lock_of(old).exists()


def test_two_that_start_at_once_make_one_environment(checkout: Checkout) -> None:
    pipes = subprocess.PIPE
    both = [
        subprocess.Popen(
            checkout.command("-m", "bench"), env=checkout.variables(), stdout=pipes, stderr=pipes, text=True
        )
        for _ in range(2)
    ]
    said = [process.communicate() for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert sum(error.count("setting up .venv") for _, error in said) == 1


def test_two_interpreters_of_one_version_have_each_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    (here,) = places.environments(dev=False)
    monkeypatch.setattr(places, "INTERPRETER", "/opt/other/bin/python3")
    (other,) = places.environments(dev=False)
    monkeypatch.undo()
    monkeypatch.setattr(sys, "version", "built at another time")
    (rebuilt,) = places.environments(dev=False)
    assert len({here.folder.parent, other.folder.parent, rebuilt.folder.parent}) == 3
    assert here.folder.name == other.folder.name == rebuilt.folder.name


def test_a_python_of_a_user_s_environment_is_the_interpreter_beneath(ready: Checkout, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "mine")], check=True)
    command = [str(tmp_path / "mine" / "bin" / "python"), *ready.command()[1:]]
    done = subprocess.run(command, env=ready.variables(), capture_output=True, text=True, check=True)
    assert (done.stderr, len(ready.environments())) == ("", 1)


def test_who_waits_for_an_environment_that_is_removed_gets_none_that_is_gone(tmp_path: Path) -> None:
    first = hold.hold(tmp_path / "run", hold.EXCLUSIVE)
    assert hold.try_to_hold(tmp_path / "run", hold.SHARED) is None
    hold.lock_of(tmp_path / "run").unlink()
    second = hold.try_to_hold(tmp_path / "run", hold.EXCLUSIVE)
    assert second is not None
    assert hold.try_to_hold(tmp_path / "run", hold.SHARED) is None
    for descriptor in (first, second):
        os.close(descriptor)


# Interpreters that cannot work are told before anything is downloaded.


def test_a_python_that_lacks_a_wheel_is_told_which(checkout: Checkout) -> None:
    table = "apple-1.0-cp39-cp39-manylinux_2_17_x86_64.whl 1000000\n"
    (checkout.folder / "wheels.lock").write_text(table)
    done = checkout.call("-m", "bench", more={"PIP_INDEX_URL": NOWHERE})
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert "no wheel of apple for" in done.stderr


def test_the_best_wheel_of_an_interpreter_is_what_it_downloads(rules: wheels.Rules) -> None:
    best = str(min(rules.ranks, key=rules.ranks.__getitem__))
    known = {
        ("apple", "1.0"): {f"apple-1.0-{best}.whl": 7, "apple-1.0-py3-none-any.whl": 5, "apple-1.0-cp26-abc-x.whl": 3}
    }
    packages = [wheels.Locked("apple", "1.0", "", ""), wheels.Locked("pear", "1.0", "", "")]
    assert wheels.download_bytes(packages, rules, known) == (7, [])


@pytest.fixture(scope="module")
def rules() -> wheels.Rules:
    return wheels.Rules(installer.bundled_pip())


def missing_on(rules: wheels.Rules, monkeypatch: pytest.MonkeyPatch, minor: int, abi: str, lock: Path) -> list[str]:
    """Which of a lock's packages have no wheel for a CPython 3.x on Linux with glibc 2.28."""
    platforms = [f"manylinux_2_{glibc}_x86_64" for glibc in range(28, 4, -1)] + ["manylinux2014_x86_64"]
    tags = [
        *rules._tags.cpython_tags((3, minor), [abi], platforms),
        *rules._tags.compatible_tags((3, minor), f"cp3{minor}", platforms),
    ]
    monkeypatch.setattr(rules, "ranks", {tag: rank for rank, tag in enumerate(tags)})
    version = {"python_full_version": f"3.{minor}.0", "python_version": f"3.{minor}"}
    packages = [
        package
        for package in wheels.packages_in(lock.read_text())
        if not package.marker or rules._markers.Marker(package.marker).evaluate(version)
    ]
    assert len(packages) > 20
    return wheels.download_bytes(packages, rules, wheels.known_wheels())[1]


@pytest.mark.parametrize("minor", range(11, 16))
def test_the_lock_has_wheels_of_all_that_bench_needs(
    rules: wheels.Rules, monkeypatch: pytest.MonkeyPatch, minor: int
) -> None:
    assert missing_on(rules, monkeypatch, minor, f"cp3{minor}", places.LOCK) == []


@pytest.mark.parametrize("minor", [14, 15])
def test_on_free_threaded_builds_what_is_left_out_is_all_that_is_missing(
    rules: wheels.Rules, monkeypatch: pytest.MonkeyPatch, minor: int
) -> None:
    missing = missing_on(rules, monkeypatch, minor, f"cp3{minor}t", places.LOCK)
    assert set(missing) <= set(wheels.LEFT_OUT["free-threaded"])
    assert "numpy" in missing_on(rules, monkeypatch, 12, "cp312t", places.LOCK)  # there never was such a build


def test_the_table_of_wheels_knows_every_locked_package() -> None:
    locked_here = {
        (package.name, package.version)
        for lock in (places.LOCK, places.DEV_LOCK)
        for package in wheels.packages_in(lock.read_text())
    }
    assert locked_here == set(wheels.known_wheels())


def test_a_lock_is_read_in_whole_blocks() -> None:
    text = places.LOCK.read_text()
    packages = wheels.packages_in(text)
    assert len(packages) == sum(
        "==" in line and not line.startswith("#") and line[0] != " " for line in text.splitlines()
    )
    assert "".join(package.lines for package in packages) == text[text.index(packages[0].lines) :]
    assert all("--hash=sha256:" in package.lines for package in packages)


@pytest.mark.parametrize("build_of_python", wheels.LEFT_OUT)
def test_a_package_is_left_out_with_its_hashes_and_nothing_else(
    rules: wheels.Rules, monkeypatch: pytest.MonkeyPatch, build_of_python: str
) -> None:
    (run,) = places.environments(dev=False)
    whole = wheels.wanted(run, rules)
    monkeypatch.setattr(wheels, "BUILD", build_of_python)
    names = {package.name for package in whole} - {package.name for package in wheels.wanted(run, rules)}
    assert names == set(wheels.LEFT_OUT[build_of_python])


def test_both_parts_agree_about_what_they_share(rules: wheels.Rules) -> None:
    run, dev = places.environments(dev=True)
    versions = {package.name: package.version for package in wheels.wanted(run, rules)}
    whole = [package for package in wheels.packages_in(places.DEV_LOCK.read_text()) if rules.applies(package)]
    assert {package.name for package in wheels.wanted(dev, rules)}.isdisjoint(versions)
    assert all(versions.get(package.name, package.version) == package.version for package in whole)


@pytest.mark.parametrize(
    ("output", "told"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "the disk is full"),
        ("ERROR: No matching distribution found for numpy==2.4.6", "no wheel of numpy==2.4.6"),
        (
            "Retrying ... NewConnectionError\nERROR: No matching distribution found for numpy==2.4.6",
            "cannot be reached",
        ),
        ("something else", "its last lines are above"),
    ],
)
def test_what_pip_says_becomes_what_to_do(output: str, told: str) -> None:
    assert told in build.advice(output)


def test_the_version_that_is_printed_is_that_of_the_metadata(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert capsys.readouterr().out == f"kernel-user-threads-bench {version}\n"
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text()
