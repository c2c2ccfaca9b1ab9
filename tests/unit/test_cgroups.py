"""Limits are those of the control group that one is really in, of either version, and a kill for memory is explained."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from bench.machine import cgroups, kills, limits
from bench.machine.limits import ADDRESS_BYTES, FILE_BYTES, FILES_SPARE, Shortage, address_bytes, shortage
from tests.unit.test_machine import tree

ROOT = Path(__file__).resolve().parents[2]
MIB = 2**20
MEMINFO = {"proc/meminfo": "MemTotal: 16000000 kB\nMemAvailable: 8000000 kB\n"}
V2 = {
    **MEMINFO,
    "proc/self/cgroup": "0::/system.slice/ci.service\n",
    "proc/self/mountinfo": "31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
}
V1 = {
    **MEMINFO,
    "proc/self/cgroup": "9:name=systemd:/\n8:pids:/ci/job\n4:memory:/ci/job\n2:cpu,cpuacct:/ci/job\n0::/\n",
    "proc/self/mountinfo": (
        "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n"
        "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:3 - cgroup cgroup rw,cpu,cpuacct\n"
        "33 31 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
        "34 31 0:31 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
        "35 31 0:32 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
    ),
}
BOX2 = "sys/fs/cgroup/system.slice/ci.service"
NO_LIMIT = "9223372036854771712"


@pytest.fixture(autouse=True)
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    """No limit of the process's own."""
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@pytest.mark.parametrize(
    ("files", "paths", "version"),
    [
        ({**V2, f"{BOX2}/x": ""}, ["/system.slice/ci.service", "/system.slice", "/"], 2),
        ({**V1, "sys/fs/cgroup/pids/ci/job/x": ""}, ["/ci/job", "/ci", "/"], 1),
        (
            {**V2, "sys/fs/cgroup/x": ""},
            ["/"],
            2,
        ),  # a container that sees its own group as the top, and paths of the host
        ({**V2, "proc/self/cgroup": "0::/../../x\n", "sys/fs/cgroup/x/y": ""}, ["/x", "/"], 2),
        ({}, ["/"], 2),
        ({"proc/self/cgroup": "0::/a\n"}, [], 2),  # no hierarchy is mounted
    ],
)
def test_groups_are_one_s_own_and_those_above(
    tmp_path: Path, files: Mapping[str, str], paths: list[str], version: int
) -> None:
    found = cgroups.groups("pids", tree(tmp_path, files))
    assert [group.path for group in found] == paths
    assert {group.version for group in found} <= {version}


def test_of_a_hierarchy_that_is_mounted_in_part_the_rest_of_the_path_is_taken(tmp_path: Path) -> None:
    files = {
        "proc/self/cgroup": "8:pids:/docker/abc/job\n",
        "proc/self/mountinfo": "34 31 0:31 /docker/abc /sys/fs/cgroup/the\\040pids rw - cgroup cgroup rw,pids\n",
        "sys/fs/cgroup/the pids/job/pids.max": "77",
    }
    assert limits.task_limits(tree(tmp_path, files)) == {"pids.max": 77}


@pytest.mark.parametrize("where", ["", "/system.slice", "/system.slice/ci.service"])
def test_the_limit_on_tasks_of_any_group_above_holds_and_is_named(tmp_path: Path, where: str) -> None:
    folder = f"sys/fs/cgroup{where}"
    root = tree(
        tmp_path, {**V2, f"{BOX2}/pids.max": "max", f"{folder}/pids.max": "1100", f"{folder}/pids.current": "50"}
    )
    assert shortage(files=1, tasks=1050 - FILES_SPARE, root=root) is None
    found = shortage(files=1, tasks=1051 - FILES_SPARE, root=root)
    assert found == Shortage("pids.max", 1100, 1051, 50, group=where)
    assert str(found).endswith(" is 1100, of which 50 are in use, this cell needs 1051")
    assert where in str(found)
    assert "\n" not in str(found)


def test_tasks_of_version_1_are_limited_too(tmp_path: Path) -> None:
    root = tree(tmp_path, {**V1, "sys/fs/cgroup/pids/ci/pids.max": "100", "sys/fs/cgroup/pids/ci/job/pids.max": "max"})
    assert str(shortage(files=1, tasks=50, root=root)) == (
        "pids.max of the control group /ci is 100, this cell needs 114"
    )


