"""What a machine is and allows, read from trees that stand in for /proc and /sys."""

from __future__ import annotations

import os
import platform
import resource
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from bench.machine import host, identity, limits
from bench.machine.children import environment
from bench.machine.disk import Disk, disk_of, fetched_bytes
from bench.machine.limits import FILES_SPARE, Shortage, shortage, task_limits
from bench.machine.topology import choose, cpu_list
from bench.words import UserError

ROOT = Path(__file__).resolve().parents[2]
CPU = "sys/devices/system/cpu"


def tree(root: Path, files: Mapping[str, str]) -> Path:
    """Make files below a root; return the root."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def siblings(*pairs: str) -> dict[str, str]:
    """The files that say which CPUs share a physical core: `0,4` or `0-1`."""
    return {f"{CPU}/cpu{n}/topology/thread_siblings_list": f"{pair}\n" for pair in pairs for n in cpu_list(pair)}


# topology


@pytest.mark.parametrize(
    ("text", "cpus"),
    [("0-3,8\n", [0, 1, 2, 3, 8]), ("5", [5]), ("", []), ("\n", []), ("0,2-3,10-11", [0, 2, 3, 10, 11])],
)
def test_the_kernel_s_lists_are_read(text: str, cpus: list[int]) -> None:
    assert cpu_list(text) == cpus


@pytest.mark.parametrize(
    ("pairs", "allowed", "wanted", "cores"),
    [
        (("0", "1"), [0, 1], None, (1, 0)),  # two cores: the last is measured
        (("0-1", "2-3"), [0, 1, 2, 3], None, (3, 0)),  # neighbours are siblings: the other is on another core
        (("0,2", "1,3"), [0, 1, 2, 3], None, (3, 0)),  # halves are siblings
        (("0,2", "1,3"), [0, 1, 2, 3], 2, (2, 1)),  # 0 is a sibling of 2
        (("0-1", "2-3"), [0, 1, 2, 3], 0, (0, 2)),
        (("0-1", "2-3"), [1, 2, 3], None, (3, 1)),  # a cpuset without 0
        (("0-1", "2-3"), [3, 9], None, (9, 3)),  # nothing is said of 9
        ((), [4, 7], None, (7, 4)),  # no topology at all
    ],
)
def test_the_other_core_is_a_physical_one_where_there_is_one(
    tmp_path: Path, pairs: tuple[str, ...], allowed: list[int], wanted: int | None, cores: tuple[int, int]
) -> None:
    found = choose(allowed, wanted, tree(tmp_path, siblings(*pairs)))
    assert (found.measured, found.other, found.allowed, found.findings) == (*cores, tuple(allowed), ())


def test_an_smt_sibling_is_taken_where_there_is_nothing_else_and_the_reader_is_told(tmp_path: Path) -> None:
    found = choose([2, 3], root=tree(tmp_path, siblings("0-1", "2-3")))
    assert (found.measured, found.other) == (3, 2)
    (finding,) = found.findings
    assert (finding.level, finding.what) == ("warning", "the server runs on CPU 2, an SMT sibling of the measured core")
    assert finding.remedy


def test_with_one_cpu_the_server_shares_it_and_the_reader_is_told(tmp_path: Path) -> None:
    found = choose([6], root=tmp_path)
    assert (found.measured, found.other) == (6, 6)
    (finding,) = found.findings
    assert (finding.level, finding.what.split(":")[0]) == ("warning", "the server shares the core")
    assert finding.remedy


@pytest.mark.parametrize(
    ("isolated", "measured"), [("1-2\n", 2), ("1,9\n", 1), ("9\n", 3), ("\n", 3), ("who knows\n", 3)]
)
def test_an_isolated_core_that_is_ours_is_measured(tmp_path: Path, isolated: str, measured: int) -> None:
    root = tree(tmp_path, {f"{CPU}/isolated": isolated})
    assert choose([0, 1, 2, 3], root=root).measured == measured
    assert choose([0, 1, 2, 3], wanted=0, root=root).measured == 0


def test_a_cpu_that_is_not_ours_is_refused_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        choose([2, 5], wanted=0, root=tmp_path)
    assert str(caught.value) == "CPU 0 is not ours: choose --cpu from 2, 5"


# limits

TASKS = {"kernel.threads-max": "proc/sys/kernel/threads-max", "kernel.pid_max": "proc/sys/kernel/pid_max"}
TASKS["pids.max"] = "sys/fs/cgroup/pids.max"


@pytest.fixture
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    """No limit of the process's own."""
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@pytest.mark.usefixtures("unlimited")
@pytest.mark.parametrize("limit", TASKS)
def test_a_shortage_of_tasks_names_the_limit_its_value_and_what_is_needed(tmp_path: Path, limit: str) -> None:
    root = tree(tmp_path, dict.fromkeys(TASKS.values(), "100000\n"))
    tree(root, {TASKS[limit]: f"{1000 + FILES_SPARE}\n"})
    assert shortage(files=1, tasks=1000, root=root) is None
    found = shortage(files=1, tasks=1001, root=root)
    assert found == Shortage(limit, 1000 + FILES_SPARE, 1001 + FILES_SPARE)
    assert str(found) == f"{limit} is {1000 + FILES_SPARE}, this cell needs {1001 + FILES_SPARE}"


