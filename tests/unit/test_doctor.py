"""What would spoil or limit a run is said beforehand, with what to do about it; a machine that is well hears nothing."""

from __future__ import annotations

import resource
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from bench.machine import doctor
from bench.machine.doctor import Look, Patient, examine, look
from bench.machine.topology import Cores
from bench.words import Finding
from tests.unit.test_machine import tree

CPU = "sys/devices/system/cpu"
STILL = Look(total=1000, idle=900, steal=0, throttled=0)
WELL: Mapping[str, str] = {
    f"{CPU}/isolated": "1\n",
    f"{CPU}/cpu1/topology/thread_siblings_list": "1\n",
    f"{CPU}/cpu1/cpufreq/scaling_governor": "performance\n",
    f"{CPU}/cpu1/cpuidle/state0/time": "5\n",
    f"{CPU}/cpufreq/boost": "0\n",
    "sys/devices/system/clocksource/clocksource0/current_clocksource": "tsc\n",
    "proc/meminfo": "MemAvailable: 16000000 kB\n",
    "proc/cpuinfo": "flags : fpu sse2\n",
}
CGROUP = {"proc/self/cgroup": "0::/box\n", "proc/self/mounts": "none /sys/fs/cgroup cgroup2 rw 0 0\n"}


def own_limits(monkeypatch: pytest.MonkeyPatch, limits: Mapping[int, int]) -> None:
    """Have the process limited in these respects alone."""
    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    monkeypatch.setattr(resource, "getrlimit", lambda which: (limits[which],) * 2 if which in limits else unlimited)


@pytest.fixture(autouse=True)
def many_files(monkeypatch: pytest.MonkeyPatch) -> None:
    own_limits(monkeypatch, {resource.RLIMIT_NOFILE: 1 << 20})


def found(root: Path, files: Mapping[str, str], second: Look | None = None) -> list[Finding]:
    """What is found on a machine that has these files, where the measured core did nothing between two looks but idle."""
    after = second or replace(STILL, total=1100, idle=1000)
    return examine(Patient(tree(root, {**WELL, **files}), Cores(1, 0, (0, 1)), STILL, after))


def test_a_machine_that_is_well_hears_nothing(tmp_path: Path) -> None:
    assert found(tmp_path, {}) == []


@pytest.mark.parametrize(
    ("files", "level", "said"),
    [
        ({f"{CPU}/cpu1/cpufreq/scaling_governor": "powersave"}, "warning", "the frequency governor is powersave"),
        ({f"{CPU}/cpufreq/boost": "1"}, "hint", "turbo is on"),
        ({f"{CPU}/intel_pstate/no_turbo": "0"}, "hint", "turbo is on"),
        ({f"{CPU}/cpu1/topology/thread_siblings_list": "1,5"}, "hint", "CPU 1 shares its physical core with CPU 5"),
        ({f"{CPU}/isolated": ""}, "hint", "no core is isolated"),
        (
            {"sys/devices/system/clocksource/clocksource0/current_clocksource": "hpet"},
            "warning",
            "the clock source is hpet",
        ),
        ({"proc/cpuinfo": "flags : fpu hypervisor\n"}, "hint", "this is a virtual machine"),
        ({"proc/meminfo": "MemAvailable: 1048576 kB\n"}, "warning", "1.0 GiB of memory are free"),
        ({**CGROUP, "sys/fs/cgroup/box/cpu.max": "150000 100000"}, "warning", "a cgroup allows 1.5 CPUs"),
        ({**CGROUP, "sys/fs/cgroup/cpu.max": "100000 100000"}, "warning", "a cgroup allows 1 CPUs"),
    ],
)
def test_what_is_wrong_is_said(files: Mapping[str, str], level: str, said: str, tmp_path: Path) -> None:
    (finding,) = found(tmp_path, files)
    assert (finding.level, finding.what[: len(said)]) == (level, said)
    assert finding.remedy


def test_a_cgroup_without_a_limit_is_well(tmp_path: Path) -> None:
    assert found(tmp_path, {**CGROUP, "sys/fs/cgroup/box/cpu.max": "max 100000"}) == []


@pytest.mark.parametrize(
    ("second", "said"),
    [
        (Look(1100, 980, 0, 0), "CPU 1, which would be measured, is 20 % busy now"),
        (Look(1100, 990, 10, 0), "the hypervisor takes 10 % of CPU 1"),
        (Look(1100, 1000, 0, 3), "this cgroup is being throttled"),
    ],
)
def test_what_goes_on_between_two_looks_is_said(second: Look, said: str, tmp_path: Path) -> None:
    (finding,) = found(tmp_path, {}, second)
    assert finding.what.startswith(said)


@pytest.mark.parametrize(("grouped", "times"), [("1", 1), ("0", 0), ("", 0)])
def test_where_sessions_share_a_core_alike_it_is_said_that_nice_does_not_help(
    grouped: str, times: int, tmp_path: Path
) -> None:
    (finding,) = found(tmp_path, {"proc/sys/kernel/sched_autogroup_enabled": grouped}, Look(1100, 980, 0, 0))
    assert finding.remedy.count("`nice`") == times