MEMORY = [
    (V2, BOX2, {"memory.max": 512, "memory.current": 112}, "memory.max", 400),
    (V2, BOX2, {"memory.max": 512, "memory.high": 300, "memory.current": 112}, "memory.high", 188),
    (V2, "sys/fs/cgroup/system.slice", {"memory.max": 512, "memory.current": 112}, "memory.max", 400),
    (
        V1,
        "sys/fs/cgroup/memory/ci",
        {"memory.limit_in_bytes": 512, "memory.usage_in_bytes": 112},
        "memory.limit_in_bytes",
        400,
    ),
    (
        V1,
        "sys/fs/cgroup/memory/ci/job",
        {"memory.limit_in_bytes": 512, "memory.usage_in_bytes": 600},
        "memory.limit_in_bytes",
        0,
    ),
]


@pytest.mark.parametrize(("known", "folder", "files", "limit", "free"), MEMORY)
def test_memory_is_what_the_tightest_group_leaves(
    tmp_path: Path, known: Mapping[str, str], folder: str, files: Mapping[str, int], limit: str, free: int
) -> None:
    own = BOX2 if known is V2 else "sys/fs/cgroup/memory/ci/job"
    root = tree(tmp_path, {**known, f"{own}/x": "", "sys/fs/cgroup/memory/memory.limit_in_bytes": NO_LIMIT})
    tree(root, {f"{folder}/{name}": f"{value * MIB}\n" for name, value in files.items()})
    assert limits.free_memory_bytes(root) == free * MIB
    assert shortage(files=1, tasks=1, memory=free * MIB, root=root) is None
    found = shortage(files=1, tasks=1, memory=(free + 1) * MIB, root=root)
    assert found is not None
    assert (found.limit, found.value, found.needed) == (limit, files[limit] * MIB, (free + 1) * MIB)
    assert f"{limit} of the control group /" in str(found)
    assert f"this cell needs {free + 1} MiB" in str(found)


def test_without_a_group_s_limit_memory_is_the_machine_s(tmp_path: Path) -> None:
    root = tree(tmp_path, {**V2, f"{BOX2}/memory.max": "max", f"{BOX2}/memory.current": "5"})
    assert limits.free_memory_bytes(root) == 8000000 * 1024
    assert (
        str(shortage(files=1, tasks=1, memory=2**40, root=root)) == "MemAvailable is 7.6 GiB, this cell needs 1024 GiB"
    )


@pytest.mark.parametrize(("version", "prefix"), [(1, "total_"), (2, "")])
def test_what_files_have_in_the_cache_is_not_used(tmp_path: Path, version: int, prefix: str) -> None:
    names = ("memory.limit_in_bytes", "memory.usage_in_bytes") if version == 1 else ("memory.max", "memory.current")
    folder = "sys/fs/cgroup/memory/ci/job" if version == 1 else BOX2
    files = {f"{folder}/{names[0]}": f"{512 * MIB}", f"{folder}/{names[1]}": f"{500 * MIB}"}
    files[f"{folder}/memory.stat"] = f"anon 1\n{prefix}active_file {100 * MIB}\n{prefix}inactive_file {300 * MIB}\n"
    assert limits.free_memory_bytes(tree(tmp_path, {**(V1 if version == 1 else V2), **files})) == 412 * MIB


@pytest.mark.parametrize(
    ("which", "name", "arguments", "needed"),
    [
        (resource.RLIMIT_AS, "RLIMIT_AS", {}, ADDRESS_BYTES),
        (resource.RLIMIT_AS, "RLIMIT_AS", {"address": 2 * ADDRESS_BYTES}, 2 * ADDRESS_BYTES),
        (resource.RLIMIT_FSIZE, "RLIMIT_FSIZE", {}, FILE_BYTES),
        (resource.RLIMIT_FSIZE, "RLIMIT_FSIZE", {"file_bytes": 128 * MIB}, 128 * MIB),
    ],
)
def test_limits_of_the_shell_stop_a_cell_and_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, which: int, name: str, arguments: dict[str, int], needed: int
) -> None:
    values = {which: needed}
    monkeypatch.setattr(resource, "getrlimit", lambda asked: (values.get(asked, resource.RLIM_INFINITY),) * 2)
    root = tree(tmp_path, MEMINFO)
    assert shortage(files=1, tasks=1, root=root, **arguments) is None
    values[which] = needed - 1
    found = shortage(files=1, tasks=1, root=root, **arguments)
    assert found == Shortage(name, needed - 1, needed, unit="bytes")
    assert str(found).startswith(f"{name} is ")