@pytest.mark.usefixtures("unlimited")
def test_a_shortage_of_files_is_named_first(tmp_path: Path) -> None:
    root = tree(tmp_path, {"sys/fs/cgroup/pids.max": "70\n"})
    found = shortage(files=1000 - FILES_SPARE + 1, tasks=1000, root=root, files_limit=1000)
    assert found == Shortage("RLIMIT_NOFILE", 1000, 1001)
    assert shortage(files=1000 - FILES_SPARE, tasks=6, root=root, files_limit=1000) is None


@pytest.mark.usefixtures("unlimited")
@pytest.mark.parametrize("files", [{}, {"sys/fs/cgroup/pids.max": "max\n", TASKS["kernel.pid_max"]: ""}], ids=str)
def test_what_is_unlimited_or_not_told_stops_nobody(tmp_path: Path, files: dict[str, str]) -> None:
    root = tree(tmp_path, files)
    assert task_limits(root) == {}
    assert shortage(files=10**9, tasks=10**9, root=root) is None


@pytest.mark.parametrize(("user", "found"), [(1000, {"RLIMIT_NPROC": 500}), (0, {})])
def test_the_limit_of_processes_binds_everybody_but_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, user: int, found: dict[str, int]
) -> None:
    monkeypatch.setattr(resource, "getrlimit", {resource.RLIMIT_NPROC: (100, 500)}.__getitem__)
    monkeypatch.setattr(os, "geteuid", lambda: user)
    assert task_limits(tmp_path) == found


@pytest.mark.parametrize(("soft", "changes"), [(256, [(256, 4096)]), (4096, [])])
def test_the_limit_of_open_files_is_raised_to_what_is_allowed(
    monkeypatch: pytest.MonkeyPatch, soft: int, changes: list[tuple[int, int]]
) -> None:
    made = []
    monkeypatch.setattr(resource, "getrlimit", {resource.RLIMIT_NOFILE: (soft, 4096)}.__getitem__)
    monkeypatch.setattr(resource, "setrlimit", lambda which, pair: made.append((which, pair)))
    assert limits.raise_files_limit() == 4096
    assert made == [(resource.RLIMIT_NOFILE, (4096, 4096)) for _ in changes]


# host

WHOLE = {
    "proc/cpuinfo": "processor\t: 0\nmodel\t\t: 85\nmodel name\t: Imaginary(R) CPU @ 3.00GHz\nflags\t\t: fpu hypervisor\n",
    "proc/meminfo": "MemTotal:        2048 kB\nMemFree:  1 kB\n",
    f"{CPU}/online": "0-3\n",
    f"{CPU}/smt/control": "on\n",
    f"{CPU}/cpuidle/current_driver": "none\n",
    "sys/fs/cgroup/pids.max": "max\n",
}


def test_a_machine_is_described_by_what_its_kernel_says(tmp_path: Path) -> None:
    found = host.environment(tree(tmp_path, WHOLE))
    assert (
        found["machine"].items()
        >= {
            "CPU": "Imaginary(R) CPU @ 3.00GHz",
            "CPUs online": "0-3",
            "SMT": "on",
            "idle driver": "none",
            "virtual machine": "yes",
            "memory, bytes": 2048 * 1024,
        }.items()
    )
    assert found["limits"]["pids.max"] == "max"
    assert found["limits"]["CPUs that the control groups allow"] == "max"
    assert found["limits"]["CPUs allowed"] == ",".join(map(str, sorted(os.sched_getaffinity(0))))
    assert found["interpreter"]["python"] == ".".join(map(str, sys.version_info[:3]))


ID = "0123456789abcdef0123456789abcdef"


