"""What about this machine would spoil or limit a run, as far as it can be known beforehand, and what to do about it.

It reads, and changes nothing. Each check is a function of the files below a root that tests can replace; CHECKS has them
all, with what they look at. Thresholds stand at the top, with their reasons.
"""

from __future__ import annotations

import re
import resource
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.machine import cgroups
from bench.machine.limits import address_bytes, amount, free_memory_bytes, memory_rooms, shortage, throttled_us
from bench.machine.topology import Cores
from bench.machine.topology import siblings as siblings_of
from bench.words import WORST_FIRST, Finding

LOOK_S = 1.0  # between two looks at the core's counters: a hundred ticks, so one per cent can be told
BUSY = 0.02  # of the measured core used while nothing is measured: a third of what D is known to at default precision
STEAL = 0.01  # as in bench.analysis.findings.steal
FILES = 4096  # `bench` needs some 1,100 of them in the server and as many in a cell; `full` 10,000
FREE_BYTES = 4 << 30  # 500 parked processes take 1 GiB, and no step may take more than half
MANY_THREADS = 1000  # of one process, in `bench`
TUNE = (
    "see `python3 scripts/environment.py -m pyperf system show`; as root, `system tune` changes it until the next start"
)
GOOD_CLOCKS = ("tsc", "kvm-clock", "arch_sys_counter", "hyperv_clocksource_tsc_page", "timebase")


@dataclass(frozen=True)
class Look:
    """Ticks of one core since boot, of any kind and stolen, by /proc/stat; and for how long (us) our cgroups were throttled."""

    total: int
    idle: int
    steal: int
    throttled: int


@dataclass(frozen=True)
class Patient:
    """The machine: the root of its files, the cores that would be used, and two looks at the measured one."""

    root: Path
    cores: Cores
    first: Look
    second: Look


def text(path: Path) -> str:
    """A file's text; empty where it cannot be read."""
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def look(cpu: int, root: Path = Path("/")) -> Look:
    """Look at a core's counters."""
    total = idle = steal = 0
    for line in text(root / "proc/stat").splitlines():
        name, *ticks = line.split()
        if name == f"cpu{cpu}":
            numbers = [int(tick) for tick in ticks]
            total, idle, steal = sum(numbers[:8]), numbers[3] + numbers[4], numbers[7] if len(numbers) > 7 else 0
    return Look(total, idle, steal, throttled_us(root))


def busy(patient: Patient) -> Iterator[Finding]:
    """Something else uses the core that would be measured, or the hypervisor takes it."""
    ticks = patient.second.total - patient.first.total
    if ticks <= 0:
        return
    cpu = patient.cores.measured
    stolen = (patient.second.steal - patient.first.steal) / ticks
    used = 1 - (patient.second.idle - patient.first.idle) / ticks - stolen
    if used > BUSY:
        # sched(7), "The autogroup feature": the kernel shares a core between sessions first, and each cell has one of its own.
        grouped = text(patient.root / "proc/sys/kernel/sched_autogroup_enabled") == "1"
        yield Finding(
            "warning",
            f"CPU {cpu}, which would be measured, is {used * 100:.0f} % busy now, with nothing of ours",
            "end what runs there (`ps -eo psr,pcpu,comm --sort=-pcpu`), or choose another with --cpu"
            + "; `nice` and `chrt --idle` do not help here, because of kernel.sched_autogroup_enabled" * grouped,
        )
    if stolen > STEAL:
        yield Finding(
            "warning",
            f"the hypervisor takes {stolen * 100:.0f} % of CPU {cpu}",
            "measure on a quieter host, or at a quieter time",
        )


def quota(patient: Patient) -> Iterator[Finding]:
    """A cgroup may stop everything for the rest of each period."""
    limit = cgroups.quota(patient.root)
    throttled = patient.second.throttled > patient.first.throttled
    if limit is not None:
        yield Finding(
            "warning",
            f"a cgroup allows {limit.cpus:g} CPUs: when they are used up, all flows stand still for the rest of "
            f"{limit.period_us / 1000:g} ms{'; it is throttled now' if throttled else ''}",
            "give the container more CPUs than it has cores, or no limit",
        )
    elif throttled:
        yield Finding("warning", "this cgroup is being throttled", "give the container no CPU limit")