def test_a_thread_takes_the_stack_that_the_shell_gives_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (MIB, MIB))
    few, many = address_bytes(1001), address_bytes(2001)
    assert many - few == 1000 * MIB
    assert address_bytes() == ADDRESS_BYTES


@pytest.mark.parametrize(
    ("files", "cpus"),
    [
        ({**V2, f"{BOX2}/cpu.max": "50000 100000"}, 0.5),
        ({**V2, f"{BOX2}/cpu.max": "max 100000", "sys/fs/cgroup/system.slice/cpu.max": "20000 10000"}, 2.0),
        ({**V2, f"{BOX2}/cpu.max": "300000 100000", "sys/fs/cgroup/system.slice/cpu.max": "20000 10000"}, 2.0),
        ({**V2, f"{BOX2}/cpu.max": "max 100000"}, None),
        ({**V1, "sys/fs/cgroup/cpu,cpuacct/ci/job/cpu.cfs_quota_us": "50000"}, None),  # no period is said
        ({**V1, "sys/fs/cgroup/cpu,cpuacct/ci/job/cpu.cfs_quota_us": "-1"}, None),
    ],
)
def test_the_smallest_share_of_cpu_is_found(tmp_path: Path, files: Mapping[str, str], cpus: float | None) -> None:
    found = cgroups.quota(tree(tmp_path, files))
    assert (found.cpus if found else None) == cpus


def test_a_share_of_version_1_is_found_and_its_throttling_added_up(tmp_path: Path) -> None:
    folder = "sys/fs/cgroup/cpu,cpuacct/ci"
    files = {f"{folder}/cpu.cfs_quota_us": "50000", f"{folder}/cpu.cfs_period_us": "100000"}
    files |= {f"{folder}/job/cpu.stat": "nr_periods 9\nnr_throttled 4\nthrottled_time 3000000\n"}
    files |= {f"{folder}/cpu.stat": "nr_periods 9\nnr_throttled 4\nthrottled_time 2000999\n"}
    root = tree(tmp_path, {**V1, **files})
    found = cgroups.quota(root)
    assert found is not None
    assert (found.cpus, found.period_us, found.group.path) == (0.5, 100_000, "/ci")
    assert limits.throttled_us(root) == 5000


# Kills.

REMEDY = "give the container more"
KILL = [
    (
        {**V2, f"{BOX2}/memory.max": f"{512 * MIB}", f"{BOX2}/memory.events": "max 3\noom_kill 0\n"},
        {f"{BOX2}/memory.events": "max 9\noom 1\noom_kill 1\n"},
        f"the kernel killed it for memory, at memory.max of the control group /system.slice/ci.service, 512 MiB: {REMEDY}",
    ),
    (
        {
            **V1,
            "sys/fs/cgroup/memory/ci/job/memory.limit_in_bytes": f"{512 * MIB}",
            "sys/fs/cgroup/memory/ci/job/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n",
        },
        {"sys/fs/cgroup/memory/ci/job/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n"},
        f"the kernel killed it for memory, at memory.limit_in_bytes of the control group /ci/job, 512 MiB: {REMEDY}",
    ),
    (
        {  # an old kernel's version 1: no count of kills, but one of refusals, and the machine's
            **V1,
            "sys/fs/cgroup/memory/ci/job/memory.limit_in_bytes": f"{512 * MIB}",
            "sys/fs/cgroup/memory/ci/job/memory.failcnt": "0\n",
            "proc/vmstat": "oom_kill 0\n",
        },
        {"sys/fs/cgroup/memory/ci/job/memory.failcnt": "40\n", "proc/vmstat": "oom_kill 1\n"},
        f"the kernel killed it for memory, at memory.limit_in_bytes of the control group /ci/job, 512 MiB: {REMEDY}",
    ),
    (
        {**V2, f"{BOX2}/memory.events": "oom_kill 0\n", "proc/vmstat": "pgfault 3\noom_kill 7\n"},
        {"proc/vmstat": "pgfault 9\noom_kill 8\n"},
        "the machine ran out of memory and the kernel killed for it (7.6 GiB are free now): free some",
    ),
    ({**V2, f"{BOX2}/memory.events": "oom_kill 4\n"}, {}, ""),
    (MEMINFO, {}, ""),
]