def test_a_machine_is_known_by_a_hash_of_its_id_which_is_the_same_every_time(tmp_path: Path) -> None:
    found = identity.machine_id(tree(tmp_path, {"etc/machine-id": f"{ID}\n"}))
    assert found is not None
    assert found not in ID
    assert len(found) == 16
    assert found == identity.machine_id(tree(tmp_path / "again", {"var/lib/dbus/machine-id": ID}))
    assert found != identity.machine_id(tree(tmp_path / "other", {"etc/machine-id": ID[::-1]}))
    assert host.environment(tmp_path)["machine"]["id"] == found


@pytest.mark.parametrize("text", ["", "uninitialized\n", ID[:-1], f"{ID[:-1]}g"])
def test_a_machine_without_an_id_has_none(tmp_path: Path, text: str) -> None:
    assert identity.machine_id(tree(tmp_path, {"etc/machine-id": text})) is None
    assert "id" not in host.environment(tmp_path)["machine"]


def test_what_cannot_be_read_is_left_out_and_nothing_is_empty(tmp_path: Path) -> None:
    found = host.environment(tree(tmp_path, {f"{CPU}/smt/control": ""}))
    left_out = {"CPUs online", "SMT", "frequency governor", "idle driver", "virtual machine", "memory, bytes"}
    assert not left_out & found["machine"].keys()
    assert "kernel.pid_max" not in found["limits"]
    assert not [value for group in found.values() for value in group.values() if value in {None, ""}]


@pytest.mark.parametrize(("flags", "virtual"), [("fpu sse", "no"), ("fpu hypervisor", "yes"), ("nothypervisor", "no")])
def test_a_virtual_machine_says_so_among_its_flags(tmp_path: Path, flags: str, virtual: str) -> None:
    found = host.environment(tree(tmp_path, {"proc/cpuinfo": f"flags : {flags}\n"}))
    assert found["machine"]["virtual machine"] == virtual


@pytest.mark.parametrize(
    ("cpuinfo", "model"),
    [
        ("model\t\t: 85\nmodel name\t: One\nmodel name\t: Two\n", "One"),
        ("processor : 0\nModel\t\t: Raspberry Pi 5\n", "Raspberry Pi 5"),
        ("processor : 0\n", "some-arch"),
    ],
)
def test_a_cpu_has_its_name_or_its_architecture_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cpuinfo: str, model: str
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "some-arch")
    assert host.cpu_model(tree(tmp_path, {"proc/cpuinfo": cpuinfo})) == model


@pytest.mark.parametrize(
    ("model", "label"),
    [
        ("Intel(R) Xeon(R) Processor", "intel-xeon-processor"),
        ("Intel(R) Core(TM) i7-8550U CPU @ 1.80GHz", "intel-core-i7-8550u"),
        ("../../etc <b>", "etc-b"),
        ("···", "unknown"),
        ("", "unknown"),
    ],
)
def test_a_host_s_label_can_be_a_folder_s_name(model: str, label: str) -> None:
    assert host.host_label(model) == label


# disk

MOUNTS = r"""22 1 254:0 / / rw - ext4 /dev/vda rw
23 22 0:5 / /data rw shared:1 master:2 - xfs /dev/mapper/big rw
24 23 0:6 / /data/in\040memory rw - tmpfs tmpfs rw
25 22 0:7 / /over rw - ext4 /dev/vdb rw
26 22 0:8 / /over rw - overlay overlay rw
"""


@pytest.mark.parametrize(
    ("folder", "disk"),
    [
        ("/", Disk("ext4", "vda")),
        ("/somewhere/else", Disk("ext4", "vda")),
        ("/data", Disk("xfs", "big")),
        ("/data/runs", Disk("xfs", "big")),
        ("/database", Disk("ext4", "vda")),  # begins like a mount point, and is below none but the root
        ("/data/in memory/x", Disk("tmpfs", "tmpfs")),
        ("/over/x", Disk("overlay", "overlay")),  # mounted over another: the last one holds
    ],
)
def test_the_longest_mount_point_above_a_folder_holds_it(tmp_path: Path, folder: str, disk: Disk) -> None:
    root = tree(tmp_path, {"mountinfo": MOUNTS})
    assert disk_of(Path(folder), root / "mountinfo") == disk


def test_without_a_list_of_mounts_a_disk_is_unknown(tmp_path: Path) -> None:
    assert disk_of(tmp_path, tmp_path / "none") == Disk("unknown", "unknown")


@pytest.mark.parametrize(
    ("text", "count"), [("rchar: 9\nread_bytes: 4096\nwrite_bytes: 7\n", 4096), ("rchar: 9\n", 0), (None, 0)]
)
def test_fetched_bytes_are_the_kernel_s_or_none(tmp_path: Path, text: str | None, count: int) -> None:
    assert fetched_bytes(tree(tmp_path, {"io": text} if text else {}) / "io") == count