def frequency(patient: Patient) -> Iterator[Finding]:
    """The core's clock may move while it is measured."""
    folder = patient.root / f"sys/devices/system/cpu/cpu{patient.cores.measured}/cpufreq"
    governor = text(folder / "scaling_governor")
    if governor and governor != "performance":
        yield Finding(
            "warning", f"the frequency governor is {governor}: the core's speed depends on what it did before", TUNE
        )
    turbo = text(patient.root / "sys/devices/system/cpu/intel_pstate/no_turbo")
    boost = text(patient.root / "sys/devices/system/cpu/cpufreq/boost")
    if turbo == "0" or boost == "1":
        yield Finding("hint", "turbo is on: the core's speed depends on its temperature and its neighbours", TUNE)


def siblings(patient: Patient) -> Iterator[Finding]:
    """A sibling shares the core's execution units."""
    cpu = patient.cores.measured
    others = siblings_of(cpu, patient.root)
    if others:
        yield Finding(
            "hint",
            f"CPU {cpu} shares its physical core with CPU {', '.join(map(str, others))}: what runs there slows it down",
            "keep that one idle, or switch SMT off while measuring",
        )
    if not text(patient.root / "sys/devices/system/cpu/isolated"):
        yield Finding(
            "hint",
            "no core is isolated: the kernel may put other work on the measured one",
            "boot with isolcpus=, and name that core with --cpu; or keep the machine quiet",
        )


def clock(patient: Patient) -> Iterator[Finding]:
    """A clock that is not the processor's own makes every stamp a system call."""
    source = text(patient.root / "sys/devices/system/clocksource/clocksource0/current_clocksource")
    if source and source not in GOOD_CLOCKS:
        yield Finding(
            "warning",
            f"the clock source is {source}: reading the clock costs a system call, and every op has one",
            "boot with clocksource=tsc if the processor's counter is steady",
        )


def limits(patient: Patient) -> Iterator[Finding]:
    """What would stop some cells."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if files != resource.RLIM_INFINITY and files < FILES:
        yield Finding(
            "warning",
            f"RLIMIT_NOFILE is {files:,}: cells with a thousand connections cannot run",
            "raise it: `ulimit -Hn`, limits.conf",
        )
    if text(patient.root / "proc/meminfo"):
        free = free_memory_bytes(patient.root)
        if free < FREE_BYTES:
            tightest = min(memory_rooms(patient.root), key=lambda room: room.value - room.used)
            of_group = tightest.limit != "MemAvailable"
            why = f" ({tightest.limit} of its cgroup is {amount(tightest.value, 'bytes')})" if of_group else ""
            yield Finding(
                "warning",
                f"{free / 2**30:.1f} GiB of memory are free{why}: `full` asks how many flows there can be, and will stop early",
                "free some, or give the container more; or use `make bench`",
            )
    short = shortage(files=0, tasks=0, root=patient.root)
    if short is not None and short.limit != "RLIMIT_NOFILE":
        yield Finding("warning", f"no cell can run: {short}".replace("this cell", "any cell"), "raise the limit")
        return
    space = resource.getrlimit(resource.RLIMIT_AS)[0]
    if resource.RLIM_INFINITY != space < address_bytes(MANY_THREADS):
        yield Finding(
            "warning",
            f"RLIMIT_AS is {amount(space, 'bytes')}: cells with a thousand threads cannot run",
            "raise it: `ulimit -v`, limits.conf",
        )


def unseen(patient: Patient) -> Iterator[Finding]:
    """What no figure of ours can show."""
    flags = re.search(r"^flags\s*:(.*)$", text(patient.root / "proc/cpuinfo"), re.MULTILINE)
    if flags and "hypervisor" in flags[1].split():
        yield Finding(
            "hint",
            "this is a virtual machine: what its host does besides is not seen",
            "compare ratios, and runs of other times",
        )
    if not list((patient.root / f"sys/devices/system/cpu/cpu{patient.cores.measured}/cpuidle").glob("state*/time")):
        yield Finding(
            "hint", "the kernel does not say how long the core was idle (cpuidle): others' work on it is not seen", ""
        )


CHECKS: tuple[Callable[[Patient], Iterator[Finding]], ...] = (busy, quota, frequency, siblings, clock, limits, unseen)


def examine(patient: Patient) -> list[Finding]:
    """Everything that was found, worst first."""
    found = [*patient.cores.findings, *(finding for check in CHECKS for finding in check(patient))]
    return sorted(found, key=lambda finding: WORST_FIRST.index(finding.level))