@pytest.mark.parametrize(("before", "after", "said"), KILL)
def test_a_kill_for_memory_is_explained_in_a_sentence(
    tmp_path: Path, before: Mapping[str, str], after: Mapping[str, str], said: str
) -> None:
    counted = kills.kills(tree(tmp_path, before))
    assert kills.explain_kill(counted, tree(tmp_path, after)) == said


def test_a_process_can_offer_itself_before_others(tmp_path: Path) -> None:
    assert kills.offer(tree(tmp_path, {"proc/self/oom_score_adj": "0\n"}))
    assert (tmp_path / "proc/self/oom_score_adj").read_text() == "1000\n"
    assert not kills.offer(tmp_path / "nowhere")


# The real ones, where this machine lets us make groups.


def made(controller: str) -> Path:
    """A group of this test's own below the topmost."""
    there = cgroups.groups(controller)
    folder = (there[-1].folder if there else Path("/nowhere")) / f"bench-test-{os.getpid()}"
    try:
        folder.mkdir()
    except OSError as error:
        pytest.skip(f"no control group can be made here: {error.strerror}")
    if not (folder / "cgroup.procs").exists():
        folder.rmdir()
        pytest.skip("the kernel makes no control group here")
    return folder


@pytest.fixture
def group(request: pytest.FixtureRequest) -> Iterator[Path]:
    folder = made(request.param)
    yield folder
    folder.rmdir()


def inside(group: Path, settings: Mapping[str, str], program: str) -> list[str]:
    """Run a program in a group; skip where the group cannot be limited like this."""
    for name, value in settings.items():
        if not (group / name).exists():
            pytest.skip(f"this kernel's groups have no {name}")
        (group / name).write_text(value)
    joins = f"import os; open({str(group / 'cgroup.procs')!r}, 'w').write(str(os.getpid()))\n"
    command = [sys.executable, "-c", joins + program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


BURN = """
import time
from bench.machine import cgroups, limits
before, end = limits.throttled_us(), time.process_time() + 0.05
while time.process_time() < end: pass
print(cgroups.quota().cpus, limits.throttled_us() - before > 50_000)
"""


@pytest.mark.parametrize("group", ["cpu"], indirect=True)
def test_a_twentieth_of_a_cpu_of_a_real_group_is_seen_and_its_throttling_measured(group: Path) -> None:
    settings = {"cpu.cfs_quota_us": "5000"} if (group / "cpu.cfs_quota_us").exists() else {"cpu.max": "5000 100000"}
    assert inside(group, settings, BURN) == ["0.05 True"]


EAT = """
import subprocess, sys
from bench.machine import kills, limits
before = kills.kills()
eater = "from bench.machine.kills import offer; offer(); a = b'x' * 400_000_000"
done = subprocess.run([sys.executable, "-c", eater])
print(done.returncode)
print(kills.explain_kill(before))
print(limits.shortage(files=1, tasks=1, memory=400_000_000))
"""


@pytest.mark.parametrize("group", ["memory"], indirect=True)
def test_a_real_kill_for_memory_is_explained_by_who_survives_it(group: Path) -> None:
    name = "memory.limit_in_bytes" if (group / "memory.limit_in_bytes").exists() else "memory.max"
    status, said, short = inside(group, {name: str(128 * MIB)}, EAT)
    assert status == "-9"
    assert said == (
        f"the kernel killed it for memory, at {name} of the control group /{group.name}, 128 MiB: give the container more"
    )
    assert short.startswith(f"{name} of the control group /{group.name} is 128 MiB")


@pytest.mark.parametrize("group", ["pids"], indirect=True)
def test_a_real_limit_on_tasks_is_read(group: Path) -> None:
    program = "from bench.machine.limits import shortage; print(shortage(files=1, tasks=100))"
    (said,) = inside(group, {"pids.max": "50"}, program)
    assert said == f"pids.max of the control group /{group.name} is 50, of which 1 are in use, this cell needs 164"