# orphans

CHILD = "from bench.machine.orphans import die_with_parent; die_with_parent({}); print('alive', flush=True)"
OUTLIVES = f"import time; {CHILD.format('')}; time.sleep(30); print('outlived its parent')"
PARENT = """
import subprocess, sys
from bench.machine.children import environment
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], env=environment())
child.wait()
"""


def test_a_child_ends_when_its_parent_is_killed() -> None:
    """The pipe that the child alone has left is at its end when the child is."""
    command = [sys.executable, "-c", PARENT, OUTLIVES]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"alive\n"
        parent.send_signal(signal.SIGKILL)
        assert parent.stdout.read() == b""


@pytest.mark.parametrize("told", ["by argument", "by environment"])
def test_a_child_whose_parent_is_already_gone_ends_itself(told: str) -> None:
    """Process 1 is no test's parent."""
    program = CHILD.format(1 if told == "by argument" else "")
    environ = environment()
    if told == "by environment":
        environ["BENCH_PARENT_PID"] = "1"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environ, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (1, b"", b"")


def test_children_are_told_who_their_parent_is_and_nothing_of_the_user_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_THING", "of mine")
    found = environment()
    assert found["BENCH_PARENT_PID"] == str(os.getpid())
    assert "A_THING" not in found


def test_a_process_that_nobody_told_anything_goes_on() -> None:
    environment = {key: value for key, value in os.environ.items() if key != "BENCH_PARENT_PID"}
    command = [sys.executable, "-c", CHILD.format("")]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
    assert done.stdout == b"alive\n"


def test_the_suite_s_code_is_told_by_its_content(tmp_path: Path) -> None:
    (tmp_path / "bench").mkdir()
    (tmp_path / "bench" / "a.py").write_text("x = 1\n")
    (tmp_path / "bench" / "notes.txt").write_text("not code\n")
    first = host.suite(tmp_path)
    assert "revision" not in first  # no git knows this folder
    (tmp_path / "bench" / "notes.txt").write_text("changed\n")
    assert host.suite(tmp_path) == first
    (tmp_path / "bench" / "a.py").write_text("x = 2\n")
    assert host.suite(tmp_path)["code"] != first["code"]
    assert len(first["code"]) == 12


GIT = (
    "git",
    "-c",
    "user.name=a",
    "-c",
    "user.email=a@b",
    "-c",
    "commit.gpgsign=false",
    "-c",
    "core.hooksPath=/nowhere",
)


def repository(folder: Path, *names: str) -> str:
    """Make a repository of a folder with these files committed; return its revision as the suite says it."""
    quiet = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}

    def git(*arguments: str) -> str:
        command = [*GIT, "-C", str(folder), *arguments]
        return subprocess.run(command, env=quiet, capture_output=True, text=True, check=True).stdout.strip()

    git("init", "-q")
    git("add", *names)
    git("commit", "-q", "-m", f"of {folder.name}")
    return git("describe", "--always", "--abbrev=10")


def checkout(folder: Path) -> Path:
    """A folder with the suite's code in it, as far as a test needs it."""
    return tree(folder, {"bench/a.py": "x = 1\n"})


def test_a_checkout_s_revision_is_its_own_and_says_what_was_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = checkout(tmp_path / "ours")
    revision = repository(ours, "bench")
    assert host.suite(ours)["revision"] == revision
    other = tree(tmp_path / "other", {"README": "another's\n"})
    assert repository(other, "README") != revision
    for key, value in (("GIT_DIR", other / ".git"), ("GIT_WORK_TREE", other), ("GIT_INDEX_FILE", other / ".git/index")):
        monkeypatch.setenv(key, str(value))
    assert host.suite(ours)["revision"] == revision
    (ours / "bench/a.py").write_text("x = 2\n")
    assert host.suite(ours)["revision"] == f"{revision}, with changes"


@pytest.mark.parametrize("inside", [None, "empty", "broken", "file"])
def test_the_revision_of_a_repository_around_the_checkout_is_not_the_suite_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inside: str | None
) -> None:
    """Copied or unpacked into somebody's project, even committed there; and where its own .git is none."""
    ours = checkout(tmp_path / "project" / "vendor")
    repository(tmp_path / "project", "vendor")
    if inside == "empty":
        (ours / ".git").mkdir()
    elif inside == "broken":
        tree(ours, {".git/HEAD": "nonsense"})
    elif inside == "file":
        (ours / ".git").write_text("gitdir: ../nowhere\n")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "project" / ".git"))
    assert host.suite(ours).keys() == {"code"}