def test_few_files_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own_limits(monkeypatch, {resource.RLIMIT_NOFILE: 1024})
    (finding,) = found(tmp_path, {})
    assert finding.what.startswith("RLIMIT_NOFILE is 1,024")


GIB = 2**30


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({resource.RLIMIT_AS: 2 * GIB}, "RLIMIT_AS is 2 GiB: cells with a thousand threads cannot run"),
        ({resource.RLIMIT_AS: GIB // 32}, "no cell can run: RLIMIT_AS is 32 MiB, any cell needs 64 MiB"),
        ({resource.RLIMIT_FSIZE: 512}, "no cell can run: RLIMIT_FSIZE is 512 bytes, any cell needs 4 MiB"),
    ],
)
def test_limits_of_the_shell_are_said(
    limits: Mapping[int, int], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_limits(monkeypatch, {resource.RLIMIT_NOFILE: 1 << 20, **limits})
    (finding,) = found(tmp_path, {})
    assert (finding.level, finding.what) == ("warning", said)


V1 = {
    "proc/self/cgroup": "2:cpu,cpuacct:/box\n3:memory:/box\n",
    "proc/self/mounts": "a /sys/fs/cgroup/cpu cgroup rw,cpu,cpuacct 0 0\nb /sys/fs/cgroup/memory cgroup rw,memory 0 0\n",
}


def test_half_a_cpu_of_version_1_is_said_with_its_throttling(tmp_path: Path) -> None:
    box = "sys/fs/cgroup/cpu/box"
    files = {**V1, f"{box}/cpu.cfs_quota_us": "50000", f"{box}/cpu.cfs_period_us": "100000"}
    (finding,) = found(tmp_path, files, Look(1100, 1000, 0, 3))
    assert finding.what == (
        "a cgroup allows 0.5 CPUs: when they are used up, all flows stand still for the rest of 100 ms; it is throttled now"
    )


@pytest.mark.parametrize(
    ("files", "limit"),
    [
        ({**V1, "sys/fs/cgroup/memory/box/memory.limit_in_bytes": str(GIB // 2)}, "memory.limit_in_bytes"),
        ({**CGROUP, "sys/fs/cgroup/box/memory.max": str(GIB // 2)}, "memory.max"),
        ({**CGROUP, "sys/fs/cgroup/box/memory.high": str(GIB // 2)}, "memory.high"),
    ],
)
def test_half_a_gibibyte_is_said_with_the_limit(files: Mapping[str, str], limit: str, tmp_path: Path) -> None:
    (finding,) = found(tmp_path, files)
    assert finding.what.startswith(f"0.5 GiB of memory are free ({limit} of its cgroup is 512 MiB)")


def test_tasks_that_are_used_up_are_said(tmp_path: Path) -> None:
    files = {**CGROUP, "sys/fs/cgroup/box/pids.max": "100", "sys/fs/cgroup/box/pids.current": "90"}
    (finding,) = found(tmp_path, files)
    said = "no cell can run: pids.max of the control group /box is 100, of which 90 are in use, any cell needs 64"
    assert finding.what == said


def test_without_cpuidle_nobody_sees_others(tmp_path: Path) -> None:
    files = {name: content for name, content in WELL.items() if "cpuidle" not in name}
    (finding,) = examine(
        Patient(tree(tmp_path, files), Cores(1, 0, (0, 1)), STILL, replace(STILL, total=1100, idle=1000))
    )
    assert "cpuidle" in finding.what


def test_what_was_found_in_choosing_the_cores_is_there_and_the_worst_comes_first(tmp_path: Path) -> None:
    cores = Cores(1, 1, (1,), (Finding("warning", "the server shares the core", "give it another"),))
    root = tree(tmp_path, {**WELL, f"{CPU}/isolated": ""})
    levels = [f.level for f in examine(Patient(root, cores, STILL, replace(STILL, total=1100, idle=1000)))]
    assert levels == ["warning", "hint"]


def test_a_core_s_ticks_are_read(tmp_path: Path) -> None:
    lines = "cpu  9 9 9 9 9 9 9 9 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\ncpu1 10 20 30 400 50 6 7 8 9 10\n"
    stat = {
        "proc/stat": lines,
        **CGROUP,
        "sys/fs/cgroup/box/cpu.stat": "usage_usec 5\nnr_throttled 1\nthrottled_usec 4\n",
    }
    assert look(1, tree(tmp_path, stat)) == Look(531, 450, 8, 4)


def test_this_machine_can_be_examined() -> None:
    one = look(0)
    assert one.total > 0
    assert all(isinstance(f, Finding) for f in examine(Patient(Path("/"), Cores(0, 0, (0,)), one, look(0))))
    assert doctor.BUSY < 0.05
